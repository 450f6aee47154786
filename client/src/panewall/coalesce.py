"""Many small calls become few commands: what ``log`` and one-point appends queue up is merged just before it is sent.

Merging never changes an outcome. Points of one trace, and values of one series, stay in the order of their calls; commands
for different windows may pass each other, but nothing passes a command that concerns its own window or its whole env.
"""

from __future__ import annotations

from array import array
from typing import Any, Union

import numpy as np

from panewall.arrays import is_numeric, typed

# One call of log: (env, step, time, ((name, value), …)). A tuple, because it is built once for each training step.
Metrics = tuple  # tuple[str, float, float, list[tuple[str, float]]]
Command = dict  # dict[str, Any]
Item = Union[Metrics, Command]

_APPENDS = ("trace.append",)
_COLUMNS = ("x", "y", "z")
_WINDOW_ONLY = {"window.put", "window.update", "window.close", "trace.replace", "trace.remove"}


class MetricSeries:
    """Values of several metrics of one env, kept as columns."""

    __slots__ = ("env", "points", "series")

    def __init__(self, env: str) -> None:
        self.env = env
        self.series: dict[str, tuple[array[float], array[float], array[float]]] = {}
        self.points = 0

    def command(self) -> Command:
        return {
            "do": "metrics.log",
            "env": self.env,
            "series": {
                name: {"step": _f8(steps), "value": _f8(values), "time": _f8(times)}
                for name, (steps, values, times) in self.series.items()
            },
        }

    @property
    def size(self) -> int:
        return 24 * self.points + sum(64 + len(name) for name in self.series)


class AppendedPoints:
    """Points for one trace, kept as the arrays they came in."""

    __slots__ = ("columns", "first", "points")

    def __init__(self, first: Command) -> None:
        self.first = first
        self.columns = {name: [first[name]] for name in _COLUMNS if name in first}
        self.points = len(first["y"])

    def takes(self, command: Command) -> bool:
        return [name for name in _COLUMNS if name in command] == list(self.columns) and all(
            parts[0].dtype.kind == command[name].dtype.kind for name, parts in self.columns.items()
        )

    def add(self, command: Command) -> None:
        for name, parts in self.columns.items():
            parts.append(command[name])
        self.points += len(command["y"])

    def command(self) -> Command:
        whole = dict(self.first)
        for name, parts in self.columns.items():
            whole[name] = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return whole

    @property
    def size(self) -> int:
        return 8 * len(self.columns) * self.points + 300


class Coalescer:
    """Collects items in order and gives back commands in order, merged where that is safe."""

    def __init__(self) -> None:
        self._out: list[Any] = []
        self._metrics: dict[str, MetricSeries] = {}
        self._appends: dict[tuple[str, str], dict[Any, AppendedPoints]] = {}
        self.size = 0
        self.taken = 0

    def __len__(self) -> int:
        return len(self._out)

    def add_metrics(self, item: Metrics) -> None:
        env, step, time, values = item
        group = self._metrics.get(env)
        if group is None:
            group = self._metrics[env] = MetricSeries(env)
            self._out.append(group)
        series = group.series
        for name, value in values:
            columns = series.get(name)
            if columns is None:
                columns = series[name] = (array("d"), array("d"), array("d"))
                self.size += 64 + len(name)
            columns[1].append(value)
            columns[0].append(step)
            columns[2].append(time)
        count = len(values)
        group.points += count
        self.size += 24 * count
        self.taken += 1

    def add(self, command: Command, size: int) -> None:
        """Take one command of roughly ``size`` bytes."""
        self.taken += 1
        self.size += size
        do = command["do"]
        env = command["env"]
        window = (env, str(command.get("win")))
        if do == "trace.append" and _mergeable(command):
            target = ("name", command["trace"]) if "trace" in command else ("index", command["index"])
            open_here = self._appends.setdefault(window, {})
            points = open_here.get(target)
            if points is not None and points.takes(command):
                points.add(command)
                return
            if any(kind != target[0] for kind, _ in open_here):
                open_here.clear()  # a trace found by place may be one found by name: keep their order
            points = open_here[target] = AppendedPoints(command)
            self._out.append(points)
            return
        if do in _WINDOW_ONLY or do in _APPENDS:
            self._appends.pop(window, None)
            self._metrics.pop(env, None)  # the window may be one of its metrics
        elif do not in ("sample.put", "text.append", "env.alive"):
            self._close(env)
        self._out.append(command)

    def _close(self, env: str) -> None:
        self._metrics.pop(env, None)
        for key in [key for key in self._appends if key[0] == env]:
            del self._appends[key]

    def take(self) -> list[Command]:
        """All that was collected, as commands. The collector is empty afterwards."""
        commands = [item if isinstance(item, dict) else item.command() for item in self._out]
        self._out = []
        self._metrics = {}
        self._appends = {}
        self.size = 0
        self.taken = 0
        return commands


def _mergeable(command: Command) -> bool:
    y: Any = command.get("y")
    if "columns" in command or not is_numeric(y) or y.ndim != 1:
        return False
    return all(
        is_numeric(command[name]) and command[name].shape == y.shape for name in _COLUMNS if name in command
    )


def _f8(values: array[float]) -> dict[str, Any]:
    return typed(np.frombuffer(values, dtype=np.float64))
