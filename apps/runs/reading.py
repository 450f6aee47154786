"""What metrics came to, folded from the summaries of their chunks and from their tails: never from the points themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from apps.envs.models import Env
from apps.jobs.gate import read_snapshot
from apps.runs import leaves
from apps.runs.models import NAME_MAX, Column
from apps.runs.models import Summary as Row
from apps.windows.series import columns as col
from apps.windows.series.summary import Summary

#: SQLite takes at least 999 values in a statement.
AT_ONCE = 500
CHUNKS_AT_ONCE = 4096


@dataclass(slots=True)
class Metric:
    """One metric of one env as it is now."""

    trace_id: int
    generation: int
    chunks: int
    points: int
    sealed: bytes
    whole: Summary


@dataclass(slots=True)
class Reading:
    """One env as of ``revision``."""

    env_id: int
    workspace_id: int
    revision: int
    settings: dict[str, leaves.Leaf]
    metrics: dict[str, Metric] = field(default_factory=dict)


def read_envs(env_ids: Sequence[int]) -> list[Reading]:
    """These envs, of one moment of the database. Those that are gone are left out. At most ``AT_ONCE``."""
    with read_snapshot() as using:
        rows = Env.objects.using(using).living().filter(pk__in=env_ids)
        readings = {
            pk: Reading(pk, workspace_id, revision, leaves.leaves_of(config))
            for pk, workspace_id, revision, config in rows.values_list(
                "pk", "workspace_id", "revision", "config"
            )
        }
        if not readings:
            return []
        known = {
            row.trace_id: row
            for row in Row.objects.using(using).filter(
                env_id__in=list(readings), column__source=Column.Source.METRIC
            )
        }
        with connections[using].cursor() as cursor:
            _read_metrics(cursor, readings, known)
    return list(readings.values())


def _read_metrics(cursor: Any, readings: dict[int, Reading], known: dict[int, Row]) -> None:
    cursor.execute(
        "SELECT w.env_id, w.key, t.id, t.generation, t.chunks, t.sealed, t.aligned FROM windows_window w"
        " JOIN windows_trace t ON t.window_id = w.id"
        f" WHERE w.env_id IN ({_marks(readings)}) AND w.kind = 'metric' AND w.deleted_at IS NULL",
        list(readings),
    )
    traces = [row for row in cursor.fetchall() if 0 < len(row[1]) <= NAME_MAX]
    tails = _read_tails(cursor, [row[2] for row in traces])
    for env_id, name, trace_id, generation, chunks, sealed_points, aligned in traces:
        sealed, begin = Summary(), 0
        # Chunks of an aligned trace stay as they are for as long as its generation does.
        before = known.get(trace_id)
        if before is not None and aligned and before.generation == generation and before.chunks <= chunks:
            sealed, begin = Summary.unpack(bytes(before.sealed)), before.chunks
        for first in range(begin, chunks, CHUNKS_AT_ONCE):
            cursor.execute(
                "SELECT summary FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no >= %s AND no < %s"
                " ORDER BY no",
                [trace_id, first, min(first + CHUNKS_AT_ONCE, chunks)],
            )
            for (packed,) in cursor.fetchall():
                sealed = sealed.then(Summary.unpack(packed))
        whole, points = sealed, sealed_points
        parts = tails.get(trace_id)
        if parts:
            tail = col.join(parts, ("x", "y"))
            points += col.size(tail)
            whole = sealed.then(Summary.of(col.numbers(tail, "x"), col.numbers(tail, "y")))
        kept = chunks if aligned else 0
        readings[env_id].metrics[name] = Metric(
            trace_id, generation, kept, points, sealed.pack() if kept else b"", whole
        )


def _read_tails(cursor: Any, trace_ids: list[int]) -> dict[int, list[col.Columns]]:
    tails: dict[int, list[col.Columns]] = {}
    for at in range(0, len(trace_ids), AT_ONCE):
        some = trace_ids[at : at + AT_ONCE]
        cursor.execute(
            f"SELECT trace_id, data FROM windows_tail WHERE trace_id IN ({_marks(some)}) ORDER BY trace_id, start",
            some,
        )
        for trace_id, data in cursor.fetchall():
            points = col.unpack_small(bytes(data))
            tails.setdefault(trace_id, []).append({"x": points["x"], "y": points["y"]})
    return tails


def _marks(values: Iterable[Any]) -> str:
    return ", ".join("%s" for _ in values)
