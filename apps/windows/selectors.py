"""Reading envs' content, for REST, pages and commands."""

from collections.abc import Iterable
from typing import Any

import msgpack
from django.conf import settings
from django.db import connections
from django.db.models import Count, QuerySet

from apps.envs.models import Env
from apps.errors import NotFound
from apps.jobs.gate import read_snapshot

from .commands import CONTENT_KINDS, unpack_array
from .content import shown
from .models import TextPart, Trace, Window
from .series import read, store
from .series.read import TraceData
from .state import TraceState

__all__ = [
    "TraceData",
    "count_windows",
    "get_window",
    "list_windows",
    "name_windows",
    "page_parts",
    "read_trace",
    "window_dict",
]


def list_windows(env: Env, *, deleted: bool = False) -> QuerySet[Window]:
    """An env's windows in order of appearance; ``deleted``: the closed ones that can be restored."""
    windows = Window.objects.filter(env=env, deleted_at__isnull=not deleted).prefetch_related("traces")
    return windows.order_by("-deleted_at") if deleted else windows


#: What draws windows of a kind: parts of the front end that are worth being fetched early.
PARTS = {
    Window.Kind.PLOT: "src/plots/figure.ts",
    Window.Kind.METRIC: "src/plots/metric.ts",
    Window.Kind.IMAGE: "src/panes/ImageBody.svelte",
}
#: Pictures of several envs stand side by side.
COMPARED_PARTS = PARTS | {Window.Kind.IMAGE: "src/compare/CellsBody.svelte"}


def page_parts(env: Env, is_compared: bool) -> list[str]:
    """The parts of the front end that the env's windows are drawn with."""
    parts = COMPARED_PARTS if is_compared else PARTS
    windows = Window.objects.filter(env=env, deleted_at=None, kind__in=PARTS).order_by()
    kinds = windows.values_list("kind", flat=True).distinct()
    return [parts[Window.Kind(kind)] for kind in kinds]


def count_windows(env_ids: Iterable[int]) -> dict[int, int]:
    """How many living windows each of these envs has; one without any is left out."""
    counted = (
        Window.objects.filter(env__in=list(env_ids), deleted_at=None).values("env").annotate(n=Count("pk"))
    )
    return {row["env"]: row["n"] for row in counted.order_by()}


def name_windows(env_ids: Iterable[int]) -> set[str]:
    """Titles and keys of the living windows of these envs."""
    rows = Window.objects.filter(env__in=list(env_ids), deleted_at=None).values_list("title", "key")
    return {name for row in rows.distinct() for name in row if name}


def get_window(env: Env, key: str, *, deleted: bool = False) -> Window:
    window = list_windows(env, deleted=deleted).filter(key=key).first()
    if window is None:
        raise NotFound(f"There is no window {key!r} in this env.", code="window_missing")
    return window


def window_dict(window: Window) -> dict[str, Any]:
    """The window but for its points: typed arrays are numpy arrays, content is a text, a map or None."""
    body = unpack_arrays(msgpack.unpackb(bytes(window.body)))
    content: Any = shown(window.kind, body) if window.kind in CONTENT_KINDS else None
    if window.kind == Window.Kind.TEXT:
        parts = TextPart.objects.filter(window=window).order_by("no").values_list("text", flat=True)
        content = "<br>".join(parts)
    return {
        "id": window.pk,
        "key": window.key,
        "kind": window.kind,
        "title": window.title,
        "place": window.place,
        "revision": window.revision,
        "opts": body.get("opts", {}),
        "layout": body.get("layout", {}),
        "content": content,
        "traces": [trace_dict(trace) for trace in window.traces.all()],
    }


def trace_dict(trace: Trace) -> dict[str, Any]:
    return {
        "id": trace.pk,
        "index": trace.index,
        "name": trace.name,
        "columns": list(trace.columns),
        "dates": trace.dates,
        "attrs": unpack_arrays(msgpack.unpackb(bytes(trace.attrs))),
    }


def read_trace(
    trace: Trace, *, x0: float | None = None, x1: float | None = None, width_px: int | None = None
) -> TraceData:
    """A trace's points with x in [x0, x1]; thinned for ``width_px`` pixels, else exact.

    Raises:
        NotFound: the trace has no series, or is gone.
    """
    with read_snapshot() as using:
        row = Trace.objects.using(using).filter(pk=trace.pk).first()
        if row is None or not row.columns:
            raise NotFound("This trace has no series of points.", code="no_series")
        state = TraceState.of(row)
        with connections[using].cursor() as cursor:
            store.load_tail(cursor, state.series)
            limit = settings.PANEWALL.limits.whole_points
            return read.read(cursor, state.series, x0=x0, x1=x1, width_px=width_px, whole_points=limit)


def unpack_arrays(value: Any) -> Any:
    """Typed arrays of the wire as numpy arrays, wherever they are nested."""
    if isinstance(value, dict):
        if "bdata" in value and "dtype" in value:
            return unpack_array(value)
        return {k: unpack_arrays(v) for k, v in value.items()}
    if isinstance(value, list):
        return [unpack_arrays(v) for v in value]
    return value
