"""Listeners whom no websocket reaches: they ask again and again, and lie in this process meanwhile, so that a cluster must send a
client always to the same one.
"""

import time
from collections import Counter
from typing import Any, Generic, Protocol, TypeVar

from apps.accounts.principals import Principal
from apps.errors import Throttled

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
        self._listeners: dict[str, tuple[Principal, Kind]] = {}
        self._asked: dict[str, float] = {}

    def add(self, sid: str, owner: Principal, listener: Kind) -> None:
        """Give a listener a place.

        Where all places are taken, one of the person's who has most of them, if that are more than the new one's owner then has: so
        nobody keeps others out, and nobody is bound while there is room.

        Raises:
            Throttled: nobody has more.
        """
        self._forget_silent()
        if len(self._listeners) >= MOST:
            self._make_room(owner.user_id)
        self._listeners[sid] = (owner, listener)
        self._asked[sid] = time.monotonic()

    def find(self, sid: Any, owner: Principal) -> Kind | None:
        self._forget_silent()
        found = self._listeners.get(sid) if isinstance(sid, str) else None
        if found is None or found[1].is_closed or found[0].key != owner.key:
            return None
        self._asked[sid] = time.monotonic()
        return found[1]

    def _make_room(self, user_id: int) -> None:
        held = Counter(owner.user_id for owner, _ in self._listeners.values())
        who, most = held.most_common(1)[0]
        if most <= held[user_id] + 1:
            raise Throttled(f"All {MOST:,} places of listeners that poll are taken.", wait_s=PATIENCE_S)
        mine = (sid for sid, (owner, _) in self._listeners.items() if owner.user_id == who)
        self._drop(min(mine, key=self._asked.__getitem__))

    def _forget_silent(self) -> None:
        now = time.monotonic()
        for sid in [sid for sid, asked in self._asked.items() if asked < now - PATIENCE_S]:
            self._drop(sid)

    def _drop(self, sid: str) -> None:
        del self._asked[sid]
        self._listeners.pop(sid)[1].close()
