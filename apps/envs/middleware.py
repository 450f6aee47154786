"""Shared pages: below ``/s/<link>/`` the link is the only one who asks, even if somebody is signed in.

A visitor must see what the link shows and no more, and a signed-in person who follows one must not leave their name
on it, nor act through it. REST below ``/s/<link>/api/`` is the same REST, asked by the link.
"""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from apps.accounts.refusals import answer
from apps.envs.links import resolve_link
from apps.errors import NotFound

PREFIX = "/s/"
REST = "api/"


#: Of every answer below a link: the address is the secret.
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class ShareLinkMiddleware:
    """Goes last: it takes back who the middleware before it found."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        raw, _, rest = request.path_info.removeprefix(PREFIX).partition("/")
        request.user = AnonymousUser()
        request.principal = None  # type: ignore[attr-defined]
        if rest.startswith(REST):
            request.path_info = f"/{rest}"
        try:
            request.principal = resolve_link(raw)  # type: ignore[attr-defined]
        except NotFound as refused:
            if rest.startswith(REST):
                return answer(request, refused)
            return render(request, "share_expired.html", status=refused.status)
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response
