"""REST's own door: who is asking, how often, and one shape for every refusal.

Settings name the classes here (rest_settings.py), so that the apps below need not know this module.
"""

import logging
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from apps.accounts.guessing import address_of
from apps.accounts.models import User
from apps.accounts.principals import Principal, resolve_bearer
from apps.errors import CHALLENGE, DomainError, Forbidden, Invalid, Throttled, TooLarge

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which itself imports what settings name here

log = logging.getLogger("panewall.api")

MINUTE = 60


class Caller:
    """Stands for ``request.user`` behind a token or link: known, but nobody who could sign in. Ask ``request.auth``."""

    is_authenticated = is_active = True
    is_anonymous = is_staff = is_superuser = False

    def __init__(self, principal: Principal) -> None:
        self.pk = self.id = principal.user_id
        self.username = principal.username

    def __str__(self) -> str:
        return self.username


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <API token>``. A bad token is refused even if a session comes along with it."""

    def authenticate(self, request: Request) -> tuple[Caller, Principal] | None:
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        meta = request.META
        address = address_of(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))
        principal = resolve_bearer(raw.strip(), address)
        return Caller(principal), principal

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class LinkAuthentication(BaseAuthentication):
    """Below ``/s/<link>/api/`` the link is the only one who asks, whatever else was sent (ShareLinkMiddleware)."""

    def authenticate(self, request: Request) -> tuple[Caller, Principal] | None:
        principal = getattr(request._request, "principal", None)
        if principal is None or principal.kind != "link":
            return None
        return Caller(principal), principal

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PageSessionAuthentication(SessionAuthentication):
    """The browser of a signed-in person. Writes need the CSRF token, because a cookie goes along uninvited."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        return found[0], Principal.of_user(found[0])

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise Forbidden(f"{error.detail} Send the header X-CSRFToken.", code="csrf_failed") from None


class PrincipalThrottle(BaseThrottle):
    """A brake on a runaway script: so many requests a minute for each token or person.

    It counts in the cache, which is shared where there are several processes. A view names another limit
    with ``throttle_limit``.
    """

    wait_s: float = 0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit_name = getattr(view, "throttle_limit", "api_per_minute")
        principal = request.auth
        who = principal.key if principal is not None else self.get_ident(request)
        now = time.time()
        key = f"throttle:{limit_name}:{who}:{int(now // MINUTE)}"
        cache.add(key, 0, timeout=2 * MINUTE)
        try:
            count = cache.incr(key)
        except ValueError:  # the cache dropped it between the two calls
            return True
        self.wait_s = MINUTE - now % MINUTE
        return count <= getattr(settings.PANEWALL.limits, limit_name)

    def wait(self) -> float:
        return self.wait_s


def answer_error(error: Exception, context: Mapping[str, Any]) -> Response:
    """Every refusal and every failure of a REST view, as ``{"code", "detail", "fields"}``."""
    from rest_framework.views import set_rollback  # imports this module by way of the settings

    set_rollback()
    refusal = as_domain_error(error)
    if refusal is None:
        return _failure(error, context)
    return Response(refusal.as_dict(), status=refusal.status, headers=refusal.headers)


# DRF's words for the same things, where ours differ.
OUR_CODES = {
    "not_authenticated": "unauthorized",
    "authentication_failed": "unauthorized",
    "permission_denied": "forbidden",
}


def as_domain_error(error: Exception) -> DomainError | None:
    """The refusal in our own words; None for what is nobody's input but our fault."""
    match error:
        case DomainError():
            return error
        case exceptions.ValidationError():
            return from_validation(error)
        case exceptions.NotAuthenticated():
            return _refusal(401, "unauthorized", "Send an API token (Authorization: Bearer …), or sign in.")
        case exceptions.Throttled():
            return Throttled(str(error.detail), wait_s=getattr(error, "wait", None) or 1)
        case exceptions.APIException():
            code = str(error.get_codes())
            return _refusal(error.status_code, OUR_CODES.get(code, code), str(error.detail))
        case Http404():
            return _refusal(404, "not_found", "There is nothing here.")
        case PermissionDenied():
            return _refusal(403, "forbidden", str(error) or "You may not do this.")
        case RequestDataTooBig():
            return _refusal(413, "too_large", str(error))
        case SuspiciousOperation():
            return _refusal(400, "invalid", str(error) or "The request makes no sense.")
    return None


def from_validation(error: exceptions.ValidationError) -> DomainError:
    """A serializer's findings: dotted field names, and the first of them as the sentence for people.

    What is only too long is 413, as it is on the ingest wire.
    """
    fields: dict[str, list[str]] = {}
    _collect(error.detail, "", fields)
    general = fields.pop("", [])
    sentences = general + [f"{name}: {reasons[0]}" for name, reasons in fields.items()]
    detail = sentences[0] if sentences else "The request is not valid."
    if len(sentences) > 1:
        detail += f" (And {len(sentences) - 1} more, see fields.)"
    kind = TooLarge if set(_leaves(error.get_codes())) == {"max_length"} else Invalid
    return kind(detail, fields=fields)


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, Mapping | list):
        for branch in tree.values() if isinstance(tree, Mapping) else tree:
            yield from _leaves(branch)
    else:
        yield tree


def _collect(detail: Any, path: str, fields: dict[str, list[str]]) -> None:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            _collect(inner, ".".join(part for part in (path, name) if part), fields)
    elif isinstance(detail, list | tuple):
        for place, inner in enumerate(detail):
            if isinstance(inner, Mapping | list | tuple):
                if inner:
                    _collect(inner, f"{path}.{place}" if path else str(place), fields)
            else:
                fields.setdefault(path, []).append(str(inner))
    else:
        fields.setdefault(path, []).append(str(detail))


def _refusal(status_code: int, code: str, detail: str) -> DomainError:
    refusal = DomainError(detail, code=code)
    refusal.status = status_code
    return refusal


def _failure(error: Exception, context: Mapping[str, Any]) -> Response:
    """Our own mistake: logged with its traceback, told to Django's listeners, answered without a detail of it."""
    request = context.get("request")
    log.error(
        "%s %s failed",
        getattr(request, "method", "?"),
        getattr(request, "path", "?"),
        exc_info=sys.exc_info(),
    )
    got_request_exception.send(sender=answer_error, request=request)
    body = {"code": "server_error", "detail": "The server made a mistake; it is in its log.", "fields": {}}
    return Response(body, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
