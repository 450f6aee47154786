"""The border of the write path: what a command may look like.

``decode`` turns one raw map into a Command whose values can be trusted from there on, or raises a DomainError that
names the field and the reason. Every kind of command is registered with how to decode it and how to apply it, so that
other apps can bring their own.
"""

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from apps.errors import DomainError, Invalid, TooLarge

from . import figures
from .bounds import limits
from .series.columns import Column, Columns

DTYPES = {"f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"}
SERIES_TYPES = {"scatter", "scattergl", "scatter3d"}
AXES = {"x", "y", "z"}
#: Attributes that hold one value per point and move with the points.
POINT_ATTRIBUTES = ("text", "hovertext", "customdata", "ids", "marker.color", "marker.size", "marker.symbol")
#: Kinds whose windows hold one map of plain data, see apps.windows.content.
CONTENT_KINDS = ("properties", "network", "embeddings")
#: Kinds whose windows hold files, one at each (step, index).
FILE_KINDS = ("image", "audio", "video", "histogram", "table", "document")
KINDS = {"plot", "text", "metric", *CONTENT_KINDS, *FILE_KINDS}


@dataclass(slots=True)
class Command:
    """One write. ``env`` is the name as given; ``args`` hold what the handler of ``do`` needs."""

    do: str
    env: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TraceInput:
    """A trace as a client describes it: attributes, and its points where they form a series."""

    name: str
    attrs: dict[str, Any]
    points: Columns | None
    dates: bool = False


@dataclass(slots=True)
class Look:
    """A layout, or a change to one: as it is stored, and as it was sent."""

    layout: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    #: Paths of the titles that came as strings, see figures.
    titles: list[str] = field(default_factory=list)


Decoder = Callable[["Fields"], dict[str, Any]]
_kinds: dict[str, tuple[Decoder, Callable[..., None]]] = {}


def register(do: str, *, decode: Decoder, apply: Callable[..., None]) -> None:
    """Add a kind of command. ``apply(tx, env, **args)`` checks first and writes after."""
    _kinds[do] = (decode, apply)


def handler(do: str) -> Callable[..., None]:
    return _kinds[do][1]


def decode(raw: Any) -> Command:
    """One raw map as it came over a wire → Command.

    Raises:
        DomainError: naming the field and what is allowed.
    """
    if not isinstance(raw, dict):
        raise Invalid("A command is a map.", fields={"": [f"This is {_kind_of(raw)}."]})
    fields = Fields(raw)
    do = fields.text("do", limit=40)
    if do not in _kinds:
        raise Invalid(
            f"There is no command {do!r}.",
            code="unknown_command",
            fields={"do": [f"One of {', '.join(sorted(_kinds))}."]},
        )
    env = fields.text("env", limit=2 * fields.limits.key_chars + 1)
    args = _kinds[do][0](fields)
    fields.done()
    return Command(do, env, args)


class Fields:
    """Takes a command apart, field by field; every refusal names the field."""

    def __init__(self, raw: dict) -> None:
        self.raw = raw
        self.seen: set[str] = set()
        self.limits = limits()

    def refuse(self, name: str, reason: str, kind: type[DomainError] = Invalid) -> DomainError:
        return kind(f"{name}: {reason}", fields={name: [reason]})

    def get(self, name: str, default: Any = None) -> Any:
        self.seen.add(name)
        return self.raw.get(name, default)

    def done(self) -> None:
        unknown = [str(name) for name in self.raw if name not in self.seen]
        if unknown:
            raise Invalid(
                f"Unknown field {unknown[0]!r}.",
                fields={name[:100]: ["There is no such field."] for name in unknown[:10]},
            )

    def text(self, name: str, *, limit: int, default: str | None = None) -> str:
        value = self.get(name, default)
        if not isinstance(value, str):
            reason = "This field is needed." if value is None else f"Must be a text, not {_kind_of(value)}."
            raise self.refuse(name, reason)
        if len(value) > limit:
            raise self.refuse(name, f"{len(value):,} characters; at most {limit:,} are allowed.", TooLarge)
        return check_text(value, name)

    def key(self, name: str) -> str:
        return self.text(name, limit=self.limits.key_chars)

    def title(self) -> str | None:
        return None if self.get("title") is None else self.text("title", limit=self.limits.title_chars)

    def map(self, name: str) -> dict[str, Any]:
        """A map of plain values and typed arrays, safe to keep; {} when absent."""
        value = self.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.refuse(name, f"Must be a map, not {_kind_of(value)}.")
        return self.clean(value, name)

    def layout(self, name: str = "layout") -> Look:
        """Plotly's layout, upgraded to what is drawn."""
        given, titles = self.map(name), list[str]()
        if not given:
            return Look()
        upgraded, limit = figures.upgrade_layout(given, titles), self.limits.title_chars
        for path, text in figures.titles_in(upgraded):
            if len(text) > limit:
                reason = f"{len(text):,} characters; at most {limit:,} are allowed."
                raise self.refuse(f"{name}.{path}", reason, TooLarge)
        return Look(upgraded, given, titles)

    def plain(self, name: str) -> Any:
        """Plain data as JSON has it: no typed arrays, and null for what is no finite number. None when absent."""
        return plain(self.clean(self.get(name), name, packs=False))

    def flag(self, name: str) -> bool:
        value = self.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(name, f"Must be true or false, not {_kind_of(value)}.")
        return value

    def integer(self, name: str, *, default: int | None = None, low: int = 0, high: int = 2**53) -> int:
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            said = repr(value) if isinstance(value, float) else _kind_of(value)
            reason = "This field is needed." if value is None else f"Must be a whole number, not {said}."
            raise self.refuse(name, reason)
        if not low <= value <= high:
            raise self.refuse(name, f"Must lie between {low} and {high}.")
        return value

    def texts(self, name: str, *, limit: int = 200, most: int = 100) -> list[str]:
        value = self.get(name, [])
        if not isinstance(value, list | tuple) or len(value) > most:
            raise self.refuse(name, f"Must be a list of at most {most} texts.")
        return [Fields({name: v}).text(name, limit=limit) for v in value]

    def which_trace(self) -> tuple[str | None, int | None]:
        """(name, None) or (None, index)."""
        if self.get("trace") is not None:
            self.get("index")
            return self.key("trace"), None
        return None, self.integer("index", default=0, high=self.limits.window_traces - 1)

    def check_type(self, trace: dict, name: str) -> None:
        """What sort of trace it is, where that is said, is said by a word."""
        kind = trace.get("type")
        if kind is not None and not isinstance(kind, str):
            raise self.refuse(f"{name}.type", f"Must be a text, not {_kind_of(kind)}.")

    def numbers(self, name: str, value: Any) -> np.ndarray:
        """A flat array of numbers, gaps as NaN. Returns float64, shape (n,)."""
        array, dates = self.series(name, value)
        if dates:
            raise self.refuse(name, "Must hold numbers, not dates.")
        return array

    def series(self, name: str, value: Any) -> tuple[np.ndarray, bool]:
        """Numbers, or dates as milliseconds since 1970 (then the second value is True)."""
        if isinstance(value, dict) and "bdata" in value:
            array = self.typed(name, value)
            if array.ndim != 1:
                raise self.refuse(name, f"Must be flat; its shape is {list(array.shape)}.")
            return self._few(name, array.astype("<f8", copy=False)), False
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = [value]
        if not isinstance(value, list | tuple):
            raise self.refuse(name, f"Must be an array of numbers, not {_kind_of(value)}.")
        self._few(name, value)
        types = set(map(type, value))
        if types <= {float, int, type(None)}:
            try:
                return np.array(value, dtype="<f8"), False
            except (OverflowError, ValueError) as error:
                raise self.refuse(name, "A number is too large.") from error
        if str in types and types <= {str, type(None)}:
            return _dates(self, name, value), True
        at = next(i for i, v in enumerate(value) if type(v) not in (float, int, type(None)))
        raise self.refuse(name, f"Item {at} is {_kind_of(value[at])}, not a number.")

    def _few(self, name: str, value: Any) -> Any:
        if len(value) > self.limits.points:
            raise self.refuse(
                name,
                f"{len(value):,} points in one command; at most {self.limits.points:,} are allowed.",
                TooLarge,
            )
        return value

    def typed(self, name: str, value: dict) -> np.ndarray:
        """A typed array map → array of its shape, own dtype."""
        dtype, data, shape = value.get("dtype"), value.get("bdata"), value.get("shape")
        if not isinstance(dtype, str) or dtype.lstrip("<|") not in DTYPES:
            raise self.refuse(name, f"dtype must be one of {', '.join(sorted(DTYPES))}.")
        kind = np.dtype("<" + dtype.lstrip("<|"))
        if isinstance(data, str):
            try:
                data = base64.b64decode(data, validate=True)
            except ValueError as error:
                raise self.refuse(name, "bdata is not base64.") from error
        if not isinstance(data, bytes) or len(data) % kind.itemsize:
            raise self.refuse(name, f"bdata must be bytes, a multiple of {kind.itemsize} of them.")
        array = np.frombuffer(data, dtype=kind)
        if shape is None:
            return array
        try:
            sizes = [int(s) for s in (shape.split(",") if isinstance(shape, str) else shape)]
            if min(sizes) < 0:
                raise ValueError
            return array.reshape(sizes)
        except (ValueError, TypeError) as error:
            raise self.refuse(name, f"shape does not fit {len(array)} numbers.") from error

    def clean(self, value: Any, name: str, depth: int = 0, *, packs: bool = True) -> Any:
        """Nested plain data as it may be stored: text keys, no foreign types, bounded depth; big tables become arrays
        if it ``packs``."""
        if depth > self.limits.depth:
            raise self.refuse(name, f"Nested more than {self.limits.depth} deep.")
        if isinstance(value, str):
            return check_text(value, name)
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if abs(value) < 2**63 else float(value)
        if isinstance(value, dict):
            if "bdata" in value and "dtype" in value:
                return pack_array(self.typed(name, value))
            out = {}
            for key, item in value.items():
                if not isinstance(key, str):
                    raise self.refuse(name, f"A key is {_kind_of(key)}, not a text.")
                out[check_text(key, name)] = self.clean(item, f"{name}.{key}"[:200], depth + 1, packs=packs)
            return out
        if isinstance(value, list | tuple):
            if not packs:
                return [self.clean(v, name, depth + 1, packs=False) for v in value]
            return self._clean_list(value, name, depth)
        raise self.refuse(name, f"{_kind_of(value)} cannot be stored.")

    def _clean_list(self, value: list | tuple, name: str, depth: int) -> Any:
        types = set(map(type, value))
        if types <= {float, int, type(None)}:
            if len(value) > 64:
                return pack_array(
                    self.numbers(name, value) if len(value) <= self.limits.points else self._few(name, value)
                )
            return [self.clean(v, name, depth) for v in value]
        if len(value) >= 8 and types <= {list, tuple} and len({len(row) for row in value}) == 1:
            inner = {type(v) for row in value for v in row}
            if inner and inner <= {float, int, type(None)}:
                try:
                    return pack_array(np.array(value, dtype="<f8"))
                except OverflowError as error:
                    raise self.refuse(name, "A number is too large.") from error
        return [self.clean(v, name, depth + 1) for v in value]


def pack_array(array: np.ndarray) -> dict[str, Any]:
    """An array as the typed map of the wire."""
    packed: dict[str, Any] = {"dtype": array.dtype.str.lstrip("<|"), "bdata": array.tobytes()}
    if array.ndim > 1:
        packed["shape"] = list(array.shape)
    return packed


def unpack_array(packed: dict[str, Any]) -> np.ndarray:
    """The typed map of the wire as an array of its shape."""
    array = np.frombuffer(packed["bdata"], dtype=np.dtype("<" + packed["dtype"]))
    return array.reshape(packed["shape"]) if "shape" in packed else array


def plain(value: Any) -> Any:
    """What JSON can hold: typed arrays as lists, NaN and infinities as null."""
    if isinstance(value, dict):
        if "bdata" in value and "dtype" in value:
            return plain_list(unpack_array(value))
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def plain_list(array: np.ndarray) -> list:
    """An array as nested lists, null for what is no finite number."""
    if array.dtype.kind != "f":
        return array.tolist()
    finite = np.isfinite(array)
    if finite.all():
        return array.tolist()
    holed = array.astype(object)
    holed[~finite] = None
    return holed.tolist()


def check_text(value: str, name: str) -> str:
    """Refuse what databases and browsers cannot hold: NUL and lone surrogates."""
    if "\x00" in value:
        raise Invalid(f"{name}: holds a NUL character.", fields={name: ["Must not hold a NUL character."]})
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            f"{name}: is no valid Unicode.", fields={name: ["Holds half of a surrogate pair."]}
        ) from error
    return value


def decode_trace(fields: Fields, raw: Any, name: str) -> TraceInput:
    """A Plotly trace → its attributes and, for lines and points in numbers, its series."""
    if not isinstance(raw, dict):
        raise fields.refuse(name, f"Must be a map, not {_kind_of(raw)}.")
    fields.check_type(raw, name)
    raw = figures.upgrade_trace(raw)
    label = raw.get("name")
    label = "" if label is None else str(label)[: fields.limits.key_chars]
    check_text(label, name)
    kind = raw.get("type", "scatter")
    points, dates = None, False
    if kind in SERIES_TYPES:
        for axis in sorted(AXES & raw.keys()):
            if isinstance(raw[axis], str | int | float):  # a bool is an int
                raise fields.refuse(f"{name}.{axis}", f"Must be a list of values, not {_kind_of(raw[axis])}.")
    if kind in SERIES_TYPES and _is_series(raw, kind):
        points, dates = _take_points(fields, raw, name, "z" if kind == "scatter3d" else None)
    return TraceInput(label, fields.clean(raw, name), points, dates)


def decode_points(fields: Fields, raw: dict, *, next_x: bool = True) -> tuple[Columns, bool]:
    """x, y, z and further columns of an append; equal lengths. Without x it is counted on later (absent)."""
    y = fields.numbers("y", raw.get("y"))
    columns: Columns = {}
    dates = False
    if raw.get("x") is not None:
        columns["x"], dates = fields.series("x", raw["x"])
    columns["y"] = y
    if raw.get("z") is not None:
        columns["z"] = fields.numbers("z", raw["z"])
    extra = raw.get("columns") or {}
    if not isinstance(extra, dict):
        raise fields.refuse("columns", f"Must be a map, not {_kind_of(extra)}.")
    for name, value in extra.items():
        if name not in POINT_ATTRIBUTES:
            raise fields.refuse("columns", f"{name!r:.50} is not one of {', '.join(POINT_ATTRIBUTES)}.")
        columns[name] = _point_column(fields, f"columns.{name}", value)
    for name, column in columns.items():
        if len(column) != len(y):
            raise fields.refuse(name, f"{len(column):,} values came with {len(y):,} of y.")
    return columns, dates


def _is_series(raw: dict, kind: str) -> bool:
    y, x = raw.get("y"), raw.get("x")
    if not _is_numeric(y) or "x0" in raw or "dx" in raw or "xsrc" in raw:
        return False
    if kind == "scatter3d" and (not _is_numeric(raw.get("z")) or x is None):
        return False
    return x is None or _is_numeric(x) or _is_dates(x)


def _is_numeric(value: Any) -> bool:
    if isinstance(value, dict):
        shape = value.get("shape")
        return "bdata" in value and (shape is None or len(str(shape).split(",")) == 1)
    return isinstance(value, list | tuple) and set(map(type, value)) <= {float, int, type(None)}


def _is_dates(value: Any) -> bool:
    if not isinstance(value, list | tuple) or not value or set(map(type, value)) != {str}:
        return False
    try:
        return bool(_date_ms(value[0])) or True
    except ValueError:
        return False


def _take_points(fields: Fields, raw: dict, name: str, z: str | None) -> tuple[Columns, bool]:
    y = fields.numbers(f"{name}.y", raw.pop("y"))
    x, dates = raw.pop("x", None), False
    columns: Columns = {}
    if x is None:
        columns["x"] = np.arange(len(y), dtype="<f8")
    else:
        columns["x"], dates = fields.series(f"{name}.x", x)
    columns["y"] = y
    if z:
        columns["z"] = fields.numbers(f"{name}.z", raw.pop("z"))
    n = min(len(column) for column in columns.values())
    if max(len(column) for column in columns.values()) != n:
        # Plotly draws as many points as the shortest of them has.
        columns = {key: column[:n] for key, column in columns.items()}
    for attribute in POINT_ATTRIBUTES:
        holder, _, leaf = attribute.rpartition(".")
        owner = raw.get(holder) if holder else raw
        if not isinstance(owner, dict) or leaf not in owner or n < 2:
            continue
        value = owner[leaf]
        length = len(_maybe_array(fields, name, value)) if _is_numeric(value) else _list_length(value)
        if length == n:
            if holder:
                raw[holder] = owner = dict(owner)
            columns[attribute] = _point_column(fields, f"{name}.{attribute}", owner.pop(leaf))
    return columns, dates


def _maybe_array(fields: Fields, name: str, value: Any) -> Any:
    return fields.typed(name, value) if isinstance(value, dict) else value


def _list_length(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple) else -1


def _point_column(fields: Fields, name: str, value: Any) -> Column:
    if _is_numeric(value):
        return fields.numbers(name, value)
    if not isinstance(value, list | tuple):
        raise fields.refuse(name, f"Must be an array, not {_kind_of(value)}.")
    return [fields.clean(v, name, 1) for v in fields._few(name, value)]


def _dates(fields: Fields, name: str, value: list | tuple) -> np.ndarray:
    out = np.empty(len(value))
    for i, text in enumerate(value):
        try:
            out[i] = math.nan if text is None else _date_ms(text)
        except ValueError as error:
            raise fields.refuse(name, f"Item {i}, {text[:50]!r}, is neither a number nor a date.") from error
    return out


def _date_ms(text: str) -> float:
    """ISO 8601 with at least a month, as Plotly reads it. A date without a zone is taken as it stands (UTC)."""
    if len(text) < 7 or text[4] != "-":
        raise ValueError(text)
    when = datetime.fromisoformat(text if len(text) > 7 else text + "-01")
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000


def _kind_of(value: Any) -> str:
    names = {
        dict: "a map",
        list: "a list",
        str: "a text",
        bytes: "bytes",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
