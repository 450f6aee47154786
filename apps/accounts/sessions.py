"""Who a session cookie belongs to, for doors beside Django's request stack (sockets)."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from apps.accounts.principals import Principal


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
