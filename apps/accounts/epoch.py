"""A counter that says "somebody's rights changed", so that running processes look again.

It moves inside the transaction of the change; every process polls it (once a second) and re-checks its open
sockets when it moved. That is how a command line on a live data folder reaches a running server.
"""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.accounts.models import AccessEpoch

# Called in this process when the epoch moves: at once, and again when the change is committed (another thread
# may have read the old rows in between).
on_bumped: list[Callable[[], None]] = []


def current() -> int:
    """The epoch now, from the database."""
    return AccessEpoch.objects.filter(pk=1).values_list("value", flat=True).first() or 0


def bump() -> None:
    """Move the epoch. Call it inside the transaction of the change."""
    if not AccessEpoch.objects.filter(pk=1).update(value=F("value") + 1):
        try:
            with transaction.atomic():
                AccessEpoch.objects.create(pk=1, value=1)
        except IntegrityError:
            AccessEpoch.objects.filter(pk=1).update(value=F("value") + 1)
    announce()
    transaction.on_commit(announce)


def announce() -> None:
    """Tell this process's caches; also for whoever polled a new value."""
    for callback in on_bumped:
        callback()
