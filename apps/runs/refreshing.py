"""Bringing summaries and settings up to the envs' revisions. Safe to do twice, and by several processes at once."""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.envs.models import Env
from apps.jobs.gate import write_transaction
from apps.jobs.models import Job
from apps.jobs.services import enqueue_once, report
from apps.runs.models import Column, Known, Setting, Summary
from apps.runs.reading import Reading, read_envs

TASK = "apps.runs.tasks.refresh_runs"
#: Envs read and written together: a few milliseconds, so that writers wait for no longer.
BATCH = 16
#: Envs looked for at once by the background.
ROUND = 500
AT_REST = timedelta(minutes=1)
MOST_RESTED = 5000
SUMMARY_FIELDS = (
    "trace_id", "generation", "chunks", "points", "sealed", "count",
    "mean", "last", "last_step", "low", "low_step", "high", "high_step",
)  # fmt: skip
#: What says that a metric's rows are as they should be.
MARK = ("trace_id", "generation", "chunks", "points")


def refresh(env_ids: Sequence[int], *, until: float | None = None) -> list[Reading]:
    """Read these envs and keep what they came to. Stops early at ``until`` by the monotonic clock.

    Returns:
        The envs that were done; one that is gone is left out.
    """
    done: list[Reading] = []
    for at in range(0, len(env_ids), BATCH):
        if until is not None and done and time.monotonic() >= until:
            break
        readings = read_envs(env_ids[at : at + BATCH])
        if readings:
            _keep(readings)
        done += readings
    return done


def hint(workspace_id: int) -> None:
    """Have the background do what a page could not wait for."""
    enqueue_once(task=TASK, key=str(workspace_id), arguments={"workspace": workspace_id})


def refresh_latest(workspace_id: int, *, until: float) -> None:
    """The envs of a workspace that moved, the latest first, as far as the time goes; the background does the rest."""
    latest = moved(Env.objects.filter(workspace_id=workspace_id)).order_by("-updated_at")
    some = list(latest.values_list("pk", flat=True)[:ROUND])
    if len(refresh(some, until=until)) < len(some) or len(some) == ROUND:
        hint(workspace_id)


def refresh_workspace(job: Job) -> None:
    """All envs of the job's workspace that moved, the latest first."""
    envs = moved(Env.objects.filter(workspace_id=job.arguments["workspace"]))
    total = envs.count()
    done = 0
    while some := list(envs.order_by("-updated_at").values_list("pk", flat=True)[:ROUND]):
        for at in range(0, len(some), BATCH):
            refresh(some[at : at + BATCH])
            time.sleep(0)  # others have a turn
        done += len(some)
        report(job, min(1.0, done / max(1, total)))
        if done > 2 * total:
            break  # they move faster than this: the pages that show them read them themselves


def refresh_rested(*, quiet: timedelta = AT_REST, until: float | None = None) -> int:
    """Envs that were written to and are at rest since: by the time somebody looks, there is nothing to wait for."""
    envs = moved(Env.objects.filter(updated_at__lt=timezone.now() - quiet)).order_by("-updated_at")
    return len(refresh(list(envs.values_list("pk", flat=True)[:MOST_RESTED]), until=until))


def moved(envs: QuerySet[Env]) -> QuerySet[Env]:
    """Those of ``envs`` whose rows here are of another revision, or missing."""
    same = Known.objects.filter(env=OuterRef("pk"), revision=OuterRef("revision"))
    return envs.filter(~Exists(same), deleted_at=None)


# --- inside


def _keep(readings: list[Reading]) -> None:
    with write_transaction():
        readings = _lock(readings)
        if not readings:
            return
        columns = _columns(readings)
        env_ids = [reading.env_id for reading in readings]
        _keep_summaries(readings, columns, env_ids)
        _keep_settings(readings, columns, env_ids)
        Known.objects.bulk_create(
            [Known(env_id=r.env_id, workspace_id=r.workspace_id, revision=r.revision) for r in readings],
            update_conflicts=True,
            unique_fields=["env"],
            update_fields=["workspace", "revision"],
        )


def _lock(readings: list[Reading]) -> list[Reading]:
    """Those that nobody has kept in a later state meanwhile; their rows are ours until the commit."""
    ids = sorted(reading.env_id for reading in readings)
    Known.objects.bulk_create(
        [
            Known(env_id=r.env_id, workspace_id=r.workspace_id, revision=-1)
            for r in sorted(readings, key=lambda r: r.env_id)
        ],
        ignore_conflicts=True,
    )
    rows = Known.objects.filter(pk__in=ids).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    at = dict(rows.values_list("pk", "revision"))
    return [reading for reading in readings if at.get(reading.env_id, -1) < reading.revision]


def _columns(readings: list[Reading]) -> dict[tuple[int, str, str], int]:
    """{(workspace, source, name): id}, made where missing."""
    wanted = {(r.workspace_id, Column.Source.CONFIG.value, name) for r in readings for name in r.settings}
    wanted |= {(r.workspace_id, Column.Source.METRIC.value, name) for r in readings for name in r.metrics}
    found = _find_columns(wanted)
    missing = sorted(wanted - set(found))
    if missing:
        Column.objects.bulk_create(
            [Column(workspace_id=w, source=source, name=name) for w, source, name in missing],
            ignore_conflicts=True,
        )
        found |= _find_columns(set(missing))
    return found


def _find_columns(wanted: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str, str], int]:
    out: dict[tuple[int, str, str], int] = {}
    names = sorted({name for _, _, name in wanted})
    workspaces = {workspace for workspace, _, _ in wanted}
    for at in range(0, len(names), 400):
        rows = Column.objects.filter(workspace__in=workspaces, name__in=names[at : at + 400])
        out.update(
            {
                (w, source, name): pk
                for pk, w, source, name in rows.values_list("pk", "workspace_id", "source", "name")
            }
        )
    return out


def _keep_summaries(readings: list[Reading], columns: dict, env_ids: list[int]) -> None:
    rows = Summary.objects.filter(env__in=env_ids).values_list("pk", "env_id", "column_id", *MARK)
    present = {(env_id, column_id): (pk, mark) for pk, env_id, column_id, *mark in rows}
    fresh: list[Summary] = []
    for reading in readings:
        for name, metric in reading.metrics.items():
            column_id = columns[reading.workspace_id, Column.Source.METRIC.value, name]
            _, mark = present.pop((reading.env_id, column_id), (None, None))
            whole = metric.whole
            row = Summary(
                column_id=column_id,
                env_id=reading.env_id,
                trace_id=metric.trace_id,
                generation=metric.generation,
                chunks=metric.chunks,
                points=metric.points,
                sealed=metric.sealed,
                count=whole.count,
                mean=_finite(whole.total / whole.count) if whole.count else None,
            )
            for place in ("last", "low", "high"):
                if (at := getattr(whole, place)) is not None:
                    setattr(row, f"{place}_step", at[0])
                    setattr(row, place, at[1])
            if mark != [getattr(row, name) for name in MARK]:
                fresh.append(row)
    for at in range(0, len(fresh), 200):
        Summary.objects.bulk_create(
            fresh[at : at + 200],
            update_conflicts=True,
            unique_fields=["column", "env"],
            update_fields=SUMMARY_FIELDS,
        )
    if present:
        _remove(Summary, [pk for pk, _ in present.values()])


def _keep_settings(readings: list[Reading], columns: dict, env_ids: list[int]) -> None:
    rows = Setting.objects.filter(env__in=env_ids).values_list("pk", "env_id", "column_id", "number", "text")
    present = {(env_id, column_id): (pk, (number, text)) for pk, env_id, column_id, number, text in rows}
    fresh: list[Setting] = []
    for reading in readings:
        for name, leaf in reading.settings.items():
            column_id = columns[reading.workspace_id, Column.Source.CONFIG.value, name]
            _, kept = present.pop((reading.env_id, column_id), (None, None))
            if kept != leaf:
                fresh.append(
                    Setting(column_id=column_id, env_id=reading.env_id, number=leaf[0], text=leaf[1])
                )
    for at in range(0, len(fresh), 200):
        Setting.objects.bulk_create(
            fresh[at : at + 200],
            update_conflicts=True,
            unique_fields=["column", "env"],
            update_fields=["number", "text"],
        )
    if present:
        _remove(Setting, [pk for pk, _ in present.values()])


def _remove(model: type[Summary] | type[Setting], pks: list[int]) -> None:
    for at in range(0, len(pks), 400):
        model.objects.filter(pk__in=pks[at : at + 400])._raw_delete(using="default")


def _finite(value: float) -> float | None:
    return value if abs(value) != float("inf") and value == value else None
