"""Numbered batches: commands packed once, as they will lie on the wire, in memory and in the spool."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import msgpack

from panewall.arrays import is_numeric, portable, typed
from panewall.later import Later

COMMANDS_AT_ONCE = 500
FILE_BYTES = 512 * 1024  # files from this size on go by upload
File = tuple  # (SHA-256, bytes, content type or "")
_local = threading.local()
_ENVELOPE = 64  # bytes round the commands of a frame, generously


def _default(value: Any) -> Any:
    return typed(value) if is_numeric(value) and value.ndim else portable(value)


def pack(value: Any) -> bytes:
    """MessagePack, with numeric arrays as typed bytes."""
    packer: Any = getattr(_local, "packer", None)
    if packer is None:  # making one costs more than packing a small command
        packer = _local.packer = msgpack.Packer(default=_default)
    try:
        return packer.pack(value)
    except BaseException:
        _local.packer = None  # what it has packed of the value is still in it
        raise


def pack_command(command: dict[str, Any]) -> tuple[bytes, File | None]:
    """A command's bytes, and the file it shows if that is too large to lie among them."""
    image = command.get("image")
    if isinstance(image, Later):
        image = bytes(image)
        command = {**command, "image": image}
    if command["do"] != "sample.put" or not isinstance(image, bytes) or len(image) <= FILE_BYTES:
        return pack(command), None
    digest = hashlib.sha256(image).hexdigest()
    command = {key: value for key, value in command.items() if key != "image"}
    return pack({**command, "asset": digest}), (digest, image, command.get("type") or "")


def unpack(data: bytes) -> Any:
    return msgpack.unpackb(data, strict_map_key=False)


class Batch:
    """Commands that are committed together under one number.

    ``body`` is the packed list of commands. ``files`` are those too large for a frame: (SHA-256, bytes, content type or ""), to
    be uploaded before the batch.
    """

    __slots__ = ("body", "count", "files", "number", "spooled", "uploaded")

    def __init__(
        self,
        number: int,
        body: bytes,
        count: int,
        files: tuple[File, ...] = (),
        *,
        spooled: bool = False,
    ) -> None:
        self.number = number
        self.body = body
        self.count = count
        self.files = files
        self.spooled = spooled
        self.uploaded = False

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(file[1]) for file in self.files)

    def frame(self) -> bytes:
        """The websocket message of this batch."""
        return b"".join((b"\x83\xa1t\xa5batch\xa1n\xcf", self.number.to_bytes(8, "big"), b"\xa1c", self.body))

    def post(self, session: str) -> bytes:
        """The body of this batch for POST /api/v1/ingest."""
        return b"\x83\xa7session" + pack(session) + b"\xa1n" + pack(self.number) + b"\xa1c" + self.body

    def leave_out(self, digest: str) -> list[dict[str, Any]]:
        """Take out the commands that show this file, which the server did not take. Returns them."""
        kept: list[dict[str, Any]] = []
        gone: list[dict[str, Any]] = []
        for command in self.commands():
            (gone if command.get("asset") == digest else kept).append(command)
        self.body = join([pack(command) for command in kept]) if kept else nothing()
        self.count = len(kept)
        return gone

    def commands(self) -> list[dict[str, Any]]:
        return list(unpack(self.body))


def join(packed: list[bytes]) -> bytes:
    """The packed list of commands that are packed one by one."""
    return b"".join([b"\xdd", len(packed).to_bytes(4, "big"), *packed])


Packed = tuple  # (bytes of one command, File or None)


def groups(packed: Iterable[Packed], *, frame_bytes: int) -> Iterator[list[Packed]]:
    """Packed commands in runs that each fit a frame; one that does not fit by itself stands alone."""
    room = frame_bytes - _ENVELOPE
    group: list[Packed] = []
    filled = 0
    for command in packed:
        size = len(command[0])
        if group and (filled + size > room or len(group) >= COMMANDS_AT_ONCE):
            yield group
            group, filled = [], 0
        group.append(command)
        filled += size
    if group:
        yield group


def nothing() -> bytes:
    """A body that stores nothing, in place of one that the server cannot read: so its number is used up."""
    return pack([{"do": "nothing", "env": "-"}])


def window_of(command: dict[str, Any]) -> str | None:
    """The window a command is about, the first one if it is about several."""
    series = command.get("series")
    return command.get("win") or (next(iter(series), None) if isinstance(series, dict) else None)


def name_of(command: dict[str, Any]) -> str:
    window = window_of(command)
    return f"{command.get('do')} of {f'window {window!r} in ' if window else ''}env {command.get('env')!r}"


def files_of(commands: list[dict[str, Any]]) -> str:
    """What a warning calls a file that these commands show."""
    if not commands:
        return "A file"
    more = len(commands) - 1
    return f"A file for {name_of(commands[0])}{f' and {more} more' if more else ''}"
