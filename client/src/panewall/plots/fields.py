"""Values over an area: heatmap, surface, contour and mesh."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.options import demand
from panewall.plots.values import numeric

GROWTH = ("appendRow", "appendColumn", "prependRow", "prependColumn")


def heatmap_traces(X: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """The heatmap, preceded by a plain background when there is `opts.nancolor`."""
    z = numeric(X, "X")
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
    if not opts.get("nancolor"):
        return [trace]
    background = {
        "z": np.zeros(z.shape),
        "x": columns,
        "y": rows,
        "type": "heatmap",
        "showscale": False,
        "colorscale": [[0, opts["nancolor"]], [1, opts["nancolor"]]],
    }
    return [background, trace]


def surface_traces(X: Any, opts: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """A surface or its contours, coloured from `opts.xmin` to `opts.xmax`.

    Contours take these bounds by other names than surfaces do.
    """
    z = np.squeeze(numeric(X, "X"))
    demand(z.ndim == 2, f"X has shape {np.shape(X)}; (N, M) is meant")
    finite = z[np.isfinite(z)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    opts["xmin"] = float(opts["xmin"] if opts.get("xmin") is not None else low)
    opts["xmax"] = float(opts["xmax"] if opts.get("xmax") is not None else high)
    opts.setdefault("colormap", "Viridis")
    lowest, highest = ("zmin", "zmax") if kind == "contour" else ("cmin", "cmax")
    return [
        {
            "z": z,
            lowest: opts["xmin"],
            highest: opts["xmax"],
            "type": kind,
            "colorscale": opts.get("colormap"),
        }
    ]


def mesh_traces(X: Any, Y: Any, opts: dict[str, Any]) -> list[dict[str, Any]]:
    """A mesh of vertices and triangles. Vertices in the plane lie at height 0; pairs of them are edges, drawn as lines.

    Args:
        X: shape (N, 2) or (N, 3).
        Y: vertex numbers, shape (M, 3) for triangles, or (M, 2) for edges in the plane; None lets triangles be found.
    """
    vertices = np.squeeze(numeric(X, "X"))
    demand(vertices.ndim == 2 and vertices.shape[1] in (2, 3), "X has one vertex a row: (N, 2) or (N, 3)")
    is_flat = vertices.shape[1] == 2
    faces = None if Y is None else _faces(Y, len(vertices), is_flat=is_flat)
    if faces is not None and faces.shape[1] == 2:
        return [_edges(vertices, faces, opts)]
    i, j, k = (None, None, None) if faces is None else faces.T
    return [
        {
            "x": vertices[:, 0],
            "y": vertices[:, 1],
            "z": np.zeros(len(vertices)) if is_flat else vertices[:, 2],
            "i": i,
            "j": j,
            "k": k,
            "color": opts.get("color"),
            "opacity": opts.get("opacity"),
            "type": "mesh3d",
        }
    ]


def _faces(Y: Any, count: int, *, is_flat: bool) -> np.ndarray:
    faces = numeric(Y, "Y")
    faces = faces[np.newaxis] if faces.ndim == 1 else faces
    demand(faces.ndim == 2, f"Y has shape {faces.shape}; (M, 3) is meant")
    demand(faces.shape[1] == 3 or (is_flat and faces.shape[1] == 2), "Y needs as many columns as X")
    demand((faces == np.floor(faces)).all(), "Y holds the numbers of vertices, which are whole")
    demand(
        not faces.size or (faces.min() >= 0 and faces.max() < count), f"Y may name vertices 0 to {count - 1}"
    )
    return faces.astype(np.int64)


def _edges(vertices: np.ndarray, pairs: np.ndarray, opts: dict[str, Any]) -> dict[str, Any]:
    ends = np.full((len(pairs), 3, 2), np.nan)
    ends[:, :2] = vertices[pairs]
    x, y = ends.reshape(-1, 2).T
    trace: dict[str, Any] = {"x": x, "y": y, "type": "scatter", "mode": "lines", "line": {}}
    if opts.get("color"):
        trace["line"]["color"] = opts["color"]
    if opts.get("opacity") is not None:
        trace["opacity"] = opts["opacity"]
    return trace
