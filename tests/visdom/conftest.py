"""The unmodified visdom client from PyPI, and the bare requests it sends, against a running server."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from tests.support.first_start import FirstStart
from tests.support.server import OWNER, Server

MISSING = "visdom's client is not installed: `make setup` brings it"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The client is of 2023; what it does with today's Python is no fault of ours."""
    for item in items:
        if "tests/visdom/" in str(item.path):
            for message in ("The 'warn' method is deprecated", "unclosed"):
                item.add_marker(pytest.mark.filterwarnings(f"ignore:{message}"))


@pytest.fixture
def env() -> str:
    """An env of the test's own."""
    return f"env{next(_numbers)}"


@pytest.fixture(scope="session")
def open_wall(first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server below /wall that trusts programs of its own machine."""
    environ = {"PANEWALL_OPEN_LOCAL": "true", "PANEWALL_BASE_URL": "/wall"}
    shared = first_start.server(tmp_path_factory.mktemp("open-wall"), environ=environ).start()
    yield shared
    shared.stop()


@dataclass
class Wire:
    """Bare requests, as the client sends them: JSON without saying so."""

    http: httpx.Client
    env: str
    log: list[httpx.Response] = field(default_factory=list)

    def post(self, path: str, message: Any = None, **more: Any) -> httpx.Response:
        body = {} if message is None else message
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.http.post(path, content=content, **more)
        self.log.append(answer)
        return answer

    def say(self, path: str, **message: Any) -> str:
        """The body of an answer that must be 200."""
        answer = self.post(path, {"eid": self.env, **message})
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.text

    def line(self, win: str, y: list, x: list | None = None, name: str = "1", **more: Any) -> str:
        return self.say("/events", win=win, data=[trace(y, x, name)], layout={}, **more)

    def append(self, win: str, y: list, x: list | None = None, **more: Any) -> str:
        message = {"data": [trace(y, x)], "layout": {}, "opts": {}, "name": None, "append": True, **more}
        return self.say("/update", win=win, **message)

    def window(self, win: str) -> dict:
        return json.loads(self.say("/win_data", win=win))

    def traces(self, win: str) -> list[dict]:
        return self.window(win)["content"]["data"]

    def points(self, win: str) -> dict[str, list[tuple]]:
        """{name: [(x, y), …]} of a plot."""
        return {t["name"]: list(zip(t["x"], t["y"], strict=True)) for t in self.traces(win)}


def trace(y: list, x: list | None = None, name: str = "1", **more: Any) -> dict:
    """A line as the client makes it."""
    return {
        "x": list(range(len(y))) if x is None else x,
        "y": y,
        "name": name,
        "type": "scatter",
        "mode": "lines",
        "textposition": "right",
        "line": {},
        "marker": {"size": 10, "symbol": "dot", "line": {"color": "#000000", "width": 0.5}},
        **more,
    }


@pytest.fixture(scope="session")
def log_in(server: Server) -> Callable[..., httpx.Client]:
    """``log_in(user)``: an HTTP client with the wire's cookie, as the visdom client gets it."""
    return lambda user=OWNER, scope="admin", on=server: logged_in(on, on.token(user, scope=scope), user)


def logged_in(server: Server, token: str, user: str = OWNER) -> httpx.Client:
    import hashlib

    client = httpx.Client(base_url=server.url, timeout=30, headers={"Accept": "*/*"})
    digest = hashlib.sha256(token.encode()).hexdigest()
    answer = client.post("/", json={"username": user, "password": digest})
    assert (answer.status_code, answer.text) == (200, "")
    assert "user_password" in client.cookies
    return client


@pytest.fixture(scope="session")
def http(log_in: Callable[..., httpx.Client]) -> Iterator[httpx.Client]:
    client = log_in()
    yield client
    client.close()


@pytest.fixture
def wire(http: httpx.Client, env: str) -> Wire:
    """The owner's requests, about an env of the test's own, which is there."""
    made = Wire(http, env)
    assert made.say(f"/env/{env}") == ""
    return made


def connect(server: Server, **options: Any) -> Any:
    """The unmodified client, logged in as the owner."""
    if find_spec("visdom") is None:
        pytest.skip(MISSING)
    import visdom

    options = {"username": OWNER, "password": server.token(), "raise_exceptions": True, **options}
    return visdom.Visdom(server="http://127.0.0.1", port=server.port, **options)


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[Any]:
    """One client for all tests, with its socket."""
    made = connect(server)
    yield made
    made.use_socket = False
    made.session.close()


@pytest.fixture
def vis(client: Any, env: str) -> Any:
    """The client, whose calls go to the test's own env."""
    client.env = env
    client._send({"eid": env}, endpoint=f"env/{env}")
    return client
