"""Serving files: private, by permission of the env that shows them, kept by browsers for ever, in bounded memory."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.files.storage import default_storage
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.utils.http import parse_etags

from apps.envs import access
from apps.errors import NotFound

from . import files, thumbnails, watching
from .models import Asset, Rendition, Work
from .painting import Failed
from .renditions import NAMES, WEBP, WIDTHS, Served, is_original
from .svg import SVG

#: A range gets at most this much, as HTTP allows (RFC 9110, 15.3.7); players ask again.
PIECE = 4 * 1024 * 1024
#: Files are read and sent in pieces of this size.
CHUNK = 256 * 1024
#: A picture of so many pixels is drawn smaller in some 20 ms.
QUICK_PIXELS = 1_500_000
#: Longer numbers are no places in a file, and too long to be read.
RANGE = re.compile(r"bytes=(\d{1,99})-(\d{0,99})$")
SUFFIX = re.compile(r"bytes=-(\d{1,99})$")
#: An SVG may carry its own style and pictures; nothing in it runs, and it fetches nothing.
POLICIES = {
    SVG: "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:",
}
POLICY = "sandbox; default-src 'none'"


def find_asset(principal: Any, env_id: int | None, sha256: str) -> Asset:
    """The asset, if the env shows it and the principal may see the env; without ``env_id``: if an env of the asking link does.

    Raises:
        NotFound: missing or hidden.
    """
    # One question: a card of a hundred envs asks for as many files, and each answer's time goes into questions.
    envs = access.visible_envs(principal)
    if env_id is not None:
        envs = envs.filter(pk=env_id)
    elif not is_link(principal):
        envs = envs.none()
    for sample in files.shown_in(envs, sha256).select_related("asset")[:1]:
        return sample.asset
    raise NotFound("There is no such file here that you may see.")


def is_link(principal: Any) -> bool:
    return principal is not None and principal.kind == "link"


def find_made(asset: Asset, name: str | None) -> Served | None:
    """What is answered to a name, if it is there now; without a name, the asset itself."""
    if name is None:
        return Served.of(asset)
    made = Rendition.objects.filter(asset=asset, name=name).first()
    if made is not None:
        return Served.of(made)
    return Served.of(asset) if is_original(asset, name) else None


def find_served(request: HttpRequest, asset: Asset, name: str | None) -> Served:
    """What is answered to an asset's address, or to that of one of its renditions.

    Raises:
        NotFound: there is no such rendition, or not yet. A picture that is only not made yet is noted on the request, for
            ``waits`` to see to.
    """
    if name is not None and name not in NAMES:
        raise NotFound(f"There is no rendition {name!r:.40}; there are {', '.join(NAMES)}.")
    there = find_made(asset, name)
    if there is not None:
        return there
    if name in WIDTHS and asset.kind == "image":
        request.unmade = (asset, WIDTHS[name])  # type: ignore[attr-defined]
        raise NotReady("The smaller picture is being made.")
    if asset.work in (Work.READY, Work.FAILED) or asset.kind not in ("audio", "video"):
        raise NotFound(asset.detail or f"There is no {name} of such a file.", code="not_made")
    raise NotReady(f"The {name} is not made yet.")


class NotReady(NotFound):
    """Something that will be there: ask again."""

    code = "not_ready"


def waits(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same view, asked again once the picture is there that it lacked. It waits on the event loop, in no thread."""

    @wraps(view)
    async def waiting(request: HttpRequest, *args: Any, **where: Any) -> HttpResponseBase:
        call = view if iscoroutinefunction(view) else sync_to_async(view)
        for last in (False, True):
            try:
                response = await call(request, *args, **where)
                refused = None
            except NotReady as error:
                response, refused = None, error
            unmade = request.__dict__.pop("unmade", None)
            if unmade is None and refused is not None:
                raise refused
            if unmade is None:
                return response
            if last or is_quick(unmade[0]) or await watching.watch().until_made(unmade[0].pk) is None:
                break
        try:
            async with turn():
                data = await asyncio.to_thread(thumbnails.paint_now, *unmade)
        except (Failed, FileNotFoundError) as error:
            raise NotFound("This picture cannot be made smaller.", code="not_made") from error
        painted = HttpResponse(data)
        return dress(painted, WEBP, f'"{unmade[0].pk}-w{unmade[1]}"')

    return waiting


_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = WeakKeyDictionary()


def turn() -> asyncio.Lock:
    """One picture at a time is drawn for requests; the others wait for their turn on the event loop, in no thread."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def is_quick(asset: Asset) -> bool:
    """Whether drawing a picture for the request alone is quicker than having it made for all: a page asks for few at a time, and
    each of these would wait for the job to take notice."""
    return asset.work == Work.QUEUED and asset.width * asset.height <= QUICK_PIXELS


@waits
async def asset(
    request: HttpRequest, sha256: str, env_id: int | None = None, name: str | None = None, **where: object
) -> HttpResponseBase:
    """``/f/<env id>/assets/<sha256>[/<rendition>]``, and below a share link with or without the env."""
    principal = request.principal  # type: ignore[attr-defined]

    def find() -> tuple[Served, bytes | None]:
        file = find_served(request, find_asset(principal, env_id, sha256), name)
        return file, read_small(request, file)

    return serve(request, *await sync_to_async(find)())


def read_small(request: HttpRequest, file: Served) -> bytes | None:
    """All of a file of one piece, while its thread is at it: each way to a thread and back costs as much as reading does."""
    if file.size > CHUNK or "Range" in request.headers or "If-None-Match" in request.headers:
        return None
    try:
        return read_piece(file)
    except FileNotFoundError:
        raise NotFound("This file is gone from where the server keeps files.") from None


def read_piece(file: Served) -> bytes:
    with default_storage.open(file.path, "rb") as opened:
        return opened.read(CHUNK)


def serve(
    request: HttpRequest, file: Served, data: bytes | None = None
) -> HttpResponse | StreamingHttpResponse:
    """The answer to a request for a file; ``data`` are its bytes where they are at hand and the whole is asked for."""
    if data is not None:
        return dress(HttpResponse(data), file.content_type, file.etag)
    if _is_held(request.headers.get("If-None-Match", ""), file.etag):
        return dress(HttpResponseNotModified(), file.content_type, file.etag)
    start, stop, partial = 0, file.size, False
    wanted = request.headers.get("Range", "") if request.method == "GET" else ""  # RFC 9110, 14.2
    if request.headers.get("If-Range", file.etag) != file.etag:
        wanted = ""
    if match := RANGE.match(wanted):
        start = int(match[1])
        stop = min(file.size, start + PIECE, int(match[2]) + 1 if match[2] else file.size)
        partial = True
    elif match := SUFFIX.match(wanted):
        start, partial = max(0, file.size - int(match[1])), True
        stop = min(file.size, start + PIECE)
    if partial and (start >= file.size or stop <= start):
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{file.size}"
        return refused
    response = StreamingHttpResponse(_pieces(file, start, stop), status=206 if partial else 200)
    response["Content-Length"] = stop - start
    if partial:
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    return dress(response, file.content_type, file.etag)


def _is_held(said: str, etag: str) -> bool:
    """Whether ``If-None-Match`` names this file; a proxy that packs answers makes names of them weak."""
    return any(name.removeprefix("W/") in ("*", etag) for name in parse_etags(said))


async def _pieces(file: Served, start: int, stop: int) -> AsyncIterator[bytes]:
    handle = await sync_to_async(default_storage.open)(file.path, "rb")
    try:
        handle.seek(start)
        left = stop - start
        while left:
            piece = await sync_to_async(handle.read)(min(left, CHUNK))
            if not piece:
                return
            left -= len(piece)
            yield piece
    finally:
        handle.close()


def dress(response: Any, content_type: str, etag: str) -> Any:
    """The headers of every file: whatever it holds, nothing of it runs here, and its bytes never change."""
    response["Content-Type"] = content_type
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICIES.get(content_type, POLICY)
    response["Content-Disposition"] = "inline"
    return response
