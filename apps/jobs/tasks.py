"""The doors of Celery into jobs."""

from celery import shared_task

from . import services


@shared_task
def sweep() -> int:
    return services.sweep()
