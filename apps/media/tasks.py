"""The doors of Celery into files."""

from celery import shared_task

from . import files


@shared_task
def remove_unused() -> int:
    """Remove files that no window shows any more. Returns how many went."""
    return files.remove_unused() + files.remove_strays()
