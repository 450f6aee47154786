"""Bodies on the wire: strict JSON in; JSON or MessagePack out, with arrays of numbers as the protocol wants them."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

import msgpack
import numpy as np
import orjson
from django.conf import settings
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.errors import Invalid, TooLarge

INTEGER_DIGITS = 19  # 2^63 has as many: what databases and MessagePack can hold


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it, and nothing a database or another reader would choke on.

    Refused with 400: NaN and infinities, integers beyond 64 bits, NUL characters, half surrogate pairs, and
    nesting beyond ``limits.depth``. Refused with 413 before it is read: a body over ``limits.form_bytes``.
    """

    media_type = "application/json"
    limit_name = "form_bytes"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = getattr(settings.PANEWALL.limits, self.limit_name)
        announced = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes (limits.{self.limit_name}).")
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes (limits.{self.limit_name}).")
        try:
            value = json.loads(raw.decode(), parse_constant=_refuse_constant, parse_int=_bounded_integer)
            check_tree(value, depth=settings.PANEWALL.limits.depth)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:  # also JSONDecodeError and UnicodeDecodeError
            raise ParseError(f"The body is not usable JSON: {error}.") from None
        return value


class LargeJSONParser(StrictJSONParser):
    """For addresses that take whole windows, with their files."""

    limit_name = "object_bytes"


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON; write null")


def _bounded_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > INTEGER_DIGITS or not -(2**63) <= (value := int(digits)) < 2**63:
        raise ValueError("an integer is beyond 64 bits")
    return value


def check_tree(value: object, *, depth: int) -> None:
    """Raise ValueError for what JSON can write and a database cannot keep."""
    match value:
        case str():
            check_text(value)
        case float() if not math.isfinite(value):
            raise ValueError("a number is too large")
        case dict() | list() if depth == 0:
            raise ValueError("maps and lists are nested too deeply")
        case dict():
            for key, item in value.items():
                check_text(key)
                check_tree(item, depth=depth - 1)
        case list():
            for item in value:
                check_tree(item, depth=depth - 1)


def check_text(text: str) -> None:
    if "\x00" in text:
        raise ValueError("a text contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text contains half of a surrogate pair") from None


class JSONRenderer(BaseRenderer):
    """Compact JSON. Arrays of numbers become lists in which NaN and infinities are ``null``."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        return to_json(data)


def to_json(data: object) -> bytes:
    return orjson.dumps(
        data, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    )


def _plain(value: object) -> object:
    """What orjson does not know: lazy texts, dicts and lists of DRF, arrays it does not take as they lie."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fc":
            return value.astype("<f8", order="C")
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    return str(value)


class MessagePackRenderer(BaseRenderer):
    """MessagePack, with arrays of numbers as ``{"dtype", "bdata"}``: little-endian bytes that keep NaN and infinities."""

    media_type = "application/msgpack"
    format = "msgpack"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {})["response"]
        if response.exception:
            return as_json_error(data, response)
        return b"" if data is None else to_msgpack(data)


def as_json_error(data: Any, response: Response) -> bytes:
    """Refusals are JSON whatever was asked for: the caller may be no reader of the other form at all."""
    response["Content-Type"] = JSONRenderer.media_type
    return to_json(data)


def to_msgpack(data: object) -> bytes:
    return msgpack.packb(data, default=_packable)


def _packable(value: object) -> object:
    if isinstance(value, np.ndarray):
        return typed_array(value)
    return _plain(value)


def typed_array(array: np.ndarray) -> dict[str, object] | list:
    """An array as the protocol writes it; what is not plain numbers stays a list."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        array, kind, size = array.astype("u1"), "u", 1
    if kind not in "fiu" or (kind == "f" and size not in (4, 8)):
        return array.tolist()
    flat = np.ascontiguousarray(array, dtype=f"<{kind}{size}")
    typed: dict[str, object] = {"dtype": f"{kind}{size}", "bdata": flat.tobytes()}
    if array.ndim > 1:
        typed["shape"] = list(array.shape)
    return typed


class Negotiation(DefaultContentNegotiation):
    """``?format=`` (where an address documents it) wins over ``Accept``, whose quality values count as RFC 9110 has it."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        by_format = {renderer.format: renderer for renderer in renderers}
        asked = request.query_params.get("format")
        if asked is not None and len(by_format) > 1:
            if asked not in by_format:
                reason = f"One of {', '.join(by_format)}."
                raise Invalid(
                    f"There is no format {asked[:40]!r} here. {reason}", fields={"format": [reason]}
                )
            return by_format[asked], by_format[asked].media_type
        by_type = {renderer.media_type: renderer for renderer in renderers}
        preferred = request._request.get_preferred_type(list(by_type))
        if preferred is None:
            raise NotAcceptable(f"None of the accepted types can be had here. Known: {', '.join(by_type)}.")
        return by_type[preferred], preferred
