"""What a first start of a server leaves in its data folder, made once and copied for each server that tests start.

To make the tables, the owner and a token takes more than all the rest of a start, and is the same each time.
"""

import fcntl
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tests.support.server import OWNER, Server

#: What a server on its own has of its first start. The credentials file is not among them: it names the server's address.
DATABASE = "panewall.sqlite3"
FILES = (DATABASE, "secret_key", "token_key")


@dataclass(frozen=True)
class FirstStart:
    """A data folder of a server that was started and stopped, and the token its owner made by the command line."""

    folder: str
    token: str

    @classmethod
    def find_or_make(cls, folder: Path) -> Self:
        """The one in ``folder``: pytest's processes share it, and the first of them makes it."""
        folder.mkdir(exist_ok=True)
        done = folder / "done.json"
        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                server = Server(folder / "data").start()
                made = cls(folder=str(server.data_dir), token=server.token())
                server.stop()
                with closing(sqlite3.connect(server.data_dir / DATABASE)) as database:
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # one file, whole, is what is copied
                done.write_text(json.dumps(asdict(made)))
            return cls(**json.loads(done.read_text()))

    def server(self, data_dir: Path, **options: Any) -> Server:
        """A server that has its first start behind it. One whose database is elsewhere has it before it, as ever."""
        made = Server(data_dir, **options)
        if "PANEWALL_DATABASE_URL" not in made.environ:
            data_dir.mkdir(mode=0o700, exist_ok=True)
            for name in FILES:
                shutil.copy2(Path(self.folder, name), data_dir / name)
            made.know_token(OWNER, self.token)
        return made
