"""Large commands become several that fit a frame and the server's limits.

Points are cut into slices: the first slice keeps the command's own verb, the others are appends. A figure that holds
other large data stays whole; the sender posts it over HTTP, where bodies may be larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from panewall.arrays import is_numeric
from panewall.later import Later

POINTS_AT_ONCE = 32_768
_LOOK_BYTES = 700  # of what an append says besides its points
_SERIES = ("x", "y", "z")
_GROWING = {"scatter", "scattergl", "scatter3d"}


def nbytes(value: Any) -> int:
    """Roughly how large a value is on the wire."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + 32
    if isinstance(value, (bytes, str)):
        return len(value) + 5
    if isinstance(value, dict):
        return 5 + sum(len(str(key)) + 3 + nbytes(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return 5 + (9 * len(value) if len(value) > 64 else sum(nbytes(item) for item in value))
    if isinstance(value, Later):
        return value.nbytes
    return 9


def weigh(command: dict[str, Any]) -> int:
    """Roughly how large a command is on the wire; quick for those that come in thousands."""
    if not command["do"].startswith("trace."):
        return nbytes(command)
    size = _LOOK_BYTES
    for name in _SERIES:
        column = command.get(name)
        if column is not None:
            size += column.nbytes if isinstance(column, np.ndarray) else nbytes(column)
    return size + nbytes(command["columns"]) if command.get("columns") else size


def split(
    command: dict[str, Any], size: int, *, frame_bytes: int, points: int = POINTS_AT_ONCE
) -> Iterator[dict[str, Any]]:
    """The command itself, or the smaller ones that have its effect."""
    do = command["do"]
    if size < frame_bytes // 8 and do != "metrics.log":
        yield command
        return
    points = max(1, min(points, frame_bytes // 48))
    if do == "metrics.log":
        yield from _split_metrics(command, points)
    elif do in ("trace.append", "trace.replace"):
        yield from _split_points(command, points)
    elif do == "window.put" and size > frame_bytes // 2 and _grows(command):
        yield from _split_window(command, points)
    else:
        yield command


def _split_metrics(command: dict[str, Any], points: int) -> Iterator[dict[str, Any]]:
    """Whole series while they fit, long ones in slices. Numbers are counted in typed bytes: 8 a value."""
    group: dict[str, Any] = {}
    filled = 0
    for name, columns in command["series"].items():
        count = len(columns["value"]["bdata"]) // 8
        for start in range(0, count, points):
            stop = min(start + points, count)
            if filled and filled + stop - start + 8 > points:
                yield {**command, "series": group}
                group, filled = {}, 0
            group[name] = (
                columns
                if stop - start == count
                else {
                    key: {"dtype": "f8", "bdata": column["bdata"][8 * start : 8 * stop]}
                    for key, column in columns.items()
                }
            )
            filled += stop - start + 8
    if group:
        yield {**command, "series": group}


def _split_points(command: dict[str, Any], points: int) -> Iterator[dict[str, Any]]:
    columns = {name: command[name] for name in _SERIES if name in command}
    extra = command.get("columns") or {}
    if not columns or not all(is_numeric(column) and column.ndim == 1 for column in columns.values()):
        yield command
        return
    count = len(next(iter(columns.values())))
    if count <= points or any(len(column) != count for column in columns.values()):
        yield command
        return
    for start in range(0, count, points):
        part = {key: value for key, value in command.items() if key not in columns and key != "columns"}
        part.update((name, column[start : start + points]) for name, column in columns.items())
        if extra:
            part["columns"] = {
                name: _cut(column, start, start + points, count) for name, column in extra.items()
            }
        if start:
            part["do"] = "trace.append"
        yield part


def _cut(column: Any, start: int, stop: int, count: int) -> Any:
    return column[start:stop] if isinstance(column, (list, np.ndarray)) and len(column) == count else column


def _long_series(trace: dict[str, Any]) -> bool:
    columns = [trace[name] for name in _SERIES if name in trace]
    return (
        trace.get("type", "scatter") in _GROWING
        and bool(columns)
        and all(
            is_numeric(column) and column.ndim == 1 and len(column) == len(columns[0]) for column in columns
        )
    )


def _point_columns(trace: dict[str, Any]) -> dict[str, Any]:
    """The per-point columns beside x, y, z that grow with a trace."""
    count = len(trace["y"]) if "y" in trace else len(trace["x"])
    marker: dict[str, Any] = trace["marker"] if isinstance(trace.get("marker"), dict) else {}
    found = {
        "text": trace.get("text"),
        "marker.color": marker.get("color"),
        "marker.size": marker.get("size"),
    }
    return {
        name: column
        for name, column in found.items()
        if isinstance(column, (list, np.ndarray)) and len(column) == count
    }


def _grows(command: dict[str, Any]) -> bool:
    return command.get("kind") == "plot" and any(_long_series(trace) for trace in command.get("traces", ()))


def _split_window(command: dict[str, Any], points: int) -> Iterator[dict[str, Any]]:
    heads, tails = [], []
    room = max(1, points // max(1, len(command["traces"])))
    for index, trace in enumerate(command["traces"]):
        count = len(trace["y"]) if _long_series(trace) and "y" in trace else 0
        if count <= room or "x" not in trace:
            heads.append(trace)
            continue
        columns = {name: trace[name] for name in _SERIES if name in trace}
        extra = _point_columns(trace)
        head = {**trace, **{name: column[:room] for name, column in columns.items()}}
        if "text" in extra:
            head["text"] = extra["text"][:room]
        marked = {name[7:]: column[:room] for name, column in extra.items() if name.startswith("marker.")}
        if marked:
            head["marker"] = {**trace["marker"], **marked}
        heads.append(head)
        rest = {"do": "trace.append", "env": command["env"], "win": command["win"], "index": index}
        rest.update((name, column[room:]) for name, column in columns.items())
        if extra:
            rest["columns"] = {name: column[room:] for name, column in extra.items()}
        tails.append(rest)
    yield {**command, "traces": heads}
    for rest in tails:
        yield from _split_points(rest, points)
