"""JSON in blocks is the same JSON."""

import numpy as np
import pytest

from apps.accounts.api import streams
from apps.accounts.api.wire import to_json

GRID = np.arange(24, dtype="f8").reshape(4, 6)
GRID[1, 1] = np.nan


@pytest.mark.parametrize(
    "data",
    [
        np.arange(30),
        GRID,
        GRID.T,
        GRID.reshape(1, 24),
        GRID.reshape(2, 2, 6),
        {"a": [1, {"b": GRID, "c": []}, "x"], "d": None, 'é"': np.arange(11)},
        [GRID, "text", [GRID]],
        {"small": np.arange(3), "none": np.empty(0)},
        np.float32([1.5] * 20),
    ],
    ids=lambda data: type(data).__name__,
)
def test_blocks_add_up_to_the_whole(data, monkeypatch):
    monkeypatch.setattr(streams, "BLOCK", 5)
    assert b"".join(streams.json_parts(data)) == to_json(data)
