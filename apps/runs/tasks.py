"""The doors of Celery into the runs table."""

import time

from celery import shared_task

from apps.jobs import services
from apps.runs import refreshing


@shared_task
def refresh_runs(job_id: int) -> None:
    """Bring the summaries of a workspace's envs up to their revisions. Safe to run twice."""
    with services.running(job_id) as job:
        if job is not None:
            refreshing.refresh_workspace(job)


@shared_task
def refresh_rested() -> int:
    """Summarise envs that were written to and are at rest since. Returns how many."""
    return refreshing.refresh_rested(until=time.monotonic() + 30)
