"""One live socket: which envs it watches, what it was sent, and what it may still be sent.

A server without back-pressure keeps what a slow page does not read. So pages acknowledge bytes; one that owes too much gets
nothing more but the word that it lags, once it is back, and then asks for what it lacks.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgpack
from django.conf import settings

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.errors import DomainError, Invalid, NotFound, TooLarge

from .. import events
from . import questions, snapshot
from .hub import Hubs, Read

log = logging.getLogger(__name__)
#: What other apps tell of windows, by the field of ``want`` that names them: (env ids, window ids, the whole frame) → ops.
readers: dict[str, Callable[[list[int], list[int], dict], list]] = {}
#: What other apps follow for a page, by the field of ``want``: started with all there is to know, ends by itself.
followers: dict[str, "Callable[[Following], Awaitable[None]]"] = {}
PART_BYTES = 128 * 1024
MOST_FOLLOWED = 1000


@dataclass(slots=True)
class Subscription:
    """One env on one socket. While it loads, frames are held back until the snapshot is out."""

    env: Env
    name: str
    revision: int = -1
    held: list[tuple[int, bytes]] | None = field(default_factory=list)
    held_bytes: int = 0
    lagging: bool = False
    task: asyncio.Task | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """One ``want`` of a page that is answered again and again: ``put`` sends a frame to it, while it ``is_wanted``."""

    principal: Principal
    env_ids: list[int]
    wanted: Any
    put: Callable[[dict], Awaitable[None]]
    is_wanted: Callable[[], bool]


class Viewer:
    """Speaks the live wire of docs/protocol.md to one socket."""

    def __init__(
        self,
        principal: Principal,
        *,
        hubs: Hubs,
        read: Read,
        put: Callable[[bytes], None],
    ) -> None:
        self.principal = principal
        self._hubs, self._read, self._send = hubs, read, put
        self._limits = settings.PANEWALL.limits
        self._subscriptions: dict[int, Subscription] = {}
        self._room = asyncio.Event()
        self._room.set()
        self._sent = 0
        self._acknowledged = 0
        self._wants: set[asyncio.Task] = set()
        self._followed: set[asyncio.Task] = set()
        self._events = events.Inbox(read, self._put)

    # --- the socket's side

    async def on_message(self, message: Any) -> None:
        """One decoded frame from the page.

        Raises:
            DomainError: it is none of the wire's.
        """
        if not isinstance(message, dict):
            raise Invalid("A frame is a map.")
        match message.get("t"):
            case "ack":
                self._on_ack(_integer(message, "bytes"))
            case "sub":
                await self._subscribe(message)
            case "unsub":
                self._drop(_integer(message, "env"))
            case "want":
                self._want(message)
            case "event":
                self._events.add(self.principal, message)
            case "ping":
                self._put({"t": "pong", "v": message.get("v")})
            case other:
                raise Invalid(f"There is no message {other!r:.40}.", code="unknown_message")

    def greet(self, version: str) -> None:
        limits = {"viewer_bytes": self._limits.viewer_bytes, "whole_points": self._limits.whole_points}
        self._put({"t": "hello", "readonly": settings.PANEWALL.readonly, "limits": limits, "server": version})

    def close(self) -> None:
        for env_id in list(self._subscriptions):
            self._drop(env_id)
        for task in [*self._wants, *self._followed]:
            task.cancel()
        self._events.close()

    async def recheck(self, principal: Principal | None) -> bool:
        """Rights may have changed: drop what may no longer be seen. False: nobody is there any more."""
        if principal is None:
            return False
        self.principal = principal
        for env_id, subscription in list(self._subscriptions.items()):
            if not await self._may_see(env_id, subscription):
                self.on_gone(env_id)
        return True

    async def _may_see(self, env_id: int, subscription: Subscription) -> bool:
        return await self._read(access.allows, self.principal, "view", subscription.env)

    # --- the hub's side

    def on_frame(self, env_id: int, revision: int, frame: bytes) -> None:
        subscription = self._subscriptions.get(env_id)
        if subscription is None or subscription.lagging:
            return
        if subscription.held is not None:
            subscription.held.append((revision, frame))
            subscription.held_bytes += len(frame)
            if subscription.held_bytes > self._limits.viewer_bytes:
                subscription.held.clear()
                subscription.lagging = True
        elif self._owes > self._limits.viewer_bytes:
            subscription.lagging = True
        else:
            self._push(frame)

    def on_gone(self, env_id: int) -> None:
        subscription = self._subscriptions.get(env_id)
        name = subscription.name if subscription else ""
        self._drop(env_id)
        self._refuse(env_id, name, NotFound(f"There is no env {name!r} that you may see any more."))

    # --- inside

    @property
    def _owes(self) -> int:
        return self._sent - self._acknowledged

    def _push(self, frame: bytes) -> None:
        self._sent += len(frame)
        self._send(frame)

    def _put(self, message: dict) -> None:
        self._push(msgpack.packb(message))

    async def _push_when_room(self, frame: bytes) -> None:
        while self._owes > self._limits.viewer_bytes // 2:
            self._room.clear()
            await self._room.wait()
        self._push(frame)

    def _on_ack(self, total: int) -> None:
        self._acknowledged = max(self._acknowledged, min(total, self._sent))
        if self._owes <= self._limits.viewer_bytes // 2:
            self._room.set()
        if self._owes <= self._limits.viewer_bytes // 4:
            for env_id, subscription in self._subscriptions.items():
                if subscription.lagging and subscription.held is None:
                    subscription.lagging = False
                    # Until it asks anew, it is told nothing more.
                    subscription.held = []
                    self._put({"t": "lag", "env": env_id})

    async def _subscribe(self, message: dict) -> None:
        name = message.get("env")
        if not isinstance(name, str):
            raise Invalid("env: Must be a text.", fields={"env": ["Must be a text."]})
        try:
            env = await self._read(access.find_env, self.principal, name)
            if env.pk not in self._subscriptions and len(self._subscriptions) >= self._limits.subscriptions:
                raise TooLarge(f"One socket watches at most {self._limits.subscriptions} envs.")
        except DomainError as error:
            self._refuse(None, name, error)
            return
        old = self._subscriptions.get(env.pk)
        if old is not None and old.task is not None:
            old.task.cancel()
        subscription = self._subscriptions[env.pk] = Subscription(env, name)
        subscription.task = asyncio.ensure_future(self._open(subscription, message))

    async def _open(self, subscription: Subscription, message: dict) -> None:
        """Send what the page lacks, then what was held back meanwhile."""
        env = subscription.env
        try:
            hub = self._hubs.watch(env.pk, self)
            await hub.ready.wait()
            role = await self._read(access.env_role, self.principal, env)
            caught = await self._read(
                snapshot.catch_up,
                env.pk,
                revision=_optional_integer(message, "rev"),
                have=snapshot.have_of(message),
                width_px=min(8192, max(64, _optional_integer(message, "width") or 1024)),
            )
            if caught is None or role is None:
                self.on_gone(env.pk)
                return
            parts = _parts(caught.ops)
            del caught.ops
            head = {
                "t": "snap",
                "env": env.pk,
                "name": env.full_name,
                "rev": caught.revision,
                "role": str(role),
            }
            number = 0
            while parts:
                ops = parts.popleft()
                part = {**head, "full": caught.full, "part": number, "last": not parts, "ops": ops}
                number += 1
                await self._push_when_room(msgpack.packb(part))
            subscription.revision = caught.revision
            held, subscription.held = subscription.held or [], None
            for revision, frame in held:
                if revision > caught.revision:
                    self._push(frame)
            if subscription.lagging:
                self._on_ack(self._acknowledged)
        except asyncio.CancelledError:
            raise
        except DomainError as error:
            self._refuse(env.pk, subscription.name, error)
        except Exception:
            log.exception("Env %s could not be opened for a viewer.", env.pk)
            failed = DomainError("The server failed to read this env. Try again.", code="internal_error")
            self._drop(env.pk)
            self._refuse(env.pk, subscription.name, failed)

    def _want(self, message: dict) -> None:
        env_id = _integer(message, "env")
        if env_id not in self._subscriptions:
            raise NotFound("This socket does not watch that env.", fields={"env": ["Subscribe first."]})
        if self._follow(env_id, [env_id], message):
            return
        if len(self._wants) >= 256:
            raise TooLarge("Too many requests at once; wait for their answers.")
        task = asyncio.ensure_future(self._answer(env_id, message))
        self._wants.add(task)
        task.add_done_callback(self._wants.discard)

    async def _answer(self, env_id: int, message: dict) -> None:
        try:
            ops: list = []
            for name, read in readers.items():
                if wanted := _integers(message, name):
                    ops += await self._read(read, [env_id], wanted, message)
            if windows := _integers(message, "windows"):
                ops += await self._read(snapshot.read_window_ops, env_id, windows)
            traces = _integers(message, "traces")
            width = min(8192, max(16, _optional_integer(message, "width") or 1024))
            bounds = {"x0": _optional_number(message, "x0"), "x1": _optional_number(message, "x1")}
            if traces or message.get("pairs"):
                ops += await self._read(
                    questions.answer, [env_id], message, traces=traces, bounds=bounds, width_px=width
                )
            frame = {"t": "data", "env": env_id, "req": message.get("req"), "ops": ops}
        except DomainError as error:
            frame = {
                "t": "data",
                "env": env_id,
                "req": message.get("req"),
                "ops": [],
                "error": error.as_dict(),
            }
        await self._push_when_room(msgpack.packb(frame))

    def _follow(self, number: int, env_ids: list[int], message: dict) -> bool:
        """Answer a ``want`` that is followed until its end; False: it is none of these."""
        name = next((name for name in followers if message.get(name) is not None), None)
        if name is None:
            return False
        if len(self._followed) >= MOST_FOLLOWED:
            raise TooLarge("Too much is followed at once; name several in one request.")

        async def put(frame: dict) -> None:
            if number in self._subscriptions:
                await self._push_when_room(msgpack.packb({**frame, "env": number}))

        following = Following(
            self.principal, env_ids, message[name], put, lambda: number in self._subscriptions
        )
        task = asyncio.ensure_future(followers[name](following))
        self._followed.add(task)
        task.add_done_callback(self._followed.discard)
        return True

    def _drop(self, env_id: int) -> None:
        subscription = self._subscriptions.pop(env_id, None)
        if subscription is not None:
            if subscription.task is not None and subscription.task is not asyncio.current_task():
                subscription.task.cancel()
            self._hubs.unwatch(env_id, self)

    def _refuse(self, env_id: int | None, name: str, error: DomainError) -> None:
        self._put({"t": "gone", "env": env_id, "name": name, "error": error.as_dict()})


def _parts(ops: list) -> deque[list]:
    """Ops in parts of about PART_BYTES; at least one."""
    parts: deque[list] = deque([[]])
    size = 0
    for op in ops:
        weight = snapshot.size_of(op)
        if size and size + weight > PART_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(op)
        size += weight
    return parts


def _integer(message: dict, name: str) -> int:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise Invalid(f"{name}: Must be a whole number.", fields={name: ["Must be a whole number."]})
    return value


def _optional_integer(message: dict, name: str) -> int | None:
    return None if message.get(name) is None else _integer(message, name)


def _optional_number(message: dict, name: str) -> float | None:
    value = message.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Invalid(f"{name}: Must be a number.", fields={name: ["Must be a number."]})
    return value


def _integers(message: dict, name: str) -> list[int]:
    value = message.get(name) or []
    if not isinstance(value, list) or len(value) > 10_000:
        raise Invalid(
            f"{name}: Must be a list of ids.", fields={name: ["Must be a list of at most 10 000 ids."]}
        )
    return [_integer({name: item}, name) for item in value]
