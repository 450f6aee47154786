"""Who is asking on the visdom wire: its cookie, HTTP Basic, or, where the server was told so, this very machine.

The client logs in once, with a user name and the hex SHA-256 of an API token, and shows the cookie ever after, also on
its socket. The cookie is the token's: it says which, and proves that this server made it, so it dies with the token.
"""

import base64
import binascii
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from apps.accounts import tokens
from apps.accounts.guessing import UNKNOWN, address_of, guesses
from apps.accounts.keys import stored_hash
from apps.accounts.models import ApiToken
from apps.accounts.principals import Principal, peek_bearer, principal_cache, resolve_bearer, slot_of
from apps.accounts.services import owner
from apps.errors import Forbidden, Unauthorized
from apps.windows import bodies
from apps.windows.bounds import config
from apps.windows.live import threads

Scope = dict[str, Any]

COOKIE = "user_password"
#: The client never logs in a second time, and runs go on for weeks.
COOKIE_LIFE_S = 3650 * 86_400
PURPOSE = "visdom-cookie:"
#: Kinds of entries in the cache of principals.
BY_COOKIE, BY_OPEN_DOOR = "visdom-cookie", "visdom-open-local"
LOG_IN = "Log in: Visdom(username='…', password='<an API token>')."
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}
#: What a proxy adds. A request that came through one did not begin on this machine.
FORWARDED = {
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-real-ip",
    b"via",
}


async def find(scope: Scope) -> Principal:
    """Who sends this request or opens this socket.

    Raises:
        Unauthorized: nobody we know.
        Forbidden: a page of another site makes a browser send it.
    """
    shown = bodies.of_head(scope, Shown.by)
    if b"authorization" in shown.headers:
        raw = raw_token(shown.headers[b"authorization"].decode("latin-1"))
        found = peek_bearer(raw[1]) or await threads.read(resolve_bearer, raw[1], asked_from(scope))
        return _owned(found, raw[0])
    if shown.cookie:
        return principal_cache.peek(shown.slot) or await threads.read(
            find_by_cookie, shown.cookie, asked_from(scope)
        )
    if is_open_to(scope, shown.headers):
        return principal_cache.peek(slot_of(BY_OPEN_DOOR, "")) or await threads.read(find_owner)
    raise Unauthorized(LOG_IN)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request's head shows of who sends it."""

    headers: dict[bytes, bytes]
    cookie: str
    #: Of the cookie, in the cache of principals.
    slot: bytes

    @classmethod
    def by(cls, scope: Scope) -> "Shown":
        """Raises Forbidden: a page of another site makes a browser send it."""
        headers = dict(scope["headers"])
        refuse_other_sites(headers)
        cookie = cookie_of(headers)
        return cls(headers, cookie, slot_of(BY_COOKIE, cookie))

    @property
    def logs_in(self) -> bool:
        """Whether it shows a token and no cookie yet."""
        return b"authorization" in self.headers and not self.cookie


def refuse_other_sites(headers: dict[bytes, bytes]) -> None:
    """The wire has no other defence against pages that make a visitor's browser post here."""
    site = headers.get(b"sec-fetch-site", b"none")
    if site not in (b"none", b"same-origin"):
        raise Forbidden("A page of another site may not ask this.", code="foreign_origin")
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    if urlsplit(origin).netloc.lower() != headers.get(b"host", b"").decode("latin-1").lower():
        raise Forbidden("A page of another site may not ask this.", code="foreign_origin")


def cookie_of(headers: dict[bytes, bytes]) -> str:
    """The wire's cookie; empty where there is none."""
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value.strip('"')
    return ""


def raw_token(authorization: str) -> tuple[str | None, str]:
    """(user name or None, token) of an Authorization header: Basic, as ``http://user:token@host`` sends it, or Bearer."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return None, value.strip()
    if scheme.lower() != "basic":
        raise Unauthorized(LOG_IN)
    try:
        username, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthorized(LOG_IN) from error
    return username, password


def _owned(principal: Principal, username: str | None) -> Principal:
    if username is not None and username.lower() != principal.username.lower():
        raise Unauthorized("This token is not that user's.", code="token_unknown")
    return principal


# --- the cookie


def cookie_for(token: ApiToken) -> str:
    """Digits, a dot and hex: it is pasted into a header as it is."""
    return f"{token.pk}.{stored_hash(token.hash, purpose=PURPOSE)}"


def find_by_cookie(raw: str, address: str | None) -> Principal:
    """Whose cookie this is, sent from ``address``. Sync ORM; believed for a second. Raises Unauthorized, Throttled."""

    def look_up(raw: str) -> tuple[Principal, datetime | None]:
        with guesses.guard(address, f"{BY_COOKIE}:{raw}"):
            return _look_up_cookie(raw)

    return principal_cache.resolve(BY_COOKIE, raw, look_up)


def _look_up_cookie(raw: str) -> tuple[Principal, datetime | None]:
    number, _, proof = raw.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Unauthorized(LOG_IN, code=UNKNOWN)
    token = tokens.usable(ApiToken.objects.filter(pk=int(number)))
    if not hmac.compare_digest(proof.encode(), cookie_for(token).partition(".")[2].encode()):
        raise Unauthorized(LOG_IN, code=UNKNOWN)
    tokens.note_use(token)
    return Principal.of_token(token), token.expires_at


def log_in(username: str, digest: str, address: str | None) -> str:
    """The cookie for a user name and the hex SHA-256 of one of their tokens. Sync ORM. Raises Unauthorized, Throttled."""
    with guesses.guard(address, f"log-in:{username}:{digest}"):
        token = tokens.find_token_by_digest(username=username, digest=digest)
    tokens.note_use(token)
    return cookie_for(token)


def cookie_of_token(principal: Principal) -> str | None:
    """The cookie of the token that a principal showed; None if it showed none. Sync ORM."""
    if principal.token_id is None:
        return None
    token = ApiToken.objects.filter(pk=principal.token_id).first()
    return cookie_for(token) if token else None


def set_cookie(scope: Scope, value: str) -> bytes:
    """The ``Set-Cookie`` header."""
    path = f"{config().base_url}/"
    text = f"{COOKIE}={value}; Path={path}; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Strict"
    public = urlsplit(config().public_url)
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    # Programs inside may use plain HTTP beside a public address with TLS; their cookie must come back to them.
    if public.scheme == "https" and host.lower() == public.netloc.lower():
        text += "; Secure"
    return text.encode()


# --- the machine itself


def is_open_to(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether the server trusts its own machine, and this request began there."""
    return config().open_local and began_here(scope, headers)


def began_here(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether a request was made on the server's own machine, by no page of another site and through no proxy."""
    if config().trusted_proxies or FORWARDED & headers.keys():
        return False
    try:
        if not ipaddress.ip_address((scope.get("client") or ("", 0))[0]).is_loopback:
            return False
        # Another name for this address could be any site's, made to point here.
        return urlsplit("//" + headers.get(b"host", b"").decode("latin-1")).hostname in LOCAL_NAMES
    except ValueError:
        return False


def find_owner() -> Principal:
    """The owner of the server, for programs on its machine. Sync ORM; believed for a second."""

    def look_up(_: str) -> tuple[Principal, None]:
        user = owner()
        if user is None:
            raise Unauthorized(LOG_IN)
        return Principal.of_user(user), None

    return principal_cache.resolve(BY_OPEN_DOOR, "", look_up)


def asked_from(scope: Scope) -> str:
    """Where a request comes from."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return address_of((scope.get("client") or ("", 0))[0], forwarded)
