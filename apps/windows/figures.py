"""Figures as older programs write them, in the words of the plotly.js that draws them.

plotly.js 3 and 4 lose string titles and ``titlefont`` without a word, and draw trace types they do not know as a plain
scatter. So figures are upgraded once, when a command brings them in; what is stored is what is drawn. visdom's programs get
their string titles back (``as_sent``), which is why it is remembered which titles came as strings.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any

Map = dict[str, Any]

#: Types that went, where another draws the same; ``custom`` and ``mesh`` are what visdom's own client says.
RENAMED = {
    "heatmapgl": "heatmap",
    "pointcloud": "scattergl",
    "area": "barpolar",
    "scattermapbox": "scattermap",
    "choroplethmapbox": "choroplethmap",
    "densitymapbox": "densitymap",
    "custom": "scatter",
}
TEXT_PLACES = {
    "right": "middle right",
    "left": "middle left",
    "top": "top center",
    "bottom": "bottom center",
    "center": "middle center",
    "middle": "middle center",
}
AXIS = re.compile(r"[xyzabc]axis\d*|radialaxis|angularaxis|realaxis|imaginaryaxis")
SUBPLOT = re.compile(r"(scene|polar|ternary|smith)\d*")
COLOR_AXIS = re.compile(r"coloraxis\d*")
LEGEND = re.compile(r"legend\d*")
#: What stood beside a string title → its place inside a title that is a map.
TITLE_PARTS = {
    "titlefont": "font",
    "titleside": "side",
    "titleposition": "position",
    "titleoffset": "standoff",
}
TITLE_KEYS = {"title", *TITLE_PARTS}
#: Keys of a trace that may need another word. Appends repeat the looks of their traces, so most are passed over quickly.
TRACE_KEYS = {"type", "textposition", "marker", "line", "colorbar", "aaxis", "baxis", *TITLE_KEYS}


def upgrade_trace(given: Map) -> Map:
    """A trace, or some attributes of one, in today's words: a copy; what is not changed is shared."""
    trace = dict(given)
    for key in TRACE_KEYS & trace.keys():
        value = trace[key]
        if key == "type":
            _upgrade_type(trace)
        elif key == "textposition":
            trace[key] = _each(value, TEXT_PLACES)
        elif not isinstance(value, dict):
            continue
        elif key == "marker":
            trace[key] = _upgrade_marker(value)
        elif key == "line":
            trace[key] = _with_colorbar(value)
        elif key in ("aaxis", "baxis"):
            trace[key] = _with_title(dict(value))
    if "colorbar" in trace:
        trace = _with_colorbar(trace)
    return _with_title(trace)


def upgrade_layout(given: Map, titles: list[str] | None = None, path: str = "") -> Map:
    """A layout in today's words: a copy; what is not changed is shared.

    Args:
        given: the layout, or some keys of it.
        titles: gets the path of each title that came as a string, such as ``title`` and ``scene.xaxis.title``.
    """
    layout = _with_title(dict(given), titles, path)
    for name, value in layout.items():
        if not isinstance(value, dict):
            continue
        role = _role(name)
        if role == "titled":
            layout[name] = _with_title(dict(value), titles, f"{path}{name}.")
        elif role == "subplot":
            layout[name] = upgrade_layout(value, titles, f"{path}{name}.")
        elif role == "coloraxis":
            layout[name] = _with_colorbar(value, titles, f"{path}{name}.")
        elif role == "template" and not path:
            layout[name] = _template(value)
    return layout


@lru_cache(maxsize=1024)
def _role(name: str) -> str:
    """What a key of a layout stands for, where that matters here."""
    if AXIS.fullmatch(name) or LEGEND.fullmatch(name):
        return "titled"
    if SUBPLOT.fullmatch(name):
        return "subplot"
    if COLOR_AXIS.fullmatch(name):
        return "coloraxis"
    return "template" if name == "template" else ""


def titles_in(layout: Map, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of the titles of an upgraded layout: its own, those of axes, legends and subplots."""
    for name, value in layout.items():
        if not isinstance(value, dict):
            continue
        if name == "title":
            if isinstance(text := value.get("text"), str):
                yield f"{path}title", text
        elif _role(name) in ("titled", "subplot"):
            yield from titles_in(value, f"{path}{name}.")


def as_sent(layout: Map, titles: Iterable[str]) -> Map:
    """The layout with these titles as strings again, and with what had stood beside them."""
    out = layout
    for path in titles:
        *owners, last = path.split(".")
        out = _at(out, owners, partial(_plain_title, last))
    return out


def titles_after(old: Iterable[str], change: Map, came: Iterable[str]) -> list[str]:
    """Which titles count as strings after a change: those that came so, and the old ones that did not come as maps."""
    kept = [path for path in old if not _comes_as_map(change, path.split("."))]
    return sorted({*kept, *came})


def retitled(layout: Map, old: str, new: str) -> Map:
    """The layout, its title changed along with that of its window; one that says something else stays."""
    title = layout.get("title")
    if not old or not isinstance(title, dict) or title.get("text") != old:
        return layout
    return {**layout, "title": {**title, "text": new}}


def _with_title(parent: Map, titles: list[str] | None = None, path: str = "") -> Map:
    """``title: "x"`` with ``titlefont`` and the like → ``title: {text, font …}``. Changes ``parent``, which is a copy."""
    found = TITLE_KEYS & parent.keys()
    if not found:
        return parent
    beside = [part for part in TITLE_PARTS if part in found]
    title = parent.get("title")
    is_text = isinstance(title, str | int | float) and not isinstance(title, bool)
    if not is_text and not beside:
        return parent
    whole: Map = dict(title) if isinstance(title, dict) else {}
    if is_text:
        whole["text"] = title if isinstance(title, str) else str(title)
        if titles is not None:
            titles.append(f"{path}title")
    for part in beside:
        value = parent.pop(part)
        if value is not None:
            whole.setdefault(TITLE_PARTS[part], value)
    if whole:
        parent["title"] = whole
    return parent


def _with_colorbar(parent: Map, titles: list[str] | None = None, path: str = "") -> Map:
    parent = dict(parent)
    if isinstance(parent.get("colorbar"), dict):
        parent["colorbar"] = _with_title(dict(parent["colorbar"]), titles, f"{path}colorbar.")
    return parent


def _template(template: Map) -> Map:
    """Templates of older figures hold layouts and traces in the old words, too."""
    out = dict(template)
    if isinstance(out.get("layout"), dict):
        out["layout"] = upgrade_layout(out["layout"], path="template.")
    if isinstance(out.get("data"), dict):
        out["data"] = {
            kind: [upgrade_trace(trace) if isinstance(trace, dict) else trace for trace in traces]
            if isinstance(traces, list)
            else traces
            for kind, traces in out["data"].items()
        }
    return out


def _upgrade_type(trace: Map) -> None:
    kind = trace["type"]
    if not isinstance(kind, str):
        return
    if kind == "pointcloud":
        trace.setdefault("mode", "markers")
        _split_pairs(trace)
    elif kind == "area":
        _move(trace, "t", "theta")
    elif kind == "mesh":
        _lay_flat(trace)
        return
    trace["type"] = RENAMED.get(kind, kind)


def _upgrade_marker(given: Map) -> Map:
    marker = _with_colorbar(given)
    if "symbol" in marker:
        marker["symbol"] = _each(marker["symbol"], {"dot": "circle"})
    return marker


def _split_pairs(trace: Map) -> None:
    """pointcloud's ``xy`` is one flat list of pairs."""
    pairs = trace.pop("xy", None)
    if isinstance(pairs, list) and "x" not in trace:
        trace["x"], trace["y"] = pairs[::2], pairs[1::2]


def _lay_flat(trace: Map) -> None:
    """visdom's two-dimensional mesh is no type of Plotly's: it lies at height 0 of a mesh3d."""
    trace["type"] = "mesh3d"
    x = trace.get("x")
    if trace.get("z") is None and isinstance(x, list):
        trace["z"] = [0.0] * len(x)


def _move(trace: Map, old: str, new: str) -> None:
    if old in trace:
        trace.setdefault(new, trace.pop(old))


def _each(value: Any, words: Map) -> Any:
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, list):
        return [words.get(item, item) if isinstance(item, str) else item for item in value]
    return value


def _at(layout: Map, owners: list[str], change: Callable[[Map], Map]) -> Map:
    """``layout`` with the map at this path changed; copies along the way. A path that leads nowhere changes nothing."""
    if not owners:
        return change(layout)
    inner = layout.get(owners[0])
    if not isinstance(inner, dict):
        return layout
    return {**layout, owners[0]: _at(inner, owners[1:], change)}


def _plain_title(last: str, owner: Map) -> Map:
    title = owner.get(last)
    names = {inside: part for part, inside in TITLE_PARTS.items()}
    if not isinstance(title, dict) or "text" not in title or set(title) - {"text", *names}:
        return owner
    beside = {names[inside]: value for inside, value in title.items() if inside != "text"}
    return {**owner, last: title["text"], **beside}


def _comes_as_map(change: Any, path: list[str]) -> bool:
    """Whether a change says of this title that it is a map, or nothing any more. As old words it comes as a string."""
    for part in path[:-1]:
        change = change.get(part) if isinstance(change, dict) else None
    if not isinstance(change, dict) or path[-1] not in change:
        return False
    return not isinstance(change[path[-1]], str | int | float)
