"""A whole data folder in one file, taken while its server runs; and back.

The file is a plain tar, so that it can be looked into with the usual tools: ``manifest.json``, the database, the two
keys, and the files that windows show. It opens every door the folder opens: keep it as closed.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from apps.errors import Conflict, Invalid
from panewall_server import __version__
from panewall_server.conf import Config

FORMAT = 1
DATABASE, KEYS, FILES, MANIFEST = "panewall.sqlite3", ("token_key", "secret_key"), "files", "manifest.json"
#: Pages of the database copied before others have their turn.
PAGES = 1000
BLOCK = 1024 * 1024


def back_up(
    config: Config, output: Path, *, tell: Callable[[int, int], None] = lambda done, of: None
) -> dict:
    """Write a backup of the data folder to ``output``; it appears when it is whole.

    Raises:
        Invalid: the data lies elsewhere, where other tools make backups.
        Conflict: the file is there already.
    """
    _check_local(config)
    if output.exists():
        raise Conflict(f"{output} is there already. Name another file.")
    if not (config.data_dir / DATABASE).exists():
        raise Invalid(f"There is no database in {config.data_dir}. Name the folder with --data-dir.")
    aside = output.with_name(f"{output.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".backup-") as folder:
            copy = Path(folder) / DATABASE
            _copy_database(config.data_dir / DATABASE, copy, tell)
            # Files after the database: each was there before the row that shows it.
            files = sorted(path for path in (config.data_dir / FILES).rglob("*") if path.is_file())
            manifest = {
                "format": FORMAT,
                "made_by": f"panewall {__version__}",
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "database_sha256": _sha256(copy),
                "files": len(files),
            }
            fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as raw:
                _write_tar(raw, config, copy, files, manifest)
                raw.flush()
                os.fsync(raw.fileno())
        os.replace(aside, output)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return {**manifest, "file": str(output), "bytes": output.stat().st_size}


def restore(config: Config, source: Path, *, replace: bool = False) -> dict:
    """Put a backup into the data folder, which no server may use meanwhile (the caller holds its lock).

    Args:
        replace: a folder that holds data already keeps it beside, under names that say so.

    Raises:
        Invalid: this is no backup, or it is damaged.
        Conflict: the folder holds data already.
    """
    _check_local(config)
    folder = config.data_dir
    if (folder / DATABASE).exists() and not replace:
        raise Conflict(
            f"{folder} holds a database already. Name an empty folder with --data-dir, or put it aside with --replace."
        )
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as made:
        fresh = Path(made)
        manifest = _read_tar(source, fresh)
        _check_database(fresh / DATABASE, manifest)
        now = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", *KEYS):
            if (folder / name).exists():
                os.replace(folder / name, folder / f"{name}.before-{now}")
        # The database last: until it is there, the folder holds none.
        for name in (FILES, *KEYS):
            if (fresh / name).is_dir():
                shutil.copytree(fresh / name, folder / name, dirs_exist_ok=True, copy_function=os.replace)
            elif (fresh / name).exists():
                os.replace(fresh / name, folder / name)
        os.replace(fresh / DATABASE, folder / DATABASE)
    return {**manifest, "data_dir": str(folder)}


def _check_local(config: Config) -> None:
    if config.database_url:
        raise Invalid(
            "This server keeps its data in PostgreSQL (PANEWALL_DATABASE_URL): back it up by pg_dump, and the files and keys"
            " as docs/admin.md says."
        )
    if config.assets_url:
        raise Invalid(
            "This server keeps its files in a bucket (PANEWALL_ASSETS_URL): back that up by its own means."
        )


def _copy_database(source: Path, copy: Path, tell: Callable[[int, int], None]) -> None:
    """As it is at one moment, while others write: by SQLite's own means."""
    address = f"file:{source}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=20)) as live,
        closing(sqlite3.connect(copy)) as target,
    ):
        live.execute("BEGIN")  # otherwise every commit of others would begin the copy anew
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(target, pages=PAGES, progress=lambda _, left, total: tell(total - left, total), sleep=0)
        target.execute("PRAGMA journal_mode=DELETE")
    copy.chmod(0o600)


def _write_tar(raw: IO[bytes], config: Config, copy: Path, files: list[Path], manifest: dict) -> None:
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        text = json.dumps(manifest).encode()
        head = _plain(tarfile.TarInfo(MANIFEST))
        head.size = len(text)
        tar.addfile(head, io.BytesIO(text))
        tar.add(copy, DATABASE, filter=_plain)
        for name in KEYS:
            if (config.data_dir / name).exists():
                tar.add(config.data_dir / name, name, filter=_plain)
        for path in files:
            try:
                tar.add(path, str(path.relative_to(config.data_dir)), filter=_plain)
            except FileNotFoundError:
                continue  # nobody showed it any more, and it was removed meanwhile


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _read_tar(source: Path, folder: Path) -> dict:
    """Only what a backup holds, and nothing outside ``folder``."""
    try:
        with tarfile.open(source, "r:") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or first.size > BLOCK:
                raise Invalid(f"{source} is no backup of Panewall.")
            manifest = json.load(tar.extractfile(first))  # type: ignore[arg-type]  # a file
            if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
                raise Invalid(
                    f"{source} is a backup in format {manifest.get('format') if isinstance(manifest, dict) else '?'};"
                    f" this server reads format {FORMAT}. Use the Panewall that made it, or a newer one."
                )
            while (member := tar.next()) is not None:
                parts = Path(member.name).parts
                is_ours = member.name in (DATABASE, *KEYS) or (parts[:1] == (FILES,) and ".." not in parts)
                if not is_ours or not member.isreg():
                    raise Invalid(f"{source} holds {member.name!r:.200}, which is no part of a backup.")
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with tar.extractfile(member) as inside, target.open("xb") as file:  # type: ignore[union-attr]
                    shutil.copyfileobj(inside, file, BLOCK)
                target.chmod(0o600)
    except (tarfile.TarError, ValueError, OSError, EOFError) as error:
        raise Invalid(f"{source} cannot be read as a backup: {error}.") from error
    if not (folder / DATABASE).exists():
        raise Invalid(f"{source} is cut off: there is no database in it.")
    return manifest


def _check_database(path: Path, manifest: dict) -> None:
    if _sha256(path) != manifest.get("database_sha256"):
        raise Invalid("The backup is damaged: its database is not the one that was saved.")
    with closing(sqlite3.connect(path)) as database:
        if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise Invalid("The backup is damaged: SQLite finds faults in its database.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
