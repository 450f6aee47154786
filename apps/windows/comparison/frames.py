"""Snapshots in parts that a slow page can take in one by one."""

from collections.abc import Iterator
from typing import Any

from ..live.snapshot import size_of

PART_BYTES = 128 * 1024


def parts_of(ops: list) -> Iterator[dict[str, Any]]:
    """``part``, ``last`` and ``ops`` of each frame; at least one."""
    part: list = []
    size = number = 0
    for op in ops:
        weight = size_of(op)
        if part and size + weight > PART_BYTES:
            yield {"part": number, "last": False, "ops": part}
            number, part, size = number + 1, [], 0
        part.append(op)
        size += weight
    yield {"part": number, "last": True, "ops": part}
