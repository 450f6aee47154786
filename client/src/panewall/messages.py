"""Reading visdom's messages: the traces, points and looks in them, as the wire's commands hold them.

A command is sent later, and callers go on with their arrays meanwhile (weights are trained, buffers filled anew): it has copies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.arrays import as_series, is_numeric, portable
from panewall.errors import BadArgument

Command = dict  # dict[str, Any]

_COLUMNS = ("x", "y", "z")


def as_map(trace: Any) -> dict[str, Any]:
    """A trace as a dict, also where it is an object of plotly."""
    if hasattr(trace, "to_plotly_json"):
        trace = trace.to_plotly_json()
    if not isinstance(trace, dict):
        raise BadArgument(f"a trace is a dict, not {type(trace).__name__}")
    return trace


def whole_trace(trace: dict[str, Any]) -> dict[str, Any]:
    """A trace for window.put: columns as numpy arrays where they are numbers, all else made portable."""
    out: dict[str, Any] = {}
    for key, value in trace.items():
        series = (
            as_series(value) if key in _COLUMNS and value is not None and not isinstance(value, str) else None
        )
        if series is not None:
            out[key] = series.copy()
        elif isinstance(value, np.ndarray) and value.ndim == 2 and is_numeric(value):
            out[key] = value.copy()
        else:
            out[key] = portable(value)
    return out


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
        column = series.copy() if series is not None else portable(list(trace[name]))
        if count is not None and len(column) != count:
            raise BadArgument(f"{name} has {len(column)} values, the column before it {count}")
        count = len(column)
        command[name] = column
    if count is None or "y" not in command:
        raise BadArgument("a trace needs y")
    if count and _is_gap(command.get("x")):
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


def without_points(trace: dict[str, Any]) -> dict[str, Any]:
    """The trace, and none of its points."""
    return {**trace, **{name: [] for name in _COLUMNS if trace.get(name) is not None}}


def _is_gap(x: Any) -> bool:
    """Is nothing there at all?"""
    if is_numeric(x):
        return x.dtype.kind == "f" and bool(x[0] != x[0]) and bool(np.isnan(x).all())
    return isinstance(x, list) and all(value is None for value in x)


def look(opts: dict[str, Any], layout: dict[str, Any] | None = None) -> dict[str, Any]:
    """Title and options of a window."""
    found: dict[str, Any] = {}
    title = opts.get("title")
    if title is None and layout:
        title = layout.get("title")
        if isinstance(title, dict):
            title = title.get("text")
    if title is not None:
        found["title"] = str(title)
    if opts:
        found["opts"] = portable({key: value for key, value in opts.items() if key != "title"}, arrays=False)
    return found


def legend(opts: dict[str, Any], count: int | None = None) -> dict[str, Any]:
    """New names for the first ``count`` traces, in their order, if the options have some."""
    names = opts.get("legend")
    return {} if names is None or not len(names) else {"legend": [str(name) for name in list(names)[:count]]}


def as_text(content: Any) -> str:
    """The HTML of a text window."""
    return "" if content is None else str(content)


def same(one: Any, other: Any) -> bool:
    """Are two values equal? No, where arrays in them make that a question."""
    try:
        return bool(one == other)
    except ValueError:
        return False
