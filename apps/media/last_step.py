"""The last step of a run: where a program that takes it up again goes on counting."""

from django.db import connections
from django.db.models import Max, OuterRef, Subquery

from apps.envs.models import Env
from apps.jobs.gate import read_snapshot
from apps.windows.models import Trace, Window
from apps.windows.series import read, store
from apps.windows.state import TraceState

from .models import Sample

#: Metrics of the machine, whose steps are seconds.
MACHINE = "sys/"


def last_step(env: Env) -> int | None:
    """The greatest step of the env's metrics and samples; None: it has none. Only ends are read, however long they are."""
    with read_snapshot() as using:
        living = Window.objects.using(using).living().filter(env=env)
        newest = Sample.objects.filter(window_id=OuterRef("pk")).order_by("-step").values("step")[:1]
        steps = [living.annotate(last=Subquery(newest)).aggregate(most=Max("last"))["most"]]
        traces = Trace.objects.using(using).filter(
            window__env=env, window__deleted_at=None, mode=Trace.Mode.STEP
        )
        with connections[using].cursor() as cursor:
            for row in traces.exclude(window__key__startswith=MACHINE):
                series = TraceState.of(row).series
                store.load_tail(cursor, series)
                if series.count:
                    end = read.points(cursor, series, series.count - 1, series.count, only=["x"])
                    steps.append(int(end["x"][0]))
    return max((step for step in steps if step is not None), default=None)
