"""Who is asking: a signed-in person, an API token or a share link, in one small immutable value.

Every door turns its credentials into a ``Principal`` and hands it to the access rule; nothing behind a door
looks at cookies, headers or rows of tokens again.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from apps.accounts.models import ApiToken, User

Kind = Literal["user", "token", "link"]
ScopeName = Literal["read", "write", "admin"]


@dataclass(frozen=True, slots=True)
class Principal:
    """One asker. A token and a link never carry more than ``user_id`` may still do."""

    kind: Kind
    user_id: int | None
    username: str = ""
    scope: ScopeName = "admin"
    workspace_id: int | None = None
    is_superuser: bool = False
    token_id: int | None = None
    link_id: int | None = None
    env_id: int | None = None

    @property
    def key(self) -> str:
        """A stable name for rows and caches, such as ``user:3``, ``token:17`` or ``link:5``."""
        number = {"user": self.user_id, "token": self.token_id, "link": self.link_id}[self.kind]
        return f"{self.kind}:{number}"

    @classmethod
    def of_user(cls, user: "User") -> Self:
        return cls(
            kind="user", user_id=user.pk, username=user.username, is_superuser=user.is_superuser
        )

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
