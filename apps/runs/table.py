"""The envs of one workspace as a table in memory, so that sorting and filtering a hundred thousand takes milliseconds.

Each process keeps the tables that were looked at last. Every look begins with `Table.sync`, which reads what changed
since: nothing of a table is ever older than the look. Columns are loaded at first use, and dropped when there is no room.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from apps.jobs.gate import FairLock
from apps.runs.models import Column
from apps.runs.names import AGGREGATES, ColumnName
from apps.runs.reading import Reading
from apps.runs.refreshing import refresh
from apps.runs.values import Mixed, Numbers, Texts, Values

#: An env's row says to the second when it was written to, by the clock of whoever wrote.
SLACK_S = 15.0
#: With several servers, whose clocks may differ by more, all rows are looked at once in this time.
WHOLE_LOOK_S = 60.0
#: More rows than this are read as a whole.
MANY = 2000
AT_ONCE = 400
ORDERS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Stamp:
    """What two looks at a workspace have in common when nothing changed between them."""

    living: int
    latest: float
    revisions: int

    def __str__(self) -> str:
        return f"{self.living}.{self.latest:.6f}.{self.revisions}"


class Table:
    """Rows are envs in the order in which this process met them; those that are gone stay, marked as not alive."""

    def __init__(self, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        #: Fair: a look that comes while columns are loaded ahead is next.
        self.lock = FairLock()
        self.version = 0
        self.stamp: Stamp | None = None
        self.ids = np.empty(0, dtype=np.int64)
        self.alive = np.empty(0, dtype=bool)
        self.revision = np.empty(0, dtype=np.int64)
        #: The revision that config and metric columns are of.
        self.known = np.empty(0, dtype=np.int64)
        self.name = Texts((), 0)
        self.status = Texts((), 0)
        self.owner = Texts((), 0)
        self.tags = Texts((), 0)
        self.created = Numbers.empty(0)
        self.updated = Numbers.empty(0)
        self.status_at = Numbers.empty(0)
        self.loaded: OrderedDict[ColumnName, Values] = OrderedDict()
        self.orders: OrderedDict[Any, Any] = OrderedDict()
        self._row_of: dict[int, int] = {}
        self._looked_at = 0.0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def stale(self) -> np.ndarray:
        """Rows whose summaries are older than the env, the latest first."""
        rows = np.flatnonzero(self.alive & (self.known < self.revision))
        return rows[np.argsort(-self.updated.values[rows], kind="stable")]

    # --- following the envs

    def sync(self) -> None:
        """Read what changed since the last look."""
        with connection.cursor() as cursor:
            stamp = read_stamp(cursor, self.workspace_id)
            now = time.monotonic()
            if self.stamp is None:
                self._take(_read_rows(cursor, self.workspace_id, ""))
                self._know(_read_known(cursor, self.workspace_id, None))
                self._looked_at = now
            elif stamp != self.stamp:
                since = _moment(self.stamp.latest - SLACK_S)
                self._take(_read_rows(cursor, self.workspace_id, " AND e.updated_at >= %s", since))
            whole_look = not settings.PANEWALL.is_embedded and now - self._looked_at > WHOLE_LOOK_S
            if whole_look or int(self.alive.sum()) != stamp.living:
                self._looked_at = now
                self._compare(cursor)
            self.stamp = stamp

    def catch_up(self, *, until: float, rows: Iterable[int] | None = None) -> None:
        """Bring summaries up to the envs' revisions: all rows that are stale, or these of them.

        What another process did meanwhile is taken over; the rest is read here until the time is up.
        """
        stale = self.stale
        if rows is not None:
            stale = np.intersect1d(stale, np.fromiter(rows, dtype=np.int64))
        if not len(stale):
            return
        with connection.cursor() as cursor:
            ids = self.ids[stale].tolist()
            changed = self._know(_read_known(cursor, self.workspace_id, ids if len(ids) <= MANY else None))
            self._reload(cursor, changed)
        left = [row for row in stale.tolist() if self.known[row] < self.revision[row]]
        if left:
            self._accept(refresh(self.ids[left].tolist(), until=until))

    def _take(self, rows: Sequence[tuple]) -> None:
        """(id, name, status, revision, tags, owner, created, updated, status since) of envs that are alive."""
        fresh = [row for row in rows if row[0] not in self._row_of]
        if fresh:
            self._grow([row[0] for row in fresh])
        places = np.fromiter((self._row_of[row[0]] for row in rows), dtype=np.int64, count=len(rows))
        if not len(places):
            return
        revisions = np.fromiter((row[3] for row in rows), dtype=np.int64, count=len(rows))
        if not fresh and self.alive[places].all() and (self.revision[places] == revisions).all():
            return
        self.alive[places] = True
        self.revision[places] = revisions
        # Column by column: to `zip` a hundred thousand rows takes three times as long.
        _, names, statuses, _, tags, owners, created, updated, status_at = (
            [row[at] for row in rows] for at in range(9)
        )
        self.name.put(places, names)
        self.status.put(places, statuses)
        self.tags.put(places, [_tags(text) for text in tags])
        self.owner.put(places, owners)
        self.created.put(places, created)
        self.updated.put(places, updated)
        self.status_at.put(places, status_at)
        self._forget_notes()
        self._touch()

    def _grow(self, ids: list[int]) -> None:
        first = len(self.ids)
        self._row_of.update({env_id: first + i for i, env_id in enumerate(ids)})
        more = len(ids)
        self.ids = np.concatenate([self.ids, np.array(ids, dtype=np.int64)])
        self.alive = np.concatenate([self.alive, np.zeros(more, dtype=bool)])
        self.revision = np.concatenate([self.revision, np.full(more, -1, dtype=np.int64)])
        self.known = np.concatenate([self.known, np.full(more, -2, dtype=np.int64)])
        fields: tuple[Texts | Numbers, ...] = (
            self.name, self.status, self.owner, self.tags, self.created, self.updated, self.status_at,
        )  # fmt: skip
        for values in (*fields, *self.loaded.values()):
            values.grow(len(self.ids))

    def _compare(self, cursor: Any) -> None:
        """Look at all envs: some came or went unnoticed."""
        cursor.execute(
            "SELECT id, revision FROM envs_env WHERE workspace_id = %s AND deleted_at IS NULL",
            [self.workspace_id],
        )
        living = dict(cursor.fetchall())
        gone = [row for env_id, row in self._row_of.items() if env_id not in living]
        if gone and self.alive[gone].any():
            self.alive[gone] = False
            self._touch()
        behind = [
            env_id
            for env_id, revision in living.items()
            if (row := self._row_of.get(env_id)) is None
            or not self.alive[row]
            or self.revision[row] != revision
        ]
        for at in range(0, len(behind), AT_ONCE):
            some = behind[at : at + AT_ONCE]
            marks = ", ".join(["%s"] * len(some))
            self._take(_read_rows(cursor, self.workspace_id, f" AND e.id IN ({marks})", *some))

    def _know(self, known: Iterable[tuple[int, int]]) -> list[int]:
        """Note which revisions summaries are of; answers the rows where that changed."""
        found = [
            (row, revision) for env_id, revision in known if (row := self._row_of.get(env_id)) is not None
        ]
        if not found:
            return []
        rows, revisions = np.array(found, dtype=np.int64).T
        is_newer = self.known[rows] < revisions
        self.known[rows[is_newer]] = revisions[is_newer]
        return rows[is_newer].tolist()

    # --- columns

    def column(self, name: ColumnName) -> Values:
        """The values of a column for all rows, loaded at first use."""
        if name.source == "field":
            match name.name:
                case "name":
                    return self.name
                case "status":
                    return self.status
                case "owner":
                    return self.owner
                case "tags":
                    return self.tags
                case "created":
                    return self.created
                case "updated":
                    return self.updated
                case "duration":
                    return Numbers(self.durations())
        if name not in self.loaded:
            self.loaded[name] = self._load(name)
        self.loaded.move_to_end(name)
        return self.loaded[name]

    def durations(self) -> np.ndarray:
        """Seconds: of a running env until now, of another until its run ended or it was last written to."""
        running = np.append(np.array([text == "running" for text in self.status.distinct], dtype=bool), False)
        ended = np.append(np.array([bool(text) for text in self.status.distinct], dtype=bool), False)
        until = np.where(
            ended[self.status.codes] & self.status_at.exists, self.status_at.values, self.updated.values
        )
        until = np.where(running[self.status.codes], time.time(), until)
        return np.maximum(0.0, until - self.created.values)

    def _load(self, name: ColumnName) -> Values:
        if name.source == "tag":
            beginning = f"{name.name}:"
            each = [_after(tags, beginning) for tags in self.tags.distinct]
            return Texts((None if code < 0 else each[code] for code in self.tags.codes.tolist()), len(self))
        if name == PREFIX:
            each = [_prefix(text) for text in self.name.distinct]
            return Texts((None if code < 0 else each[code] for code in self.name.codes.tolist()), len(self))
        with connection.cursor() as cursor:
            if name == NOTES:
                texts = Texts.empty(len(self))
                cursor.execute(
                    "SELECT id, notes FROM envs_env WHERE workspace_id = %s AND deleted_at IS NULL AND notes <> ''",
                    [self.workspace_id],
                )
                places, found = self._place(cursor.fetchall())
                texts.put(places, [text for _, text in found])
                return texts
            made: Values
            if name.source == "metric":
                made = Numbers.empty(len(self))
            else:
                made = Mixed(Numbers.empty(len(self)), Texts.empty(len(self)))
            self._read_values(cursor, name, made, None)
            return made

    def _place(self, answer: list[tuple]) -> tuple[np.ndarray, list[tuple]]:
        """Of what the database says of envs, id first, that of the envs in the table, and their rows."""
        known = [each for each in answer if each[0] in self._row_of]
        return np.fromiter((self._row_of[each[0]] for each in known), dtype=np.int64, count=len(known)), known

    def _read_values(self, cursor: Any, name: ColumnName, into: Values, rows: list[int] | None) -> None:
        """Read a column's values from the database: of all envs, or of these rows."""
        column_id = find_column(cursor, self.workspace_id, name)
        if rows is not None:
            blank: list = [None] * len(rows)
            if isinstance(into, Mixed):
                into.numbers.put(rows, blank)
                into.texts.put(rows, blank)
            elif isinstance(into, Numbers):
                into.put(rows, blank)
        if column_id is None:
            return
        parts: list[list[int] | None] = [None]
        if rows is not None:
            ids = self.ids[rows].tolist()
            parts = [ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE)]
        for part in parts:
            narrowed = "" if part is None else f" AND env_id IN ({', '.join(['%s'] * len(part))})"
            if name.source == "metric":
                cursor.execute(
                    f"SELECT env_id, {AGGREGATES[name.aggregate]} FROM runs_summary WHERE column_id = %s{narrowed}",
                    [column_id, *(part or [])],
                )
                places, found = self._place(cursor.fetchall())
                assert isinstance(into, Numbers)
                into.put(places, [value for _, value in found])
            else:
                cursor.execute(
                    f"SELECT env_id, number, text FROM runs_setting WHERE column_id = %s{narrowed}",
                    [column_id, *(part or [])],
                )
                places, found = self._place(cursor.fetchall())
                assert isinstance(into, Mixed)
                into.numbers.put(places, [number for _, number, _ in found])
                has_text = [i for i, (_, _, text) in enumerate(found) if text is not None]
                into.texts.put(places[has_text], [found[i][2] for i in has_text])

    def _reload(self, cursor: Any, rows: list[int]) -> None:
        """Summaries of these rows changed in the database."""
        if not rows:
            return
        for name in [name for name in self.loaded if name.is_summarised]:
            if len(rows) > MANY:
                del self.loaded[name]
            else:
                self._read_values(cursor, name, self.loaded[name], rows)
        self._touch()

    def _accept(self, readings: list[Reading]) -> None:
        """What was just read of envs, for the columns that are loaded."""
        readings = [reading for reading in readings if reading.env_id in self._row_of]
        if not readings:
            return
        rows = [self._row_of[reading.env_id] for reading in readings]
        for name, values in self.loaded.items():
            if name.source == "metric":
                assert isinstance(values, Numbers)
                values.put(rows, [aggregate(reading, name) for reading in readings])
            elif name.source == "config":
                assert isinstance(values, Mixed)
                leaves = [reading.settings.get(name.name) or (None, None) for reading in readings]
                values.numbers.put(rows, [number for number, _ in leaves])
                values.texts.put(rows, [text for _, text in leaves])
        # It may be ahead of the row, which `sync` takes next time.
        self.known[rows] = [reading.revision for reading in readings]
        self._touch()

    def _forget_notes(self) -> None:
        """These follow from rows, and are loaded anew where they are used."""
        for name in [name for name in self.loaded if not name.is_summarised]:
            del self.loaded[name]

    def _touch(self) -> None:
        self.version += 1
        self.orders.clear()

    @property
    def byte_count(self) -> int:
        fields = (self.name, self.status, self.owner, self.tags, self.created, self.updated, self.status_at)
        mine = sum(values.byte_count for values in (*fields, *self.loaded.values()))
        return mine + 120 * len(self.ids) + 8 * len(self.ids) * len(self.orders)


PREFIX = ColumnName("field", "prefix")
NOTES = ColumnName("field", "notes")


class Tables:
    """The tables of this process: those looked at last, as many as have room."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: OrderedDict[int, Table] = OrderedDict()

    def of(self, workspace_id: int) -> Table:
        with self._lock:
            table = self._tables.setdefault(workspace_id, Table(workspace_id))
            self._tables.move_to_end(workspace_id)
            return table

    def shrink(self) -> None:
        """Called after each look."""
        most = settings.PANEWALL.limits.runs_cache_bytes
        total = self.byte_count
        with self._lock:
            while total > most and len(self._tables) > 1:
                _, table = self._tables.popitem(last=False)
                total -= table.byte_count
            last = next(reversed(self._tables.values()), None)
        if last is not None and total > most:
            with last.lock:
                while total > most and len(last.loaded) > 1:
                    _, values = last.loaded.popitem(last=False)
                    total -= values.byte_count

    @property
    def byte_count(self) -> int:
        with self._lock:
            return sum(table.byte_count for table in self._tables.values())

    def clear(self) -> None:
        with self._lock:
            self._tables.clear()


tables = Tables()


# --- the database's side


def read_stamp(cursor: Any, workspace_id: int) -> Stamp:
    """A few looks at an index, whatever the number of envs that rest."""
    living = " FROM envs_env WHERE workspace_id = %s AND deleted_at IS NULL"
    cursor.execute(f"SELECT updated_at{living} ORDER BY updated_at DESC LIMIT 1", [workspace_id])
    if (row := cursor.fetchone()) is None:
        return Stamp(0, 0.0, 0)
    latest = _timestamp(row[0])
    cursor.execute(f"SELECT COUNT(*){living}", [workspace_id])
    count = int(cursor.fetchone()[0])
    cursor.execute(
        f"SELECT COALESCE(SUM(revision), 0){living} AND updated_at >= %s",
        [workspace_id, _moment(latest - SLACK_S)],
    )
    return Stamp(count, latest, int(cursor.fetchone()[0]))


def find_column(cursor: Any, workspace_id: int, name: ColumnName) -> int | None:
    """A config key may be written with dots for its slashes."""
    source = Column.Source.METRIC if name.source == "metric" else Column.Source.CONFIG
    names = [name.name]
    if source == Column.Source.CONFIG and "." in name.name:
        names.append(name.name.replace(".", "/"))
    for each in names:
        cursor.execute(
            "SELECT id FROM runs_column WHERE workspace_id = %s AND source = %s AND name = %s",
            [workspace_id, source.value, each],
        )
        if (row := cursor.fetchone()) is not None:
            return row[0]
    return None


def _timestamp(value: Any) -> float:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def _moment(timestamp: float) -> Any:
    """A time as the database compares it."""
    return connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(timestamp, UTC))


def _seconds(column: str) -> str:
    """A time as seconds since 1970, in SQL."""
    if connection.vendor == "sqlite":
        return f"(julianday({column}) - 2440587.5) * 86400.0"
    return f"EXTRACT(EPOCH FROM {column})::float8"


@lru_cache(maxsize=20_000)
def _tags(text: str | None) -> tuple[str, ...]:
    found = json.loads(text) if text else []
    return tuple(tag for tag in found if isinstance(tag, str)) if isinstance(found, list) else ()


def _after(tags: tuple[str, ...], beginning: str) -> str | None:
    return next((tag[len(beginning) :] for tag in tags if tag.startswith(beginning)), None)


def _prefix(name: str) -> str:
    """What the tree of envs goes by, too."""
    return name.partition("_")[0] or name


def aggregate(reading: Reading, name: ColumnName) -> float | None:
    metric = reading.metrics.get(name.name)
    if metric is None:
        return None
    whole = metric.whole
    match name.aggregate:
        case "count":
            return float(whole.count)
        case "mean":
            return whole.total / whole.count if whole.count else None
    at = getattr(whole, AGGREGATES[name.aggregate])
    return None if at is None else at[1]


def _read_rows(cursor: Any, workspace_id: int, more: str, *values: Any) -> list[tuple]:
    when = ", ".join(_seconds(f"e.{name}") for name in ("created_at", "updated_at", "status_at"))
    tags = "CAST(e.tags AS TEXT)" if connection.vendor == "sqlite" else "e.tags::text"
    cursor.execute(
        f"SELECT e.id, e.name, e.status, e.revision, {tags}, u.username, {when} FROM envs_env e"
        " LEFT JOIN accounts_user u ON u.id = e.created_by_id"
        f" WHERE e.workspace_id = %s AND e.deleted_at IS NULL{more}",
        [workspace_id, *values],
    )
    return cursor.fetchall()


def _read_known(cursor: Any, workspace_id: int, ids: list[int] | None) -> list[tuple[int, int]]:
    if ids is None:
        cursor.execute("SELECT env_id, revision FROM runs_known WHERE workspace_id = %s", [workspace_id])
        return cursor.fetchall()
    out: list[tuple[int, int]] = []
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        cursor.execute(
            f"SELECT env_id, revision FROM runs_known WHERE env_id IN ({', '.join(['%s'] * len(some))})", some
        )
        out += cursor.fetchall()
    return out
