"""visdom's plots as Plotly traces. Pure functions: arrays and options in, traces out, nothing sent.

Numbers stay numpy arrays in the traces; `panewall.arrays` writes them to the wire, or as lists for those who read messages.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.arrays import to_numpy
from panewall.colours import dashes, line_colours, marker_colours
from panewall.errors import BadArgument
from panewall.options import demand, is_number

GROWTH = ("appendRow", "appendColumn", "prependRow", "prependColumn")


def array_of(value: Any, what: str) -> np.ndarray:
    """The value as a numpy array of numbers or dates; a single number is an array of one."""
    array = to_numpy(value)
    if is_number(array):
        array = np.array([array])
    if not isinstance(array, np.ndarray):
        raise BadArgument(f"{what} must be an array, a tensor or a list, not {type(value).__name__}")
    kind = array.dtype.kind
    if kind == "b":
        return array.astype(np.uint8)
    if kind not in "fiuMUO" or (
        kind == "O" and not all(item is None or isinstance(item, str) for item in array.flat)
    ):
        raise BadArgument(f"{what} must hold numbers, not {array.dtype}")
    return array


def _numeric(value: Any, what: str) -> np.ndarray:
    array = array_of(value, what)
    if array.dtype.kind not in "fiu":
        raise BadArgument(f"{what} must hold numbers, not {array.dtype}")
    return array


def labels_of(labels: Any, count: int) -> np.ndarray | None:
    """Labels from 1 on, one for each point; None when there are none: all belong to one trace."""
    if labels is None:
        return None
    array = np.ravel(_numeric(labels, "Y"))
    demand(len(array) == count, f"Y has {len(array)} labels for {count} points")
    demand(np.isfinite(array).all() and (array == np.floor(array)).all(), "labels must be whole numbers")
    demand(count == 0 or array.min() >= 1, "labels begin at 1")
    return array.astype(np.int64)


def scatter_options(opts: dict[str, Any]) -> dict[str, Any]:
    """The options with scatter's defaults."""
    opts.setdefault("mode", "markers+text" if opts.get("textlabels") is not None else "markers")
    opts.setdefault("markersymbol", "dot")
    opts.setdefault("markersize", 10)
    opts.setdefault("markerborderwidth", 0.5)
    return opts


def scatter_traces(
    columns: list[np.ndarray], labels: np.ndarray | None, opts: dict[str, Any], *, name: str | None = None
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
    legend = _legend(opts.get("legend"), largest)
    texts = _texts(opts.get("textlabels"), count)
    colours = opts.pop("markercolor", None)
    if colours is not None:
        colours = marker_colours(colours, np.ones(count, int) if labels is None else labels, largest)
    lines = line_colours(opts.pop("linecolor", None), largest)
    styles = dashes(opts.pop("dash", None), largest)
    traces = []
    for index, label in enumerate(occurring):
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
        if opts.get("traceopts") is not None:
            trace.update(_trace_options(opts["traceopts"]["plotly"], trace_name, index))
        traces.append(trace)
    return traces


def _legend(legend: Any, largest: int) -> list[str] | None:
    if legend is None or (not isinstance(legend, str) and not len(legend)):
        return None
    demand(not isinstance(legend, str), "opts.legend must be a list of names")
    demand(len(legend) >= largest, f"opts.legend has {len(legend)} entries for {largest} labels")
    return [str(entry) for entry in legend]


def _texts(value: Any, count: int) -> np.ndarray | None:
    if value is None:
        return None
    texts = np.ravel(np.asarray(to_numpy(value)).astype(str))
    demand(len(texts) == count, f"opts.textlabels has {len(texts)} entries for {count} points")
    return texts


def _trace_options(by_trace: dict[Any, Any], name: str, index: int) -> dict[str, Any]:
    """What `opts.traceopts` sets for one trace, by its name or its place."""
    for key in (name, index, str(index)):
        if key in by_trace:
            return dict(by_trace[key])
    return {}


def line_columns(Y: Any, X: Any) -> tuple[list[np.ndarray], np.ndarray | None]:
    """Lines as x and y columns, and which line each point belongs to (None: there is one)."""
    Y = _numeric(Y, "Y")
    demand(Y.ndim in (1, 2), f"Y has shape {Y.shape}; (N,) or (N, M) is meant")
    demand(Y.shape[-1] > 0, "Y is empty")
    if X is None:
        X = np.linspace(0, 1, len(Y))
    X = array_of(X, "X")
    demand(X.ndim in (1, 2), f"X has shape {X.shape}; (N,) or (N, M) is meant")
    if Y.ndim == 2 and X.ndim == 1:
        demand(len(X) == len(Y), f"X has {len(X)} values for {len(Y)} rows of Y")
        X = np.repeat(X[:, np.newaxis], Y.shape[1], axis=1)
    if X.ndim == 2 and Y.ndim == 1 and X.shape == (len(Y), 1):
        X = X[:, 0]
    demand(X.shape == Y.shape, f"X has shape {X.shape} and Y {Y.shape}; they must be equal")
    if X.dtype.kind in "fiu" and Y.dtype.kind in "fiu":
        kind = np.result_type(X, Y)  # whole numbers stay whole when both are
        if kind.kind == "f" or X.dtype.kind != Y.dtype.kind:
            X, Y = X.astype(kind, copy=False), Y.astype(kind, copy=False)
    if Y.ndim == 1 or Y.shape[1] == 1:
        return [X.reshape(-1), Y.reshape(-1)], None
    labels = np.repeat(np.arange(1, Y.shape[1] + 1), len(Y))
    return [X.reshape(-1, order="F"), Y.reshape(-1, order="F")], labels


def heatmap_traces(X: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """The heatmap, preceded by a plain background when there is `opts.nancolor`."""
    z = _numeric(X, "X")
    demand(z.ndim == 2, f"a heatmap has rows and columns; X has shape {z.shape}")
    columns, rows = opts.get("columnnames"), opts.get("rownames")
    demand(columns is None or len(columns) == z.shape[1], "opts.columnnames needs one name for each column")
    demand(rows is None or len(rows) == z.shape[0], "opts.rownames needs one name for each row")
    opts.setdefault("colormap", "Viridis")
    trace = {
        "z": z,
        "x": columns,
        "y": rows,
        "zmin": opts.get("xmin"),
        "zmax": opts.get("xmax"),
        "type": "heatmap",
        "colorscale": opts.get("colormap"),
    }
    return (
        [trace] if not opts.get("nancolor") else [background(z.shape, columns, rows, opts["nancolor"]), trace]
    )


def background(shape: tuple[int, ...], columns: Any, rows: Any, colour: str) -> dict[str, Any]:
    """A heatmap of one colour that shines through the gaps of the one before it."""
    return {
        "z": np.zeros(shape),
        "x": columns,
        "y": rows,
        "type": "heatmap",
        "showscale": False,
        "colorscale": [[0, colour], [1, colour]],
    }


def grow(old: dict[str, Any], new: dict[str, Any], direction: str) -> dict[str, Any]:
    """A heatmap with rows or columns added: what changes of its trace.

    Raises:
        BadArgument: sizes or names do not go together.
    """
    before, more = np.asarray(old["z"], dtype=float), np.asarray(new["z"], dtype=float)
    axis = 0 if direction.endswith("Row") else 1
    what, names = ("row", "y") if axis == 0 else ("column", "x")
    demand(
        before.shape[1 - axis] == more.shape[1 - axis],
        f"the new {what}s have {more.shape[1 - axis]} values, the heatmap has {before.shape[1 - axis]}",
    )
    first, second = (before, more) if direction.startswith("append") else (more, before)
    changed: dict[str, Any] = {"z": np.concatenate([first, second], axis=axis)}
    old_names, new_names = old.get(names), new.get(names)
    demand((old_names is None) == (new_names is None), f"either all {what}s have names or none")
    if old_names is not None and new_names is not None:
        old_names, new_names = list(old_names), list(new_names)
        twice = set(map(str, old_names)) & set(map(str, new_names))
        demand(not twice, f"the heatmap has a {what} named {sorted(twice)[:1]} already")
        changed[names] = old_names + new_names if direction.startswith("append") else new_names + old_names
    for key, value in new.items():
        if key not in ("z", "x", "y") and value is not None:
            changed[key] = value
    return changed


def bar_traces(X: Any, Y: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """One trace for each column of X."""
    values = np.squeeze(_numeric(X, "X"))
    demand(
        values.ndim in (1, 2), f"X has shape {np.shape(X)}; (N,) or (N, M) with more than one value is meant"
    )
    legend, rows = opts.get("legend"), opts.get("rownames")
    legend = None if legend is None else list(legend)
    if values.ndim == 1:
        demand(
            not legend or rows is None,
            "opts.legend names the bars of a single row; opts.rownames cannot name them too",
        )
        values = values[np.newaxis, :] if legend else values[:, np.newaxis]
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
            trace["name"] = str(legend[column])
        traces.append(trace)
    return traces


def histogram_bars(X: Any, opts: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Counts, and the places of the bars: evenly spaced from the lowest to the highest value."""
    values = np.squeeze(_numeric(X, "X"))
    demand(values.ndim == 1, f"X has shape {np.shape(X)}; a flat array of more than one value is meant")
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    demand(len(values) > 0, "X holds no finite value")
    bins = int(opts.get("numbins") or min(30, len(values)))
    demand(bins > 0, "opts.numbins must be above 0")
    low, high = float(values.min()), float(values.max())
    counts, _ = np.histogram(values, bins=bins, range=(low, high))
    return counts, np.linspace(low, high, bins)
