"""What callers hand to the sender, in the order of their calls."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from panewall.split import weigh


class Flush:
    """Somebody waits until everything queued before this is committed."""

    __slots__ = ("done", "durable", "quick")

    def __init__(self, *, quick: bool) -> None:
        self.done = threading.Lock()
        self.done.acquire()
        self.durable = False
        self.quick = quick  # give up when the server is found to be away

    def release(self, *, durable: bool) -> None:
        self.durable = durable
        try:
            self.done.release()
        except RuntimeError:
            pass


class Inbox:
    """A queue of values of `log` (tuples of four), of commands with their sizes, and of flushes.

    Whoever runs the sender takes from the left of ``items``; anybody appends, without a lock.
    """

    __slots__ = ("_lock", "items", "nbytes")

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.nbytes = 0  # roughly, of the commands
        self._lock = threading.RLock()  # the handler of a signal may plot, too

    def put(self, command: dict[str, Any]) -> None:
        size = weigh(command)
        with self._lock:
            self.nbytes += size
        self.items.append((command, size))

    def note_taken(self, nbytes: int) -> None:
        """Commands of so many bytes are packed."""
        if nbytes:
            with self._lock:
                self.nbytes -= nbytes

    @property
    def is_awaited(self) -> bool:
        """Was the last call a flush?"""
        try:
            return type(self.items[-1]) is Flush
        except IndexError:
            return False
