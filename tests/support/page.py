"""A page without a screen: keeps what the live wire tells it, exactly as docs/protocol.md says."""

from typing import Any

import msgpack
import numpy as np
from websockets.sync.client import ClientConnection, connect

from tests.support.server import Server

WIDTH = 1024


class Page:
    """One live socket and the state it builds up. ``acknowledge=False`` makes it a page that stops reading."""

    def __init__(self, server: Server, token: str, env: str, *, path: str = "/ws/live") -> None:
        self.server, self.token, self.env_name, self.path = server, token, env, path
        self.env_id = -1
        self.revision: int | None = None
        self.windows: dict[int, dict] = {}
        self.traces: dict[int, dict] = {}
        self.stale: set[int] = set()
        self.lagged = 0
        self.gone: dict | None = None
        self._received = 0
        self._socket: ClientConnection | None = None
        self.open()

    # -- the socket

    def open(self) -> None:
        """Connect, and catch up from what is held."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = self.server.url.replace("http", "ws", 1) + self.path
        self._socket = connect(
            address, additional_headers=headers, max_size=None, compression=None
        ).__enter__()
        self._received = 0
        assert self._read()["t"] == "hello"
        self.subscribe()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def subscribe(self) -> None:
        message: dict[str, Any] = {"t": "sub", "env": self.env_name, "width": WIDTH}
        if self.revision is not None:
            message["rev"] = self.revision
            message["have"] = {i: [t["gen"], t["n"]] for i, t in self.traces.items() if i not in self.stale}
        self._send(message)
        while not self.gone and not self.step().get("last"):
            pass

    def step(self, timeout: float = 20) -> dict:
        """Take one frame in."""
        message = self._read(timeout)
        self._send({"t": "ack", "bytes": self._received})
        match message["t"]:
            case "snap":
                if message["full"] and message["part"] == 0:
                    self.windows, self.traces, self.stale = {}, {}, set()
                self.env_id = message["env"]
                self._apply(message["ops"])
                if message["last"]:
                    self.revision = message["rev"]
            case "delta":
                self._apply(message["ops"])
                self.revision = max(self.revision or 0, message["to"])
            case "data":
                self._apply(message["ops"])
            case "lag":
                self.lagged += 1
                self.subscribe()
            case "gone":
                self.gone = message["error"]
        return message

    def settle(self, revision: int) -> "Page":
        """Read until the env's revision is there, then fetch what is stale, as a page with all panes in sight does."""
        while (self.revision or 0) < revision:
            self.step()
        # A raw line may have grown beyond what a fresh request would send whole.
        self.stale |= {
            i
            for i, t in self.traces.items()
            if t["n"] > 4 * WIDTH and t.get("monotone") and "thinned" not in t
        }
        while self.stale:
            self._send(
                {"t": "want", "env": self.env_id, "req": 1, "traces": sorted(self.stale), "width": WIDTH}
            )
            while self.step()["t"] != "data":
                pass
        return self

    def _send(self, message: dict) -> None:
        assert self._socket is not None
        self._socket.send(msgpack.packb(message))

    def _read(self, timeout: float = 20) -> dict:
        assert self._socket is not None
        data = self._socket.recv(timeout=timeout)
        assert isinstance(data, bytes)
        self._received += len(data)
        return msgpack.unpackb(data, strict_map_key=False)

    # -- the state

    def _apply(self, ops: list) -> None:
        for op in ops:
            getattr(self, f"_on_{op[0]}")(*op[1:])

    def _on_e(self, env: dict) -> None:
        pass

    def _on_w(self, window: int, look: dict) -> None:
        look = dict(look)
        old = self.windows.get(window, {"traces": []})
        heads = {head["id"]: head for head in look["traces"]}
        for gone in {head["id"] for head in old["traces"]} - set(heads):
            self.traces.pop(gone, None)
            self.stale.discard(gone)
        for trace, head in heads.items():
            known = self.traces.get(trace)
            if known is None or known["gen"] != head["gen"]:
                self.traces[trace] = {"gen": head["gen"], "n": 0, "columns": {}}
            if head["count"] > self.traces[trace]["n"]:
                self.stale.add(trace)
        self.windows[window] = look

    def _on_x(self, window: int, key: str) -> None:
        look = self.windows.pop(window, None)
        for head in look["traces"] if look else []:
            self.traces.pop(head["id"], None)
            self.stale.discard(head["id"])

    def _on_a(self, trace: int, gen: int, offset: int, n: int, columns: dict, monotone: bool) -> None:
        held = self.traces.get(trace)
        if held is None or gen < held["gen"]:
            return
        if "thinned" in held or offset > held["n"]:
            if offset == 0:
                held.pop("thinned", None)
                held["n"], held["columns"] = 0, {}
            else:
                if offset + n != held["n"] or gen != held["gen"]:
                    self.stale.add(trace)
                held["gen"] = gen
                return
        for name, value in columns.items():
            new = np.frombuffer(value, "<f8").tolist() if isinstance(value, bytes) else value
            old = held["columns"].get(name, [float("nan")] * held["n"])
            held["columns"][name] = old[:offset] + new
        held["gen"], held["n"], held["monotone"] = gen, offset + n, monotone
        self.stale.discard(trace)

    def _on_g(self, trace: int, gen: int, count: int) -> None:
        held = self.traces.get(trace)
        if held is not None and gen >= held["gen"] and (gen, count) != (held["gen"], held["n"]):
            self.stale.add(trace)

    def _on_l(self, trace: int, gen: int, thinned: dict) -> None:
        held = self.traces.get(trace)
        if held is not None:
            self.traces[trace] = {"gen": gen, "n": thinned["count"], "columns": {}, "thinned": thinned}
            self.stale.discard(trace)

    def _on_s(self, window: int, sample: dict) -> None:
        look = self.windows.get(window)
        if look is None:
            return
        kept = (look.get("content") or {}).get("samples", [])
        if sample["replace"] or (kept and kept[0]["step"] < sample["step"]):
            kept = []
        if kept and kept[0]["step"] > sample["step"]:
            return
        kept = [s for s in kept if s["index"] != sample["index"]]
        shown = {name: value for name, value in sample.items() if name != "replace"}
        look["content"] = {"samples": sorted([*kept, shown], key=lambda s: s["index"])}

    def picture(self) -> dict:
        """What the page shows, to compare with another's: addresses that are signed anew each time left out."""
        windows = {}
        for window, look in self.windows.items():
            content = dict(look["content"] or {})
            content.pop("url", None)
            heads = [
                {k: v for k, v in h.items() if k not in ("count", "gen", "monotone")} for h in look["traces"]
            ]
            shown = {k: v for k, v in look.items() if k != "rev"}
            windows[window] = {**shown, "content": content, "traces": heads}
        traces = {i: {k: str(v) for k, v in t.items() if k != "monotone"} for i, t in self.traces.items()}
        return {"windows": windows, "traces": traces}
