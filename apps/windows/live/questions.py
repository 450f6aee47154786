"""What a page may want of lines beyond their course: the times of their points, and one line against another.

Both are read only for those who ask, within a bounded number of points for each request: exactly as far as that goes, and
beyond it between points that are known, which the answer says.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connections
from django.db.models import Min

from apps.errors import Invalid
from apps.jobs.gate import read_snapshot

from .. import deltas
from ..models import Trace
from ..series import buckets as bk
from ..series import columns as col
from ..series import read
from ..series.read import TraceData
from ..series.store import Series, read_chunks
from ..state import TraceState
from . import snapshot

#: Points that one request may have read for the sake of exactness.
EXACT_POINTS = 1 << 19
#: Where that does not reach, so many chunks of a line are read for their times.
ANCHORS = 48
MOST_PAIRS = 1_000
ZEROS_KEPT = 10_000

#: The first time of a trace's points, by (trace id, generation): it changes with the generation only.
_zeros: OrderedDict[tuple[int, int], float] = OrderedDict()


def answer(env_ids: list[int], message: dict, *, traces: list[int], bounds: dict, width_px: int) -> list:
    """Ops for a ``want``: times where it says ``time``, plain lines where it does not, and pairs.

    Args:
        env_ids: the envs that are looked into; traces of others are left out.
        message: the page's frame.
        traces, bounds, width_px: what of it was read already; bounds are ``x0`` and ``x1``.

    Raises:
        Invalid: a field is not what it should be.
    """
    ops: list = []
    if traces and message.get("time") is True:
        ops += read_times(env_ids, traces, have=snapshot.have_of(message), width_px=width_px, **bounds)
    elif traces:
        for env_id in env_ids:
            ops += snapshot.read_traces(env_id, traces, width_px=width_px, **bounds)
    if pairs := _pairs(message):
        ops += read_pairs(env_ids, pairs, width_px=width_px)
    return ops


def read_times(
    env_ids: list[int],
    trace_ids: list[int],
    *,
    x0: float | None = None,
    x1: float | None = None,
    width_px: int,
    have: snapshot.Have | None = None,
) -> list:
    """Data ops with the times of the points; of lines in ``have`` only what came since, where that is not much."""
    ops: list = []
    known = have or {} if x0 is None and x1 is None else {}
    with read_snapshot() as using, connections[using].cursor() as cursor:
        found = _find(env_ids, trace_ids, using)
        zeros = _zeros_of(cursor, env_ids, found, using)
        left = EXACT_POINTS
        for env_id, series in found.values():
            generation, count = known.get(series.id, (0, -1))
            if generation == series.generation and count <= series.count <= count + 4 * width_px:
                data = TraceData(
                    read.points(cursor, series, count, series.count), series.count, count, series.count
                )
                if count == series.count:
                    continue
            else:
                limit = settings.PANEWALL.limits.whole_points
                data = read.read(cursor, series, x0=x0, x1=x1, width_px=width_px, whole_points=limit)
            if env_id in zeros:
                ops.append(["z", series.id, zeros[env_id]])
            op = deltas.data_op(series, data, x0=x0, x1=x1)
            left -= _add_times(cursor, series, data, op, left)
            ops.append(op)
    return ops


def read_pairs(env_ids: list[int], pairs: list[tuple[int, int]], *, width_px: int) -> list:
    """``p`` ops: for each (trace, other trace) of one env the values of both at the steps that both have."""
    ops: list = []
    with read_snapshot() as using, connections[using].cursor() as cursor:
        found = _find(env_ids, sorted({pk for pair in pairs for pk in pair}), using)
        left = EXACT_POINTS
        for pair in pairs:
            if not all(pk in found for pk in pair) or found[pair[0]][0] != found[pair[1]][0]:
                continue
            up, across = (found[pk][1] for pk in pair)
            size = up.count + across.count
            if is_exact := size <= left:
                left -= size
                bucket, step, x, y = _matched(cursor, up, across, width_px)
            else:
                bucket, step, x, y = _between(cursor, up, across, width_px)
            said = {
                "gen": [up.generation, across.generation],
                "count": [up.count, across.count],
                "b": bucket,
                "exact": is_exact,
            }
            ops.append(["p", *pair, {**said, "step": _wire(step), "x": _wire(x), "y": _wire(y)}])
    return ops


# --- inside


def _find(env_ids: list[int], trace_ids: list[int], using: str) -> dict[int, tuple[int, Series]]:
    """Series of these envs by trace id, each with its env, tails loaded."""
    rows = Trace.objects.using(using).select_related("window")
    rows = rows.filter(pk__in=trace_ids, window__env_id__in=env_ids, window__deleted_at=None)
    states = [(row.window.env_id, TraceState.of(row)) for row in rows.order_by("pk")]
    series = [(env_id, state) for env_id, state in states if state.is_series]
    snapshot.load_tails([state for _, state in series], using)
    return {state.id: (env_id, state.series) for env_id, state in series}


def _add_times(cursor: Any, series: Series, data: TraceData, op: list, left: int) -> int:
    """Give a data op the column ``t``. Returns how many points were read for it alone."""
    if "t" not in series.columns:
        return 0
    size = 0
    if "t" in data.columns:
        times, is_exact = _column(data.columns["t"]), True
    else:
        positions = np.empty(0) if data.positions is None else data.positions.astype(np.int64)
        size = data.stop - data.start
        if not (is_exact := size <= left):
            size = 0
        times = times_at(cursor, series, positions, data.start, data.stop, is_exact=is_exact)
    if op[0] == "a":
        op[5]["t"] = _wire(times)
        return size
    line = op[3]
    line["t"] = _wire(times)
    if data.last:
        last = read.points(cursor, series, series.count - 1, series.count, ["t"])
        line["last"] = [*data.last, float(_column(last["t"])[0])]
    if not is_exact:
        line["between"] = True
    return size


def times_at(
    cursor: Any, series: Series, positions: np.ndarray, start: int, stop: int, *, is_exact: bool
) -> np.ndarray:
    """Times of the points at rising positions within start … stop - 1; NaN where none is known.

    Without ``is_exact`` only some chunks are read, and what lies between them is taken to have come evenly.
    """
    out = np.full(len(positions), np.nan)
    known_at: list[np.ndarray] = []
    known: list[np.ndarray] = []
    parts = _all_parts if is_exact else _some_parts
    for first, times in parts(cursor, series, start, stop):
        low, high = np.searchsorted(positions, [first, first + len(times)])
        out[low:high] = times[positions[low:high] - first]
        if not is_exact and len(times):
            ends = np.array([0, len(times) - 1])
            known_at.append(ends + first)
            known.append(times[ends])
    if known:
        at, values = np.concatenate(known_at), np.concatenate(known)
        keep = np.isfinite(values)
        unknown = np.isnan(out)
        if keep.any():
            out[unknown] = np.interp(positions[unknown], at[keep], values[keep])
    return out


def _all_parts(cursor: Any, series: Series, start: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
    """(first position, times) of every chunk in a range, then of the tail."""
    if start < series.sealed:
        for first, chunk in read_chunks(cursor, series, start, min(stop, series.sealed), ["t"]):
            if "t" in chunk:
                yield first, _column(chunk["t"])
    yield from _tail(series)


def _some_parts(cursor: Any, series: Series, start: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
    """The same of so many chunks as are read at most, evenly apart, the outermost among them."""
    cursor.execute(
        "SELECT no FROM windows_chunk WHERE trace_id = %s AND level = 0 AND start < %s AND start + count > %s ORDER BY no",
        [series.id, stop, start],
    )
    numbers = [row[0] for row in cursor.fetchall()]
    places = np.linspace(0, len(numbers) - 1, ANCHORS).astype(int) if numbers else np.empty(0, int)
    for place in np.unique(places):
        cursor.execute(
            "SELECT start, data FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no = %s",
            [series.id, numbers[place]],
        )
        first, data = cursor.fetchone()
        chunk = col.unpack_chunk(data, ["t"])
        if "t" in chunk:
            yield first, _column(chunk["t"])
    yield from _tail(series)


def _tail(series: Series) -> Iterator[tuple[int, np.ndarray]]:
    at = series.sealed
    for part in series.tail:
        n = col.size(part)
        if "t" in part:
            yield at, _column(part["t"])
        at += n


def _zeros_of(
    cursor: Any, env_ids: list[int], found: dict[int, tuple[int, Series]], using: str
) -> dict[int, float]:
    """When each env's run began: the first time of its oldest metric, or of those asked for, whichever is earlier."""
    rows = Trace.objects.using(using).filter(
        window__env_id__in=env_ids, window__deleted_at=None, window__kind="metric"
    )
    oldest = rows.values("window__env_id").annotate(oldest=Min("pk")).values_list("oldest", flat=True)
    every = {**_find(env_ids, [pk for pk in oldest if pk not in found], using), **found}
    zeros: dict[int, float] = {}
    for env_id, series in every.values():
        first = _first_time(cursor, series)
        if first is not None:
            zeros[env_id] = min(first, zeros.get(env_id, first))
    return zeros


def _first_time(cursor: Any, series: Series) -> float | None:
    key = (series.id, series.generation)
    if key not in _zeros:
        if "t" not in series.columns or not series.count:
            return None
        first = _column(read.points(cursor, series, 0, 1, ["t"])["t"])
        if not len(first) or not np.isfinite(first[0]):
            return None
        _zeros[key] = float(first[0])
        while len(_zeros) > ZEROS_KEPT:
            _zeros.popitem(last=False)
    return _zeros[key]


def _matched(
    cursor: Any, up: Series, across: Series, width_px: int
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Bucket, steps, x and y of the steps that both have: of each bucket those with the lowest and highest x and y."""
    own, other = (read.points(cursor, series, 0, series.count, ["x", "y"]) for series in (up, across))
    step, mine, theirs = np.intersect1d(
        col.numbers(own, "x"), col.numbers(other, "x"), assume_unique=True, return_indices=True
    )
    x, y = col.numbers(other, "y")[theirs], col.numbers(own, "y")[mine]
    bucket = bk.choose(len(step), width_px)
    if bucket > 1:
        chosen = [bk.points(bk.from_points(step, values, bucket))[0] for values in (x, y)]
        keep = np.unique(np.concatenate([*chosen, [len(step) - 1]])).astype(np.int64)
        step, x, y = step[keep], x[keep], y[keep]
    return bucket, step, x, y


def _between(
    cursor: Any, up: Series, across: Series, width_px: int
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """The same from thinned lines: at the steps of one the other's value is taken between its own points."""
    limit = settings.PANEWALL.limits.whole_points
    lines = [read.read(cursor, series, width_px=width_px, whole_points=limit) for series in (up, across)]
    steps = [col.numbers(line.columns, "x") for line in lines]
    values = [col.numbers(line.columns, "y") for line in lines]
    if not all(len(each) for each in steps):
        return 1, np.empty(0), np.empty(0), np.empty(0)
    step = np.unique(np.concatenate(steps))
    step = step[(step >= max(each[0] for each in steps)) & (step <= min(each[-1] for each in steps))]
    y, x = (np.interp(step, own, value) for own, value in zip(steps, values, strict=True))
    return max(line.bucket for line in lines), step, x, y


def _column(column: col.Column) -> np.ndarray:
    """Times as numbers; a column that holds other things has none."""
    return column if isinstance(column, np.ndarray) else np.full(len(column), np.nan)


def _wire(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, "<f8").tobytes()


def _pairs(message: dict) -> list[tuple[int, int]]:
    value = message.get("pairs") or []
    if isinstance(value, list) and len(value) <= MOST_PAIRS:
        pairs = [(pair[0], pair[1]) for pair in value if isinstance(pair, list) and len(pair) == 2]
        whole = all(type(pk) is int and 0 <= pk < 2**63 for pair in pairs for pk in pair)
        if whole and len(pairs) == len(value):
            return pairs
    reason = f"Must be a list of at most {MOST_PAIRS} pairs of trace ids."
    raise Invalid(f"pairs: {reason}", fields={"pairs": [reason]})
