"""Whatever is sent: a clear answer, nothing stored of what was refused, and the server goes on.

One server takes all of it; after each attempt it must still answer, and at the end its log must hold no traceback.
"""

import base64
import json
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import msgpack
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.conftest import StartServer
from tests.support.first_start import FirstStart
from tests.support.server import PASSWORD, Server

pytestmark = pytest.mark.slow

MB = 1024 * 1024
KINDS = [
    "daphne",
    pytest.param(
        "uvicorn", marks=pytest.mark.skipif("not __import__('importlib').util.find_spec('uvicorn')")
    ),
]


@pytest.fixture(scope="module", params=KINDS)
def hardy(
    request: pytest.FixtureRequest, first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server, with a second person on it who has a secret."""
    server = first_start.server(
        tmp_path_factory.mktemp("hardy"), arguments=("--server", request.param)
    ).start()
    for name in ("writer", "other"):
        server.command("user", "create", name, "--password", PASSWORD)
    with server.client("other") as other:
        assert ingest(other, append("secret", y=[1])).status_code == 200
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.fixture
def program(hardy: Server) -> Iterator[httpx.Client]:
    with hardy.client("writer") as client:
        yield client
        assert client.get("/healthz").status_code == 200


@pytest.fixture
def env() -> str:
    return f"bad-{uuid.uuid4().hex[:8]}"


def append(env: str, **more: Any) -> dict:
    return {"do": "trace.append", "env": env, "win": "w", "trace": "t", **more}


def ingest(client: httpx.Client, *commands: Any, **options: Any) -> httpx.Response:
    return client.post(
        "/api/v1/ingest",
        content=msgpack.packb({"c": list(commands)}),
        headers={"Content-Type": "application/msgpack"},
        **options,
    )


def array(values: np.ndarray) -> dict:
    return {"dtype": "f8", "bdata": values.astype("<f8").tobytes()}


COMMANDS = [
    # what is sent, the code, the field that is named, and a word of the reason
    ({"do": "teleport"}, "unknown_command", "do", "teleport"),
    ({"do": None}, "invalid", "do", ""),
    (append("e", y=[1, 2], x=[1]), "invalid", "x", "2"),
    (append("e", y="many"), "invalid", "y", "many"),
    (append("e", y=["1.5"]), "invalid", "y", "1.5"),
    (append("e", y=[[1, 2], [3, 4]]), "invalid", "y", ""),
    (append("e", y={"dtype": "f8", "bdata": b"1234567"}), "invalid", "y", ""),
    (append("e", y={"dtype": "O", "bdata": b"12345678"}), "invalid", "y", ""),
    (append("e", y={"dtype": "f8", "bdata": b"12345678", "shape": [2, 9]}), "invalid", "y", ""),
    (append("e", y=[1], x=["yesterday"]), "invalid", "x", "yesterday"),
    (append("e", y=[True]), "invalid", "y", ""),
    (append("e", y=[1], surprise=2), "invalid", "surprise", "no such field"),
    (append("e", y=[1], trace=7), "invalid", "trace", ""),
    (append("e", y=[1], index=-1, trace=None), "invalid", "index", ""),
    (append("e" * 400, y=[1]), "invalid", "env", "300"),
    (append("e", y=[1], win="w" * 301), "too_large", "win", "300"),
    (append("e", y=[1], win=""), None, None, None),  # an empty key is a key
    (append("a/b/c", y=[1]), "invalid", "env", ""),
    (append("nobody/run", y=[1]), "not_found", None, ""),
    (append("other/secret", y=[1]), "not_found", None, ""),
    (append("e", y=[1], make={"title": "x" * (10 * MB)}), "too_large", "title", "1,000"),
    (append("e", y=array(np.zeros(2_000_001))), "too_large", "y", "2,000,000"),
    ({"do": "window.put", "env": "e", "win": "w", "kind": "hologram"}, "invalid", "kind", "plot"),
    (
        {"do": "window.put", "env": "e", "win": "w", "kind": "plot", "traces": [{"y": [1]}, {"type": []}]},
        "invalid",
        "traces[1].type",
        "text",
    ),
    (append("e", y=[1], make={"trace": {"type": {}}}), "invalid", "make.trace.type", "text"),
    (
        {"do": "window.update", "env": "e", "win": "w", "traces": [{"index": 0, "set": {"type": [1]}}]},
        "invalid",
        "traces[0].set.type",
        "text",
    ),
    (
        {"do": "window.put", "env": "e", "win": "w", "kind": "plot", "title": "x" * (10 * MB)},
        "too_large",
        "title",
        "1,000",
    ),
    (
        {"do": "window.put", "env": "e", "win": "w", "kind": "plot", "layout": {"title": "x" * (10 * MB)}},
        "too_large",
        "layout.title",
        "1,000",
    ),
    (
        {
            "do": "window.update",
            "env": "e",
            "win": "w",
            "layout": {"scene": {"xaxis": {"title": {"text": "x" * 1001}}}},
        },
        "too_large",
        "layout.scene.xaxis.title",
        "1,000",
    ),
    (
        append("e", y=[1], make={"layout": {"yaxis": {"title": "x" * 1001}}}),
        "too_large",
        "layout.yaxis.title",
        "1,000",
    ),
    (
        {"do": "window.put", "env": "e", "win": "w", "kind": "plot", "traces": {"y": [1]}},
        "invalid",
        "traces",
        "list",
    ),
    (
        {"do": "window.put", "env": "e", "win": "w", "kind": "text", "text": "x" * (65 * MB)},
        "too_large",
        "text",
        "",
    ),
    (
        {"do": "window.put", "env": "e", "win": "w", "kind": "plot", "traces": [{"y": [1]}, {"y": "many"}]},
        "invalid",
        "traces[1].y",
        "list",
    ),
    (
        {"do": "trace.put", "env": "e", "win": "w", "trace": {"type": "scatter", "x": 7, "y": [1]}},
        "invalid",
        "trace.x",
        "list",
    ),
    (
        {"do": "metrics.log", "env": "e", "series": {"a": {"step": [1.5], "value": [1]}}},
        "invalid",
        "series.a.step",
        "whole",
    ),
    (
        {"do": "metrics.log", "env": "e", "series": {"a": {"step": [2**60], "value": [1]}}},
        "invalid",
        "series.a.step",
        "2^53",
    ),
    (
        {"do": "metrics.log", "env": "e", "series": {"a": {"step": [1], "value": [1], "time": [1.7e18]}}},
        "invalid",
        "series.a.time",
        "seconds since 1970",
    ),
    (
        {
            "do": "window.put",
            "env": "e",
            "win": "w",
            "kind": "metric",
            "traces": [{"name": "a", "x": [1, 2], "y": [1, 2], "t": [1e9, float("inf")]}],
        },
        "invalid",
        "traces[0].t",
        "seconds since 1970",
    ),
    ({"do": "metrics.log", "env": "e", "series": [1]}, "invalid", "series", ""),
    ({"do": "sample.put", "env": "e", "win": "w", "image": b"no picture"}, "no_image", "image", ""),
    ({"do": "sample.put", "env": "e", "win": "w", "asset": "0" * 64}, "not_found", "asset", ""),
    ({"do": "env.create", "env": "e", "config": {"a": {"b": [1] * 3}}, "tags": "one"}, "invalid", "tags", ""),
    ({"do": "env.rename", "env": "main", "to": "a/b"}, "invalid", "to", ""),
    ("a text", "invalid", None, ""),
    (None, "invalid", None, ""),
    ([1, 2], "invalid", None, ""),
]


@pytest.mark.parametrize("place", range(len(COMMANDS)))
def test_a_bad_command_is_refused_by_name_and_its_siblings_go_in(program: httpx.Client, env: str, place: int):
    command, code, field, word = COMMANDS[place]
    answer = ingest(program, append(env, y=[1]), command, append(env, y=[2]))
    assert answer.status_code == 200
    errors = msgpack.unpackb(answer.content).get("e", [])
    if code is None:
        assert errors == []
    else:
        [[index, error]] = errors
        assert (index, error["code"]) == (1, code), error
        assert error["detail"]
        assert len(error["detail"]) < 500
        if field is not None:
            assert field in error["fields"], error
            assert word.lower() in str(error).lower(), error
    data = program.get(f"/api/v1/envs/writer/{env}/traces/0/data?win=w").json()
    assert data["columns"]["y"] == [1, 2]


#: Refused only once it is known what is there.
TOO_LATE = [
    ({"do": "heatmap.grow", "win": "w", "direction": "replace", "z": [[1]]}, "window_missing"),
    ({"do": "trace.append", "win": "w", "index": 5, "y": [1]}, "trace_missing"),
    ({"do": "env.create", "config": {"a": "x" * (2 * MB)}}, "too_large"),
]


@pytest.mark.parametrize("place", range(len(TOO_LATE)))
def test_an_env_is_not_made_for_a_command_that_is_refused(program: httpx.Client, env: str, place: int):
    command, code = TOO_LATE[place]
    for _ in range(2):
        [[_, error]] = msgpack.unpackb(ingest(program, {**command, "env": env}).content)["e"]
        assert error["code"] == code
        assert program.get(f"/api/v1/envs/writer/{env}").status_code == 404
    answer = ingest(program, {**command, "env": env}, append(env, y=[1]))
    assert [index for index, _ in msgpack.unpackb(answer.content)["e"]] == [0]
    assert program.get(f"/api/v1/envs/writer/{env}/windows").json()["count"] == 1


def test_nan_and_infinities_survive(program: httpx.Client, env: str):
    values = np.array([1.0, np.nan, np.inf, -np.inf])
    assert ingest(program, append(env, y=array(values))).status_code == 200
    raw = program.get(
        f"/api/v1/envs/writer/{env}/traces/0/data?win=w", headers={"Accept": "application/msgpack"}
    )
    column = msgpack.unpackb(raw.content)["columns"]["y"]
    assert np.array_equal(np.frombuffer(column["bdata"], "<f8"), values, equal_nan=True)


def test_json_that_python_writes_may_hold_nan(program: httpx.Client, env: str):
    body = json.dumps({"c": [append(env, y=[1.0, float("nan"), float("-inf")])]})
    assert program.post("/api/v1/ingest", content=body).status_code == 200


def test_two_million_points_in_one_call_are_taken(program: httpx.Client, env: str):
    answer = ingest(program, append(env, y=array(np.arange(2_000_000))))
    assert (answer.status_code, msgpack.unpackb(answer.content)) == (200, {})
    data = program.get(f"/api/v1/envs/writer/{env}/traces/0/data?win=w&width=500").json()
    assert data["count"] == 2_000_000


BODIES = [
    (b"\xc1", "application/msgpack", 400, "malformed"),
    (b"", "application/msgpack", 400, "malformed"),
    (b"\x91" * 100_000, "application/msgpack", 400, "malformed"),
    (b"\xdd\xff\xff\xff\xff", "application/msgpack", 400, "malformed"),
    (b"\xc7\x00\x05", "application/msgpack", 400, "malformed"),
    (b'{"c": [', "application/json", 400, "malformed"),
    (b"[" * 100_000, "application/json", 400, "malformed"),
    (b"\xff\xfe", "application/json", 400, "malformed"),
    (b"[]", "application/json", 400, "malformed"),
    (b'{"c": 7}', "application/json", 400, "invalid"),
    (b'{"c": ["' + b"x" * 100 + b'"], "session": 7}', "application/json", 400, "invalid"),
    (b'{"c": [], "session": "' + b"a" * 32 + b'"}', "application/json", 400, "invalid"),
    (b'{"c": [], "session": "' + b"a" * 32 + b'", "n": -1}', "application/json", 400, "invalid"),
    (
        b'{"c": [], "session": "' + b"a" * 32 + b'", "n": 99999999999999999999}',
        "application/json",
        400,
        "invalid",
    ),
    (json.dumps({"c": [{}] * 10_001}).encode(), "application/json", 413, "too_large"),
    (b"<c/>", "application/xml", 415, "unsupported_media_type"),
]


@pytest.mark.parametrize("place", range(len(BODIES)))
def test_a_body_that_cannot_be_read_is_refused(program: httpx.Client, place: int):
    body, kind, status, code = BODIES[place]
    answer = program.post("/api/v1/ingest", content=body, headers={"Content-Type": kind})
    error = msgpack.unpackb(answer.content) if "msgpack" in answer.headers["content-type"] else answer.json()
    assert (answer.status_code, error["code"]) == (status, code)
    assert len(answer.content) < 1000


def test_nesting_has_an_end(program: httpx.Client, env: str):
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    answer = ingest(program, {"do": "window.put", "env": env, "win": "w", "kind": "plot", "layout": deep})
    [[_, error]] = msgpack.unpackb(answer.content)["e"]
    assert answer.status_code == 400
    [field] = error["fields"]
    assert field.startswith("layout.a.")


def test_who_may_not_write_is_told_so_and_no_more(hardy: Server, env: str):
    expired = hardy.command("token", "create", "--user", "writer", "--name", "brief").stdout.strip()
    with sqlite3.connect(hardy.data_dir / "panewall.sqlite3") as database:
        database.execute(
            "UPDATE accounts_apitoken SET expires_at = '2020-01-01 00:00:00' WHERE name = 'brief'"
        )
    revoked = hardy.command("token", "create", "--user", "owner", "--name", "gone").stdout.strip()
    hardy.command("token", "revoke", revoked)
    unknown = "pw_abcdefgh_" + "x" * 46
    for raw, codes in (
        (None, {"token_missing"}),
        ("nonsense", {"token_unknown"}),
        (unknown, {"token_unknown"}),
        (revoked, {"token_revoked"}),
        (expired, {"token_expired"}),
    ):
        headers = {"Authorization": f"Bearer {raw}"} if raw else {}
        with httpx.Client(base_url=hardy.url, headers=headers) as nobody:
            for answer in (
                ingest(nobody, append(env, y=[1])),
                nobody.post("/api/v1/assets", content=b"x"),
                nobody.get(f"/api/v1/ingest/session/{'a' * 32}"),
            ):
                assert (answer.status_code, answer.json()["code"] in codes) == (401, True), answer.text
            assert nobody.get("/api/v1/envs").status_code == 401
        for path in ("/api/v1/ingest", "/ws/live"):
            with pytest.raises(InvalidStatus) as refused:
                connect(hardy.ws_url + path, additional_headers=headers)
            assert refused.value.response.status_code in (401, 403)
            error = json.loads(refused.value.response.body or b"{}")
            assert refused.value.response.status_code == 401 or error["code"] == "foreign_origin"
    reader = hardy.token(scope="read")
    with httpx.Client(base_url=hardy.url, headers={"Authorization": f"Bearer {reader}"}) as client:
        answer = ingest(client, append(env, y=[1]), append("main", y=[1]))
        assert answer.status_code == 400
        assert {error["code"] for _, error in msgpack.unpackb(answer.content)["e"]} == {"forbidden"}


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/api/v1/ingest", 10**12),
        ("/api/v1/assets", 300 * MB),
        ("/api/v1/envs", 11 * MB),
        ("/accounts/login/", 10**10),
    ],
)
def test_a_body_over_its_limit_is_refused_at_its_header(hardy: Server, path: str, size: int):
    """Only the header is sent; the answer must not wait for the rest."""
    header = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{hardy.port}\r\nAuthorization: Bearer {hardy.token('writer')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", hardy.port), timeout=10) as wire:
        wire.sendall(header.encode())
        answer = read_answer(wire)
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert b'"code":"too_large"' in answer
    assert f"{size:,}".encode() in answer


def test_a_body_that_never_says_its_length_is_cut_off(hardy: Server):
    """Chunks, far beyond the limit of a form."""
    header = (
        f"POST /api/v1/envs HTTP/1.1\r\nHost: 127.0.0.1:{hardy.port}\r\nAuthorization: Bearer {hardy.token('writer')}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"%x\r\n" % MB + b"x" * MB + b"\r\n"
    with socket.create_connection(("127.0.0.1", hardy.port), timeout=10) as wire:
        wire.sendall(header.encode())
        for _ in range(11):
            wire.sendall(chunk)
        answer = read_answer(wire)
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert b'"code":"too_large"' in answer


def read_answer(wire: socket.socket) -> bytes:
    """Header and body of an answer in JSON."""
    answer = b""
    while not answer.endswith(b"}") and (more := wire.recv(65536)):
        answer += more
    return answer


def open_ingest(server: Server, user: str = "writer") -> ClientConnection:
    headers = {"Authorization": f"Bearer {server.token(user)}"}
    return connect(f"{server.ws_url}/api/v1/ingest", additional_headers=headers, compression=None)


def last_word(wire: ClientConnection) -> dict | None:
    """What the server says before it closes; None: nothing."""
    said = None
    try:
        while True:
            said = msgpack.unpackb(wire.recv(timeout=10), strict_map_key=False)
    except ConnectionClosed:
        return said


SESSION = "ab" * 16
FRAMES = [
    (b"\xc1", "malformed"),
    (b"", "malformed"),
    ("a text", "malformed"),
    (msgpack.packb([1]), "malformed"),
    (msgpack.packb({"t": "dance"}), "unknown_message"),
    (msgpack.packb({"t": ["x"]}), "unknown_message"),
    (msgpack.packb({"t": "hello"}), "invalid"),
    (msgpack.packb({"t": "hello", "session": "short"}), "invalid"),
    (msgpack.packb({"t": "batch", "n": 1, "c": []}), "invalid"),
    (msgpack.packb({7: 8}), "unknown_message"),
]


@pytest.mark.parametrize("place", range(len(FRAMES)))
def test_a_frame_that_cannot_be_read_is_answered_and_ends_the_connection(hardy: Server, place: int):
    frame, code = FRAMES[place]
    with open_ingest(hardy) as wire:
        wire.send(frame)
        said = last_word(wire)
    assert said is not None
    assert (said["t"], said["error"]["code"]) == ("error", code)


@pytest.mark.parametrize(
    "batch", [{"n": 0}, {"n": "1"}, {"n": True}, {"n": 1}, {"n": 1, "c": 5}, {"n": 1, "c": [{}] * 10_001}]
)
def test_a_batch_that_is_none_ends_the_connection(hardy: Server, batch: dict):
    with open_ingest(hardy) as wire:
        wire.send(msgpack.packb({"t": "hello", "session": uuid.uuid4().hex}))
        assert msgpack.unpackb(wire.recv(timeout=10))["t"] == "welcome"
        wire.send(msgpack.packb({"t": "batch", **batch}))
        said = last_word(wire)
    assert said is not None
    assert said["error"]["code"] in ("invalid", "too_large")


@pytest.mark.parametrize("path", ["/api/v1/ingest", "/ws/live"])
def test_a_frame_over_the_limit_ends_the_connection(hardy: Server, program: httpx.Client, path: str):
    headers = {"Authorization": f"Bearer {hardy.token('writer')}"}
    with connect(hardy.ws_url + path, additional_headers=headers, compression=None) as wire:
        wire.send(b"x" * (MB + 1))
        last_word(wire)
        assert wire.protocol.close_code == 1009
    assert program.get("/healthz").status_code == 200


LIVE_FRAMES = [
    (b"\xc1", "malformed"),
    ("text", "malformed"),
    (msgpack.packb(7), "invalid"),
    (msgpack.packb({"t": "dance"}), "unknown_message"),
    (msgpack.packb({"t": "sub"}), "invalid"),
    (msgpack.packb({"t": "sub", "env": 5}), "invalid"),
    (msgpack.packb({"t": "ack", "bytes": -1}), "invalid"),
    (msgpack.packb({"t": "ack", "bytes": "many"}), "invalid"),
    (msgpack.packb({"t": "want", "env": 1, "req": 1, "traces": [1], "width": 100}), "not_found"),
]


@pytest.mark.parametrize("place", range(len(LIVE_FRAMES)))
def test_a_page_that_talks_nonsense_is_told_so(hardy: Server, place: int):
    frame, code = LIVE_FRAMES[place]
    headers = {"Authorization": f"Bearer {hardy.token('writer')}"}
    with connect(f"{hardy.ws_url}/ws/live", additional_headers=headers) as wire:
        assert msgpack.unpackb(wire.recv(timeout=10))["t"] == "hello"
        wire.send(frame)
        said = last_word(wire)
    assert said is not None
    assert (said["t"], said["error"]["code"]) == ("error", code)


@pytest.mark.parametrize(
    "name", ["other/secret", "nothing/there", "no-such-env", "a/b/c", "x" * 5000, "nul\x00", ""]
)
def test_an_env_that_cannot_be_watched_is_gone(hardy: Server, name: str):
    headers = {"Authorization": f"Bearer {hardy.token('writer')}"}
    with connect(f"{hardy.ws_url}/ws/live", additional_headers=headers) as wire:
        wire.recv(timeout=10)
        wire.send(msgpack.packb({"t": "sub", "env": name, "width": 100}))
        said = msgpack.unpackb(wire.recv(timeout=10))
        assert said["t"] == "gone"
        assert said["error"]["code"] in ("not_found", "invalid", "too_large")
        assert len(said["error"]["detail"]) < 500
        wire.send(msgpack.packb({"t": "ping", "v": 1}))
        assert msgpack.unpackb(wire.recv(timeout=10)) == {"t": "pong", "v": 1}


@pytest.mark.parametrize("have", [7, {"x": "y"}, {1: 5}, {1: [2**63, 1]}, {1: []}, {1: [-5, -7]}])
def test_what_a_page_claims_to_have_is_not_believed_blindly(
    hardy: Server, program: httpx.Client, env: str, have: Any
):
    ingest(program, append(env, y=[1, 2]))
    headers = {"Authorization": f"Bearer {hardy.token('writer')}"}
    with connect(f"{hardy.ws_url}/ws/live", additional_headers=headers) as wire:
        wire.recv(timeout=10)
        wire.send(msgpack.packb({"t": "sub", "env": env, "rev": 1, "have": have, "width": 100}))
        assert msgpack.unpackb(wire.recv(timeout=10), strict_map_key=False)["t"] == "snap"


def test_json_users_may_send_arrays_as_base64(program: httpx.Client, env: str):
    packed = base64.b64encode(np.array([1.0, 2.0]).tobytes()).decode()
    answer = program.post("/api/v1/ingest", json={"c": [append(env, y={"dtype": "f8", "bdata": packed})]})
    assert answer.status_code == 200


READ_ONLY_DOORS = [
    ("POST", "/api/v1/ingest", {"c": [{"do": "env.create", "env": "new"}]}),
    ("POST", "/api/v1/assets", None),
    ("POST", "/api/v1/envs", {"name": "new"}),
    ("DELETE", "/api/v1/envs/owner/main", None),
    ("POST", "/api/v1/envs/owner/main/clear", None),
    ("PUT", "/api/v1/envs/owner/main/layout", {}),
    ("PUT", "/api/v1/envs/owner/main/views/mine", {"state": {}}),
    ("POST", "/api/v1/envs/owner/main/links", {"name": "x"}),
    ("POST", "/api/v1/tokens", {"name": "x", "scope": "read"}),
]


def test_a_read_only_server_refuses_every_write_and_shows_everything(start_server: StartServer):
    server = start_server()
    token = server.token()
    with server.client() as program:
        ingest(program, append("run", y=[1, 2]))
    server.stop()
    server.arguments = ("--readonly",)
    server.start()
    with server.client() as program:
        for method, path, body in READ_ONLY_DOORS:
            answer = program.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "read_only"), (
                method,
                path,
                answer.text,
            )
        with open_ingest(server, "owner") as wire:
            wire.send(msgpack.packb({"t": "hello", "session": SESSION}))
            assert msgpack.unpackb(wire.recv(timeout=10))["t"] == "welcome"
            wire.send(msgpack.packb({"t": "batch", "n": 1, "c": [append("run", y=[3])]}))
            said = last_word(wire)
            assert said is not None
            assert said["error"]["code"] == "read_only"
        data = program.get("/api/v1/envs/owner/run/traces/0/data?win=w").json()
        assert data["columns"]["y"] == [1, 2]
    with connect(f"{server.ws_url}/ws/live", additional_headers={"Authorization": f"Bearer {token}"}) as wire:
        assert msgpack.unpackb(wire.recv(timeout=10))["readonly"] is True
    assert "Traceback" not in server.log
