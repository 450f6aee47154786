"""What visdom's server would answer, asked over REST: for calls that want an answer, each endpoint a function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from panewall.errors import BadArgument, NotFound
from panewall.rest import Rest

Message = dict  # dict[str, Any]: a message of visdom, with eid


def _win_exists(rest: Rest, msg: Message) -> str:
    named = {"win": str(msg["win"]), "page_size": 1}
    found = _or_none(rest, f"{rest.env_path(msg['eid'])}/windows", params=named)
    return "true" if found is not None and found["count"] else "false"


def _win_hash(rest: Rest, msg: Message) -> str:
    found = _window_object(rest, msg["eid"], str(msg["win"]))
    return "false" if found is None else object_hash(found)


def _win_data(rest: Rest, msg: Message) -> str:
    win = msg.get("win")
    if "data" in msg:
        _set_win_data(rest, msg["eid"], win, _parsed(msg["data"]))
        return ""
    if win is not None:
        found = _window_object(rest, msg["eid"], str(win))
    else:
        found = _env_objects(rest, msg["eid"])
    return "" if found is None else json.dumps(found)


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError) as error:
        raise BadArgument(f"data must be JSON text: {error}") from error


def _set_win_data(rest: Rest, env: str, win: Any, data: Any) -> None:
    windows = data if win is None else {str(win): data}
    if not isinstance(windows, dict) or not all(isinstance(window, dict) for window in windows.values()):
        raise BadArgument("data must be a window as get_window_data gives it, or a dict of them by id")
    if win is None:
        gone = [key for key in _env_objects(rest, env) or {} if key not in windows]
        if gone:
            closing = [{"do": "window.close", "env": env, "win": key} for key in gone]
            rest.demand("POST", "/api/v1/ingest", json={"c": closing})
    for key, window in windows.items():
        rest.demand("PUT", f"{rest.env_path(env)}/object", params={"win": str(key)}, json=window)


def _env_state(rest: Rest, msg: Message) -> str:
    return json.dumps(_env_names(rest))


def _save(rest: Rest, msg: Message) -> str:
    known = set(_env_names(rest))
    names = [name for name in msg.get("data") or [] if name in known]
    for name in names:
        rest.demand("POST", f"{rest.env_path(name)}/snapshots", json={"if_changed": True})
    return json.dumps(names)


def _fork_env(rest: Rest, msg: Message) -> str:
    workspace, slash, name = msg["eid"].partition("/")
    to = {"to": name, "workspace": workspace} if slash else {"to": msg["eid"]}
    rest.demand("POST", f"{rest.env_path(msg['prev_eid'])}/fork", json=to)
    return str(msg["eid"])


ENDPOINTS: dict[str, Callable[[Rest, Message], str]] = {
    "win_exists": _win_exists,
    "win_hash": _win_hash,
    "win_data": _win_data,
    "env_state": _env_state,
    "save": _save,
    "fork_env": _fork_env,
}


def object_hash(window: Any) -> str:
    """MD5 of the window's canonical JSON: sorted, without spaces, whole numbers without a point, in ASCII."""
    text = json.dumps(_whole(window), sort_keys=True, separators=(",", ":"))
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _window_object(rest: Rest, env: str, win: str) -> Any:
    return _or_none(rest, f"{rest.env_path(env)}/object", params={"win": win})


def _env_objects(rest: Rest, env: str) -> Any:
    return _or_none(rest, f"{rest.env_path(env)}/objects")


def _or_none(rest: Rest, path: str, **options: Any) -> Any:
    try:
        return rest.get(path, **options)
    except NotFound:
        return None


def _env_names(rest: Rest) -> list[str]:
    """Those of the own workspace by their names, others as ``workspace/name``."""
    own = rest.workspace
    return [
        env["name"] if env["workspace"] == own else f"{env['workspace']}/{env['name']}"
        for env in rest.get("/api/v1/env-names")["results"]
    ]
