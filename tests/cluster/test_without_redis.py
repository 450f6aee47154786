"""Redis carries hints and counts requests; without it, what is sent is stored and shown all the same."""

import time
from contextlib import closing

import pytest

from tests.cluster.test_cluster import SHARED_KEYS, line, points, send
from tests.conftest import StartServer
from tests.support import cluster as clusters
from tests.support.page import Page

pytestmark = pytest.mark.slow


def test_programs_and_pages_go_on_while_redis_is_down(start_server: StartServer, postgres: str):
    url = clusters.make_database(postgres)
    with clusters.open_redis() as redis_url:
        environ = {**SHARED_KEYS, "PANEWALL_DATABASE_URL": url, "PANEWALL_REDIS_URL": redis_url}
        server = start_server(environ=environ)
        send(server, line("run", 1))
        page = Page(server, server.token(), "run")
    with closing(page):
        for number in (2, 3, 4):
            began = time.monotonic()
            send(server, line("run", number))
            while points(page)[-1] != number:
                page.step(timeout=5)
            assert time.monotonic() - began < 3
    server.stop()
    clusters.drop_database(postgres, url)
