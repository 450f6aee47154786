"""Writing files where they are kept: a folder, or a bucket. Nobody else asks which of the two it is."""

import hashlib
import mmap
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage, storages

NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL
#: What a file is called that has not its name yet, or is about to lose it.
ASIDE = ".aside"
#: Where they lie whose name is not known before their end.
ARRIVING = "assets/arriving"


def is_folder() -> bool:
    """Whether files lie in a folder, and not in a bucket."""
    return isinstance(storages["default"], FileSystemStorage)


def write(name: str, data: bytes, *, anew: bool = False) -> None:
    """The whole file or none, durable when this returns.

    Args:
        anew: take the place of a file of that name. Without it such a file has the same bytes, and may stay.
    """
    if is_folder():
        path = default_storage.path(name)
        if anew or not _kept(path, data):
            with _aside(path) as file:
                file.write(data)
    elif anew or not default_storage.exists(name):
        if anew:
            default_storage.delete(name)
        default_storage.save(name, ContentFile(data))


class Arrival:
    """A file whose bytes come piece by piece: hashed and written while they do, given its name at the end.

    Whoever made one drops it in the end, named or not. One thread at a time.
    """

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._aside: Path | None = None
        self._file: IO[bytes] | None = None

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def add(self, pieces: list[bytes]) -> None:
        file = self._file or self._open()
        for piece in pieces:
            self._hash.update(piece)
            file.write(piece)
            self.size += len(piece)
        if hasattr(os, "posix_fadvise"):
            # Has the system begin to write to the disk, so that little is left to wait for at the end.
            file.flush()
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    @contextmanager
    def content(self) -> Iterator[mmap.mmap]:
        """What came, without a copy of it in memory."""
        assert self._file is not None
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            yield view

    def keep(self, name: str) -> None:
        """The whole file under this name, durable when this returns. Safe to do twice."""
        assert self._file is not None
        self._file.flush()
        if not is_folder():
            if not default_storage.exists(name):
                self._file.seek(0)
                default_storage.save(name, File(self._file))
            return
        if self._aside is not None:
            _rename(self._aside, default_storage.path(name))
            self._aside = None
        os.fsync(self._file.fileno())

    def drop(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._aside is not None:
            self._aside.unlink(missing_ok=True)
            self._aside = None

    def _open(self) -> IO[bytes]:
        folder = Path(default_storage.path(ARRIVING)) if is_folder() else work_folder()
        aside = folder / f"{secrets.token_hex(8)}{ASIDE}"
        self._file = os.fdopen(_made(aside), "w+b")
        if is_folder():
            self._aside = aside
        else:
            aside.unlink()  # it goes to the bucket from here, and is gone with whoever holds it open
        return self._file


def work_folder() -> Path:
    """Where files are made and kept for a while: not in a folder for temporary ones, which may be memory."""
    return settings.PANEWALL.data_dir / "work"


def bring(name: str, source: Path) -> int:
    """A file that was made elsewhere, in the place of what had that name. Returns its size."""
    size = source.stat().st_size
    with source.open("rb") as file:
        if is_folder():
            with _aside(default_storage.path(name)) as kept:
                shutil.copyfileobj(file, kept, 1024 * 1024)
        else:
            default_storage.delete(name)
            default_storage.save(name, File(file))
    return size


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """A stored file as a real one that a program can be handed: its own, or a copy of what lies in a bucket.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    with default_storage.open(name, "rb") as stored:
        if is_folder():
            yield cast(IO[bytes], stored.file)
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stored, copy, 1024 * 1024)
            copy.seek(0)
            yield copy


def drop_folder(name: str) -> None:
    """An empty folder, where there are folders."""
    if is_folder():
        with suppress(OSError):
            os.rmdir(default_storage.path(name))


def _kept(path: str, data: bytes) -> bool:
    """Whether the file is there already, and whole; whoever wrote it may not have come to make it durable."""
    try:
        with open(path, "rb") as file:
            if file.read() != data:
                return False
            os.fsync(file.fileno())
            return True
    except OSError:
        return False


@contextmanager
def _aside(path: str) -> Iterator[IO[bytes]]:
    """Written under another name, then given its own, then synced.

    In this order one sync is enough: file systems with a journal write the name in the same go as the file, or before it.
    A file whose sync was never reached has no row, so nobody reads it.
    """
    aside = Path(f"{path}.{secrets.token_hex(4)}{ASIDE}")
    fd = _made(aside)
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            os.replace(aside, path)
            os.fsync(fd)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _made(path: Path) -> int:
    """A new file, open, in a folder that may be missing."""
    try:
        return os.open(path, NEW, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, NEW, 0o600)


def _rename(aside: Path, path: str) -> None:
    try:
        os.replace(aside, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(aside, path)
