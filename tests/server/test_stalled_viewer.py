"""A page that stops reading costs the server a bounded amount of memory, and others nothing."""

import base64
import os
import socket
import struct
import threading
import time
from contextlib import closing

import httpx
import msgpack
import psutil
import pytest

from tests.conftest import StartServer
from tests.server.test_bad_input import KINDS
from tests.support.page import Page
from tests.support.server import Server

pytestmark = pytest.mark.slow

MB = 1024 * 1024
PUSHED = 100
ALLOWED_BYTES = 20 * MB


def push(program: httpx.Client, count: int) -> int:
    """Replace one window again and again with a megabyte; returns the env's revision."""
    for number in range(count):
        put = {
            "do": "window.put",
            "env": "big",
            "win": "w",
            "kind": "plot",
            "layout": {"n": number, "blob": {"dtype": "u1", "bdata": os.urandom(MB)}},
        }
        program.post(
            "/api/v1/ingest",
            content=msgpack.packb({"c": [put]}),
            headers={"Content-Type": "application/msgpack"},
        ).raise_for_status()
    return program.get("/api/v1/envs/owner/big").json()["revision"]


def stall(server: Server) -> socket.socket:
    """A page that subscribes, and never reads nor acknowledges anything."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(("127.0.0.1", server.port))
    key = base64.b64encode(os.urandom(16)).decode()
    wire.sendall(
        (
            f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {server.token()}\r\n\r\n"
        ).encode()
    )
    assert wire.recv(12) == b"HTTP/1.1 101"
    frame = msgpack.packb({"t": "sub", "env": "owner/big", "width": 1000})
    wire.sendall(struct.pack("!BB4x", 0x82, 0x80 | len(frame)) + frame)  # masked with zeros
    return wire


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_never_reads_is_cheap_and_harms_nobody(start_server: StartServer, kind: str):
    server = start_server(arguments=("--server", kind))
    process = psutil.Process(server.pid)
    with server.client() as program:
        push(program, 3)
        with closing(Page(server, server.token(), "big")) as page:
            until = threading.Event()
            caught_up_at: list[float] = []

            def follow(revision: int) -> None:
                while (page.revision or 0) < revision:
                    page.step()
                caught_up_at.append(time.monotonic())

            settled = push(program, PUSHED // 2)
            follow(settled)
            before = process.memory_info().rss

            stalled = [stall(server) for _ in range(2)]
            reader = threading.Thread(target=lambda: (follow(settled + PUSHED), until.set()))
            reader.start()
            assert push(program, PUSHED) == settled + PUSHED
            pushed_at = time.monotonic()
            assert until.wait(10), server.log
            reader.join()
            grown = process.memory_info().rss - before
            assert caught_up_at[-1] - pushed_at < 2
            assert grown < ALLOWED_BYTES, f"{grown / MB:.0f} MB"
            [window] = page.windows.values()
            assert window["layout"]["n"] == PUSHED - 1
            for wire in stalled:
                wire.close()
    server.stop()
    assert "Traceback" not in server.log
