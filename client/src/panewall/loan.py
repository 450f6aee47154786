"""A flush that its caller carries out: with nothing else to do, no thread has to wake another one, and be woken by it.

While the sender's thread sleeps, it lends what it sends with: the head of the queue, the connection and the next number. A
caller who flushes takes the loan, sends one batch, waits for its acknowledgement and gives the loan back. Whatever is not as
simple as that is left for the thread to go on with.

An exception may end a caller between any two instructions (Ctrl-C in the main thread, or what the handler of a signal raises), and
a handler may hold it up for long, and flush by itself. So what a caller does goes in steps of one operation each, and the loan says how far it came:

    queued → taken → taken and sealed, in ``batch`` → committed, once ``number`` is the batch's

The thread recalls a loan from a caller who does not come back. Should that caller go on later, it finds nothing more to take,
and its connection closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any

from panewall.batch import Batch, join, pack_command
from panewall.coalesce import Coalescer
from panewall.inbox import Flush, Inbox
from panewall.websocket import WebSocket

logger = logging.getLogger("panewall")

WAIT_S = 1.0  # a caller who waited so long leaves it to the thread
LOST_S = 3.0  # and one who kept the loan for so long is not coming back
FEW_ITEMS = 200
FEW_BYTES = 64 * 1024


class Loan:
    """What the sender's thread lends while it sleeps. When it begins, nothing is ready or in flight.

    Args:
        number: of the last batch, which is committed.
        counts: the sender's counters.
    """

    def __init__(self, inbox: Inbox, connection: WebSocket, number: int, counts: dict[str, int]) -> None:
        self.connection = connection
        self.number = number
        self.taken: list[Any] = []
        self.batch: Batch | None = None
        self.is_torn = False  # the connection may be in the middle of a frame
        self._inbox = inbox
        self._counts = counts
        self._sources: list[deque[Any]] = []  # the queue, once for each item that is to be taken from it
        self._held = threading.Lock()
        self._holder = 0
        self.uses = 0
        self._is_wanted = False
        self._is_recalled = False
        self._kept = (-1, 0.0)  # by which use the loan is kept, and since when

    # --- for callers ---

    def flush(self, timeout: float | None) -> bool:
        """Send what is queued, and wait until it is committed. False: the thread has to see to it."""
        if not self._held.acquire(blocking=False):
            if self._holder == threading.get_ident():  # it cannot go on before this call returns
                self._is_wanted = True
            return False
        try:
            self._holder = threading.get_ident()
            self.uses += 1
            return self._carry_out(WAIT_S if timeout is None else min(timeout, WAIT_S))
        except Exception:
            logger.exception("a flush met an unforeseen error; the sender's thread goes on with it")
            return False
        finally:
            self._holder = 0
            self._held.release()

    def _carry_out(self, timeout: float) -> bool:
        queue = self._inbox.items
        if self.taken or self.is_torn or len(queue) > FEW_ITEMS or self._inbox.nbytes > FEW_BYTES:
            return False
        self.batch = None
        self._sources = [queue] * len(queue)
        if self._is_recalled:
            return False
        self.taken.extend(map(deque.popleft, self._sources))  # in one operation
        commands = self._gathered()
        if commands:
            batch = self._sealed(commands)
            if batch is None:
                return False
            self.is_torn = True
            self.batch = batch
            self.connection.send(batch.frame())
            is_acknowledged = self._is_acknowledged(batch, timeout)
            self.is_torn = False
            if not is_acknowledged:
                return False
            self._count(batch)
            self.number = batch.number
        self.finish()
        return True

    def _gathered(self) -> list[dict[str, Any]]:
        """The commands among what was taken, merged where that is safe."""
        items = [item for item in self.taken if type(item) is not Flush]
        if len(items) == 1 and len(items[0]) == 2:
            return [items[0][0]]
        gathered = Coalescer()
        for item in items:
            if len(item) == 4:
                gathered.add_metrics(item)
            else:
                gathered.add(*item)
        return gathered.take()

    def _sealed(self, commands: list[dict[str, Any]]) -> Batch | None:
        """The next batch. None: these are no commands for one small frame."""
        try:
            parts = [pack_command(command) for command in commands]
        except Exception:
            return None  # the thread says what is wrong with it, and sends the others
        body = join([body for body, _ in parts])
        if len(body) > FEW_BYTES or any(file is not None for _, file in parts):
            return None
        return Batch(self.number + 1, body, len(parts))

    def _is_acknowledged(self, batch: Batch, timeout: float) -> bool:
        """Wait for the server to say so. Whatever else it says is left unread."""
        connection, until = self.connection, time.monotonic() + timeout
        while connection.closed is None and not connection.messages:
            left_s = until - time.monotonic()
            if left_s <= 0:
                return False
            connection.wait(left_s)
        if not connection.messages or connection.messages[0] != {"t": "ack", "n": batch.number}:
            return False
        connection.messages.popleft()
        return True

    def _count(self, batch: Batch) -> None:
        counts = self._counts
        counts["commands"] += batch.count
        counts["batches"] += 1
        counts["bytes"] += len(batch.body)
        counts["acknowledged"] += batch.count

    def finish(self) -> None:
        """What was taken is committed: say so to those who wait for it. Done twice, it is the same."""
        for item in self.taken:
            if type(item) is Flush:
                item.release(durable=True)
        self._inbox.note_taken(self.taken_bytes)
        self.taken = []

    # --- for the thread ---

    @property
    def taken_bytes(self) -> int:
        """The sizes of the commands among what was taken."""
        return sum(item[1] for item in self.taken if type(item) is tuple and len(item) == 2)

    @property
    def is_unfinished(self) -> bool:
        """Did a caller leave something to the thread?"""
        return bool(self.taken) or self.is_torn or self._is_recalled

    def is_back(self) -> bool:
        """Take the loan back, if need be from a caller who is lost. False: a caller is about to give it back."""
        if self._held.acquire(blocking=False):
            self._kept = (-1, 0.0)
            return True
        now = time.monotonic()
        if self._kept[0] != self.uses:
            self._kept = (self.uses, now)
        if self._is_wanted or now - self._kept[1] > LOST_S:
            self._recall()
        return self._is_recalled

    def lend_again(self) -> None:
        self._held.release()

    def _recall(self) -> None:
        """Whatever the caller does from now on goes nowhere."""
        self._is_recalled = True
        self._sources.clear()
        self.connection.closed = self.connection.closed or "a flush was held up"
        self.connection.close()
