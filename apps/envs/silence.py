"""Runs that said they live, and then no more: killed, or cut off. They are marked as stalled until they are heard of again.

The mark is a write like any other to those who watch: it takes the env's next revision, by which pages learn of it.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from apps.jobs.gate import write_transaction

from .models import Env

#: Runs marked in one go; the rest wait for the next.
ROUND = 1000


def mark_stalled() -> int:
    """Mark the running envs that were not heard of for too long. Returns how many."""
    now = timezone.now()
    silent = Env.objects.living().filter(
        status=Env.Status.RUNNING, alive_at__lt=now - timedelta(seconds=settings.PANEWALL.stalled_after_s)
    )
    marked = 0
    for env_id in list(silent.order_by("alive_at").values_list("pk", flat=True)[:ROUND]):
        with write_transaction():
            # Whoever was heard of meanwhile is left alone.
            marked += silent.filter(pk=env_id).update(
                status=Env.Status.STALLED, status_at=now, revision=F("revision") + 1
            )
    return marked
