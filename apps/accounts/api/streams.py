"""Large answers in parts, so that writing one holds up nobody else.

A million numbers take tenths of a second to write as text, and the encoder lets no other thread run meanwhile:
every live page of the server would stand still. In blocks the others have their turn.
"""

from collections.abc import AsyncIterator, Iterator, Mapping

import numpy as np
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from apps.accounts.api.wire import JSONRenderer, to_json

BLOCK = 20_000  # numbers: a few milliseconds of work


def stream(request: Request, parts: Iterator[bytes], *, content_type: str) -> StreamingHttpResponse:
    """An answer that is made while it is sent. What goes wrong in ``parts`` comes too late to be told."""
    is_async = isinstance(request._request, ASGIRequest)
    response = StreamingHttpResponse(in_threads(parts) if is_async else parts, content_type=content_type)
    response["Cache-Control"] = "private, no-store"
    return response


async def in_threads(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The parts, each made off the event loop, which the whole server shares."""
    make_next = sync_to_async(lambda: next(parts, None), thread_sensitive=False)
    while (part := await make_next()) is not None:
        yield part


def stream_json(request: Request, data: object) -> StreamingHttpResponse:
    return stream(request, json_parts(data), content_type=JSONRenderer.media_type)


def has_large_array(data: object) -> bool:
    """Whether ``data`` holds an array that is better written in blocks."""
    match data:
        case np.ndarray():
            return data.size > BLOCK
        case Mapping():
            return any(map(has_large_array, data.values()))
        case list() | tuple():
            return any(map(has_large_array, data))
    return False


def json_parts(data: object) -> Iterator[bytes]:
    """``data`` as JSON, the same bytes as in one piece."""
    if not has_large_array(data):
        yield to_json(data)
    elif isinstance(data, Mapping):
        for place, (key, value) in enumerate(data.items()):
            yield (b"," if place else b"{") + to_json(str(key)) + b":"
            yield from json_parts(value)
        yield b"}"
    elif isinstance(data, np.ndarray):
        rows = max(1, BLOCK * len(data) // data.size)
        for start in range(0, len(data), rows):
            yield (b"," if start else b"[") + to_json(data[start : start + rows])[1:-1]
        yield b"]"
    else:
        assert isinstance(data, list | tuple)
        for place, value in enumerate(data):
            yield b"," if place else b"["
            yield from json_parts(value)
        yield b"]"
