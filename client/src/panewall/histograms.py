"""`panewall.Histogram`: how values are spread, as counts between edges, at a step."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from panewall.arrays import to_numpy
from panewall.errors import BadArgument
from panewall.media import Media
from panewall.pictures import numbers

BINS = 10_000  # at most


class Histogram(Media):
    """How values are spread, for `run.log`: weights, gradients, scores.

    Args:
        data: numbers of any shape, as a list, an array or a tensor; or a histogram that is ready: the tuple (counts, edges) as
            ``numpy.histogram`` gives it. NaN and infinities are left out.
        bins: how many, all of one width, from the lowest to the highest value.
        caption: shown below it.
    """

    type = "application/vnd.panewall.histogram+json"

    def __init__(self, data: Any, bins: int = 64, caption: str | None = None) -> None:
        self._bins = bins
        super().__init__(data, caption)

    def _is_path(self, data: Any) -> bool:
        return False

    def _encode(self, data: Any) -> bytes:
        counts, edges, seen = _ready(data) or _counted(data, self._bins)
        return json.dumps(
            {"counts": counts.tolist(), "edges": edges.tolist(), **seen}, allow_nan=False
        ).encode()


def _ready(data: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Any]] | None:
    """What (counts, edges) says; None: the data is not that."""
    if not isinstance(data, tuple) or len(data) != 2:
        return None
    counts, edges = to_numpy(data[0]), to_numpy(data[1])
    if not all(isinstance(part, np.ndarray) and part.ndim == 1 for part in (counts, edges)):
        return None
    if len(edges) == len(counts):
        return None  # rows of numbers
    if len(edges) != len(counts) + 1:
        raise BadArgument(
            f"a histogram has one more than its {len(counts)} counts as edges, not {len(edges)}"
        )
    counts, edges = numbers(counts, "counts"), numbers(edges, "edges").astype(np.float64)
    if not 0 < len(counts) <= BINS or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise BadArgument(f"edges of a histogram are rising numbers, one more than the 1 to {BINS} counts")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise BadArgument("counts of a histogram are numbers from 0 on")
    filled = np.flatnonzero(counts)
    seen = {
        "min": float(edges[filled[0]]) if len(filled) else None,
        "max": float(edges[filled[-1] + 1]) if len(filled) else None,
        "num": counts.sum().item(),
    }
    return counts, edges, seen


def _counted(data: Any, bins: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or not 0 < bins <= BINS:
        raise BadArgument(f"bins is a whole number from 1 to {BINS}, not {bins!r}")
    values = numbers(data, "a histogram").ravel()
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size:
        raise BadArgument("a histogram needs at least one finite number")
    low, high = float(values.min()), float(values.max())
    if math.isinf(high - low):
        raise BadArgument(f"the numbers of a histogram lie too far apart: {low} and {high}")
    counts, edges = np.histogram(values.astype(np.float64), bins=int(bins), range=_wide(low, high))
    return counts, edges, {"min": low, "max": high, "num": int(values.size)}


def _wide(low: float, high: float) -> tuple[float, float]:
    """The range of the bins: wide enough that their edges are different numbers."""
    least = max(abs(low), abs(high)) * 1e-9 or 0.5
    if high - low >= least:
        return low, high
    middle = (low + high) / 2
    wide = max(least, 0.5) if high == low else least
    return middle - wide, middle + wide
