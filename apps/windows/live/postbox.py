"""From other threads to an event loop: many messages, one wake-up.

Waking a loop costs a system call and the interpreter's lock, for each `call_soon_threadsafe`. A commit has an outcome for
each of its batches and news for the hubs; they travel together.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

_postboxes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Postbox]" = WeakKeyDictionary()


class Postbox:
    """Calls that other threads ask a loop to make, in the order in which they were posted."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: deque[tuple[Callable[..., None], tuple]] = deque()
        self._is_awake = False

    def post(self, call: Callable[..., None], *args: Any) -> None:
        """From any thread. Raises RuntimeError once the loop is closed."""
        self._calls.append((call, args))
        if not self._is_awake:
            self._is_awake = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what is posted from here on wakes the loop anew.
        self._is_awake = False
        for _ in range(len(self._calls)):
            call, args = self._calls.popleft()
            try:
                call(*args)
            except Exception as error:
                self._loop.call_exception_handler(
                    {"message": "A message to the loop failed.", "exception": error}
                )


class Reply(asyncio.Future):
    """A future that is told its result by post. Whoever drives by hand the coroutine that awaits it sets ``hear``, and goes on the
    moment it is told; tasks do at the loop's next turn, as with any future."""

    hear: Callable[[], None] | None = None

    def tell(self, result: Any) -> None:
        """On the loop. Nobody may be listening any more."""
        if self.done():
            return
        self.set_result(result)
        if self.hear is not None:
            self.hear()


def postbox(loop: asyncio.AbstractEventLoop) -> Postbox:
    """The loop's postbox; asked for on the loop."""
    found = _postboxes.get(loop)
    if found is None:
        found = _postboxes[loop] = Postbox(loop)
    return found
