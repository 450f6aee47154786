"""From visdom's messages to the commands of the wire (docs/protocol.md).

A message is what `Visdom._send` gets: a dict for one of visdom's endpoints. `Wire` knows what one client has said so far: which options
a window last got, the heatmaps it may have to extend, the steps of its image histories.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Any, Callable
from urllib.parse import unquote_to_bytes

import numpy as np

from panewall.arrays import as_series, is_numeric, is_typed, plain, portable, untyped
from panewall.errors import BadArgument
from panewall.plots import GROWTH, grow

GROWING = ("scatter", "scattergl", "scatter3d", "custom")
HEATMAPS = 32  # kept to be extended
TRACES = 1000  # whose look is kept
_COLUMNS = ("x", "y", "z")
_NOT_YET = ("properties", "network", "embeddings")

Command = dict  # dict[str, Any]
Ask = Callable[[str, str], Any]


class Wire:
    """Turns messages into commands, in order.

    Args:
        ask: reads a window (env, key) from the server as visdom would show it; None when there is none or no answer.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._options: dict[tuple[str, str], str] = {}
        self._heatmaps: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._steps: dict[tuple[str, str], int] = {}
        self._makes: dict[tuple[Any, ...], tuple[Any, dict[str, Any]]] = {}

    def forget(self, env: str, win: str | None) -> None:
        """The window is gone, or no longer what this client made of it."""
        for memory in (self._options, self._heatmaps, self._steps):
            for key in list(memory):  # at once: the sender's thread may call this, too
                if key[0] == env and win in (None, key[1]):
                    memory.pop(key, None)

    def commands(
        self,
        endpoint: str,
        message: dict[str, Any],
        *,
        layout: dict[str, Any] | None = None,
        given: dict[str, Any] | None = None,
    ) -> list[Command]:
        """The commands for one message.

        Args:
            endpoint: visdom's: events, update, close, delete_env, fork_env or env/….
            message: with ``eid``, and ``win`` where the endpoint has windows.
            layout: what the window's layout would be if it has to be made by an update.
            given: the options that the caller gave, without defaults.

        Raises:
            BadArgument: there is no such endpoint, or the message makes no sense.
        """
        env = str(message.get("eid"))
        if endpoint == "events":
            return self._create(env, message)
        if endpoint == "update":
            return self._update(env, message, layout, given)
        if endpoint == "close":
            win = message.get("win")
            self.forget(env, None if win is None else str(win))
            return (
                [{"do": "env.clear", "env": env}]
                if win is None
                else [{"do": "window.close", "env": env, "win": str(win)}]
            )
        if endpoint == "delete_env":
            self.forget(env, None)
            return [{"do": "env.delete", "env": env}]
        if endpoint == "fork_env":
            return [{"do": "env.fork", "env": str(message["prev_eid"]), "to": env}]
        if endpoint.startswith("env/"):
            return [{"do": "env.create", "env": env}]
        raise BadArgument(f"this client has no endpoint {endpoint!r}")

    # --- events: a window is made or replaced ---

    def _create(self, env: str, message: dict[str, Any]) -> list[Command]:
        data = message.get("data")
        if not isinstance(data, (list, tuple)) or not data:
            raise BadArgument("data must be a list of at least one trace")
        win = str(message["win"])
        opts = message.get("opts") or {}
        first = _as_map(data[0])
        kind = first.get("type")
        self.forget(env, win)
        head = {"env": env, "win": win}
        if kind == "text":
            content = first.get("content")
            return [
                {
                    "do": "window.put",
                    **head,
                    "kind": "text",
                    **_look(opts),
                    "text": "" if content is None else str(content),
                }
            ]
        if kind in ("image", "image_history"):
            return [self._image(head, first, opts, new=True)]
        if kind in _NOT_YET:
            raise BadArgument(f"windows of type {kind!r} are not known to this client")
        traces = [_trace(_as_map(trace)) for trace in data]
        self._remember_heatmap(env, win, traces)
        layout = message.get("layout") or {}
        return [
            {
                "do": "window.put",
                **head,
                "kind": "plot",
                **_look(opts, layout),
                "layout": portable(layout, arrays=False),
                "traces": traces,
            }
        ]

    def _image(
        self, head: dict[str, Any], item: dict[str, Any], opts: dict[str, Any], *, new: bool
    ) -> Command:
        content = item.get("content") or {}
        if isinstance(content, list):
            content = content[-1] if content else {}
        key = (head["env"], head["win"])
        history = item.get("type") == "image_history"
        step = 0
        if not new:
            step = self._steps[key] + 1 if key in self._steps else self._next_step(*key)
        if history:
            self._steps[key] = step
        command: Command = {
            "do": "sample.put",
            **head,
            "step": step,
            "index": 0,
            "image": image_bytes(content.get("src")),
            **_look(opts),
        }
        if content.get("caption") is not None:
            command["caption"] = str(content["caption"])
        if new:
            command["replace"] = True
        return command

    def _next_step(self, env: str, win: str) -> int:
        """The step after the last image of a window that another program began."""
        try:
            window = self._ask(env, win)
        except ConnectionError:
            return int(time.time())  # after whatever is there
        steps = [sample.get("step", 0) for sample in (window or {}).get("samples") or []]
        return int(max(steps)) + 1 if steps else 0

    def _remember_heatmap(self, env: str, win: str, traces: list[dict[str, Any]]) -> None:
        if 0 < len(traces) <= 2 and all(trace.get("type") == "heatmap" for trace in traces):
            while len(self._heatmaps) >= HEATMAPS:
                self._heatmaps.pop(next(iter(self._heatmaps)))
            self._heatmaps[env, win] = [dict(trace) for trace in traces]

    # --- update ---

    def _update(
        self, env: str, message: dict[str, Any], layout: dict[str, Any] | None, given: dict[str, Any] | None
    ) -> list[Command]:
        win = str(message.get("win"))
        head = {"env": env, "win": win}
        opts = message.get("opts") or {}
        data = message.get("data")
        name = message.get("name")
        if data is None and name is None:
            return [self._look_only(head, message, opts)]
        if message.get("delete"):
            return self._remove(head, name)
        data = [data] if isinstance(data, dict) else list(data or [])
        if not data:
            raise BadArgument("data must hold a trace")
        traces = [_as_map(trace) for trace in data]
        kind = traces[0].get("type")
        if kind == "text":
            content = traces[0].get("content")
            return [
                {"do": "text.append", **head, **_look(opts), "text": "" if content is None else str(content)}
            ]
        if kind in ("image", "image_history"):
            return [self._image(head, traces[0], opts, new=False)]
        if kind == "heatmap" and (name is None):
            return self._heatmap(head, message, [_trace(trace) for trace in traces], layout)
        if kind not in (None, *GROWING):
            raise BadArgument(
                f"a window of type {kind!r} cannot be updated: only scatter, line and heatmap can"
            )
        return self._points(head, message, traces, layout, given)

    def _look_only(self, head: dict[str, Any], message: dict[str, Any], opts: dict[str, Any]) -> Command:
        command: Command = {"do": "window.update", **head, **_look(opts)}
        layout = {key: value for key, value in (message.get("layout") or {}).items() if value is not None}
        if layout:
            command["layout"] = portable(layout, arrays=False)
        legend = opts.get("legend")
        if legend is not None and len(legend):
            command["traces"] = _names(legend)
        self._options.pop((head["env"], head["win"]), None)
        return command

    def _remove(self, head: dict[str, Any], name: Any) -> list[Command]:
        if name is not None:
            return [{"do": "trace.remove", **head, "trace": str(name)}]
        known = self._heatmaps.pop((head["env"], head["win"]), [{}])
        return [{"do": "trace.remove", **head, "index": index} for index in reversed(range(len(known)))]

    def _points(
        self,
        head: dict[str, Any],
        message: dict[str, Any],
        traces: list[dict[str, Any]],
        layout: dict[str, Any] | None,
        given: dict[str, Any] | None,
    ) -> list[Command]:
        opts = message.get("opts") or {}
        name = message.get("name")
        if name is not None and len(traces) != 1:
            raise BadArgument("name goes with exactly one trace")
        look = layout if layout is not None else message.get("layout") or {}
        do = "trace.append" if message.get("append") else "trace.replace"
        commands: list[Command] = []
        for index, trace in enumerate(traces):
            command = point_command({"do": do, **head}, trace)
            if command is None:
                continue  # all x are missing: this trace is left alone
            attributes = command.pop("attributes")
            if name is not None:
                command["trace"] = str(name)
                attributes = {**attributes, "name": str(name)}
            else:
                command["index"] = index
            if message.get("append") or name is not None:
                command["make"] = self._make(
                    (*head.values(), name, index if name is None else 0), opts, look, attributes
                )
            commands.append(command)
        return commands + self._changed_look(head, opts if given is None else given, len(traces))

    def _make(
        self, key: tuple[Any, ...], opts: dict[str, Any], layout: dict[str, Any], attributes: dict[str, Any]
    ) -> dict[str, Any]:
        """What a missing window and trace would be made from. Appends repeat it, so the last one is kept."""
        source = (opts, layout, attributes)
        last = self._makes.get(key)
        if last is not None and same(last[0], source):
            return last[1]
        made = {
            **_look(opts, layout),
            "layout": portable(layout, arrays=False),
            "trace": portable(attributes),
        }
        if len(self._makes) >= TRACES:
            self._makes.clear()
        self._makes[key] = (source, made)
        return made

    def _changed_look(self, head: dict[str, Any], given: dict[str, Any], traces: int) -> list[Command]:
        """The caller's options, once: not again with every append that repeats them."""
        if not given:
            return []
        look = _look(given)
        key = (head["env"], head["win"])
        said = json.dumps(plain(look), sort_keys=True, default=str)
        if self._options.get(key) == said:
            return []
        self._options[key] = said
        legend = given.get("legend")
        if legend is not None and len(legend):
            look["traces"] = _names(list(legend)[:traces])
        return [{"do": "window.update", **head, **look}]

    def _heatmap(
        self,
        head: dict[str, Any],
        message: dict[str, Any],
        traces: list[dict[str, Any]],
        layout: dict[str, Any] | None,
    ) -> list[Command]:
        env, win = head["env"], head["win"]
        direction = message.get("updateDir") if message.get("append") else None
        known = self._heatmaps.get((env, win))
        if known is None and direction in GROWTH:
            known = self._fetch_heatmap(env, win)
            if known is None:
                whole = {**message, "layout": layout if layout is not None else message.get("layout") or {}}
                return self._create(env, whole)
        if known is None:
            known = [{}] * len(traces)
        changes = []
        if direction in GROWTH:
            added = traces[-1]
            grown = grow(known[-1], added, str(direction))
            if len(known) == 2:
                base = {"z": np.zeros(grown["z"].shape), **{key: grown[key] for key in "xy" if key in grown}}
                changes.append({"index": 0, "set": base})
            changes.append({"index": len(known) - 1, "set": grown})
        else:
            for index, trace in enumerate(traces[-len(known) :], start=max(0, len(known) - len(traces))):
                changes.append({"index": index, "set": trace})
        for change in changes:
            if change["index"] < len(known):
                known[change["index"]] = {**known[change["index"]], **change["set"]}
        if all(known):
            self._heatmaps[env, win] = known
        return [{"do": "window.update", **head, **_look(message.get("opts") or {}), "traces": changes}]

    def _fetch_heatmap(self, env: str, win: str) -> list[dict[str, Any]] | None:
        window = self._ask(env, win)
        if not window or window.get("type") != "plot":
            return None
        traces = window["content"]["data"]
        if not 0 < len(traces) <= 2 or any(trace.get("type") != "heatmap" for trace in traces):
            raise BadArgument(f"window {win!r} is not a heatmap")
        for trace in traces:
            trace["z"] = untyped(trace["z"]) if is_typed(trace["z"]) else np.array(trace["z"], dtype=float)
        return list(traces)


def point_command(command: Command, trace: dict[str, Any]) -> Command | None:
    """The points of a trace as columns, the rest as ``attributes``. None: no point has an x.

    Raises:
        BadArgument: there are no points, or columns of different lengths.
    """
    attributes = {key: value for key, value in trace.items() if key not in _COLUMNS and value is not None}
    count = None
    for name in _COLUMNS:
        if trace.get(name) is None:
            continue
        series = as_series(trace[name])
        column = series if series is not None else portable(list(trace[name]))
        if count is not None and len(column) != count:
            raise BadArgument(f"{name} has {len(column)} values, the column before it {count}")
        count = len(column)
        command[name] = column
    if count is None or "y" not in command:
        raise BadArgument("a trace needs y")
    x = command.get("x")
    if (
        count
        and x is not None
        and (
            (is_numeric(x) and x.dtype.kind == "f" and np.isnan(x).all())
            or (isinstance(x, list) and all(v is None for v in x))
        )
    ):
        return None
    columns = {}
    marker = attributes.get("marker")
    if isinstance(attributes.get("text"), (list, tuple, np.ndarray)):
        columns["text"] = portable(list(attributes.pop("text")))
    if isinstance(marker, dict):
        marker = dict(marker)
        for key in ("color", "size"):
            if isinstance(marker.get(key), (list, tuple, np.ndarray)) and len(marker[key]) == count:
                columns[f"marker.{key}"] = portable(list(marker.pop(key)))
        attributes["marker"] = marker
    if columns:
        command["columns"] = columns
    command["attributes"] = attributes
    return command


def same(one: Any, other: Any) -> bool:
    """Are two values equal? No, where arrays in them make that a question."""
    try:
        return bool(one == other)
    except ValueError:
        return False


def _trace(trace: dict[str, Any]) -> dict[str, Any]:
    """A trace for window.put: columns as numpy arrays where they are numbers, all else made portable."""
    out: dict[str, Any] = {}
    for key, value in trace.items():
        series = (
            as_series(value) if key in _COLUMNS and value is not None and not isinstance(value, str) else None
        )
        if series is not None:
            out[key] = series
        elif isinstance(value, np.ndarray) and value.ndim == 2 and is_numeric(value):
            out[key] = value
        else:
            out[key] = portable(value)
    return out


def _as_map(trace: Any) -> dict[str, Any]:
    if hasattr(trace, "to_plotly_json"):
        trace = trace.to_plotly_json()
    if not isinstance(trace, dict):
        raise BadArgument(f"a trace is a dict, not {type(trace).__name__}")
    return trace


def _look(opts: dict[str, Any], layout: dict[str, Any] | None = None) -> dict[str, Any]:
    """Title and options of a window."""
    look: dict[str, Any] = {}
    title = opts.get("title")
    if title is None and layout:
        title = layout.get("title")
        if isinstance(title, dict):
            title = title.get("text")
    if title is not None:
        look["title"] = str(title)
    if opts:
        look["opts"] = portable({key: value for key, value in opts.items() if key != "title"}, arrays=False)
    return look


def _names(legend: Any) -> list[dict[str, Any]]:
    return [{"index": index, "set": {"name": str(name)}} for index, name in enumerate(legend)]


def image_bytes(source: Any) -> bytes:
    """The file in a data URI.

    Raises:
        BadArgument: it is none.
    """
    if isinstance(source, bytes):
        return source
    text = str(source or "")
    head, comma, body = text.partition(",")
    if not comma or not head.startswith("data:"):
        raise BadArgument("the source of an image must be a data URI")
    try:
        return base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    except (ValueError, binascii.Error) as error:
        raise BadArgument(f"the source of an image is damaged: {error}") from error
