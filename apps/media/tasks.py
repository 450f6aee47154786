"""The doors of Celery into files."""

from celery import shared_task

from apps.jobs import services as jobs

from . import conversion, files, thumbnails


@shared_task
def remove_unused() -> int:
    """Remove files that no window shows any more. Returns how many went."""
    conversion.remove_leavings()
    return files.remove_unused() + files.remove_strays()


@shared_task
def paint(job_id: int) -> None:
    """Make the smaller pictures that are to be made. Safe to run twice."""
    with jobs.running(job_id) as job:
        if job is not None:
            thumbnails.run(job)
    if job is not None and thumbnails.has_work():
        thumbnails.ask()  # it came while the job ended


@shared_task
def convert(job_id: int) -> None:
    """Make a sound or a video playable. Safe to run twice."""
    conversion.take(job_id)


@shared_task
def look_for_work() -> None:
    """Find what a crash left: files of which something is to be made, and no job for them."""
    if thumbnails.has_work():
        thumbnails.ask()
    conversion.sweep()
