"""The writer gate: in one process, write transactions take turns, first come first served.

SQLite lets one connection write at a time and lets the others spin, which is unfair and slow. All write
transactions of this process (pages, admin, tasks and the committer) pass here instead. On PostgreSQL rows
lock themselves and the gate is open.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

SNAPSHOT = "snapshot"


class FairLock:
    """A re-entrant lock that is handed over in the order in which it was asked for."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self) -> None:
        me = threading.get_ident()
        with self._mutex:
            if self._owner == me:
                self._depth += 1
                return
            if self._owner is None:
                self._owner, self._depth = me, 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()
        self._owner, self._depth = me, 1

    def release(self) -> None:
        with self._mutex:
            self._depth -= 1
            if self._depth:
                return
            if self._waiting:
                # The owner stays set to someone until the next one takes over, so nobody slips in between.
                self._owner = -1
                self._waiting.popleft().release()
            else:
                self._owner = None

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits: background work yields when it sees this."""
        return bool(self._waiting)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()


gate = FairLock()


@contextmanager
def write_transaction() -> Iterator[None]:
    """A write transaction in its turn. Keep it short: in the embedded shape everybody else's writes wait."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with gate, transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


@contextmanager
def read_snapshot() -> Iterator[str]:
    """Reads that must see one moment of the database: use ``.using(alias)`` on every query inside.

    Inside a write transaction of one's own that moment is one's own.
    """
    if connections[DEFAULT_DB_ALIAS].in_atomic_block or connections[SNAPSHOT].in_atomic_block:
        yield DEFAULT_DB_ALIAS if connections[DEFAULT_DB_ALIAS].in_atomic_block else SNAPSHOT
        return
    with transaction.atomic(using=SNAPSHOT):
        yield SNAPSHOT
