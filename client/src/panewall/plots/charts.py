"""Bars, boxes, pies and sunbursts, and two lines with an axis each."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.options import demand, without_none
from panewall.plots.values import array_of, names, numeric, table


def bar_traces(X: Any, Y: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """One trace for each column of X."""
    values = table(X, "X")
    legend, rows = names(opts.get("legend"), "legend"), opts.get("rownames")
    if legend and values.shape[1] == 1:
        demand(rows is None, "opts.legend names the bars of a single row; opts.rownames cannot name them too")
        values = values.T
    demand(rows is None or len(rows) == len(values), "opts.rownames needs one name for each row")
    demand(not legend or len(legend) == values.shape[1], "opts.legend needs one name for each column")
    if Y is None:
        positions = np.arange(1, len(values) + 1)
    else:
        positions = np.atleast_1d(np.squeeze(array_of(Y, "Y")))
        demand(
            positions.ndim == 1 and len(positions) == len(values), "Y needs one position for each row of X"
        )
    traces = []
    for column in range(values.shape[1]):
        trace: dict[str, Any] = {
            "y": values[:, column],
            "x": rows if rows is not None else positions,
            "type": "bar",
        }
        if legend:
            trace["name"] = legend[column]
        traces.append(trace)
    return traces


def histogram_traces(X: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """Counts as bars, at places evenly spaced from the lowest to the highest value."""
    values = np.squeeze(numeric(X, "X"))
    demand(values.ndim == 1, f"X has shape {np.shape(X)}; a flat array of more than one value is meant")
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    demand(len(values) > 0, "X holds no finite value")
    bins = opts.setdefault("numbins", min(30, len(values)))
    demand(bins == int(bins) and bins > 0, "opts.numbins must be a whole number above 0")
    low, high = float(values.min()), float(values.max())
    counts, _ = np.histogram(values, bins=int(bins), range=(low, high))
    places = np.linspace(low, high, int(bins))
    if len(counts) > 1:
        return bar_traces(counts, places, opts)
    return [{"y": counts, "x": opts.get("rownames") or places, "type": "bar"}]


def box_traces(X: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """One box for each column of X."""
    values = table(X, "X")
    count = values.shape[1]
    legend = names(opts.get("legend"), "legend")
    demand(not legend or len(legend) == count, "opts.legend needs one name for each column")
    return [
        {"y": values[:, index], "type": "box", "name": legend[index] if legend else f"column {index}"}
        for index in range(count)
    ]


def pie_traces(X: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """One pie; X holds the sizes of its slices."""
    values = np.atleast_1d(np.squeeze(numeric(X, "X")))
    demand(values.ndim == 1, f"X has shape {np.shape(X)}; (N,) is meant")
    demand(not (values < 0).any(), "the slices of a pie must not be negative")
    legend = names(opts.get("legend"), "legend")
    return [{"values": values, "labels": legend, "type": "pie"}]


def sunburst_traces(labels: Any, parents: Any, values: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """Rings of a tree: each label with the label of its parent, and perhaps its size."""
    labels, parents = _flat(labels, "labels"), _flat(parents, "parents")
    demand(len(labels) == len(parents), f"there are {len(labels)} labels and {len(parents)} parents")
    trace: dict[str, Any] = {
        "labels": labels,
        "parents": parents,
        "outsidetextfont": {"size": opts.get("size"), "color": opts.get("font_color")},
        "leaf": {"opacity": opts.get("opacity")},
        "marker": {"line": {"width": opts.get("marker_width")}},
        "type": "sunburst",
    }
    if values is not None:
        sizes = np.squeeze(numeric(values, "values"))
        demand(sizes.ndim == 1 and len(sizes) == len(labels), "values needs one number for each label")
        trace["values"] = sizes
    return [trace]


def _flat(value: Any, what: str) -> list[Any]:
    array = array_of(value, what)
    demand(array.size == max(array.shape, default=0), f"{what} must be a flat list")
    return array.reshape(-1).tolist()


def dual_axis_traces(X: Any, Y1: Any, Y2: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """Two lines over one x axis, each with a y axis of its own."""
    columns = [numeric(value, what).astype(np.float64) for value, what in ((X, "X"), (Y1, "Y1"), (Y2, "Y2"))]
    demand(all(column.ndim == 1 for column in columns), "X, Y1 and Y2 must be flat")
    demand(
        len(columns[0]) == len(columns[1]) == len(columns[2]), "X, Y1 and Y2 must have as many values each"
    )
    x, first, second = columns
    return [
        {"x": x, "y": first, "name": opts.get("name_y1", "Y1 axis"), "type": "scatter"},
        {"x": x, "y": second, "yaxis": "y2", "name": opts.get("name_y2", "Y2 axis"), "type": "scatter"},
    ]


def dual_axis_layout(opts: dict[str, Any]) -> dict[str, Any]:
    """The layout that goes with `dual_axis_traces`."""

    def axis(number: int, colour: str) -> dict[str, Any]:
        return {
            "title": opts.get(f"name_y{number}", f"Y{number} axis"),
            "titlefont": {"color": opts.get(f"color_title_y{number}", colour)},
            "tickfont": {"color": opts.get(f"color_tick_y{number}", colour)},
        }

    sides = {"l": "left", "r": "right", "t": "top", "b": "bottom"}
    return without_none(
        {
            "title": opts.get("title", "Example Double Y axis"),
            "yaxis": axis(1, "black"),
            "yaxis2": {
                **axis(2, "rgb(148, 103, 189)"),
                "overlaying": "y",
                "side": opts.get("side", "right"),
            },
            "showlegend": opts.get("showlegend", True),
            "margin": {key: opts.get(side, opts.get(f"margin{side}", 60)) for key, side in sides.items()},
        }
    )
