"""Data that no header tells: histograms, tables and texts of a step. Their sender says what they are, and they are read through
before they are kept, so that a page can draw what it gets without asking further.
"""

import itertools
import json
import math
from typing import Any

import orjson

from apps.errors import Invalid, TooLarge

from . import headers

HISTOGRAM = "application/vnd.panewall.histogram+json"
TABLE = "application/vnd.panewall.table+json"
TEXT = "text/plain; charset=utf-8"
#: Content type → kind of the window that shows it.
STRUCTURED = {HISTOGRAM: "histogram", TABLE: "table", TEXT: "document"}
TYPE_OF = {kind: content_type for content_type, kind in STRUCTURED.items()}

Scalar = str | int | float | bool | None


def known(content_type: str | None) -> str | None:
    """The type as it is kept, if it is one of ours; None: the file's header says what it is."""
    if not content_type:
        return None
    plain = content_type.strip().lower()
    if plain.partition(";")[0].strip() == "text/plain":
        return TEXT
    return plain if plain in STRUCTURED else None


def check(data: headers.Content, content_type: str, *, most_bytes: int, most_cells: int) -> None:
    """Return if the bytes are what their type says.

    Raises:
        Invalid: naming the field and what is allowed.
        TooLarge: over the limits.
    """
    if len(data) > most_bytes:
        raise TooLarge(f"It has {len(data):,} bytes; at most {most_bytes:,} are allowed.")
    data = data[:]  # all of it, should it lie on disk
    if content_type == TEXT:
        _text(data)
    elif content_type == HISTOGRAM:
        _histogram(_map(data), most_cells)
    else:
        _table(_map(data), most_cells)


def _text(data: bytes) -> None:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _refuse("image", "The text is no UTF-8.") from error
    if "\x00" in text:
        raise _refuse("image", "The text holds a NUL character.")


def _map(data: bytes) -> dict[str, Any]:
    try:
        try:
            found = orjson.loads(data)
        except orjson.JSONDecodeError:
            # What Python writes all the same.
            odd: list[str] = []
            json.loads(data, parse_constant=odd.append)
            why = (
                "JSON has no NaN nor Infinity; send null."
                if odd
                else "A text in it holds half of a character."
            )
            raise _refuse("image", why) from None
    except (ValueError, RecursionError) as error:
        raise _refuse("image", "This is no JSON.") from error
    if not isinstance(found, dict):
        raise _refuse("image", "Must be a map.")
    return found


def _histogram(said: dict[str, Any], most: int) -> None:
    _only(said, {"counts", "edges", "min", "max", "num"})
    counts, edges = _numbers(said, "counts", most), _numbers(said, "edges", most)
    if not counts:
        raise _refuse("counts", "There must be at least one.")
    if len(edges) != len(counts) + 1:
        raise _refuse("edges", f"{len(counts)} counts have {len(counts) + 1} edges, not {len(edges)}.")
    if min(counts) < 0:
        raise _refuse("counts", "None may be negative.")
    if any(right <= left for left, right in itertools.pairwise(edges)):
        raise _refuse("edges", "Must rise.")
    for name in ("min", "max", "num"):
        if said.get(name) is not None and not _is_number(said[name]):
            raise _refuse(name, "Must be a number or null.")


def _table(said: dict[str, Any], most: int) -> None:
    _only(said, {"columns", "rows"})
    columns, rows = said.get("columns"), said.get("rows")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise _refuse("columns", "Must be a list of texts.")
    if not isinstance(rows, list):
        raise _refuse("rows", "Must be a list of rows.")
    if len(rows) * max(1, len(columns)) > most:
        raise TooLarge(
            f"The table has {len(rows):,} rows of {len(columns):,} columns; at most {most:,} cells are allowed."
        )
    for place, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise _refuse(f"rows[{place}]", f"Must be a list of {len(columns)} values.")
        if not all(isinstance(value, Scalar) for value in row):
            raise _refuse(f"rows[{place}]", "Holds numbers, texts, true, false and null only.")


def _numbers(said: dict[str, Any], name: str, most: int) -> list[float]:
    value = said.get(name)
    if not isinstance(value, list):
        raise _refuse(name, "Must be a list of numbers.")
    if len(value) > most:
        raise TooLarge(f"{name}: {len(value):,} numbers; at most {most:,} are allowed.")
    for place, number in enumerate(value):
        if not _is_number(number):
            raise _refuse(f"{name}[{place}]", "Must be a finite number.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _only(said: dict[str, Any], fields: set[str]) -> None:
    if unknown := set(said) - fields:
        raise _refuse(min(unknown)[:100], "There is no such field.")


def _refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})
