"""Windows are put whole, changed, closed and brought back."""

from typing import Any

import msgpack

from apps.errors import Conflict, Invalid, NotFound

from .. import building, content, figures, mismatch
from ..commands import CONTENT_KINDS, FILE_KINDS, KINDS, Fields, Look, TraceInput, decode_trace, register
from ..models import Trace, Window
from ..state import EnvState, TraceState, WindowState
from ..transaction import Transaction
from .looks import decode_set
from .metrics import decode_metric


def _decode_window_put(fields: Fields) -> dict[str, Any]:
    kind = fields.text("kind", limit=20)
    if kind not in KINDS:
        raise fields.refuse("kind", f"Must be one of {', '.join(sorted(KINDS))}.")
    traces = _list_of_traces(fields)
    if (kind not in ("plot", "metric") and traces) or (kind == "metric" and len(traces) > 1):
        raise fields.refuse("traces", f"A window of kind {kind} has {'one' if kind == 'metric' else 'none'}.")
    decode_one = decode_metric if kind == "metric" else decode_trace
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
    held = building.body_of(opts, look)
    if content is not None:
        held["content"] = {key: value for key, value in content.items() if key != "previous"}
        if content.get("previous"):
            held["previous"] = content["previous"]
    body = building.pack_body(held, traces)
    window = env.window(win) or building.new_window(tx, env, win)
    if window.kind != kind or kind in FILE_KINDS:
        building.empty_window(tx, window)
    window.kind, window.title, window.body = kind, title, held
    if kind == "text":
        building.replace_text(window, text or "")
    for index, new in enumerate(traces):
        building.put_trace(
            tx, window, index, new, mode=Trace.Mode.STEP if kind == "metric" else Trace.Mode.POSITION
        )
    building.drop_traces(tx, window, window.traces[len(traces) :])
    tx.save_window(env, window, body)


def _decode_window_update(fields: Fields) -> dict[str, Any]:
    goes_with = fields.get("with")
    if goes_with is not None and (not isinstance(goes_with, str) or goes_with not in mismatch.DATA):
        raise fields.refuse("with", f"Must be one of {', '.join(mismatch.DATA)}.")
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
        "goes_with": goes_with,
    }


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
    goes_with: str | None = None,
) -> None:
    window = building.find_window(env, win)
    if goes_with is not None and not mismatch.takes(window, goes_with):
        raise mismatch.wrong_kind(window, mismatch.DATA[goes_with])
    attrs: dict[int, dict[str, Any]] = {}
    for name, index, new in traces:
        trace = _trace(window, name, index)
        if trace.is_series and (points := {"x", "y", "z"} & set(new)):
            raise Invalid(
                f"traces: {min(points)} of trace {trace.name or trace.index!r} is a series; change it by trace.replace.",
                fields={"traces": ["Points change by trace.replace."]},
            )
        attrs[trace.id] = building.merge_map(attrs.get(trace.id) or msgpack.unpackb(trace.attrs), new)
    # A legend names the traces there are, in their order; names beyond them stand for nothing.
    for trace, label in zip(window.traces, legend, strict=False):
        attrs[trace.id] = {**(attrs.get(trace.id) or msgpack.unpackb(trace.attrs)), "name": label}
    layout = building.merge_map(window.body.get("layout", {}), look.layout)
    if title is not None and "title" not in look.layout:
        layout = figures.retitled(layout, window.title, title)
    merged = {
        **window.body,
        "opts": building.merge_map(window.body.get("opts", {}), opts),
        "layout": layout,
    }
    if look.sent:
        merged["titles"] = figures.titles_after(window.body.get("titles", ()), look.sent, look.titles)
    if content:
        merged["content"] = _merged_content(window, content)
    packed = {trace_id: msgpack.packb(new) for trace_id, new in attrs.items()}
    body = building.pack_look(window, merged, packed)
    for trace in window.traces:
        if trace.id in packed:
            building.save_attrs(trace, attrs[trace.id], packed[trace.id])
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
    return content.check(window.kind, building.merge_map(window.body.get("content", {}), changes))


def decode_win(fields: Fields) -> dict[str, Any]:
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
    building.check_restorable(tx, row.deleted_at)
    key = row.key if key is None else key
    if env.window(key) is not None:
        raise Conflict(
            f"A window {key!r} is there again. Restore this one under another key.",
            code="name_taken",
            fields={"as": ["This key is taken."]},
        )
    building.check_room(env)
    Window.objects.filter(pk=id).update(deleted_at=None, key=key, revision=env.revision, updated_at=tx.now)
    env.windows.pop(key, None)
    window = env.window(key)
    assert window is not None
    if env.window_count is not None:
        env.window_count += 1
    for trace in window.traces:
        trace.load(tx.cursor)  # pages are told how many points there are
    tx.window_changed(env, window, whole=True)


def _trace(window: WindowState, name: str | None, index: int | None) -> TraceState:
    trace = window.find(name, index)
    if trace is None:
        raise NotFound(f"Window {window.key!r} has no trace {name if name is not None else index!r}.")
    return trace


register("window.put", decode=_decode_window_put, apply=window_put)
register("window.update", decode=_decode_window_update, apply=window_update)
register("window.close", decode=decode_win, apply=window_close)
register("window.restore", decode=_decode_window_restore, apply=window_restore)
