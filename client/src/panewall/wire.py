"""From visdom's messages to the commands of the wire (docs/protocol.md).

A message is what `Visdom._send` gets: a dict for one of visdom's endpoints. `Wire` knows which options this client last gave a window,
so that an append which repeats them says them once.
"""

from __future__ import annotations

import json
from typing import Any, Callable

import numpy as np

from panewall.arrays import plain, portable
from panewall.errors import BadArgument
from panewall.files import Player, file_bytes
from panewall.messages import (
    Command,
    as_map,
    as_text,
    legend,
    look,
    point_command,
    same,
    whole_trace,
    without_points,
)
from panewall.plots.fields import GROWTH

GROWING = ("scatter", "scattergl", "scatter3d", "custom")

TRACES = 1000  # whose look is kept

Message = dict  # dict[str, Any]


class Wire:
    """Turns messages into commands, in order."""

    def __init__(self) -> None:
        self._options: dict[tuple[str, str], str] = {}
        self._makes: dict[tuple[Any, ...], tuple[Any, dict[str, Any]]] = {}

    def forget(self, env: str, win: str | None) -> None:
        """The window (or all of the env) is gone, or no longer what this client made of it."""
        for key in list(self._options):  # at once: the sender's thread may call this, too
            if key[0] == env and win in (None, key[1]):
                self._options.pop(key, None)

    def hear(self, endpoint: str, message: Message) -> None:
        """A message goes to the server by another way."""
        if endpoint == "win_data" and "data" in message:
            win = message.get("win")
            self.forget(str(message.get("eid")), None if win is None else str(win))

    def commands(
        self,
        endpoint: str,
        message: Message,
        *,
        layout: dict[str, Any] | None = None,
        given: dict[str, Any] | None = None,
    ) -> list[Command]:
        """The commands for one message.

        Args:
            endpoint: visdom's: events, update, close, delete_env or env/….
            message: with ``eid``, and ``win`` where the endpoint has windows.
            layout: what the window's layout would be if it has to be made by an update.
            given: the options that the caller gave, without defaults.

        Raises:
            BadArgument: there is no such endpoint, or the message makes no sense.
        """
        env = str(message.get("eid"))
        if endpoint == "events":
            return [self._create({"env": env, "win": str(message["win"])}, message)]
        if endpoint == "update":
            return self._update({"env": env, "win": str(message.get("win"))}, message, layout, given)
        if endpoint == "close":
            win = message.get("win")
            self.forget(env, None if win is None else str(win))
            if win is None:
                return [{"do": "env.clear", "env": env}]
            return [{"do": "window.close", "env": env, "win": str(win)}]
        if endpoint == "delete_env":
            self.forget(env, None)
            return [{"do": "env.delete", "env": env}]
        if endpoint.startswith("env/"):
            return [{"do": "env.create", "env": env}]
        raise BadArgument(f"this client has no endpoint {endpoint!r}")

    # --- events: a window is made or replaced ---

    def _create(self, head: Command, message: Message) -> Command:
        data = message.get("data")
        if not isinstance(data, (list, tuple)) or not data:
            raise BadArgument("data must be a list of at least one trace")
        opts = message.get("opts") or {}
        first = as_map(data[0])
        kind, content = first.get("type"), first.get("content")
        self.forget(head["env"], head["win"])
        if isinstance(content, Player):
            return _sample(head, content, opts, is_new=True)
        if kind in ("image", "image_history"):
            return _image(head, content, opts, is_new=True)
        put = {"do": "window.put", **head}
        if kind == "text":
            return {**put, "kind": "text", **look(opts), "text": as_text(content)}
        if kind in CONTENT:
            return {**put, "kind": kind, **look(opts), "content": CONTENT[kind](content)}
        layout = message.get("layout") or {}
        return {
            **put,
            "kind": "plot",
            **look(opts, layout),
            "layout": portable(layout, arrays=False),
            "traces": [whole_trace(as_map(trace)) for trace in data],
        }

    # --- update ---

    def _update(
        self,
        head: Command,
        message: Message,
        layout: dict[str, Any] | None,
        given: dict[str, Any] | None,
    ) -> list[Command]:
        opts = message.get("opts") or {}
        data, name = message.get("data"), message.get("name")
        if data is None and name is None:
            return [self._look_only(head, message, opts)]
        if message.get("delete"):
            return [{"do": "trace.remove", **head, **({} if name is None else {"trace": str(name)})}]
        if isinstance(data, dict) and "update_type" in data:
            return [_explored(head, data)]
        traces = [as_map(trace) for trace in ([data] if isinstance(data, dict) else data or [])]
        if not traces:
            raise BadArgument("data must hold a trace")
        first = traces[0]
        kind = first.get("type")
        if kind == "text":
            return [{"do": "text.append", **head, **look(opts), "text": as_text(first.get("content"))}]
        if kind in ("image", "image_history"):
            return [_image(head, first.get("content"), opts, is_new=False)]
        if kind in CONTENT:
            return [
                {"do": "window.update", **head, **look(opts), "content": CONTENT[kind](first.get("content"))}
            ]
        layout = layout if layout is not None else message.get("layout") or {}
        if kind == "heatmap":
            changes = [self._heatmap(head, message, traces, layout)]
        elif kind in (None, *GROWING):
            changes = self._points(head, message, traces, layout)
        else:
            raise BadArgument(
                f"a window of type {kind!r} cannot be updated: only scatter, line and heatmap can"
            )
        data_kind = "trace" if name is not None else "heatmap" if kind == "heatmap" else "points"
        return changes + self._changed_look(head, opts if given is None else given, len(traces), data_kind)

    def _look_only(self, head: Command, message: Message, opts: dict[str, Any]) -> Command:
        command: Command = {"do": "window.update", **head, **look(opts), **legend(opts)}
        layout = {key: value for key, value in (message.get("layout") or {}).items() if value is not None}
        if layout:
            command["layout"] = portable(layout, arrays=False)
        self._options.pop((head["env"], head["win"]), None)
        return command

    def _points(
        self, head: Command, message: Message, traces: list[dict[str, Any]], layout: dict[str, Any]
    ) -> list[Command]:
        opts, name = message.get("opts") or {}, message.get("name")
        if name is not None and len(traces) != 1:
            raise BadArgument("name goes with exactly one trace")
        do = "trace.append" if message.get("append") else "trace.replace"
        commands: list[Command] = []
        built = [point_command({"do": do, **head}, trace) for trace in traces]
        for index, (trace, command) in enumerate(zip(traces, built)):
            if command is None and message.get("append") and any(built[index:]):
                # Those behind it go by their places: where the window has to be made, this one has to be there.
                command = point_command({"do": do, **head}, without_points(trace))
            if command is None:
                continue  # all x are missing: this trace is left alone
            attributes = command.pop("attributes")
            if name is not None:
                command["trace"] = str(name)
                attributes = {**attributes, "name": str(name)}
            else:
                command["index"] = index
            if message.get("append") or name is not None:
                key = (*head.values(), name, index if name is None else 0)
                command["make"] = self._make(key, opts, layout, attributes)
            commands.append(command)
        return commands

    def _make(
        self, key: tuple[Any, ...], opts: dict[str, Any], layout: dict[str, Any], attributes: dict[str, Any]
    ) -> dict[str, Any]:
        """What a missing window and trace would be made from. Appends repeat it, so the last one is kept."""
        source = (opts, layout, attributes)
        last = self._makes.get(key)
        if last is not None and same(last[0], source):
            return last[1]
        made = {
            **look(opts, layout),
            "layout": portable(layout, arrays=False),
            "trace": portable(attributes),
        }
        if len(self._makes) >= TRACES:
            self._makes.clear()
        self._makes[key] = (source, made)
        return made

    def _heatmap(
        self, head: Command, message: Message, traces: list[dict[str, Any]], layout: dict[str, Any]
    ) -> Command:
        """The last trace is the heatmap; one before it is the background of its gaps, which the server keeps as large."""
        opts, name = message.get("opts") or {}, message.get("name")
        direction = message.get("updateDir") if message.get("append") else "replace"
        if direction not in (*GROWTH, "replace"):
            raise BadArgument(f"updateDir is one of {', '.join(GROWTH)}, not {direction!r}")
        trace = whole_trace(traces[-1])
        if trace.get("z") is None:
            raise BadArgument("a heatmap needs z")
        attributes = {key: trace[key] for key in trace if key not in ("x", "y", "z", "type")}
        command: Command = {"do": "heatmap.grow", **head, "direction": direction, "z": trace["z"]}
        command.update(
            (key, portable(_names(trace[key]))) for key in ("x", "y") if trace.get(key) is not None
        )
        command["set"] = attributes if direction == "replace" else _without_none(attributes)
        if name is not None:
            command["trace"] = str(name)
        if direction != "replace":
            if opts.get("nancolor"):  # a plot that begins to grow shows its gaps by its ground
                layout = {**layout, "plot_bgcolor": opts["nancolor"]}
            command["make"] = {**look(opts, layout), "layout": portable(layout, arrays=False)}
        return command

    def _changed_look(
        self, head: Command, given: dict[str, Any], traces: int, data_kind: str
    ) -> list[Command]:
        """The caller's options, once: not again with every append that repeats them. Refused where such data is."""
        if not given:
            return []
        said_look = look(given)
        key = (head["env"], head["win"])
        said = json.dumps(plain(said_look), sort_keys=True, default=str)
        if self._options.get(key) == said:
            return []
        self._options[key] = said
        return [{"do": "window.update", **head, **said_look, **legend(given, traces), "with": data_kind}]


def _sample(head: Command, source: Any, opts: dict[str, Any], *, is_new: bool) -> Command:
    """A file as the only one of its window, or as the next step of its history."""
    file = {"step": 0, "replace": True} if is_new else {"step": "next"}
    return {"do": "sample.put", **head, **file, "index": 0, "image": file_bytes(source), **look(opts)}


def _image(head: Command, content: Any, opts: dict[str, Any], *, is_new: bool) -> Command:
    if isinstance(content, (list, tuple)):
        content = content[-1] if content else None
    content = content or {}
    caption = content.get("caption")
    command = _sample(head, content.get("src"), opts, is_new=is_new)
    return command if caption is None else {**command, "caption": str(caption)}


def _items(content: Any) -> dict[str, Any]:
    if not isinstance(content, (list, tuple)) or not all(isinstance(item, dict) for item in content):
        raise BadArgument("the content of a properties window is a list of dicts")
    return {"items": portable(list(content), arrays=False)}


def _map(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise BadArgument(f"the content of this window is a dict, not {type(content).__name__}")
    return portable(content, arrays=False)


CONTENT: dict[Any, Callable[[Any], dict[str, Any]]] = {
    "properties": _items,
    "network": _map,
    "embeddings": _map,
}


def _explored(head: Command, change: dict[str, Any]) -> Command:
    """What an embeddings window shows after somebody pointed at something in it."""
    if change["update_type"] == "RegionSelected":
        return {"do": "embeddings.enter", **head, "points": portable(change.get("points"), arrays=False)}
    if change["update_type"] == "EntitySelected":
        return {
            "do": "window.update",
            **head,
            "content": {"selected": portable(change.get("selected"), arrays=False)},
        }
    raise BadArgument(f"update_type is EntitySelected or RegionSelected, not {change['update_type']!r}")


def _names(labels: Any) -> list[Any]:
    return labels.tolist() if isinstance(labels, np.ndarray) else list(labels)


def _without_none(attributes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if value is not None}
