"""Asking for work off the request path, doing it once, and picking up what a crash left."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import current_app
from django.db import transaction
from django.utils import timezone

from .gate import write_transaction
from .models import Job

SILENT_AFTER = timedelta(minutes=5)
MAX_ATTEMPTS = 5


def enqueue(*, task: str, **arguments: object) -> Job:
    """Write the job's row now, and hint the workers once the surrounding transaction is committed."""
    with write_transaction():
        job = Job.objects.create(task=task, arguments=arguments)
        transaction.on_commit(lambda: _hint(job))
    return job


def _hint(job: Job) -> None:
    current_app.send_task(job.task, args=[job.pk])


@contextmanager
def running(job_id: int) -> Iterator[Job | None]:
    """Take a job for the time of the block: None if another worker has it or it is over.

    An exception marks it failed, with its words, and is raised on for the log.
    """
    now = timezone.now()
    with write_transaction():
        free = Job.objects.filter(pk=job_id).exclude(
            state__in=(Job.State.DONE, Job.State.CANCELLED, Job.State.FAILED)
        )
        free = free.exclude(state=Job.State.RUNNING, heard_at__gt=now - SILENT_AFTER)
        job = free.select_for_update().first()
        if job is not None:
            job.state, job.heard_at, job.attempts = Job.State.RUNNING, now, job.attempts + 1
            job.save(update_fields=["state", "heard_at", "attempts"])
    if job is None:
        yield None
        return
    try:
        yield job
    except Exception as error:
        _finish(job, Job.State.FAILED, f"{type(error).__name__}: {error}")
        raise
    _finish(job, Job.State.DONE, "")


def report(job: Job, progress: float) -> None:
    """Note how far a job is (0 to 1), which is also its sign of life."""
    with write_transaction():
        Job.objects.filter(pk=job.pk).update(progress=progress, heard_at=timezone.now())


def sweep() -> int:
    """Hint again what is unfinished and silent; give up what failed too often. Returns how many were hinted."""
    silent = timezone.now() - SILENT_AFTER
    lost = [job for job in Job.objects.unfinished() if (job.heard_at or job.created_at) < silent]
    for job in lost:
        if job.attempts >= MAX_ATTEMPTS:
            _finish(job, Job.State.FAILED, f"Given up after {job.attempts} attempts.")
        else:
            _hint(job)
    return len(lost)


def _finish(job: Job, state: Job.State, detail: str) -> None:
    with write_transaction():
        Job.objects.filter(pk=job.pk).update(
            state=state,
            detail=detail,
            progress=1.0 if state == Job.State.DONE else job.progress,
            finished_at=timezone.now(),
        )
