"""What one socket is told, in order.

Where the server can take a frame without waiting (its ASGI scope then brings WRITE), a frame goes out at once, from
wherever the loop happens to be; elsewhere it is queued for a task of the socket's own.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

#: Name of the scope's extension: a function that sends one binary frame, on the loop, and never waits.
WRITE = "panewall.write"


class Outbox:
    """Frames on their way to one socket. ``send`` is its ASGI send."""

    def __init__(self, scope: Mapping[str, Any], send: Callable[[dict], Awaitable[None]]) -> None:
        self._write: Callable[[bytes], None] | None = scope.get("extensions", {}).get(WRITE)
        self._send = send
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, frame: bytes) -> None:
        if self._write is not None:
            self._write(frame)
        else:
            self._queue.append(frame)
            self._empty.clear()
            self._wake.set()

    async def drain(self) -> None:
        """Wait until what was put is sent."""
        await self._empty.wait()

    async def run(self) -> None:
        """Send what is queued until cancelled; a task of the socket's own does this. Raises what ``send`` raises."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._send({"type": "websocket.send", "bytes": self._queue.popleft()})
            self._empty.set()
