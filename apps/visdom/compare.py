"""Several envs as one, for visdom's own page: plots of the same title in one window, each line under the number of its env.

(Pages of ours show more of it: apps.windows.comparison.)
"""

import html
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]

LEGEND = "window_compare_legend"
STYLE = "<style>table, th, td { border: 1px solid black; }</style>"


def merged(envs: list[tuple[str, list[Object]]]) -> list[Object]:
    """Windows to show for envs, given as (name, windows) in the order in which they were asked for.

    An env's number is its place in that order. A window is there if plots of its title are in two envs at least; a plot without
    a title, or with a trace without a name, goes with none.
    """
    by_title: dict[str, list[tuple[int, Object]]] = {}
    for number, (_, windows) in enumerate(envs):
        for title, window in _plots(windows).items():
            by_title.setdefault(title, []).append((number, window))
    out = [_merge(found) for found in by_title.values() if len(found) > 1]
    return [_legend([name for name, _ in envs]), *out]


def _plots(windows: Iterable[Object]) -> dict[str, Object]:
    """By title; of several with one title the first."""
    out: dict[str, Object] = {}
    for window in windows:
        traces = window["content"]["data"] if window["type"] == "plot" else []
        if window["title"] and traces and all(trace.get("name") not in (None, "") for trace in traces):
            out.setdefault(window["title"], window)
    return out


def _merge(found: list[tuple[int, Object]]) -> Object:
    _, first = found[0]
    data = [
        {**trace, "name": f"{number}_{trace['name']}"}
        for number, window in found
        for trace in window["content"]["data"]
    ]
    layout = {**first["content"]["layout"], "showlegend": True}
    content_id = "-".join(str(window["contentID"]) for _, window in found)
    return {
        **first,
        "content": {"data": data, "layout": layout},
        "contentID": content_id,
        "has_compare": True,
    }


def _legend(names: list[str]) -> Object:
    rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{n}</td></tr>" for n, name in enumerate(names))
    return {
        "command": "window",
        "id": LEGEND,
        "title": "compare_legend",
        "inflate": True,
        "width": None,
        "height": None,
        "contentID": "compare_legend",
        "content": f"{STYLE}<table>{rows}</table>",
        "type": "text",
        "layout": {"title": "compare_legend"},
        "i": 1,
        "has_compare": True,
    }
