"""Changed rights reach a running server: made on the command line, seen at its doors within a second."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgpack
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.server import OWNER, PASSWORD, Server
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow
SOON_S = 3  # promised is one; a busy machine gets some more


@pytest.fixture
def person(server: Server, request: pytest.FixtureRequest) -> str:
    """A person of this test's own, on the shared server."""
    name = re.sub(r"\W", "_", request.node.name)[:100]
    server.command("user", "create", name, "--password", PASSWORD)
    return name


@contextmanager
def signed_in(server: Server, username: str = OWNER) -> Iterator[httpx.Client]:
    """A browser with that person's session."""
    with httpx.Client(base_url=server.url, timeout=30) as browser:
        page = browser.get("/accounts/login/")
        form = {"login": username, "password": PASSWORD, "csrfmiddlewaretoken": form_token(page.text)}
        answer = browser.post("/accounts/login/", data=form)
        assert answer.status_code == 302, answer.text
        yield browser


def form_token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


def live_socket(server: Server, browser: httpx.Client) -> ClientConnection:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return connect(f"{server.ws_url}/ws/live", origin=server.url, additional_headers={"Cookie": cookies})  # type: ignore[arg-type]


def closes_soon(socket: ClientConnection) -> bool:
    """Whether the server closes the socket, or says that the env is gone, in the time it has."""
    deadline = time.monotonic() + SOON_S
    try:
        while (left := deadline - time.monotonic()) > 0:
            frame = socket.recv(timeout=left)
            if isinstance(frame, bytes) and msgpack.unpackb(frame, strict_map_key=False)["t"] == "gone":
                return True
    except ConnectionClosed:
        return True
    except TimeoutError:
        pass
    return False


def me(server: Server, raw: str) -> int:
    return httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {raw}"}).status_code


def test_a_revoked_token_is_refused_everywhere(server: Server, person: str):
    raw = server.command("token", "create", "--user", person).stdout.strip()
    assert me(server, raw) == 200
    server.command("token", "revoke", raw)
    wait_for(lambda: me(server, raw) == 401, what="the token to be refused", timeout_s=SOON_S)
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{server.ws_url}/api/v1/ingest", additional_headers={"Authorization": f"Bearer {raw}"})
    assert refused.value.response.status_code in {401, 403}


def test_a_revoked_token_stops_a_program_that_is_connected(server: Server, person: str):
    raw = server.command("token", "create", "--user", person).stdout.strip()
    with connect(
        f"{server.ws_url}/api/v1/ingest", additional_headers={"Authorization": f"Bearer {raw}"}
    ) as program:

        def ask(message: dict) -> dict:
            program.send(msgpack.packb(message))
            return msgpack.unpackb(program.recv(timeout=10), strict_map_key=False)

        assert ask({"t": "hello", "session": "ab" * 16, "client": "test"})["t"] == "welcome"
        batch = [{"do": "env.create", "env": "main"}]
        assert ask({"t": "batch", "n": 1, "c": batch}) == {"t": "ack", "n": 1}
        server.command("token", "revoke", raw)
        number = iter(range(2, 10_000))

        def is_refused() -> bool:
            try:
                return "e" in ask({"t": "batch", "n": next(number), "c": batch})
            except ConnectionClosed:
                return True

        wait_for(is_refused, what="a refused batch", timeout_s=SOON_S)


def test_signing_everybody_out_closes_pages_and_their_sockets(start_server):
    server = start_server()
    with signed_in(server) as browser:
        with live_socket(server, browser) as page:
            page.recv(timeout=10)  # hello
            server.command("sessions", "end-all")
            assert closes_soon(page)
        assert browser.get("/").status_code == 302


def test_who_leaves_a_team_stops_seeing_its_envs(server: Server, person: str):
    team = f"{person}_team"
    server.command("workspace", "create", team, "--manager", OWNER)
    server.command("workspace", "add-member", team, person, "--role", "viewer")
    with server.client() as owner:
        assert owner.post("/api/v1/envs", json={"workspace": team, "name": "run"}).status_code == 201
    with signed_in(server, person) as browser, live_socket(server, browser) as page:
        page.send(msgpack.packb({"t": "sub", "env": f"{team}/run", "width": 100}))
        kinds = [msgpack.unpackb(page.recv(timeout=10), strict_map_key=False)["t"] for _ in range(2)]
        assert kinds == ["hello", "snap"]
        server.command("workspace", "remove-member", team, person)
        assert closes_soon(page), server.log


def test_a_revoked_share_link_closes_the_page_it_shows(server: Server, person: str):
    raw = server.command("token", "create", "--user", person, "--scope", "admin").stdout.strip()
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {raw}"}) as owner:
        made = owner.post(f"/api/v1/envs/{person}/main/links", json={"name": "x"})
        assert made.status_code == 201, made.text
        path = httpx.URL(made.json()["url"]).path
        assert httpx.get(server.url + path).status_code == 200
        with connect(f"{server.ws_url}{path}ws/live") as visitor:
            visitor.send(msgpack.packb({"t": "sub", "env": f"{person}/main", "width": 100}))
            visitor.recv(timeout=10)
            assert owner.delete(f"/api/v1/envs/{person}/main/links/{made.json()['id']}").status_code == 204
            assert closes_soon(visitor)
    assert httpx.get(server.url + path).status_code == 404


def test_the_first_start_prints_a_link_that_signs_the_owner_in_once(start_server):
    server = start_server(is_first=True, environ={"PANEWALL_OWNER_PASSWORD": ""})
    assert server.sign_in_link is not None
    with httpx.Client(base_url=server.url) as browser:
        for _ in range(2):
            page = browser.get(server.sign_in_link)
            assert page.status_code == 200
        answer = browser.post(server.sign_in_link, data={"csrfmiddlewaretoken": form_token(page.text)})
        assert answer.status_code == 302
        assert OWNER in browser.get("/").text
    assert httpx.get(server.sign_in_link).status_code == 404
