"""Who listens: a connection of a client or of an old page, whether by websocket or by polling.

A session puts texts into a line; what carries the line away is no business of its own.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from apps.accounts.principals import Principal
from apps.errors import DomainError
from apps.windows.ingest import parse_json

log = logging.getLogger(__name__)

Find = Callable[[], Awaitable[Principal]]
#: What somebody who does not read may leave in the line before they are cut off.
MOST_WAITING, MOST_WAITING_BYTES = 2000, 64 * 1024 * 1024
#: What may wait before those who have much to say wait, too.
ROOM_BYTES = 8 * 1024 * 1024
MOST_MESSAGE_BYTES = 1024 * 1024


class Session:
    """One listener. ``find`` says who it is, asked again now and then: tokens are revoked, too."""

    #: How often a session looks whether its credentials still hold.
    LOOK_S = 2.0

    def __init__(self, principal: Principal, find: Find) -> None:
        self.principal = principal
        self._find = find
        self._line: deque[str] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._tasks: set[asyncio.Task] = set()
        self.loop = asyncio.get_running_loop()
        self.is_closed = False

    async def open(self) -> None:
        """Say what is said first, and begin to listen."""
        self.spawn(self._look())

    async def on_message(self, message: dict[str, Any]) -> None:
        """What the other side says."""

    async def on_look(self) -> None:
        """Done every LOOK_S while the credentials hold."""

    def close(self) -> None:
        self.is_closed = True
        self._wake.set()
        self._drained.set()
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()

    # --- the line

    def put(self, message: Any) -> None:
        """Queue a message. On the event loop only."""
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        self._line.append(text)
        self._bytes += len(text)
        if len(self._line) > MOST_WAITING or self._bytes > MOST_WAITING_BYTES:
            log.info("A listener of the visdom wire does not read; it is cut off.")
            self.close()
        self._wake.set()

    async def put_when_room(self, message: Any) -> None:
        """``put``, once the other side has read most of what was put before."""
        while self._bytes > ROOM_BYTES and not self.is_closed:
            self._drained.clear()
            await self._drained.wait()
        self.put(message)

    def take(self) -> list[str]:
        """All that waits, the oldest first."""
        texts, self._bytes = list(self._line), 0
        self._line.clear()
        self._drained.set()
        return texts

    async def wait(self) -> None:
        """Until something waits, or the session is closed."""
        while not self._line and not self.is_closed:
            self._wake.clear()
            await self._wake.wait()

    async def receive(self, text: str | bytes) -> None:
        """One message of the other side as it came. What cannot be understood is left unanswered, as visdom does."""
        data = text.encode() if isinstance(text, str) else text
        if len(data) > MOST_MESSAGE_BYTES:
            return
        try:
            await self.on_message(parse_json(data))
        except DomainError as error:
            log.info("A message of the visdom wire was refused: %s", error.detail)

    # --- inside

    def spawn(self, work: Any) -> asyncio.Task:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self.LOOK_S)
            try:
                self.principal = await self._find()
                await self.on_look()
            except DomainError:
                self.close()
                return
            except Exception:
                log.exception("A session of the visdom wire could not look around; it goes on.")


async def serve(session: Session, receive: Any, send: Any) -> None:
    """Carry a session over a websocket that was accepted."""
    carrier = asyncio.ensure_future(_carry(session, send))
    try:
        await session.open()
        while (event := await receive())["type"] == "websocket.receive":
            await session.receive(event.get("text") or event.get("bytes") or b"")
    finally:
        session.close()
        carrier.cancel()


async def _carry(session: Session, send: Any) -> None:
    with contextlib.suppress(OSError):
        while not session.is_closed:
            await session.wait()
            for text in session.take():
                await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": 4401})
