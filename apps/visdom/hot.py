"""The addresses a training loop uses: ``/events``, ``/update``, ``/win_exists``. Straight into the committer."""

import time
from typing import Any

from apps.accounts.principals import Principal
from apps.envs import access
from apps.errors import DomainError
from apps.windows import commands
from apps.windows.live import threads

from . import incoming, updates
from .glance import has_window, sees_window
from .requests import Answer, Request
from .writing import as_error, commit, commit_all

#: How long the right to look at an env is believed.
TRUST_S = 1.0
MISSING = "win does not exist"
_envs: dict[tuple[Principal, str], tuple[float, int]] = {}


async def events(request: Request) -> Answer:
    """``POST /events``: make or replace a window; its id is the whole answer."""
    win = incoming.window_key(request.message)
    env = await request.env(remember=True)
    if request.is_large or _has_file(request.message):
        ready = await threads.decode(_decode_put, env, win, request.message)
    else:
        ready = _decode_put(env, win, request.message)
    await commit_all(request.principal, ready, size=request.size)
    return Answer.text(win)


def _decode_put(env: str, win: str, message: dict[str, Any]) -> list[commands.Command]:
    return [commands.decode(raw) for raw in incoming.put_commands(env, win, message)]


def _has_file(message: dict[str, Any]) -> bool:
    data = message.get("data")
    first = data[0] if isinstance(data, list) and data else None
    return isinstance(first, dict) and first.get("type") in ("image", "image_history")


async def update(request: Request) -> Answer:
    """``POST /update``: change a window; its id is the whole answer, or one of two sentences where there is none to change."""
    env = await request.env(remember=bool(request.message.get("append")))
    if request.is_large or _has_file(request.message):
        command = await threads.decode(updates.decode, env, request.message)
    else:
        command = updates.decode(env, request.message)
    (refused,) = await commit(request.principal, [command], size=request.size)
    if refused is None:
        return Answer.text(command.args["update"].win)
    if refused["code"] in ("window_missing", "not_found"):
        return Answer.text(MISSING)
    if refused["code"] == updates.Unsuitable.code:
        return Answer.text(refused["detail"])
    raise as_error(refused)


async def win_exists(request: Request) -> Answer:
    """``POST /win_exists``: ``true`` or ``false``, nothing else."""
    key = incoming.window_key(request.message)
    env = await request.env()
    known = _envs.get((request.principal, env))
    if known and known[0] > time.monotonic() and sees_window(known[1], key):
        return Answer(b"true")
    found = await threads.read(exists, request.principal, env, key)
    return Answer(b"true" if found else b"false")


def exists(principal: Principal, env: str, key: str) -> bool:
    """Whether the env has such a window; the right to look there is found anew, and believed for a second. Sync ORM."""
    try:
        env_id = access.find_env(principal, env).pk
    except DomainError as error:
        if error.status == 404 or error.code == "invalid":
            return False
        raise
    if len(_envs) > 10_000:
        _envs.clear()
    _envs[principal, env] = (time.monotonic() + TRUST_S, env_id)
    return has_window(env_id, key)
