"""Listeners whom no websocket reaches: they ask again and again, and lie in this process meanwhile, so that a cluster must send a
client always to the same one.
"""

import time
from typing import Any, Generic, Protocol, TypeVar

from apps.errors import Invalid

#: Who does not ask for so long is gone. visdom waits 15 s, which a program that is busy may well let pass.
PATIENCE_S = 60.0
MOST = 1000


class Asked(Protocol):
    is_closed: bool

    def close(self) -> None: ...


Kind = TypeVar("Kind", bound=Asked)


class Polled(Generic[Kind]):
    """The listeners of one kind, by their ids, each its owner's alone."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[str, Kind]] = {}
        self._asked: dict[str, float] = {}

    def add(self, sid: str, owner: str, listener: Kind) -> None:
        self._forget_silent()
        if len(self._listeners) >= MOST:
            raise Invalid("Too many listeners poll.", code="throttled")
        self._listeners[sid] = (owner, listener)
        self._asked[sid] = time.monotonic()

    def find(self, sid: Any, owner: str) -> Kind | None:
        self._forget_silent()
        found, listener = self._listeners.get(sid if isinstance(sid, str) else "", ("", None))
        if listener is None or listener.is_closed or found != owner:
            return None
        self._asked[sid] = time.monotonic()
        return listener

    def _forget_silent(self) -> None:
        now = time.monotonic()
        for sid in [sid for sid, asked in self._asked.items() if asked < now - PATIENCE_S]:
            self._listeners.pop(sid)[1].close()
            del self._asked[sid]
