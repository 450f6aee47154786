"""Serving files: private, by permission of the env that shows them, kept by browsers for ever, in bounded memory."""

import re
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse

from apps.envs import access
from apps.envs.models import Env
from apps.errors import NotFound

from .models import Asset, Sample

#: A range without an end gets at most this much; players ask again. Larger files are streamed in such pieces.
PIECE = 4 * 1024 * 1024
RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


def find_asset(principal: Any, env_id: int, sha256: str) -> Asset:
    """The asset, if the env shows it and the principal may see the env.

    Raises:
        NotFound: missing or hidden.
    """
    env = Env.objects.living().select_related("workspace").filter(pk=env_id).first()
    if env is None or not access.allows(principal, "view", env):
        raise NotFound("There is no such file that you may see.")
    shown = Sample.objects.filter(window__env_id=env_id, asset_id=sha256).select_related("asset").first()
    if shown is None:
        raise NotFound("There is no such file in this env.")
    return shown.asset


async def asset(
    request: HttpRequest, sha256: str, env_id: int | None = None, **where: object
) -> HttpResponse | StreamingHttpResponse:
    """``/f/<env id>/assets/<sha256>``, and below a share link."""
    principal = request.principal  # type: ignore[attr-defined]
    wanted = env_id if env_id is not None else getattr(principal, "env_id", None)
    file = await sync_to_async(find_asset)(principal, wanted or 0, sha256)
    return serve(request, file)


def serve(request: HttpRequest, file: Asset) -> HttpResponse | StreamingHttpResponse:
    etag = f'"{file.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return _headers(HttpResponseNotModified(), file, etag)
    start, stop, partial = 0, file.size, False
    if match := RANGE.match(request.headers.get("Range", "")):
        start = int(match[1])
        stop = min(file.size, int(match[2]) + 1 if match[2] else start + PIECE)
        partial = True
        if start >= file.size or stop <= start:
            refused = HttpResponse(status=416)
            refused["Content-Range"] = f"bytes */{file.size}"
            return refused
    response = StreamingHttpResponse(_pieces(file, start, stop), status=206 if partial else 200)
    response["Content-Length"] = stop - start
    if partial:
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    return _headers(response, file, etag)


async def _pieces(file: Asset, start: int, stop: int) -> AsyncIterator[bytes]:
    handle = await sync_to_async(default_storage.open)(file.path, "rb")
    try:
        handle.seek(start)
        left = stop - start
        while left:
            piece = await sync_to_async(handle.read)(min(left, PIECE))
            if not piece:
                return
            left -= len(piece)
            yield piece
    finally:
        handle.close()


def _headers(response: Any, file: Asset, etag: str) -> Any:
    response["Content-Type"] = file.content_type
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Content-Disposition"] = "inline"
    return response
