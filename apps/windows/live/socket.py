"""The live door: one websocket of a page (or a program), as an ASGI application beside Django's."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgpack
from django.db import connections

from apps.accounts import epoch
from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.errors import DomainError, Invalid

from ..comparison.hub import Comparisons
from ..comparison.viewing import ComparingViewer
from ..measures import Measure
from . import publish, threads
from .hub import Hubs
from .outbox import Outbox
from .viewer import Viewer

log = logging.getLogger(__name__)

Find = Callable[[], Awaitable[Principal | None]]
MOST_BYTES = 1024 * 1024
POLL_S = 1.0
#: Close codes: the asker is no longer known; the server failed, connect anew.
SIGNED_OUT, FAILED = 4401, 4500


class Live:
    """All live sockets of this process."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._hubs: Hubs | None = None
        self._comparisons: Comparisons | None = None
        self._viewers: dict[Viewer, tuple[Find, Callable[[], None]]] = {}
        self._tasks: list[asyncio.Task] = []

    def start(self) -> Hubs:
        """Bind to the running loop, at the first socket."""
        if self._hubs is None:
            loop = asyncio.get_running_loop()
            self._hubs = Hubs(threads.read)
            self._comparisons = Comparisons(threads.read)
            publish.connect(loop, self._hubs.receive, self._hubs.wants)
            self._tasks = [loop.create_task(self._poll())]
            from django.conf import settings

            if not settings.PANEWALL.is_embedded:
                self._tasks.append(loop.create_task(self._listen()))
        return self._hubs

    def measures(self) -> list[Measure]:
        """How much is being watched."""
        return [
            ("panewall_live_sockets", "gauge", "Open sockets of pages.", len(self._viewers)),
            (
                "panewall_live_envs",
                "gauge",
                "Envs that are watched.",
                len(self._hubs.watched) if self._hubs else 0,
            ),
        ]

    async def socket(
        self, scope: Mapping[str, Any], receive: Any, send: Any, principal: Principal, find: Find
    ) -> None:
        """Serve one socket. ``find`` looks its principal up again when rights may have changed."""
        hubs = self.start()
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        closing: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        outbox = Outbox(scope, send)
        assert self._comparisons is not None, "made with the hubs"
        viewer = ComparingViewer(
            principal, hubs=hubs, read=threads.read, put=outbox.put, comparisons=self._comparisons
        )
        sender = asyncio.ensure_future(outbox.run())
        sender.add_done_callback(lambda task: _sending_ended(task, closing))
        closer = asyncio.ensure_future(self._close_when(closing, send, sender))
        self._viewers[viewer] = (find, lambda: _close(closing, SIGNED_OUT))
        viewer.greet(self._version)
        first = _said_by_address(scope)
        try:
            while first or (event := await receive())["type"] == "websocket.receive":
                try:
                    message, first = first or _decode(event), None
                    await viewer.on_message(message)
                except DomainError as error:
                    outbox.put(msgpack.packb({"t": "error", "error": error.as_dict()}))
                    await outbox.drain()
                    sender.cancel()  # nothing may follow
                    await send({"type": "websocket.close", "code": 4000 + error.status})
                    break
        finally:
            self._viewers.pop(viewer, None)
            viewer.close()
            sender.cancel()
            closer.cancel()

    async def _close_when(self, closing: asyncio.Future[int], send: Any, sender: asyncio.Task) -> None:
        code = await closing
        sender.cancel()  # nothing may follow
        with contextlib.suppress(OSError):
            await send({"type": "websocket.close", "code": code})

    async def _poll(self) -> None:
        """Once a second: have rights changed, and has another process (a command line, say) written to a watched env?"""
        known: int | None = None
        while True:
            await asyncio.sleep(POLL_S)
            if not self._viewers or self._hubs is None:
                continue
            try:
                now, revisions = await threads.read(_look, list(self._hubs.watched))
                self._hubs.hear_of(revisions)
                if (
                    now != known
                ):  # at the first poll, too: rights may have changed since the first socket opened
                    epoch.announce()  # or the second look would find what was cached before the change
                    await self._recheck()
                known = now
            except Exception:
                log.exception("The poll for changed rights failed; it goes on.")

    async def _recheck(self) -> None:
        for viewer, (find, close) in list(self._viewers.items()):
            try:
                principal = await find()
            except DomainError:
                principal = None
            if not await viewer.recheck(principal):
                close()

    async def _listen(self) -> None:
        """Hear from other processes which envs moved on."""
        from channels.layers import get_channel_layer

        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(publish.GROUP, channel)
                while True:
                    message = await layer.receive(channel)
                    if self._hubs is not None:
                        self._hubs.hear_of([tuple(pair) for pair in message["revisions"]])
            except asyncio.CancelledError:
                raise
            except Exception:
                # The poll covers for it, a second late.
                log.exception("The channel layer failed; trying again.")
                await asyncio.sleep(POLL_S)


def _close(closing: asyncio.Future[int], code: int) -> None:
    if not closing.done():
        closing.set_result(code)


def _sending_ended(task: asyncio.Task, closing: asyncio.Future[int]) -> None:
    """A page that can be told nothing more must not go on waiting: it connects anew."""
    if task.cancelled() or (error := task.exception()) is None:
        return
    if not isinstance(error, OSError):  # the connection went while something was on its way
        log.error("A page could not be told something.", exc_info=error)
    _close(closing, FAILED)


def _look(env_ids: list[int]) -> tuple[int, list[tuple[int, int]]]:
    connections["default"].ensure_connection()
    return epoch.current(), list(Env.objects.filter(pk__in=env_ids).values_list("pk", "revision"))


def _said_by_address(scope: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a page asks for first may stand in the address (``?env=…&width=…``): it need not wait until the socket is open."""
    said = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if "env" not in said:
        return None
    width = said.get("width", ["1024"])[0]
    is_number = width.isdecimal() and len(width) < 10
    return {"t": "sub", "env": said["env"][0], "width": int(width) if is_number else width}


def _decode(event: dict) -> Any:
    data = event.get("bytes")
    if not data:
        raise Invalid("Frames are MessagePack, in binary messages.", code="malformed")
    if len(data) > MOST_BYTES:
        raise Invalid("The frame is too large.", code="too_large")
    try:
        return msgpack.unpackb(data, strict_map_key=False)
    except Exception as error:
        raise Invalid("The frame is no MessagePack.", code="malformed") from error
