"""``/socket_wrap`` and ``/vis_socket_wrap``: the two sockets for those whom no websocket reaches. They ask, twice a second or more."""

import uuid
from typing import Any

import orjson

from apps.windows.polled import Polled

from . import credentials
from .page import Page
from .requests import JSON, Answer, Request, Scope
from .sessions import Session
from .source import Source

sources: Polled[Session] = Polled()
pages: Polled[Session] = Polled()


async def open_page(scope: Scope, hubs: Any) -> Answer:
    """``GET /socket_wrap``: a page begins to listen."""

    async def find() -> Any:
        return await credentials.find(scope)

    page = Page(await find(), find, hubs)
    await _add(pages, page.sid, page)
    return _json({"success": True, "sid": page.sid})


async def page(request: Request) -> Answer:
    """``POST /socket_wrap``."""
    return await _serve(pages, request)


async def source(request: Request) -> Answer:
    """``POST /vis_socket_wrap``."""
    message = request.message
    if message.get("message_type") == "init" or not message:
        return await _open_source(request)
    return await _serve(sources, request)


async def _open_source(request: Request) -> Answer:
    async def find() -> Any:
        return await credentials.find(request.scope)

    sid = uuid.uuid4().hex
    await _add(sources, sid, Source(request.principal, find))
    return _json({"success": True, "sid": sid})


async def _add(polled: Polled[Session], sid: str, session: Session) -> None:
    polled.add(sid, session.principal, session)
    await session.open()


async def _serve(polled: Polled[Session], request: Request) -> Answer:
    message = request.message
    session = polled.find(message.get("sid"), request.principal)
    if session is None:
        return _json({"success": False, "reason": "closed"})
    match message.get("message_type"):
        case "query":
            return _json({"success": True, "messages": session.take()})
        case "send":
            said = message.get("message")
            if said is None:
                return _json({"success": False, "reason": "no msg"})
            await session.receive(said if isinstance(said, str) else orjson.dumps(said))
            return _json({"success": True})
    return _json({"success": False, "reason": "invalid"})


def _json(value: dict[str, Any]) -> Answer:
    return Answer(orjson.dumps(value), kind=JSON)
