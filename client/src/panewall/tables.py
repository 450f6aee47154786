"""`panewall.Table`: rows under named columns, at a step."""

from __future__ import annotations

import datetime
import json
import math
import numbers
from typing import Any

import numpy as np

from panewall.about import clean_text
from panewall.arrays import to_numpy
from panewall.errors import BadArgument
from panewall.media import Media

CELLS = 200_000
TEXT_CHARS = 10_000


class Table(Media):
    """Rows under named columns, for `run.log`.

    Args:
        data: a list of rows (lists or dicts), a dict of columns, a one- or two-dimensional array, or a DataFrame (pandas, polars).
        columns: names of the columns; None are those of the data, or 0, 1, 2 …
        rows: names of the rows, which come first in each.
        dataframe: the same as ``data``.
        caption: shown below it.

    Cells are numbers, texts, booleans or nothing; NaN is nothing, dates and everything else are texts.
    """

    type = "application/vnd.panewall.table+json"

    def __init__(
        self,
        data: Any = None,
        columns: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        caption: str | None = None,
    ) -> None:
        self._columns = columns
        self._rows = rows
        super().__init__(dataframe if data is None else data, caption)

    def _is_path(self, data: Any) -> bool:
        return False

    def _encode(self, data: Any) -> bytes:
        names, body = _taken_apart(data)
        if self._columns is not None:
            names = [str(name) for name in self._columns]
        if names is None:
            names = [str(at) for at in range(max((len(row) for row in body), default=0))]
        for at, row in enumerate(body):
            if len(row) != len(names):
                raise BadArgument(f"row {at} has {len(row)} cells, and there are {len(names)} columns")
        if self._rows is not None:
            labels = [str(label) for label in self._rows]
            if len(labels) != len(body):
                raise BadArgument(f"{len(labels)} names of rows came with {len(body)} rows")
            names, body = ["", *names], [[label, *row] for label, row in zip(labels, body)]
        if not names:
            raise BadArgument("a table has at least one column")
        if len(names) * len(body) > CELLS:
            raise BadArgument(f"a table has at most {CELLS:,} cells, not {len(body):,} rows of {len(names)}")
        cells = [[_cell(value) for value in row] for row in body]
        columns = [clean_text(name, TEXT_CHARS) for name in names]
        return json.dumps({"columns": columns, "rows": cells}, allow_nan=False).encode()


def _taken_apart(data: Any) -> tuple[list[str] | None, list[list[Any]]]:
    """Names of columns, where the data has some, and rows."""
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):
        return [str(name) for name in data.columns], _rows_of(data)
    if isinstance(data, dict):
        columns = [list(column) for column in data.values()]
        if len({len(column) for column in columns}) > 1:
            raise BadArgument("the columns of a table have one length")
        return [str(name) for name in data], [list(row) for row in zip(*columns)]
    if isinstance(data, (list, tuple)):
        if data and all(isinstance(row, dict) for row in data):
            names = list(dict.fromkeys(name for row in data for name in row))
            return [str(name) for name in names], [[row.get(name) for name in names] for row in data]
        if all(_is_row(row) for row in data):
            return None, [list(row) for row in data]
        return None, [[value] for value in data]
    array = to_numpy(data)
    if isinstance(array, np.ndarray) and array.ndim in (1, 2):
        return None, array.tolist() if array.ndim == 2 else [[value] for value in array.tolist()]
    shape = f" of shape {array.shape}" if isinstance(array, np.ndarray) else ""
    raise BadArgument(f"a table cannot be made of {type(data).__name__}{shape}")


def _rows_of(frame: Any) -> list[list[Any]]:
    """The rows of a DataFrame, each column with its own type."""
    if len(frame) * len(frame.columns) > CELLS:
        raise BadArgument(
            f"a table has at most {CELLS:,} cells, not {len(frame):,} rows of {len(frame.columns)}"
        )
    if hasattr(frame, "itertuples"):
        return [list(row) for row in frame.itertuples(index=False, name=None)]
    if hasattr(frame, "rows"):
        return [list(row) for row in frame.rows()]
    return list(frame.to_numpy().tolist())


def _is_row(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        return number if math.isfinite(number) else None if math.isnan(number) else str(number)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return None if value != value else value.isoformat()  # pandas' NaT is no date
    text = "" if type(value).__name__ in ("NaTType", "NAType") else str(value)
    return clean_text(text, TEXT_CHARS) or None
