"""What a page must be told to come from what it has to what is: nothing, what changed, or all.

Revision and data are read in one database snapshot. Opening, returning and catching up are this one function.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Q, Sum

from apps.envs.models import Env
from apps.jobs.gate import read_snapshot

from .. import deltas
from ..models import Tail, Trace, Window
from ..series import columns as col
from ..series import read
from ..series.store import Series
from ..state import TraceState, WindowState
from ..transaction import env_op, window_ops

Have = dict[int, tuple[int, int]]
BATCH = 500
ENVS_AT_ONCE = 25


@dataclass(slots=True)
class Catchup:
    """``ops`` bring a reader to ``revision``; ``full``: forget everything first."""

    revision: int
    full: bool
    ops: list
    have: Have = field(default_factory=dict)


def catch_up(
    env_id: int, *, revision: int | None = None, have: Have | None = None, width_px: int | None = None
) -> Catchup | None:
    """Ops from a reader's state to the present one; None if the env is gone.

    Args:
        revision: what the reader has; None: nothing.
        have: {trace id: (generation, count)} of the points it has.
        width_px: thin lines for this many pixels. None: a hub asks, which wants new points only.
    """
    with read_snapshot() as using:
        env = Env.objects.using(using).filter(pk=env_id, deleted_at=None).first()
        if env is None:
            return None
        known = have or {}
        full = revision is None or not env.delta_floor <= revision <= env.revision
        since = -1 if full or revision is None else revision
        if full and width_px is not None:
            known = {}
        windows = _read_windows(env_id, using)
        changed = [window for window in windows if window.revision > since]
        ops: list[Any] = [env_op(env_id, using)]
        if not full:
            # Closed, or moved into a snapshot when the env went back to another one.
            gone = Window.objects.using(using).filter(
                Q(env_id=env_id, deleted_at__isnull=False) | Q(env__copy_of=env_id), revision__gt=since
            )
            ops += [["x", pk, key] for pk, key in gone.values_list("pk", "key")]
        traces = [trace for window in windows for trace in window.traces if trace.is_series]
        load_tails(traces, using)
        ops += window_ops(changed, using)
        with connections[using].cursor() as cursor:
            ops += _data_ops(cursor, traces, known, width_px)
        now = {t.id: (t.series.generation, t.series.count) for t in traces}
        return Catchup(env.revision, full, ops, now)


def open_many(env_ids: Sequence[int], *, width_px: int, using: str) -> Iterator[Catchup]:
    """What ``catch_up`` answers for each of these envs to a reader that has nothing, in this order, but for the ``e`` op of the
    env itself. Envs are read many at a time: each takes some six questions by itself, and they are most of what it costs.

    Args:
        env_ids: of envs that are there.
        using: the database snapshot in which all of it is read.
    """
    for at in range(0, len(env_ids), ENVS_AT_ONCE):
        some = env_ids[at : at + ENVS_AT_ONCE]
        revisions = dict(Env.objects.using(using).filter(pk__in=some).values_list("pk", "revision"))
        windows = _read_windows_of(some, using)
        every = [window for env_id in some for window in windows[env_id]]
        load_tails([trace for window in every for trace in window.traces if trace.is_series], using)
        looks = {op[1]: op for op in window_ops(every, using)}
        for env_id in some:
            traces = [trace for window in windows[env_id] for trace in window.traces if trace.is_series]
            with connections[using].cursor() as cursor:
                data = _data_ops(cursor, traces, {}, width_px)
            now = {t.id: (t.series.generation, t.series.count) for t in traces}
            ops = [*(looks[window.id] for window in windows[env_id]), *data]
            yield Catchup(revisions[env_id], True, ops, now)


def baseline(env_id: int) -> tuple[int, Have] | None:
    """(revision, counts of all traces) of an env, for a hub that begins to listen. Reads no points."""
    with read_snapshot() as using:
        env = Env.objects.using(using).filter(pk=env_id, deleted_at=None).first()
        if env is None:
            return None
        living = {"window__env_id": env_id, "window__deleted_at": None}
        tails = Tail.objects.using(using).filter(
            **{f"trace__{name}": value for name, value in living.items()}
        )
        extra = dict(tails.values_list("trace_id").annotate(Sum("count")))
        rows = Trace.objects.using(using).filter(**living).values_list("pk", "generation", "sealed")
        return env.revision, {pk: (generation, sealed + extra.get(pk, 0)) for pk, generation, sealed in rows}


def read_traces(
    env_id: int, trace_ids: list[int], *, x0: float | None, x1: float | None, width_px: int
) -> list:
    """Data ops of some traces of an env, as a page wants them."""
    with read_snapshot() as using:
        rows = Trace.objects.using(using).filter(
            pk__in=trace_ids, window__env_id=env_id, window__deleted_at=None
        )
        states = [state for state in map(TraceState.of, rows) if state.is_series]
        load_tails(states, using)
        with connections[using].cursor() as cursor:
            return [_read_one(cursor, state.series, x0, x1, width_px) for state in states]


def read_window_ops(env_id: int, window_ids: list[int]) -> list:
    """``w`` ops of some windows, with fresh addresses."""
    with read_snapshot() as using:
        return window_ops(_read_windows(env_id, using, window_ids), using)


def _read_windows(env_id: int, using: str, ids: list[int] | None = None) -> list[WindowState]:
    states = _read_windows_of([env_id], using, ids)[env_id]
    if ids is not None:
        load_tails([t for s in states for t in s.traces if t.is_series], using)
    return states


def _read_windows_of(
    env_ids: Sequence[int], using: str, ids: list[int] | None = None
) -> dict[int, list[WindowState]]:
    """The living windows of each env, or those among ``ids``; of traces without their tails."""
    rows = Window.objects.using(using).living().filter(env_id__in=env_ids)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    traces: dict[int, list[Trace]] = {}
    all_traces = Trace.objects.using(using).filter(window__env_id__in=env_ids, window__deleted_at=None)
    if ids is not None:
        all_traces = all_traces.filter(window_id__in=ids)
    for trace in all_traces:
        traces.setdefault(trace.window_id, []).append(trace)
    states: dict[int, list[WindowState]] = {env_id: [] for env_id in env_ids}
    for row in rows:
        states[row.env_id].append(WindowState.of(row, traces.get(row.pk, [])))
    return states


def load_tails(traces: list[TraceState], using: str) -> None:
    """Read the tails of traces whose rows were just read."""
    by_id = {trace.id: trace for trace in traces}
    ids = list(by_id)
    for at in range(0, len(ids), BATCH):
        rows = (
            Tail.objects.using(using).filter(trace_id__in=ids[at : at + BATCH]).order_by("trace_id", "start")
        )
        for trace_id, count, data in rows.values_list("trace_id", "count", "data"):
            series = by_id[trace_id].series
            series.tail.append(col.unpack_small(bytes(data)))
            series.tail_count += count


def _data_ops(cursor: Any, traces: list[TraceState], known: Have, width_px: int | None) -> list:
    ops, budget = [], settings.PANEWALL.limits.snapshot_bytes
    for trace in traces:
        series = trace.series
        generation, count = known.get(trace.id, (0, 0))
        if generation == series.generation and count == series.count:
            continue
        if generation != series.generation or count > series.count:
            count = 0
        if budget <= 0:
            ops.append(["g", series.id, series.generation, series.count])
            continue
        missing = series.count - count
        if width_px is None or (count and missing <= 4 * width_px):
            if missing > deltas.MOST_POINTS:
                ops.append(["g", series.id, series.generation, series.count])
                continue
            op = deltas.points_op(series, count, read.points(cursor, series, count, series.count))
        else:
            op = _read_one(cursor, series, None, None, width_px)
        budget -= size_of(op)
        ops.append(op)
    return ops


def _read_one(cursor: Any, series: Series, x0: float | None, x1: float | None, width_px: int) -> list:
    limit = settings.PANEWALL.limits.whole_points
    data = read.read(cursor, series, x0=x0, x1=x1, width_px=width_px, whole_points=limit)
    return deltas.data_op(series, data, x0=x0, x1=x1)


def size_of(op: Any) -> int:
    """Roughly the bytes of an op on the wire."""
    if isinstance(op, bytes | str):
        return len(op) + 3
    if isinstance(op, dict):
        return sum(size_of(k) + size_of(v) for k, v in op.items()) + 2
    if isinstance(op, list | tuple):
        return sum(map(size_of, op)) + 2
    return 9


def have_of(message: dict) -> Have:
    """What a page says it holds, {trace id: (generation, count)}; what is not of this form is taken as nothing had."""
    have = message.get("have")
    out: Have = {}
    if isinstance(have, dict):
        for trace, known in have.items():
            with contextlib.suppress(TypeError, ValueError, LookupError):
                out[int(trace)] = (int(known[0]), int(known[1]))
    return out
