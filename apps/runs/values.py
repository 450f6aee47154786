"""Values of one column for all rows of a table, as arrays: compared, searched and sorted at once."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np

MISSING = -1
Rows = Sequence[int] | np.ndarray
#: A whole number, or a fraction such as 0.01; not the parts of 1.2.3.
DIGITS = re.compile(r"((?<![0-9.])[0-9]+\.[0-9]+(?![0-9]*\.?[0-9])|[0-9]+)")


class Texts:
    """A text per row, as numbers into the distinct texts: each of those is looked at once.

    Attributes:
        codes: shape (rows,); place in ``distinct``, MISSING where a row has none.
    """

    def __init__(self, values: Iterable[Any], rows: int) -> None:
        self._places: dict[Any, int] = {}
        self.distinct: list[Any] = []
        self.codes = np.fromiter((self._code(value) for value in values), dtype=np.int32, count=rows)
        self._ranks: np.ndarray | None = None

    @classmethod
    def empty(cls, rows: int) -> Self:
        made = cls((), 0)
        made.codes = np.full(rows, MISSING, dtype=np.int32)
        return made

    def _code(self, value: Any) -> int:
        if value is None:
            return MISSING
        place = self._places.setdefault(value, len(self.distinct))
        if place == len(self.distinct):
            self.distinct.append(value)
            self._ranks = None
        return place

    def put(self, rows: Rows, values: Sequence[Any]) -> None:
        for row, value in zip(rows, values, strict=True):
            self.codes[row] = self._code(value)

    def grow(self, rows: int) -> None:
        self.codes = np.concatenate([self.codes, np.full(rows - len(self.codes), MISSING, dtype=np.int32)])

    def at(self, row: int) -> Any:
        code = self.codes[row]
        return None if code == MISSING else self.distinct[code]

    def where(self, holds: Callable[[Any], bool]) -> np.ndarray:
        """Rows whose text holds; a row without one does not."""
        each = np.fromiter((holds(value) for value in self.distinct), dtype=bool, count=len(self.distinct))
        return np.append(each, False)[self.codes]

    @property
    def exists(self) -> np.ndarray:
        return self.codes != MISSING

    @property
    def keys(self) -> np.ndarray:
        """What sorts as people do: `run_2` before `run_10`, capitals like small letters. NaN where there is none."""
        if self._ranks is None:
            order = sorted(range(len(self.distinct)), key=lambda i: natural(str(self.distinct[i])))
            self._ranks = np.append(np.empty(len(order)), np.nan)
            self._ranks[order] = np.arange(len(order), dtype=np.float64)
        return self._ranks[self.codes]

    @property
    def byte_count(self) -> int:
        return self.codes.nbytes + 120 * len(self.distinct)


class Numbers:
    """A number per row, NaN where a row has none."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @classmethod
    def empty(cls, rows: int) -> Self:
        return cls(np.full(rows, np.nan))

    def put(self, rows: Rows, values: Sequence[float | None]) -> None:
        if len(rows):
            self.values[np.asarray(rows)] = np.array(
                [np.nan if value is None else value for value in values], dtype=np.float64
            )

    def grow(self, rows: int) -> None:
        self.values = np.concatenate([self.values, np.full(rows - len(self.values), np.nan)])

    @property
    def exists(self) -> np.ndarray:
        return ~np.isnan(self.values)

    @property
    def keys(self) -> np.ndarray:
        return self.values

    @property
    def byte_count(self) -> int:
        return self.values.nbytes


class Mixed:
    """What a config key holds: a number in some rows, a text in others. Numbers sort before texts."""

    def __init__(self, numbers: Numbers, texts: Texts) -> None:
        self.numbers, self.texts = numbers, texts

    def grow(self, rows: int) -> None:
        self.numbers.grow(rows)
        self.texts.grow(rows)

    @property
    def exists(self) -> np.ndarray:
        return self.numbers.exists | self.texts.exists

    @property
    def keys(self) -> np.ndarray:
        if not self.texts.distinct:
            return self.numbers.values
        # Texts as numbers above every number that is there: both keep their order.
        present = self.numbers.values[self.numbers.exists]
        distinct, places = np.unique(present, return_inverse=True)
        keys = self.texts.keys + len(distinct)
        keys[self.numbers.exists] = places
        return keys

    @property
    def byte_count(self) -> int:
        return self.numbers.byte_count + self.texts.byte_count


Values = Texts | Numbers | Mixed


def natural(text: str) -> tuple[list, str]:
    """A key that sorts digits by their value: texts and numbers in turn; among equals, the text itself."""
    parts: list = DIGITS.split(text.casefold())
    parts[1::2] = map(float, parts[1::2])
    return parts, text
