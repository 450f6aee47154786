"""The addresses a training loop uses: ``/events``, ``/update``, ``/win_exists``. Straight into the committer."""

import time
from typing import Any

from django.db import connection

from apps.accounts.principals import Principal
from apps.envs import access
from apps.errors import DomainError, NotFound
from apps.windows import commands
from apps.windows.live import threads

from . import incoming, updates
from .requests import Answer, Request
from .writing import as_error, commit, commit_all

#: How long the right to look at an env is believed.
TRUST_S = 1.0
MISSING = "win does not exist"
EXISTS = (
    "SELECT 1 FROM windows_window w JOIN envs_env e ON e.id = w.env_id"
    " WHERE w.env_id = %s AND w.key = %s AND w.deleted_at IS NULL AND e.deleted_at IS NULL"
)
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
    try:
        found = await threads.read(exists, request.principal, env, key)
    except NotFound:
        found = False
    return Answer(b"true" if found else b"false")


def exists(principal: Principal, env: str, key: str) -> bool:
    """Whether the env has such a window. One look at an index; rights are believed for a second. Sync ORM."""
    slot, now = (principal, env), time.monotonic()
    known = _envs.get(slot)
    if known and known[0] > now and _has(known[1], key):
        return True
    # Before "no" is said, the name is looked up anew: it may mean another env by now.
    try:
        env_id = access.find_env(principal, env).pk
    except DomainError as error:
        if error.status == 404 or error.code == "invalid":
            return False
        raise
    if len(_envs) > 10_000:
        _envs.clear()
    _envs[slot] = (now + TRUST_S, env_id)
    return _has(env_id, key)


def _has(env_id: int, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(EXISTS, [env_id, key])
        return cursor.fetchone() is not None
