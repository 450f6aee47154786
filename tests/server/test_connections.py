"""Requests as they arrive on the wire: in one piece or in many, one after the other, plain or odd. Whichever way the server takes
inside, the answers are the same.
"""

import json
import socket
import uuid
from collections.abc import Iterator

import httpx
import msgpack
import pytest

from tests.support import sounds
from tests.support.answers import Answers
from tests.support.first_start import FirstStart
from tests.support.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(
    request: pytest.FixtureRequest, first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    if request.param == "uvicorn":
        pytest.importorskip("uvicorn")
    server = first_start.server(
        tmp_path_factory.mktemp("pieces"), arguments=("--server", request.param)
    ).start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.fixture
def wire(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        yield wire


def append(server: Server, env: str, y: float, *extra: str, drop: tuple[str, ...] = ()) -> bytes:
    """One append as bytes; ``drop`` leaves headers out, ``extra`` are further lines."""
    body = json.dumps(
        {"c": [{"do": "trace.append", "env": env, "win": "w", "trace": "a", "y": [y]}]}
    ).encode()
    lines = {
        "Host": f"127.0.0.1:{server.port}",
        "Authorization": f"Bearer {server.token()}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    kept = [f"{name}: {value}" for name, value in lines.items() if name not in drop]
    head = "\r\n".join(["POST /api/v1/ingest HTTP/1.1", *kept, *extra, "", ""])
    return head.encode() + body


def points(server: Server, env: str) -> list[float]:
    with server.client() as owner:
        return owner.get(f"/api/v1/envs/owner/{env}/traces/0/data?win=w").json()["columns"]["y"]


@pytest.fixture
def env() -> str:
    return f"env-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize(
    "cuts",
    [(), (10,), ("head",), ("head", "byte"), (1, 2, 3, "head")],
    ids=["whole", "line", "head", "both", "bits"],
)
def test_a_request_may_come_in_pieces(server, wire, env, cuts):
    answers = Answers(wire)
    for y in (1.0, 2.0, 3.0):
        request = append(server, env, y)
        head = request.index(b"\r\n\r\n") + 4
        places = [{"head": head, "byte": head + 1}.get(cut, cut) for cut in cuts]
        for start, stop in zip([0, *places], [*places, len(request)], strict=True):
            wire.sendall(request[start:stop])
        assert answers.next()[0] == 200
    assert points(server, env) == [1, 2, 3]


def test_requests_sent_ahead_are_answered_in_their_order(server, wire, env):
    question = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    wire.sendall(b"".join([append(server, env, float(y)) for y in range(200)] + [question]))
    answers = Answers(wire)
    assert [answers.next()[0] for _ in range(200)] == [200] * 200
    assert answers.next() == (200, b'{"status":"ok"}')
    assert points(server, env) == list(range(200))


def test_ways_mix_on_one_connection(server, wire, env):
    """Chunked bodies and questions first of 100 go the long way, plain ones the short way."""
    chunked = append(server, env, 2.0, "Transfer-Encoding: chunked", drop=("Content-Length",))
    head, _, body = chunked.partition(b"\r\n\r\n")
    chunked = head + b"\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    answers = Answers(wire)
    for request in (
        append(server, env, 1.0),
        chunked,
        append(server, env, 3.0),
        append(server, env, 4.0, "Expect: 100-continue"),
        append(server, env, 5.0),
    ):
        wire.sendall(request)
        assert answers.next()[0] == 200
    assert points(server, env) == [1, 2, 3, 4, 5]


def test_files_are_sent_one_after_the_other_whichever_way_each_of_them_takes(server, wire, env):
    """Whole ones that are there go the short way; parts, what is missing and pages go the long one."""
    with server.client() as owner:
        put = {"do": "sample.put", "env": env, "win": "w", "image": sounds.png()}
        said = owner.post(
            "/api/v1/ingest",
            content=msgpack.packb({"c": [put]}),
            headers={"Content-Type": "application/msgpack"},
        )
        assert said.status_code == 200
        url = owner.get(f"/api/v1/envs/owner/{env}/samples?win=w").json()["results"][0]["url"]
        link = owner.post(f"/api/v1/envs/owner/{env}/links", json={"name": "x"}).json()["url"]
    file = f"{httpx.URL(link).path.rstrip('/')}/{url}"
    missing = file[:-1] + ("0" if file[-1] != "0" else "1")
    asked = [
        (file, "", 200),
        (file, "Range: bytes=1-3\r\n", 206),
        (file, "", 200),
        (missing, "", 404),
        (f"{file}?x=1", "", 200),
        (f"{file}/w320", "", 200),
        (f"{file}/w99", "", 404),
        ("/healthz", "", 200),
        (file, "", 200),
    ]
    questions = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{extra}\r\n".encode()
        for path, extra, _ in asked
    ]
    answers = Answers(wire)
    for question, (_, _, status) in zip(questions, asked, strict=True):
        wire.sendall(question)
        said, body = answers.next()
        assert said == status
        assert status != 200 or body == sounds.png() or body == b'{"status":"ok"}'
    wire.sendall(b"".join([*questions, append(server, f"{env}-points", 1.0), *questions]))
    statuses = [status for _, _, status in asked]
    assert [answers.next()[0] for _ in range(2 * len(asked) + 1)] == [*statuses, 200, *statuses]


@pytest.mark.parametrize(
    ("extra", "drop"),
    [
        (("Content-Length: 5",), ()),
        (("Content-Length: -1",), ("Content-Length",)),
        (("Bad Name: x",), ()),
        (("Value: a\x00b",), ()),
    ],
    ids=["two lengths", "a negative length", "no name", "a NUL"],
)
def test_malformed_heads_are_refused_and_nothing_is_stored(server, wire, env, extra, drop):
    wire.sendall(append(server, env, 1.0, *extra, drop=drop))
    assert wire.recv(65536).startswith(b"HTTP/1.1 400")
    with server.client() as owner:
        assert owner.get(f"/api/v1/envs/owner/{env}").status_code == 404


def test_a_client_that_wants_the_connection_closed_gets_its_answer_and_the_end(server, wire, env):
    wire.sendall(append(server, env, 1.0, "Connection: close"))
    said = b""
    while part := wire.recv(65536):
        said += part
    assert said.startswith(b"HTTP/1.1 200")
    assert points(server, env) == [1]


def test_whoever_leaves_before_the_answer_is_stored_all_the_same(server, env):
    for y in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
            wire.sendall(append(server, env, float(y)))
            if y == 19:
                assert Answers(wire).next()[0] == 200
    assert points(server, env)[-1] == 19
