"""``POST /update``: what becomes of it depends on the window it meets, so it is decided inside the commit.

One command does it all, checks first and writes after, through the handlers of the commands it is made of. So an update is
atomic, needs no look at the database before, and costs what an append of ours costs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgpack
import numpy as np

from apps.errors import DomainError, Invalid, NotFound, TooLarge
from apps.windows import commands, committer
from apps.windows.commands import POINT_ATTRIBUTES, Command, Fields
from apps.windows.mismatch import wrong_kind
from apps.windows.models import Window
from apps.windows.selectors import unpack_arrays
from apps.windows.state import EnvState, TraceState, WindowState
from apps.windows.transaction import Transaction

from . import incoming
from .incoming import Raw, refuse

#: The command, and its form that makes what is missing.
UPDATE, APPEND = "wire.update", "wire.append"
#: Types of a plot's first trace that can be updated.
UPDATABLE = {"scatter", "scattergl", "custom", "heatmap"}
DIRECTIONS = {"appendRow", "appendColumn", "prependRow", "prependColumn", "replace"}


class Unsuitable(DomainError):
    """The window holds what no update changes; ``detail`` is the sentence visdom's users know."""

    code = "visdom_unsuitable"

    def __init__(self, was: str) -> None:
        super().__init__(
            f"win is not scatter, heatmap, custom, image_history, embeddings, or text; was {was}"
        )


@dataclass(slots=True)
class Update:
    """A message as far as it can be read before its window is known."""

    env: str
    win: str
    message: Raw
    name: str | None
    opts: Raw
    legend: list[str]
    layout: Raw
    data: list[Raw]
    has_data: bool
    is_append: bool
    is_delete: bool
    direction: str | None
    #: For each incoming trace that is a series of numbers, the append that it is; else None.
    series: list[Command | None] = field(default_factory=list)
    #: The picture of an image window's update, stored already.
    sample: Command | None = None


def decode(env: str, message: Raw) -> Command:
    """A message → the command. Stores pictures, so large ones go to a thread.

    Raises:
        DomainError: naming the field and what is allowed.
    """
    win = message.get("win")
    if win is None:
        raise refuse("win", "Name the window to update.")
    name, raw_opts = message.get("name"), incoming.opts_of(message)
    fields = Fields({"opts": raw_opts, "layout": message.get("layout"), "win": incoming.text_of(win, "win")})
    direction = message.get("updateDir")
    if direction is not None and direction not in DIRECTIONS:
        raise refuse("updateDir", f"Must be one of {', '.join(sorted(DIRECTIONS))}.")
    raw_data = message.get("data")
    update = Update(
        env=env,
        win=fields.key("win"),
        message=message,
        name=None if name is None else incoming.text_of(name, "name"),
        opts=fields.map("opts"),
        legend=_legend(raw_opts.get("legend")),
        layout={k: v for k, v in fields.map("layout").items() if v is not None},
        data=incoming.data_of(message) if not isinstance(raw_data, dict | int | float) else [],
        has_data=raw_data is not None,
        is_append=bool(message.get("append")),
        is_delete=bool(message.get("delete")),
        direction=direction,
    )
    if update.name is not None and len(update.data) != 1 and update.has_data and not update.is_delete:
        raise refuse("data", f"Must hold exactly one trace for {update.name!r:.100}.")
    if update.data and update.data[0].get("type") in ("image", "image_history"):
        raw = incoming.sample_command(env, update.win, update.data[0].get("content"), step=0)
        update.sample = commands.decode(raw)
    elif not update.is_delete and direction is None:
        update.series = [_series(update, n, trace) for n, trace in enumerate(update.data)]
    return Command(APPEND if update.is_append else UPDATE, env, {"update": update})


def _legend(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def _series(update: Update, place: int, trace: Raw) -> Command | None:
    """The append (or replacement) that an incoming trace means for the trace at its place, or of its name."""
    x, y = trace.get("x"), trace.get("y")
    if (trace.get("type") or "scatter") not in commands.SERIES_TYPES or not _is_numeric(y):
        return None
    if not (x is None or _is_numeric(x) or _is_text(x)):
        return None
    columns = {}
    for attribute in POINT_ATTRIBUTES:
        holder, _, leaf = attribute.rpartition(".")
        owner = trace.get(holder) if holder else trace
        value = owner.get(leaf) if isinstance(owner, dict) else None
        if attribute in ("marker.color", "text") and isinstance(value, list) and _length(y) == len(value):
            columns[attribute] = value
    raw: Raw = {
        "do": "trace.append" if update.is_append else "trace.replace",
        "env": update.env,
        "win": update.win,
    }
    raw |= {"index": place} if update.name is None else {"trace": update.name}
    raw |= {"x": x, "y": y, "columns": columns}
    if not _is_text(x):
        return commands.decode(raw)
    try:
        return commands.decode(raw)
    except Invalid:  # categories, not dates
        return None


def _is_numeric(value: Any) -> bool:
    if isinstance(value, dict):
        return "bdata" in value
    return isinstance(value, list) and set(map(type, value)) <= {float, int, type(None)}


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else -1


def _is_text(value: Any) -> bool:
    return isinstance(value, list) and str in map(type, value[:1])


# --- inside the commit


def apply(tx: Transaction, env: EnvState, *, update: Update) -> None:
    """Change the window as the message says, or refuse it and change nothing."""
    window = env.window(update.win)
    if window is None:
        if not update.is_append:
            raise NotFound("win does not exist", code="window_missing")
        _make(tx, env, update)
    elif window.kind == "embeddings":
        _update_embeddings(tx, env, window, update)
    elif isinstance(update.message.get("data"), dict):
        raise wrong_kind(window, incoming.words_for(update.message))
    elif not isinstance(update.message.get("data"), list | None):
        raise refuse("data", "Must be a list of maps.")
    elif window.kind == Window.Kind.TEXT:
        _update_text(tx, env, window, update)
    elif window.kind == Window.Kind.IMAGE and window.body.get("opts", {}).get("store_history"):
        _update_history(tx, env, window, update)
    elif window.kind == Window.Kind.PLOT:
        _update_plot(tx, env, window, update)
    else:
        raise Unsuitable(str(window.kind))


def _run(tx: Transaction, env: EnvState, raw: Raw) -> None:
    _run_command(tx, env, commands.decode(raw))


def _run_command(tx: Transaction, env: EnvState, command: Command) -> None:
    commands.handler(command.do)(tx, env, **command.args)


def _make(tx: Transaction, env: EnvState, update: Update) -> None:
    ready = [
        update.sample if raw["do"] == "sample.put" and update.sample else commands.decode(raw)
        for raw in incoming.put_commands(update.env, update.win, update.message)
    ]
    for command in ready:
        _run_command(tx, env, command)


def _update_text(tx: Transaction, env: EnvState, window: WindowState, update: Update) -> None:
    item = update.data[0] if update.data else {}
    if update.is_delete or item.get("type", "text") != "text":
        raise wrong_kind(window, incoming.words_for(update.message))
    if not update.data:
        _change_look(tx, env, window, update)
        return
    if "content" not in item:
        raise refuse("data[0]", "Its content is needed.")
    text = incoming.text_content(item["content"])
    raw = {"do": "text.append", "env": update.env, "win": update.win, "text": text, "opts": update.opts}
    _run(tx, env, raw | {"title": incoming.title_of(update.opts)})


def _update_history(tx: Transaction, env: EnvState, window: WindowState, update: Update) -> None:
    if update.sample is None:
        is_foreign = update.data and update.data[0].get("type") != "image_update_selected"
        if update.is_delete or is_foreign:
            raise wrong_kind(window, incoming.words_for(update.message))
        _change_look(tx, env, window, update)
        return
    look = {"opts": _changed_opts(window, update), "title": incoming.title_of(update.opts)}
    commands.handler("sample.put")(tx, env, **{**update.sample.args, **look, "step": None})


def _update_embeddings(tx: Transaction, env: EnvState, window: WindowState, update: Update) -> None:
    data = update.message.get("data")
    if data is None and not update.is_delete:
        _change_look(tx, env, window, update)
        return
    if isinstance(data, list | None):
        raise wrong_kind(window, incoming.words_for(update.message))
    change = data if isinstance(data, dict) else {}
    raw: Raw = {"env": update.env, "win": update.win}
    match change.get("update_type"):
        case "EntitySelected":
            _run(tx, env, raw | {"do": "window.update", "content": {"selected": change.get("selected")}})
        case "RegionSelected":
            _run(tx, env, raw | {"do": "embeddings.enter", "points": change.get("points")})
        case _:
            raise refuse("data.update_type", "Must be EntitySelected or RegionSelected.")


# --- plots


def _update_plot(tx: Transaction, env: EnvState, window: WindowState, update: Update) -> None:
    if window.traces:
        first = msgpack.unpackb(window.traces[0].attrs).get("type", "scatter")
        if first not in UPDATABLE:
            raise Unsuitable(str(first)[:100])
    if any(trace.get("type") in incoming.WHOLE for trace in update.data):
        raise wrong_kind(window, incoming.words_for(update.message))
    if not update.has_data and update.name is None and not update.is_delete:
        _change_look(tx, env, window, update)
        return
    renamed = _renamed(window, update)
    names = renamed or [trace.name for trace in window.traces]
    chosen = [
        trace
        for trace, name in zip(window.traces, names, strict=True)
        if update.name is None or name == update.name
    ]
    if update.is_delete:
        _change_look(tx, env, window, update)
        for trace in reversed(chosen):
            _run(tx, env, {"do": "trace.remove", "env": update.env, "win": update.win, "index": trace.index})
        return
    if not chosen:
        _check_room(tx, window, len(update.data))
        made = [commands.decode(_new_trace(update, trace)) for trace in update.data]
        _change_look(tx, env, window, update)
        for command in made:
            _run_command(tx, env, command)
        return
    are_heatmaps = all(_type_of(trace) == "heatmap" for trace in chosen)
    if are_heatmaps != (bool(update.data) and update.data[-1].get("type") == "heatmap"):
        raise wrong_kind(window, incoming.words_for(update.message))
    if are_heatmaps:
        _grow(tx, env, window, update, chosen)
    else:
        _change_traces(tx, env, window, update, chosen)


def _change_traces(
    tx: Transaction, env: EnvState, window: WindowState, update: Update, chosen: list[TraceState]
) -> None:
    """Incoming trace n belongs to chosen trace n; one more or less on either side changes nothing else."""
    ready: list[Command] = []
    for n, trace in zip(range(len(update.data)), chosen, strict=False):
        series, raw = update.series[n] if update.series else None, update.data[n]
        if _is_masked(raw.get("x"), series):
            continue
        if series is not None and trace.is_series:
            _check_fits(trace, series, update.is_append)
            ready.append(Command(series.do, series.env, {**series.args, "name": None, "index": trace.index}))
            changes = _flat_color(raw) if not update.is_append else {}
        elif trace.is_series and (raw.get("type") or "scatter") not in commands.SERIES_TYPES:
            raise wrong_kind(window, incoming.words_for({"data": [raw]}))
        else:
            changes = _joined(trace, raw, is_append=update.is_append)
        if changes:
            ready.append(commands.decode(_set_trace(update, trace, changes)))
    _change_look(tx, env, window, update)
    for command in ready:
        _run_command(tx, env, command)


def _is_masked(x: Any, series: Command | None) -> bool:
    """A trace whose x are all gaps is left as it is."""
    if series is not None and "x" in series.args["points"]:
        return bool(np.isnan(series.args["points"]["x"]).all())
    return isinstance(x, list) and all(value is None or value != value for value in x)


def _check_fits(trace: TraceState, series: Command, is_append: bool) -> None:
    holds_dates, come_dates = trace.dates, series.args["dates"]
    if is_append and holds_dates != come_dates and trace.series.count:
        words = {True: "dates", False: "numbers"}
        raise Invalid(
            f"x: The trace holds {words[holds_dates]}, and {words[come_dates]} came.",
            fields={"x": [f"Must be {words[holds_dates]}."]},
        )


def _joined(trace: TraceState, new: Raw, *, is_append: bool) -> Raw:
    """x and y of a trace that is no series of numbers (categories, say): the whole lists, longer or new."""
    if trace.is_series:
        raise refuse("data", f"Trace {trace.name or trace.index!r} holds numbers; send numbers or dates.")
    old = unpack_arrays(msgpack.unpackb(trace.attrs))
    out: Raw = {}
    for axis in ("x", "y"):
        if axis not in new:
            continue
        came = _as_list(new[axis], axis)
        out[axis] = [*_as_list(old.get(axis, []), axis), *came] if is_append else came
    if not is_append:
        out |= _flat_color(new)
    return out


def _as_list(value: Any, axis: str) -> list:
    if isinstance(value, dict) and "bdata" in value:
        value = Fields({}).typed(axis, value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if not isinstance(value, list | tuple):
        raise refuse(axis, "Must be a list.")
    return list(value)


def _flat_color(trace: Raw) -> Raw:
    marker = trace.get("marker")
    color = marker.get("color") if isinstance(marker, dict) else None
    return {"marker": {"color": color}} if isinstance(color, str) else {}


def _set_trace(update: Update, trace: TraceState, changes: Raw) -> Raw:
    part = {"index": trace.index, "set": changes}
    return {"do": "window.update", "env": update.env, "win": update.win, "traces": [part]}


def _new_trace(update: Update, trace: Raw) -> Raw:
    if update.name is not None:
        trace = {**trace, "name": update.name}
    return {"do": "trace.put", "env": update.env, "win": update.win, "trace": trace}


def _check_room(tx: Transaction, window: WindowState, more: int) -> None:
    most = tx.limits.window_traces
    if len(window.traces) + more > most:
        raise TooLarge(
            f"Window {window.key!r:.100} has {len(window.traces)} traces; at most {most} are allowed."
        )


def _grow(
    tx: Transaction, env: EnvState, window: WindowState, update: Update, chosen: list[TraceState]
) -> None:
    """The last one counts: what lies behind a heatmap to shine through its gaps grows with it."""
    grow = commands.decode(_growth(update, chosen[0] if len(chosen) == 1 else None, update.data[-1]))
    _run_command(tx, env, grow)
    _change_look(tx, env, window, update)


def _growth(update: Update, trace: TraceState | None, raw: Raw) -> Raw:
    new = {k: v for k, v in raw.items() if k not in ("x", "y", "z", "type")}
    if update.direction != "replace":
        new = {k: v for k, v in new.items() if v is not None}
    grow = {
        "do": "heatmap.grow",
        "env": update.env,
        "win": update.win,
        "direction": update.direction or "replace",
        "z": raw.get("z"),
        "set": new,
    }
    if trace is not None:
        grow["index"] = trace.index
    return grow | {axis: raw[axis] for axis in ("x", "y") if raw.get(axis) is not None}


def _type_of(trace: TraceState) -> str:
    return msgpack.unpackb(trace.attrs).get("type", "scatter")


# --- the look


def _change_look(tx: Transaction, env: EnvState, window: WindowState, update: Update) -> None:
    """Write opts, layout, title and legend where they differ from what is there: mostly they do not."""
    raw: Raw = {}
    if opts := _changed_opts(window, update):
        raw["opts"] = opts
    title = incoming.title_of(update.opts)
    if title is not None and title != window.title:
        raw["title"] = title
    if update.layout:
        raw["layout"] = replacing(window.body.get("layout", {}), update.layout)
    if renamed := _renamed(window, update):
        raw["legend"] = renamed
    if raw:
        _run(tx, env, raw | {"do": "window.update", "env": update.env, "win": update.win})


def _changed_opts(window: WindowState, update: Update) -> Raw:
    known = window.body.get("opts", {})
    return {key: value for key, value in update.opts.items() if key not in known or known[key] != value}


def _renamed(window: WindowState, update: Update) -> list[str]:
    """All traces' names, if the legend changes any; else empty. A name given beside a shorter legend is about that trace."""
    old = [trace.name for trace in window.traces]
    if not update.legend or (update.name is not None and len(update.legend) < len(old)):
        return []
    new = [*update.legend[: len(old)], *old[len(update.legend) :]]
    return new if new != old else []


def replacing(old: Raw, new: Raw) -> Raw:
    """What, merged into ``old``, makes each key of ``new`` exactly what it is there."""
    out: Raw = {}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict) and "bdata" not in value:
            gone = dict.fromkeys(_without(before, value))
            out[key] = gone | replacing(before, value)
        else:
            out[key] = value
    return out


def _without(before: Iterable[str], value: Raw) -> list[str]:
    return [key for key in before if key not in value]


def _refuse_outsiders(fields: Fields) -> dict[str, Any]:
    raise Invalid("This command belongs to POST /update.", code="unknown_command")


for _do in (UPDATE, APPEND):
    commands.register(_do, decode=_refuse_outsiders, apply=apply)
committer.MAKERS.add(APPEND)
