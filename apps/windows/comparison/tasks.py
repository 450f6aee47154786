"""Celery's door into comparisons. The same task runs in the threads of a server on its own and in a cluster's workers."""

import time
from datetime import timedelta

from celery import shared_task

from apps.jobs import services as jobs
from apps.jobs.models import Job

from . import keeping
from .rendering import render

TASK = "apps.windows.comparison.tasks.compare"
#: Between two reports of a job: they are writes, and most comparisons are done sooner.
REPORT_S = 0.4
#: Somebody looks at a page that waits: a worker that tells nothing of a comparison for so long is not waited for.
SILENT_AFTER = timedelta(seconds=20)


@shared_task
def compare(job_id: int) -> None:
    """Bring the picture of a comparison to the present. A second run finds nothing changed."""
    with jobs.running(job_id, silent_after=SILENT_AFTER) as job:
        if job is not None:
            draw(job)


def draw(job: Job) -> None:
    env_ids, width_px = job.arguments["envs"], job.arguments["width"]
    key = (tuple(env_ids), width_px)
    reported_at = time.monotonic()

    def report(done: float) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at > REPORT_S:
            reported_at = time.monotonic()
            jobs.report(job, done)

    picture = render(env_ids, width_px=width_px, before=keeping.get(key), report=report)
    keeping.put(key, picture)
