"""The wire's addresses that are asked now and then: whole windows, lists of envs, copies."""

import hashlib
import json
from typing import Any

import orjson

from apps.accounts.models import Workspace
from apps.accounts.principals import Principal
from apps.envs import access, selectors
from apps.envs.models import Env
from apps.envs.snapshots import save_if_changed
from apps.errors import DomainError, Invalid, NotFound
from apps.windows import commands, objects
from apps.windows.ingest import parse_json
from apps.windows.live import threads
from apps.windows.models import Window
from apps.windows.selectors import get_window

from . import incoming, names
from .names import text_of
from .requests import JSON, Answer, Request
from .writing import commit_all


async def open_env(request: Request, path: str) -> Answer:
    """``POST /env/<eid>``: make the env if it is missing. The name in the body counts; that in the address is cut at ``#``."""
    eid = names.eid_of(request.message) if request.message.get("eid") is not None else path
    env = await request.named(eid, remember=True)
    try:
        await threads.read(access.find_env, request.principal, env)
    except NotFound:
        await commit_all(request.principal, [{"do": "env.create", "env": env}])
    return Answer()


async def close(request: Request) -> Answer:
    """``POST /close``: one window, or all of an env. What is not there is closed."""
    env, win = await request.env(), request.message.get("win")
    if win is None:
        command: dict[str, Any] = {"do": "env.clear", "env": env}
    else:
        command = {"do": "window.close", "env": env, "win": text_of(win, "win")}
    await commit_all(request.principal, [command])
    return Answer()


async def env_state(request: Request) -> Answer:
    """``POST /env_state``: the names of the envs that the asker may see."""
    return Answer(orjson.dumps(await threads.read(list_names, request.principal)), kind=JSON)


def list_names(principal: Principal) -> list[str]:
    """Own envs by their bare names, others as ``workspace/name``; the oldest first. Sync ORM."""
    envs = access.visible_envs(principal).select_related("workspace").defer("config").order_by("pk")
    return [name_for(principal, env) for env in envs]


def name_for(principal: Principal, env: Env) -> str:
    """What the asker calls this env on the wire."""
    is_home = (
        env.workspace_id == principal.workspace_id
        if principal.workspace_id is not None
        else selectors.is_own(env.workspace, principal)
    )
    return env.name if is_home else env.full_name


def home_name(principal: Principal) -> str:
    """The name of the workspace whose envs the asker calls by their bare names; empty where there is none. Sync ORM."""
    home = names.home(principal)
    found = None if home is None else Workspace.objects.filter(pk=home).first()
    return "" if found is None else found.name


async def fork_env(request: Request) -> Answer:
    """``POST /fork_env``: a copy, in place of what had its name. Unknown source: 404, and the empty text visdom gives."""
    source = await request.env("prev_eid")
    eid = names.eid_of(request.message)
    target = await request.named(eid, remember=True)
    try:
        found = await threads.read(access.find_env, request.principal, source)
    except NotFound:
        return Answer(status=404)
    try:
        former: Env | None = await threads.read(access.find_env, request.principal, target)
    except NotFound:
        former = None
    if former is None or former.pk != found.pk:
        fork: list[Any] = [{"do": "env.fork", "env": source, "to": target}]
        if former is not None:  # it can be restored
            fork.insert(0, {"do": "env.delete", "env": target})
        await commit_all(request.principal, fork)
    return Answer.text(eid if target in (eid, source) else target)


async def delete_env(request: Request) -> Answer:
    """``POST /delete_env``: it can be restored from the page."""
    await commit_all(request.principal, [{"do": "env.delete", "env": await request.env()}])
    return Answer()


async def save(request: Request) -> Answer:
    """``POST /save``: everything is stored already; this makes a snapshot of each env one can return to."""
    eids = request.message.get("data")
    if not isinstance(eids, list):
        raise Invalid("data: Must be a list of env names.", fields={"data": ["Must be a list."]})
    saved = []
    for eid in [text_of(eid, "data") for eid in eids]:
        name = await request.named(eid)
        if await threads.decode(_save, request.principal, name):
            saved.append(eid.replace("/", "_") if "/" in eid and "/" not in name else eid)
    return Answer(orjson.dumps(saved), kind=JSON)


def _save(principal: Principal, name: str) -> bool:
    """False: there is no such env."""
    try:
        env = access.find_env(principal, name, verb="edit")
    except NotFound:
        return False
    save_if_changed(env=env, by=principal)
    return True


# --- whole windows


async def win_data(request: Request) -> Answer:
    """``POST /win_data``: one window or all of an env, as JSON; with ``data``, the way back."""
    env, win = await request.env(), request.message.get("win")
    key = None if win is None else text_of(win, "win")
    if request.message.get("data") is not None:
        return await _put_data(request, key)
    try:
        body = await threads.decode(_read_data, request.principal, env, key)
    except NotFound:
        return Answer(status=404)
    return Answer(body, kind=JSON)


def _read_data(principal: Principal, env: str, key: str | None) -> bytes:
    found = access.find_env(principal, env)
    if key is not None:
        return dumps(objects.window_object(get_window(found, key)))
    return dumps(dict(objects.env_objects(found)))


def dumps(value: Any) -> bytes:
    """JSON; NaN and infinities as null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


async def _put_data(request: Request, key: str | None) -> Answer:
    env = await request.env(remember=True)
    ready = await threads.decode(_decode_data, request.principal, env, key, request.message["data"])
    await commit_all(request.principal, ready, size=request.size)
    return Answer()


def _decode_data(principal: Principal, env: str, key: str | None, data: Any) -> list[Any]:
    """The commands that make a window, or all of an env, what ``data`` says."""
    if isinstance(data, str):
        data = parse_json(data.encode())
    if not isinstance(data, dict):
        raise Invalid(
            "data: Must be the JSON of a window, or of a map of windows.", fields={"data": ["Wrong."]}
        )
    windows = data if key is None else {key: data}
    raws: list[Any] = []
    if key is None:
        raws += [
            {"do": "window.close", "env": env, "win": gone} for gone in _keys(principal, env) - windows.keys()
        ]
    for name, window in windows.items():
        if not isinstance(window, dict):
            raise Invalid(f"data: Window {name!r:.100} is no map.", fields={"data": ["Must hold maps."]})
        raws += objects.commands_from_object(env, {**window, "id": name})
    return [commands.decode(raw) for raw in raws]


def _keys(principal: Principal, env: str) -> set[str]:
    try:
        found = access.find_env(principal, env)
    except NotFound:
        return set()
    return set(Window.objects.living().filter(env=found).values_list("key", flat=True))


async def win_hash(request: Request) -> Answer:
    """``POST /win_hash``: 32 hex digits that change with the window, or ``false``. The client names the env under ``env``."""
    field = "env" if request.message.get("env") is not None else "eid"
    env, key = await request.env(field), incoming.window_key(request.message)
    try:
        found = await threads.decode(_hash, request.principal, env, key)
    except DomainError as error:
        if error.status != 404:
            raise
        found = "false"
    return Answer.text(found)


def _hash(principal: Principal, env: str, key: str) -> str:
    window = objects.window_object(get_window(access.find_env(principal, env), key))
    text = json.dumps(window, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
