"""What the handlers of commands are made of: windows, their traces and their looks are made, changed and emptied here, inside the
committer's transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgpack
from django.conf import settings

from apps.errors import NotFound, TooLarge

from .bounds import limits
from .commands import Look, TraceInput
from .models import TextPart, Trace, Window
from .series import columns as col
from .series import store
from .state import EnvState, TraceState, WindowState, delete_texts, delete_traces
from .transaction import Transaction

#: Other apps copy and remove what they hang on windows: called with ({old window id: new}), ([window ids]).
fork_hooks: list[Any] = []
reset_hooks: list[Any] = []


def find_window(env: EnvState, key: str) -> WindowState:
    window = env.window(key)
    if window is None:
        raise NotFound(
            f"There is no window {key!r} in this env.",
            code="window_missing",
            fields={"win": ["No such window."]},
        )
    return window


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
    drop_traces(tx, window, list(window.traces))
    if window.kind == Window.Kind.TEXT:
        delete_texts([window.id])
        window.text_length = 0
    for hook in reset_hooks:
        hook([window.id])


def replace_text(window: WindowState, text: str) -> None:
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


def drop_traces(tx: Transaction, window: WindowState, gone: list[TraceState]) -> None:
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


def check_restorable(tx: Transaction, deleted_at: datetime) -> None:
    """What is older than this is being removed for good, piece by piece."""
    days = settings.PANEWALL.idle_rows_days
    if deleted_at < tx.now - timedelta(days=days):
        raise NotFound(f"This was closed more than {days} days ago and cannot be restored any more.")
