"""Media files on their way to a window: bytes that visdom's messages show as data URIs."""

from __future__ import annotations

import base64
import binascii
import stat
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from panewall.errors import BadArgument
from panewall.media import MEDIA_BYTES
from panewall.options import demand


class File:
    """A file in a message. As text, which only those need who read or log messages, it is a data URI."""

    __slots__ = ("content_type", "data")

    def __init__(self, data: bytes, content_type: str) -> None:
        self.data = data
        self.content_type = content_type

    @property
    def uri(self) -> str:
        return f"data:{self.content_type};base64,{base64.b64encode(self.data).decode('ascii')}"

    def __str__(self) -> str:
        return self.uri


class Player(File):
    """A sound or a film. As text it is the HTML that plays it, which is what visdom would show.

    Args:
        tag: ``audio`` or ``video``.
        attributes: further ones of that tag: ``loop``, ``autoplay``.
    """

    __slots__ = ("attributes", "tag")

    def __init__(self, data: bytes, content_type: str, *, tag: str, attributes: tuple[str, ...] = ()) -> None:
        super().__init__(data, content_type)
        self.tag = tag
        self.attributes = attributes

    def __str__(self) -> str:
        start = " ".join([f"<{self.tag}", "controls", *self.attributes])
        kind = escape(self.content_type)
        return (
            f'{start}><source type="{kind}" src="{self.uri}">This browser plays no {self.tag}.</{self.tag}>'
        )


def file_bytes(source: object) -> bytes:
    """The bytes of a file, or of the data URI of one.

    Raises:
        BadArgument: it is neither.
    """
    if isinstance(source, File):
        return source.data
    if isinstance(source, bytes):
        return source
    text = str(source or "")
    head, comma, body = text.partition(",")
    if not comma or not head.startswith("data:"):
        raise BadArgument("the source of an image must be a data URI")
    try:
        return base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
    except (ValueError, binascii.Error) as error:
        raise BadArgument(f"the source of an image is damaged: {error}") from error


def read_path(path: Path, most: int) -> bytes:
    """The bytes of a file on disk, at most ``most`` of them. Devices and pipes are not opened: they may never end, and the
    program that logs them would wait for ever.

    Raises:
        BadArgument: it cannot be read, is no file, or too large.
    """
    try:
        found = path.stat()
        what = _odd(found.st_mode)
        if what:
            raise OSError(f"it is {what}")
        with path.open("rb") as file:
            data = file.read(most + 1) if found.st_size <= most else None
    except (OSError, ValueError) as error:  # the latter is that of a path with a NUL in it
        raise BadArgument(f"{path!s:.1000} cannot be read: {error}") from error
    if data is None or len(data) > most:
        raise BadArgument(f"{path} is larger than {most // 2**20} MB")
    return data


def _odd(mode: int) -> str:
    """What lies at a path, where that is no file to be read."""
    if stat.S_ISREG(mode):
        return ""
    return "a folder" if stat.S_ISDIR(mode) else "a device or a pipe, which may never end"


def read_file(path: Any, types: Mapping[str, str], what: str) -> tuple[bytes, str]:
    """The bytes of a media file and its type, told by how its name ends.

    Raises:
        BadArgument: it cannot be read, or is none of ``types``.
    """
    path = Path(path)
    ending = path.suffix[1:].lower()
    demand(ending in types, f"{what} files end in {', '.join(types)}, not {ending!r}")
    return read_path(path, MEDIA_BYTES), types[ending]
