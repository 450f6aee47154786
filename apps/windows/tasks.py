"""Work that keeps the series store tidy. None of it changes content; each step is a short transaction that takes its
turn among writers."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from apps.envs.models import Env
from apps.jobs.gate import write_transaction

from .models import Chunk, IngestSession, Tail, Trace, Window
from .series import store
from .state import TraceState, delete_texts, delete_traces

SESSION_LIFE = timedelta(days=90)
#: Other apps remove what hangs on purged windows: called with ([window ids]).
purge_hooks: list = []
AT_REST = timedelta(minutes=1)
#: A hidden copy that no snapshot stands for is being made, or was left behind; no copying takes this long.
COPYING = timedelta(days=1)
ROUND = 200
#: Chunks removed in one transaction, about 10 ms.
PIECE = 256


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
        locked = Env.everything.select_for_update().filter(pk=row.window.env_id, updated_at__lt=quiet).first()
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
            Env.everything.filter(pk=locked.pk).update(revision=F("revision") + 1)
    return True


@shared_task
def purge() -> int:
    """Remove for good what was closed or deleted long ago, and sessions nobody came back to. Returns windows removed.

    What is that old can no longer be restored (handlers, access), so its points go piece by piece, and the rows that
    pages hear of go last.
    """
    # An hour more than people have, so that clocks may differ.
    long_ago = timezone.now() - timedelta(days=settings.PANEWALL.idle_rows_days, hours=1)
    with write_transaction():
        IngestSession.objects.filter(updated_at__lt=timezone.now() - SESSION_LIFE).delete()
    # Hidden copies go with their env, or once no snapshot stands for them.
    forgotten = Q(copy_of__isnull=False, kept_as=None, updated_at__lt=timezone.now() - COPYING)
    deleted = Env.everything.filter(
        Q(copy_of=None, deleted_at__lt=long_ago) | Q(copy_of__deleted_at__lt=long_ago) | forgotten
    )
    closed = Window.objects.filter(Q(deleted_at__lt=long_ago) | Q(env__in=deleted)).select_related("env")
    gone = sum(_purge_window(window) for window in closed.order_by("pk")[:ROUND])
    filled = Window.objects.filter(Q(env=OuterRef("pk")) | Q(env__copy_of=OuterRef("pk")))
    for env_id in list(deleted.exclude(Exists(filled)).values_list("pk", flat=True)[:ROUND]):
        with write_transaction():
            Env.everything.filter(pk=env_id).delete()
    return gone


def _purge_window(window: Window) -> int:
    traces = list(Trace.objects.filter(window=window).values_list("pk", "chunks"))
    for trace_id, chunks in traces:
        for first in range(0, chunks, PIECE):
            with write_transaction():
                Chunk.objects.filter(trace_id=trace_id, level=0, no__gte=first, no__lt=first + PIECE).delete()
    with write_transaction():
        # A page that has not heard of the close yet must begin anew.
        home = Q(pk=window.env_id) | Q(pk=window.env.copy_of_id)
        Env.everything.filter(home, delta_floor__lt=window.revision).update(delta_floor=window.revision)
        for hook in purge_hooks:
            hook([window.pk])
        delete_texts([window.pk])
        delete_traces([trace_id for trace_id, _ in traces])
        Window.objects.filter(pk=window.pk).delete()
    return 1
