"""One look at the runs table: which envs, in which order, in which groups; and of some of them, everything that is asked."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from apps.accounts.models import Workspace
from apps.envs.models import Env
from apps.errors import Invalid
from apps.jobs.gate import FairLock
from apps.runs import leaves
from apps.runs.conditions import Filter, columns_of, holds
from apps.runs.models import Column, Summary, TableLook
from apps.runs.names import AGGREGATES, STEP_OF, ColumnName, parse
from apps.runs.refreshing import hint
from apps.runs.table import ORDERS_KEPT, Table, tables
from apps.runs.values import Mixed, Numbers, Texts, Values

#: What a look may spend on envs whose summaries are behind; the background does the rest.
PATIENCE_S = 0.1
#: Those that are shown are never behind, whatever it takes.
PAGE_PATIENCE_S = 5.0
#: A table of fewer envs is loaded in a moment.
CROWDED = 2000
#: Columns of a crowded table that are loaded ahead, and how many people's looks are asked which.
LIKELY_COLUMNS, LOOKS_READ = 24, 100
#: Texts whose keys are made in one piece, while a look may wait.
TEXTS_AT_ONCE = 10_000
USUAL_AGGREGATES = ("last", "min", "max")
NAME = ColumnName("field", "name")


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked of the table.

    Attributes:
        only: names of envs to look at, none of the others; None for all.
        first: names of envs that stand before all others, or before the others of their group.
        locate: names of envs of which it is asked where they stand.
        at: the stamp of what the asker holds: an answer of the same stamp has no rows.
    """

    columns: tuple[ColumnName, ...] = ()
    sort: ColumnName | None = None
    is_descending: bool = True
    filter: Filter | None = None
    search: str = ""
    group: tuple[ColumnName, ...] = ()
    only: tuple[str, ...] | None = None
    first: tuple[str, ...] = ()
    locate: tuple[str, ...] = ()
    offset: int = 0
    limit: int = 50

    @property
    def ordering(self) -> tuple:
        """Looks that agree in this have the same rows in the same order."""
        return (
            self.sort, self.is_descending, repr(self.filter), self.search, self.group, self.only, self.first
        )  # fmt: skip


@dataclass(slots=True)
class Group:
    """Rows that have the same value. ``depth`` 0 is the outermost; groups stand in the order of their rows."""

    depth: int
    column: str
    value: Any
    start: int
    count: int


@dataclass(slots=True)
class Sight:
    """The answer."""

    stamp: str
    total: int
    count: int
    behind: int
    elsewhere: int = 0
    groups: list[Group] = field(default_factory=list)
    places: list[int | None] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


def look(workspace: Workspace, asked: Look) -> Sight:
    table = tables.of(workspace.pk)
    with table.lock:
        table.sync()
        used = {*columns_of(asked.filter), *asked.group, *([asked.sort] if asked.sort else [])}
        if any(name.is_summarised for name in used):
            table.catch_up(until=time.monotonic() + PATIENCE_S)
        rows, groups, elsewhere = _ordered(table, asked)
        shown = rows[asked.offset : asked.offset + asked.limit]
        if any(name.is_summarised for name in asked.columns):
            table.catch_up(until=time.monotonic() + PAGE_PATIENCE_S, rows=shown.tolist())
        ids = table.ids[shown].tolist()
        behind = len(table.stale)
        sight = Sight(str(table.stamp), int(table.alive.sum()), len(rows), behind, elsewhere, groups)
        sight.places = _places(table, rows, asked.locate)
        durations = dict(zip(ids, table.durations()[shown].tolist(), strict=True))
    if behind:
        hint(workspace.pk)
    tables.shrink()
    sight.rows = _read(workspace, ids, asked.columns, durations)
    return sight


def load_tables(*, until: float = inf) -> list[Table]:
    """Load the tables of crowded workspaces, those written to last first, so that nobody waits for that at their first look.

    Stops where half of what may be kept is used, for a table more would soon push out another; and begins none after ``until``, in
    seconds of the monotonic clock.
    """
    crowded = (
        Env.objects.living()
        .values("workspace")
        .annotate(envs=Count("pk"), latest=Max("updated_at"))
        .filter(envs__gt=CROWDED)
        .order_by("-latest")
    )
    done: list[Table] = []
    for workspace_id in crowded.values_list("workspace", flat=True):
        if has_no_room() or time.monotonic() > until:
            break
        table = tables.of(workspace_id)
        with table.lock:
            table.sync()
        done.append(table)
    return done


def load_columns(loaded: list[Table]) -> None:
    """Load the likely columns of tables. A look that comes meanwhile waits for the piece at hand alone."""
    for table in loaded:
        for name in (NAME, *likely_columns(table.workspace_id)):
            if has_no_room():
                return
            with table.lock:
                values = table.column(name)
            texts = values.texts if isinstance(values, Mixed) else values
            if isinstance(texts, Texts):
                rank(texts, table.lock)


def has_no_room() -> bool:
    return tables.byte_count > settings.PANEWALL.limits.runs_cache_bytes / 2


def rank(texts: Texts, lock: FairLock) -> None:
    """Put the distinct texts of a column in order, which is most of a first sort by it, a piece at a time."""
    is_unread = True
    while is_unread:
        with lock:
            is_unread = texts.make_keys(TEXTS_AT_ONCE)
    with lock:
        texts.rank()


def likely_columns(workspace_id: int) -> list[ColumnName]:
    """Config and metric columns that a first look may sort and filter by: those that people have in their tables, the most
    usual first; then what else there is, the oldest first."""
    shown: Counter[ColumnName] = Counter()
    for kept in TableLook.objects.filter(workspace_id=workspace_id).values_list("look", flat=True)[
        :LOOKS_READ
    ]:
        for text in kept.get("columns", []) if isinstance(kept, dict) else []:
            with suppress(Invalid):
                shown[parse(str(text))] += 1
    names = [name for name, _ in shown.most_common() if name.is_summarised]
    there = Column.objects.filter(workspace_id=workspace_id).order_by("pk")
    for source, name in there.values_list("source", "name")[:LIKELY_COLUMNS]:
        if source == Column.Source.CONFIG:
            names.append(ColumnName("config", name))
        else:
            names += [ColumnName("metric", name, aggregate) for aggregate in USUAL_AGGREGATES]
    return list(dict.fromkeys(names))[:LIKELY_COLUMNS]


def _ordered(table: Table, asked: Look) -> tuple[np.ndarray, list[Group], int]:
    """Row numbers of all that match, in order, their groups, and how many more the search alone would find."""
    timeless = all(name.name != "duration" for name in (asked.sort, *columns_of(asked.filter)) if name)
    if timeless and asked.ordering in table.orders:
        table.orders.move_to_end(asked.ordering)
        return table.orders[asked.ordering]
    columns = {name: table.column(name) for name in (*columns_of(asked.filter), *asked.group)}
    found = table.alive & _found(table, asked.search)
    mask = found & holds(asked.filter, columns, len(table))
    if asked.only is not None:
        wanted = set(asked.only)
        mask &= table.name.where(lambda text: text in wanted)
    elsewhere = int((found & ~mask).sum()) if asked.search.strip() else 0
    rows = np.flatnonzero(mask)
    keys = _sort_key(table.column(asked.sort) if asked.sort else table.created, asked.is_descending)
    # The newest first among equals, in both directions.
    rows = rows[np.lexsort((-table.ids[rows], keys[rows]))]
    if asked.first:
        wanted = set(asked.first)
        is_first = table.name.where(lambda text: text in wanted)[rows]
        rows = np.concatenate([rows[is_first], rows[~is_first]])
    groups: list[Group] = []
    if asked.group:
        rows, groups = _grouped(rows, [(name, columns[name]) for name in asked.group])
    if timeless:
        table.orders[asked.ordering] = (rows, groups, elsewhere)
        while len(table.orders) > ORDERS_KEPT:
            table.orders.popitem(last=False)
    return rows, groups, elsewhere


def _places(table: Table, rows: np.ndarray, names: Sequence[str]) -> list[int | None]:
    """Where the envs of these names stand among the rows; None for one that is not there."""
    if not names:
        return []
    wanted = set(names)
    places = np.flatnonzero(table.name.where(lambda text: text in wanted)[rows]).tolist()
    found = {table.name.at(row): place for row, place in zip(rows[places].tolist(), places, strict=True)}
    return [found.get(name) for name in names]


def _found(table: Table, search: str) -> np.ndarray:
    """Which rows have all words of a search in their names."""
    mask = np.ones(len(table), dtype=bool)
    for word in search.casefold().split():
        mask &= table.name.where(lambda text, word=word: word in text.casefold())  # type: ignore[misc]
    return mask


def _sort_key(values: Values, is_descending: bool) -> np.ndarray:
    """Ascending numbers; NaN, where a row has no value, is the last in both directions."""
    keys = values.keys
    return -keys if is_descending else keys


def _grouped(rows: np.ndarray, by: Sequence[tuple[ColumnName, Values]]) -> tuple[np.ndarray, list[Group]]:
    """Rows sorted by group, otherwise as they were; groups of all depths in the order of their rows."""
    keys = [np.nan_to_num(values.keys[rows], nan=np.inf) for _, values in by]
    order = np.lexsort((np.arange(len(rows)), *reversed(keys)))
    rows, keys = rows[order], [key[order] for key in keys]
    groups: list[tuple[int, int, Group]] = []
    begins = np.zeros(len(rows), dtype=bool)
    if len(rows):
        begins[0] = True
    most = settings.PANEWALL.limits.runs_groups
    for depth, ((name, values), key) in enumerate(zip(by, keys, strict=True)):
        begins[1:] |= key[1:] != key[:-1]
        starts = np.flatnonzero(begins)
        if len(groups) + len(starts) > most:
            reason = f"That makes more than {most} groups: group by something with fewer values."
            raise Invalid(reason, code="too_many_groups", fields={"group": [reason]})
        counts = np.diff(np.append(starts, len(rows)))
        for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
            value = _value_at(values, int(rows[start]))
            groups.append((start, depth, Group(depth, str(name), value, start, count)))
    return rows, [group for _, _, group in sorted(groups, key=lambda each: each[:2])]


def _value_at(values: Values, row: int) -> Any:
    match values:
        case Texts():
            value = values.at(row)
            return list(value) if isinstance(value, tuple) else value
        case Numbers():
            number = float(values.values[row])
            return None if number != number else number
        case Mixed():
            found = _value_at(values.numbers, row)
            return (values.texts.at(row) or None) if found is None else found


def _read(
    workspace: Workspace, ids: list[int], columns: Sequence[ColumnName], durations: dict[int, float]
) -> list[dict[str, Any]]:
    """What is shown of these envs, as the database has it now, in this order. One that went meanwhile is left out."""
    envs = Env.objects.living().select_related("created_by").in_bulk(ids)
    metrics = _read_metrics(workspace, ids, columns)
    rows = []
    for env_id in ids:
        env = envs.get(env_id)
        if env is None:
            continue
        rows.append(
            {
                "env": f"{workspace.name}/{env.name}",
                "name": env.name,
                "status": env.status,
                "created": env.created_at,
                "updated": env.updated_at,
                "duration": round(durations[env_id], 3),
                "owner": env.created_by.username if env.created_by else None,
                "tags": env.tags,
                "notes": env.notes,
                "colour": env.colour,
                "cells": [_cell(env, name, metrics) for name in columns],
            }
        )
    return rows


def _cell(env: Env, name: ColumnName, metrics: dict[tuple[int, str], Summary]) -> Any:
    if name.source == "config":
        return _config_value(env.config, name.name)
    if name.source == "tag":
        beginning = f"{name.name}:"
        return next((tag[len(beginning) :] for tag in env.tags if tag.startswith(beginning)), None)
    if name.source == "metric":
        summary = metrics.get((env.pk, name.name))
        value = None if summary is None else getattr(summary, AGGREGATES[name.aggregate])
        if summary is None or value is None:
            return None
        step = getattr(summary, STEP_OF[name.aggregate]) if name.aggregate in STEP_OF else None
        return {"value": value, "step": step}
    return None


def _config_value(config: Any, name: str) -> Any:
    found = leaves.find(config, name)
    if found is None and "." in name:
        found = leaves.find(config, name.replace(".", "/"))
    # What has keys of its own has no value here, but one for each of them.
    return None if isinstance(found, dict) and found else found


def _read_metrics(
    workspace: Workspace, ids: list[int], columns: Sequence[ColumnName]
) -> dict[tuple[int, str], Summary]:
    names = {name.name for name in columns if name.source == "metric"}
    if not names or not ids:
        return {}
    rows = Summary.objects.filter(
        env__in=ids,
        column__workspace=workspace,
        column__source=Column.Source.METRIC,
        column__name__in=names,
    ).select_related("column")
    return {(row.env_id, row.column.name): row for row in rows.defer("sealed")}
