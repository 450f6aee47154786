"""``/socket_wrap`` and ``/vis_socket_wrap``: the two sockets for those whom no websocket reaches. They ask, twice a second or more.

Sessions lie in this process, so that a cluster must send a client always to the same one.
"""

import time
import uuid
from typing import Any

import orjson

from apps.errors import Invalid

from . import credentials
from .page import Page
from .requests import JSON, Answer, Request, Scope
from .sessions import Session
from .source import Source

#: Who does not ask for so long is gone. visdom waits 15 s, which a program that is busy may well let pass.
PATIENCE_S = 60.0
MOST = 1000


class Polled:
    """The sessions of one kind, by their ids, each its owner's alone."""

    def __init__(self) -> None:
        self._sessions: dict[str, tuple[str, Session]] = {}
        self._asked: dict[str, float] = {}

    async def add(self, sid: str, session: Session) -> None:
        self._forget_silent()
        if len(self._sessions) >= MOST:
            raise Invalid("Too many listeners poll.", code="throttled")
        self._sessions[sid] = (session.principal.key, session)
        self._asked[sid] = time.monotonic()
        await session.open()

    def find(self, sid: Any, request: Request) -> Session | None:
        self._forget_silent()
        owner, session = self._sessions.get(sid if isinstance(sid, str) else "", ("", None))
        if session is None or session.is_closed or owner != request.principal.key:
            return None
        self._asked[sid] = time.monotonic()
        return session

    def _forget_silent(self) -> None:
        now = time.monotonic()
        for sid in [sid for sid, asked in self._asked.items() if asked < now - PATIENCE_S]:
            self._sessions.pop(sid)[1].close()
            del self._asked[sid]


sources, pages = Polled(), Polled()


async def open_page(scope: Scope, hubs: Any) -> Answer:
    """``GET /socket_wrap``: a page begins to listen."""

    async def find() -> Any:
        return await credentials.find(scope)

    page = Page(await find(), find, hubs)
    await pages.add(page.sid, page)
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
    await sources.add(sid, Source(request.principal, find))
    return _json({"success": True, "sid": sid})


async def _serve(polled: Polled, request: Request) -> Answer:
    message = request.message
    session = polled.find(message.get("sid"), request)
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
