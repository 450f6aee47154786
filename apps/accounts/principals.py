"""Who is asking: a signed-in person, an API token or a share link, in one small immutable value.

Every door turns its credentials into a ``Principal`` and hands it to the access rule; nothing behind a door
looks at cookies, headers or rows of tokens again.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from django.utils import timezone

from apps.accounts.guessing import guesses

if TYPE_CHECKING:
    from apps.accounts.models import ApiToken, User

Kind = Literal["user", "token", "link"]
ScopeName = Literal["read", "write", "admin"]


@dataclass(frozen=True, slots=True)
class Principal:
    """One asker. A token and a link never carry more than ``user_id`` may still do."""

    kind: Kind
    user_id: int
    username: str = ""
    scope: ScopeName = "admin"
    workspace_id: int | None = None
    is_superuser: bool = False
    token_id: int | None = None
    link_id: int | None = None

    @property
    def key(self) -> str:
        """A stable name for rows and caches, such as ``user:3``, ``token:17`` or ``link:5``."""
        number = {"user": self.user_id, "token": self.token_id, "link": self.link_id}[self.kind]
        return f"{self.kind}:{number}"

    @classmethod
    def of_user(cls, user: "User") -> Self:
        return cls(kind="user", user_id=user.pk, username=user.username, is_superuser=user.is_superuser)

    @classmethod
    def of_token(cls, token: "ApiToken") -> Self:
        return cls(
            kind="token",
            user_id=token.user_id,
            username=token.user.username,
            scope=token.scope,  # type: ignore[arg-type]  # held by a check constraint
            workspace_id=token.workspace_id,
            is_superuser=token.user.is_superuser,
            token_id=token.pk,
        )


class PrincipalCache:
    """Remembers for a second who a secret belongs to, so that a burst of requests costs one look-up.

    A moved access epoch empties it. Entries found before an emptying are not kept after it: the look-up may have
    read rows that were about to change.
    """

    TTL_S = 1.0
    MAX_ENTRIES = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[bytes, tuple[float, Principal]] = {}
        self._generation = 0

    def resolve(
        self, kind: str, raw: str, find: Callable[[str], tuple[Principal, datetime | None]]
    ) -> Principal:
        """The principal behind ``raw``; ``find`` looks it up and says when it ends by itself."""
        slot = slot_of(kind, raw)
        now = time.monotonic()
        with self._lock:
            entry = self._entries.get(slot)
            generation = self._generation
        if entry is not None and now < entry[0]:
            return entry[1]
        principal, ends_at = find(raw)
        until = now + self.TTL_S
        if ends_at is not None:
            until = min(until, now + (ends_at - timezone.now()).total_seconds())
        with self._lock:
            if generation == self._generation:
                if len(self._entries) >= self.MAX_ENTRIES:
                    self._entries.clear()
                self._entries[slot] = (until, principal)
        return principal

    def peek(self, slot: bytes) -> Principal | None:
        """The principal of this slot if it was found within the last second. Never reads the database."""
        entry = self._entries.get(slot)
        return entry[1] if entry is not None and time.monotonic() < entry[0] else None

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._generation += 1


def slot_of(kind: str, raw: str) -> bytes:
    """Where the cache keeps who is behind ``raw``. Secrets themselves stay out of its memory."""
    return hashlib.sha256(f"{kind}:{raw}".encode()).digest()


principal_cache = PrincipalCache()


def peek_bearer(raw: str) -> Principal | None:
    """``resolve_bearer`` where it is remembered, for code that must not wait; else None."""
    return principal_cache.peek(slot_of("token", raw))


def resolve_bearer(raw: str, address: str | None = None) -> Principal:
    """Who shows this API token. Cached for at most a second; thread-safe.

    Args:
        address: where it came from; None: from this very process.

    Raises:
        Unauthorized: as ``tokens.find_token``.
        Throttled: too many unknown ones came from there.
    """
    from apps.accounts import tokens  # tokens make principals, so they import this module

    def find(raw: str) -> tuple[Principal, datetime | None]:
        with guesses.guard(address, raw):
            token = tokens.find_token(raw)
        tokens.note_use(token)
        return Principal.of_token(token), token.expires_at

    return principal_cache.resolve("token", raw, find)
