"""The bench's side of the processes that make load."""

import contextlib
import json
import pathlib
import select
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from .servers import Server

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANSWER_S = 180.0


class Child:
    """One process that makes load: `ask` gives it an order and waits for the answer."""

    def __init__(
        self, server: Server, load: str, *, python: pathlib.Path | None = None, **arguments: Any
    ) -> None:
        self.name = f"{server.system.name} {load}"
        self._process = subprocess.Popen(
            [python or server.system.python, "-m", "bench.child"],
            cwd=ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(server.folder),
                "PANEWALL_STATE_DIR": str(server.folder / "client"),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._rest = b""
        self.tell({"load": load, "arguments": {"site": asdict(server.site), **arguments}})

    def tell(self, order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    def hear(self, timeout_s: float = ANSWER_S) -> Any:
        """The next answer."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError(f"no answer from {self.name} in {timeout_s:.0f} s")
            data = self._process.stdout.read(1 << 20)
            if not data:
                raise RuntimeError(f"{self.name} ended with code {self._process.wait()}")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def ask(self, order: Any = None, timeout_s: float = ANSWER_S) -> Any:
        self.tell(order)
        return self.hear(timeout_s)

    def end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@contextlib.contextmanager
def child(server: Server, load: str, **arguments: Any) -> Iterator[Child]:
    """A child that has made its preparations."""
    made = Child(server, load, **arguments)
    try:
        made.hear()
        yield made
    finally:
        made.end()
