"""Programs that hear events over their ingest socket: one connection's side of apps.windows.events."""

import asyncio
from collections.abc import Awaitable, Callable

from apps.accounts.principals import Principal
from apps.envs import selectors
from apps.envs.models import Env
from apps.errors import DomainError

from . import events
from .live import threads

#: Events that may wait for one program; more are lost, the oldest first.
MOST_WAITING = 256


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
