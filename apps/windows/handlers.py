"""The commands of envs and windows: how each is decoded, and what it does inside the committer's transaction.

A handler checks first and writes after, so that a refused command leaves nothing behind.
"""

import copy
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgpack
import numpy as np
from django.conf import settings

from apps.envs.colours import colour_of_name
from apps.envs.models import Env
from apps.envs.names import check_env_name
from apps.errors import Conflict, Invalid, NotFound, TooLarge

from . import commands, content, figures
from .bounds import limits
from .commands import (
    CONTENT_KINDS,
    FILE_KINDS,
    KINDS,
    Fields,
    Look,
    TraceInput,
    decode_points,
    decode_trace,
    register,
)
from .models import Chunk, Tail, TextPart, Trace, Window
from .series import columns as col
from .series import store
from .state import EnvState, TraceState, WindowState, delete_texts, delete_traces
from .transaction import Transaction

#: Other apps copy and remove what they hang on windows: called with ({old window id: new}), ([window ids]).
fork_hooks: list[Any] = []
reset_hooks: list[Any] = []


# --- envs


def _decode_env_to(fields: Fields) -> dict[str, Any]:
    return {"to": fields.text("to", limit=2 * fields.limits.key_chars + 1)}


def env_rename(tx: Transaction, env: EnvState, *, to: str) -> None:
    check_env_name(to, field="to")
    _check_free(env.workspace_id, to, "to")
    row = Env.objects.select_related("workspace").get(pk=env.id)
    # The colour that its name gave it stays with the env.
    colour = colour_of_name(row.full_name) if row.colour is None else row.colour
    Env.objects.filter(pk=env.id).update(name=to, colour=colour)
    tx.env_changed(env)


def env_fork(tx: Transaction, env: EnvState, *, to: str) -> None:
    workspace_id, name = tx.split_name(to)
    check_env_name(name)
    _check_free(workspace_id, name, "to")
    source = Env.objects.get(pk=env.id)
    copy = Env.objects.create(
        workspace_id=workspace_id,
        name=name,
        config=source.config,
        tags=source.tags,
        notes=source.notes,
        revision=1,
    )
    moved: dict[int, int] = {}
    for window in Window.objects.living().filter(env_id=env.id):
        old, traces = window.pk, list(window.traces.all())
        window.pk, window.env_id, window.revision = None, copy.pk, 1
        window.save(force_insert=True)
        moved[old] = window.pk
        for trace in traces:
            from_id = trace.pk
            trace.pk, trace.window_id = None, window.pk
            trace.save(force_insert=True)
            _copy_rows(tx.cursor, Chunk, "trace_id", from_id, trace.pk)
            _copy_rows(tx.cursor, Tail, "trace_id", from_id, trace.pk)
        _copy_rows(tx.cursor, TextPart, "window_id", old, window.pk)
    for hook in fork_hooks:
        hook(moved)


def _copy_rows(cursor: Any, model: Any, owner: str, old: int, new: int) -> None:
    others = ", ".join(f.column for f in model._meta.concrete_fields if f.column != owner)
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({owner}, {others})"
        f" SELECT {int(new)}, {others} FROM {model._meta.db_table} WHERE {owner} = %s",
        [old],
    )


def _nothing(fields: Fields) -> dict[str, Any]:
    return {}


def env_clear(tx: Transaction, env: EnvState) -> None:
    for key in list(Window.objects.living().filter(env_id=env.id).values_list("key", flat=True)):
        window_close(tx, env, win=key)


def env_delete(tx: Transaction, env: EnvState) -> None:
    Env.objects.filter(pk=env.id).update(deleted_at=tx.now)
    tx.env_gone(env)


def _decode_env_restore(fields: Fields) -> dict[str, Any]:
    return {"name": fields.key("as") if fields.get("as") is not None else None}


def env_restore(tx: Transaction, env: EnvState, *, name: str | None) -> None:
    """``env`` is the deleted one (the committer finds it so); a taken name asks for another."""
    row = Env.objects.get(pk=env.id)
    if row.deleted_at is None:
        return
    _check_restorable(tx, row.deleted_at)
    name = row.name if name is None else name
    check_env_name(name)
    _check_free(row.workspace_id, name, "as")
    Env.objects.filter(pk=row.pk).update(deleted_at=None, name=name)
    tx.env_changed(env)


def _check_restorable(tx: Transaction, deleted_at: datetime) -> None:
    """What is older than this is being removed for good, piece by piece."""
    days = settings.PANEWALL.idle_rows_days
    if deleted_at < tx.now - timedelta(days=days):
        raise NotFound(f"This was closed more than {days} days ago and cannot be restored any more.")


def _check_free(workspace_id: int, name: str, field: str) -> None:
    if Env.objects.filter(workspace_id=workspace_id, name=name, deleted_at=None).exists():
        raise Conflict(
            f"There is an env {name!r} already. Choose another name.",
            code="name_taken",
            fields={field: ["This name is taken."]},
        )


# --- windows


def _decode_window_put(fields: Fields) -> dict[str, Any]:
    kind = fields.text("kind", limit=20)
    if kind not in KINDS:
        raise fields.refuse("kind", f"Must be one of {', '.join(sorted(KINDS))}.")
    traces = _list_of_traces(fields)
    if (kind not in ("plot", "metric") and traces) or (kind == "metric" and len(traces) > 1):
        raise fields.refuse("traces", f"A window of kind {kind} has {'one' if kind == 'metric' else 'none'}.")
    decode_one = _decode_metric if kind == "metric" else decode_trace
    if kind not in CONTENT_KINDS and fields.get("content") is not None:
        raise fields.refuse("content", f"A window of kind {kind} has none.")
    text = fields.text("text", limit=fields.limits.text_chars, default="") if kind == "text" else None
    return {
        "win": fields.key("win"),
        "kind": kind,
        "title": fields.title() or "",
        "opts": fields.map("opts"),
        "look": fields.layout(),
        "text": text,
        "content": content.check(kind, fields.plain("content")) if kind in CONTENT_KINDS else None,
        "traces": [decode_one(fields, raw, f"traces[{i}]") for i, raw in enumerate(traces)],
    }


def _list_of_traces(fields: Fields) -> list | tuple:
    traces = fields.get("traces") or []
    if not isinstance(traces, list | tuple) or len(traces) > fields.limits.window_traces:
        raise fields.refuse("traces", f"Must be a list of at most {fields.limits.window_traces} traces.")
    return traces


def window_put(
    tx: Transaction,
    env: EnvState,
    *,
    win: str,
    kind: str,
    title: str,
    opts: dict,
    look: Look,
    text: str | None,
    content: dict | None,
    traces: list[TraceInput],
) -> None:
    held = body_of(opts, look)
    if content is not None:
        held["content"] = {key: value for key, value in content.items() if key != "previous"}
        if content.get("previous"):
            held["previous"] = content["previous"]
    body = pack_body(held, traces)
    window = env.window(win) or new_window(tx, env, win)
    if window.kind != kind or kind in FILE_KINDS:
        empty_window(tx, window)
    window.kind, window.title, window.body = kind, title, held
    if kind == "text":
        _replace_text(window, text or "")
    for index, new in enumerate(traces):
        put_trace(tx, window, index, new, mode=Trace.Mode.STEP if kind == "metric" else Trace.Mode.POSITION)
    _drop_traces(tx, window, window.traces[len(traces) :])
    tx.save_window(env, window, body)


def _decode_window_update(fields: Fields) -> dict[str, Any]:
    traces = []
    for i, raw in enumerate(_list_of_traces(fields)):
        if not isinstance(raw, dict):
            raise fields.refuse(f"traces[{i}]", "Must be a map of index or trace, and set.")
        part = Fields(raw)
        name, index = part.which_trace()
        traces.append((name, index, decode_set(fields, part.map("set"), f"traces[{i}].set")))
        part.done()
    changes = fields.plain("content")
    if changes is not None and not isinstance(changes, dict):
        raise fields.refuse("content", "Must be a map.")
    return {
        "win": fields.key("win"),
        "title": fields.title(),
        "opts": fields.map("opts"),
        "look": fields.layout(),
        "content": changes or {},
        "traces": traces,
        "legend": fields.texts("legend", limit=fields.limits.key_chars, most=fields.limits.window_traces),
    }


def decode_set(fields: Fields, attrs: dict[str, Any], name: str) -> dict[str, Any]:
    """Attributes of a trace to change. Its name and its type are such as a trace may have."""
    if not attrs:
        return attrs
    fields.check_type(attrs, name)
    attrs = figures.upgrade_trace(attrs)
    label = attrs.get("name")
    if label is not None and not isinstance(label, str):
        attrs["name"] = label = str(label)
    if label is not None and len(label) > fields.limits.key_chars:
        raise fields.refuse(
            f"{name}.name", f"{len(label):,} characters; at most {fields.limits.key_chars} are allowed."
        )
    return attrs


def window_update(
    tx: Transaction,
    env: EnvState,
    *,
    win: str,
    title: str | None,
    opts: dict,
    look: Look,
    content: dict,
    traces: list[tuple[str | None, int | None, dict]],
    legend: list[str],
) -> None:
    window = find_window(env, win)
    attrs: dict[int, dict[str, Any]] = {}
    for name, index, new in traces:
        trace = _trace(window, name, index)
        if trace.is_series and (points := {"x", "y", "z"} & set(new)):
            raise Invalid(
                f"traces: {min(points)} of trace {trace.name or trace.index!r} is a series; change it by trace.replace.",
                fields={"traces": ["Points change by trace.replace."]},
            )
        attrs[trace.id] = merge_map(attrs.get(trace.id) or msgpack.unpackb(trace.attrs), new)
    # A legend names the traces there are, in their order; names beyond them stand for nothing.
    for trace, label in zip(window.traces, legend, strict=False):
        attrs[trace.id] = {**(attrs.get(trace.id) or msgpack.unpackb(trace.attrs)), "name": label}
    layout = merge_map(window.body.get("layout", {}), look.layout)
    if title is not None and "title" not in look.layout:
        layout = figures.retitled(layout, window.title, title)
    merged = {
        **window.body,
        "opts": merge_map(window.body.get("opts", {}), opts),
        "layout": layout,
    }
    if look.sent:
        merged["titles"] = figures.titles_after(window.body.get("titles", ()), look.sent, look.titles)
    if content:
        merged["content"] = _merged_content(window, content)
    packed = {trace_id: msgpack.packb(new) for trace_id, new in attrs.items()}
    body = pack_look(window, merged, packed)
    for trace in window.traces:
        if trace.id in packed:
            save_attrs(trace, attrs[trace.id], packed[trace.id])
    if title is not None:
        window.title = title
    window.body = merged
    tx.save_window(env, window, body)


def _merged_content(window: WindowState, changes: dict) -> dict[str, Any]:
    if window.kind not in CONTENT_KINDS:
        raise Invalid(
            f"Window {window.key!r} is of kind {window.kind} and has no content to change.",
            code="wrong_kind",
            fields={"content": [f"A window of kind {window.kind} has none."]},
        )
    return content.check(window.kind, merge_map(window.body.get("content", {}), changes))


def _decode_win(fields: Fields) -> dict[str, Any]:
    return {"win": fields.key("win")}


def window_close(tx: Transaction, env: EnvState, *, win: str) -> None:
    window = env.window(win)
    if window is None:
        return
    Window.objects.filter(pk=window.id).update(deleted_at=tx.now, updated_at=tx.now, revision=env.revision)
    env.windows[win] = None
    if env.window_count is not None:
        env.window_count -= 1
    tx.window_gone(env, window)


def _decode_window_restore(fields: Fields) -> dict[str, Any]:
    return {"id": fields.integer("id"), "key": fields.key("as") if fields.get("as") is not None else None}


def window_restore(tx: Transaction, env: EnvState, *, id: int, key: str | None) -> None:
    row = Window.objects.filter(env_id=env.id, pk=id).first()
    if row is None:
        raise NotFound("There is no such window to restore; it may have been purged.")
    if row.deleted_at is None:
        return
    _check_restorable(tx, row.deleted_at)
    key = row.key if key is None else key
    if env.window(key) is not None:
        raise Conflict(
            f"A window {key!r} is there again. Restore this one under another key.",
            code="name_taken",
            fields={"as": ["This key is taken."]},
        )
    check_room(env)
    Window.objects.filter(pk=id).update(deleted_at=None, key=key, revision=env.revision, updated_at=tx.now)
    env.windows.pop(key, None)
    window = env.window(key)
    assert window is not None
    if env.window_count is not None:
        env.window_count += 1
    for trace in window.traces:
        trace.load(tx.cursor)  # pages are told how many points there are
    tx.window_changed(env, window, whole=True)


# --- traces


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


#: Most appends say nothing of what is there already.
NO_LOOK: dict[str, Any] = {"title": "", "opts": {}, "look": Look(), "trace": {}}
#: Looks read before, by what was sent; how many are kept, and of how many bytes at most.
_looks: dict[bytes, dict[str, Any]] = {}
LOOKS, LOOK_BYTES = 512, 4096


def decode_look(fields: Fields) -> dict[str, Any]:
    """``make``: what a missing window and trace are made from. Shared, since clients say the same with every append: not to be
    changed; ``fresh_look`` is."""
    make = fields.get("make")
    if not make:
        return NO_LOOK
    if not isinstance(make, dict):
        raise fields.refuse("make", "Must be a map.")
    try:
        key = msgpack.packb(make)
    except (TypeError, ValueError, OverflowError):
        return _read_look(fields, make)  # refused there, with the place
    known = _looks.get(key)
    if known is None:
        known = _read_look(fields, make)
        if len(key) <= LOOK_BYTES:
            if len(_looks) >= LOOKS:
                _looks.clear()
            _looks[key] = known
    return known


def fresh_look(make: dict[str, Any]) -> dict[str, Any]:
    """A look for a window to keep."""
    return copy.deepcopy(make)


def _read_look(fields: Fields, make: dict) -> dict[str, Any]:
    look = Fields(make)
    made = {
        "title": look.title() or "",
        "opts": look.map("opts"),
        "look": look.layout(),
        "trace": decode_set(fields, look.map("trace"), "make.trace"),
    }
    look.done()
    return made


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
            raise Invalid(
                f"Window {win!r} is of kind {window.kind} and holds no traces to append to.",
                code="wrong_kind",
            )
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
            body = body_of(make["opts"], make["look"])
            window = make_window(tx, env, win, kind="plot", title=make["title"], body=body, traces=[new])
        else:
            pack_look(window, window.body, {-1: msgpack.packb(new.attrs)})
        trace = put_trace(tx, window, count, new)
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
    window = find_window(env, win)
    if window.kind != Window.Kind.PLOT:
        raise Invalid(
            f"Window {win!r} is of kind {window.kind} and has no traces to remove.", code="wrong_kind"
        )
    gone = [t for t in window.traces if (t.name == name if name is not None else index in (None, t.index))]
    if not gone and not (name is None and index is None):
        raise NotFound(f"Window {win!r} has no trace {name if name is not None else index!r}.")
    _drop_traces(tx, window, gone)
    for place, trace in enumerate(window.traces):
        if trace.index != place:
            trace.index = place
            Trace.objects.filter(pk=trace.id).update(index=place)
    tx.touch_window(env, window)


# --- text


def _decode_text_append(fields: Fields) -> dict[str, Any]:
    return {
        "win": fields.key("win"),
        "text": fields.text("text", limit=fields.limits.text_chars),
        "title": fields.title(),
        "opts": fields.map("opts"),
    }


def text_append(
    tx: Transaction, env: EnvState, *, win: str, text: str, title: str | None, opts: dict
) -> None:
    window = env.window(win)
    if window is not None and window.kind != Window.Kind.TEXT:
        raise Invalid(f"Window {win!r} is of kind {window.kind}, not text.", code="wrong_kind")
    held = window.body if window is not None else {"opts": {}, "layout": {}}
    body = {**held, "opts": merge_map(held.get("opts", {}), opts)}
    packed = pack_body(body, [])
    length = window.text_length if window is not None else 0
    if length + len(text) > tx.limits.window_text_chars:
        raise TooLarge(
            f"Window {win!r} holds {length:,} characters; at most {tx.limits.window_text_chars:,} are allowed."
            " Put a new text."
        )
    if window is None:
        window = new_window(tx, env, win)
        window.kind = "text"
    window.body = body
    if title is not None:
        window.title = title
    last = TextPart.objects.filter(window_id=window.id).order_by("-no").values_list("no", flat=True).first()
    TextPart.objects.create(window_id=window.id, no=0 if last is None else last + 1, text=text)
    window.text_length += len(text) + (0 if last is None else len("<br>"))
    tx.save_window(env, window, packed)


# --- metrics

BAD_STEP = "Steps are whole numbers of at most 2^53."


def _decode_metric(fields: Fields, raw: Any, name: str) -> TraceInput:
    """All points of a metric: ``x`` the steps, each once and in order; ``y`` the values; ``t`` the times, if known."""
    if not isinstance(raw, dict):
        raise fields.refuse(name, "Must be a map of name, x, y and t.")
    part = Fields(raw)
    label = part.key("name")
    points: col.Columns = {
        axis: fields.numbers(f"{name}.{axis}", part.get(axis) or []) for axis in ("x", "y")
    }
    if part.get("t") is not None:
        points["t"] = fields.numbers(f"{name}.t", part.get("t"))
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
            points["t"] = fields.numbers(f"{label}.time", value["time"])
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
        check_room(env, missing)
    for name, points in series.items():
        if not len(points["x"]):
            continue
        window = env.window(name)
        if window is None:
            window = new_window(tx, env, name)
            window.kind, window.title = "metric", name
            tx.save_window(env, window, pack_body(window.body, []))
        if not window.traces:  # it was put empty
            new = TraceInput(name, {}, {"x": np.empty(0), "y": np.empty(0)})
            put_trace(tx, window, 0, new, mode=Trace.Mode.STEP)
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


# --- inside


def find_window(env: EnvState, key: str) -> WindowState:
    window = env.window(key)
    if window is None:
        raise NotFound(
            f"There is no window {key!r} in this env.",
            code="window_missing",
            fields={"win": ["No such window."]},
        )
    return window


def _trace(window: WindowState, name: str | None, index: int | None) -> TraceState:
    trace = window.find(name, index)
    if trace is None:
        raise NotFound(f"Window {window.key!r} has no trace {name if name is not None else index!r}.")
    return trace


def check_room(env: EnvState, more: int = 1) -> None:
    limit = limits().env_windows
    if env.count_windows() + more > limit:
        raise TooLarge(
            f"The env has {env.count_windows():,} windows; at most {limit:,} are allowed. Close some first."
        )


def new_window(tx: Transaction, env: EnvState, key: str) -> WindowState:
    check_room(env)
    place = env.take_place()
    row = Window.objects.create(
        env_id=env.id,
        key=key,
        kind="plot",
        place=place,
        revision=env.revision,
        created_at=tx.now,
        updated_at=tx.now,
    )
    window = WindowState(row.pk, key, "plot", "", place, env.revision, {"opts": {}, "layout": {}})
    env.windows[key] = window
    if env.window_count is not None:
        env.window_count += 1
    return window


def make_window(
    tx: Transaction,
    env: EnvState,
    key: str,
    *,
    kind: str,
    title: str,
    body: dict[str, Any],
    traces: Sequence[TraceInput] = (),
) -> WindowState:
    """A new window with this look; ``traces`` are about to be added, and count for its size."""
    packed = pack_body(body, traces)
    window = new_window(tx, env, key)
    window.kind, window.title, window.body = kind, title, body
    tx.save_window(env, window, packed)
    return window


def empty_window(tx: Transaction, window: WindowState) -> None:
    """Another kind moves in: what the old one held goes."""
    _drop_traces(tx, window, list(window.traces))
    if window.kind == Window.Kind.TEXT:
        delete_texts([window.id])
        window.text_length = 0
    for hook in reset_hooks:
        hook([window.id])


def _replace_text(window: WindowState, text: str) -> None:
    delete_texts([window.id])
    TextPart.objects.create(window_id=window.id, no=0, text=text)
    window.text_length = len(text)


def put_trace(
    tx: Transaction, window: WindowState, index: int, new: TraceInput, mode: str = Trace.Mode.POSITION
) -> TraceState:
    """Make the trace at ``index`` this one. A trace that was there keeps its id, and begins a new generation."""
    attrs = msgpack.packb(new.attrs)
    names = list(new.points) if new.points is not None else []
    old = window.traces[index] if index < len(window.traces) else None
    if old is None:
        row = Trace.objects.create(
            window_id=window.id,
            index=index,
            name=new.name,
            mode=mode,
            columns=names,
            attrs=attrs,
            dates=new.dates,
        )
        old = TraceState.of(row)
        old.loaded = True
        window.traces.append(old)
    else:
        tx.dropped(old)
        store.clear(tx.cursor, old.series)
        old.loaded, old.name, old.mode, old.attrs, old.dates = True, new.name, mode, attrs, new.dates
        old.is_series, old.series.columns = bool(names), names
        store.flush(tx.cursor, old.series)
        Trace.objects.filter(pk=old.id).update(name=new.name, mode=mode, attrs=attrs, dates=new.dates)
    if new.points is not None and col.size(new.points):
        tx.appending_to(old)
        store.append(old.series, new.points)
    return old


def _drop_traces(tx: Transaction, window: WindowState, gone: list[TraceState]) -> None:
    if gone:
        for trace in gone:
            tx.dropped(trace)  # also what came for it in this very commit
        delete_traces([t.id for t in gone])
        window.traces = [t for t in window.traces if t not in gone]


def save_attrs(trace: TraceState, attrs: dict[str, Any], packed: bytes) -> None:
    """Write a trace's attributes, and its name with them if that changed."""
    name = attrs.get("name")
    if name != msgpack.unpackb(trace.attrs).get("name"):
        trace.name = "" if name is None else str(name)
    trace.attrs = packed
    Trace.objects.filter(pk=trace.id).update(attrs=packed, name=trace.name)


def body_of(opts: dict[str, Any], look: Look) -> dict[str, Any]:
    """What a window keeps of its look."""
    body: dict[str, Any] = {"opts": opts, "layout": look.layout}
    if look.titles:
        body["titles"] = look.titles
    return body


def merge_map(old: dict, new: dict) -> dict:
    """Key by key, deep; None removes."""
    out = dict(old)
    for key, value in new.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict) and "bdata" not in value:
            out[key] = merge_map(out[key], value)
        else:
            out[key] = value
    return out


def pack_body(body: dict, traces: Sequence[TraceInput]) -> bytes:
    """The body as it is stored.

    Raises:
        TooLarge: with the attributes of ``traces`` it is over the limit.
    """
    packed = msgpack.packb(body)
    check_size(len(packed) + sum(len(msgpack.packb(t.attrs)) for t in traces))
    return packed


def pack_look(window: WindowState, body: dict, attrs: dict[int, bytes]) -> bytes:
    """The body of a window whose traces get these attributes (by id; -1 is a new one); the others keep theirs.

    Raises:
        TooLarge: all of it together is over the limit.
    """
    packed = msgpack.packb(body)
    kept = sum(len(trace.attrs) for trace in window.traces if trace.id not in attrs)
    check_size(len(packed) + kept + sum(map(len, attrs.values())))
    return packed


def check_size(size: int) -> None:
    limit = limits().figure_bytes
    if size > limit:
        raise TooLarge(f"The window's opts, layout, content and plain arrays are over {limit:,} bytes.")


register("env.rename", decode=_decode_env_to, apply=env_rename)
register("env.fork", decode=_decode_env_to, apply=env_fork)
register("env.clear", decode=_nothing, apply=env_clear)
register("env.delete", decode=_nothing, apply=env_delete)
register("env.restore", decode=_decode_env_restore, apply=env_restore)
register("window.put", decode=_decode_window_put, apply=window_put)
register("window.update", decode=_decode_window_update, apply=window_update)
register("window.close", decode=_decode_win, apply=window_close)
register("window.restore", decode=_decode_window_restore, apply=window_restore)
register("trace.append", decode=_decode_trace_append, apply=trace_append)
register("trace.replace", decode=_decode_trace_append, apply=trace_replace)
register("trace.remove", decode=_decode_trace_remove, apply=trace_remove)
register("text.append", decode=_decode_text_append, apply=text_append)
register("metrics.log", decode=_decode_metrics_log, apply=metrics_log)
