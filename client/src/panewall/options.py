"""What `opts` may hold, and the Plotly layout that follows from it."""

from __future__ import annotations

import numbers
import warnings
from typing import Any, Callable

import numpy as np

from panewall.arrays import plain, to_numpy
from panewall.errors import BadArgument

_TEXTS = ("color", "colormap", "mode", "markersymbol")
_LISTS = ("columnnames", "rownames")
_AXIS_KEYS = ("type", "label", "tickmin", "tickmax", "tickvals", "ticklabels", "tick", "tickfont", "tickstep")


def demand(condition: Any, message: str, *values: Any) -> None:
    """Raise BadArgument (an AssertionError, as visdom's users expect) unless the condition holds.

    Where values are given, they are put into the message, and only then: shapes take longer to write than to look at.
    """
    if not condition:
        raise BadArgument(message.format(*values) if values else message)


def is_number(value: Any) -> bool:
    return isinstance(value, numbers.Number) and not isinstance(value, (bool, complex))


def checked(opts: dict[str, Any] | None) -> dict[str, Any]:
    """A copy of the caller's options, validated. The caller's own dict is never changed."""
    if opts is None:
        return {}
    demand(isinstance(opts, dict), "opts must be a dict, not {}", type(opts).__name__)
    opts = dict(opts)
    if "title" in opts:
        opts = _checked_title(opts)
    for key in _TEXTS:
        if opts.get(key) and not isinstance(opts[key], np.ndarray):
            demand(isinstance(opts[key], str), f"opts.{key} must be a string")
    for key in _LISTS:
        value = opts.get(key)
        if isinstance(value, (tuple, np.ndarray)):
            value = opts[key] = list(value)
        if value:
            demand(isinstance(value, list), f"opts.{key} must be a list of names")
    _check_numbers(opts)
    return opts


def _checked_title(opts: dict[str, Any]) -> dict[str, Any]:
    title = opts["title"]
    if title is None:
        warnings.warn("opts.title is None and is left out", stacklevel=4)
        del opts["title"]
    elif is_number(title):
        warnings.warn(f"opts.title is the number {title}; a string is meant", stacklevel=4)
        opts["title"] = str(title)
    elif title:
        demand(isinstance(title, str), "opts.title must be a string")
    return opts


_NUMBERS: tuple[tuple[str, Callable[[Any], Any], str], ...] = (
    ("markersize", lambda value: value > 0, "a number above 0"),
    ("markerborderwidth", lambda value: value >= 0, "a number from 0 on"),
    ("jpgquality", lambda value: 0 < value <= 100, "a number above 0 and up to 100"),
    ("opacity", lambda value: 0 <= value <= 1, "a number from 0 to 1"),
    ("fps", lambda value: value > 0, "a number above 0"),
)


def _check_numbers(opts: dict[str, Any]) -> None:
    for key, fits, what in _NUMBERS:
        value = opts.get(key)
        if isinstance(value, np.ndarray) or value:
            demand(is_number(value) and fits(value), f"opts.{key} must be {what}")


def trace_options(by_library: Any, name: str | None, index: int) -> dict[str, Any]:
    """What `opts.traceopts` sets for one trace, by its name or its place."""
    demand(
        isinstance(by_library, dict) and isinstance(by_library.get("plotly"), dict),
        "opts.traceopts must be a dict such as {'plotly': {name: {…}}}",
    )
    for key in (name, index, str(index)):
        if key is not None and key in by_library["plotly"]:
            return dict(by_library["plotly"][key])
    return {}


def without_none(value: Any) -> Any:
    """The dict without its Nones, at every depth of dicts. Lists keep theirs (a half-open range)."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return value


def layout_of(opts: dict[str, Any], *, is_3d: bool = False) -> dict[str, Any]:
    """The Plotly layout for these options."""
    left, top, bottom = (0, 20, 0) if is_3d else (60, 60, 60)
    built: dict[str, Any] = {
        "showlegend": opts.get("showlegend", "legend" in opts),
        "title": opts.get("title"),
        "margin": {
            "l": opts.get("marginleft", left),
            "r": opts.get("marginright", 60),
            "t": opts.get("margintop", top),
            "b": opts.get("marginbottom", bottom),
        },
    }
    if is_3d:
        built["scene"] = {f"{prefix}axis": _axis_3d(opts, prefix) for prefix in "xyz"}
    else:
        for prefix in "xy":
            built[f"{prefix}axis"] = _axis(opts, prefix)
    if opts.get("stacked"):
        built["barmode"] = "stack"
    built = without_none(built)
    extra = opts.get("layoutopts")
    if isinstance(extra, dict) and isinstance(extra.get("plotly"), dict):
        built.update(without_none(extra["plotly"]))
    return built


def _given(opts: dict[str, Any], prefix: str) -> bool:
    """Does any option speak of this axis? False and 0 speak, too: `xtick=False` alone hides the ticks."""
    values = (opts.get(prefix + key) for key in _AXIS_KEYS)
    return any(value is not None and not (isinstance(value, str) and not value) for value in values)


def _range(opts: dict[str, Any], prefix: str) -> list[Any] | None:
    low, high = opts.get(prefix + "tickmin"), opts.get(prefix + "tickmax")
    return None if low is None and high is None else [low, high]


def _listed(value: Any) -> Any:
    array = to_numpy(value) if value is not None and not isinstance(value, (str, list)) else None
    return plain(array) if isinstance(array, np.ndarray) else value


def _axis(opts: dict[str, Any], prefix: str) -> dict[str, Any] | None:
    if not _given(opts, prefix):
        return None
    return {
        "type": opts.get(prefix + "type"),
        "title": opts.get(prefix + "label"),
        "range": _range(opts, prefix),
        "tickvals": _listed(opts.get(prefix + "tickvals")),
        "ticktext": _listed(opts.get(prefix + "ticklabels")),
        "dtick": opts.get(prefix + "tickstep"),
        "showticklabels": opts.get(prefix + "tick"),
        "tickfont": opts.get(prefix + "tickfont"),
    }


def _axis_3d(opts: dict[str, Any], prefix: str) -> dict[str, Any] | None:
    if not _given(opts, prefix):
        return None
    low, high, step = (opts.get(prefix + key) for key in ("tickmin", "tickmax", "tickstep"))
    return {
        "type": opts.get(prefix + "type"),
        "title": opts.get(prefix + "label"),
        "range": _range(opts, prefix),
        "tickvals": _listed(opts.get(prefix + "tickvals")),
        "ticktext": _listed(opts.get(prefix + "ticklabels")),
        "nticks": (high - low) / step if low is not None and high is not None and step else None,
        "tickfont": opts.get(prefix + "tickfont"),
    }
