"""Writing files where they are kept: a folder, or a bucket. Nobody else asks which of the two it is."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage, storages

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
#: What a file is called that has not its name yet, or is about to lose it.
ASIDE = ".aside"


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
    aside = f"{path}.{secrets.token_hex(4)}{ASIDE}"
    try:
        fd = os.open(aside, NEW, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        fd = os.open(aside, NEW, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            os.replace(aside, path)
            os.fsync(fd)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
