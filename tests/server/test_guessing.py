"""Who sends unknown tokens is slowed at every door together, and nobody else is."""

import hashlib
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from apps.accounts.guessing import Guesses
from apps.accounts.tokens import new_raw_token
from tests.support.server import OWNER, Server


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind a proxy, so that a test can come from any address."""
    server = Server(tmp_path_factory.mktemp("guarded"), environ={"PANEWALL_TRUSTED_PROXIES": "1"}).start()
    yield server
    server.stop()


#: One for all, as to make a client for each request takes longer than to answer it.
HTTP = httpx.Client(trust_env=False)


def by_header(method: str, path: str, **body: object) -> Callable[[Server, str, str], httpx.Response]:
    def ask(server: Server, token: str, address: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        HTTP.cookies.clear()
        return HTTP.request(method, server.url + path, headers=headers, **body)

    return ask


def by_socket(path: str) -> Callable[[Server, str, str], httpx.Response]:
    def ask(server: Server, token: str, address: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        address_of_socket = server.url.replace("http", "ws", 1) + path
        try:
            with connect(address_of_socket, additional_headers=headers, proxy=None):
                return httpx.Response(200)
        except InvalidStatus as refused:
            return httpx.Response(refused.response.status_code, json=json.loads(refused.response.body))

    return ask


def by_cookie(server: Server, token: str, address: str) -> httpx.Response:
    """The wire's cookie; a good one comes of logging in."""
    headers = {"X-Forwarded-For": address}
    answer = by_log_in(server, token, address)
    cookie = answer.cookies.get("user_password") or f"1.{hashlib.sha256(token.encode()).hexdigest()}"
    return HTTP.post(
        f"{server.url}/env_state", json={}, headers={**headers, "Cookie": f"user_password={cookie}"}
    )


def by_log_in(server: Server, token: str, address: str) -> httpx.Response:
    said = {"username": OWNER, "password": hashlib.sha256(token.encode()).hexdigest()}
    HTTP.cookies.clear()
    return HTTP.post(f"{server.url}/", json=said, headers={"X-Forwarded-For": address})


COMMANDS = {"commands": [{"do": "env.create", "env": "guarded"}]}
DOORS = {
    "REST": by_header("GET", "/api/v1/me"),
    "ingest": by_header("POST", "/api/v1/ingest", json=COMMANDS),
    "a session": by_header("GET", f"/api/v1/ingest/session/{'0' * 32}"),
    "assets": by_header("POST", "/api/v1/assets", content=b"hello"),
    "events": by_header("POST", "/api/v1/events"),
    "the wire": by_header("POST", "/env_state", json={}),
    "the ingest socket": by_socket("/api/v1/ingest"),
    "the live socket": by_socket("/ws/live"),
    "the wire's cookie": by_cookie,
    "the wire's log-in": by_log_in,
}


def guess(server: Server, door: str, address: str) -> list[httpx.Response]:
    """What unknown tokens are answered at a door until one is slowed. Each second forgives one of them."""
    answers: list[httpx.Response] = []
    while not answers or (answers[-1].status_code != 429 and len(answers) < 20 * Guesses.AT_ONCE):
        answers.append(DOORS[door](server, new_raw_token(), address))
    return answers


@pytest.mark.parametrize("door", DOORS)
def test_guesses_at_one_door_count_at_all_and_a_running_program_goes_on(guarded: Server, door: str):
    number = list(DOORS).index(door)
    ask, address, running = DOORS[door], f"10.1.0.{number}", guarded.token()
    assert ask(guarded, running, address).status_code not in (401, 429)
    guess(guarded, "REST", address)
    few = guess(guarded, door, address)
    assert len(few) < Guesses.AT_ONCE / 2
    assert "unknown tokens came from this address" in few[-1].text
    if "socket" not in door:  # a refused handshake has only its body to say more
        assert 1 <= int(few[-1].headers["Retry-After"]) <= Guesses.AT_ONCE
    assert ask(guarded, running, address).status_code not in (401, 429)
    assert ask(guarded, new_raw_token(), f"10.2.0.{number}").status_code in (400, 401)


@pytest.mark.parametrize("door", DOORS)
def test_guesses_at_each_door_are_counted(guarded: Server, door: str):
    answers = guess(guarded, door, f"10.3.0.{list(DOORS).index(door)}")
    assert len(answers) > Guesses.AT_ONCE / 2  # to log in and show its cookie are two
    assert answers[-1].status_code == 429
    assert {answer.status_code for answer in answers[:-1]} <= {400, 401}
