"""Where a metric is lowest or highest: over all its steps, or over those that lie in some ranges.

Chunks and the rows above them know their extremes, each with its step, and buckets of 64 points know theirs. So points are decoded
only where a range ends inside a bucket whose extreme lies outside of it, and could still beat the best that was found elsewhere.

Only finite values count; of equal ones that of the smallest step does.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from . import buckets as bk
from . import columns as col
from .buckets import CHUNK, FAN
from .store import Series
from .summary import Summary

#: (value, step), the value negated where the highest is sought: the least of these is the best.
Place = tuple[float, float]

NOWHERE: Place = (np.inf, np.inf)
#: Chunks that are decoded at once, at most.
AT_ONCE = 64


@dataclass(slots=True, frozen=True)
class Ranges:
    """Ranges of steps, both ends included: disjoint and rising. ``low`` and ``high``: float64, shape (n,)."""

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def around(cls, steps: np.ndarray, reach: int) -> "Ranges":
        """All within ``reach`` of any of ``steps``: int64, shape (n,), rising, each once."""
        low, high = steps - reach, steps + reach
        apart = low[1:] > high[:-1] + 1
        return cls(low[np.append(True, apart)].astype("<f8"), high[np.append(apart, True)].astype("<f8"))

    def hold(self, x: np.ndarray) -> np.ndarray:
        """Whether each of these steps lies in a range; NaN does not."""
        at = np.searchsorted(self.low, x, "right") - 1
        return (at >= 0) & (x <= self.high[np.maximum(at, 0)])

    def among(self, x: np.ndarray) -> np.ndarray:
        """What ``hold`` answers, of steps that rise: what it costs hardly grows with their number."""
        size = len(x) + 1
        starts = np.bincount(np.searchsorted(x, self.low), minlength=size)
        ends = np.bincount(np.searchsorted(x, self.high, "right"), minlength=size)
        return np.cumsum(starts - ends)[:-1] > 0

    def meet(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Whether any range has steps between first and last, both included."""
        at = np.searchsorted(self.low, last, "right") - 1
        return (at >= 0) & (self.high[np.maximum(at, 0)] >= first)

    def has(self, x: float) -> bool:
        return bool(self.hold(np.array([x]))[0])

    def meets(self, first: float, last: float) -> bool:
        return bool(self.meet(np.array([first]), np.array([last]))[0])


@dataclass(slots=True, frozen=True)
class Row:
    """A stored row: a chunk (level 0), or the extremes of many."""

    level: int
    no: int
    first: float
    last: float
    summary: Summary


class Search:
    """Looks for the extremes of one metric. ``series`` has its tail loaded; what is read is kept for the next question."""

    def __init__(self, cursor, series: Series, *, highest: bool) -> None:
        self._cursor = cursor
        self._series = series
        self._sign = -1.0 if highest else 1.0
        self._highest = highest
        self._rows: list[Row] | None = None
        self._buckets: dict[int, list[np.ndarray]] = {}
        self._points: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def everywhere(self) -> tuple[float, float] | None:
        """(step, value) of the best of all points; None if none is finite."""
        best = min((self._of(row.summary) for row in self._top()), default=NOWHERE)
        return self._answer(min(best, self._of_points(*self._tail())))

    def within(self, ranges: Ranges) -> tuple[float, float] | None:
        """(step, value) of the best point whose step lies in a range; None if there is none."""
        best = self._of_held(*self._tail(), ranges)
        waiting: list[tuple[Place, int, Row]] = []

        def consider(rows: list[Row]) -> None:
            nonlocal best
            for row in rows:
                bound = self._of(row.summary)
                if not row.summary.count or not ranges.meets(row.first, row.last):
                    continue
                if ranges.has(bound[1]):
                    best = min(best, bound)
                else:
                    heapq.heappush(waiting, ((bound[0], row.first), id(row), row))

        consider(self._top())
        chunks: dict[int, Place] = {}
        while waiting and waiting[0][0] < best:
            row = heapq.heappop(waiting)[2]
            if row.level > 1:
                consider(self._below(row))
            elif row.level == 1:
                found, open_chunks = self._in_buckets(row, ranges, best)
                best = min(best, found)
                chunks |= open_chunks
            else:
                chunks[row.no] = (self._of(row.summary)[0], row.first)
        return self._answer(self._in_chunks(chunks, ranges, best))

    # -- inside

    def _of(self, summary: Summary) -> Place:
        place = summary.high if self._highest else summary.low
        return NOWHERE if place is None else (self._sign * place[1], place[0])

    def _of_points(self, x: np.ndarray, y: np.ndarray) -> Place:
        if not len(y):
            return NOWHERE
        key = np.where(np.isfinite(y), self._sign * y, np.inf)
        at = int(key.argmin())  # the first of equals, and steps rise
        return (float(key[at]), float(x[at])) if np.isfinite(key[at]) else NOWHERE

    def _of_held(self, x: np.ndarray, y: np.ndarray, ranges: Ranges) -> Place:
        held = ranges.among(x)
        return self._of_points(x[held], y[held])

    def _answer(self, place: Place) -> tuple[float, float] | None:
        return None if place[0] == np.inf else (place[1], self._sign * place[0] + 0.0)  # no -0.0

    def _tail(self) -> tuple[np.ndarray, np.ndarray]:
        if not self._series.tail:
            return np.empty(0), np.empty(0)
        joined = col.join(self._series.tail, ["x", "y"])
        return col.numbers(joined, "x"), col.numbers(joined, "y")

    def _top(self) -> list[Row]:
        """As few rows as there are that know of all chunks."""
        if self._rows is None:
            self._rows = list(self._read_top())
        return self._rows

    def _read_top(self) -> Iterator[Row]:
        level, covered = 0, self._series.chunks
        spans: list[tuple[int, int, int]] = []
        while covered:
            above = covered // FAN if self._series.aligned else 0
            spans.append((level, above * FAN, covered))
            level, covered = level + 1, above
        for level, first, until in spans:
            for row in self._read(level, first, until):
                # Rows above chunks that an earlier release wrote know no summary.
                yield from self._below(row) if level and not row.summary.count else [row]

    def _below(self, row: Row) -> list[Row]:
        rows = self._read(row.level - 1, row.no * FAN, (row.no + 1) * FAN)
        if row.level == 1 or all(one.summary.count for one in rows):
            return rows
        return [deeper for one in rows for deeper in ([one] if one.summary.count else self._below(one))]

    def _read(self, level: int, first: int, until: int) -> list[Row]:
        if first >= until:
            return []
        self._cursor.execute(
            "SELECT no, x_first, x_last, summary FROM windows_chunk"
            " WHERE trace_id = %s AND level = %s AND no >= %s AND no < %s ORDER BY no",
            [self._series.id, level, first, until],
        )
        return [
            Row(level, no, x_first, x_last, Summary.unpack(summary))
            for no, x_first, x_last, summary in self._cursor.fetchall()
        ]

    def _in_buckets(self, row: Row, ranges: Ranges, best: Place) -> tuple[Place, dict[int, Place]]:
        """The best of what buckets under this row tell for sure, and the chunks that may hold better, each with its bound."""
        y, x_low, x_high = self._bucket_columns(row)
        at = x_high if self._highest else x_low
        key = np.where(np.isnan(y), np.inf, self._sign * y)
        sure = ranges.hold(at)
        place = NOWHERE
        if sure.any():
            least = int(np.where(sure, key, np.inf).argmin())
            place = (float(key[least]), float(at[least]))
        limit = min(place, best)
        chunks: dict[int, Place] = {}
        can = np.flatnonzero(~sure & (key <= limit[0]) & (key < np.inf))
        if not len(can):
            return place, chunks
        # A bucket begins after all that is known of those before it, and ends before what is known of the next.
        first = np.fmax(np.append(row.first, np.fmax.accumulate(np.fmax(x_low, x_high))[:-1]), row.first)
        later = np.fmin.accumulate(np.fmin(x_low, x_high)[::-1])[::-1]
        last = np.fmin(np.append(later[1:], row.last), row.last)
        for bucket in can[ranges.meet(first[can], last[can])].tolist():
            no = row.no * FAN + bucket * bk.BUCKET // CHUNK
            bound = (float(key[bucket]), float(first[bucket]))
            chunks[no] = min(chunks.get(no, NOWHERE), bound)
        return place, chunks

    def _bucket_columns(self, row: Row) -> list[np.ndarray]:
        """The extreme values of the buckets under this row, and the steps of their lowest and highest."""
        if row.no not in self._buckets:
            self._cursor.execute(
                "SELECT buckets FROM windows_chunk WHERE trace_id = %s AND level = 1 AND no = %s",
                [self._series.id, row.no],
            )
            (packed,) = self._cursor.fetchone()
            y = "ymax" if self._highest else "ymin"
            self._buckets[row.no] = bk.unpack_numbers(packed, y, "xmin", "xmax")
        return self._buckets[row.no]

    def _in_chunks(self, chunks: dict[int, Place], ranges: Ranges, best: Place) -> Place:
        """The best of ``best`` and of the points of these chunks, of which the most hopeful are decoded first."""
        order = sorted(chunks, key=lambda no: chunks[no])
        at, many = 0, 1
        while at < len(order) and chunks[order[at]] < best:
            opened = self._decode(sorted(no for no in order[at : at + many] if chunks[no] < best))
            best = min(best, self._of_held(*opened, ranges))
            at, many = at + many, min(2 * many, AT_ONCE)
        return best

    def _decode(self, numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """The steps and values of these chunks, end to end."""
        missing = [no for no in numbers if no not in self._points]
        if missing:
            marks = ", ".join(["%s"] * len(missing))
            self._cursor.execute(
                f"SELECT no, data FROM windows_chunk WHERE trace_id = %s AND level = 0 AND no IN ({marks})",
                [self._series.id, *missing],
            )
            for no, data in self._cursor.fetchall():
                points = col.unpack_chunk(data, ["x", "y"])
                self._points[no] = (col.numbers(points, "x"), col.numbers(points, "y"))
        parts = [self._points[no] for no in numbers]
        return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])
