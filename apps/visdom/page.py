"""``/socket``: what a page of visdom's says and hears. Pages of ours speak the live wire; this is for those who kept theirs."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgpack
import orjson
from django.conf import settings

from apps.accounts.principals import Principal
from apps.envs import access, arrangements
from apps.envs.models import Env, View
from apps.errors import DomainError, NotFound
from apps.jobs.gate import write_transaction
from apps.windows import events, objects
from apps.windows.ingest import parse_json
from apps.windows.live import threads
from apps.windows.models import Trace, Window

from . import compare, names, places
from .cold import dumps, list_names, name_for
from .sessions import Find, Session
from .writing import commit_all

#: A window that changes is sent again at most once in this time, or in ten times what it takes to make.
LEAST_S, PATIENCE = 0.25, 10
#: Pages that listen, by the id they say when they ask for an env.
pages: "dict[str, Page]" = {}


class Page(Session):
    """One page. It watches one env, ``main`` until it asks for another, or several that it compares."""

    def __init__(self, principal: Principal, find: Find, hubs: Callable[[], Any]) -> None:
        super().__init__(principal, find)
        self.sid = uuid.uuid4().hex
        pages[self.sid] = self
        self._hubs = hubs
        self._env_ids: tuple[int, ...] = ()
        self._is_comparing = False
        self._has_asked = False
        self._names: list[str] = []
        self._dirty: set[int] = set()
        self._dirty_traces: set[int] = set()
        self._sending: asyncio.Task | None = None

    async def open(self) -> None:
        await super().open()
        self.put({"command": "register", "data": self.sid, "readonly": settings.PANEWALL.readonly})
        await self._tell_views()
        await self.on_look()
        try:
            env = await threads.read(access.find_env, self.principal, names.DEFAULT_ENV)
        except DomainError:
            return
        if not self._has_asked:
            self._watch(env.pk)

    def close(self) -> None:
        super().close()
        self._watch()
        pages.pop(self.sid, None)

    async def on_look(self) -> None:
        known = await threads.read(list_names, self.principal)
        if known != self._names or not self._names:
            self._names = known
            self.put({"command": "env_update", "data": known})

    # --- an env

    async def load(self, eid: str) -> None:
        """``POST /env/<eid>`` with this page's id: the env from the beginning, and what changes from then on."""
        self._has_asked = True
        name = await threads.read(names.resolve, self.principal, eid)
        try:
            env = await threads.read(access.find_env, self.principal, name)
        except DomainError:
            self._watch()
            self.put({"command": "layout"})
            return
        self._watch(env.pk)
        kept, windows = await threads.decode(_read_env, self.principal, env)
        self.put({"command": "reload", "data": kept})
        for window in windows:
            await self.put_when_room(window)
        await self.put_when_room({"command": "layout"})

    async def compare(self, eids: list[str]) -> None:
        """``POST /compare/<a+b>`` with this page's id. Names that nobody knows are passed over."""
        self._has_asked = True
        found = await threads.decode(_find_envs, self.principal, eids)
        self._watch(*(env.pk for _, env in found), is_comparing=True)
        self.put({"command": "reload", "data": {}})
        for window in await threads.decode(_compare, found):
            await self.put_when_room(window)
        await self.put_when_room({"command": "layout"})

    def _watch(self, *env_ids: int, is_comparing: bool = False) -> None:
        hubs = self._hubs()
        for env_id in set(self._env_ids) - set(env_ids):
            hubs.unwatch(env_id, self)
        for env_id in set(env_ids) - set(self._env_ids):
            hubs.watch(env_id, self)
        self._dirty.clear()
        self._dirty_traces.clear()
        self._env_ids, self._is_comparing = env_ids, is_comparing

    def on_frame(self, env_id: int, revision: int, frame: bytes) -> None:
        """The hub's: something changed."""
        if env_id not in self._env_ids:
            return
        for op in msgpack.unpackb(frame, strict_map_key=False)["ops"]:
            match op[0]:
                case "x" if not self._is_comparing:
                    self._dirty.discard(op[1])
                    self.put({"command": "close", "data": op[2]})
                case "w" | "s":
                    self._dirty.add(op[1])
                case "a" | "l" | "g":
                    self._dirty_traces.add(op[1])
        if (self._dirty or self._dirty_traces) and self._sending is None:
            self._sending = self.loop.create_task(self._send_changed())

    def on_gone(self, env_id: int) -> None:
        self._env_ids = tuple(other for other in self._env_ids if other != env_id)

    async def _send_changed(self) -> None:
        """Whole windows: they replace what the page has."""
        try:
            while self._env_ids and (self._dirty or self._dirty_traces):
                began = time.monotonic()
                ids, self._dirty = self._dirty, set()
                traces, self._dirty_traces = self._dirty_traces, set()
                for window in await self._changed(ids, traces):
                    await self.put_when_room(window)
                await asyncio.sleep(max(LEAST_S, PATIENCE * (time.monotonic() - began)))
        finally:
            self._sending = None

    async def _changed(self, window_ids: set[int], trace_ids: set[int]) -> list[str]:
        if self._is_comparing:
            found = await threads.decode(_named_envs, self.principal, self._env_ids)
            return await threads.decode(_compare, found)
        return await threads.decode(_read_windows, self._env_ids[0], window_ids, trace_ids)

    # --- what it says

    async def on_message(self, message: dict[str, Any]) -> None:
        if settings.PANEWALL.readonly:
            return
        match message.get("cmd"):
            case "close":
                await self._close_window(message)
            case "save":
                await self._save(message)
            case "delete_env":
                await self._run({"do": "env.delete"}, message)
            case "save_layouts":
                await threads.decode(_save_views, self.principal, message.get("data"))
                await self._tell_views()
            case "forward_to_vis":
                await self._forward(message.get("data"))
            case "layout_item_update":
                name = await self._name(message)
                await threads.read(_save_place, self.principal, name, message.get("win"), message.get("data"))
            case "pop_embeddings_pane":
                data = message.get("data")
                if isinstance(data, dict):
                    await self._run({"do": "embeddings.back", "win": str(data.get("target"))}, data)

    async def _name(self, message: dict[str, Any], field: str = "eid") -> str:
        eid = names.eid_of(message, field)
        return names.peek(self.principal, eid) or await threads.read(names.resolve, self.principal, eid)

    async def _run(self, command: dict[str, Any], message: dict[str, Any]) -> None:
        self.principal = await self._find()
        await commit_all(self.principal, [{**command, "env": await self._name(message)}])

    async def _close_window(self, message: dict[str, Any]) -> None:
        win = names.text_of(message.get("data"), "data")
        name = await self._name(message)
        env = await threads.read(_editable, self.principal, name)
        await self._run({"do": "window.close", "win": win}, message)
        events.announce(env.pk, win, {"event_type": events.CLOSE})

    async def _save(self, message: dict[str, Any]) -> None:
        """Under its own name an env is stored already; another name makes a copy."""
        name, former = await self._name(message), await self._name(message, "prev_eid")
        if name != former:
            await commit_all(self.principal, [{"do": "env.fork", "env": former, "to": name}])
        await threads.read(_save_places, self.principal, name, message.get("data"))

    async def _forward(self, event: Any) -> None:
        if not isinstance(event, dict):
            return
        win = names.text_of(event.get("target"), "target")
        env = await threads.read(_editable, self.principal, await self._name(event))
        await threads.decode(_publish, env.pk, win, event, self.principal)

    async def _tell_views(self) -> None:
        self.put({"command": "layout_update", "data": await threads.decode(_views, self.principal)})


def _publish(env_id: int, win: str, event: dict[str, Any], principal: Principal) -> None:
    events.publish(env_id, win, event, by=principal)


def _editable(principal: Principal, name: str) -> Env:
    return access.find_env(principal, name, verb="edit")


def _read_env(principal: Principal, env: Env) -> tuple[dict[str, Any], list[str]]:
    kept = arrangements.get_layout(env=env, user_id=principal.user_id)
    items = places.to_items(kept.layout if kept else {})
    return items, [dumps(window).decode() for _, window in objects.env_objects(env)]


def _read_windows(env_id: int, window_ids: set[int], trace_ids: set[int]) -> list[str]:
    owners = Trace.objects.filter(pk__in=trace_ids).values_list("window_id", flat=True)
    rows = (
        Window.objects.living().filter(env_id=env_id, pk__in=window_ids | set(owners)).order_by("place", "id")
    )
    return [dumps(objects.window_object(row)).decode() for row in rows]


def _find_envs(principal: Principal, eids: list[str]) -> list[tuple[str, Env]]:
    """Those of the envs that there are, each once, with the name it was asked for by."""
    out: dict[int, tuple[str, Env]] = {}
    for eid in eids[: settings.PANEWALL.limits.compare_envs]:
        try:
            env = access.find_env(principal, names.resolve(principal, eid))
        except DomainError:
            continue
        out.setdefault(env.pk, (eid, env))
    return list(out.values())


def _named_envs(principal: Principal, env_ids: tuple[int, ...]) -> list[tuple[str, Env]]:
    envs = {
        env.pk: env
        for env in access.visible_envs(principal).filter(pk__in=env_ids).select_related("workspace")
    }
    return [(name_for(principal, envs[pk]), envs[pk]) for pk in env_ids if pk in envs]


def _compare(envs: list[tuple[str, Env]]) -> list[str]:
    windows = compare.merged([(name, [w for _, w in objects.env_objects(env)]) for name, env in envs])
    return [dumps(window).decode() for window in windows]


def _save_place(principal: Principal, name: str, win: Any, item: Any) -> None:
    place = places.from_item(item)
    if place is None or not isinstance(win, str):
        return
    env = _editable(principal, name)
    kept = arrangements.get_layout(env=env, user_id=principal.user_id)
    layout = {**(kept.layout if kept else {}), win: place}
    arrangements.save_layout(env=env, user_id=principal.user_id, layout=layout)


def _save_places(principal: Principal, name: str, items: Any) -> None:
    if found := places.from_items(items):
        arrangements.save_layout(env=_editable(principal, name), user_id=principal.user_id, layout=found)


def _views(principal: Principal) -> str:
    """All saved views of all envs one may see, as the text that visdom keeps; empty where there are none."""
    seen = access.visible_envs(principal)
    out: dict[str, dict[str, Any]] = {}
    for view in View.objects.filter(env__in=seen).select_related("env__workspace").order_by("name"):
        kept = out.setdefault(name_for(principal, view.env), {"current": {}})
        kept[view.name] = places.to_view(view.state.get("layout"))
    return orjson.dumps(out).decode() if out else ""


def _save_views(principal: Principal, text: Any) -> None:
    """Make the saved views of the envs named those of ``text``. Envs it does not name keep theirs."""
    if not isinstance(text, str):
        return
    for eid, views in parse_json(text.encode()).items():
        try:
            env = access.find_env(principal, names.resolve(principal, eid), verb="edit")
        except NotFound:
            continue
        if isinstance(views, dict):
            _replace_views(env, {n: v for n, v in views.items() if n != "current"}, principal)


def _replace_views(env: Env, views: dict[str, Any], principal: Principal) -> None:
    with write_transaction():
        View.objects.filter(env=env).exclude(name__in=views).delete()
        for name, view in views.items():
            old = View.objects.filter(env=env, name=name[:200]).first()
            if old is not None and places.to_view(old.state.get("layout")) == view:
                continue
            state = {**(old.state if old else {}), "layout": places.from_view(view)}
            View.objects.update_or_create(
                env=env,
                name=name[:200],
                defaults={"state": state},
                create_defaults={"state": state, "created_by_id": principal.user_id},
            )
