"""visdom as pip installs it, in the environment that `bench/setup` makes."""

import base64
import json
import pathlib
import re
from typing import Any

import numpy as np

from ..http import HTTP
from ..websocket import WebSocket
from .base import Site, System, Viewer, Writer, versions_in

PYTHON = pathlib.Path(__file__).parent.parent / ".venv-visdom" / "bin" / "python"
# Its console script first downloads JavaScript from public sites and ends where it cannot. This is what it does next.
LAUNCH = "import sys; from visdom.server.run_server import main; sys.argv[0] = 'visdom'; main()"
A_TIME = re.compile(rb"1[7-9]\d{8}\.\d+")
# What its client fills in for a line.
OPTS = {
    "markers": False,
    "fillarea": False,
    "mode": "lines",
    "markersymbol": "dot",
    "markersize": 10,
    "markerborderwidth": 0.5,
}
LAYOUT = {"showlegend": False, "margin": {"l": 60, "r": 60, "t": 60, "b": 60}}
TRACE = {
    "name": "1",
    "type": "scatter",
    "mode": "lines",
    "textposition": "right",
    "line": {},
    "marker": {"size": 10, "symbol": "dot", "line": {"color": "#000000", "width": 0.5}},
}


class Visdom(System):
    name = "visdom"
    writers = ("client", "http")
    python = PYTHON

    def command(
        self, folder: pathlib.Path, port: int, *, profile: pathlib.Path | None = None, **options: Any
    ) -> tuple[list[str], dict[str, str]]:
        profiler = ["-m", "cProfile", "-o", str(profile / "visdom.prof")] if profile else []
        launch = (
            [*profiler, str(pathlib.Path(__file__).parent / "launch_visdom.py")]
            if profile
            else ["-c", LAUNCH]
        )
        where = ["-port", str(port), "-env_path", str(folder), "-bind_local", "--hostname", "127.0.0.1"]
        return [str(PYTHON), *launch, *where], {}

    def is_ready(self, port: int, log: str) -> bool:
        http = HTTP(port)
        try:
            return http.request("POST", "/env_state", b"{}")[0] == 200
        except OSError:
            return False
        finally:
            http.close()

    def writer(self, kind: str, site: Site, env: str) -> Writer:
        return {"client": ClientWriter, "http": HTTPWriter}[kind](site, env)

    def viewer(self, site: Site, env: str) -> Viewer:
        return Page(site, env)

    def warm(self, site: Site) -> None:
        writer = HTTPWriter(site, "warm")
        writer.append_line("w", np.zeros(1), np.zeros(1))
        page = Page(site, "warm")
        page.load()
        page.close()

    def versions(self) -> dict[str, str]:
        return versions_in(PYTHON, "visdom", "jsonpatch", "tornado", "numpy", "requests")


class ClientWriter(Writer):
    """The unmodified package. ``login``: user name and password, for a server that asks."""

    def __init__(self, site: Site, env: str, login: tuple[str, str] | None = None) -> None:
        import logging

        import visdom

        logging.getLogger("visdom").setLevel(logging.ERROR)
        self._vis = visdom.Visdom(
            server="http://127.0.0.1",
            port=site.port,
            env=env,
            use_incoming_socket=False,
            raise_exceptions=True,
            username=login[0] if login else None,
            password=login[1] if login else None,
        )

    def create_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        _expect(self._vis.line(Y=y, X=x, win=win), win)

    def append_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        _expect(self._vis.line(Y=y, X=x, win=win, update="append"), win)

    def put_bulk(self, win: str, data: bytes) -> None:
        raise NotImplementedError("bulk goes by the http writer")

    def count_points(self, win: str) -> int:
        return _points(self._vis.get_window_data(win))


class HTTPWriter(Writer):
    """The bodies that the package sends, over one connection and without the package's own cost."""

    def __init__(self, site: Site, env: str) -> None:
        self._env, self._http = env, HTTP(site.port)
        self._http.request("POST", f"/env/{env}", json.dumps({"eid": env}).encode())

    def create_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        _expect(self._post("/events", self._line(win, x, y, LAYOUT)), win)

    def append_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        _expect(self._post("/update", {**self._line(win, x, y, {}), "name": None, "append": True}), win)

    def put_bulk(self, win: str, data: bytes) -> None:
        source = "data:image/png;base64," + base64.b64encode(data).decode()
        content = {"content": {"src": source, "caption": None}, "type": "image"}
        _expect(self._post("/events", {"data": [content], "win": win, "eid": self._env, "opts": {}}), win)

    def count_points(self, win: str) -> int:
        try:
            return _points(self._post("/win_data", {"win": win, "eid": self._env}))
        except RuntimeError:
            return 0

    def _line(self, win: str, x: np.ndarray, y: np.ndarray, layout: dict) -> dict:
        data = {**TRACE, "x": x.tolist(), "y": y.tolist()}
        return {"data": [data], "win": win, "eid": self._env, "layout": layout, "opts": OPTS}

    def _post(self, path: str, message: dict) -> str:
        status, reply = self._http.request("POST", path, json.dumps(message).encode())
        if status != 200:
            raise RuntimeError(f"{path}: {status} {reply[:200]!r}")
        return reply.decode()


class Page(Viewer):
    """Its page: a websocket for what comes, and a POST with the session's id to open an env."""

    def connect(self) -> WebSocket:
        return WebSocket(self.site.port, "/socket")

    def load(self) -> None:
        while b'"register"' not in (message := self.socket.receive())[:200]:
            pass
        opening = json.dumps({"sid": json.loads(message)["data"]}).encode()
        http = HTTP(self.site.port)
        # As a browser does, it reads its socket without waiting for the answer.
        http.send("POST", f"/env/{self.env}", opening)
        received = []
        while not (len(message := self.socket.receive()) < 40 and b'"layout"' in message):
            received.append(message)
        for message in received:
            if b'"command": "window"' in message[:64] or b'"command":"window"' in message[:64]:
                self.windows += 1
                content = json.loads(message).get("content")
                if isinstance(content, dict):
                    self.points += sum(len(trace["x"]) for trace in content.get("data", []))
        http.close()

    def marks(self, message: bytes) -> np.ndarray:
        return np.array([float(found) for found in A_TIME.findall(message)])


def _expect(reply: Any, wanted: str) -> None:
    if reply != wanted:
        raise RuntimeError(f"the server said {reply!r:.200}")


def _points(window: str) -> int:
    try:
        return sum(len(trace["x"]) for trace in json.loads(window)["content"]["data"])
    except ValueError:
        return 0
