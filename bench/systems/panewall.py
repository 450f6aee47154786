"""Panewall: this checkout, on daphne or uvicorn."""

import json
import pathlib
import uuid
from typing import Any

import numpy as np

from ..http import HTTP
from ..websocket import WebSocket
from . import visdom
from .base import Site, System, Viewer, Writer, versions_in

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OWNER, PASSWORD = "bench", "measured, not guessed"
CREATE_POINTS = 40_000
ACKNOWLEDGE_BYTES = 128 * 1024
WIDTH = 1024


class Panewall(System):
    name = "panewall"
    writers = ("client", "http", "socket")
    python = ROOT / ".venv" / "bin" / "python"

    def command(
        self,
        folder: pathlib.Path,
        port: int,
        *,
        profile: pathlib.Path | None = None,
        server: str = "daphne",
        environ: dict[str, str] | None = None,
        **options: Any,
    ) -> tuple[list[str], dict[str, str]]:
        module = ["-m", "bench.profiled", str(profile)] if profile else ["-m", "panewall_server"]
        argv = [
            str(self.python),
            *module,
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--server",
            server,
        ]
        told = {
            "PYTHONUNBUFFERED": "1",
            "PANEWALL_DATA_DIR": str(folder),
            "PANEWALL_CREDENTIALS": str(folder / "credentials.json"),
            "PANEWALL_OWNER": OWNER,
            "PANEWALL_OWNER_PASSWORD": PASSWORD,
        }
        return argv, told | (environ or {})

    def is_ready(self, port: int, log: str) -> bool:
        return "Panewall is ready at" in log

    def site(self, folder: pathlib.Path, port: int) -> Site:
        servers = json.loads((folder / "credentials.json").read_text())["servers"]
        return Site(self.name, port, servers[f"http://127.0.0.1:{port}"]["token"])

    def writer(self, kind: str, site: Site, env: str) -> Writer:
        match kind:
            case "client":
                return ClientWriter(site, env)
            case "http":
                return HTTPWriter(site, env)
            case "socket":
                return SocketWriter(site, env)
            case "unmodified":
                return visdom.ClientWriter(site, env, (OWNER, site.token))
        raise ValueError(kind)

    def viewer(self, site: Site, env: str) -> Viewer:
        return Page(site, env)

    def warm(self, site: Site) -> None:
        writer = SocketWriter(site, "warm")
        writer.append_line("w", np.zeros(1), np.zeros(1))
        page = Page(site, "warm")
        page.load()
        page.close()
        http = HTTP(site.port, headers=bearer(site))
        for path in (
            "/accounts/login/",
            "/api/v1/envs",
            "/api/docs",
            "/api/schema",
            "/admin/login/",
            "/healthz",
        ):
            http.request("GET", path)
        http.close()

    def versions(self) -> dict[str, str]:
        return versions_in(
            self.python, "panewall-server", "panewall", "django", "daphne", "uvicorn", "numpy", "msgpack"
        )


def bearer(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.token}"}


class ClientWriter(Writer):
    """The package ``panewall``: calls return at once, and `flush` waits until all is stored."""

    def __init__(self, site: Site, env: str) -> None:
        import panewall

        self._site, self._env = site, env
        self.vis = panewall.Visdom(server="http://127.0.0.1", port=site.port, env=env, token=site.token)

    def create_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        self.vis.line(Y=y, X=x, win=win)
        self.flush()

    def append_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        self.vis.line(Y=y, X=x, win=win, update="append")

    def put_bulk(self, win: str, data: bytes) -> None:
        self.vis._send(_bulk(self._env, win, data))

    def flush(self) -> None:
        if not self.vis.flush(300):
            raise RuntimeError("what was sent is not stored")

    def count_points(self, win: str) -> int:
        return _count(self._site, self._env, win)


class CommandWriter(Writer):
    """Commands of docs/protocol.md, each acknowledged before the next is sent."""

    def __init__(self, site: Site, env: str) -> None:
        self._site, self._env = site, env

    def create_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        line = {"type": "scatter", "mode": "lines", "name": "1", "x": _typed(x[:10]), "y": _typed(y[:10])}
        self.do({"do": "window.put", "env": self._env, "win": win, "kind": "plot", "traces": [line]})
        for at in range(10, len(x), CREATE_POINTS):
            self.append_line(win, x[at : at + CREATE_POINTS], y[at : at + CREATE_POINTS])

    def append_line(self, win: str, x: np.ndarray, y: np.ndarray) -> None:
        self.do(
            {
                "do": "trace.append",
                "env": self._env,
                "win": win,
                "trace": "1",
                "x": _typed(x),
                "y": _typed(y),
                "make": {"trace": {"type": "scatter", "mode": "lines"}},
            }
        )

    def put_bulk(self, win: str, data: bytes) -> None:
        self.do(
            {
                "do": "window.put",
                "env": self._env,
                "win": win,
                "kind": "plot",
                "traces": _bulk("", "", data)["data"],
            }
        )

    def count_points(self, win: str) -> int:
        return _count(self._site, self._env, win)

    def do(self, command: dict) -> None:
        raise NotImplementedError


class HTTPWriter(CommandWriter):
    """Plain calls of POST /api/v1/ingest, over one connection."""

    def __init__(self, site: Site, env: str) -> None:
        super().__init__(site, env)
        self._http = HTTP(site.port, headers=bearer(site))

    def do(self, command: dict) -> None:
        import msgpack

        body = msgpack.packb({"c": [command]})
        status, reply = self._http.request("POST", "/api/v1/ingest", body, content_type="application/msgpack")
        if status != 200:
            raise RuntimeError(f"{status} {reply[:300]!r}")


class SocketWriter(CommandWriter):
    """Batches of one command over the ingest websocket."""

    def __init__(self, site: Site, env: str) -> None:
        super().__init__(site, env)
        self._socket = WebSocket(site.port, "/api/v1/ingest", headers=bearer(site))
        self._number = 0
        self._say({"t": "hello", "session": uuid.uuid4().hex, "client": "bench"}, "welcome")

    def do(self, command: dict) -> None:
        self._number += 1
        self._say({"t": "batch", "n": self._number, "c": [command]}, "ack")

    def _say(self, message: dict, wanted: str) -> None:
        import msgpack

        self._socket.send(msgpack.packb(message))
        answer = msgpack.unpackb(self._socket.receive())
        if answer["t"] != wanted or answer.get("e"):
            raise RuntimeError(f"the server said {answer!r:.300}")


class Page(Viewer):
    """The live wire as a page speaks it: it subscribes, and acknowledges the bytes it has read."""

    _last: tuple[bytes, dict, np.ndarray] = (b"", {}, np.zeros(0))

    def connect(self) -> WebSocket:
        return WebSocket(self.site.port, "/ws/live", headers=bearer(self.site))

    def load(self) -> None:
        import msgpack

        self._received = self._acknowledged = 0
        self._revision = 0
        self._have: dict[int, tuple[int, int]] = {}
        self._say({"t": "sub", "env": self.env, "width": WIDTH})
        while True:
            data = self.socket.receive()
            self._note(data)
            message = msgpack.unpackb(data, strict_map_key=False)
            if message["t"] == "gone":
                raise RuntimeError(f"the server said {message!r:.300}")
            if message["t"] == "snap":
                self._hold(message)
                for op in message["ops"]:
                    self.windows += op[0] == "w"
                    self.points += op[4] if op[0] == "a" else len(op[3]["pos"]) // 8 if op[0] == "l" else 0
                if message["last"]:
                    return

    def marks(self, message: bytes) -> np.ndarray:
        import msgpack

        # All viewers of an env get the same bytes, mostly one after the other.
        if message == self._last[0]:
            _, frame, marks = self._last
        else:
            frame = msgpack.unpackb(message, strict_map_key=False)
            found = [
                np.frombuffer(op[5]["y"], "<f8")
                if isinstance(op[5]["y"], bytes)
                else np.array(op[5]["y"], "<f8")
                for op in frame.get("ops", [])
                if op[0] == "a"
            ]
            marks = np.concatenate(found) if found else np.zeros(0)
            Page._last = (message, frame, marks)
        self._hold(frame)
        if frame["t"] == "lag":
            self.lags += 1
            self._say(
                {"t": "sub", "env": self.env, "width": WIDTH, "rev": self._revision, "have": self._have}
            )
        return marks

    def _hold(self, frame: dict) -> None:
        """Remember what is held, to say so after a lag."""
        if frame["t"] == "delta":
            self._revision = frame["to"]
        elif frame["t"] == "snap" and frame["last"]:
            self._revision = frame["rev"]
        for op in frame.get("ops", []):
            if op[0] == "a":
                self._have[op[1]] = (op[2], op[3] + op[4])
            elif op[0] == "l":
                self._have[op[1]] = (op[2], op[3]["count"])

    def pump(self) -> list[bytes]:
        messages = self.socket.pump()
        for message in messages:
            self._note(message)
        return messages

    def _note(self, message: bytes) -> None:
        self._received += len(message)
        if self._received - self._acknowledged >= ACKNOWLEDGE_BYTES:
            self._acknowledged = self._received
            self._say({"t": "ack", "bytes": self._received})

    def _say(self, message: dict) -> None:
        import msgpack

        self.socket.send(msgpack.packb(message))


def _typed(values: np.ndarray) -> dict:
    return {"dtype": "f8", "bdata": values.astype("<f8", copy=False).tobytes()}


def _bulk(env: str, win: str, data: bytes) -> dict:
    """visdom's message for a heatmap of these bytes."""
    rows = len(data) // 1000
    z = {"dtype": "u1", "bdata": data[: rows * 1000], "shape": [rows, 1000]}
    return {"data": [{"type": "heatmap", "z": z}], "win": win, "eid": env, "layout": {}, "opts": {}}


def _count(site: Site, env: str, win: str) -> int:
    http = HTTP(site.port, headers=bearer(site))
    status, body = http.request("GET", f"/api/v1/envs/{OWNER}/{env}/windows/{win}")
    http.close()
    if status == 404:
        return 0
    if status != 200:
        raise RuntimeError(f"{status} {body[:300]!r}")
    return sum(trace["count"] for trace in json.loads(body)["traces"])
