"""What was acknowledged survives ``kill -9``, and what was sent again afterwards is there once."""

import threading
import uuid
from collections.abc import Iterator

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.conftest import StartServer
from tests.support import cluster as clusters
from tests.support.server import Server

pytestmark = pytest.mark.slow

UNACKNOWLEDGED = 40
KILL_AFTER = 1010
WHOLE = 1300


@pytest.fixture(params=["sqlite", "postgresql"])
def environ(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "sqlite":
        yield {}
        return
    folder = request.getfixturevalue("postgres")
    url = clusters.make_database(folder)
    yield {"PANEWALL_DATABASE_URL": url}
    clusters.drop_database(folder, url)


class Writer:
    """Sends numbered batches, as many at once as a client may, and notes what is acknowledged."""

    def __init__(self, server: Server) -> None:
        self.server, self.session = server, uuid.uuid4().hex
        self.acknowledged = 0
        self.is_far = threading.Event()

    def write(self) -> None:
        """From where the server stands to the end, or until it dies."""
        with self.connect() as wire:
            wire.send(msgpack.packb({"t": "hello", "session": self.session}))
            self.acknowledged = number = msgpack.unpackb(wire.recv(timeout=20))["last"]
            try:
                while self.acknowledged < WHOLE:
                    while number < min(WHOLE, self.acknowledged + UNACKNOWLEDGED):
                        number += 1
                        wire.send(msgpack.packb({"t": "batch", "n": number, "c": [append(number)]}))
                    ack = msgpack.unpackb(wire.recv(timeout=20))
                    assert ack == {"t": "ack", "n": self.acknowledged + 1}
                    self.acknowledged += 1
                    if self.acknowledged == KILL_AFTER:
                        self.is_far.set()
            except ConnectionClosed:
                return

    def connect(self) -> ClientConnection:
        headers = {"Authorization": f"Bearer {self.server.token()}"}
        return connect(f"{self.server.ws_url}/api/v1/ingest", additional_headers=headers, compression=None)


def append(number: int) -> dict:
    return {"do": "trace.append", "env": "run", "win": "w", "trace": "t", "y": [number]}


def stored(server: Server) -> list[int]:
    with server.client() as program:
        data = program.get("/api/v1/envs/owner/run/traces/0/data?win=w").raise_for_status().json()
    return data["columns"]["y"]


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    start_server: StartServer, environ: dict[str, str]
):
    server = start_server(environ=environ)
    server.token()
    writer = Writer(server)
    thread = threading.Thread(target=writer.write)
    thread.start()
    assert writer.is_far.wait(60)
    server.kill()
    thread.join()
    acknowledged = writer.acknowledged

    server.start()
    there = stored(server)
    assert len(there) >= acknowledged >= KILL_AFTER
    assert there == list(range(1, len(there) + 1))

    writer.write()
    assert stored(server) == list(range(1, WHOLE + 1))
    server.stop()
    assert "Traceback" not in server.log
