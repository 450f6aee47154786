"""Large files over HTTP: hashed and written while they arrive, stored once, whole or not at all."""

import hashlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import StartServer
from tests.support import sounds
from tests.support.answers import Answers
from tests.support.server import Server
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow
MB = 1024 * 1024


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if request.param == "uvicorn":
        pytest.importorskip("uvicorn")
    server = Server(
        tmp_path_factory.mktemp("uploads"),
        environ={"PANEWALL_WORKER": "none"},
        arguments=("--server", request.param),
    ).start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.fixture
def program(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def recording(size: int) -> bytes:
    """A sound of so many bytes, unlike any other."""
    return sounds.wav()[:40] + struct.pack("<I", size - 44) + os.urandom(size - 44)


def files(server: Server) -> list[Path]:
    return [path for path in Path(server.data_dir).glob("files/assets/*/*") if path.is_file()]


def head(server: Server, size: int, *, token: str | None = None) -> bytes:
    lines = [
        "POST /api/v1/assets HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {token or server.token()}",
        f"Content-Length: {size}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("size", [1000, 300 * 1024, MB, 5 * MB + 7])
def test_a_file_is_what_was_sent_whatever_its_size(server, program, size):
    data = recording(size)
    sha256 = hashlib.sha256(data).hexdigest()
    made = program.post("/api/v1/assets", content=data)
    assert (made.status_code, made.json()["asset"]) == (201, sha256)
    assert made.json()["content_type"] == "audio/wav"
    before = files(server)
    again = program.post("/api/v1/assets", content=iter([data[:10], data[10:-1], data[-1:]]))
    assert again.json() == made.json()
    assert files(server) == before, "the same bytes lie there once"
    (path,) = (path for path in before if path.name == sha256)
    assert path.read_bytes() == data


def test_what_is_no_file_that_is_taken_is_refused_and_nothing_of_it_stays(server, program):
    before = files(server)
    for data, status in (
        (b"MZ" + os.urandom(3 * MB), 400),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(3 * MB), 400),
        (b"GIF89a" + bytes(21 * MB), 413),
        (sounds.mp4(b"heic") + bytes(2 * MB), 400),
    ):
        answer = program.post("/api/v1/assets", content=data)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), answer.text
    assert files(server) == before


def test_a_file_that_breaks_off_leaves_nothing(server):
    before = files(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(head(server, 8 * MB) + recording(8 * MB)[: 5 * MB])
        wait_for(lambda: len(files(server)) > len(before), what="the file on its way")
    wait_for(lambda: files(server) == before, what="nothing of it")


def test_who_may_not_send_hears_so_after_the_file_and_the_connection_goes_on(server):
    if "uvicorn" in server.arguments:
        pytest.skip("uvicorn answers at once, and ends the connection")
    reader = server.token(scope="read")
    question = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        for token, status in ((reader, 403), ("nonsense", 401)):
            wire.sendall(head(server, 6 * MB, token=token) + bytes(6 * MB))
            answers = Answers(wire)
            assert answers.next()[0] == status
            wire.sendall(question)
            assert answers.next() == (200, b'{"status":"ok"}')


def test_a_large_file_costs_little_memory(server, program):
    process = psutil.Process(server.process.pid)
    program.post("/api/v1/assets", content=recording(2 * MB)).raise_for_status()
    before, most = process.memory_info().rss, 0
    data = recording(100 * MB)

    def pieces() -> Iterator[bytes]:
        nonlocal most
        for at in range(0, len(data), MB):
            yield data[at : at + MB]
            most = max(most, process.memory_info().rss)

    program.post("/api/v1/assets", content=pieces(), timeout=120).raise_for_status()
    assert most - before < 40 * MB


def test_a_file_that_was_acknowledged_outlives_a_kill(start_server: StartServer):
    server = start_server(environ={"PANEWALL_WORKER": "none"})
    data = recording(3 * MB)
    with server.client() as program:
        sha256 = program.post("/api/v1/assets", content=data).json()["asset"]
    server.kill()
    server.start()
    with server.client() as program:
        command = {"do": "sample.put", "env": "run", "win": "w", "asset": sha256}
        program.post("/api/v1/ingest", json={"c": [command]}).raise_for_status()
        assert program.get(f"/api/v1/envs/owner/run/assets/{sha256}").content == data


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_file_without_an_end_is_cut_off_at_the_limit(start_server: StartServer, kind: str):
    if kind == "uvicorn":
        pytest.importorskip("uvicorn")
    bounds = {"PANEWALL_LIMITS__MEDIA_BYTES": str(3 * MB), "PANEWALL_LIMITS__ASSET_BYTES": str(MB)}
    server = start_server(environ={"PANEWALL_WORKER": "none", **bounds}, arguments=("--server", kind))
    opening = head(server, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunk = b"%x\r\n" % MB + recording(MB) + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(opening + chunk * 3 + chunk[: MB // 2])
        status, body = Answers(wire).next()
    assert (status, b'"code":"too_large"' in body) == (413, True)
    wait_for(lambda: not files(server), what="nothing of it")
