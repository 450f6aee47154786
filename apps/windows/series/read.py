"""Reading a trace: exactly, or thinned to what a screen can show, in time that hardly depends on its length."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from . import buckets as bk
from . import columns as col
from .buckets import CHUNK
from .columns import Columns
from .store import Series, read_chunks


@dataclass(slots=True)
class TraceData:
    """Points of one trace.

    Attributes:
        columns: by name; each of shape (n,), or a list for columns that are not numbers.
        count: points in the whole trace.
        start, stop: the range of positions asked for.
        bucket: 1 for the points themselves, else the number of points behind each bucket.
        positions: of thinned points, shape (n,); None when whole.
        last: position, x and y of the trace's very last point.
        note: what a person should know of the thinning.
    """

    columns: Columns
    count: int
    start: int
    stop: int
    bucket: int = 1
    positions: np.ndarray | None = None
    last: tuple[float, float, float] | None = None
    note: str = ""


def read(
    cursor,
    series: Series,
    *,
    x0: float | None = None,
    x1: float | None = None,
    width_px: int | None = None,
    whole_points: int = 20_000,
) -> TraceData:
    """Points with x in [x0, x1] and one beyond at either side; thinned for ``width_px`` pixels, or exact without it.

    A range needs x that never falls: for other traces it is ignored. ``series`` has its tail loaded.
    """
    count = series.count
    start, stop = 0, count
    if series.monotone and count and (x0 is not None or x1 is not None):
        start, stop = _range(cursor, series, x0, x1)
    if width_px is None:
        return TraceData(points(cursor, series, start, stop), count, start, stop)
    if not series.monotone or set(series.columns) - {"x", "y", "t"}:  # times of metrics are not drawn
        return _by_position(cursor, series, start, stop, width_px, whole_points)
    bucket = bk.choose(stop - start, width_px)
    if bucket == 1:
        return TraceData(points(cursor, series, start, stop), count, start, stop)
    found = _buckets(cursor, series, start, stop, bucket)
    positions, x, y = bk.points(found)
    end = points(cursor, series, count - 1, count)
    last = (float(count - 1), float(end["x"][0]), float(end["y"][0]))
    return TraceData({"x": x, "y": y}, count, start, stop, bucket, positions, last)


def points(cursor, series: Series, start: int, stop: int, only: list[str] | None = None) -> Columns:
    """The points at positions start … stop - 1, exactly."""
    names = only or series.columns
    parts: list[Columns] = []
    if start < series.sealed:
        for first, chunk in read_chunks(cursor, series, start, min(stop, series.sealed), names):
            parts.append(col.cut(chunk, max(0, start - first), stop - first))
    at = series.sealed
    for part in series.tail:
        n = col.size(part)
        if at + n > start and at < stop:
            parts.append(
                col.cut({k: v for k, v in part.items() if k in names}, max(0, start - at), stop - at)
            )
        at += n
    if not parts:
        return {name: np.empty(0) for name in names}
    return col.join(parts, names)


def _range(cursor, series: Series, x0: float | None, x1: float | None) -> tuple[int, int]:
    """Positions of the points with x0 ≤ x ≤ x1, and one more at either side so that lines reach the edge."""
    start = 0 if x0 is None else _find(cursor, series, x0, "left") - 1
    stop = series.count if x1 is None else _find(cursor, series, x1, "right") + 1
    return max(0, start), min(series.count, max(stop, start))


def _find(cursor, series: Series, x: float, side: Literal["left", "right"]) -> int:
    """Where x would go, as numpy.searchsorted: few small reads, by bisection of the chunks."""
    low, high = 0, series.chunks
    while low < high:
        middle = (low + high) // 2
        last = _chunk(cursor, series, middle, "x_last")[0]
        if last < x or (side == "right" and last == x):
            low = middle + 1
        else:
            high = middle
    if low < series.chunks:
        start, data = _chunk(cursor, series, low, "start, data")
        return start + int(np.searchsorted(col.numbers(col.unpack_chunk(data, ["x"]), "x"), x, side))
    tail = col.numbers(col.join(series.tail, ["x"]), "x") if series.tail else np.empty(0)
    return series.sealed + int(np.searchsorted(tail, x, side))


def _chunk(cursor, series: Series, no: int, what: str) -> tuple:
    cursor.execute(
        f"SELECT {what} FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no = %s", [series.id, no]
    )
    return cursor.fetchone()


def _buckets(cursor, series: Series, start: int, stop: int, bucket: int) -> np.ndarray:
    """Buckets over whole multiples of ``bucket`` around start … stop, from the coarsest stored rows that serve."""
    start = start // bucket * bucket
    stop = min(series.count, -(-stop // bucket) * bucket)
    if not series.aligned or bucket < bk.BUCKET:
        data = points(cursor, series, start, stop, ["x", "y"])
        return bk.from_points(col.numbers(data, "x"), col.numbers(data, "y"), bucket, start)
    pieces: list[tuple[int, np.ndarray]] = []
    at = start
    while at < stop:
        begin = at
        piece, at = _next_piece(cursor, series, at, stop, bucket)
        pieces.append((begin // bucket, piece))
    return _combine(pieces)


def _next_piece(cursor, series: Series, at: int, stop: int, bucket: int) -> tuple[np.ndarray, int]:
    """Buckets from ``at`` on, from as high a level as is stored and fine enough, and where they end."""
    sealed = series.chunks * CHUNK
    if at >= sealed:
        data = points(cursor, series, at, stop, ["x", "y"])
        return bk.from_points(col.numbers(data, "x"), col.numbers(data, "y"), bucket, at), stop
    level = 0
    while (
        bk.level_bucket(level + 1) <= bucket
        and at % bk.level_points(level + 1) == 0
        and at + bk.level_points(level + 1) <= min(sealed, -(-stop // CHUNK) * CHUNK)
    ):
        level += 1
    span, fine = bk.level_points(level), bk.level_bucket(level)
    first = at // span
    # All rows of this level up to where a higher one could take over, or the range or the chunks end.
    until = min(sealed, -(-stop // CHUNK) * CHUNK) // span
    if bk.level_bucket(level + 1) <= bucket:
        until = min(until, (first // bk.FAN + 1) * bk.FAN)
    cursor.execute(
        "SELECT start, buckets FROM windows_chunk WHERE trace_id = %s AND level = %s AND no >= %s AND no < %s"
        " ORDER BY no",
        [series.id, level, first, max(until, first + 1)],
    )
    rows = [bk.unpack(data, begin) for begin, data in cursor.fetchall()]
    joined = np.concatenate(rows)
    end = first * span + span * len(rows)
    begin_no = first * span // fine
    if at > first * span:
        joined, begin_no = joined[at // fine - begin_no :], at // fine
    if end > stop:
        joined, end = joined[: -(-stop // fine) - begin_no], stop
    return bk.fold(joined, fine, bucket // fine, begin_no), end


def _combine(pieces: list[tuple[int, np.ndarray]]) -> np.ndarray:
    """Pieces (number of the first bucket, buckets) end to end. A bucket that two pieces share becomes one."""
    out: list[np.ndarray] = []
    end = -1
    for first, piece in pieces:
        if first == end - 1:
            shared = np.concatenate([out[-1][-1:], piece[:1]])
            out[-1] = np.concatenate([out[-1][:-1], bk.fold(shared, 1, 2, 0)])
            piece, first = piece[1:], first + 1
        out.append(piece)
        end = first + len(piece)
    return np.concatenate(out)


def _by_position(
    cursor, series: Series, start: int, stop: int, width_px: int, whole_points: int
) -> TraceData:
    """All points up to a limit, beyond it every 2^k-th by absolute position."""
    data = points(cursor, series, start, stop)
    count = series.count
    if stop - start <= whole_points:
        return TraceData(data, count, start, stop)
    step = 1
    while (stop - start) // step > whole_points:
        step *= 2
    lead = -start % step
    chosen = {n: c[lead::step] for n, c in data.items()}
    positions = np.arange(start + lead, stop, step, dtype="<f8")
    note = f"{stop - start:,} points; one in {step} is shown."
    return TraceData(chosen, count, start, stop, step, positions, None, note)
