"""SVG: taken from text or a file, or drawn by matplotlib."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import Any

from panewall.errors import BadArgument
from panewall.options import demand

_DRAWING = re.compile(r"<svg[\s>].*</svg\s*>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE)
_SIZE = re.compile(r"""\s(?:width|height)\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
_POINTS = re.compile(r"""\s(width|height)\s*=\s*["']\s*([\d.]+)""", re.IGNORECASE)


def svg_of(svgstr: Any, svgfile: Any) -> str:
    """The drawing in a text or a file, without what stands before and after it."""
    demand(svgstr is not None or svgfile is not None, "svg needs a text or a file")
    text = svgstr if svgfile is None else _read(svgfile)
    found = _DRAWING.search(text.decode("utf-8") if isinstance(text, bytes) else str(text))
    demand(found, "there is no <svg> … </svg> in it")
    assert found is not None
    return found[0]


def _read(path: Any) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(f"{path} cannot be read: {error}") from error


def figure_svg(figure: Any) -> str:
    """A figure, axes or pyplot of matplotlib as SVG."""
    owner = figure if hasattr(figure, "savefig") else getattr(figure, "figure", None)
    demand(hasattr(owner, "savefig"), f"plot must be a figure of matplotlib, not {type(figure).__name__}")
    assert owner is not None
    out = io.StringIO()
    owner.savefig(out, format="svg")
    return out.getvalue()


def size_of(svg: str) -> dict[str, float]:
    """Pixels for a pane in which the drawing has room, by the size it says it has."""
    root = _ROOT.search(svg)
    points = dict(_POINTS.findall(root[0])) if root else {}
    room = {"height": 1.4, "width": 1.35}
    return {side: room[side] * math.ceil(float(points[side])) for side in room if side in points}


def resizable(svg: str) -> str:
    """The drawing without a size of its own: it fills its pane."""
    return _ROOT.sub(lambda root: _SIZE.sub("", root[0]), svg, count=1)
