"""The same server with four settings changed: PostgreSQL and Redis, and more than one process before them."""

import httpx
import msgpack
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.conftest import StartServer
from tests.support.cluster import Cluster
from tests.support.server import Server

# Keys that lie in the data folder of a single server are settings where several share a database.
SHARED_KEYS = {
    "PANEWALL_SECRET_KEY": "shared between servers",
    "PANEWALL_TOKEN_KEY": "shared between servers, too",
}
POINTS = {
    "do": "trace.append",
    "env": "runs",
    "win": "loss",
    "trace": "train",
    "x": [1, 2, 3],
    "y": [3.5, 2.5, 1.5],
}


@pytest.fixture
def servers(start_server: StartServer, cluster: Cluster) -> tuple[Server, Server]:
    """Two servers on one database; the first made the owner."""
    environ = {**cluster.environ, **SHARED_KEYS}
    return start_server(environ=environ), start_server(environ=environ)


def test_points_written_at_one_server_are_read_at_the_other(servers: tuple[Server, Server]):
    first, second = servers
    headers = {"Authorization": f"Bearer {first.token()}"}
    written = httpx.post(f"{first.url}/api/v1/ingest", headers=headers, json={"c": [POINTS]})
    assert (written.status_code, written.json().get("e", [])) == (200, [])

    data = httpx.get(f"{second.url}/api/v1/envs/owner/runs/windows/loss/traces/0/data", headers=headers)
    assert data.status_code == 200, data.text
    assert data.json()["count"] == 3


def test_a_page_at_one_server_sees_what_is_written_at_the_other(servers: tuple[Server, Server]):
    first, second = servers
    headers = {"Authorization": f"Bearer {first.token()}"}
    httpx.post(f"{first.url}/api/v1/ingest", headers=headers, json={"c": [POINTS]}).raise_for_status()

    with connect(f"{second.ws_url}/ws/live", additional_headers=headers, max_size=None) as page:
        page.send(msgpack.packb({"t": "sub", "env": "owner/runs", "width": 800}))
        receive_until(page, lambda frame: frame["t"] == "snap" and frame["last"])

        more = {**POINTS, "x": [4], "y": [0.5]}
        httpx.post(f"{first.url}/api/v1/ingest", headers=headers, json={"c": [more]}).raise_for_status()
        delta = receive_until(page, lambda frame: frame["t"] == "delta")

    [append] = [op for op in delta["ops"] if op[0] == "a"]
    assert append[3:5] == [3, 1]  # one point, from position 3 on


def receive_until(page: ClientConnection, condition) -> dict:
    while not condition(frame := msgpack.unpackb(page.recv(timeout=10))):
        pass
    return frame
