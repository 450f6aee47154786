"""What a system offers so that every workload can run against it: how it starts, a writer, a viewer.

Writers and viewers run in processes of their own, on the system's own Python, so these modules import nothing at the top
that only one of the environments has.
"""

import pathlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..websocket import WebSocket


@dataclass(frozen=True)
class Site:
    """Where a server is and what opens it."""

    system: str
    port: int
    token: str = ""


class Writer(ABC):
    """What a training script does. A call has been acknowledged by the server once it, or `flush`, returns."""

    @abstractmethod
    def create_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        """Make a window with one line."""

    @abstractmethod
    def append_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        """Append points to the line of a window, which is made if it is missing."""

    @abstractmethod
    def put_bulk(self, win: str, data: bytes) -> None:
        """Make or replace a window whose content is these bytes, more or less."""

    @abstractmethod
    def count_points(self, win: str) -> int:
        """How many points the server holds in the line of a window; 0 where there is none."""

    def flush(self) -> None:
        """Wait until everything sent is acknowledged. For a client that batches; others have waited already."""
        return


class Viewer(ABC):
    """What a page says and hears on its socket."""

    def __init__(self, site: Site, env: str) -> None:
        self.site, self.env = site, env
        self.socket: WebSocket = self.connect()
        self.windows = 0
        self.points = 0
        self.lags = 0

    @abstractmethod
    def connect(self) -> WebSocket: ...

    @abstractmethod
    def load(self) -> None:
        """Open the env, and return once all of it has come. Counts windows and points."""

    @abstractmethod
    def marks(self, message: bytes) -> np.ndarray:
        """The times of sending, which are the y values, of the points in a message."""

    def pump(self) -> list[bytes]:
        """Read once from the socket; the messages that are whole now."""
        return self.socket.pump()

    def close(self) -> None:
        self.socket.close()


class System(ABC):
    """One of the systems measured."""

    name: str
    #: Kinds of writer: ``client`` is the package a user calls, the others send ready-made requests one by one.
    writers: tuple[str, ...]
    #: The Python that its writers and viewers run on.
    python: pathlib.Path

    @abstractmethod
    def command(
        self, folder: pathlib.Path, port: int, *, profile: pathlib.Path | None = None, **options: Any
    ) -> tuple[list[str], dict[str, str]]:
        """(argv, additions to the environment) that start the server on a data folder."""

    @abstractmethod
    def is_ready(self, port: int, log: str) -> bool:
        """Does it answer?"""

    def site(self, folder: pathlib.Path, port: int) -> Site:
        return Site(self.name, port)

    @abstractmethod
    def writer(self, kind: str, site: Site, env: str) -> Writer: ...

    @abstractmethod
    def viewer(self, site: Site, env: str) -> Viewer: ...

    @abstractmethod
    def warm(self, site: Site) -> None:
        """Use every part of the server once, so that what it loads late is loaded."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """What is measured, and with which packages."""


def versions_in(python: pathlib.Path, *packages: str) -> dict[str, str]:
    """The versions of packages in an environment."""
    import json
    import subprocess

    script = (
        "import importlib.metadata as m, json, sys;"
        "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
    )
    return json.loads(
        subprocess.run([python, "-c", script, *packages], capture_output=True, check=True).stdout
    )
