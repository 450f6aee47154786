"""A window as one JSON object, as visdom has them: for programs that read and write whole windows, for events and archives.

``commands_from_object`` is the inverse of ``window_object``: whoever writes back what was read changes nothing. What visdom's
objects have no word for (a metric's steps, the steps of images, files that are no images) stands under keys of our own, which
visdom passes over. Contents that other apps keep are registered in ``writers`` and ``readers``.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import orjson
from django.conf import settings
from django.db import connections
from django.db.models import Sum

from apps.envs.models import Env
from apps.errors import Invalid, TooLarge
from apps.jobs.gate import read_snapshot

from . import figures
from .commands import plain, plain_list
from .models import Tail, TextPart, Trace, Window
from .series import read
from .series.columns import Columns
from .state import TraceState

Object = dict[str, Any]
Commands = list[dict[str, Any]]

#: By kind: what a window's object says beside the common keys. Other apps add theirs; they read from ``using``.
writers: dict[str, Callable[[Window, Object, str], Object]] = {}
#: By the object's type: the commands of an object. The first that knows what to do with it does it.
readers: dict[str, list[Callable[[dict[str, Any], Object], Commands | None]]] = {}
#: Bytes that other apps keep for a window.
weights: list[Callable[[Window, str], int]] = []
#: A number as JSON has it.
NUMBER_BYTES = 10

#: What these are where nothing is said of them.
USUAL: Object = {"version": 1, "inflate": True, "width": None, "height": None}
#: Keys that are no opts. Opts of these names are kept apart, under ``opts``.
RESERVED = {
    *("command", "id", "title", "contentID", "type", "content", "i", "opts", "panewall"),
    *USUAL,
}
NETWORK: Object = {"directed": False, "showEdgeLabels": "hover", "showVertexLabels": "hover"}
#: Longest text in one command; a longer one is cut between its parts.
BREAK = "<br>"


def window_object(window: Window, using: str | None = None) -> Object:
    """The window as visdom's object: plain data that JSON can hold, null for what is no finite number.

    Args:
        window: a living window.
        using: the connection of a snapshot that is open already.

    Raises:
        TooLarge: what it shows is over ``limits.object_bytes``.
    """
    if using is None:
        with read_snapshot() as opened:
            return window_object(window, opened)
    check_weight(window, using)
    body = plain(msgpack.unpackb(bytes(window.body)))
    opts = body.get("opts", {})
    shown = writers[window.kind](window, body, using)
    said = {
        "command": "window",
        "version": opts.get("version", 1),
        "id": window.key,
        "title": window.title,
        "inflate": opts.get("inflate", True),
        "width": opts.get("width"),
        "height": opts.get("height"),
        "contentID": _content_id(shown["content"]),
        **shown,
        "i": window.place,
    }
    return {**_opts_beside(opts, said), **said}


def weigh(window: Window, using: str) -> int:
    """About how many bytes a window's object will have, from its rows alone."""
    size = len(window.body) + window.text_length
    counts = dict(
        Tail.objects.using(using)
        .filter(trace__window_id=window.pk)
        .order_by()
        .values_list("trace")
        .annotate(Sum("count"))
    )
    for trace in Trace.objects.using(using).filter(window_id=window.pk):
        points = trace.sealed + counts.get(trace.pk, 0)
        size += len(trace.attrs) + points * NUMBER_BYTES * len(trace.columns)
    return size + sum(weight(window, using) for weight in weights)


def check_weight(window: Window, using: str) -> None:
    """Return if the window can be read whole.

    Raises:
        TooLarge: it is over ``limits.object_bytes``.
    """
    size, most = weigh(window, using), settings.PANEWALL.limits.object_bytes
    if size > most:
        raise TooLarge(
            f"Window {window.key!r:.100} has about {size:,} bytes; at most {most:,} are read at once."
        )


def check_env(env: Env) -> None:
    """Return if all windows of an env can be read whole: for doors that could not say so any more in the middle.

    Raises:
        TooLarge: one of them cannot; says which.
    """
    with read_snapshot() as using:
        for window in Window.objects.using(using).living().filter(env_id=env.pk).iterator(chunk_size=100):
            check_weight(window, using)


def env_objects(env: Env) -> Iterator[tuple[str, Object]]:
    """All living windows of an env in their order, as (key, object); one at a time is held in memory."""
    keys = Window.objects.living().filter(env=env).order_by("place", "pk").values_list("pk", flat=True)
    for pk in list(keys):
        with read_snapshot() as using:
            window = Window.objects.using(using).living().filter(pk=pk).first()
            found = None if window is None else (window.key, window_object(window, using))
        if found is not None:
            yield found


def commands_from_object(env: str, obj: Object) -> Commands:
    """The commands (docs/protocol.md) that make a window what ``obj`` says.

    Args:
        env: the env's name, as commands have it.
        obj: a window as visdom's servers store it, or as ``window_object`` gives it.

    Raises:
        Invalid: it is no window; names the field.
    """
    if not isinstance(obj, dict):
        raise _refuse("", "A window is a map.")
    key, kind = obj.get("id"), obj.get("type")
    if not isinstance(key, str):
        raise _refuse("id", "Must be a text.")
    title = obj.get("title")
    if title is not None and not isinstance(title, str):
        raise _refuse("title", "Must be a text.")
    head = {"env": env, "win": key, "title": title or "", "opts": _opts_of(obj)}
    for reader in readers.get(kind, ()) if isinstance(kind, str) else ():
        found = reader(head, obj)
        if found is not None:
            return found
    raise _refuse("type", f"Must be one of {', '.join(sorted(readers))}.")


# --- opts


def _opts_beside(opts: Object, said: Object) -> Object:
    """Opts as further keys, as visdom has them after an update; those whose names are taken lie under ``opts``."""
    beside = {name: value for name, value in opts.items() if name not in RESERVED and name not in said}
    hidden = {name: value for name, value in opts.items() if name not in beside and said.get(name) != value}
    return beside | ({"opts": hidden} if hidden else {})


def _opts_of(obj: Object) -> Object:
    """The opts of an object; what a window says of itself without them is left out."""
    own = _own_keys(obj)
    opts = {name: value for name, value in obj.items() if name not in RESERVED | own}
    for name, usual in USUAL.items():
        if name in obj and (obj[name] != usual or isinstance(obj[name], bool) != isinstance(usual, bool)):
            opts[name] = obj[name]
    for name, usual in {**NETWORK, "show_slider": True}.items():
        if name in own and obj.get(name, usual) != usual:
            opts[name] = obj[name]
    hidden = obj.get("opts")
    if isinstance(hidden, dict):
        opts |= hidden
    return opts


def _own_keys(obj: Object) -> set[str]:
    """Keys that belong to an object of this type, and would be opts elsewhere."""
    match obj.get("type"):
        case "network":
            return set(NETWORK)
        case "image_history":
            return {"selected", "show_slider"}
        case "embeddings":
            return {"old_content"}
    return set()


# --- plots and metrics


def _write_plot(window: Window, body: Object, using: str) -> Object:
    layout = figures.as_sent(body.get("layout", {}), body.get("titles", ()))
    return {"type": "plot", "content": {"data": _traces(window, using), "layout": layout}}


def _write_metric(window: Window, body: Object, using: str) -> Object:
    (trace,) = _traces(window, using) or [{}]
    line = {"type": "scatter", "mode": "lines", "name": window.title or window.key, **trace}
    layout = {"title": window.title, "xaxis": {"title": "step"}}
    return {
        "type": "plot",
        "content": {"data": [line], "layout": layout},
        "panewall": {"kind": "metric", "name": trace.get("name", window.key)},
    }


def _traces(window: Window, using: str) -> list[Object]:
    out = []
    for row in Trace.objects.using(using).filter(window_id=window.pk).order_by("index"):
        attrs = plain(msgpack.unpackb(bytes(row.attrs)))
        if row.columns:
            _put_columns(attrs, _read_columns(row, using), row.dates)
        if row.name or "name" in attrs:
            attrs["name"] = row.name
        out.append(attrs)
    return out


def _read_columns(row: Trace, using: str) -> Columns:
    state = TraceState.of(row)
    with connections[using].cursor() as cursor:
        series = state.load(cursor)
        return read.points(cursor, series, 0, series.count)


def _put_columns(attrs: Object, columns: Columns, dates: bool) -> None:
    for name, column in columns.items():
        holder, _, leaf = name.rpartition(".")
        owner = attrs
        if holder:
            owner = attrs[holder] = attrs[holder] if isinstance(attrs.get(holder), dict) else {}
        if name == "x" and dates:
            owner[leaf] = date_texts(np.asarray(column))
        else:
            owner[leaf] = plain_list(column) if isinstance(column, np.ndarray) else plain(column)


def date_texts(ms: np.ndarray) -> list[str | None]:
    """Milliseconds since 1970 as ISO 8601, only as exact as the most exact of them needs."""
    known = np.isfinite(ms)
    micros = np.zeros(len(ms), dtype="<i8")
    micros[known] = np.rint(ms[known] * 1000).astype("<i8")
    unit: Any = next(
        (
            unit
            for unit, size in (("D", 86_400_000_000), ("s", 1_000_000), ("ms", 1000))
            if not (micros % size).any()
        ),
        "us",
    )
    texts = np.datetime_as_string(micros.astype("datetime64[us]"), unit=unit).tolist()
    return [text if is_known else None for text, is_known in zip(texts, known.tolist(), strict=True)]


def _read_plot(head: Object, obj: Object) -> Commands:
    content = obj.get("content")
    if not isinstance(content, dict):
        raise _refuse("content", "Must be a map of data and layout.")
    traces, layout = content.get("data", []), content.get("layout") or {}
    if not isinstance(traces, list) or not all(isinstance(trace, dict) for trace in traces):
        raise _refuse("content.data", "Must be a list of traces.")
    ours = obj.get("panewall")
    if isinstance(ours, dict) and ours.get("kind") == "metric" and len(traces) == 1:
        line = {name: traces[0][name] for name in ("x", "y", "t") if name in traces[0]}
        named = str(ours.get("name") or head["win"])
        return [{"do": "window.put", **head, "kind": "metric", "traces": [{"name": named, **line}]}]
    return [{"do": "window.put", **head, "kind": "plot", "layout": layout, "traces": traces}]


# --- texts


def _write_text(window: Window, body: Object, using: str) -> Object:
    parts = TextPart.objects.using(using).filter(window_id=window.pk).order_by("no")
    return {"type": "text", "content": BREAK.join(parts.values_list("text", flat=True))}


def _read_text(head: Object, obj: Object) -> Commands:
    content = obj.get("content")
    text = "" if content is None else content if isinstance(content, str) else str(content)
    first, *others = _pieces(text, settings.PANEWALL.limits.text_chars)
    return [
        {"do": "window.put", **head, "kind": "text", "text": first},
        *({"do": "text.append", "env": head["env"], "win": head["win"], "text": piece} for piece in others),
    ]


def _pieces(text: str, most: int) -> Iterator[str]:
    """The text cut where appending puts a break, into pieces that commands can carry. One that cannot be cut is refused."""
    while len(text) > most:
        at = text.rfind(BREAK, 0, most)
        if at < 0:
            break  # the command will say that it is too long
        yield text[:at]
        text = text[at + len(BREAK) :]
    yield text


# --- plain data


def _write_properties(window: Window, body: Object, using: str) -> Object:
    return {"type": "properties", "content": body.get("content", {}).get("items", [])}


def _read_properties(head: Object, obj: Object) -> Commands:
    content = {"items": obj.get("content") or []}
    return [{"do": "window.put", **head, "kind": "properties", "content": content}]


def _write_network(window: Window, body: Object, using: str) -> Object:
    opts = body.get("opts", {})
    return {
        "type": "network",
        "content": body.get("content", {}),
        **{name: opts.get(name, usual) for name, usual in NETWORK.items()},
    }


def _read_network(head: Object, obj: Object) -> Commands:
    content = obj.get("content") or {}
    return [{"do": "window.put", **head, "kind": "network", "content": content}]


def _write_embeddings(window: Window, body: Object, using: str) -> Object:
    levels = body.get("previous", [])
    content = {**body.get("content", {}), "has_previous": bool(levels)}
    return {"type": "embeddings", "content": content, "old_content": levels}


def _read_embeddings(head: Object, obj: Object) -> Commands:
    content = obj.get("content") or {}
    if not isinstance(content, dict):
        raise _refuse("content", "Must be a map.")
    content = {name: value for name, value in content.items() if name != "has_previous"}
    if obj.get("old_content"):
        content["previous"] = obj["old_content"]
    return [{"do": "window.put", **head, "kind": "embeddings", "content": content}]


# --- small parts


def _content_id(content: Any) -> str:
    """Another one whenever the content is another, the same for the same: what is put back unchanged keeps it."""
    written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return str(uuid.UUID(bytes=hashlib.blake2b(written, digest_size=16).digest(), version=4))


def _refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field or 'window'}: {reason}", fields={field: [reason]})


writers.update(
    {
        "plot": _write_plot,
        "metric": _write_metric,
        "text": _write_text,
        "properties": _write_properties,
        "network": _write_network,
        "embeddings": _write_embeddings,
    }
)
readers.update(
    {
        "plot": [_read_plot],
        "text": [_read_text],
        "properties": [_read_properties],
        "network": [_read_network],
        "embeddings": [_read_embeddings],
    }
)
