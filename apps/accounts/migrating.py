"""Bringing the database to the newest migration: servers and commands that start together take turns."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

#: PostgreSQL's number of the lock that is held meanwhile (one more is that of a running server).
START_LOCK = 0x70616E65


def migrate_if_behind() -> None:
    """Apply the migrations that are missing. Whoever comes second waits, and finds nothing left to do."""
    if _is_behind():
        with one_at_a_time():
            if _is_behind():
                call_command("migrate", verbosity=0, interactive=False)


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the database's lock: PostgreSQL's own, or a file beside that of SQLite, which ends with its process."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [START_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [START_LOCK])
        return
    import fcntl

    with open(Path(connection.settings_dict["NAME"]).with_name("migrate.lock"), "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
