"""Who writes too fast waits, at every door, and loses nothing."""

import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import panewall
from apps.windows.pace import Pace
from tests.support.server import Server

PER_SECOND = 20
PER_SECOND_BYTES = 2 * 1024 * 1024


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0.001, 2)), min_size=1, max_size=50),
)
def test_nobody_gets_more_than_their_share_and_a_second_ahead(steps):
    """Each (pause, share) is a batch: its sender pauses, asks, and waits as told."""
    now, used = 100.0, 0.0
    pace = Pace(clock=lambda: now)
    for pause, share in steps:
        now += pause
        now += pace.take("ann", share)
        used += share
        assert used <= now - 100.0 + 1.0 + share + 1e-9


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=50))
def test_whoever_keeps_the_pace_never_waits(shares):
    now = 0.0
    pace = Pace(clock=lambda: now)
    for share in shares:
        assert pace.take("ann", share) < 1e-9  # but for the rounding of sums
        now += share


def test_one_persons_haste_is_nobody_elses():
    pace = Pace(clock=lambda: 0.0)
    assert pace.take("ann", 5.0) == 4.0
    assert pace.take("bob", 0.5) == 0.0


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {
        "PANEWALL_LIMITS__BATCHES_PER_SECOND": str(PER_SECOND),
        "PANEWALL_LIMITS__INGEST_BYTES_PER_SECOND": str(PER_SECOND_BYTES),
    }
    server = Server(tmp_path_factory.mktemp("slow"), environ=environ).start()
    yield server
    server.stop()


def by_http(server: Server, count: int) -> None:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token()}"}) as client:
        for i in range(count):
            command = {"do": "trace.append", "env": "pace", "win": "w", "y": [i]}
            assert client.post("/api/v1/ingest", json={"c": [command]}, timeout=60).status_code == 200


def by_socket(server: Server, count: int) -> None:
    vis = panewall.Visdom(server=server.url, port=server.port, token=server.token(), env="pace")
    for i in range(count):
        vis.line([i], [i], win="w", update="append")
        assert vis.flush(60)


@pytest.mark.parametrize("write", [by_http, by_socket])
def test_at_a_door_the_hasty_wait_and_all_goes_in(slow: Server, write, tmp_path, monkeypatch):
    monkeypatch.setenv("PANEWALL_STATE_DIR", str(tmp_path))
    count = 3 * PER_SECOND
    began = time.monotonic()
    write(slow, count)
    # One second's worth goes at once.
    assert time.monotonic() - began >= count / PER_SECOND - 1 - 0.5
    with slow.client() as owner:
        window = owner.get("/api/v1/envs/owner/pace/windows/w").json()
        assert window["traces"][0]["count"] % count == 0


def test_a_file_whose_length_nobody_said_counts_byte_by_byte(slow: Server):
    """A second's worth of bytes goes at once; the sender waits for all that is more."""
    pieces = [bytes(PER_SECOND_BYTES // 4) for _ in range(12)]
    pieces[0] = b"\x89PNG" + pieces[0]
    began = time.monotonic()
    with slow.client() as owner:
        answer = owner.post("/api/v1/assets", content=iter(pieces), timeout=60)
    assert "content-length" not in answer.request.headers
    assert answer.status_code == 400  # all of it was read before it was known to be no picture
    assert time.monotonic() - began >= len(pieces) / 4 - 1 - 0.5
