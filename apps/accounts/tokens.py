"""API tokens: made, shown once, found again, revoked.

A token reads ``pw_<8 public>_<40 random><6 check>``. The check is a CRC-32 in base 62, so a mistyped or cut token
is refused without a look at the database, and scanners for leaked secrets can tell a real one.
"""

import logging
import re
import zlib
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from apps.accounts.keys import base62, digest_of, random_text, stored_hash
from apps.accounts.models import ApiToken, Scope, User, Workspace
from apps.accounts.principals import Principal
from apps.errors import Invalid, Unauthorized
from apps.jobs.gate import write_transaction

log = logging.getLogger(__name__)

PATTERN = re.compile(r"pw_[0-9A-Za-z]{8}_[0-9A-Za-z]{46}", re.ASCII)
DIGEST_PATTERN = re.compile(r"[0-9a-f]{64}", re.ASCII)
HINT_CHARS = 11  # "pw_" and the public part
USE_NOTED_EVERY = timedelta(minutes=1)


def new_raw_token() -> str:
    text = f"pw_{random_text(8)}_{random_text(40)}"
    return text + check_of(text)


def check_of(text: str) -> str:
    return base62(zlib.crc32(text.encode()), width=6)


def is_well_formed(raw: str) -> bool:
    """Whether ``raw`` could be a token at all; says nothing about whether it is one of ours."""
    return PATTERN.fullmatch(raw) is not None and check_of(raw[:-6]) == raw[-6:]


def create_token(
    *,
    user: User,
    name: str,
    scope: str = Scope.WRITE,
    workspace: Workspace | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token that carries at most ``user``'s rights. The raw text is returned here and never again.

    Args:
        name: what its owner knows it by, 1 to 100 characters.
        scope: ``read``, ``write`` or ``admin``.
        workspace: the only workspace it opens; None for all its owner may see.
        expires_at: when it stops working; None for never.

    Raises:
        Invalid: a field is out of range, or ``user`` is no member of ``workspace``.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise invalid("name", "A token needs a name of 1 to 100 characters.")
    if scope not in Scope.values:
        raise invalid("scope", f"The scope is one of {', '.join(Scope.values)}, not {str(scope)[:50]!r}.")
    if expires_at is not None and expires_at <= timezone.now():
        raise invalid("expires_at", "The token would have expired already: choose a time to come.")
    if workspace is not None and not (user.is_superuser or workspace.memberships.filter(user=user).exists()):
        raise invalid("workspace", f"{user.username} is no member of {workspace.name}.")
    raw = new_raw_token()
    with write_transaction():
        token = ApiToken.objects.create(
            user=user,
            workspace=workspace,
            name=name,
            scope=scope,
            hash=stored_hash(digest_of(raw)),
            hint=raw[:HINT_CHARS],
            expires_at=expires_at,
        )
    return token, raw


def find_token(raw: str) -> ApiToken:
    """The living token that ``raw`` is, with its user. One query.

    Raises:
        Unauthorized: ``token_unknown``, ``token_expired`` or ``token_revoked``.
    """
    if not is_well_formed(raw):
        raise Unauthorized("This is not a token of this server.", code="token_unknown")
    return usable(ApiToken.objects.filter(hash=stored_hash(digest_of(raw))))


def find_token_by_digest(*, username: str, digest: str) -> ApiToken:
    """The living token whose hex SHA-256 is ``digest``, for the visdom wire, whose client sends no more.

    The name must be its owner's. A digest opens nothing elsewhere: as a Bearer it has not even a token's form.
    """
    if not DIGEST_PATTERN.fullmatch(digest):
        raise Unauthorized("The password must be an API token of this server.", code="token_unknown")
    return usable(ApiToken.objects.filter(hash=stored_hash(digest), user__username__iexact=username))


def usable(tokens) -> ApiToken:
    token = tokens.select_related("user").first()
    if token is None:
        raise Unauthorized("This server knows no such token.", code="token_unknown")
    if token.revoked_at is not None:
        raise Unauthorized(f"The token {token.name!r} was revoked.", code="token_revoked")
    if not token.user.is_active:
        raise Unauthorized("The account of this token is switched off.", code="token_revoked")
    if token.is_expired:
        raise Unauthorized(f"The token {token.name!r} has expired.", code="token_expired")
    return token


def find_principal(raw: str) -> Principal:
    """Who shows ``raw``; notes the use. Raises as ``find_token``."""
    token = find_token(raw)
    note_use(token)
    return Principal.of_token(token)


def find_principal_by_digest(*, username: str, digest: str) -> Principal:
    """Who shows a token's ``digest`` under its owner's name; notes the use. Raises as ``find_token``."""
    token = find_token_by_digest(username=username, digest=digest)
    note_use(token)
    return Principal.of_token(token)


def note_use(token: ApiToken) -> None:
    """Remember that the token was used just now, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    try:
        with write_transaction():
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    except OperationalError:  # a busy database must not keep a good token out
        log.warning("Could not note the use of token %s", token.pk, exc_info=True)
    token.last_used_at = now


def revoke_token(*, token: ApiToken) -> None:
    """Stop the token, everywhere within a second. Doing it twice keeps the first time."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        with write_transaction():
            token.save(update_fields=["revoked_at"])


def invalid(field: str, reason: str) -> Invalid:
    return Invalid(reason, fields={field: [reason]})
