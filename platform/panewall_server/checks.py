"""What ``doctor`` looks at, and what ``serve`` refuses to start with."""

import os
import re
import shutil
from pathlib import Path

from pydantic import ValidationError

from panewall_server.conf import Config

#: File systems on which SQLite's locks and its shared memory cannot be trusted.
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs"}
LOW_DISK_BYTES = 500 * 1024 * 1024


def examine() -> tuple[dict[str, str], list[str]]:
    """(settings by name, as text; problems in words)."""
    try:
        config = Config()
    except ValidationError as error:
        return {}, [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    values = {name: str(value) for name, value in config.model_dump(exclude={"limits"}).items()}
    values |= {f"limits.{name}": str(value) for name, value in config.limits.model_dump().items()}
    values["ffmpeg"] = ffmpeg(config)
    return values, problems(config)


def ffmpeg(config: Config) -> str:
    """Where ffmpeg is, or what to do to have it. Without it everything else works."""
    from apps.media.ffmpeg import NotInstalled, locate

    try:
        return locate(config.ffmpeg)
    except NotInstalled as missing:
        return f"missing: {missing}"


def problems(config: Config) -> list[str]:
    found = []
    folder = config.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        return [f"The data folder {folder} cannot be made: {error.strerror}. Name another with --data-dir."]
    if not os.access(folder, os.W_OK):
        found.append(f"The data folder {folder} cannot be written to. Name another with --data-dir.")
    kind = file_system(folder)
    if not config.database_url and kind in NETWORK:
        found.append(
            f"The data folder {folder} lies on a network file system ({kind}), where SQLite can lose data. Name a"
            " local folder with --data-dir, or use PostgreSQL (PANEWALL_DATABASE_URL)."
        )
    if shutil.disk_usage(folder).free < LOW_DISK_BYTES:
        found.append(f"Less than {LOW_DISK_BYTES // 2**20} MB are free in {folder}.")
    if config.redis_url and not config.database_url:
        found.append("A cluster (PANEWALL_REDIS_URL) needs PostgreSQL: set PANEWALL_DATABASE_URL, too.")
    return found


def file_system(folder: Path) -> str:
    """The kind of file system a folder lies on; "" where the system does not say."""
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in mounts:
        _, where, what, *_ = line.split(" ")
        where = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), where)  # a blank is \040 there
        if (str(folder) + "/").startswith(where.rstrip("/") + "/") and len(where) >= len(best):
            best, kind = where, what
    return kind
