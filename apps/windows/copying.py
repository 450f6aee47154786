"""Envs copied whole, and put back: what snapshots are made of.

A copy shows one moment, which is read on the second connection, and is written piece by piece in short transactions,
so that those who write to the env meanwhile wait for a piece and never for the whole. Coming back moves windows: it
takes as long as there are windows, whatever they hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections
from django.db.models import Model
from django.db.models.functions import Length

from apps.accounts.principals import Principal
from apps.envs.models import Env, Snapshot
from apps.errors import DomainError, Invalid
from apps.jobs.gate import read_snapshot, write_transaction

from .commands import Command, Fields, register
from .models import Chunk, Tail, TextPart, Trace, Window
from .state import EnvState, WindowState
from .transaction import Transaction
from .write import write

#: Windows begun in one transaction: at most so many, and not many more bytes.
GROUP, GROUP_BYTES = 32, 512 * 1024


@dataclass(frozen=True)
class Table:
    """Rows that hang on a window or a trace, and how they are gone through: ``key`` begins with the owner's column."""

    model: type[Model]
    key: tuple[str, ...]
    piece: int


#: By what they hang on. Other apps add theirs.
tables: dict[str, list[Table]] = {
    "trace": [
        Table(Chunk, ("trace_id", "level", "no"), piece=32),
        Table(Tail, ("trace_id", "start"), piece=128),
    ],
    "window": [Table(TextPart, ("window_id", "no"), piece=8)],
}


def copy_env(source_id: int, target_id: int) -> tuple[int, int]:
    """Copy the living windows of one env into another, empty one, as they are at this moment.

    Returns:
        The revision of the source at that moment, and the number of windows.
    """
    with read_snapshot() as using:
        source, count = Env.everything.using(using).get(pk=source_id), 0
        with write_transaction():
            Env.everything.filter(pk=target_id).update(
                config=source.config, tags=source.tags, notes=source.notes
            )
        for group in _groups(source_id, using):
            count += len(group)
            windows, traces = _begin(group, target_id, using)
            for table in tables["window"]:
                _copy_rows(table, windows, using)
            for table in tables["trace"]:
                _copy_rows(table, traces, using)
    return source.revision, count


def _groups(env_id: int, using: str) -> Iterator[list[Window]]:
    """Windows in their order, so many at a time that one group is soon written."""
    living = Window.objects.using(using).living().filter(env_id=env_id).order_by("pk")
    group: list[int] = []
    size = 0
    for pk, weight in list(living.values_list("pk", Length("body"))):
        if group and (len(group) == GROUP or size + weight > GROUP_BYTES):
            yield list(living.filter(pk__in=group))
            group, size = [], 0
        group.append(pk)
        size += weight
    if group:
        yield list(living.filter(pk__in=group))


def _begin(group: list[Window], target_id: int, using: str) -> tuple[dict[int, int], dict[int, int]]:
    """Rows of windows and of their traces, still without content. Returns {old id: new id} of both."""
    traces = list(Trace.objects.using(using).filter(window__in=[w.pk for w in group]).order_by("pk"))
    old_windows, old_traces = [w.pk for w in group], [t.pk for t in traces]
    for window in group:
        # Pages know revisions of the env they watch; a copy has been told to nobody.
        window.pk, window.env_id, window.revision = None, target_id, 0
    for trace in traces:
        trace.pk = None
    with write_transaction():
        Window.objects.bulk_create(group)
        windows = dict(zip(old_windows, (w.pk for w in group), strict=True))
        for trace in traces:
            trace.window_id = windows[trace.window_id]
        Trace.objects.bulk_create(traces)
    return windows, dict(zip(old_traces, (t.pk for t in traces), strict=True))


def _copy_rows(table: Table, moved: dict[int, int], using: str) -> None:
    """Rows whose owner is among ``moved``, each with its new owner, a piece at a time."""
    quote = connection.ops.quote_name
    fields = table.model._meta.concrete_fields
    columns = [str(f.column) for f in fields if not (f.primary_key and f.column == "id")]
    owner = columns.index(table.key[0])
    keys = [columns.index(name) for name in table.key]
    name, names = quote(table.model._meta.db_table), ", ".join(map(quote, columns))
    order = ", ".join(map(quote, table.key))
    marks = ", ".join(["%s"] * len(columns))
    for begin in range(0, len(moved), 500):
        owners = sorted(moved)[begin : begin + 500]
        among = f"{quote(table.key[0])} IN ({', '.join(['%s'] * len(owners))})"
        beyond = f" AND ({order}) > ({', '.join(['%s'] * len(keys))})"
        select = f"SELECT {names} FROM {name} WHERE {among}"
        last: list[Any] = []
        while True:
            with connections[using].cursor() as cursor:
                limit = f" ORDER BY {order} LIMIT {table.piece}"
                cursor.execute(select + (beyond if last else "") + limit, [*owners, *last])
                rows = [list(row) for row in cursor.fetchall()]
            if not rows:
                break
            last = [rows[-1][k] for k in keys]
            for row in rows:
                row[owner] = moved[row[owner]]
            with write_transaction(), connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)
            if len(rows) < table.piece:
                break


def exchange(principal: Principal, *, env: Env, staged_id: int, former: Snapshot) -> None:
    """Move what ``env`` shows to the copy behind ``former``, which is saved, and what ``staged`` holds to ``env``.

    One commit of the write path: nobody sees less or more than one of the two, pages and programs go on from there.
    """
    args = {"staged_id": staged_id, "former": former}
    (refused,) = write(principal, [Command("env.exchange", env.full_name, args)])
    if refused:
        raise DomainError(refused["detail"], code=refused["code"], fields=refused["fields"])


def env_exchange(tx: Transaction, env: EnvState, *, staged_id: int, former: Snapshot) -> None:
    staged, old = _read(staged_id), _read(env.id)
    known = {window.id: window for window in env.windows.values() if window is not None}
    for window in old:
        # What this very commit has accepted before goes along.
        tx.window_gone(env, known.get(window.id, window))
    _living(env.id).update(env_id=former.copy_id, revision=env.revision)
    _living(staged_id).update(env_id=env.id, revision=env.revision)
    _hand_over(env.id, former.copy_id)
    _hand_over(staged_id, env.id)
    former.pk, former.revision, former.window_count = None, env.revision - 1, len(old)
    former.save(force_insert=True)
    env.windows, env.window_count, env.next_place = {}, None, None
    for window in staged:
        window.revision = env.revision
        for trace in window.traces:
            trace.load(tx.cursor)
        env.windows[window.key] = window
        tx.window_changed(env, window, whole=True)
    tx.env_changed(env)


def _hand_over(from_id: int, to_id: int) -> None:
    """What is said of an env as a whole, and belongs to its content. A run's status does not."""
    Env.everything.filter(pk=to_id).update(**Env.everything.values("config", "tags", "notes").get(pk=from_id))


def _living(env_id: int) -> Any:
    return Window.objects.living().filter(env_id=env_id)


def _read(env_id: int) -> Sequence[WindowState]:
    traces: dict[int, list[Trace]] = {}
    for trace in Trace.objects.filter(window__env_id=env_id, window__deleted_at=None).order_by("index"):
        traces.setdefault(trace.window_id, []).append(trace)
    return [WindowState.of(window, traces.get(window.pk, [])) for window in _living(env_id).order_by("pk")]


def _decode(fields: Fields) -> dict[str, Any]:
    raise Invalid("Programs go back to a snapshot over REST.", code="unknown_command")


register("env.exchange", decode=_decode, apply=env_exchange)
