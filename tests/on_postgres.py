"""``python -m tests.on_postgres [pytest arguments]``: tests on a PostgreSQL of their own, gone when they end.

The same tests as on SQLite, and the same code: what differs between the two databases must not show.
"""

import os
import subprocess
import sys

from tests.support.cluster import drop_database, make_database, open_postgres

#: Tests that reach the database in their own process; the others start servers, which have their own.
FOLDERS = [
    "tests/accounts",
    "tests/api",
    "tests/envs",
    "tests/jobs",
    "tests/media",
    "tests/runs",
    "tests/windows",
]


def run(*arguments: str) -> int:
    """Run pytest; returns its exit code."""
    with open_postgres() as folder:
        url = make_database(folder)
        try:
            command = [sys.executable, "-m", "pytest", *(arguments or FOLDERS)]
            return subprocess.run(
                command, env={**os.environ, "TEST_DATABASE_URL": url}, check=False
            ).returncode
        finally:
            drop_database(folder, url)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
