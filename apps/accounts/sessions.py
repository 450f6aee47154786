"""Who a session cookie belongs to, for doors beside Django's request stack (sockets)."""

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from apps.accounts.principals import Principal, principal_cache
from apps.errors import Unauthorized


def key_in(scope: dict[str, Any]) -> str | None:
    """What the session cookie of an ASGI request or handshake says."""
    raw = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    try:
        cookie = SimpleCookie(raw.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return cookie.value if cookie is not None else None


def find_principal(session_key: str | None) -> Principal | None:
    """The person signed in by this session, or None: unknown, expired, ended, or the account is switched off.

    Sync ORM, two queries. Ask again when the access epoch moves.
    """
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)  # checks the session against the password, too
    return Principal.of_user(user) if user.is_authenticated else None


def resolve_principal(session_key: str) -> Principal:
    """``find_principal``, cached for at most a second; thread-safe, for the hot doors.

    Raises:
        Unauthorized: nobody is signed in by it.
    """

    def find(key: str) -> tuple[Principal, None]:
        principal = find_principal(key)
        if principal is None:
            raise Unauthorized("Sign in, or send an API token.")
        return principal, None

    return principal_cache.resolve("session", session_key, find)
