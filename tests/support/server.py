"""A real ``panewall-server serve`` process, with a data folder of its own."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port

READY = re.compile(r"Panewall is ready at (http://\S+)")
SIGN_IN = re.compile(r"https?://\S+/sign-in/\S+")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
OWNER, PASSWORD = "owner", "a wall of windows"


class Server:
    """One server process. It can be killed and started again on the same port and folder.

    Args:
        data_dir: the server's data folder, made on first start; its credentials file lies there, too.
        environ: settings beyond the defaults, such as ``{"PANEWALL_READONLY": "true"}``.
        arguments: further arguments of ``serve``.
        command: what ``panewall-server`` is; by default this checkout's, on this Python.
        cwd: where it runs.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environ: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        command: tuple[str, ...] = (sys.executable, "-m", "panewall_server"),
        cwd: Path | None = None,
    ):
        self.program = command
        self.cwd = cwd
        self.data_dir = data_dir
        self.port = free_port()
        self.arguments = arguments
        self.credentials = data_dir / "credentials.json"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
        for unwanted in ("DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"):
            inherited.pop(unwanted, None)
        self.environ = {
            **inherited,
            "PYTHONUNBUFFERED": "1",
            "PANEWALL_DATA_DIR": str(data_dir),
            "PANEWALL_CREDENTIALS": str(self.credentials),
            "PANEWALL_OWNER": OWNER,
            "PANEWALL_OWNER_PASSWORD": PASSWORD,
            **(environ or {}),
        }
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[str] = []
        self.url = ""
        self._answered = threading.Event()
        self._tokens: dict[tuple[str, str], str] = {}
        #: Cookies of the owner's session in browsers.
        self.session: dict[str, str] | None = None

    # -- Its life

    def start(self) -> "Server":
        """Start it, and return once it answers."""
        self._answered.clear()
        command = [*self.program, "serve", "--host", "127.0.0.1", "--port", str(self.port), *self.arguments]
        self.process = subprocess.Popen(
            command,
            env=self.environ,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        if not self._answered.wait(START_TIMEOUT_S) or not self.url:
            self.kill()
            raise AssertionError(f"The server did not start. It printed:\n{self.log}")
        return self

    def stop(self) -> None:
        """End it as a service manager does, and wait; what does not end in time is killed, and that is an error."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The server did not stop within {STOP_TIMEOUT_S} s:\n{self.log}") from None
        self.process = None

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server is not running"
        return self.process.pid

    @property
    def log(self) -> str:
        """All it has printed, over all its starts."""
        return "".join(self.lines)

    @property
    def ws_url(self) -> str:
        return "ws" + self.url.removeprefix("http")

    @property
    def sign_in_link(self) -> str | None:
        """The one-time link a first start prints when its owner has no password."""
        found = SIGN_IN.findall(self.log)
        return found[-1] if found else None

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line)
            if ready := READY.search(line):
                self.url = ready[1].rstrip("/")
                self._answered.set()
        if process is self.process:  # and not one that was started after it
            self._answered.set()  # it ended: do not wait for what cannot come
        process.stdout.close()

    # -- What people do with it

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``panewall-server …`` on the same data folder."""
        done = subprocess.run(
            [*self.program, *arguments],
            env=self.environ,
            cwd=self.cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"panewall-server {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
            )
        return done

    def token(self, user: str = OWNER, *, scope: str = "admin") -> str:
        """A token of ``user``, made once by the command line."""
        if (user, scope) not in self._tokens:
            made = self.command(
                "token", "create", "--user", user, "--scope", scope, "--name", "tests", "--json"
            )
            self._tokens[user, scope] = json.loads(made.stdout)["token"]
        return self._tokens[user, scope]

    def know_token(self, user: str, token: str, *, scope: str = "admin") -> None:
        """A token of ``user`` that is there already."""
        self._tokens[user, scope] = token

    def client(self, user: str = OWNER, *, scope: str = "admin", **options: Any) -> httpx.Client:
        """An HTTP client that carries a token of ``user``."""
        headers = {"Authorization": f"Bearer {self.token(user, scope=scope)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **options)
