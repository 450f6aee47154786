"""Points as CSV: a line at a time, numbers as short as they are exact, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np
import orjson

from apps.accounts.api.wire import to_json

BLOCK = 5_000  # lines: a few milliseconds of work, see apps.accounts.api.streams
RUNS = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet take a text for a formula

Column = np.ndarray | Sequence


def csv_blocks(columns: dict[str, Column]) -> Iterator[bytes]:
    """The header, then blocks of lines. All columns are of one length.

    A gap (NaN) is an empty cell, infinities are ``inf`` and ``-inf``. Texts that a spreadsheet would take for a formula
    get an apostrophe in front, as OWASP advises; numbers never do.
    """
    yield _lines([[_tame(name) for name in columns]])
    count = min((len(column) for column in columns.values()), default=0)
    for start in range(0, count, BLOCK):
        cells = [_cells(column[start : start + BLOCK]) for column in columns.values()]
        yield _lines(zip(*cells, strict=True))


def _lines(rows) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _cells(column: Column) -> list[str]:
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
        return _number_cells(column)
    return [_cell(value) for value in column]


def _number_cells(column: np.ndarray) -> list[str]:
    plain = np.ascontiguousarray(column, dtype="<f8" if column.dtype.kind == "f" else None)
    cells = orjson.dumps(plain, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode().split(",")
    if column.dtype.kind == "f":
        for place in np.flatnonzero(~np.isfinite(plain)):  # JSON says null for all three
            value = plain[place]
            cells[place] = "" if np.isnan(value) else "inf" if value > 0 else "-inf"
    return cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _tame(value)
    if isinstance(value, bool | int | float):
        return str(value)
    return _tame(to_json(value).decode())


def _tame(text: str) -> str:
    return f"'{text}" if text.startswith(RUNS) else text
