"""Small arithmetic of measurements: percentiles and numbers that stay readable. Standard library only."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile; None for no values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(1, math.ceil(percent / 100 * len(ordered))) - 1]


def rounded(value: float | None, scale: float = 1.0, *, digits: int = 4) -> float | None:
    """Value times scale, to a number of significant digits."""
    if value is None:
        return None
    value *= scale
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def latencies(seconds: Sequence[float]) -> dict[str, float | None]:
    """Count, p50, p99 and the largest of durations, in milliseconds."""
    return {
        "n": len(seconds),
        "p50_ms": rounded(percentile(seconds, 50), 1e3),
        "p99_ms": rounded(percentile(seconds, 99), 1e3),
        "max_ms": rounded(max(seconds), 1e3) if seconds else None,
    }
