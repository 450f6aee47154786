"""What people do in windows, told to the programs that listen: clicks, keys, changed properties, closed panes.

An event is of the moment: it is told once, to whoever listens now and may edit the env, in every process, and then it is
gone. Windows are read for it only when somebody listens. One thread of each process does the telling, in order.
"""

import asyncio
import contextlib
import logging
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgpack
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.errors import DomainError, Invalid, NotFound, TooLarge
from apps.jobs.gate import read_snapshot

from .bounds import limits
from .commands import Fields
from .models import Window

log = logging.getLogger(__name__)

Event = dict[str, Any]
GROUP = "panewall.events"
CLOSE = "close"
#: Whoever answers these needs no window; it may be large, and they come often.
BARE = {"EntitySelected", "RegionSelected"}
#: Fields the server fills in, whatever a page says.
OURS = ("target", "eid", "env_id", "env_name", "pane_data")
#: Events that wait to be told in a process, and that one socket may have waiting.
MOST_WAITING, MOST_OF_A_SOCKET = 1000, 100
RETRY_S = 1.0


class Handle:
    """Somebody who listens. ``close`` ends that, at once."""

    def __init__(self, principal: Principal, callback: Callable[[Event], None]) -> None:
        self.principal, self.callback = principal, callback

    def close(self) -> None:
        with _lock:
            _listening.discard(self)


def listen(principal: Principal, callback: Callable[[Event], None]) -> Handle:
    """Hear the events of all envs that ``principal`` may edit when they happen.

    Args:
        callback: called in a thread of this module, with a map of the event's own fields and ``event_type``, ``target``
            (the window's key), ``eid`` and ``env_name`` (``name`` and ``workspace/name``), ``env_id``, and ``pane_data``
            (the window as visdom's object; None where it is gone or too large, False where nobody needs it). It must not
            wait, and must not change the map.
    """
    handle = Handle(principal, callback)
    _hear_others()
    with _lock:
        _listening.add(handle)
    return handle


async def settled(timeout_s: float = 5.0) -> None:
    """Wait until this process hears the others, too; no longer than that."""
    if _joined is not None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_joined.wait(), timeout_s)


def publish(env_id: int, window_key: str, event: Any, *, by: Principal) -> None:
    """Tell an event that ``by`` caused. Reads the database: not for the event loop.

    Raises:
        NotFound, Forbidden, ReadOnly: ``by`` may not edit the env.
        Invalid: it is no event.
        TooLarge: too large, or one too many within a second.
    """
    env = Env.objects.select_related("workspace").filter(pk=env_id, deleted_at=None).first()
    if env is None:
        raise NotFound("There is no such env that you may see.")
    access.require(by, "edit", env)
    checked = check(event)
    _rates.take(by.key)
    announce(env_id, window_key, checked)


def announce(env_id: int, window_key: str, event: Event) -> None:
    """Tell an event that was checked before: here, and in the other processes. For any thread."""
    _tell_soon(env_id, window_key, event)
    if not settings.PANEWALL.is_embedded:
        _send({"type": "event", "from": _process, "env": env_id, "key": window_key, "event": event})


def announce_closed(by: Principal, env_id: int, keys: list[str]) -> None:
    """A person closed these windows. What programs close they know of."""
    if by.kind == "user":
        for key in keys:
            announce(env_id, key, {"event_type": CLOSE})


def from_page(by: Principal, env_id: int, window_id: int, event: Any) -> None:
    """Tell an event of a page, which names a window by its id. Raises as ``publish``."""
    window = Window.objects.living().filter(pk=window_id, env_id=env_id).only("key").first()
    if window is None:
        raise NotFound("There is no such window in this env.", code="window_missing")
    publish(env_id, window.key, event, by=by)


def check(event: Any) -> Event:
    """An event of a page: plain data of a bounded size, with an ``event_type``.

    Raises:
        Invalid, TooLarge: says what is wrong.
    """
    if not isinstance(event, dict):
        raise Invalid("event: Must be a map.", fields={"event": ["Must be a map."]})
    told = {name: value for name, value in event.items() if name not in OURS}
    fields = Fields({"event": told, "event_type": told.get("event_type")})
    fields.text("event_type", limit=40)
    checked = fields.plain("event")
    size = len(msgpack.packb(checked))
    if size > limits().event_bytes:
        raise TooLarge(f"The event has {size:,} bytes; at most {limits().event_bytes:,} are allowed.")
    return checked


class Inbox:
    """Events of one live socket, told in their order; a page that sends too many is told so, and loses them."""

    def __init__(self, read: Callable[..., Awaitable[Any]], put: Callable[[dict], None]) -> None:
        self._read, self._put = read, put
        self._waiting: deque[tuple[Principal, dict]] = deque()
        self._task: asyncio.Task | None = None
        _remember_loop()

    def add(self, principal: Principal, message: dict) -> None:
        if len(self._waiting) >= MOST_OF_A_SOCKET:
            self._refuse(message, TooLarge("Too many events at once.", code="slow_down"))
            return
        self._waiting.append((principal, message))
        if self._task is None:
            self._task = asyncio.ensure_future(self._work())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        try:
            while self._waiting:
                principal, message = self._waiting.popleft()
                try:
                    env, window = _id(message, "env"), _id(message, "window")
                    await self._read(from_page, principal, env, window, message.get("event"))
                except DomainError as error:
                    self._refuse(message, error)
                except Exception:
                    log.exception("An event could not be told.")
        finally:
            self._task = None

    def _refuse(self, message: dict, error: DomainError) -> None:
        self._put(
            {
                "t": "refused",
                "env": message.get("env"),
                "window": message.get("window"),
                "error": error.as_dict(),
            }
        )


def _id(message: dict, name: str) -> int:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise Invalid(f"{name}: Must be a whole number.", fields={name: ["Must be a whole number."]})
    return value


class Rates:
    """How many events each principal may still send: a bucket that fills up again each second."""

    KEPT = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        rate = limits().events_per_second
        now = time.monotonic()
        with self._lock:
            left, seen = self._buckets.pop(key, (2.0 * rate, now))
            left = min(2.0 * rate, left + (now - seen) * rate)
            self._buckets[key] = (max(0.0, left - 1), now)
            while len(self._buckets) > self.KEPT:
                self._buckets.popitem(last=False)
        if left < 1:
            raise TooLarge(f"More than {rate} events a second.", code="slow_down")


_lock = threading.Lock()
_listening: set[Handle] = set()
_rates = Rates()
_process = uuid.uuid4().hex
_teller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")
_waiting = 0
_loop: asyncio.AbstractEventLoop | None = None
_hearing: asyncio.Task | None = None
_joined: asyncio.Event | None = None
_sending: set[asyncio.Task] = set()


# --- telling, in this process


def _tell_soon(env_id: int, key: str, event: Event) -> None:
    global _waiting
    with _lock:
        if not _listening:
            return
        if _waiting >= MOST_WAITING:
            log.warning("An event was dropped: %d are waiting.", _waiting)
            return
        _waiting += 1
    _teller.submit(_tell, env_id, key, event)


def _tell(env_id: int, key: str, event: Event) -> None:
    global _waiting
    with _lock:
        _waiting -= 1
        handles = list(_listening)
    try:
        try:
            hearing, complete = _completed(handles, env_id, key, event)
        except (OperationalError, InterfaceError):  # a connection that broke, such as to a restarted database
            close_old_connections()
            hearing, complete = _completed(handles, env_id, key, event)
    except Exception:
        log.exception("An event could not be told.")
        close_old_connections()
        return
    for handle in hearing:
        try:
            handle.callback(complete)
        except Exception:
            log.exception("A listener failed.")


def _completed(handles: list[Handle], env_id: int, key: str, event: Event) -> tuple[list[Handle], Event]:
    """Who may hear of it, and what they are told."""
    env = Env.objects.select_related("workspace").filter(pk=env_id, deleted_at=None).first()
    if env is None:
        return [], event
    may = {who: access.allows(who, "edit", env) for who in {handle.principal for handle in handles}}
    hearing = [handle for handle in handles if may[handle.principal]]
    if not hearing:
        return [], event
    return hearing, {
        **event,
        "target": key,
        "eid": env.name,
        "env_name": env.full_name,
        "env_id": env_id,
        "pane_data": False if event.get("event_type") in BARE else _pane(env, key, event),
    }


def _pane(env: Env, key: str, event: Event) -> dict[str, Any] | None:
    """The window as it is; of a closed one, as it was."""
    from . import objects  # which imports what imports this module

    with read_snapshot() as using:
        windows = Window.objects.using(using).filter(env_id=env.pk, key=key)
        if event.get("event_type") == CLOSE:
            window = windows.exclude(deleted_at=None).order_by("-deleted_at", "-pk").first()
        else:
            window = windows.filter(deleted_at=None).first()
        if window is None or objects.weigh(window, using) > limits().event_pane_bytes:
            return None
        return objects.window_object(window, using)


# --- between processes


def _remember_loop() -> None:
    global _loop
    _loop = asyncio.get_running_loop()


def _send(message: dict) -> None:
    """To all processes, over the loop that serves pages; where there is none, waiting for it."""
    loop = _loop
    if loop is None or loop.is_closed() or not loop.is_running():
        async_to_sync(_group_send)(message)
    else:
        loop.call_soon_threadsafe(_start_sending, message)


def _start_sending(message: dict) -> None:
    task = asyncio.ensure_future(_group_send(message))
    _sending.add(task)
    task.add_done_callback(_sending.discard)


async def _group_send(message: dict) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(GROUP, message)
    except Exception:
        log.warning("Other servers could not be told of an event.", exc_info=True)


def _hear_others() -> None:
    """Begin to hear what other processes tell, on the running loop, once."""
    global _hearing, _joined
    if settings.PANEWALL.is_embedded:
        return
    _remember_loop()
    if _hearing is None or _hearing.done() or _hearing.get_loop() is not _loop:
        _joined = asyncio.Event()
        _hearing = asyncio.ensure_future(_hear(_joined))


async def _hear(joined: asyncio.Event) -> None:
    while True:
        try:
            layer = get_channel_layer()
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            joined.set()
            while True:
                message = await layer.receive(channel)
                if message["from"] != _process:
                    _tell_soon(message["env"], message["key"], message["event"])
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("The channel layer failed; trying again.")
            joined.clear()
            await asyncio.sleep(RETRY_S)
