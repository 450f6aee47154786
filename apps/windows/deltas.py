"""The ops of the live wire (docs/protocol.md): how a change, or a whole env, is told to pages."""

from typing import Any

import msgpack
import numpy as np

from .commands import CONTENT_KINDS
from .content import shown
from .documents import sign
from .series import columns as col
from .series.read import TraceData
from .series.store import Series
from .state import WindowState

#: More new points of a trace than this in one tick are not sent: pages that show it ask for what they can draw.
MOST_POINTS = 16_384

#: Columns that are kept but not drawn: the wall time of a metric's points.
UNSEEN = {"t"}

#: Other apps say what a window of their kind holds: kind -> content of many windows at once, by id.
contents: dict[str, Any] = {}


def window_op(window: WindowState, content: Any = None) -> list:
    """``w``: the window as it now is."""
    if window.kind == "text":
        content = {"url": f"doc/{sign(window.id, window.revision)}", "length": window.text_length}
    elif window.kind in CONTENT_KINDS:
        content = shown(window.kind, window.body)
    return [
        "w",
        window.id,
        {
            "key": window.key,
            "kind": window.kind,
            "title": window.title,
            "place": window.place,
            "rev": window.revision,
            "opts": window.body.get("opts", {}),
            "layout": window.body.get("layout", {}),
            "content": content,
            "traces": [
                {
                    "id": trace.id,
                    "index": trace.index,
                    "name": trace.name,
                    "gen": trace.series.generation,
                    "count": trace.series.count,
                    "columns": [name for name in trace.series.columns if name not in UNSEEN],
                    "monotone": trace.series.monotone,
                    "dates": trace.dates,
                    "attrs": msgpack.unpackb(trace.attrs),
                }
                for trace in window.traces
            ],
        },
    ]


def points_op(series: Series, offset: int, points: col.Columns) -> list:
    """``a``: points from a position on, or ``g`` when they are more than is worth sending."""
    n = col.size(points)
    if n > MOST_POINTS:
        return ["g", series.id, series.generation, offset + n]
    return ["a", series.id, series.generation, offset, n, _wire(points), series.monotone]


def data_op(series: Series, data: TraceData, *, x0: float | None = None, x1: float | None = None) -> list:
    """``a`` for whole data, ``l`` for thinned."""
    if data.positions is None:
        if x0 is None and x1 is None:
            n = col.size(data.columns)
            return ["a", series.id, series.generation, data.start, n, _wire(data.columns), series.monotone]
        return ["l", series.id, series.generation, _thinned(data, np.arange(data.start, data.stop), x0, x1)]
    return ["l", series.id, series.generation, _thinned(data, data.positions, x0, x1)]


def _thinned(data: TraceData, positions: np.ndarray, x0: float | None, x1: float | None) -> dict[str, Any]:
    out: dict[str, Any] = {
        "b": data.bucket,
        "i0": data.start,
        "i1": data.stop,
        "count": data.count,
        "pos": positions.astype("<f8").tobytes(),
        **_wire(data.columns),
    }
    if data.last:
        out["last"] = data.last
    if x0 is not None or x1 is not None:
        out |= {"x0": x0, "x1": x1}
    if data.note:
        out["note"] = data.note
    return out


def _wire(points: col.Columns) -> dict[str, Any]:
    """Numbers as float64 little-endian bytes; other columns as lists. What pages do not draw stays here."""
    return {
        n: np.ascontiguousarray(c, "<f8").tobytes() if isinstance(c, np.ndarray) else c
        for n, c in points.items()
        if n not in UNSEEN
    }
