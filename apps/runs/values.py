"""Values of one column for all rows of a table, as arrays: compared, searched and sorted at once."""

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np

MISSING = -1
Rows = Sequence[int] | np.ndarray
#: A whole number, or a fraction such as 0.01; not the parts of 1.2.3.
DIGITS = re.compile(r"((?<![0-9.])[0-9]+\.[0-9]+(?![0-9]*\.?[0-9])|[0-9]+)")

DOUBLE = struct.Struct(">d").pack


class Texts:
    """A text per row, as numbers into the distinct texts: each of those is looked at once. An empty one is no value.

    Attributes:
        codes: shape (rows,); place in ``distinct``, MISSING where a row has none.
    """

    def __init__(self, values: Iterable[Any], rows: int) -> None:
        self._places: dict[Any, int] = {None: MISSING}
        self.distinct: list[Any] = []
        self._ranks: np.ndarray | None = None
        #: What each of the distinct texts is sorted by, and their places in order; both may be behind.
        self._naturals: list[bytes] = []
        self._order: list[int] = []
        self.codes = np.fromiter(self._codes(values), dtype=np.int32, count=rows)

    @classmethod
    def empty(cls, rows: int) -> Self:
        made = cls((), 0)
        made.codes = np.full(rows, MISSING, dtype=np.int32)
        return made

    def _codes(self, values: Iterable[Any]) -> list[int]:
        """Places of texts among the distinct ones; those that were not there are added."""
        places, distinct = self._places, self.distinct
        codes = []
        for value in values:
            code = places.get(value)
            if code is None:
                code = places[value] = len(distinct)
                distinct.append(value)
                self._ranks = None
            codes.append(code)
        return codes

    def put(self, rows: Rows, values: Sequence[Any]) -> None:
        self.codes[np.asarray(rows, dtype=np.int64)] = self._codes(values)

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
        return self.where(bool)

    def make_keys(self, most: int) -> bool:
        """Make the keys of some more of the distinct texts, at most so many; whether texts are left."""
        done = len(self._naturals)
        self._naturals += [natural(str(text)) for text in self.distinct[done : done + most]]
        return len(self._naturals) < len(self.distinct)

    def rank(self) -> np.ndarray:
        """Places of the distinct texts in the order of people: `run_2` before `run_10`, capitals like small letters."""
        if self._ranks is None:
            # What was sorted before stays so: one new name among very many costs little.
            self.make_keys(len(self.distinct))
            self._order += range(len(self._order), len(self.distinct))
            self._order.sort(key=self._naturals.__getitem__)
            self._ranks = np.append(np.empty(len(self._order)), np.nan)
            self._ranks[self._order] = np.arange(len(self._order), dtype=np.float64)
            self._ranks[[at for at, text in enumerate(self.distinct) if not text]] = np.nan
        return self._ranks

    @property
    def keys(self) -> np.ndarray:
        """What the rows sort by; NaN where there is none."""
        return self.rank()[self.codes]

    @property
    def byte_count(self) -> int:
        return self.codes.nbytes + 120 * len(self.distinct) + 120 * len(self._naturals)


class Numbers:
    """A number per row, NaN where a row has none."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @classmethod
    def empty(cls, rows: int) -> Self:
        return cls(np.full(rows, np.nan))

    def put(self, rows: Rows, values: Sequence[float | None]) -> None:
        if len(rows):
            self.values[np.asarray(rows)] = np.array(values, dtype=np.float64)  # None becomes NaN

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


def natural(text: str) -> bytes:
    """A key that sorts digits by their value: texts and numbers in turn; among equals, the text itself.

    Bytes compare much faster than lists do: UTF-8 sorts as its characters, and so does a double that is not negative.
    """
    parts = DIGITS.split(text.casefold())
    out = [parts[0].encode(errors="surrogatepass"), b"\0"]
    for number, words in zip(parts[1::2], parts[2::2], strict=True):
        out += (b"\1", DOUBLE(float(number)), words.encode(errors="surrogatepass"), b"\0")
    return b"".join((*out, b"\0", text.encode(errors="surrogatepass")))
