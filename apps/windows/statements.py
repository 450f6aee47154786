"""The committer's own transaction and cursor: Django's, without what Django does around each statement. On SQLite that took longer
than most of the statements themselves.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import Atomic, atomic

from apps.jobs.gate import gate

_MARK = re.compile(r"(?<!%)%s")


class Statements:
    """A cursor of SQLite that takes ``%s`` and raises Django's errors, as all other cursors do."""

    __slots__ = ("_raw", "_words", "fetchall", "fetchmany", "fetchone")

    def __init__(self, db: Any) -> None:
        raw: sqlite3.Cursor = sqlite3.Connection.cursor(db.connection)
        self._raw, self._words = raw, db.wrap_database_errors
        self.fetchall, self.fetchmany, self.fetchone = raw.fetchall, raw.fetchmany, raw.fetchone

    def __exit__(self, *error: Any) -> None:
        self._raw.close()

    @property
    def rowcount(self) -> int:
        return self._raw.rowcount

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        with self._words:
            sqlite3.Cursor.execute(self._raw, _with_question_marks(sql), params)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._words:
            sqlite3.Cursor.executemany(self._raw, _with_question_marks(sql), rows)


class Writing:
    """The committer's write transaction, in its turn: ``with Writing() as cursor``.

    It is `write_transaction` with a cursor. On SQLite it begins and commits without Django's ways round that, which took longer than
    all the statements between; wherever anything is not plain, Django's own do it.
    """

    __slots__ = ("_cursor", "_is_plain", "_takes_turns", "_transaction")

    def __enter__(self) -> Any:
        db: Any = connections[DEFAULT_DB_ALIAS]
        self._takes_turns = db.vendor == "sqlite"
        if self._takes_turns:
            gate.acquire()
        try:
            # Whoever counts statements counts Django's.
            self._is_plain = self._takes_turns and not db.queries_logged
            self._transaction = _Plain(db) if self._is_plain and _Plain.fits(db) else atomic()
            self._transaction.__enter__()
            try:
                self._cursor = Statements(db) if self._is_plain else db.cursor()
            except BaseException as error:
                self._transaction.__exit__(type(error), error, error.__traceback__)
                raise
        except BaseException:
            self._leave()
            raise
        return self._cursor

    def __exit__(self, *error: Any) -> None:
        try:
            # First, as a statement that is not read to its end keeps its view of the database.
            self._cursor.__exit__(*error)
            self._transaction.__exit__(*error)
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._takes_turns:
            gate.release()


class _Plain(Atomic):
    """Django's `atomic`, quicker where an outermost block of SQLite begins on an open connection and ends well."""

    def __init__(self, db: Any) -> None:
        super().__init__(DEFAULT_DB_ALIAS, True, False)
        self._db = db

    @staticmethod
    def fits(db: Any) -> bool:
        return db.connection is not None and db.autocommit and not db.in_atomic_block

    def __enter__(self) -> None:
        # The same that Django does, in the same order.
        db = self._db
        db.commit_on_exit, db.needs_rollback = True, False
        with db.wrap_database_errors:
            sqlite3.Connection.execute(db.connection, f"BEGIN {db.transaction_mode or ''}")
        db.autocommit, db.in_atomic_block = False, True
        db.atomic_blocks.append(self)

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        db = self._db
        if exc_type or db.needs_rollback or db.closed_in_transaction:
            super().__exit__(exc_type, exc_value, traceback)
            return
        try:
            with db.wrap_database_errors:
                sqlite3.Connection.commit(db.connection)
        except BaseException as error:
            super().__exit__(type(error), error, error.__traceback__)
            raise
        db.atomic_blocks.pop()
        db.autocommit, db.in_atomic_block = True, False
        if db.run_on_commit:
            db.run_and_clear_commit_hooks()


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return _MARK.sub("?", sql).replace("%%", "%")
