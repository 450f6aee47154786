"""Points go to traces, in place of others, and traces go."""

from typing import Any

import msgpack
import numpy as np

from apps.errors import Invalid, NotFound, TooLarge

from .. import building
from ..commands import Fields, TraceInput, decode_points, register
from ..mismatch import wrong_kind
from ..models import Trace, Window
from ..series import columns as col
from ..series import store
from ..state import EnvState, TraceState, WindowState
from ..transaction import Transaction
from .looks import decode_look, fresh_look


def _decode_trace_append(fields: Fields) -> dict[str, Any]:
    name, index = fields.which_trace()
    raw = {n: fields.get(n) for n in ("x", "y", "z", "columns")}
    points, dates = decode_points(fields, raw)
    return {
        "win": fields.key("win"),
        "name": name,
        "index": index,
        "points": points,
        "dates": dates,
        "make": decode_look(fields),
    }


def trace_append(
    tx: Transaction,
    env: EnvState,
    *,
    win: str,
    name: str | None,
    index: int | None,
    points: col.Columns,
    dates: bool,
    make: dict,
    replace: bool = False,
) -> None:
    window = env.window(win)
    trace = None
    if window is not None:
        if window.kind != Window.Kind.PLOT:
            raise wrong_kind(window, "lines or points")
        trace = window.find(name, index)
        if trace is not None:
            _check_appendable(window, trace, points, dates, replace)
    if trace is None:
        make = fresh_look(make)
        count = len(window.traces) if window is not None else 0
        if count >= tx.limits.window_traces:
            raise TooLarge(f"Window {win!r} has {count} traces, which is the most allowed.")
        if index is not None and index > count:
            raise NotFound(
                f"Window {win!r} has {count} traces; a new one comes at index {count}.",
                code="trace_missing",
                fields={"index": [f"At most {count}."]},
            )
        attrs = make["trace"] or {"type": "scatter3d" if "z" in points else "scatter", "mode": "lines"}
        label = name if name is not None else str(attrs.get("name") or "")
        new = TraceInput(
            label, {**attrs, "name": label} if label else attrs, {"x": np.empty(0), "y": np.empty(0)}, dates
        )
        if window is None:
            body = building.body_of(make["opts"], make["look"])
            window = building.make_window(
                tx, env, win, kind="plot", title=make["title"], body=body, traces=[new]
            )
        else:
            building.pack_look(window, window.body, {-1: msgpack.packb(new.attrs)})
        trace = building.put_trace(tx, window, count, new)
        tx.window_changed(env, window)
    assert window is not None
    series = trace.load(tx.cursor)
    if "x" not in points:
        points = {"x": _count_on(series, col.size(points)), **points}
    if replace:
        tx.replaced(env, trace)
        store.clear(tx.cursor, series)
    if trace.dates != dates and not series.count:
        trace.dates = dates
        Trace.objects.filter(pk=trace.id).update(dates=dates)
        tx.window_changed(env, window)
    if set(points) - set(series.columns):
        tx.window_changed(env, window)
    tx.appending(env, trace)
    store.append(series, points)


def trace_replace(tx: Transaction, env: EnvState, **args: Any) -> None:
    trace_append(tx, env, replace=True, **args)


def _check_appendable(
    window: WindowState, trace: TraceState, points: col.Columns, dates: bool, replace: bool
) -> None:
    if not trace.is_series:
        kind = msgpack.unpackb(trace.attrs).get("type", "scatter")
        raise Invalid(
            f"Trace {trace.name or trace.index!r} of window {window.key!r} ({kind}) is not a series of numbers; "
            "send the whole window again.",
            code="wrong_kind",
        )
    if dates != trace.dates and trace.series.count and not replace and "x" in points:
        holds, came = ("dates", "numbers") if trace.dates else ("numbers", "dates")
        raise Invalid(f"x: The trace holds {holds}, and {came} came.", fields={"x": [f"Must be {holds}."]})
    if "z" in trace.series.columns and "z" not in points and not replace:
        raise Invalid(
            "z: This field is needed, the trace has three dimensions.",
            fields={"z": ["This field is needed."]},
        )


def _count_on(series: store.Series, n: int) -> np.ndarray:
    start = 0.0 if series.last_x is None or not np.isfinite(series.last_x) else series.last_x + 1
    return start + np.arange(n, dtype="<f8")


def _decode_trace_remove(fields: Fields) -> dict[str, Any]:
    is_one = fields.get("trace") is not None or fields.get("index") is not None
    name, index = fields.which_trace() if is_one else (None, None)
    return {"win": fields.key("win"), "name": name, "index": index}


def trace_remove(tx: Transaction, env: EnvState, *, win: str, name: str | None, index: int | None) -> None:
    window = building.find_window(env, win)
    if window.kind != Window.Kind.PLOT:
        raise wrong_kind(window, "the removal of a trace")
    gone = [t for t in window.traces if (t.name == name if name is not None else index in (None, t.index))]
    if not gone and not (name is None and index is None):
        raise NotFound(f"Window {win!r} has no trace {name if name is not None else index!r}.")
    building.drop_traces(tx, window, gone)
    for place, trace in enumerate(window.traces):
        if trace.index != place:
            trace.index = place
            Trace.objects.filter(pk=trace.id).update(index=place)
    tx.touch_window(env, window)


register("trace.append", decode=_decode_trace_append, apply=trace_append)
register("trace.replace", decode=_decode_trace_append, apply=trace_replace)
register("trace.remove", decode=_decode_trace_remove, apply=trace_remove)
