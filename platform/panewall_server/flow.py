"""Long answers at the pace of who reads them. Daphne takes all that an application sends and keeps what is not read yet; here
the application waits once the socket is full, so that a slow reader of a large file costs a piece of it in memory, and not all.
"""

import asyncio
from typing import Any


class Valve:
    """What Twisted tells when the socket's buffer is full, and when there is room again: a push producer of its interfaces."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    async def room(self) -> None:
        """Return once there is room, or nobody there any more."""
        await self._open.wait()

    # The names are Twisted's.

    def pauseProducing(self) -> None:  # noqa: N802
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()


class Paced:
    """A request of Daphne's (to be mixed into its class) whose application can wait for room."""

    finished: Any
    channel: Any
    _valve: Valve | None = None

    async def room(self) -> None:
        if self.finished or self.channel is None:
            return
        if self._valve is None:
            self._valve = Valve()
            self.registerProducer(self._valve, True)  # type: ignore[attr-defined]
        await self._valve.room()

    def finish(self) -> None:
        if self._valve is not None and self.channel is not None:
            self.unregisterProducer()  # type: ignore[attr-defined]
        super().finish()  # type: ignore[misc]

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        if self._valve is not None:
            self._valve.stopProducing()
        super().connectionLost(reason)  # type: ignore[misc]
