"""Envs are renamed, copied, cleared, deleted and brought back."""

from typing import Any

from apps.envs.colours import colour_of_name
from apps.envs.models import Env
from apps.envs.names import check_env_name
from apps.errors import Conflict

from .. import building
from ..commands import Fields, register
from ..models import Chunk, Tail, TextPart, Window
from ..state import EnvState
from ..transaction import Transaction
from .windows import window_close


def _decode_env_to(fields: Fields) -> dict[str, Any]:
    return {"to": fields.text("to", limit=2 * fields.limits.key_chars + 1)}


def env_rename(tx: Transaction, env: EnvState, *, to: str) -> None:
    check_env_name(to, field="to")
    _check_free(env.workspace_id, to, "to")
    row = Env.objects.select_related("workspace").get(pk=env.id)
    # The colour that its name gave it stays with the env.
    colour = colour_of_name(row.full_name) if row.colour is None else row.colour
    Env.objects.filter(pk=env.id).update(name=to, colour=colour)
    tx.env_changed(env)


def env_fork(tx: Transaction, env: EnvState, *, to: str) -> None:
    workspace_id, name = tx.split_name(to)
    check_env_name(name)
    _check_free(workspace_id, name, "to")
    source = Env.objects.get(pk=env.id)
    copy = Env.objects.create(
        workspace_id=workspace_id,
        name=name,
        config=source.config,
        tags=source.tags,
        notes=source.notes,
        revision=1,
    )
    moved: dict[int, int] = {}
    for window in Window.objects.living().filter(env_id=env.id):
        old, traces = window.pk, list(window.traces.all())
        window.pk, window.env_id, window.revision = None, copy.pk, 1
        window.save(force_insert=True)
        moved[old] = window.pk
        for trace in traces:
            from_id = trace.pk
            trace.pk, trace.window_id = None, window.pk
            trace.save(force_insert=True)
            _copy_rows(tx.cursor, Chunk, "trace_id", from_id, trace.pk)
            _copy_rows(tx.cursor, Tail, "trace_id", from_id, trace.pk)
        _copy_rows(tx.cursor, TextPart, "window_id", old, window.pk)
    for hook in building.fork_hooks:
        hook(moved)


def _copy_rows(cursor: Any, model: Any, owner: str, old: int, new: int) -> None:
    others = ", ".join(f.column for f in model._meta.concrete_fields if f.column != owner)
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({owner}, {others})"
        f" SELECT {int(new)}, {others} FROM {model._meta.db_table} WHERE {owner} = %s",
        [old],
    )


def _nothing(fields: Fields) -> dict[str, Any]:
    return {}


def env_clear(tx: Transaction, env: EnvState) -> None:
    for key in list(Window.objects.living().filter(env_id=env.id).values_list("key", flat=True)):
        window_close(tx, env, win=key)


def env_delete(tx: Transaction, env: EnvState) -> None:
    Env.objects.filter(pk=env.id).update(deleted_at=tx.now)
    tx.env_gone(env)


def _decode_env_restore(fields: Fields) -> dict[str, Any]:
    return {"name": fields.key("as") if fields.get("as") is not None else None}


def env_restore(tx: Transaction, env: EnvState, *, name: str | None) -> None:
    """``env`` is the deleted one (the committer finds it so); a taken name asks for another."""
    row = Env.objects.get(pk=env.id)
    if row.deleted_at is None:
        return
    building.check_restorable(tx, row.deleted_at)
    name = row.name if name is None else name
    check_env_name(name)
    _check_free(row.workspace_id, name, "as")
    Env.objects.filter(pk=row.pk).update(deleted_at=None, name=name)
    tx.env_changed(env)


def _check_free(workspace_id: int, name: str, field: str) -> None:
    if Env.objects.filter(workspace_id=workspace_id, name=name, deleted_at=None).exists():
        raise Conflict(
            f"There is an env {name!r} already. Choose another name.",
            code="name_taken",
            fields={field: ["This name is taken."]},
        )


register("env.rename", decode=_decode_env_to, apply=env_rename)
register("env.fork", decode=_decode_env_to, apply=env_fork)
register("env.clear", decode=_nothing, apply=env_clear)
register("env.delete", decode=_nothing, apply=env_delete)
register("env.restore", decode=_decode_env_restore, apply=env_restore)
