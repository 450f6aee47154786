"""SVG pictures: read as XML and measured, never drawn here.

An SVG may hold scripts and links. It stays as it was sent, since nothing of it ever runs: pages show it through ``<img>``,
where browsers run no script and fetch nothing, and its own address answers with a policy that shuts it in a sandbox.
"""

import re
from xml.parsers import expat

from apps.errors import Invalid

SVG = "image/svg+xml"
NAMESPACE = "http://www.w3.org/2000/svg"
#: What shows a picture from somewhere, and how it says from where.
SHOWING = {f"{NAMESPACE} image", f"{NAMESPACE} feImage"}
NAMING = ("href", "http://www.w3.org/1999/xlink href")
#: How deep elements may lie in each other: browsers walk them recursively.
DEEPEST = 500
#: What browsers take where an SVG does not say its size.
USUAL_WIDTH, USUAL_HEIGHT = 300, 150

HEAD = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE\s+svg|(?:[A-Za-z_][\w.-]*:)?svg[\s>/])", re.IGNORECASE
)
ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]")
LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|q)?\s*\Z", re.IGNORECASE)
#: CSS pixels in a unit.
UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "q": 96 / 101.6,
}
MOST_PX = 1_000_000


def looks_like(data: bytes) -> bool:
    return HEAD.match(data[:4096]) is not None and ROOT.search(data[:65536]) is not None


def measure(data: bytes) -> tuple[int, int]:
    """(width, height) in CSS pixels.

    Raises:
        Invalid: it is no SVG that a browser would draw.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _refuse(f"The SVG breaks off or is no XML (line {error.lineno}).") from error
    return reader.size()


class _Reader:
    """Looks at the root's attributes, and through all the rest for what no browser should be given."""

    def __init__(self) -> None:
        self.root: dict[str, str] | None = None
        self.depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.root is None:
            if name != f"{NAMESPACE} svg":
                raise _refuse(f"An SVG begins with <svg xmlns={NAMESPACE!r}>.")
            self.root = attributes
        if name in SHOWING:
            for named in filter(None, (attributes.get(naming, "").strip() for naming in NAMING)):
                if not named.startswith("#") and named[:5].lower() != "data:":
                    raise _refuse(
                        f"It shows a picture from elsewhere, {named!r:.80}, which no page fetches; put it in as a data: URI."
                    )
        self.depth += 1
        if self.depth > DEEPEST:
            raise _refuse(f"Its elements lie more than {DEEPEST} deep in each other.")

    def _end(self, name: str) -> None:
        self.depth -= 1

    def _entity(self, *_: object) -> None:
        raise _refuse("It declares entities, which can grow without bound.")

    def size(self) -> tuple[int, int]:
        root = self.root or {}
        width, height = _pixels(root.get("width")), _pixels(root.get("height"))
        box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
        try:
            across, down = (float(box[2]), float(box[3])) if len(box) == 4 else (-1.0, -1.0)
        except ValueError:
            across = down = -1.0  # as good as none
        if 0.0 in (width, height, across, down):
            raise _refuse("The image has no pixels.")
        if across > 0 and down > 0:
            if width and not height:
                height = width * down / across
            elif height and not width:
                width = height * across / down
            elif not width:
                width, height = across, down
        return _whole(width or USUAL_WIDTH), _whole(height or USUAL_HEIGHT)


def _pixels(length: str | None) -> float | None:
    """A length of CSS in pixels; None: it depends on where the picture is shown."""
    found = LENGTH.match(length or "")
    return float(found[1]) * UNITS[(found[2] or "").lower()] if found else None


def _whole(pixels: float) -> int:
    return max(1, min(MOST_PX, round(pixels)))


def _refuse(why: str) -> Invalid:
    return Invalid(why, code="no_image", fields={"image": [why]})
