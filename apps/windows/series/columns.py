"""Columns of points: a numeric column is a float64 array, any other a list. How they are cut, joined and stored.

Stored form: MessagePack of ``{name: bytes | list}``; the bytes of a sealed chunk are shuffled (all first bytes, then all
second ones …), which makes slowly changing numbers compress well, and the whole is compressed by zstd.
"""

import threading
from collections.abc import Iterable

import msgpack
import numpy as np
import zstandard

Column = np.ndarray | list
Columns = dict[str, Column]

_local = threading.local()


def pack_small(columns: Columns) -> bytes:
    """For tails: few points, read back soon, so nothing is compressed."""
    return msgpack.packb({name: _raw(column) for name, column in columns.items()})


def unpack_small(data: bytes) -> Columns:
    return {name: _column(value) for name, value in msgpack.unpackb(data, strict_map_key=False).items()}


def pack_chunk(columns: Columns) -> bytes:
    packed = {name: _shuffle(c) if isinstance(c, np.ndarray) else c for name, c in columns.items()}
    return compress(msgpack.packb(packed))


def unpack_chunk(data: bytes, only: Iterable[str] | None = None) -> Columns:
    packed = msgpack.unpackb(decompress(data), strict_map_key=False)
    names = packed if only is None else only
    return {
        n: _unshuffle(packed[n]) if isinstance(packed[n], bytes) else packed[n] for n in names if n in packed
    }


def compress(data: bytes) -> bytes:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=1)
    return _local.compressor.compress(data)


def decompress(data: bytes) -> bytes:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor.decompress(bytes(data))


def size(columns: Columns) -> int:
    """Number of points; 0 for no columns."""
    return len(next(iter(columns.values()))) if columns else 0


def numbers(columns: Columns, name: str) -> np.ndarray:
    """A column that is known to hold numbers, as x and y are."""
    column = columns[name]
    assert isinstance(column, np.ndarray)
    return column


def cut(columns: Columns, start: int, stop: int | None = None) -> Columns:
    return {name: column[start:stop] for name, column in columns.items()}


def join(parts: list[Columns], names: Iterable[str]) -> Columns:
    """Parts end to end. A part that lacks a column is filled: NaN among numbers, None elsewhere."""
    if len(parts) == 1 and set(parts[0]) == set(names):
        return parts[0]
    return {name: _join_one([(part.get(name), size(part)) for part in parts]) for name in names}


def _join_one(pieces: list[tuple[Column | None, int]]) -> Column:
    if any(isinstance(piece, list) for piece, _ in pieces):
        out: list = []
        for piece, n in pieces:
            out.extend([None] * n if piece is None else as_list(piece))
        return out
    return np.concatenate(
        [np.full(n, np.nan) if piece is None else piece for piece, n in pieces] or [np.empty(0)]
    )


def as_list(column: Column) -> list:
    """Numbers as Python floats, NaN as None: for JSON and for columns that also hold other things."""
    if isinstance(column, list):
        return column
    return [None if v != v else v for v in column.tolist()]


def nbytes(columns: Columns) -> int:
    return sum(c.nbytes if isinstance(c, np.ndarray) else 64 * len(c) for c in columns.values())


def _raw(column: Column) -> bytes | list:
    return column.tobytes() if isinstance(column, np.ndarray) else column


def _column(value: bytes | list) -> Column:
    return np.frombuffer(value, dtype="<f8") if isinstance(value, bytes) else value


def _shuffle(column: np.ndarray) -> bytes:
    return np.ascontiguousarray(column, dtype="<f8").view(np.uint8).reshape(-1, 8).T.tobytes()


def _unshuffle(data: bytes) -> np.ndarray:
    return np.ascontiguousarray(np.frombuffer(data, dtype=np.uint8).reshape(8, -1).T).view("<f8").reshape(-1)
