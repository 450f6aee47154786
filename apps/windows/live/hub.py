"""One hub for each env that somebody watches: it turns commits into frames, encoded once for all viewers.

After a pause a change goes out at once; while changes keep coming, at most one frame a tick. Everything here runs on the
server's event loop; database reads run in threads.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgpack
from django.conf import settings

from ..transaction import EnvDelta
from . import publish, snapshot
from .merge import merge

log = logging.getLogger(__name__)


class Watcher(Protocol):
    """What a hub knows of a viewer."""

    def on_frame(self, env_id: int, revision: int, frame: bytes) -> None: ...

    def on_gone(self, env_id: int) -> None: ...


Read = Callable[..., Awaitable[Any]]


class Hub:
    """The frames of one env, in the order of revisions."""

    def __init__(self, env_id: int, read: Read) -> None:
        self.env_id = env_id
        self.watchers: set[Watcher] = set()
        self.revision = -1
        self._read = read
        self._have: snapshot.Have = {}
        self._pending: list[list] = []
        self._early: list[EnvDelta] = []
        self._catching_up: asyncio.Task | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = 0.0
        #: Set once the hub knows where the env stands: what a viewer reads after that, it misses nothing of.
        self.ready = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._tick_s = settings.PANEWALL.tick_ms / 1000
        self._behind(None)

    def receive(self, delta: EnvDelta) -> None:
        """A commit of this process."""
        if self._catching_up is not None:
            self._early.append(delta)
        elif delta.revision == self.revision + 1:
            self._take(delta.revision, delta.ops)
        elif delta.revision > self.revision:
            self._early.append(delta)
            self._behind(delta.revision)

    def hear_of(self, revision: int) -> None:
        """Another process says that the env has come to this revision."""
        if revision > self.revision and self._catching_up is None:
            self._behind(revision)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._catching_up is not None:
            self._catching_up.cancel()

    def _take(self, revision: int, ops: list[list]) -> None:
        self.revision = revision
        if ops and ops[-1] == ["gone"]:
            self._gone()
            return
        for op in ops:
            if op[0] == "a":
                self._have[op[1]] = (op[2], op[3] + op[4])
            elif op[0] == "g":
                self._have[op[1]] = (op[2], op[3])
        self._pending += ops
        if self._pending and self._timer is None:
            wait = max(0.0, self._sent_at + self._tick_s - self._loop.time())
            self._timer = self._loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._sent_at = self._loop.time()
        ops, self._pending = self._pending, []
        if not self.watchers:
            return
        frame = msgpack.packb(
            {
                "t": "delta",
                "env": self.env_id,
                "to": self.revision,
                "ops": merge(ops) if len(ops) > 1 else ops,
            }
        )
        for watcher in list(self.watchers):
            watcher.on_frame(self.env_id, self.revision, frame)

    def _gone(self) -> None:
        for watcher in list(self.watchers):
            watcher.on_gone(self.env_id)

    def _behind(self, revision: int | None) -> None:
        self._catching_up = asyncio.ensure_future(self._catch_up(revision))

    async def _catch_up(self, revision: int | None) -> None:
        """Read what this hub lacks; ``revision`` None: only where the env stands."""
        try:
            if revision is None:
                found = await self._read(snapshot.baseline, self.env_id)
                if found is not None:
                    self.revision, self._have = found
            else:
                caught = await self._read(
                    snapshot.catch_up, self.env_id, revision=self.revision, have=dict(self._have)
                )
                if caught is not None:
                    self._have = caught.have
                    self._catching_up = None
                    self._take(caught.revision, caught.ops)
                else:
                    self._gone()
        except Exception:
            log.exception("Env %d could not be read.", self.env_id)
        finally:
            self._catching_up = None
            self.ready.set()
        early, self._early = self._early, []
        for delta in early:
            self.receive(delta)


class Hubs:
    """The hubs of this process."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._hubs: dict[int, Hub] = {}
        self._hints: dict[int, int] = {}
        self._hinting: asyncio.TimerHandle | None = None
        self._hinted: set[asyncio.Task] = set()
        self._is_one_of_many = not settings.PANEWALL.is_embedded

    def watch(self, env_id: int, watcher: Watcher) -> Hub:
        hub = self._hubs.get(env_id)
        if hub is None:
            hub = self._hubs[env_id] = Hub(env_id, self._read)
        hub.watchers.add(watcher)
        return hub

    def unwatch(self, env_id: int, watcher: Watcher) -> None:
        hub = self._hubs.get(env_id)
        if hub is not None:
            hub.watchers.discard(watcher)
            if not hub.watchers:
                hub.close()
                del self._hubs[env_id]

    @property
    def watched(self) -> dict[int, int]:
        """{env id: revision} of all hubs."""
        return {env_id: hub.revision for env_id, hub in self._hubs.items()}

    def wants(self, env_id: int) -> bool:
        """Whether commits to an env must be told here: somebody watches, or other processes may. For any thread."""
        return self._is_one_of_many or env_id in self._hubs

    def receive(self, deltas: list[EnvDelta]) -> None:
        """Commits of this process: to its own hubs, and as a hint to the others."""
        for delta in deltas:
            hub = self._hubs.get(delta.env_id)
            if hub is not None:
                hub.receive(delta)
        if self._is_one_of_many:
            self._hint(deltas)

    def hear_of(self, revisions: list[tuple[int, int]]) -> None:
        for env_id, revision in revisions:
            hub = self._hubs.get(env_id)
            if hub is not None:
                hub.hear_of(revision)

    def _hint(self, deltas: list[EnvDelta]) -> None:
        """At most one message to the other processes in a quarter of a tick."""
        for delta in deltas:
            self._hints[delta.env_id] = delta.revision
        if self._hinting is None:
            loop = asyncio.get_running_loop()
            self._hinting = loop.call_later(settings.PANEWALL.tick_ms / 4000, self._send_hints)

    def _send_hints(self) -> None:
        self._hinting = None
        revisions, self._hints = list(self._hints.items()), {}
        task = asyncio.ensure_future(publish.hint(revisions))
        self._hinted.add(task)
        task.add_done_callback(self._hinted.discard)
