"""What the builders of plots share: the numbers of a caller as arrays, and names for traces."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.arrays import to_numpy
from panewall.errors import BadArgument
from panewall.options import demand, is_number


def array_of(value: Any, what: str) -> np.ndarray:
    """The value as a numpy array of numbers or dates; a single number is an array of one."""
    array = to_numpy(value)
    if is_number(array):
        array = np.array([array])
    if not isinstance(array, np.ndarray):
        raise BadArgument(f"{what} must be an array, a tensor or a list, not {type(value).__name__}")
    if array.ndim == 0:
        array = array.reshape(1)
    kind = array.dtype.kind
    if kind == "b":
        return array.astype(np.uint8)
    if kind not in "fiuMUO" or (
        kind == "O" and not all(item is None or isinstance(item, str) for item in array.flat)
    ):
        raise BadArgument(f"{what} must hold numbers, not {array.dtype}")
    return array


def numeric(value: Any, what: str) -> np.ndarray:
    """The value as an array of numbers."""
    array = array_of(value, what)
    if array.dtype.kind not in "fiu":
        raise BadArgument(f"{what} must hold numbers, not {array.dtype}")
    return array


def table(value: Any, what: str) -> np.ndarray:
    """The value as rows and columns of numbers; sizes of 1 do not count, and a flat array is one column."""
    array = np.squeeze(numeric(value, what))
    demand(
        array.ndim in (1, 2),
        f"{what} has shape {np.shape(value)}; (N,) or (N, M) with more than one value is meant",
    )
    return array if array.ndim == 2 else array[:, np.newaxis]


def names(value: Any, option: str) -> list[str] | None:
    """A list of names from ``opts``; None when none are given."""
    if value is None:
        return None
    demand(not isinstance(value, str), f"opts.{option} must be a list of names")
    return [str(item) for item in value] or None
