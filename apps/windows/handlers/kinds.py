"""Commands of single kinds of windows: heatmaps that grow, embeddings one can go into and come back from, a trace of any
kind for a plot."""

from typing import Any

import msgpack
import numpy as np

from apps.errors import Conflict, Invalid, NotFound, TooLarge

from .. import building, content, heatmaps
from ..bounds import limits
from ..commands import Fields, TraceInput, decode_trace, register
from ..heatmaps import Grid
from ..mismatch import wrong_kind
from ..models import Window
from ..state import EnvState, TraceState, WindowState
from ..transaction import Transaction
from .looks import decode_look, decode_set, fresh_look
from .windows import decode_win

# --- heatmaps


def _decode_heatmap_grow(fields: Fields) -> dict[str, Any]:
    named = fields.get("trace") is not None or fields.get("index") is not None
    name, index = fields.which_trace() if named else (None, None)
    direction = fields.text("direction", limit=20)
    if direction not in heatmaps.DIRECTIONS:
        raise fields.refuse("direction", f"Must be one of {', '.join(heatmaps.DIRECTIONS)}.")
    new = heatmaps.grid_of(
        {
            field: fields.clean(fields.get(field), field)
            for field in ("z", "x", "y")
            if fields.get(field) is not None
        }
    )
    attrs = decode_set(fields, fields.map("set"), "set")
    for field in ("x", "y", "z", "type"):
        if field in attrs:
            raise fields.refuse(f"set.{field}", "Send it as a field of the command, not as an attribute.")
    return {
        "win": fields.key("win"),
        "name": name,
        "index": index,
        "direction": direction,
        "new": new,
        "attrs": attrs,
        "make": decode_look(fields),
    }


def heatmap_grow(
    tx: Transaction,
    env: EnvState,
    *,
    win: str,
    name: str | None,
    index: int | None,
    direction: str,
    new: Grid,
    attrs: dict,
    make: dict,
) -> None:
    window = env.window(win)
    if window is None and direction == "replace":
        building.find_window(env, win)
    if window is not None:
        if window.kind != Window.Kind.PLOT:
            raise wrong_kind(window, "a heatmap")
        trace = _find_heatmap(window, name, index)
        if trace is not None:
            _grow(tx, env, window, trace, direction, new, attrs)
            return
    heatmaps.check_names(new, "x", "y")
    given = {key: value for key, value in {**make["trace"], **attrs}.items() if value is not None}
    label = name if name is not None else given.get("name")
    given |= {"type": "heatmap"} | ({} if label is None else {"name": label})
    _add_trace(tx, env, win, TraceInput(label or "", heatmaps.written(given, new), None), make)


def _find_heatmap(window: WindowState, name: str | None, index: int | None) -> TraceState | None:
    """The heatmap that is meant; None: the window has none of that name, or nothing at all."""
    if name is not None or index is not None:
        found = [t for t in window.traces if (t.name == name if name is not None else t.index == index)]
        if len(found) > 1:
            raise Conflict(
                f"Window {window.key!r} has {len(found)} traces named {name!r:.80}; say which by index.",
                code="ambiguous",
                fields={"trace": ["Several traces have this name."]},
            )
        if not found and index is not None and index > len(window.traces):
            raise NotFound(f"Window {window.key!r} has no trace {index}.")
    else:
        found = window.traces[:]
        if len(found) == 2:  # a heatmap on its sheet counts as one
            front = msgpack.unpackb(found[1].attrs)
            if heatmaps.is_heatmap(front) and heatmaps.is_backing(
                msgpack.unpackb(found[0].attrs), heatmaps.grid_of(front).z.shape
            ):
                found = found[1:]
        if len(found) > 1:
            raise Conflict(
                f"Window {window.key!r} has {len(found)} traces; say which by trace or index.",
                code="ambiguous",
                fields={"trace": ["This field is needed."]},
            )
    if not found:
        return None
    kind = msgpack.unpackb(found[0].attrs).get("type", "scatter")
    if kind != "heatmap":
        raise wrong_kind(window, "a heatmap")
    return found[0]


def _grow(
    tx: Transaction,
    env: EnvState,
    window: WindowState,
    trace: TraceState,
    direction: str,
    new: Grid,
    changes: dict,
) -> None:
    old = msgpack.unpackb(trace.attrs)
    before = heatmaps.grid_of(old)
    grid = heatmaps.grow(before, new, direction)
    if direction == "replace":
        heatmaps.check_names(new, "x", "y")
    look = {**old, **{key: value for key, value in changes.items() if value is not None}}
    if direction == "replace":  # here null says that an attribute goes
        look = {key: value for key, value in look.items() if changes.get(key, value) is not None}
    changed = [(trace, heatmaps.written(look, grid))]
    behind = window.traces[trace.index - 1] if trace.index else None
    if behind is not None:
        sheet = msgpack.unpackb(behind.attrs)
        if heatmaps.is_backing(sheet, before.z.shape):
            changed.append((behind, heatmaps.written(sheet, Grid(np.zeros(grid.z.shape), grid.x, grid.y))))
    packed = {each.id: msgpack.packb(attrs) for each, attrs in changed}
    body = building.pack_look(window, window.body, packed)
    for each, attrs in changed:
        building.save_attrs(each, attrs, packed[each.id])
    tx.save_window(env, window, body)


# --- traces of any kind


def _decode_trace_put(fields: Fields) -> dict[str, Any]:
    index = None if fields.get("index") is None else fields.integer("index", high=fields.limits.window_traces)
    return {
        "win": fields.key("win"),
        "index": index,
        "new": decode_trace(fields, fields.get("trace"), "trace"),
        "make": decode_look(fields),
    }


def trace_put(
    tx: Transaction, env: EnvState, *, win: str, index: int | None, new: TraceInput, make: dict
) -> None:
    window = env.window(win)
    if window is not None:
        _check_plot(window)
    count = 0 if window is None else len(window.traces)
    if index is not None and index > count:
        raise NotFound(f"Window {win!r} has {count} traces; a new one comes at index {count}.")
    if window is not None and index is not None and index < count:
        old = window.traces[index]
        packed = building.pack_look(window, window.body, {old.id: msgpack.packb(new.attrs)})
        building.put_trace(tx, window, index, new)
        tx.save_window(env, window, packed)
    else:
        _add_trace(tx, env, win, new, make)


def _add_trace(tx: Transaction, env: EnvState, win: str, new: TraceInput, make: dict) -> None:
    window = env.window(win)
    if window is None:
        building.check_room(env)
        make = fresh_look(make)
        body = building.body_of(make["opts"], make["look"])
        window = building.make_window(tx, env, win, kind="plot", title=make["title"], body=body, traces=[new])
    elif len(window.traces) >= tx.limits.window_traces:
        raise TooLarge(f"Window {win!r} has {len(window.traces)} traces, which is the most allowed.")
    building.pack_look(window, window.body, {-1: msgpack.packb(new.attrs)})
    building.put_trace(tx, window, len(window.traces), new)
    tx.touch_window(env, window)


def _check_plot(window: WindowState) -> None:
    if window.kind != Window.Kind.PLOT:
        raise Invalid(
            f"Window {window.key!r} is of kind {window.kind} and holds no traces.", code="wrong_kind"
        )


# --- embeddings


def _decode_enter(fields: Fields) -> dict[str, Any]:
    return {"win": fields.key("win"), "points": content.check_points(fields.plain("points"))}


def embeddings_enter(tx: Transaction, env: EnvState, *, win: str, points: list) -> None:
    """Show these points, and keep the present ones to come back to. Of many levels the oldest go."""
    window = _embeddings(env, win)
    shown = window.body.get("content", {})
    levels = [*window.body.get("previous", []), shown.get("data", [])][-limits().embedding_levels :]
    _show(tx, env, window, {"data": points}, levels)


def embeddings_back(tx: Transaction, env: EnvState, *, win: str) -> None:
    """Show the points that were shown before; at the top there is nothing to do."""
    window = _embeddings(env, win)
    levels = window.body.get("previous", [])
    if levels:
        _show(tx, env, window, {"data": levels[-1]}, levels[:-1])


def _embeddings(env: EnvState, win: str) -> WindowState:
    window = building.find_window(env, win)
    if window.kind != Window.Kind.EMBEDDINGS:
        raise wrong_kind(window, "a choice among embeddings")
    return window


def _show(tx: Transaction, env: EnvState, window: WindowState, shown: dict, levels: list) -> None:
    body = {**window.body, "content": shown, "previous": levels}
    packed = building.pack_look(window, body, {})
    window.body = body
    tx.save_window(env, window, packed)


register("heatmap.grow", decode=_decode_heatmap_grow, apply=heatmap_grow)
register("trace.put", decode=_decode_trace_put, apply=trace_put)
register("embeddings.enter", decode=_decode_enter, apply=embeddings_enter)
register("embeddings.back", decode=decode_win, apply=embeddings_back)
