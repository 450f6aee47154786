"""Starts, watches and ends a server under test. A process is only ever ended by its own pid."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil

from .systems.base import Site, System

MB = 1024 * 1024
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running server with a data folder of its own, which is removed at the end."""

    def __init__(self, system: System, *, profile: pathlib.Path | None = None, **options: Any) -> None:
        self.system, self.options, self.profile = system, options, profile
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{system.name}-"))
        self.log = self.folder / "server.log"
        self.site = Site(system=system.name, port=free_port())
        self._process: subprocess.Popen | None = None

    def start(self) -> "Server":
        """Start it, and return once it answers. After `kill` the same folder and port are taken up again."""
        argv, environ = self.system.command(
            self.folder / "data", self.site.port, profile=self.profile, **self.options
        )
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        (self.folder / "data").mkdir(exist_ok=True)
        skip = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                argv, env={**inherited, **environ}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.system.is_ready(self.site.port, self.log.read_text(errors="replace")[skip:]):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(
                    f"{self.system.name} did not start:\n{self.log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.02)
        self.site = self.system.site(self.folder / "data", self.site.port)
        return self

    def __enter__(self) -> "Server":
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what it costs

    def rss_mb(self) -> float:
        return sum(process.memory_info().rss for process in self._tree()) / MB

    def cpu_s(self) -> float:
        """Seconds of CPU used so far by the server and the processes it started."""
        times = [process.cpu_times() for process in self._tree()]
        ended = sum(t.children_user + t.children_system for t in times)
        return ended + sum(t.user + t.system for t in times)

    @contextlib.contextmanager
    def watch_memory(self) -> Iterator["Memory"]:
        """Samples the memory many times a second while the block runs."""
        memory, over = Memory(self.rss_mb()), threading.Event()

        def sample() -> None:
            while not over.wait(0.05):
                with contextlib.suppress(psutil.Error):
                    memory.most_mb = max(memory.most_mb, self.rss_mb())

        thread = threading.Thread(target=sample, daemon=True)
        thread.start()
        try:
            yield memory
        finally:
            over.set()
            thread.join()
            memory.most_mb = max(memory.most_mb, self.rss_mb())

    # --- its end

    def stop(self) -> None:
        """As a service manager does."""
        if self._process is not None and self._process.poll() is None:
            children = self._tree()[1:]
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            _end(children)

    def kill(self) -> None:
        """As a crash does: kill -9 of the server and of what it started."""
        if self._process is not None and self._process.poll() is None:
            children = self._tree()[1:]
            self._process.kill()
            self._process.wait()
            _end(children)

    def _tree(self) -> list[psutil.Process]:
        assert self._process is not None
        root = psutil.Process(self._process.pid)
        return [root, *root.children(recursive=True)]


class Memory:
    """Resident memory of a server, in MB."""

    def __init__(self, before_mb: float) -> None:
        self.before_mb = self.most_mb = before_mb

    @property
    def growth_mb(self) -> float:
        return self.most_mb - self.before_mb


def _end(children: list[psutil.Process]) -> None:
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
