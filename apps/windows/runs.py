"""What is said of an env as a whole: config, tags and notes, and how the run behind it is getting on.

A program that says now and then that it lives is missed when it falls silent: apps.envs.tasks marks its run as stalled.
"""

import json
from types import EllipsisType
from typing import Any

from apps.envs.colours import COLOURS
from apps.envs.models import Env
from apps.errors import Invalid, TooLarge

from .commands import Fields, register
from .state import EnvState
from .transaction import Transaction

Status = Env.Status
STATUSES = (Status.RUNNING, Status.FINISHED, Status.FAILED, Status.STALLED)
TAG_CHARS = 200


def _decode_create(fields: Fields) -> dict[str, Any]:
    return _colour(fields) | {
        "config": _config(fields),
        "add_tags": _tags(fields, "tags") or [],
        "notes": _notes(fields),
        "status": _status(fields) if fields.get("status") is not None else None,
    }


def _decode_update(fields: Fields) -> dict[str, Any]:
    return _colour(fields) | {
        "config": _config(fields),
        "tags": _tags(fields, "tags"),
        "add_tags": _tags(fields, "add_tags") or [],
        "remove_tags": _tags(fields, "remove_tags") or [],
        "notes": _notes(fields),
        "status": _status(fields) if fields.get("status") is not None else None,
    }


def _decode_finish(fields: Fields) -> dict[str, Any]:
    return {"status": _status(fields)}


def _decode_alive(fields: Fields) -> dict[str, Any]:
    return {}


def _config(fields: Fields) -> dict[str, Any]:
    fields.map("config")  # refuses what is no map
    return fields.plain("config") or {}


def _tags(fields: Fields, name: str) -> list[str] | None:
    """Without blanks round them, each once; None where none were sent."""
    if fields.get(name) is None:
        return None
    sent = fields.texts(name, limit=TAG_CHARS, most=fields.limits.env_tags)
    return list(dict.fromkeys(tag.strip() for tag in sent if tag.strip()))


def _notes(fields: Fields) -> str | None:
    return None if fields.get("notes") is None else fields.text("notes", limit=fields.limits.notes_chars)


def _colour(fields: Fields) -> dict[str, int | None]:
    """Null is said too: it takes a choice back."""
    if "colour" not in fields.raw:
        return {}
    colour = fields.get("colour")
    if colour is not None and (type(colour) is not int or not 0 <= colour < COLOURS):
        raise fields.refuse("colour", f"Must be 0 to {COLOURS - 1}, or null.")
    return {"colour": colour}


def _status(fields: Fields) -> str:
    status = fields.text("status", limit=20, default=Status.FINISHED)
    if status not in STATUSES:
        raise fields.refuse("status", "Must be running, finished, failed or stalled.")
    return status


def env_update(
    tx: Transaction,
    env: EnvState,
    *,
    config: dict | None = None,
    tags: list[str] | None = None,
    add_tags: list[str] | None = None,
    remove_tags: list[str] | None = None,
    notes: str | None = None,
    status: str | None = None,
    colour: int | EllipsisType | None = ...,
) -> None:
    row = Env.objects.get(pk=env.id)
    changed: dict[str, Any] = {} if colour is ... else {"colour": colour}
    if config:
        changed["config"] = _checked_config(tx, merged(row.config, config))
    kept = [*(row.tags if tags is None else tags), *(add_tags or ())]
    kept = [tag for tag in dict.fromkeys(kept) if tag not in (remove_tags or ())]
    if kept != row.tags:
        if len(kept) > tx.limits.env_tags:
            raise Invalid(
                f"The env would have {len(kept)} tags; at most {tx.limits.env_tags} are allowed.",
                fields={"tags": [f"At most {tx.limits.env_tags} are allowed."]},
            )
        changed["tags"] = kept
    if notes is not None:
        changed["notes"] = notes
    if status is not None:
        changed |= _with_status(row.status, status, tx)
    if changed:
        Env.objects.filter(pk=env.id).update(**changed)
        tx.env_changed(env)


def _with_status(was: str, status: str, tx: Transaction) -> dict[str, Any]:
    """A run that begins has said nothing yet, whatever was heard of the one before it in this env."""
    changed: dict[str, Any] = {"status": status}
    if status != was:
        changed["status_at"] = tx.now
    if status == Status.RUNNING:
        changed["alive_at"] = None
    return changed


def _checked_config(tx: Transaction, config: dict[str, Any]) -> dict[str, Any]:
    size, limit = len(json.dumps(config).encode()), tx.limits.config_bytes
    if size > limit:
        raise TooLarge(
            f"The env's config would have {size:,} bytes; at most {limit:,} are allowed.",
            fields={"config": ["Too large."]},
        )
    return config


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """``old`` with what ``new`` says, at every depth. Unlike in opts, null is a value: an option may be none."""
    out = dict(old)
    for key, value in new.items():
        held = out.get(key)
        out[key] = merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return out


def env_finish(tx: Transaction, env: EnvState, *, status: str) -> None:
    env_update(tx, env, status=status)


def env_alive(tx: Transaction, env: EnvState) -> None:
    Env.objects.filter(pk=env.id).update(alive_at=tx.now)
    stalled = Env.objects.filter(pk=env.id, status=Status.STALLED)
    if stalled.update(status=Status.RUNNING, status_at=tx.now):
        tx.env_changed(env)
    else:
        tx.nothing_to_tell(env)


register("env.create", decode=_decode_create, apply=env_update)
register("env.update", decode=_decode_update, apply=env_update)
register("env.alive", decode=_decode_alive, apply=env_alive)
register("env.finish", decode=_decode_finish, apply=env_finish)
