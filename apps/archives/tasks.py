"""The doors of Celery into archives."""

from celery import shared_task

from apps.errors import DomainError
from apps.jobs import services

from . import uploads


@shared_task
def bring_in(job_id: int) -> None:
    """Bring an uploaded archive in. Safe to run twice."""
    try:
        with services.running(job_id) as job:
            if job is not None:
                uploads.bring_in(job)
    except DomainError:
        return  # the job's row says it, to whom it concerns


@shared_task
def remove_old() -> int:
    """Remove uploads that were never brought in."""
    return uploads.remove_old()
