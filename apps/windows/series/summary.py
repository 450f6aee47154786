"""What is known of a run of points without reading them: folded chunk by chunk, so it never costs more than one chunk.

Finite values only; of equal extremes the earliest place (smallest step) counts.
"""

from dataclasses import dataclass

import msgpack
import numpy as np


@dataclass(slots=True)
class Summary:
    """count, sum and sum of squares of y; first, last, lowest and highest y, each with its x."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None
    low: tuple[float, float] | None = None
    high: tuple[float, float] | None = None

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> "Summary":
        """x, y: float64, shape (n,)."""
        keep = np.isfinite(y)
        if not keep.all():
            x, y = x[keep], y[keep]
        n = len(y)
        if n == 0:
            return cls()
        low, high = int(y.argmin()), int(y.argmax())
        with np.errstate(over="ignore"):
            total, squares = float(y.sum()), float(y @ y)
        return cls(
            n,
            total,
            squares,
            (float(x[0]), float(y[0])),
            (float(x[-1]), float(y[-1])),
            (float(x[low]), float(y[low])),
            (float(x[high]), float(y[high])),
        )

    def then(self, later: "Summary") -> "Summary":
        """This run followed by another."""
        if not later.count:
            return self
        if not self.count:
            return later
        assert self.low and self.high and later.low and later.high
        return Summary(
            self.count + later.count,
            self.total + later.total,
            self.squares + later.squares,
            self.first,
            later.last,
            later.low if later.low[1] < self.low[1] else self.low,
            later.high if later.high[1] > self.high[1] else self.high,
        )

    def pack(self) -> bytes:
        return msgpack.packb(
            [self.count, self.total, self.squares, self.first, self.last, self.low, self.high]
        )

    @classmethod
    def unpack(cls, data: bytes) -> "Summary":
        if not data:
            return cls()
        count, total, squares, *places = msgpack.unpackb(bytes(data))
        return cls(count, total, squares, *(tuple(p) if p else None for p in places))
