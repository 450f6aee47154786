"""What the load-making processes do for the workload `compare`: envs with titled windows, and pages that compare them."""

import json
import time
from typing import Any

from .http import HTTP
from .loads import Load, told, walk, writer_for
from .systems import Site
from .systems.panewall import Page as PanewallPage
from .systems.visdom import LAYOUT, OPTS
from .systems.visdom import Page as VisdomPage

#: As the page of a comparison asks.
WIDTH = 256


def titled(site: dict, kind: str, envs: list[str], count: int, points: int) -> Load:
    """Makes the same windows in each env: one line each, under titles that pair."""
    for number, env in enumerate(envs):
        writer: Any = writer_for(site, kind, env)
        for i in range(count):
            x, y = walk(points, 1000 * number + i)
            win, title = f"w{i}", f"title {i}"
            if site["system"] == "visdom":
                line = writer._line(win, x, y, {**LAYOUT, "title": title})
                writer._post("/events", {**line, "opts": {**OPTS, "title": title}})
            else:
                writer.create_line(win, x, y)
                writer.do({"do": "window.update", "env": env, "win": win, "title": title})
        writer.flush()
    yield {}
    return {}


def comparer(site: dict) -> Load:
    """Each order {envs} opens a page and compares them, answered when all has come."""
    order = yield {}
    while order:
        page = page_for(site, order["envs"])
        began = time.perf_counter()
        page.load()
        answer = {"took_s": time.perf_counter() - began, "windows": page.windows, "points": page.points}
        answer["bytes"] = page.socket.bytes_in
        page.close()
        order = yield answer
    return {}


def onlooker(site: dict, envs: list[str]) -> Load:
    """Order {open}: compares the envs. Order {watch}: reads what comes until the next order. Order {close}."""
    page: Any = None
    order = yield {}
    while order:
        messages = 0
        if "open" in order:
            page = page_for(site, envs)
            page.load()
        elif "watch" in order:
            while not told():
                messages += len(page.pump())
        else:
            page.close()
        order = yield {"messages": messages}
    return {}


def page_for(site: dict, envs: list[str]) -> Any:
    kind = VisdomComparison if site["system"] == "visdom" else PanewallComparison
    return kind(Site(**site), envs)


class PanewallComparison(PanewallPage):
    def __init__(self, site: Site, envs: list[str]) -> None:
        self._envs = envs
        super().__init__(site, "+".join(envs))

    def load(self) -> None:
        import msgpack

        self._received = self._acknowledged = 0
        self._have = {}
        self.windows = self.points = 0
        self._say({"t": "compare", "envs": self._envs, "width": WIDTH})
        while True:
            data = self.socket.receive()
            self._note(data)
            message = msgpack.unpackb(data, strict_map_key=False)
            if message["t"] == "gone":
                raise RuntimeError(f"the server said {message!r:.300}")
            if message["t"] == "snap":
                for op in message["ops"]:
                    self.windows += op[0] == "w" and op[2]["kind"] == "plot"
                    self.points += op[4] if op[0] == "a" else len(op[3]["pos"]) // 8 if op[0] == "l" else 0
                if message["last"]:
                    return


class VisdomComparison(VisdomPage):
    def __init__(self, site: Site, envs: list[str]) -> None:
        self._envs = envs
        super().__init__(site, "+".join(envs))

    def load(self) -> None:
        while b'"register"' not in (message := self.socket.receive())[:200]:
            pass
        http = HTTP(self.site.port)
        # As a browser does, it reads its socket without waiting for the answer.
        http.send("POST", f"/compare/{self.env}", json.dumps({"sid": json.loads(message)["data"]}).encode())
        received = []
        while not (len(message := self.socket.receive()) < 40 and b'"layout"' in message):
            received.append(message)
        for message in received:
            if b'"window"' in message[:64]:
                content = json.loads(message).get("content")
                self.windows += isinstance(content, dict)
                if isinstance(content, dict):
                    self.points += sum(len(trace["x"]) for trace in content.get("data", []))
        http.close()


LOADS = {load.__name__: load for load in (titled, comparer, onlooker)}
