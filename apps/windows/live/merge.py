"""Many deltas as one: the last look of each window, and each trace's new points end to end.

Applying the result equals applying the parts in order. Looks come before points, so a page knows each trace it is told of;
points of a generation that a look replaced are older than what it names, and pages ignore them.
"""

from typing import Any

from ..deltas import MOST_POINTS


def merge(ops: list[list]) -> list[list]:
    looks: dict[tuple, list] = {}
    points: dict[int, list[list]] = {}
    others: dict[tuple, list] = {}
    for op in ops:
        kind = op[0]
        if kind in ("w", "x"):
            slot = ("window", op[1])
            looks.pop(slot, None)  # so that it takes its place at the end
            looks[slot] = op
        elif kind == "e":
            looks[("env",)] = op
        elif kind == "a":
            _add(points.setdefault(op[1], []), op)
        elif kind == "g":
            points[op[1]] = [op]
        elif kind == "s":
            _sample(others, op)
        else:
            others[(kind, len(others))] = op
    return [*looks.values(), *(_join(op) for group in points.values() for op in group), *others.values()]


def _add(group: list[list], op: list) -> None:
    """Points op: [a, trace, gen, offset, n, columns, monotone]; while merging, columns are lists of parts."""
    _, trace, generation, offset, n, columns, monotone = op
    last = group[-1] if group else None
    if last is not None and last[0] == "g":
        group[:] = [["g", trace, generation, offset + n]]
        return
    if (
        last is not None
        and last[2] == generation
        and last[3] + last[4] == offset
        and set(last[5]) == set(columns)
    ):
        if last[4] + n > MOST_POINTS:
            group[:] = [["g", trace, generation, offset + n]]
            return
        last[4] += n
        last[6] = monotone
        for name, value in columns.items():
            last[5][name].append(value)
        return
    if offset == 0:
        group.clear()
    group.append(["a", trace, generation, offset, n, {name: [v] for name, v in columns.items()}, monotone])


def _join(op: list) -> list:
    if op[0] != "a":
        return op
    columns: dict[str, Any] = {}
    for name, parts in op[5].items():
        if len(parts) == 1:
            columns[name] = parts[0]
        elif all(isinstance(part, bytes) for part in parts):
            columns[name] = b"".join(parts)
        else:
            columns[name] = [value for part in parts for value in part]
    return [*op[:5], columns, op[6]]


def _sample(others: dict[tuple, list], op: list) -> None:
    _, window, sample = op
    if sample.get("replace"):
        for slot in [slot for slot in others if slot[:2] == ("s", window)]:
            del others[slot]
    others[("s", window, sample["step"], sample["index"])] = op
