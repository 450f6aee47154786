"""Thinning a line: the lowest and highest point of each bucket, and its first gap.

A bucket holds ``b`` points, b a power of two, and begins at a position that is a multiple of b. So buckets of b fold in
pairs into buckets of 2b, and points appended to a line touch its last bucket only.
"""

import numpy as np

from .columns import compress, decompress

#: Points in a chunk, points in the smallest stored bucket, rows of one level under one row of the next.
CHUNK = 1024
BUCKET = 64
FAN = 64

#: Positions are relative to the row's start; -1 is "none".
BUCKETS = np.dtype(
    [
        ("imin", "<i8"),
        ("imax", "<i8"),
        ("igap", "<i8"),
        ("xmin", "<f8"),
        ("xmax", "<f8"),
        ("xgap", "<f8"),
        ("ymin", "<f8"),
        ("ymax", "<f8"),
    ]
)


def from_points(x: np.ndarray, y: np.ndarray, bucket: int, start: int = 0) -> np.ndarray:
    """Buckets of the points at absolute positions start, start + 1, …; ``start`` need not be a multiple of ``bucket``.

    Returns BUCKETS records with absolute positions, shape (number of buckets touched,).
    """
    n = len(y)
    if n == 0:
        return np.empty(0, dtype=BUCKETS)
    first = start // bucket
    count = (start + n - 1) // bucket - first + 1
    lead = start - first * bucket
    width = count * bucket
    finite = np.isfinite(y)
    if lead or width != n:
        low = np.full(width, np.inf)
        high = np.full(width, -np.inf)
        gap = np.zeros(width, dtype=bool)
        low[lead : lead + n] = np.where(finite, y, np.inf)
        high[lead : lead + n] = np.where(finite, y, -np.inf)
        gap[lead : lead + n] = ~finite
    else:
        low, high, gap = np.where(finite, y, np.inf), np.where(finite, y, -np.inf), ~finite
    shape = (count, bucket)
    low, high, gap = low.reshape(shape), high.reshape(shape), gap.reshape(shape)
    out = np.empty(count, dtype=BUCKETS)
    rows = np.arange(count)
    at_low, at_high, at_gap = low.argmin(1), high.argmax(1), gap.argmax(1)
    some = np.isfinite(low[rows, at_low])
    gaps = gap[rows, at_gap]
    base = first * bucket + rows * bucket
    out["imin"] = np.where(some, base + at_low, -1)
    out["imax"] = np.where(some, base + at_high, -1)
    out["igap"] = np.where(gaps, base + at_gap, -1)
    out["ymin"] = np.where(some, low[rows, at_low], np.nan)
    out["ymax"] = np.where(some, high[rows, at_high], np.nan)
    for name, place in (("xmin", out["imin"]), ("xmax", out["imax"]), ("xgap", out["igap"])):
        out[name] = np.where(place >= 0, x[np.clip(place - start, 0, n - 1)], np.nan)
    return out


def fold(fine: np.ndarray, bucket: int, factor: int, first: int) -> np.ndarray:
    """Buckets of ``bucket * factor`` points from buckets of ``bucket``; ``first`` is the number of the first fine one.

    The number of a bucket is its position divided by its size. Positions in ``fine`` are absolute.
    """
    if len(fine) == 0 or factor == 1:
        return fine
    lead = first % factor
    count = (lead + len(fine) + factor - 1) // factor
    grid = np.empty(count * factor, dtype=BUCKETS)
    grid["imin"] = grid["imax"] = grid["igap"] = -1
    grid["ymin"] = grid["ymax"] = grid["xmin"] = grid["xmax"] = grid["xgap"] = np.nan
    grid[lead : lead + len(fine)] = fine
    table = grid.reshape(count, factor)
    rows = np.arange(count)
    low = np.where(table["imin"] >= 0, table["ymin"], np.inf).argmin(1)
    high = np.where(table["imax"] >= 0, table["ymax"], -np.inf).argmax(1)
    gap = (table["igap"] >= 0).argmax(1)
    out = np.empty(count, dtype=BUCKETS)
    for i, x, y, at in (("imin", "xmin", "ymin", low), ("imax", "xmax", "ymax", high)):
        for field in (i, x, y):
            out[field] = table[field][rows, at]
    out["igap"], out["xgap"] = table["igap"][rows, gap], table["xgap"][rows, gap]
    return out


def points(buckets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points of buckets in order: positions, x, y; a gap has y NaN. Each position once. Shape (n,) each."""
    position = np.concatenate([buckets["imin"], buckets["imax"], buckets["igap"]])
    x = np.concatenate([buckets["xmin"], buckets["xmax"], buckets["xgap"]])
    y = np.concatenate([buckets["ymin"], buckets["ymax"], np.full(len(buckets), np.nan)])
    keep = position >= 0
    position, at = np.unique(position[keep], return_index=True)
    return position.astype("<f8"), x[keep][at], y[keep][at]


def pack(buckets: np.ndarray, start: int) -> bytes:
    """Stored form, with positions relative to ``start``."""
    relative = buckets.copy()
    for field in ("imin", "imax", "igap"):
        relative[field] = np.where(buckets[field] >= 0, buckets[field] - start, -1)
    return compress(relative.view(np.uint8).reshape(-1, BUCKETS.itemsize).T.tobytes())


def unpack(data: bytes, start: int) -> np.ndarray:
    raw = np.frombuffer(decompress(data), dtype=np.uint8).reshape(BUCKETS.itemsize, -1).T
    out = np.ascontiguousarray(raw).view(BUCKETS).reshape(-1)
    for field in ("imin", "imax", "igap"):
        out[field] = np.where(out[field] >= 0, out[field] + start, -1)
    return out


def unpack_numbers(data: bytes, *names: str) -> list[np.ndarray]:
    """Some of the float columns alone, each of shape (number of buckets,): a column costs what it holds."""
    raw = np.frombuffer(decompress(data), dtype=np.uint8).reshape(BUCKETS.itemsize, -1)
    assert BUCKETS.fields is not None
    starts = [BUCKETS.fields[name][1] for name in names]
    return [np.ascontiguousarray(raw[at : at + 8].T).view("<f8").reshape(-1) for at in starts]


def level_bucket(level: int) -> int:
    """Points in a bucket of a row of this level: chunks (0) and level 1 keep the smallest buckets."""
    return BUCKET * FAN ** max(0, level - 1)


def level_points(level: int) -> int:
    """Points that a row of this level spans."""
    return CHUNK * FAN**level


def choose(count: int, width_px: int) -> int:
    """The bucket for a range of ``count`` points on ``width_px`` pixels; 1 means: send the points themselves."""
    w = 1
    while w < max(1, width_px):
        w *= 2
    if count <= 4 * w:
        return 1
    b = 1
    while -(-count // b) > w:
        b *= 2
    return b
