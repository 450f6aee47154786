"""The channel layer of the one-process shape.

Channels' own in-memory layer wakes no event loop but the one it is called on. Here all its state stays on the
loop that receives; calls from other loops and threads hop there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import InMemoryChannelLayer


class ThreadSafeInMemoryLayer(InMemoryChannelLayer):
    _home: asyncio.AbstractEventLoop | None = None

    def _bind(self) -> None:
        if self._home is None or self._home.is_closed():
            self._home = asyncio.get_running_loop()

    async def _hop(self, call: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        home, here = self._home, asyncio.get_running_loop()
        if home is None or home is here or not home.is_running():
            return await call(*args)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(*args), home))  # type: ignore[arg-type]

    async def receive(self, channel: str) -> Any:
        self._bind()
        return await super().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        self._bind()
        await self._hop(super().group_add, group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._hop(super().group_discard, group, channel)

    async def send(self, channel: str, message: dict) -> None:
        await self._hop(super().send, channel, message)

    async def group_send(self, group: str, message: dict) -> None:
        await self._hop(super().group_send, group, message)
