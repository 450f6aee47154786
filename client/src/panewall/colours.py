"""Per-point and per-line colours and dashes, from the arrays in `opts`."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.arrays import to_numpy
from panewall.options import demand


def marker_colours(value: Any, labels: np.ndarray, count: int) -> dict[int, list[str]] | None:
    """The colours of each label's points.

    Args:
        value: one row for each point, or for each label up to the largest (K). A row is one number (0 black … 255 red) or RGB, each 0 to 255.
        labels: the points' labels, shape (N,), from 1 on.
        count: K, the largest label.
    """
    if value is None:
        return None
    array = to_numpy(value)
    demand(
        isinstance(array, np.ndarray) and array.dtype.kind in "fiub",
        "opts.markercolor must be an array of numbers",
    )
    points = len(labels)
    array = array.reshape(-1) if array.ndim == 0 else array
    demand(
        len(array) in (count, points),
        f"opts.markercolor has {len(array)} rows; one for each of {points} points or {count} labels is meant",
    )
    demand(
        array.ndim == 1 or (array.ndim == 2 and array.shape[-1] == 3),
        "opts.markercolor must be 1-D, or have 3 columns",
    )
    _check_bytes(array, "markercolor")
    colours = [_shade(row) if array.ndim == 1 else _hex(row) for row in array.astype(int)]
    if len(array) != points:
        colours = [colours[label - 1] for label in labels]
    found: dict[int, list[str]] = {}
    for label, colour in zip(labels, colours):
        found.setdefault(int(label), []).append(colour)
    return found


def line_colours(value: Any, count: int) -> list[str] | None:
    """One colour for each of K lines, from K rows of RGB."""
    if value is None:
        return None
    array = to_numpy(value)
    demand(
        isinstance(array, np.ndarray) and array.dtype.kind in "fiub",
        "opts.linecolor must be an array of numbers",
    )
    demand(array.ndim == 2 and array.shape[1] == 3, "opts.linecolor must have 3 columns")
    demand(len(array) == count, f"opts.linecolor has {len(array)} rows for {count} lines")
    _check_bytes(array, "linecolor")
    return [_hex(row) for row in array.astype(int)]


def dashes(value: Any, count: int) -> list[str] | None:
    """One dash style for each of K lines."""
    if value is None:
        return None
    styles = [str(item) for item in np.atleast_1d(np.asarray(to_numpy(value)))]
    demand(len(styles) == count, f"opts.dash has {len(styles)} entries for {count} lines")
    return styles


def _check_bytes(array: np.ndarray, name: str) -> None:
    whole = np.isfinite(array).all() and (array == np.floor(array)).all()
    demand(whole, f"opts.{name} must hold whole numbers")
    demand(
        array.size == 0 or (array.min() >= 0 and array.max() <= 255),
        f"opts.{name} must hold numbers from 0 to 255",
    )


def _shade(value: Any) -> str:
    return f"#{int(value):02x}0000"


def _hex(row: Any) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in row))
