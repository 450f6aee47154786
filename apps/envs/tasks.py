"""The door of Celery into envs: runs whose program fell silent are marked."""

import time

from celery import shared_task
from django.conf import settings

from . import silence

_begun = time.monotonic()


@shared_task
def mark_stalled() -> int:
    """Returns how many runs it marked. A server that has just started gives programs the time to come back to it."""
    if time.monotonic() - _begun < settings.PANEWALL.stalled_after_s:
        return 0
    return silence.mark_stalled()
