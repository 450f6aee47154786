"""Batches that wait on disk until the server is back.

Layout: ``<state folder>/spool/<server>/<session>/`` holds ``session.json``, ``lock`` and segments ``000001.spool`` …, each a magic line
followed by records: length (u32), CRC-32 (u32), payload. The payload is MessagePack: ``[number, count, body, [[sha256, bytes, content type], …]]``.
Segments are only ever appended to. A record whose end is missing or whose checksum is wrong ends its segment: what a crash cut off
was never promised to be there.

A session keeps its id and its numbers on disk, so whoever drains it (this process, or the next one) sends each batch exactly
once. The process that owns a session holds the lock; a session whose lock is free was left behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgpack

from panewall.batch import Batch, File, pack

MAGIC = b"panewall spool 1\n"
SEGMENT_BYTES = 32 * 2**20
_HEAD = struct.Struct("<II")
_RECORD_BYTES = 2**30  # no record is larger; a greater length is damage
_own: set[Path] = set()  # folders of this process: record locks do not keep a process from itself


def state_folder() -> Path:
    """Where this user's waiting data lies: PANEWALL_STATE_DIR, else the platform's place for it."""
    named = os.environ.get("PANEWALL_STATE_DIR")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "panewall"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "panewall"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "panewall"


def server_folder(url: str) -> Path:
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", url.partition("://")[2])[:60]
    return state_folder() / "spool" / f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def write_record(stream: IO[bytes], batch: Batch) -> int:
    payload = pack([batch.number, batch.count, batch.body, [list(file) for file in batch.files]])
    stream.write(_HEAD.pack(len(payload), zlib.crc32(payload)) + payload)
    return _HEAD.size + len(payload)


def read_records(stream: IO[bytes]) -> Iterator[tuple[Batch, int]]:
    """The whole records of a segment, each with the position after it. Stops at the first damaged one."""
    if stream.read(len(MAGIC)) != MAGIC:
        return
    position = len(MAGIC)
    while True:
        head = stream.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        length, checksum = _HEAD.unpack(head)
        payload = stream.read(length) if length <= _RECORD_BYTES else b""
        if len(payload) < length or length > _RECORD_BYTES or zlib.crc32(payload) != checksum:
            return
        try:
            number, count, body, files = msgpack.unpackb(payload)
            batch = Batch(number, body, count, _files(files), spooled=True)
        except (ValueError, TypeError):
            return
        position += _HEAD.size + length
        yield batch, position


class Spool:
    """The waiting batches of one session. Used by one thread at a time."""

    def __init__(self, folder: Path, *, session: str, limit_bytes: int) -> None:
        self.folder = folder / session
        self.session = session
        self.limit_bytes = limit_bytes
        self.size = 0
        self._lock: IO[Any] | None = None
        self._writer: IO[bytes] | None = None
        self._segments: list[tuple[Path, int]] = []  # finished or open segments, with the last number in each
        self._reader: Iterator[tuple[Batch, int]] | None = None
        self._reading: IO[bytes] | None = None
        self._read_segments = 0
        self.unread = 0

    @property
    def is_empty(self) -> bool:
        """Is there nothing on disk that was not yet read back?"""
        return self.unread == 0

    def append(self, batch: Batch) -> bool:
        """Write a batch at the end. False: the spool is full, the batch is not in it.

        Raises:
            OSError: the folder cannot be written.
        """
        if self.size + batch.size > self.limit_bytes:
            return False
        self._write(batch)
        self.unread += 1
        return True

    def keep(self, batches: list[Batch]) -> None:
        """Write batches for the process that comes after this one. They are not read back by this one.

        Raises:
            OSError: the folder cannot be written.
        """
        for batch in batches:
            self._write(batch)
        self.sync()

    def _write(self, batch: Batch) -> None:
        if self._writer is None:
            self._open_segment()
        writer = self._writer
        assert writer is not None
        try:
            self.size += write_record(writer, batch)
            writer.flush()
        except OSError:
            self._give_up_segment(writer)
            raise
        path, last = self._segments[-1]
        self._segments[-1] = (path, max(last, batch.number))
        if writer.tell() > SEGMENT_BYTES:
            writer.close()
            self._writer = None

    def _give_up_segment(self, writer: IO[bytes]) -> None:
        """A record may be cut off: what comes next goes to a segment of its own, where it is found."""
        self._writer = None
        try:
            writer.close()
        except OSError:
            pass

    def _open_segment(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._lock is None:
            self._lock = hold_lock(self.folder)
            _own.add(self.folder)
            (self.folder / "session.json").write_text(json.dumps({"session": self.session}), encoding="utf-8")
        taken = [int(path.stem) for path in self.folder.glob("*.spool")]
        path = self.folder / f"{max(taken, default=0) + 1:06d}.spool"
        self._writer = open(path, "xb")  # noqa: SIM115 - stays open for appending
        self._writer.write(MAGIC)
        self._segments.append((path, 0))

    def read(self) -> Batch | None:
        """The next batch that was appended and not yet read back."""
        while self.unread:
            if self._reader is None:
                path = self._segments[self._read_segments][0]
                self._reading = open(path, "rb")  # noqa: SIM115 - stays open between calls
                self._reader = read_records(self._reading)
            found = next(self._reader, None)
            if found is None:  # the end of this segment, or damage in it
                self._close_reader()
                self._read_segments += 1
                if self._read_segments >= len(self._segments):
                    self.unread = 0
                continue
            self.unread -= 1
            if not self.unread:
                self._end_segment()
            return found[0]
        return None

    def _end_segment(self) -> None:
        """All is read: the next append begins a segment, and those before it can go once they are acknowledged."""
        self._close_reader()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._read_segments = len(self._segments)

    def _close_reader(self) -> None:
        if self._reading is not None:
            self._reading.close()
        self._reader = self._reading = None

    def acknowledged(self, number: int) -> None:
        """Remove the segments that hold nothing beyond this number."""
        while self._segments and self._read_segments > 0 and self._segments[0][1] <= number:
            path, _ = self._segments.pop(0)
            self._read_segments -= 1
            try:
                self.size = max(0, self.size - path.stat().st_size)
                path.unlink()
            except OSError:
                pass
        if not self._segments and self._lock is not None and self._writer is None:
            self.size = 0
            remove_session(self.folder)
            self._lock.close()
            self._lock = None
            _own.discard(self.folder)

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        if self._writer is not None:
            self._writer.flush()
            os.fsync(self._writer.fileno())

    def forget(self) -> None:
        """In a forked child: close the copies of the parent's files. The record lock stays with the parent."""
        self._close_reader()
        for stream in (self._writer, self._lock):
            if stream is not None:
                stream.close()

    def close(self) -> None:
        """Let go of files and lock; what is on disk stays for the next process."""
        self._close_reader()
        for stream in (self._writer, self._lock):
            if stream is not None:
                stream.close()
        self._writer = self._lock = None
        _own.discard(self.folder)


def hold_lock(folder: Path) -> IO[Any]:
    """The session's lock, held until the file is closed or the process ends.

    Raises:
        OSError: another process holds it.
    """
    stream = open(folder / "lock", "a+b")  # noqa: SIM115 - open means held
    try:
        if os.name == "nt":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            # A POSIX record lock, not flock: it belongs to the process, so a forked child does not hold it.
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise
    return stream


def remove_session(folder: Path) -> None:
    for name in ("session.json", "lock"):
        try:
            (folder / name).unlink()
        except OSError:
            pass
    try:
        folder.rmdir()
    except OSError:
        pass


def left_behind(folder: Path, *, but: str) -> list[Path]:
    """The session folders of a server that hold batches and are not this session's own."""
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if path.name != but and path not in _own and path.is_dir() and any(path.glob("*.spool"))
        )
    except OSError:
        return []


def read_session(folder: Path) -> tuple[str, list[tuple[int, Path, int]]]:
    """The session id of a folder, and where each of its batches lies: (number, file, which record), in order of number."""
    places: dict[int, tuple[int, Path, int]] = {}
    for path in sorted(folder.glob("*.spool")):
        with open(path, "rb") as stream:
            start = len(MAGIC)
            for batch, end in read_records(stream):
                places[batch.number] = (batch.number, path, start)
                start = end
    return folder.name, [places[number] for number in sorted(places)]


def read_at(path: Path, position: int) -> Batch | None:
    """The batch that begins at this position of a segment."""
    with open(path, "rb") as stream:
        stream.seek(position)
        head = stream.read(_HEAD.size)
        length, checksum = _HEAD.unpack(head)
        payload = stream.read(length)
    if zlib.crc32(payload) != checksum:
        return None
    number, count, body, files = msgpack.unpackb(payload)
    return Batch(number, body, count, _files(files), spooled=True)


def _files(kept: Any) -> tuple[File, ...]:
    """Older records have no content types."""
    return tuple((sha256, data, more[0] if more else "") for sha256, data, *more in kept)
