"""Smaller pictures, made off the request path: one job for all of them, since a row for each would cost more than the picture.

Assets themselves say what is to be done (``Asset.work``). The job takes the latest first, those that somebody asked for among
them, and ends when there is nothing left. Whoever adds work looks at the job's row after the commit: a job that waits will see
the work, and one that runs looks once more after its end. So none is forgotten, and what a crash left is found by the sweep.
"""

import logging
import time

import celery.worker.state
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.jobs import services as jobs
from apps.jobs.gate import write_transaction
from apps.jobs.models import Job

from . import news, storing
from .files import Stored, on_work
from .models import Asset, Rendition, Work, rendition_path
from .painting import Failed, Painted, painter, prompt_painter
from .renditions import WEBP, WIDTHS, is_worth_keeping, widths_of

log = logging.getLogger(__name__)

TASK = "apps.media.tasks.paint"
KEY = "pictures"
NAME_OF = {width: name for name, width in WIDTHS.items()}
#: Pictures taken at once, and for how long their rows may wait for each other.
BATCH, ROWS_S = 8, 0.2
#: With nothing left to do, the job stays for a moment: the next picture is often on its way.
LINGER_S, LOOK_S = 1.0, 0.1
#: A sign of life, and a look whether the job is still wanted.
REPORT_S = 2.0


def note_work(new: list[Stored], owner_id: int | None, about: str) -> None:
    """New pictures came in the transaction at hand."""
    if any(file.kind == "image" for file in new):
        transaction.on_commit(ask, robust=True)


def ask() -> None:
    """See to it that a job is there which will see what was committed."""
    state = Job.objects.filter(task=TASK, key=KEY).values_list("state", flat=True).first()
    if state not in (Job.State.QUEUED, Job.State.RUNNING):
        jobs.enqueue_once(task=TASK, key=KEY, arguments={}, title="Smaller pictures")


def want(sha256s: list[str]) -> None:
    """Somebody waits for smaller ones of these pictures: they are next."""
    with write_transaction():
        waiting = Asset.objects.filter(pk__in=sha256s, work__in=(Work.NONE, Work.QUEUED))
        waiting.update(work=Work.QUEUED, due_at=timezone.now())
    ask()


def has_work() -> bool:
    return _due().exists()


def run(job: Job) -> None:
    """Make what is to be made until nothing is left, or the server ends: its rows say what is left for the next one."""
    quiet_since = reported_at = time.monotonic()
    while celery.worker.state.should_stop is None:
        batch = list(_due()[:BATCH])
        if batch:
            _make(batch)
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > LINGER_S:
            return
        else:
            time.sleep(LOOK_S)
        if time.monotonic() - reported_at > REPORT_S:
            reported_at = time.monotonic()
            jobs.report(job, 0.0)


def _due() -> QuerySet[Asset]:
    return Asset.objects.filter(work=Work.QUEUED, content_type__startswith="image/").order_by("-due_at")


def _make(batch: list[Asset]) -> None:
    """Smaller ones of some pictures. Rows are written now and then; the rest of a batch waits for a new look."""
    began = time.monotonic()
    rows: list[Rendition] = []
    done: list[str] = []
    failed: dict[str, str] = {}
    for asset in batch:
        try:
            rows += make(asset)
            done.append(asset.pk)
        except FileNotFoundError:
            failed[asset.pk] = "The file is gone."
        except Failed as error:
            failed[asset.pk] = str(error)
        except Exception:
            log.exception("Smaller pictures of %s could not be kept.", asset.pk)
            failed[asset.pk] = "The server failed on it."
        if time.monotonic() - began > ROWS_S:
            break
    with write_transaction():
        # An asset that was removed meanwhile takes no rows; its files are found as strays.
        living = set(Asset.objects.filter(pk__in=done).select_for_update().values_list("pk", flat=True))
        Rendition.objects.bulk_create(
            [row for row in rows if row.asset_id in living],
            update_conflicts=True,
            unique_fields=["asset", "name"],
            update_fields=["size", "content_type", "width", "height"],
        )
        Asset.objects.filter(pk__in=living).update(work=Work.READY, detail="")
        for sha256, why in failed.items():
            Asset.objects.filter(pk=sha256).update(work=Work.FAILED, detail=why)
    news.tell()


def make(asset: Asset) -> list[Rendition]:
    """Make and store the smaller ones of a picture; their rows are left to the caller.

    Raises:
        Failed, FileNotFoundError
    """
    widths = widths_of(asset)
    if not widths:
        return []
    with default_storage.open(asset.path, "rb") as file:
        data = file.read()
    rows = []
    for made in painter.paint(data, widths):
        if is_worth_keeping(asset, made.width, len(made.data)):
            rows.append(_row(asset, made))
            storing.write(rendition_path(asset.pk, NAME_OF[made.width]), made.data, anew=True)
    return rows


def paint_now(asset: Asset, width: int) -> bytes:
    """One smaller picture for somebody who waits; it is not kept, but the page keeps it, and the job makes it for the others.

    Raises:
        Failed, FileNotFoundError
    """
    with default_storage.open(asset.path, "rb") as file:
        (made,) = prompt_painter.paint(file.read(), [width])
    return made.data


def _row(asset: Asset, made: Painted) -> Rendition:
    across, down = made.size
    return Rendition(
        asset=asset,
        name=NAME_OF[made.width],
        size=len(made.data),
        content_type=WEBP,
        width=across,
        height=down,
    )


on_work.append(note_work)
