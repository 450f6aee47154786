"""Heatmaps that grow: rows and columns of numbers with their labels, as plain arithmetic without a database."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.errors import Invalid

from .commands import pack_array, plain, unpack_array

DIRECTIONS = ("appendRow", "appendColumn", "prependRow", "prependColumn", "replace")


@dataclass(slots=True)
class Grid:
    """z, shape (rows, columns), NaN where nothing is; x names the columns, y the rows; None: they have no names."""

    z: np.ndarray
    x: list | None = None
    y: list | None = None


def grid_of(trace: dict[str, Any]) -> Grid:
    """The grid of a heatmap's attributes, however its numbers are written.

    Raises:
        Invalid: its z is no table of numbers.
    """
    return Grid(matrix(trace.get("z")), labels(trace.get("x")), labels(trace.get("y")))


def matrix(value: Any) -> np.ndarray:
    """float64, shape (rows, columns), gaps as NaN. ``value`` was cleaned: rows may be typed arrays or lists.

    Raises:
        Invalid: this is no table of numbers.
    """
    try:
        if isinstance(value, dict) and "bdata" in value:
            table = unpack_array(value).astype("<f8")
        elif isinstance(value, list):
            rows = [
                unpack_array(row) if isinstance(row, dict) else np.array(row, dtype="<f8") for row in value
            ]
            table = np.array([np.asarray(row, dtype="<f8") for row in rows], dtype="<f8")
        else:
            raise TypeError
    except (TypeError, ValueError, OverflowError) as error:
        raise _refuse("z", "Must be a table of numbers: rows of equal length.") from error
    if table.ndim == 1 and not table.size:
        table = table.reshape(0, 0)
    if table.ndim != 2:
        raise _refuse("z", "Must be a table of numbers: a list of rows.")
    return table


def labels(value: Any) -> list | None:
    """Names of rows or columns as a plain list."""
    value = plain(value)
    return value if isinstance(value, list) and value else None


def grow(old: Grid, new: Grid, direction: str) -> Grid:
    """``old`` with ``new`` put before or after its rows or columns, or in its place.

    Names along the growing direction must be on both sides or on neither, one for each row or column, none twice.
    Those of the other direction stay as they are.

    Raises:
        Invalid: the two do not fit; says why.
    """
    if direction == "replace":
        return new
    by_row = direction.endswith("Row")
    along, across = (0, 1) if by_row else (1, 0)
    what = ("row", "column") if by_row else ("column", "row")
    if not old.z.size and not (old.z.shape[across] or old.z.shape[along]):
        old = Grid(np.empty((0, new.z.shape[1]) if by_row else (new.z.shape[0], 0)), old.x, old.y)
    if old.z.shape[across] != new.z.shape[across]:
        raise _refuse(
            "z",
            f"The heatmap has {old.z.shape[across]} {what[1]}s, and {new.z.shape[across]} came;"
            f" a new {what[0]} must have as many.",
        )
    first, second = (old, new) if direction.startswith("append") else (new, old)
    names = _join_names(old, new, first, second, "y" if by_row else "x", along, what[0])
    z = np.concatenate([first.z, second.z], axis=along)
    return Grid(z, old.x, names) if by_row else Grid(z, names, old.y)


def _join_names(
    old: Grid, new: Grid, first: Grid, second: Grid, field: str, along: int, what: str
) -> list | None:
    had, came = getattr(old, field), getattr(new, field)
    check_names(new, field)
    if had is None and old.z.shape[along] == 0:
        return came
    if (had is None) != (came is None):
        has, lacks = ("has", "The new ones") if came is None else ("has no", "The new ones, too,")
        must = "need" if came is None else "must have none of the"
        raise _refuse(field, f"The heatmap {has} names for its {what}s. {lacks} {must} names.")
    if had is None or came is None:
        return None
    taken = {_spelled(name) for name in had}
    for name in came:
        if _spelled(name) in taken:
            raise _refuse(field, f"There is a {what} {str(name)[:80]!r} already.")
    return [*getattr(first, field), *getattr(second, field)]


def check_names(grid: Grid, *fields: str) -> None:
    """Each row (``y``) or column (``x``) has one name and each name once, if they have any.

    Raises:
        Invalid: says which is wrong.
    """
    for field in fields:
        names, what = getattr(grid, field), "row" if field == "y" else "column"
        if names is None:
            continue
        count = grid.z.shape[0 if field == "y" else 1]
        if len(names) != count:
            raise _refuse(field, f"{len(names)} names came with {count} {what}s.")
        if len({_spelled(name) for name in names}) != count:
            raise _refuse(field, f"Two {what}s have the same name.")


def _spelled(name: Any) -> Any:
    """Plotly takes a number and its digits for one category."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def is_heatmap(attrs: dict[str, Any]) -> bool:
    return attrs.get("type") == "heatmap"


def is_backing(attrs: dict[str, Any], shape: tuple[int, ...]) -> bool:
    """Whether this is the plain sheet that shines through the gaps of the heatmap in front of it (visdom's nancolor)."""
    if not is_heatmap(attrs) or attrs.get("showscale") is not False:
        return False
    try:
        z = matrix(attrs.get("z"))
    except Invalid:
        return False
    return z.shape == shape and not z.any()


def written(attrs: dict[str, Any], grid: Grid) -> dict[str, Any]:
    """``attrs`` with this grid in them."""
    out = {key: value for key, value in attrs.items() if key not in ("x", "y")}
    out["z"] = pack_array(np.ascontiguousarray(grid.z, dtype="<f8"))
    for field in ("x", "y"):
        if getattr(grid, field) is not None:
            out[field] = getattr(grid, field)
    return out


def _refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})
