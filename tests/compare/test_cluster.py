"""Comparisons in a cluster: a worker with processes of its own draws them, and every server shows them."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from apps.windows.comparison.hub import PATIENCE_S
from tests.cluster.test_cluster import Wall, send, wall, worker  # noqa: F401  two servers, and a worker
from tests.compare.conftest import line
from tests.compare.page import ComparisonPage
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def runs(wall: Wall) -> list[str]:  # noqa: F811  the fixture
    names = [f"run-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    send(wall.first, line(names[0], [1]), line(names[1], [2]))
    return names


@contextmanager
def shown(server, *envs: str) -> Iterator[ComparisonPage]:
    with closing(ComparisonPage(server, server.token(), *envs)) as page:
        yield page


def test_a_worker_draws_what_both_servers_show(wall: Wall, runs: list[str], worker):  # noqa: F811  fixtures
    wait_for(lambda: worker.control.ping(timeout=0.5), what="the worker", timeout_s=60)
    began = time.monotonic()
    with shown(wall.second, *runs) as page, shown(wall.first, *runs) as other:
        assert time.monotonic() - began < PATIENCE_S, "a server drew it, and no worker"
        assert page.lines("Loss") == other.lines("Loss") == {"0_train": [1], "1_train": [2]}
        send(wall.first, line(runs[1], [3]))
        for each in (page, other):
            each.until(lambda each=each: each.lines("Loss")["1_train"] == [2, 3], "the append")
    [attempts] = [wall.ask("SELECT max(attempts) FROM jobs_job WHERE title LIKE %s", f"%{runs[0]}%")]
    assert attempts == 1


def test_without_a_worker_the_server_draws_it_after_a_while(wall: Wall, runs: list[str]):  # noqa: F811
    with shown(wall.second, *runs) as page:
        assert page.lines("Loss") == {"0_train": [1], "1_train": [2]}
        states = {message["state"] for message in page.heard if message["t"] == "job"}
        assert "queued" in states
