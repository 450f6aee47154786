"""Numbers are logged by step; the window of a metric is made by its first."""

from typing import Any

import numpy as np

from apps.errors import Invalid

from .. import building, commands
from ..commands import Fields, TraceInput, register
from ..models import Trace, Window
from ..series import columns as col
from ..series import store
from ..state import EnvState
from ..transaction import Transaction

#: The end of the year 9999: no page's calendar goes beyond it, and milliseconds or nanoseconds do.
LAST_TIME = 253_402_300_800
BAD_STEP = "Steps are whole numbers of at most 2^53."


def decode_metric(fields: Fields, raw: Any, name: str) -> TraceInput:
    """All points of a metric: ``x`` the steps, each once and in order; ``y`` the values; ``t`` the times, if known."""
    if not isinstance(raw, dict):
        raise fields.refuse(name, "Must be a map of name, x, y and t.")
    part = Fields(raw)
    label = part.key("name")
    points: col.Columns = {
        axis: fields.numbers(f"{name}.{axis}", part.get(axis) or []) for axis in ("x", "y")
    }
    if part.get("t") is not None:
        points["t"] = _times(fields, f"{name}.t", part.get("t"))
    part.done()
    step = col.numbers(points, "x")
    _check_steps(fields, f"{name}.x", step, part.get("x") or [])
    if (step[1:] <= step[:-1]).any():
        raise fields.refuse(f"{name}.x", "Each step comes once, in rising order.")
    for axis, column in points.items():
        if len(column) != len(step):
            raise fields.refuse(f"{name}.{axis}", f"{len(column)} values came with {len(step)} steps.")
    return TraceInput(label, {}, points)


def _check_steps(fields: Fields, name: str, step: np.ndarray, raw: Any) -> None:
    """``raw`` is what was sent for ``step``: as floats, whole numbers beyond 2^53 may look like that one itself."""
    if not np.isfinite(step).all() or np.abs(step).max(initial=0) > 2**53 or (step != np.floor(step)).any():
        raise fields.refuse(name, BAD_STEP)
    if np.abs(step).max(initial=0) == 2**53:
        if isinstance(raw, dict):
            exact = fields.typed(name, raw).tolist()
        else:
            exact = raw if isinstance(raw, list | tuple) else [raw]
        if any(abs(one) > 2**53 for one in exact):
            raise fields.refuse(name, BAD_STEP)


def _times(fields: Fields, name: str, raw: Any) -> np.ndarray:
    times = fields.numbers(name, raw)
    if ((times < 0) | (times >= LAST_TIME)).any():
        raise fields.refuse(name, "Times are seconds since 1970, up to the year 9999.")
    return times


def _decode_metrics_log(fields: Fields) -> dict[str, Any]:
    raw = fields.get("series")
    if not isinstance(raw, dict) or len(raw) > fields.limits.series:
        raise fields.refuse("series", f"Must be a map of at most {fields.limits.series} series.")
    series = {}
    for name, value in raw.items():
        label = f"series.{name}"[:200]
        if not isinstance(name, str) or not name or len(name) > fields.limits.key_chars:
            raise fields.refuse(label, f"A metric's name has 1 to {fields.limits.key_chars} characters.")
        commands.check_text(name, label)
        if not isinstance(value, dict):
            raise fields.refuse(label, "Must be a map of step and value.")
        step, y = (
            fields.numbers(f"{label}.step", value.get("step")),
            fields.numbers(f"{label}.value", value.get("value")),
        )
        _check_steps(fields, f"{label}.step", step, value["step"])
        points = {"x": step, "y": y}
        if value.get("time") is not None:
            points["t"] = _times(fields, f"{label}.time", value["time"])
        for column, numbers in points.items():
            if len(numbers) != len(step):
                raise fields.refuse(
                    f"{label}.{column}", f"{len(numbers)} values came with {len(step)} steps."
                )
        series[name] = points
    return {"series": series}


def metrics_log(tx: Transaction, env: EnvState, *, series: dict[str, col.Columns]) -> None:
    for name in series:
        window = env.window(name)
        if window is not None and window.kind != Window.Kind.METRIC:
            raise Invalid(
                f"Window {name!r} is of kind {window.kind}, not a metric. Log it under another name.",
                code="wrong_kind",
            )
    missing = sum(env.window(name) is None for name in series)
    if missing:
        building.check_room(env, missing)
    for name, points in series.items():
        if not len(points["x"]):
            continue
        window = env.window(name)
        if window is None:
            window = building.new_window(tx, env, name)
            window.kind, window.title = "metric", name
            tx.save_window(env, window, building.pack_body(window.body, []))
        if not window.traces:  # it was put empty
            new = TraceInput(name, {}, {"x": np.empty(0), "y": np.empty(0)})
            building.put_trace(tx, window, 0, new, mode=Trace.Mode.STEP)
        trace = window.traces[0]
        known = trace.load(tx.cursor)
        if set(points) - set(known.columns):
            tx.window_changed(env, window)
        x = points["x"]
        if (known.last_x is None or x[0] > known.last_x) and (len(x) == 1 or np.all(x[1:] > x[:-1])):
            tx.appending(env, trace)
            store.append(known, points)
        else:
            tx.merge_steps(env, trace, points)


register("metrics.log", decode=_decode_metrics_log, apply=metrics_log)
