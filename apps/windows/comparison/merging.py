"""What belongs together when envs are compared: their windows, as the live wire tells them, become those of the comparison.

Windows pair by kind and title, metrics by their name, and untitled windows by key; the second window of a title pairs with the
second one of the other envs. Plots of one sort become one plot with the traces of all; everything else, and figures that
cannot share one pair of axes, stand side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

Look = dict[str, Any]

#: Windows of a comparison that are nobody's own have negative ids. This one is the pane that says which env is which.
LEGEND_ID = -1
LEGEND_KEY = "window_compare_legend"

#: Windows side by side in one row.
MOST_ACROSS = 3
MOST_TALL = 600  # pixels: a pane of many windows scrolls, so that it and its slider are on screen at once

#: Trace types that can share a plot, by the sort of axes they are drawn on.
SORTS = {
    "xy": {"scatter", "scattergl", "bar", "box", "violin", "histogram", "waterfall"},
    "space": {"scatter3d"},
    "polar": {"scatterpolar", "scatterpolargl", "barpolar"},
    "ternary": {"scatterternary"},
    "smith": {"scattersmith"},
}
SORT_OF = {kind: sort for sort, kinds in SORTS.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Source:
    """One env of a comparison: its number there, and its windows in order of place, as ``w`` ops tell them."""

    number: int
    env_id: int
    name: str
    windows: Mapping[int, Look]


Member = tuple[Source, int, Look]


@dataclass(frozen=True, slots=True)
class Group:
    """Windows that belong together, and what they became: used again as long as nothing of it changed."""

    members: list[Member]
    windows: dict[int, Look]

    def is_of(self, members: list[Member]) -> bool:
        return len(members) == len(self.members) and all(
            old[0].number == new[0].number and old[1] == new[1] and old[2] is new[2]
            for old, new in zip(self.members, members, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """The windows of a comparison by id, in order, and the groups by key that the next merging takes up."""

    windows: dict[int, Look]
    groups: dict[str, Group]


def merge(sources: Iterable[Source], *, before: Mapping[str, Group] | None = None) -> Merged:
    """All windows of some envs as those of one.

    Args:
        sources: the envs in the order chosen.
        before: the groups of an earlier merging.
    """
    sources = list(sources)
    legend = _legend(sources)
    windows: dict[int, Look] = {LEGEND_ID: {**legend, "rev": _fingerprint(legend)}}
    groups: dict[str, Group] = {}
    taken = {LEGEND_ID}
    for name, members in _groups(sources).items():
        key = _key(name)
        group_id = _number(key, taken)
        group = (before or {}).get(key)
        if group is None or group_id not in group.windows or not group.is_of(members):
            group = Group(members, _windows_of(group_id, key, members))
        groups[key] = group
        for window_id, look in group.windows.items():
            place = len(windows)
            rev = look["rev"] ^ place if window_id < 0 else look["rev"]
            windows[window_id] = {**look, "place": place, "rev": rev}
    return Merged(windows, groups)


def _windows_of(group_id: int, key: str, members: list[Member]) -> dict[int, Look]:
    if _is_one_plot(members):
        look = _plot(key, members)
        return {group_id: {**look, "rev": _fingerprint(look)}}
    look = _side_by_side(key, members)
    cells = {window_id: _cell(source, cell) for source, window_id, cell in members}
    return {group_id: {**look, "rev": _fingerprint(look)}, **cells}


def _groups(sources: list[Source]) -> dict[tuple, list[Member]]:
    groups: dict[tuple, list[Member]] = {}
    for source in sources:
        seen: dict[tuple, int] = {}
        for window_id, look in source.windows.items():
            kind = look["kind"]
            by_title = bool(look["title"]) and kind != "metric"
            name = (kind, "title", look["title"]) if by_title else (kind, "key", look["key"])
            seen[name] = nth = seen.get(name, 0) + 1
            groups.setdefault((*name, nth), []).append((source, window_id, look))
    return groups


def _key(name: tuple) -> str:
    """The key of a window of a comparison: the same whichever envs are compared, so that layouts fit."""
    kind, by, what, nth = name
    return f"{kind}:{by}:{what}" + (f"#{nth}" if nth > 1 else "")


def _number(key: str, taken: set[int]) -> int:
    """A negative id that follows from the key, as long as no other key has the same."""
    data = key.encode("utf-8", "surrogatepass")
    number = -2 - (crc32(data) << 16 | crc32(data[::-1]) & 0xFFFF)
    while number in taken:
        number -= 1
    taken.add(number)
    return number


def _fingerprint(look: Look) -> int:
    """Stands for the revision of a window that several envs make up: another one whenever it looks different."""
    text = repr({name: value for name, value in look.items() if name != "rev"})
    return crc32(text.encode("utf-8", "surrogatepass"))


def _legend(sources: list[Source]) -> Look:
    envs = [{"n": source.number, "id": source.env_id, "name": source.name} for source in sources]
    return {
        "key": LEGEND_KEY,
        "kind": "legend",
        "title": "Legend",
        "place": 0,
        "rev": 0,
        "opts": {"width": 360, "height": min(60 + 34 * len(sources), MOST_TALL // 2)},
        "layout": {},
        "content": {"envs": envs},
        "traces": [],
    }


def _is_one_plot(members: list[Member]) -> bool:
    """Whether all traces can be drawn on the same axes."""
    looks = [look for _, _, look in members]
    if looks[0]["kind"] == "metric":
        return True
    if looks[0]["kind"] != "plot":
        return False
    traces = [trace for look in looks for trace in look["traces"]]
    sorts = {SORT_OF.get(trace["attrs"].get("type", "scatter")) for trace in traces}
    dates = {trace["dates"] for trace in traces if trace["columns"]}
    axes = [_axis_types(look) for look in looks if look["traces"]]
    return len(sorts) == 1 and None not in sorts and len(dates) < 2 and all(axis == axes[0] for axis in axes)


def _axis_types(look: Look) -> tuple:
    layout = look["layout"]
    return tuple(
        axis.get("type") if isinstance(axis := layout.get(name), dict) else None
        for name in ("xaxis", "yaxis")
    )


def _plot(key: str, members: list[Member]) -> Look:
    """One plot with all traces of all members, each named after its env's number."""
    _, _, first = members[0]
    layout: Look = {}
    for _, _, look in members:
        for name, value in look["layout"].items():
            layout.setdefault(name, value)  # a second axis may be in a later env only
    if first["kind"] == "plot":
        layout["showlegend"] = True
    traces: list[Look] = []
    for source, _, look in members:
        for place, trace in enumerate(look["traces"]):
            name = trace["name"] or trace["attrs"].get("name") or f"trace {place}"
            attrs = {field: value for field, value in trace["attrs"].items() if field != "name"}
            named = {"index": len(traces), "name": f"{source.number}_{name}", "attrs": attrs}
            traces.append({**trace, **named, "n": source.number, "of": place})
    return {
        **first,
        "key": key,
        "title": first["title"] or first["key"],
        "place": 0,
        "rev": 0,
        "layout": layout,
        "content": {"only": _only(members)},
        "traces": traces,
    }


def _side_by_side(key: str, members: list[Member]) -> Look:
    _, _, first = members[0]
    cells = [{"n": source.number, "window": window_id} for source, window_id, _ in members]
    return {
        "key": key,
        "kind": "cells",
        "title": first["title"] or first["key"],
        "place": 0,
        "rev": 0,
        "opts": _room(first["opts"], len(members)),
        "layout": {},
        "content": {"of": first["kind"], "cells": cells, "only": _only(members)},
        "traces": [],
    }


def _room(opts: Look, count: int) -> Look:
    """The size of a pane, in pixels, that shows so many windows side by side, in rows of a few.

    A window that is as small as its picture is given more: here the name of its env and the slider take part of it.
    """
    across = min(count, MOST_ACROSS)
    wide, tall = (
        max(least, min(size, most)) if isinstance(size := opts.get(name), int | float) and size > 0 else usual
        for name, least, usual, most in (("width", 200, 420, 600), ("height", 180, 260, 600))
    )
    return {"width": across * wide, "height": max(tall, min(-(-count // across) * tall, MOST_TALL))}


def _only(members: list[Member]) -> int | None:
    """The number of the one env that has this, where it is one."""
    return members[0][0].number if len(members) == 1 else None


def _cell(source: Source, look: Look) -> Look:
    """A window as it is, but for the addresses of its files: there is no one folder for all envs."""
    return {**look, "content": place_files(look["content"], source.env_id)}


def place_files(content: Any, env_id: int) -> Any:
    """``content`` with addresses that name the env's folder, instead of being relative to it. They are relative to where the
    asker's folders of envs lie, which on a shared page is below the link."""
    folder = f"f/{env_id}/"
    if not isinstance(content, dict):
        return content
    placed = dict(content)
    if isinstance(url := content.get("url"), str):
        placed["url"] = _placed(url, folder)
    if isinstance(samples := content.get("samples"), list):
        placed["samples"] = [
            {**sample, "url": _placed(sample["url"], folder)} if "url" in sample else sample
            for sample in samples
        ]
    return placed


def _placed(url: str, folder: str) -> str:
    return url if url.startswith("/") or ":" in url.partition("/")[0] else folder + url
