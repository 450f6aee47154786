"""Who asks for a page, refusals made readable, no writes while the server is read-only, headers of every answer."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch

from apps.accounts.principals import Principal
from apps.accounts.refusals import answer
from apps.errors import DomainError, ReadOnly

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# People may still come and go while the server is read-only; nothing of anybody's content changes by it.
SIGNING_IN_AND_OUT = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "sign-in",
    "login",
    "logout",
}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class PrincipalMiddleware:
    """Sets ``request.principal``: the signed-in person, or None. Programs' tokens are for REST to read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.principal = None  # type: ignore[attr-defined]
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            request.principal = Principal.of_user(request.user)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Refuse writes at every Django door while the server is read-only, the admin's among them."""
        match = request.resolver_match
        if (
            not settings.PANEWALL.readonly
            or request.method in SAFE_METHODS
            or (match is not None and (match.url_name in SIGNING_IN_AND_OUT or _only_reads(match)))
        ):
            return None
        return answer(request, ReadOnly("This server is read-only at the moment; nothing was changed."))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Services raise domain errors; a page's visitor gets a page that says the same."""
        return answer(request, exception) if isinstance(exception, DomainError) else None


def _only_reads(match: ResolverMatch) -> bool:
    """Some questions are too long for an address."""
    return getattr(getattr(match.func, "view_class", None), "is_reading", False)


#: Of every answer: no other site may embed it, and no page uses the machine's sensors.
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeadersMiddleware:
    """What Django's own middleware and the CSP leave open.

    A page made for one person must not lie in a shared cache, nor come back by the back button after
    signing out; no other site may embed what this server sends; no page uses the machine's sensors.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
