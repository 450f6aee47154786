"""One window as a file: a page that works by itself, JSON, or a table."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from apps.errors import Invalid
from apps.windows import figures
from apps.windows.api.tables import csv_blocks
from apps.windows.models import Window
from apps.windows.objects import window_object

#: For who opens it here all the same: alone in a sandbox, nothing fetched, nothing sent.
POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    " img-src data: blob:; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
BLOCK = 256 * 1024


def page(window: Window) -> tuple[str, Iterator[bytes]]:
    """A figure with plotly.js in it."""
    import plotly.io

    if window.kind not in (Window.Kind.PLOT, Window.Kind.METRIC):
        raise Invalid(
            f"A window of kind {window.kind} is no figure. Its own file, or format=json, can be had.",
            code="wrong_kind",
        )
    content = window_object(window)["content"]
    layout = figures.upgrade_layout(content["layout"])
    for size in ("width", "height"):
        layout.pop(size, None)
    html = plotly.io.to_html(
        {"data": content["data"], "layout": layout},
        include_plotlyjs=True,
        full_html=True,
        validate=False,
        # No button that would send the figure somewhere.
        config={
            "responsive": True,
            "displaylogo": False,
            "modeBarButtonsToRemove": ["sendChartToCloud"],
            "plotlyServerURL": "",
        },
        default_height="100vh",
    )
    return "text/html; charset=utf-8", _blocks(html.encode())


def as_json(window: Window) -> tuple[str, Iterator[bytes]]:
    return "application/json", _blocks(orjson.dumps(window_object(window)))


def as_table(window: Window) -> tuple[str, Iterator[bytes]]:
    shown = window_object(window)
    match shown["type"]:
        case "plot":
            rows = [row for trace in shown["content"]["data"] for row in _points(trace)]
        case "properties":
            rows = [{key: item.get(key) for key in ("name", "type", "value")} for item in shown["content"]]
        case "embeddings":
            rows = [
                {
                    **{k: p.get(k) for k in ("group", "name", "label")},
                    **dict(zip("xy", p["position"], strict=False)),
                }
                for p in shown["content"].get("data", [])
            ]
        case "network":
            rows = [
                {key: edge.get(key) for key in ("source", "target", "label")}
                for edge in shown["content"].get("edges", [])
            ]
        case other:
            raise Invalid(f"A window of kind {other} is no table.", code="wrong_kind")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return "text/csv; charset=utf-8", csv_blocks({name: [row.get(name) for row in rows] for name in names})


def _points(trace: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A line for each point of a trace: its name, and whatever is given point by point."""
    label = trace.get("name")
    z = trace.get("z")
    if isinstance(z, list) and z and isinstance(z[0], list):
        x, y = trace.get("x"), trace.get("y")
        for i, row in enumerate(z):
            for j, value in enumerate(row):
                yield {"trace": label, "x": _at(x, j), "y": _at(y, i), "z": value}
        return
    columns = {name: value for name, value in trace.items() if isinstance(value, list)}
    for holder in ("marker", "line"):
        inner = trace.get(holder)
        if isinstance(inner, dict):
            columns |= {f"{holder}.{name}": value for name, value in inner.items() if isinstance(value, list)}
    count = max((len(value) for value in columns.values()), default=0)
    for i in range(count):
        yield {
            "trace": label,
            **{name: value[i] if i < len(value) else None for name, value in columns.items()},
        }


def _at(labels: Any, place: int) -> Any:
    return labels[place] if isinstance(labels, list) and place < len(labels) else place


def _blocks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), BLOCK):
        yield data[start : start + BLOCK]


makers: dict[str, Callable[[Window], tuple[str, Iterator[bytes]]]] = {
    "html": page,
    "json": as_json,
    "csv": as_table,
}
