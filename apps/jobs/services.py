"""Asking for work off the request path, doing it once, and picking up what a crash left."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.errors import Conflict

from . import news
from .errors import Failed
from .gate import write_transaction
from .models import Job, JobQuerySet

SILENT_AFTER = timedelta(minutes=5)
MAX_ATTEMPTS = 5
#: What asking for a job anew sets back.
FRESH = {
    "state": Job.State.QUEUED,
    "attempts": 0,
    "progress": 0.0,
    "detail": "",
    "heard_at": None,
    "finished_at": None,
}


class Cancelled(Exception):
    """The job is not wanted any more, or another worker has it. ``running`` ends quietly with it."""


def enqueue(*, task: str, **arguments: object) -> Job:
    """Write the job's row now, and hint the workers once the surrounding transaction is committed."""
    with write_transaction():
        job = Job.objects.create(task=task, arguments=arguments)
        # A queue that is down costs only time: the sweep hints again.
        transaction.on_commit(lambda: _hint(job), robust=True)
    return job


def enqueue_once(
    *, task: str, key: str, arguments: dict, owner_id: int | None = None, title: str = ""
) -> Job:
    """The job of this task and key: made now, or asked for anew if it is over; one that waits or runs is left to it.

    Args:
        key: at most 100 characters; who asks with the same key gets the same job.
        owner_id: whose job it is, if it is made now.
    """
    try:
        return _enqueue_once(task, key, arguments, owner_id, title[:300])
    except IntegrityError:  # another process made it meanwhile
        return _enqueue_once(task, key, arguments, owner_id, title[:300])


def _enqueue_once(task: str, key: str, arguments: dict, owner_id: int | None, title: str) -> Job:
    with write_transaction():
        job = Job.objects.select_for_update().filter(task=task, key=key).first()
        if job is None:
            job = Job.objects.create(task=task, key=key, arguments=arguments, owner_id=owner_id, title=title)
        elif job.state in (Job.State.QUEUED, Job.State.RUNNING):
            return job
        else:
            for name, value in FRESH.items():
                setattr(job, name, value)
            job.created_at, job.turn = timezone.now(), job.turn + 1
            job.save(update_fields=[*FRESH, "created_at", "turn"])
        transaction.on_commit(lambda: _hint(job), robust=True)
    return job


def _hint(job: Job) -> None:
    current_app.send_task(job.task, args=[job.pk], retry=False)


@contextmanager
def running(job_id: int, *, silent_after: timedelta = SILENT_AFTER) -> Iterator[Job | None]:
    """Take a job for the time of the block: None if another worker has it or it is over.

    An exception marks it failed, with its words, and is raised on for the log. A worker that was silent for so long
    that another one took its job changes nothing more of the row.

    Args:
        silent_after: for so long nothing may be heard of a worker.
    """
    with write_transaction():
        job = Job.objects.unfinished().filter(pk=job_id).select_for_update().first()
        if job is not None and job.is_held(silent_after):
            job = None
        if job is not None:
            job.state, job.heard_at = Job.State.RUNNING, timezone.now()
            job.attempts, job.turn = job.attempts + 1, job.turn + 1
            job.save(update_fields=["state", "heard_at", "attempts", "turn"])
    if job is None:
        yield None
        return
    try:
        yield job
    except Cancelled:
        return
    except Failed as error:
        _finish(job, Job.State.FAILED, str(error))
        raise
    except Exception as error:
        _finish(job, Job.State.FAILED, f"{type(error).__name__}: {error}")
        raise
    _finish(job, Job.State.DONE, "")


def report(job: Job, progress: float) -> None:
    """Note how far a job is (0 to 1), which is also its sign of life.

    Raises:
        Cancelled: stop working on it.
    """
    with write_transaction():
        if not _mine(job).update(progress=progress, heard_at=timezone.now()):
            raise Cancelled(f"Job {job.pk} is not wanted any more.")
    news.tell(job.pk, Job.State.RUNNING, progress)


def cancel(*, job: Job) -> None:
    """The job shall not be done; a worker that is at it stops at its next report. One that is over stays as it is."""
    with write_transaction():
        Job.objects.unfinished().filter(pk=job.pk).update(
            state=Job.State.CANCELLED, finished_at=timezone.now()
        )
    job.refresh_from_db()
    news.tell(job.pk, job.state, job.progress)


def retry(*, job: Job) -> None:
    """Do a job again that failed or was cancelled. A worker that has not yet noticed the cancelling stops all the same.

    Raises:
        Conflict: it is waiting, running or done.
    """
    with write_transaction():
        over = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.CANCELLED))
        if not over.update(created_at=timezone.now(), turn=F("turn") + 1, **FRESH):
            raise Conflict("Only a job that failed or was cancelled can be done again.", code="not_over")
        transaction.on_commit(lambda: _hint(job), robust=True)
    job.refresh_from_db()


def sweep() -> int:
    """Hint again what is unfinished and silent; give up what failed too often. Returns how many it found.

    Rows of jobs that are long over are removed.
    """
    long_ago = timezone.now() - timedelta(days=settings.PANEWALL.job_rows_days)
    over = Job.objects.exclude(state__in=(Job.State.QUEUED, Job.State.RUNNING))
    if over.filter(finished_at__lt=long_ago).exists():
        with write_transaction():
            over.filter(finished_at__lt=long_ago).delete()
    silent = timezone.now() - SILENT_AFTER
    lost = [
        job for job in Job.objects.unfinished().order_by("pk") if (job.heard_at or job.created_at) < silent
    ]
    for job in lost:
        if job.attempts >= MAX_ATTEMPTS:
            _finish(job, Job.State.FAILED, f"Given up after {job.attempts} attempts.")
        else:
            _hint(job)
    return len(lost)


def recover() -> int:
    """At the start of the only process there is: nobody works on anything, and its queue is empty. Returns how many wait."""
    with write_transaction():
        Job.objects.filter(state=Job.State.RUNNING).update(state=Job.State.QUEUED, heard_at=None)
    waiting = list(Job.objects.unfinished().filter(attempts__lt=MAX_ATTEMPTS).order_by("pk"))
    for job in waiting:
        _hint(job)
    return len(waiting)


def _mine(job: Job) -> JobQuerySet:
    """The job's row, while this attempt at it is the present one."""
    return Job.objects.unfinished().filter(pk=job.pk, turn=job.turn)


def _finish(job: Job, state: Job.State, detail: str) -> None:
    with write_transaction():
        progress = 1.0 if state == Job.State.DONE else F("progress")
        is_mine = _mine(job).update(state=state, detail=detail, progress=progress, finished_at=timezone.now())
    if is_mine:  # and was not cancelled, or done by another, meanwhile
        news.tell(job.pk, state, 1.0 if state == Job.State.DONE else job.progress)
