"""Small files answered in front of Django: a card of a hundred envs asks for as many, and a request through Django's stack takes longer
than finding and reading the file.

Only the plain case is taken: a file that is there, of one piece, asked for whole, by somebody who is signed in or by a share link.
Everything else is left to ``views``, refusals among it, so that each of those has one place.
"""

import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from apps.accounts import middleware as everywhere
from apps.accounts import sessions
from apps.envs import middleware as shared
from apps.envs.links import resolve_link
from apps.errors import DomainError
from apps.windows.live import threads

from . import views

#: The addresses of ``views.asset``, below the base address.
ADDRESS = re.compile(
    r"(?:/s/(?P<link>[^/]{1,200}))?(?:/f/(?P<env>\d{1,18}))?/assets/(?P<sha256>[0-9a-f]{64})(?:/(?P<name>[a-z0-9]{1,16}))?"
)
#: What asks for less than the whole, or for something else than the bytes.
PARTIAL = {b"range", b"if-none-match", b"if-range", b"authorization"}

#: What Django's middlewares say of each answer.
_EVERYWHERE = {
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    **everywhere.HEADERS,
}
_AT_HOME = {**_EVERYWHERE, "Vary": "Cookie"}
_SHARED = {**_EVERYWHERE, **shared.HEADERS}


def is_address(path: str) -> bool:
    """Whether a path, below the base address, is one that ``find`` may answer."""
    return ADDRESS.fullmatch(path) is not None


async def find(scope: dict[str, Any], path: str) -> HttpResponse | None:
    """The answer to a request for a small file; None: it is another kind of request, or one for Django to answer."""
    if scope["method"] != "GET" or "/assets/" not in path:
        return None
    asked = ADDRESS.fullmatch(path)
    if asked is None or any(name in PARTIAL for name, _ in scope["headers"]):
        return None
    session = None if asked["link"] else sessions.key_in(scope)
    if asked["link"] is None and (session is None or asked["env"] is None):
        return None
    return await threads.read_file(_find, asked, session)


def _find(asked: re.Match[str], session: str | None) -> HttpResponse | None:
    link, env_id = asked["link"], None if asked["env"] is None else int(asked["env"])
    try:
        principal = resolve_link(link) if session is None else sessions.resolve_principal(session)
        asset = views.find_asset(principal, env_id, asked["sha256"])
    except DomainError:
        return None
    file = views.find_made(asset, asked["name"])
    if file is None or file.size > views.CHUNK:
        return None
    try:
        data = views.read_piece(file)
    except FileNotFoundError:
        return None
    response = views.dress(HttpResponse(data), file.content_type, file.etag)
    response["Content-Length"] = len(data)
    for header, value in (_AT_HOME if link is None else _SHARED).items():
        response[header] = value
    return response
