"""Work that keeps the series store tidy. None of it changes content; each step is a short transaction that takes its
turn among writers."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, QuerySet
from django.utils import timezone

from apps.envs.models import Env
from apps.jobs.gate import write_transaction

from .models import IngestSession, Tail, Trace, Window
from .series import store
from .state import TraceState, delete_texts, delete_traces

SESSION_LIFE = timedelta(days=90)
#: Other apps remove what hangs on purged windows: called with ([window ids]).
purge_hooks: list = []
AT_REST = timedelta(minutes=1)
ROUND = 200


@shared_task
def compact() -> int:
    """Cut unaligned traces anew, and make the tails of traces at rest one row each. Returns how many it touched.

    Envs written to within the last minute are left alone: they would only be untidy again.
    """
    quiet = timezone.now() - AT_REST
    unaligned = Trace.objects.filter(aligned=False, window__env__updated_at__lt=quiet).values_list(
        "pk", flat=True
    )
    long_tails = (
        Tail.objects.filter(trace__window__env__updated_at__lt=quiet)
        .values("trace_id")
        .annotate(rows=Count("start"))
        .filter(rows__gt=4)
        .values_list("trace_id", flat=True)
    )
    ids = sorted({*unaligned[:ROUND], *long_tails[:ROUND]})
    return sum(_tidy(trace_id, quiet) for trace_id in ids)


def _tidy(trace_id: int, quiet: object) -> bool:
    with write_transaction(), connection.cursor() as cursor:
        row = Trace.objects.select_related("window__env").filter(pk=trace_id).first()
        if row is None:
            return False
        # The env's row lock keeps its writers out.
        locked = Env.objects.select_for_update().filter(pk=row.window.env_id, updated_at__lt=quiet).first()
        if locked is None:
            return False
        row.refresh_from_db()
        state = TraceState.of(row)
        series = state.load(cursor)
        if series.aligned:
            store.merge_tail(cursor, series)
        else:
            store.realign(cursor, series)
            # Its positions in chunks moved: a revision of its own makes every committer read the env anew.
            Env.objects.filter(pk=locked.pk).update(revision=F("revision") + 1)
    return True


@shared_task
def purge() -> int:
    """Remove for good what was closed or deleted long ago, and sessions nobody came back to. Returns windows removed."""
    long_ago = timezone.now() - timedelta(days=settings.PANEWALL.idle_rows_days)
    with write_transaction():
        IngestSession.objects.filter(updated_at__lt=timezone.now() - SESSION_LIFE).delete()
    gone = 0
    for env_id in Env.objects.filter(deleted_at__lt=long_ago).values_list("pk", flat=True)[:ROUND]:
        gone += _purge_windows(Window.objects.filter(env_id=env_id))
        with write_transaction():
            Env.objects.filter(pk=env_id).delete()
    gone += _purge_windows(Window.objects.filter(deleted_at__lt=long_ago))
    return gone


def _purge_windows(windows: QuerySet[Window]) -> int:
    gone = 0
    for window in list(windows[:ROUND]):
        with write_transaction():
            # A page that has not heard of the close yet must begin anew.
            floor = Window.objects.filter(pk=window.pk).aggregate(Max("revision"))["revision__max"] or 0
            Env.objects.filter(pk=window.env_id, delta_floor__lt=floor).update(delta_floor=floor)
            for hook in purge_hooks:
                hook([window.pk])
            delete_texts([window.pk])
            delete_traces(list(Trace.objects.filter(window=window).values_list("pk", flat=True)))
            Window.objects.filter(pk=window.pk).delete()
        gone += 1
    return gone
