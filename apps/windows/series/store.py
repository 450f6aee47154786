"""Where points lie, and how they get there at a cost that does not grow.

A trace's points are chunks of CHUNK points followed by a tail. An append adds one small tail row per commit; every
MERGE_ROWS rows the tail becomes one row, every CHUNK points a chunk, every FAN chunks a row of stored minima and maxima
above them. Each step is paid once per so many points, so an append costs the same at a thousand and at ten million.

A write to a step that is not beyond the last rewrites the chunk it falls into: O(chunk + number of chunks).

The functions take a cursor inside a transaction of the caller's.
"""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from . import buckets as bk
from . import columns as col
from .buckets import CHUNK, FAN
from .columns import Columns
from .summary import Summary

MERGE_ROWS = 64
#: SQLite takes at least 999 values in a statement.
TAILS_AT_ONCE = 200
#: (trace id, position of the first point, number of points, packed points)
TailRow = tuple[int, int, int, bytes]
TailRows = list[TailRow]
#: A chunk that out-of-order steps made larger than this makes the whole trace be cut anew.
LARGEST = 4 * CHUNK


@dataclass(slots=True)
class Series:
    """What a writer knows of one trace's points. ``fresh`` is accepted but not yet written."""

    id: int
    columns: list[str]
    generation: int = 1
    sealed: int = 0
    chunks: int = 0
    monotone: bool = True
    aligned: bool = True
    tail: list[Columns] = field(default_factory=list)
    tail_count: int = 0
    last_x: float | None = None
    fresh: list[Columns] = field(default_factory=list)
    fresh_count: int = 0
    #: what the row in the database says of (columns, generation, sealed, chunks, monotone, aligned)
    stored: tuple = ()

    @property
    def count(self) -> int:
        return self.sealed + self.tail_count + self.fresh_count

    @property
    def header(self) -> tuple:
        return (tuple(self.columns), self.generation, self.sealed, self.chunks, self.monotone, self.aligned)


def load_tail(cursor, series: Series) -> None:
    """Read the tail and the last x of a trace whose row was just read."""
    cursor.execute("SELECT data, count FROM windows_tail WHERE trace_id = %s ORDER BY start", [series.id])
    rows = cursor.fetchall()
    series.tail = [col.unpack_small(bytes(data)) for data, _ in rows]
    series.tail_count = sum(count for _, count in rows)
    series.last_x = None
    if series.tail_count:
        series.last_x = float(series.tail[-1]["x"][-1])
    elif series.chunks:
        cursor.execute(
            "SELECT x_last FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no = %s",
            [series.id, series.chunks - 1],
        )
        series.last_x = cursor.fetchone()[0]


def append(series: Series, points: Columns) -> None:
    """Accept points at the end; ``flush`` writes them."""
    n = col.size(points)
    if n == 0:
        return
    for name in points:
        if name not in series.columns:
            series.columns.append(name)
    if series.monotone and n == 1:
        only = float(points["x"][0])
        series.monotone = math.isfinite(only) and (series.last_x is None or only >= series.last_x)
    elif series.monotone:
        x = points["x"]
        rises = bool(np.isfinite(x).all()) and bool(np.all(x[1:] >= x[:-1]))
        series.monotone = rises and (series.last_x is None or bool(x[0] >= series.last_x))
    series.last_x = float(points["x"][-1])
    series.fresh.append(points)
    series.fresh_count += n


def clear(cursor, series: Series) -> None:
    """Forget all points; those that follow are another generation."""
    cursor.execute("DELETE FROM windows_tail WHERE trace_id = %s", [series.id])
    if series.chunks:
        cursor.execute("DELETE FROM windows_chunk WHERE trace_id = %s", [series.id])
    series.tail, series.tail_count, series.fresh, series.fresh_count = [], 0, [], 0
    series.sealed = series.chunks = 0
    series.last_x, series.monotone, series.aligned = None, True, True
    series.columns = ["x", "y"]
    series.generation += 1


def flush(cursor, series: Series, tails: TailRows | None = None) -> None:
    """Write what was accepted: one row, now and then a chunk.

    ``tails`` takes the row instead, for `insert_tails`: one statement for many traces.
    """
    if series.fresh_count:
        fresh = col.join(series.fresh, series.columns)
        total = series.tail_count + series.fresh_count
        if total < CHUNK and len(series.tail) + 1 < MERGE_ROWS:
            row = _tail_row(series.id, series.sealed + series.tail_count, fresh)
            if tails is None:
                insert_tails(cursor, [row])
            else:
                tails.append(row)
            series.tail.append(fresh)
        else:
            _rewrite_tail(cursor, series, col.join([*series.tail, fresh], series.columns))
        series.tail_count = total if total < CHUNK else total % CHUNK
        series.fresh, series.fresh_count = [], 0
    _save_header(cursor, series)


def insert_tails(cursor, rows: TailRows) -> None:
    for at in range(0, len(rows), TAILS_AT_ONCE):
        part = rows[at : at + TAILS_AT_ONCE]
        cursor.execute(
            f"INSERT INTO windows_tail (trace_id, start, count, data) VALUES {', '.join(['(%s, %s, %s, %s)'] * len(part))}",
            [value for row in part for value in row],
        )


def merge_steps(cursor, series: Series, points: Columns) -> int:
    """Write points by step (x): the last write of a step wins. Steps may lie anywhere.

    Returns:
        The first position whose point changed; what follows it changed or moved.
    """
    flush(cursor, series)
    points = _last_of_each_step(points)
    x = points["x"]
    series.generation += 1
    edge = _sealed_until(cursor, series)
    old, new = col.cut(points, 0, int(np.searchsorted(x, edge, "right"))), points
    first = series.count
    if col.size(old):
        first = _merge_into_chunks(cursor, series, old)
        new = col.cut(points, col.size(old))
    if col.size(new):
        tail = col.join(series.tail, series.columns) if series.tail_count else {}
        for name in new:
            if name not in series.columns:
                series.columns.append(name)
        at = int(np.searchsorted(tail["x"], new["x"][0])) if tail else 0
        first = min(first, series.sealed + at)
        merged = _last_of_each_step(col.join([tail, new] if tail else [new], series.columns))
        series.last_x = float(merged["x"][-1])
        total = col.size(merged)
        _rewrite_tail(cursor, series, merged)
        series.tail_count = total % CHUNK
    _save_header(cursor, series)
    return first


def realign(cursor, series: Series) -> None:
    """Cut a trace's chunks anew, so that each holds CHUNK points and minima and maxima are stored again.

    Changes no point and no position.
    """
    flush(cursor, series)
    parts = [p for _, p in read_chunks(cursor, series, 0, series.sealed)] + series.tail
    cursor.execute("DELETE FROM windows_tail WHERE trace_id = %s", [series.id])
    cursor.execute("DELETE FROM windows_chunk WHERE trace_id = %s", [series.id])
    points = col.join(parts, series.columns)
    series.sealed = series.chunks = 0
    series.aligned, series.tail = True, []
    _rewrite_tail(cursor, series, points)
    series.tail_count = col.size(points) % CHUNK
    _save_header(cursor, series)


def merge_tail(cursor, series: Series) -> None:
    """One row instead of many, for a trace that has come to rest."""
    if len(series.tail) > 1:
        _rewrite_tail(cursor, series, col.join(series.tail, series.columns))


def read_chunks(
    cursor, series: Series, start: int, stop: int, only: Iterable[str] | None = None
) -> Iterator[tuple[int, Columns]]:
    """(position of the first point, points) of the chunks that hold any of the positions start … stop - 1."""
    cursor.execute(
        "SELECT start, data FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no >= %s AND no <= %s"
        " AND start < %s AND start + count > %s ORDER BY no",
        [series.id, *chunk_numbers(series, start, stop), stop, start],
    )
    while rows := cursor.fetchmany(256):
        for first, data in rows:
            yield first, col.unpack_chunk(data, only)


def chunk_numbers(series: Series, start: int, stop: int) -> tuple[int, int]:
    """Bounds on the numbers of the chunks that hold these positions: exact while the trace is aligned."""
    return start // (CHUNK if series.aligned else LARGEST + CHUNK), max(0, stop - 1) // CHUNK


# --- inside


def _tail_row(trace_id: int, start: int, points: Columns) -> TailRow:
    return trace_id, start, col.size(points), col.pack_small(points)


def _rewrite_tail(cursor, series: Series, points: Columns) -> None:
    """Make ``points`` all that follows the chunks: seal what fills chunks, leave the rest as one row."""
    cursor.execute("DELETE FROM windows_tail WHERE trace_id = %s", [series.id])
    full = col.size(points) // CHUNK
    if full:
        _seal(cursor, series, points, full)
        points = col.cut(points, full * CHUNK)
        # A copy, so that the rest does not keep the whole in memory.
        points = {n: c.copy() if isinstance(c, np.ndarray) else c for n, c in points.items()}
    if col.size(points):
        insert_tails(cursor, [_tail_row(series.id, series.sealed, points)])
        series.tail = [points]
    else:
        series.tail = []


def _seal(cursor, series: Series, points: Columns, full: int) -> None:
    rows = []
    for k in range(full):
        part = col.cut(points, k * CHUNK, (k + 1) * CHUNK)
        rows.append(_chunk_row(series, series.chunks + k, series.sealed + k * CHUNK, part))
    cursor.executemany(
        "INSERT INTO windows_chunk (trace_id, level, no, start, count, x_first, x_last, summary, data, buckets)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        rows,
    )
    before = series.chunks
    series.chunks += full
    series.sealed += full * CHUNK
    if series.aligned:
        _build_levels(cursor, series, before)


def _chunk_row(series: Series, no: int, start: int, part: Columns) -> tuple:
    x, y = col.numbers(part, "x"), col.numbers(part, "y")
    return (
        series.id,
        0,
        no,
        start,
        len(x),
        _finite_or_none(x[0]),
        _finite_or_none(x[-1]),
        Summary.of(x, y).pack(),
        col.pack_chunk(part),
        bk.pack(bk.from_points(x, y, bk.BUCKET, start), start) if series.aligned else b"",
    )


def _finite_or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _build_levels(cursor, series: Series, before: int) -> None:
    """Store the rows of each level that chunk numbers before … series.chunks - 1 completed."""
    level, low, high = 1, before // FAN, series.chunks // FAN
    while high > low:
        for no in range(low, high):
            _build_level(cursor, series.id, level, no)
        level, low, high = level + 1, low // FAN, high // FAN


def _build_level(cursor, trace_id: int, level: int, no: int) -> None:
    cursor.execute(
        "SELECT start, count, x_first, x_last, buckets, summary FROM windows_chunk"
        " WHERE trace_id = %s AND level = %s AND no >= %s AND no < %s ORDER BY no",
        [trace_id, level - 1, no * FAN, (no + 1) * FAN],
    )
    below = cursor.fetchall()
    start = below[0][0]
    fine = np.concatenate([bk.unpack(data, first) for first, _, _, _, data, _ in below])
    size, factor = bk.level_bucket(level - 1), bk.level_bucket(level) // bk.level_bucket(level - 1)
    folded = bk.fold(fine, size, factor, start // size)
    summary = Summary()
    for row in below:
        summary = summary.then(Summary.unpack(row[5]))
    # Of rows that an earlier release wrote some have no summary; then this one has none either.
    known = all(row[5] for row in below)
    cursor.execute(
        "INSERT INTO windows_chunk (trace_id, level, no, start, count, x_first, x_last, summary, data, buckets)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            trace_id,
            level,
            no,
            start,
            sum(row[1] for row in below),
            below[0][2],
            below[-1][3],
            summary.pack() if known else b"",
            b"",
            bk.pack(folded, start),
        ],
    )


def _save_header(cursor, series: Series) -> None:
    header = series.header
    if header == series.stored:
        return
    cursor.execute(
        "UPDATE windows_trace SET columns = %s, generation = %s, sealed = %s, chunks = %s, monotone = %s, aligned = %s"
        " WHERE id = %s",
        [json.dumps(series.columns), *header[1:], series.id],
    )
    series.stored = header


def _last_of_each_step(points: Columns) -> Columns:
    """Sorted by step, each step once, the last written one."""
    x = points["x"]
    if np.all(x[1:] > x[:-1]):
        return points
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    keep = np.append(ordered[1:] != ordered[:-1], True)
    chosen = order[keep]
    return {n: c[chosen] if isinstance(c, np.ndarray) else [c[i] for i in chosen] for n, c in points.items()}


def _sealed_until(cursor, series: Series) -> float:
    """The step of the last sealed point, below every step if there is none."""
    if not series.chunks:
        return -np.inf
    cursor.execute(
        "SELECT x_last FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no = %s",
        [series.id, series.chunks - 1],
    )
    return cursor.fetchone()[0]


def _merge_into_chunks(cursor, series: Series, points: Columns) -> int:
    cursor.execute(
        "SELECT no, start, count, x_first FROM windows_chunk WHERE trace_id = %s AND level = 0 ORDER BY no",
        [series.id],
    )
    rows = cursor.fetchall()
    firsts = np.array([row[3] for row in rows])
    home = np.maximum(np.searchsorted(firsts, points["x"], "right") - 1, 0)
    first_changed, grown, largest, touched = series.count, False, 0, []
    counts = [row[2] for row in rows]
    for at in np.unique(home):
        no, start = rows[at][0], rows[at][1]
        here = np.flatnonzero(home == at)
        mine = col.cut(points, int(here[0]), int(here[-1]) + 1)
        cursor.execute(
            "SELECT data FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no = %s", [series.id, no]
        )
        old = col.unpack_chunk(cursor.fetchone()[0])
        first_changed = min(first_changed, start + int(np.searchsorted(old["x"], mine["x"][0])))
        for name in mine:
            if name not in series.columns:
                series.columns.append(name)
        merged = _last_of_each_step(col.join([old, mine], series.columns))
        n = col.size(merged)
        if n != counts[at]:
            grown, series.aligned = True, False
        counts[at], largest = n, max(largest, n)
        touched.append((at, merged))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).tolist()
    for at, merged in touched:
        row = _chunk_row(series, rows[at][0], starts[at], merged)
        cursor.execute(
            "UPDATE windows_chunk SET start = %s, count = %s, x_first = %s, x_last = %s, summary = %s, data = %s,"
            " buckets = %s WHERE trace_id = %s AND level = 0 AND no = %s",
            [*row[3:], series.id, rows[at][0]],
        )
    if grown:
        moved = [(starts[i], series.id, rows[i][0]) for i in range(len(rows)) if starts[i] != rows[i][1]]
        cursor.executemany(
            "UPDATE windows_chunk SET start = %s WHERE trace_id = %s AND level = 0 AND no = %s", moved
        )
        cursor.execute("DELETE FROM windows_chunk WHERE trace_id = %s AND level > 0", [series.id])
        series.sealed = sum(counts)
        if series.tail:
            _rewrite_tail(cursor, series, col.join(series.tail, series.columns))
        if largest > LARGEST:
            realign(cursor, series)
    elif series.aligned:
        _rebuild_levels(cursor, series, [rows[at][0] for at, _ in touched])
    return first_changed


def _rebuild_levels(cursor, series: Series, chunks: list[int]) -> None:
    """Store anew the rows above these chunks, lowest level first."""
    level, above = 1, sorted({no // FAN for no in chunks})
    complete = series.chunks // FAN
    while complete:
        for no in above:
            if no < complete:
                cursor.execute(
                    "DELETE FROM windows_chunk WHERE trace_id = %s AND level = %s AND no = %s",
                    [series.id, level, no],
                )
                _build_level(cursor, series.id, level, no)
        level, above, complete = level + 1, sorted({no // FAN for no in above}), complete // FAN
