"""How fast one person's programs may write, over all doors of a process together. Who is faster waits, and is not refused: visdom's
client has no second try, and what waits in a program's own queue costs the server nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from apps.accounts.principals import Principal

from .bounds import limits

#: People whose pace is remembered; of more the silent ones are forgotten.
MOST = 10_000


class Pace:
    """For each key the moment until which its allowance is used up. (GCRA: a bucket of one second's worth that drains evenly.)"""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._used_until: dict[object, float] = {}

    def take(self, key: object, share_s: float) -> float:
        """Use ``share_s`` seconds of the allowance. Returns the seconds to wait before going on; 0 for all who keep the pace."""
        now = self._clock()
        used = max(self._used_until.get(key, 0.0), now) + share_s
        if key not in self._used_until and len(self._used_until) >= MOST:
            self._used_until = {k: until for k, until in self._used_until.items() if until > now}
        self._used_until[key] = used
        return max(0.0, used - now - 1.0)


_pace = Pace()


async def keep(principal: Principal, size: int) -> None:
    """One batch of ``size`` bytes is about to be taken: wait if its sender is too fast."""
    bounds = limits()
    await _wait(principal, max(1 / bounds.batches_per_second, size / bounds.ingest_bytes_per_second))


async def kept(principal: Principal, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of one batch as they arrive, however many there will be: the next is asked for once there was time for the last."""
    await keep(principal, 0)
    async for piece in pieces:
        await _wait(principal, len(piece) / limits().ingest_bytes_per_second)
        yield piece


async def _wait(principal: Principal, share_s: float) -> None:
    if (wait_s := _pace.take(principal.user_id, share_s)) > 0:
        await asyncio.sleep(wait_s)
