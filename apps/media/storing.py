"""Writing files where they are kept: a folder, or a bucket. Nobody else asks which of the two it is."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage, storages


def is_folder() -> bool:
    """Whether files lie in a folder, and not in a bucket."""
    return isinstance(storages["default"], FileSystemStorage)


def write(name: str, data: bytes, *, anew: bool = False) -> None:
    """The whole file or none: written aside, synced, then given its name.

    Args:
        anew: take the place of a file of that name. Without it such a file has the same bytes, and may stay.
    """
    if is_folder():
        with _aside(name) as file:
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
            with _aside(name) as kept:
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


@contextmanager
def _aside(name: str) -> Iterator[IO[bytes]]:
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, aside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name itself must survive a power cut
    finally:
        os.close(folder)
