"""One question to the database from the event loop itself: is there such a window?

A training loop asks it before every append. On SQLite the answer is one look at an index that no writer holds up; going to another
thread for it and coming back takes ten times as long. Other databases are asked by a thread.
"""

import logging
import sqlite3
from urllib.parse import quote

from django.db import DEFAULT_DB_ALIAS, connection, connections

log = logging.getLogger(__name__)

EXISTS = (
    "SELECT 1 FROM windows_window w JOIN envs_env e ON e.id = w.env_id"
    " WHERE w.env_id = %s AND w.key = %s AND w.deleted_at IS NULL AND e.deleted_at IS NULL"
)
LOOK = EXISTS.replace("%s", "?")
#: The loop waits no longer than this for anything.
PATIENCE_S = 0.02

_reader: sqlite3.Connection | None = None


def has_window(env_id: int, key: str) -> bool:
    """Whether an env that was not deleted has this living window. Sync, through Django's connection of the thread."""
    with connection.cursor() as cursor:
        cursor.execute(EXISTS, [env_id, key])
        return cursor.fetchone() is not None


def sees_window(env_id: int, key: str) -> bool:
    """The same on the event loop. True is certain; False may also say that a thread has to look."""
    global _reader
    # Asked of the settings: each task of the loop would have a connection of Django's made for it, to look at its vendor.
    database = connections.settings[DEFAULT_DB_ALIAS]
    if not database["ENGINE"].endswith("sqlite3"):
        return False
    try:
        if _reader is None:
            file = quote(str(database["NAME"]))
            _reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=PATIENCE_S)
        return _reader.execute(LOOK, (env_id, key)).fetchone() is not None
    except sqlite3.Error:
        log.info("The event loop could not look for a window; a thread does.", exc_info=True)
        _reader = None
        return False
