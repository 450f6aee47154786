"""The outline of a sound: its lowest and highest values over time, folded while it is read, so that its length costs no memory."""

from typing import Any

import numpy as np

#: The sound is read as so many values a second of each of its channels, of 16 bits: mixed into one, they might cancel each other.
RATE = 8000
MOST_PEAKS = 1000


class Outline:
    """Takes a sound piece by piece. Each pair stands for ``_each`` values; when there are too many, neighbours become one."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._low = np.empty(0, "f4")
        self._high = np.empty(0, "f4")
        self._each = 64 * channels
        self._rest = b""
        self._count = 0

    def add(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) // (2 * self._each) * 2 * self._each
        self._rest = data[whole:]
        if not whole:
            return
        values = np.frombuffer(data[:whole], "<i2").reshape(-1, self._each).astype("f4") / 32768
        self._count += values.size
        self._low = np.concatenate([self._low, values.min(axis=1)])
        self._high = np.concatenate([self._high, values.max(axis=1)])
        while len(self._low) > 2 * MOST_PEAKS:
            self._low, self._high = _folded(self._low, np.minimum), _folded(self._high, np.maximum)
            # What is left of a piece is cut at the new width from here on; a value may count twice as wide at the seam.
            self._each *= 2

    @property
    def duration(self) -> float:
        return (self._count + len(self._rest) // 2) / (RATE * self._channels)

    def as_json(self) -> dict[str, Any]:
        low, high = self._low, self._high
        if len(self._rest) >= 2:
            values = np.frombuffer(self._rest[: len(self._rest) // 2 * 2], "<i2").astype("f4") / 32768
            low, high = np.append(low, values.min()), np.append(high, values.max())
        if len(low) > MOST_PEAKS:
            low, high = _folded(low, np.minimum), _folded(high, np.maximum)
        peaks = [[round(float(a), 3), round(float(b), 3)] for a, b in zip(low, high, strict=True)]
        return {"duration": round(self.duration, 3), "peaks": peaks}


def _folded(values: np.ndarray, fold: np.ufunc) -> np.ndarray:
    if len(values) % 2:
        values = np.append(values, values[-1])
    return fold(values[0::2], values[1::2])
