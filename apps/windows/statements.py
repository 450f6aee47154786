"""The committer's own cursor: Django's, without what Django does around each statement. On SQLite that took longer than most of
the statements themselves.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection

_MARK = re.compile(r"(?<!%)%s")


class Statements:
    """A cursor of SQLite that takes ``%s`` and raises Django's errors, as all other cursors do."""

    __slots__ = ("_raw", "_words", "fetchall", "fetchmany", "fetchone")

    def __init__(self, raw: sqlite3.Cursor) -> None:
        self._raw, self._words = raw, connection.wrap_database_errors
        self.fetchall, self.fetchmany, self.fetchone = raw.fetchall, raw.fetchmany, raw.fetchone

    @property
    def rowcount(self) -> int:
        return self._raw.rowcount

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        with self._words:
            sqlite3.Cursor.execute(self._raw, _with_question_marks(sql), params)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._words:
            sqlite3.Cursor.executemany(self._raw, _with_question_marks(sql), rows)


def lean(cursor: Any) -> Any:
    """The short form of a cursor of Django's; the same one where there is none, or where somebody counts statements."""
    if connection.vendor != "sqlite" or connection.queries_logged:
        return cursor
    return Statements(cursor.cursor)


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return _MARK.sub("?", sql).replace("%%", "%")
