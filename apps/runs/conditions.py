"""A filter of the runs table: conditions on columns, joined by AND and OR. Checked first, then asked of all rows at once.

What denies (≠, does not contain, none of) is the exact complement of what it denies, so rows without a value pass.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from apps.errors import Invalid
from apps.runs.names import ColumnName, parse
from apps.runs.values import Numbers, Texts, Values

MOST_CONDITIONS = 100
DEEPEST = 8
MOST_CHOICES = 1000
MOST = 1.7e308

DENIALS = {
    "not_contains": "contains",
    "!=": "=",
    "none_of": "any_of",
    "not_between": "between",
    "not_exists": "exists",
}
ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda values, bound: values == bound,
    ">": lambda values, bound: values > bound,
    ">=": lambda values, bound: values >= bound,
    "<": lambda values, bound: values < bound,
    "<=": lambda values, bound: values <= bound,
}
OPS = ("contains", *ORDERS, "between", "any_of", "all_of", "exists", *DENIALS)


@dataclass(frozen=True, slots=True)
class Condition:
    column: ColumnName
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Junction:
    """All of its parts hold, or any. One without parts holds for every row."""

    how: Literal["all", "any"]
    parts: tuple["Condition | Junction", ...]


Filter = Condition | Junction


def parse_filter(raw: Any) -> Filter | None:
    """``{"all": [{"column": "config:lr", "op": ">", "value": 0.1}, {"any": [...]}]}``, checked.

    Raises:
        Invalid: it says what is wrong with it.
    """
    if raw is None:
        return None
    counted = [0]
    return _parse(raw, 0, counted)


def columns_of(tree: Filter | None) -> set[ColumnName]:
    if tree is None:
        return set()
    if isinstance(tree, Condition):
        return {tree.column}
    return {name for part in tree.parts for name in columns_of(part)}


def holds(tree: Filter | None, columns: Mapping[ColumnName, Values], rows: int) -> np.ndarray:
    """Which rows the filter lets through; shape (rows,)."""
    if tree is None or (isinstance(tree, Junction) and not tree.parts):
        return np.ones(rows, dtype=bool)
    if isinstance(tree, Condition):
        return _holds(tree, columns[tree.column])
    join = np.logical_and if tree.how == "all" else np.logical_or
    return join.reduce([holds(part, columns, rows) for part in tree.parts])


# --- reading


def _parse(raw: Any, depth: int, counted: list[int]) -> Filter:
    if not isinstance(raw, dict):
        raise _wrong('A filter is {"all": […]}, {"any": […]} or {"column", "op", "value"}.')
    if depth > DEEPEST:
        raise _wrong(f"Nested at most {DEEPEST} deep.")
    counted[0] += 1
    if counted[0] > MOST_CONDITIONS:
        raise _wrong(f"At most {MOST_CONDITIONS} conditions.")
    for how in ("all", "any"):
        if set(raw) == {how}:
            if not isinstance(raw[how], list):
                raise _wrong(f"{how} is a list of conditions.")
            return Junction(how, tuple(_parse(part, depth + 1, counted) for part in raw[how]))
    if not {"column", "op"} <= set(raw) <= {"column", "op", "value"}:
        raise _wrong('A condition has the fields "column", "op" and "value".')
    column, op = raw["column"], raw["op"]
    if not isinstance(column, str):
        raise _wrong("column is a text.")
    name = parse(column, field="filter")
    if op not in OPS:
        raise _wrong(f"op is one of {', '.join(OPS)}.")
    return Condition(name, op, _value(name, op, raw.get("value")))


def _value(name: ColumnName, op: str, value: Any) -> Any:
    positive = DENIALS.get(op, op)
    if positive == "exists":
        return None
    if positive == "contains":
        if not isinstance(value, str) or len(value) > 1000:
            raise _wrong(f"{op} needs a text of at most 1000 characters.")
        return value
    if positive in ("any_of", "all_of"):
        if not isinstance(value, list) or len(value) > MOST_CHOICES:
            raise _wrong(f"{op} needs a list of at most {MOST_CHOICES} values.")
        if op == "all_of" and name.kind != "tags":
            raise _wrong("all_of is for tags.")
        return [_scalar(name, op, item) for item in value]
    if positive == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise _wrong(f"{op} needs two bounds.")
        return [_number(name, op, bound) for bound in value]
    return _scalar(name, op, value) if op in ("=", "!=") else _number(name, op, value)


def _scalar(name: ColumnName, op: str, value: Any) -> Any:
    if name.kind in ("date", "number"):
        return _number(name, op, value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(name, op, value) if name.kind == "mixed" else str(value)
    if not isinstance(value, str) or len(value) > 1000:
        raise _wrong(f"{name}: {op} needs a text or a number.")
    return value


def _number(name: ColumnName, op: str, value: Any) -> float:
    if name.kind == "date" and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise _wrong(
                f"{name}: {value[:50]!r} is no date such as 2026-01-31 or 2026-01-31T12:00Z."
            ) from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if name.kind in ("text", "tags"):
        raise _wrong(f"{name} is a text; {op} compares numbers and dates.")
    if not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < MOST:
        return float(value)
    raise _wrong(f"{name}: {op} needs a {'date' if name.kind == 'date' else 'finite number'}.")


def _wrong(reason: str) -> Invalid:
    return Invalid(f"filter: {reason}", fields={"filter": [reason]})


# --- asking


def _holds(condition: Condition, values: Values) -> np.ndarray:
    op, value = condition.op, condition.value
    if op in DENIALS:
        return ~_holds(Condition(condition.column, DENIALS[op], value), values)
    if condition.column.kind == "tags":
        assert isinstance(values, Texts)
        return values.where(_on_tags(op, value))
    if op == "exists":
        return values.exists
    if isinstance(values, Numbers):
        return _on_numbers(op, value, values.values)
    if isinstance(values, Texts):
        return values.where(_on_text(op, value))
    found = values.texts.where(_on_text(op, value))
    if op == "contains":
        return found | _numbers_containing(value, values.numbers.values)
    return found | _on_numbers(op, value, values.numbers.values)


def _on_tags(op: str, value: Any) -> Callable[[Any], bool]:
    match op:
        case "exists":
            return bool
        case "contains":
            needle = value.casefold()
            return lambda tags: any(needle in tag.casefold() for tag in tags)
        case "all_of":
            return lambda tags: all(tag in tags for tag in value)
    wanted = set(value if isinstance(value, list) else [value])
    return lambda tags: not wanted.isdisjoint(tags)


def _on_text(op: str, value: Any) -> Callable[[Any], bool]:
    match op:
        case "contains":
            needle = value.casefold()
            return lambda text: needle in text.casefold()
        case "=":
            return lambda text: text == value
        case "any_of":
            wanted = set(value)
            return lambda text: text in wanted
    return lambda text: False


def _on_numbers(op: str, value: Any, numbers: np.ndarray) -> np.ndarray:
    if op == "between":
        low, high = sorted(value)
        return (numbers >= low) & (numbers <= high)
    if op == "any_of":
        return np.isin(numbers, [_as_number(item) for item in value])
    if op in ORDERS:
        return ORDERS[op](numbers, _as_number(value))
    return np.zeros(len(numbers), dtype=bool)


def _as_number(value: Any) -> float:
    """A text that is written like a number means that number; any other equals none."""
    try:
        return float(value)
    except ValueError:
        return math.nan


def _numbers_containing(needle: str, numbers: np.ndarray) -> np.ndarray:
    distinct, places = np.unique(numbers, return_inverse=True)
    has = [not math.isnan(number) and needle in f"{number:g}" for number in distinct.tolist()]
    return np.array(has, dtype=bool)[places]
