"""Programs that hear events, over their ingest socket or by asking for them: one program's side of apps.windows.events."""

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from apps.accounts.principals import Principal
from apps.envs import selectors
from apps.envs.models import Env
from apps.errors import DomainError, Invalid, NotFound

from . import events
from .commands import Fields
from .live import threads
from .polled import Polled

#: Events that may wait for one program; more are lost, the oldest first.
MOST_WAITING = 256
#: How long a request for events waits for one.
WAIT_S = 20.0


class Listener:
    """Hands events to one socket, one after the other. ``find`` says whose it is, now."""

    def __init__(
        self,
        find: Callable[[], Awaitable[Principal]],
        put: Callable[[dict], None],
        drain: Callable[[], Awaitable[None]],
    ) -> None:
        self._find, self._put, self._drain = find, put, drain
        self._handle: events.Handle | None = None
        self._task: asyncio.Task | None = None
        self._waiting: asyncio.Queue[events.Event] = asyncio.Queue()

    async def start(self, principal: Principal) -> None:
        """Begin, and say so; what happens from then on is told."""
        if self._handle is None:
            loop = asyncio.get_running_loop()

            def hear(event: events.Event) -> None:
                loop.call_soon_threadsafe(self._take, event)

            self._handle = events.listen(principal, hear)
            self._task = asyncio.ensure_future(self._work())
            await events.settled()
        self._put({"t": "listening"})

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()
        if self._task is not None:
            self._task.cancel()

    def _take(self, event: events.Event) -> None:
        if self._waiting.qsize() >= MOST_WAITING:
            self._waiting.get_nowait()
        self._waiting.put_nowait(event)

    async def _work(self) -> None:
        while True:
            event = await self._waiting.get()
            try:
                principal = await self._find()  # a token may have been revoked since
                eid = await threads.read(short_name, principal, event["env_id"])
            except DomainError as error:
                self._put({"t": "error", "error": error.as_dict()})
                self.close()
                return
            if eid is not None:
                self._put({"t": "event", "event": {**event, "eid": eid}})
                await self._drain()


def short_name(principal: Principal, env_id: int) -> str | None:
    """What the principal calls this env in commands: the bare name where that is enough. None: it is gone."""
    env = Env.objects.select_related("workspace").filter(pk=env_id).first()
    if env is None:
        return None
    if principal.workspace_id is not None:
        return env.name if env.workspace_id == principal.workspace_id else env.full_name
    return env.name if selectors.is_own(env.workspace, principal) else env.full_name


class Poll:
    """A program that no websocket reaches: it asks, waits until there is something, and takes all there is.

    Events are numbered from 1 on, and kept until the next question says which have arrived: an answer may get lost.
    """

    def __init__(self, find: Callable[[], Awaitable[Principal]]) -> None:
        self._heard: deque[tuple[int, dict]] = deque(maxlen=MOST_WAITING)
        self._last = 0
        self._news = asyncio.Event()
        self._listener = Listener(find, self._put, self._drain)
        self.is_closed = False

    async def start(self, principal: Principal) -> None:
        await self._listener.start(principal)

    async def take(self, after: int, wait_s: float) -> list[tuple[int, dict]]:
        """(number, event) of those behind ``after``, the oldest first; none if nothing happens for so long."""
        while self._heard and self._heard[0][0] <= after:
            self._heard.popleft()
        if not self._heard and not self.is_closed:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait_s)
        return list(self._heard)

    def close(self) -> None:
        self.is_closed = True
        self._listener.close()
        self._news.set()

    def _put(self, message: dict) -> None:
        if message["t"] == "event":
            self._last += 1
            self._heard.append((self._last, message["event"]))
        elif message["t"] == "error":
            self.is_closed = True
        self._news.set()

    async def _drain(self) -> None:
        """Nothing is sent from here: what is too much is lost, the oldest first."""


_polls: Polled[Poll] = Polled()


async def events_http(message: Any, principal: Principal, find: Callable[[], Awaitable[Principal]]) -> dict:
    """``POST /api/v1/events``: begin to listen, or wait for what the listener of that id hears.

    Raises:
        Invalid: no map, or a number that is none.
        Throttled: too many poll.
        NotFound: there is no such listener any more; begin anew.
    """
    if not isinstance(message, dict):
        raise Invalid("The body is a map.", code="malformed")
    after = Fields(message).integer("after", default=0)
    if "listener" not in message:
        poll, listener = Poll(find), uuid.uuid4().hex
        _polls.add(listener, principal, poll)
        await poll.start(principal)
        return {"listener": listener, "events": [], "last": 0}
    listener = message["listener"]
    found = _polls.find(listener, principal)
    if found is None:
        raise NotFound("Nobody listens by that name (any more); ask without one.", code="listener_missing")
    heard = await found.take(after, WAIT_S)
    return {
        "listener": listener,
        "events": [event for _, event in heard],
        "last": heard[-1][0] if heard else after,
    }
