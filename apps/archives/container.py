"""Panewall's archive: one env in a zip file that any tool can open.

    manifest.json                 format, version, the env's name, config, tags, notes, status and colour, number of windows
    windows/<n>/window.msgpack    key, kind, title, body (opts, layout …) and the traces' attributes
    windows/<n>/<t>-<p>.points    part p of the points of trace t, at most PART of them, column by column
    windows/<n>/<p>.text          part p of a text window
    windows/<n>/<p>.samples       step, index, asset, caption of at most SAMPLES samples
    assets/<sha256>               the files that samples name
    views.json, layout.json       saved views, and where whoever wrote the archive keeps the panes
    SHA256SUMS                    of everything above, as `sha256sum --check` takes it

``.msgpack``, ``.points`` and ``.samples`` are MessagePack; an array of numbers is the typed map of docs/protocol.md.
"""

import hashlib
import re
import zipfile
from typing import IO, Any, Self

import msgpack
import numpy as np
import orjson

from apps.errors import Invalid, TooLarge

FORMAT, VERSION = "panewall-archive", 1
MANIFEST, SUMS, VIEWS, LAYOUT = "manifest.json", "SHA256SUMS", "views.json", "layout.json"
PART, SAMPLES = 32_768, 5_000
BLOCK = 256 * 1024
NAME = re.compile(
    r"manifest\.json|views\.json|layout\.json|SHA256SUMS|assets/[0-9a-f]{64}"
    r"|windows/\d{6}/(window\.msgpack|\d{4}-\d{6}\.points|\d{6}\.(text|samples))"
)
#: Members of an archive, and times that one may be larger than the zip: beyond, it is made to do harm.
MOST_MEMBERS, MOST_RATIO = 3_000_000, 1100


class Writer:
    """Writes members one after another, to a file that need not be seekable."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sums: list[str] = []

    def json(self, name: str, value: Any) -> None:
        self.raw(name, orjson.dumps(value))

    def packed(self, name: str, value: Any) -> None:
        self.raw(name, msgpack.packb(value))

    def raw(self, name: str, data: bytes) -> None:
        self._zip.writestr(name, data)
        self._sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")

    def copy(self, name: str, source: IO[bytes]) -> None:
        """A file whose type is compressed already, in blocks."""
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_STORED
        with self._zip.open(info, "w", force_zip64=True) as member:
            while block := source.read(BLOCK):
                digest.update(block)
                member.write(block)
        self._sums.append(f"{digest.hexdigest()}  {name}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """End the archive; one that failed midway is left without an end, which readers notice."""
        if kind is None:
            self._zip.writestr(SUMS, "".join(self._sums))
            self._zip.close()
        else:
            self._zip.fp = None  # or it would write its end when it is collected


class Reader:
    """Reads members, none beyond its bound, and believes nothing that the sums do not confirm."""

    def __init__(self, file: IO[bytes], *, most_bytes: int) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise Invalid(f"This is no archive, or it is cut off: {error}.", code="no_archive") from error
        members = self._zip.infolist()
        names = [member.filename for member in members]
        packed = file.seek(0, 2)
        size = sum(member.file_size for member in members)
        if len(members) > MOST_MEMBERS or size > most_bytes or size > max(packed, BLOCK) * MOST_RATIO:
            raise TooLarge(
                f"The archive says it holds {size:,} bytes in {len(members):,} parts; at most {most_bytes:,} bytes are"
                " allowed (limits.archive_bytes), and none that grow out of all proportion.",
                code="too_large",
            )
        for name in names:
            if not NAME.fullmatch(name):
                raise Invalid(f"The archive holds {name!r:.200}, which is no part of one.", code="no_archive")
        if len(set(names)) != len(names):
            raise Invalid("The archive holds a part twice.", code="no_archive")
        self._sizes = {member.filename: member.file_size for member in members}
        self.size = size
        #: Names of files that were read and kept: many samples may show one.
        self.brought: set[str] = set()
        self.manifest = self._read_manifest()
        self._sums = self._read_sums()

    @property
    def names(self) -> list[str]:
        return list(self._sizes)

    def has(self, name: str) -> bool:
        return name in self._sizes

    def size_of(self, name: str) -> int:
        return self._sizes[name]

    def open(self, name: str) -> IO[bytes]:
        if name not in self._sizes:
            raise Invalid(f"The archive lacks its part {name}.", code="damaged")
        try:
            return self._zip.open(name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise Invalid(
                f"The archive is damaged: {name} cannot be read ({error}).", code="damaged"
            ) from error

    def read(self, name: str, *, most: int) -> bytes:
        """A whole member.

        Raises:
            TooLarge: it is over ``most`` bytes, whatever its head says.
        """
        with self.open(name) as member:
            data = self._take(member, name, most + 1)
        if len(data) > most:
            raise TooLarge(f"{name} in the archive is over {most:,} bytes.", code="too_large")
        return data

    def packed(self, name: str, *, most: int) -> dict[str, Any]:
        try:
            value = msgpack.unpackb(self.read(name, most=most), strict_map_key=False)
        except (ValueError, msgpack.UnpackException) as error:
            raise Invalid(f"{name} in the archive is no MessagePack.", code="damaged") from error
        if not isinstance(value, dict):
            raise Invalid(f"{name} in the archive is no map.", code="damaged")
        return value

    def json(self, name: str, *, most: int) -> Any:
        try:
            return orjson.loads(self.read(name, most=most))
        except orjson.JSONDecodeError as error:
            raise Invalid(f"{name} in the archive is no JSON.", code="damaged") from error

    def verify(self, name: str) -> int:
        """Check a member against its sum; returns its size."""
        digest, size = hashlib.sha256(), 0
        with self.open(name) as member:
            while block := self._take(member, name, BLOCK):
                digest.update(block)
                size += len(block)
        if self._sums.get(name) != digest.hexdigest():
            raise Invalid(f"The archive is damaged: {name} is not what was written.", code="damaged")
        return size

    def _take(self, member: IO[bytes], name: str, size: int) -> bytes:
        try:
            return member.read(size)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError) as error:
            raise Invalid(
                f"The archive is damaged: {name} cannot be read ({error}).", code="damaged"
            ) from error
        except Exception as error:  # zlib's own
            raise Invalid(f"The archive is damaged: {name} cannot be unpacked.", code="damaged") from error

    def _read_manifest(self) -> dict[str, Any]:
        if MANIFEST not in self._sizes:
            raise Invalid("This is no archive of Panewall: it has no manifest.", code="no_archive")
        manifest = self.json(MANIFEST, most=16 * 1024 * 1024)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise Invalid("This is no archive of Panewall.", code="no_archive")
        version = manifest.get("version")
        if version != VERSION:
            raise Invalid(
                f"This archive is of version {version!r:.20}; this server reads version {VERSION}. A newer Panewall may read it.",
                code="wrong_version",
            )
        return manifest

    def _read_sums(self) -> dict[str, str]:
        if SUMS not in self._sizes:
            raise Invalid("The archive is cut off: it has no checksums.", code="damaged")
        try:
            lines = self.read(SUMS, most=512 * 1024 * 1024).decode().splitlines()
        except UnicodeDecodeError as error:
            raise Invalid("The archive's checksums cannot be read.", code="damaged") from error
        sums: dict[str, str] = {}
        for line in lines:
            digest, _, name = line.partition("  ")
            sums[name] = digest
        if set(sums) | {SUMS} != set(self._sizes):
            raise Invalid("The archive is not whole: parts and checksums differ.", code="damaged")
        return sums


def pack_column(column: np.ndarray | list) -> Any:
    if isinstance(column, np.ndarray):
        return {"dtype": "f8", "bdata": np.ascontiguousarray(column, "<f8").tobytes()}
    return column
