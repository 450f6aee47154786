"""Points and lines: scatter, line, stem and quiver."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.arrays import to_numpy
from panewall.colours import dashes, line_colours, marker_colours
from panewall.options import demand, is_number
from panewall.plots.values import array_of, names, numeric, table

Columns = list  # list[np.ndarray]: x, y and perhaps z, each of shape (N,)

_SPREAD, _TILT = 0.33, 1e-5  # of an arrow's head


def labels_of(labels: Any, count: int) -> np.ndarray | None:
    """Labels from 1 on, one for each point; None when there are none: all belong to one trace."""
    if labels is None:
        return None
    array = np.ravel(numeric(labels, "Y"))
    demand(len(array) == count, f"Y has {len(array)} labels for {count} points")
    demand(np.isfinite(array).all() and (array == np.floor(array)).all(), "labels must be whole numbers")
    demand(count == 0 or array.min() >= 1, "labels begin at 1")
    return array.astype(np.int64)


def scatter_columns(X: Any, Y: Any, *, is_flat: bool) -> tuple[Columns, np.ndarray | None]:
    """Rows of points as columns, and their labels.

    Args:
        X: shape (N, 2) or (N, 3).
        Y: shape (N,), labels.
        is_flat: X may also be (N,); then Y holds the y of each.
    """
    X = array_of(X, "X")
    if is_flat and X.ndim == 1:
        Y = array_of(Y, "Y")
        demand(Y.ndim == 1 and len(Y) == len(X), f"X has {len(X)} values and Y {Y.shape}; as many are meant")
        return [X, Y], None
    demand(X.ndim == 2, f"X has shape {X.shape}; (N, 2) or (N, 3) is meant")
    demand(X.shape[1] in (2, 3), f"X has {X.shape[1]} columns; 2 or 3 are meant")
    return [X[:, index] for index in range(X.shape[1])], labels_of(Y, len(X))


def scatter_options(opts: dict[str, Any]) -> dict[str, Any]:
    """The options with scatter's defaults."""
    opts.setdefault("mode", "markers+text" if opts.get("textlabels") is not None else "markers")
    opts.setdefault("markersymbol", "dot")
    opts.setdefault("markersize", 10)
    opts.setdefault("markerborderwidth", 0.5)
    return opts


def scatter_traces(
    columns: Columns, labels: np.ndarray | None, opts: dict[str, Any], *, name: str | None = None
) -> list[dict[str, Any]]:
    """One trace for each label that occurs, in order of labels.

    Args:
        columns: x, y and perhaps z, each of shape (N,).
        labels: shape (N,), from 1 on; None is 1 for all.
        opts: with scatter's defaults; markercolor, linecolor and dash are taken out.
        name: the name of the only trace.
    """
    count = len(columns[0])
    occurring = [1] if labels is None or not count else np.unique(labels).tolist()
    largest = occurring[-1]
    only = len(occurring) == 1
    demand(name is None or only, "name goes with one trace, not with several labels")
    legend = names(opts.get("legend"), "legend")
    if legend:
        demand(len(legend) >= largest, f"opts.legend has {len(legend)} entries for {largest} labels")
    texts = _texts(opts.get("textlabels"), count)
    colours = opts.pop("markercolor", None)
    if colours is not None:
        colours = marker_colours(colours, np.ones(count, int) if labels is None else labels, largest)
    lines = line_colours(opts.pop("linecolor", None), largest)
    styles = dashes(opts.pop("dash", None), largest)
    traces = []
    for label in occurring:
        chosen = slice(None) if only else labels == label
        trace_name = legend[label - 1] if legend else name if name is not None else str(label)
        trace: dict[str, Any] = {"x": columns[0][chosen], "y": columns[1][chosen]}
        if len(columns) == 3:
            trace["z"] = columns[2][chosen]
        trace["name"] = trace_name
        trace["type"] = "scatter3d" if len(columns) == 3 else "scattergl" if opts.get("webgl") else "scatter"
        if opts.get("mode") is not None:
            trace["mode"] = opts["mode"]
        if texts is not None:
            trace["text"] = texts[chosen].tolist()
        trace["textposition"] = "right"
        trace["line"] = {}
        if styles:
            trace["line"]["dash"] = styles[label - 1]
        if lines:
            trace["line"]["color"] = lines[label - 1]
        marker = {"size": opts.get("markersize"), "symbol": opts.get("markersymbol")}
        trace["marker"] = {key: value for key, value in marker.items() if value is not None}
        if colours:
            trace["marker"]["color"] = colours[label]
        trace["marker"]["line"] = {"color": "#000000"}
        if opts.get("markerborderwidth") is not None:
            trace["marker"]["line"]["width"] = opts["markerborderwidth"]
        if opts.get("fillarea"):
            trace["fill"] = "tonexty"
        traces.append(trace)
    return traces


def _texts(value: Any, count: int) -> np.ndarray | None:
    if value is None:
        return None
    texts = np.ravel(np.asarray(to_numpy(value)).astype(str))
    demand(len(texts) == count, f"opts.textlabels has {len(texts)} entries for {count} points")
    return texts


def line_columns(Y: Any, X: Any) -> tuple[Columns, np.ndarray | None]:
    """Lines as x and y columns, and which line each point belongs to (None: there is one)."""
    Y = numeric(Y, "Y")
    demand(Y.ndim in (1, 2), "Y has shape {}; (N,) or (N, M) is meant", Y.shape)
    demand(Y.shape[-1] > 0, "Y is empty")
    if X is None:
        X = np.linspace(0, 1, len(Y))
    X = array_of(X, "X")
    demand(X.ndim in (1, 2), "X has shape {}; (N,) or (N, M) is meant", X.shape)
    if Y.ndim == 2 and X.ndim == 1:
        demand(len(X) == len(Y), f"X has {len(X)} values for {len(Y)} rows of Y")
        X = np.repeat(X[:, np.newaxis], Y.shape[1], axis=1)
    if X.ndim == 2 and Y.ndim == 1 and X.shape == (len(Y), 1):
        X = X[:, 0]
    demand(X.shape == Y.shape, "X has shape {} and Y {}; they must be equal", X.shape, Y.shape)
    if X.dtype != Y.dtype and X.dtype.kind in "fiu" and Y.dtype.kind in "fiu":
        kind = np.result_type(X, Y)  # whole numbers stay whole when both are
        if kind.kind == "f" or X.dtype.kind != Y.dtype.kind:
            X, Y = X.astype(kind, copy=False), Y.astype(kind, copy=False)
    if Y.ndim == 1 or Y.shape[1] == 1:
        return [X.reshape(-1), Y.reshape(-1)], None
    labels = np.repeat(np.arange(1, Y.shape[1] + 1), len(Y))
    return [X.reshape(-1, order="F"), Y.reshape(-1, order="F")], labels


def stem_columns(X: Any, Y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Stems as points (N, 2) with a gap after each stem, and the label of each point.

    Args:
        X: heights, shape (N,), or (N, M) for M series.
        Y: their places on the x axis, as X or one for each row; None counts from 1.
    """
    heights = table(X, "X").astype(np.float64)
    places = np.arange(1, len(heights) + 1)[:, np.newaxis] if Y is None else table(Y, "Y")
    demand(len(places) == len(heights), f"Y has {len(places)} rows, X {len(heights)}")
    demand(places.shape[1] in (1, heights.shape[1]), "Y needs one column, or as many as X")
    places = np.broadcast_to(places, heights.shape).astype(np.float64)
    points = np.full((heights.shape[1], len(heights), 3, 2), np.nan)
    points[:, :, :2, 0] = places.T[:, :, np.newaxis]
    points[:, :, 0, 1] = 0
    points[:, :, 1, 1] = heights.T
    labels = np.repeat(np.arange(1, heights.shape[1] + 1), 3 * len(heights))
    return points.reshape(-1, 2), labels


def stem_heads(traces: list[dict[str, Any]], colormap: str) -> None:
    """Give each stem a head whose colour shows its height."""
    for trace in traces:
        heads = np.arange(len(trace["y"])) % 3 == 1
        trace["mode"] = "lines+markers"
        trace["marker"] = {
            **trace["marker"],
            "size": np.where(heads, trace["marker"].get("size", 10), 0),
            "color": np.where(heads, trace["y"], 0.0),
            "colorscale": colormap,
        }


def quiver_points(X: Any, Y: Any, gridX: Any, gridY: Any, opts: dict[str, Any]) -> np.ndarray:
    """Arrows as points (N, 2) with a gap after each: shafts in order of rows, then the heads.

    Args:
        X, Y: the arrows' components, shape (N, M).
        gridX, gridY: where they begin; None is the row and the column of each.
        opts: ``normalize`` (the length of the longest arrow) and ``arrowheads``.
    """
    dx, dy = numeric(X, "X").astype(np.float64), numeric(Y, "Y").astype(np.float64)
    demand(dx.ndim == 2, f"X has shape {dx.shape}; (N, M) is meant")
    demand(dy.shape == dx.shape, f"X has shape {dx.shape} and Y {dy.shape}; they must be equal")
    rows, columns = np.meshgrid(np.arange(dx.shape[0]), np.arange(dx.shape[1]), indexing="ij")
    x0 = rows if gridX is None else numeric(gridX, "gridX")
    y0 = columns if gridY is None else numeric(gridY, "gridY")
    demand(x0.shape == dx.shape and y0.shape == dx.shape, "gridX and gridY need the shape of X")
    length = opts.get("normalize")
    if length is not None:
        demand(is_number(length) and length > 0, "opts.normalize must be a number above 0")
        longest = float(np.sqrt(dx**2 + dy**2).max(initial=0.0))
        if longest > 0:
            dx, dy = dx / longest * length, dy / longest * length
    x1, y1 = x0 + dx, y0 + dy
    gap = np.full(dx.shape, np.nan)
    points = _strokes((x0, y0), (x1, y1), (gap, gap))
    if not opts["arrowheads"]:
        return points
    left = (
        x1 - _SPREAD * (dx + _SPREAD * (dy + _TILT)),
        y1 - _SPREAD * (dy - _SPREAD * (dx + _TILT)),
    )
    right = (
        x1 - _SPREAD * (dx - _SPREAD * (dy + _TILT)),
        y1 - _SPREAD * (dy + _SPREAD * (dx + _TILT)),
    )
    return np.concatenate([points, _strokes(left, (x1, y1), right, (gap, gap))])


def _strokes(*corners: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """For each cell its corners one after the other, as points (N, 2)."""
    return np.stack([np.stack(corner, axis=-1) for corner in corners], axis=-2).reshape(-1, 2)
