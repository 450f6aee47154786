"""What is said when something is sent to a window of another kind: what it holds, what came, and the way out."""

import msgpack

from apps.errors import Invalid

from .commands import SERIES_TYPES
from .models import Window
from .state import WindowState

HELD = {
    "text": "a text",
    "image": "images",
    "audio": "sounds",
    "video": "videos",
    "histogram": "histograms",
    "table": "tables",
    "document": "logged texts",
    "metric": "a metric",
    "properties": "properties",
    "network": "a network",
    "embeddings": "embeddings",
}

#: Kinds of data that a change of a window's look may go with.
DATA = {"points": "lines or points", "heatmap": "a heatmap", "trace": "a trace"}


def takes(window: WindowState, data: str) -> bool:
    """Whether a window takes such data at all, so that a look that goes with it is not changed where the data is refused."""
    if window.kind != Window.Kind.PLOT:
        return False
    if data == "trace" or not window.traces:  # it may be a new one, whatever else the window holds
        return True
    if data == "points":
        return window.traces[0].is_series
    return any(msgpack.unpackb(trace.attrs).get("type") == "heatmap" for trace in window.traces)


def wrong_kind(window: WindowState, came: str) -> Invalid:
    """The refusal.

    Args:
        came: what was sent, in words.
    """
    return Invalid(
        f"Window {window.key!r:.100} holds {holds(window)}, and {came} came; nothing was changed."
        " Name another window, or send it without update or append: then it takes this one's place.",
        code="wrong_kind",
    )


def holds(window: WindowState) -> str:
    """What a window holds; of a plot its first trace says it."""
    if window.kind != Window.Kind.PLOT:
        return HELD[window.kind]
    if not window.traces:
        return "an empty plot"
    return a_trace(msgpack.unpackb(window.traces[0].attrs).get("type", "scatter"))


def a_trace(kind: str) -> str:
    """A type of traces, as a reader of an error knows it."""
    if kind in SERIES_TYPES:
        return f"lines or points ({kind})"
    return "a heatmap" if kind == "heatmap" else f"a plot ({kind:.100})"
