"""The queue of the one-process shape: Celery's own in-memory one, which looks for new tasks so many times a second, and here at
once when there is one. A task that pages wait for begins within a millisecond, and an idle worker need not hurry. A server that
ends need not wait for its worker either: Celery's looks only every two seconds whether it is wanted.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, memory

#: What broker addresses begin with.
SCHEME = "panewall-memory"

_arrived = threading.Event()
_nobody_waits = threading.Event()


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Meanwhile who reads is told at once that nothing came, so that it can look whether it is to stop."""
    _nobody_waits.set()
    _arrived.set()
    try:
        yield
    finally:
        _nobody_waits.clear()


class Channel(memory.Channel):
    def _put(self, queue: str, message: Any, **options: Any) -> None:
        super()._put(queue, message, **options)
        _arrived.set()


class Transport(memory.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """Deliver one message; wait for it no longer than ``timeout``.

        Raises:
            TimeoutError: none came.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            _arrived.clear()
            try:
                self.cycle.get(  # type: ignore[union-attr]  # made with the transport
                    self._deliver, timeout=timeout
                )
                return
            except Empty:
                left = self.polling_interval if until is None else until - time.monotonic()
            if left <= 0 or _nobody_waits.is_set():
                raise TimeoutError
            # What is put back or comes free again makes no sound, so it is looked for now and then.
            _arrived.wait(min(self.polling_interval, left))


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
