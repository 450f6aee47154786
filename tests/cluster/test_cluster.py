"""A cluster as it runs: two servers of different make, a worker with processes of its own, one PostgreSQL, one Redis."""

import queue
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgpack
import psycopg
import pytest
import redis
from celery import Celery
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import panewall
from panewall.sender import close_all
from tests.support import cluster as clusters
from tests.support.page import Page
from tests.support.server import Server
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow

SOON_S = 1.0
# Keys that lie in the data folder of a single server are settings where several share a database.
SHARED_KEYS = {
    "PANEWALL_SECRET_KEY": "shared between servers",
    "PANEWALL_TOKEN_KEY": "shared between servers, too",
}


@dataclass
class Wall:
    first: Server
    second: Server
    database_url: str
    redis_url: str

    def ask(self, statement: str, *values: object) -> Any:
        """The first value that the database answers."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            row = connection.execute(statement, values).fetchone()  # type: ignore[arg-type]
            return row[0] if row else None

    def change(self, statement: str, *values: object) -> int:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(statement, values).rowcount  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def wall(postgres: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    """Two servers, started together on an empty database."""
    url = clusters.make_database(postgres)
    environ = {**SHARED_KEYS, "PANEWALL_DATABASE_URL": url, "PANEWALL_REDIS_URL": redis_url}
    folder = tmp_path_factory.mktemp("cluster")
    first = Server(folder / "first", environ=environ)
    second = Server(folder / "second", environ=environ, arguments=("--server", "uvicorn"))
    with ThreadPoolExecutor() as both:
        list(both.map(Server.start, (first, second)))
    second._tokens = first._tokens  # one database, so one set of tokens
    yield Wall(first, second, url, redis_url)
    for server in (first, second):
        server.stop()
    clusters.drop_database(postgres, url)


@pytest.fixture
def env() -> str:
    return f"run-{uuid.uuid4().hex[:8]}"


def line(env: str, *y: float) -> dict:
    return {"do": "trace.append", "env": env, "win": "loss", "trace": "train", "y": list(y)}


def send(server: Server, *commands: dict, **batch: object) -> dict:
    with server.client() as program:
        answer = program.post("/api/v1/ingest", json={"c": list(commands), **batch})
    assert answer.status_code == 200, answer.text
    return answer.json()


def points(page: Page) -> list[float]:
    return next((trace["columns"]["y"] for trace in page.traces.values()), [])


def read(server: Server, env: str) -> list[float]:
    with server.client() as program:
        data = program.get(f"/api/v1/envs/owner/{env}/traces/0/data?win=loss").raise_for_status().json()
    return data["columns"]["y"]


def test_servers_that_start_together_set_the_database_up_once(wall: Wall):
    assert wall.ask("SELECT count(*) FROM accounts_user") == 1
    for server in (wall.first, wall.second):
        assert httpx.get(f"{server.url}/readyz").json()["status"] == "ready"


@pytest.mark.parametrize("way", ["first to second", "second to first"])
def test_an_append_is_on_a_page_at_the_other_server_within_a_second(wall: Wall, env: str, way: str):
    here, there = (wall.first, wall.second) if way == "first to second" else (wall.second, wall.first)
    send(here, line(env, 1, 2))
    with closing(Page(there, there.token(), env)) as page:
        assert points(page) == [1, 2]
        for number in (3, 4, 5):
            send(here, line(env, number))
            began = time.monotonic()
            while points(page)[-1] != number:
                page.step(timeout=SOON_S)
            assert time.monotonic() - began < SOON_S
        assert points(page) == [1, 2, 3, 4, 5]


def test_a_window_closed_at_one_server_disappears_at_the_other(wall: Wall, env: str):
    send(wall.first, line(env, 1))
    with closing(Page(wall.first, wall.first.token(), env)) as page:
        assert len(page.windows) == 1
        with wall.second.client() as person:
            person.delete(f"/api/v1/envs/owner/{env}/windows/loss").raise_for_status()
        while page.windows:
            page.step(timeout=SOON_S)


def test_a_click_at_one_server_reaches_a_program_at_the_other(wall: Wall, env: str, tmp_path, monkeypatch):
    monkeypatch.setenv("PANEWALL_STATE_DIR", str(tmp_path))
    heard: queue.Queue[dict] = queue.Queue()
    send(wall.first, {"do": "text.append", "env": env, "win": "w", "text": "hi"})
    for here, there in ((wall.first, wall.second), (wall.second, wall.first)):
        program = panewall.Visdom(server=there.url, port=there.port, env=env, token=there.token())
        program.register_event_handler(heard.put, "w")
        with closing(Page(here, here.token(), env)) as page:
            (window,) = page.windows
            page._send({"t": "event", "env": page.env_id, "window": window, "event": {"event_type": "Click"}})
            event = heard.get(timeout=10)
            assert (event["event_type"], event["eid"], event["pane_data"]["content"]) == ("Click", env, "hi")
        program.clear_event_handlers("w")
    assert heard.empty()
    close_all(2.0)


def test_servers_that_write_to_one_trace_by_turns_keep_every_point(wall: Wall, env: str):
    for number in range(20):
        send((wall.first, wall.second)[number % 2], line(env, number))
    assert read(wall.first, env) == read(wall.second, env) == list(range(20))


def test_servers_that_write_to_one_trace_at_once_keep_every_point(wall: Wall, env: str):
    def write(server: Server, session: str) -> None:
        for number in range(1, 31):
            assert "e" not in send(server, line(env, number), session=session, n=number)

    with ThreadPoolExecutor() as writers:
        jobs = [writers.submit(write, server, uuid.uuid4().hex) for server in (wall.first, wall.second) * 2]
        for job in jobs:
            job.result()
    assert sorted(read(wall.first, env)) == sorted([*range(1, 31)] * 4)


def test_a_session_may_move_and_each_batch_goes_in_once(wall: Wall, env: str):
    session = uuid.uuid4().hex
    for number, server in (
        (1, wall.first),
        (2, wall.second),
        (1, wall.second),
        (2, wall.first),
        (3, wall.first),
    ):
        assert send(server, line(env, number), session=session, n=number) == {"n": number}
    with wall.second.client() as program:
        assert program.get(f"/api/v1/ingest/session/{session}").json() == {"last": 3}
        skipped = program.post("/api/v1/ingest", json={"c": [line(env, 5)], "session": session, "n": 5})
    assert (skipped.status_code, skipped.json()["n"]) == (409, 4)

    with program_socket(wall.second) as socket:
        assert talk(socket, {"t": "hello", "session": session})["last"] == 3
        assert talk(socket, {"t": "batch", "n": 3, "c": [line(env, 3)]}) == {"t": "ack", "n": 3}
        assert talk(socket, {"t": "batch", "n": 4, "c": [line(env, 4)]}) == {"t": "ack", "n": 4}
    with program_socket(wall.first) as socket:
        assert talk(socket, {"t": "hello", "session": session})["last"] == 4
        assert talk(socket, {"t": "batch", "n": 4, "c": [line(env, 4)]}) == {"t": "ack", "n": 4}
        assert talk(socket, {"t": "batch", "n": 5, "c": [line(env, 5)]}) == {"t": "ack", "n": 5}
    assert read(wall.first, env) == [1, 2, 3, 4, 5]


def test_a_token_revoked_at_one_server_closes_its_sockets_at_the_other(wall: Wall, env: str):
    with wall.first.client() as person:
        made = (
            person.post("/api/v1/tokens", json={"name": "lost", "scope": "write"}).raise_for_status().json()
        )
        token = made["token"]
        send(wall.first, line(env, 1))
        with closing(Page(wall.second, token, env)) as page, program_socket(wall.second, token) as program:
            assert talk(program, {"t": "hello", "session": uuid.uuid4().hex})["last"] == 0
            person.delete(f"/api/v1/tokens/{made['id']}").raise_for_status()
            began = time.monotonic()
            while is_open(page):
                pass
            assert time.monotonic() - began < 3
            answer = talk(program, {"t": "batch", "n": 1, "c": [line(env, 2)]})
            assert (answer["t"], answer["error"]["code"]) == ("error", "token_revoked")
    assert read(wall.first, env) == [1]


def test_servers_outlive_the_connections_to_their_database(wall: Wall, env: str):
    """As when PostgreSQL is restarted: what was not acknowledged is sent again, and is there once."""
    session = uuid.uuid4().hex
    send(wall.first, line(env, 1), session=session, n=1)
    send(wall.second, line(env, 2), session=session, n=2)
    with closing(Page(wall.second, wall.second.token(), env)) as page:
        wall.change(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for number, server in ((3, wall.first), (4, wall.second)):
            batch = {"c": [line(env, number)], "session": session, "n": number}

            def goes_in(server: Server = server, batch: dict = batch) -> bool:
                with server.client() as program:
                    answer = program.post("/api/v1/ingest", json=batch)
                assert answer.status_code in (200, 500, 503), answer.text
                return answer.status_code == 200

            wait_for(goes_in, what="the batch to go in")
        while points(page) != [1, 2, 3, 4]:
            page.step(timeout=10)
    assert read(wall.first, env) == [1, 2, 3, 4]


def test_pages_outlive_the_connections_between_servers(wall: Wall, env: str):
    """As when Redis is restarted: a lost hint costs a second, not a point."""
    send(wall.first, line(env, 1))
    with (
        closing(Page(wall.second, wall.second.token(), env)) as page,
        closing(redis.Redis.from_url(wall.redis_url)) as broker,
    ):
        for number in (2, 3, 4):
            for kind in ("pubsub", "normal"):
                broker.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            send(wall.first, line(env, number))
            while points(page)[-1] != number:
                page.step(timeout=5)
    assert read(wall.second, env) == [1, 2, 3, 4]


@contextmanager
def running(wall: Wall, *words: str) -> Iterator[Path]:
    """Another process of the cluster; yields its data folder. It ends well when it is told to."""
    folder = wall.first.data_dir.parent / words[0]
    process = subprocess.Popen(
        [sys.executable, "-m", "panewall_server", *words],
        env={**wall.first.environ, "PANEWALL_DATA_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield folder
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.fixture
def worker(wall: Wall) -> Iterator[Celery]:
    """A worker with processes of its own; yields the queue it takes tasks from."""
    with running(wall, "worker", "--concurrency", "2"), Celery(broker=wall.redis_url) as queue:
        yield queue


def test_a_worker_of_its_own_tidies_and_purges_what_servers_write(wall: Wall, env: str, worker: Celery):
    for number in range(10):
        send(wall.first, line(env, number))
    closed = {**line(env, 1), "win": "closed"}
    send(wall.first, closed, {"do": "window.close", "env": env, "win": "closed"})
    tails = (
        "SELECT count(*) FROM windows_tail JOIN windows_trace t ON trace_id = t.id JOIN windows_window w ON window_id = w.id"
        " JOIN envs_env e ON env_id = e.id WHERE e.name = %s"
    )
    assert wall.ask(tails, env) == 11
    wall.change("UPDATE envs_env SET updated_at = now() - interval '2 minutes' WHERE name = %s", env)
    assert (
        wall.change("UPDATE windows_window SET deleted_at = now() - interval '31 days' WHERE key = 'closed'")
        == 1
    )

    with closing(Page(wall.second, wall.second.token(), env)) as page:
        for task in ("compact", "purge"):
            worker.send_task(f"apps.windows.tasks.{task}")
        wait_for(lambda: wall.ask(tails, env) == 1, what="one tail", timeout_s=40)
        wait_for(
            lambda: wall.ask("SELECT count(*) FROM windows_window WHERE key = 'closed'") == 0,
            what="the closed window to go",
            timeout_s=40,
        )
        send(wall.second, line(env, 10))
        while len(points(page)) < 11:
            page.step()
        assert points(page) == read(wall.first, env) == list(range(11))


def test_a_job_asked_for_at_a_server_is_done_by_the_worker(wall: Wall, worker: Celery):
    """The row says what is to be done; the worker that is hinted finds nothing to do twice."""
    lost = wall.ask(
        "INSERT INTO jobs_job (task, arguments, title, key, state, progress, detail, attempts, turn, created_at) VALUES"
        " ('apps.jobs.tasks.sweep', '{}', '', '', 'running', 0, '', 5, 5, now() - interval '10 minutes') RETURNING id"
    )
    worker.send_task("apps.jobs.tasks.sweep")
    wait_for(
        lambda: wall.ask("SELECT state FROM jobs_job WHERE id = %s", lost) == "failed",
        what="the sweep in the worker",
        timeout_s=40,
    )


def is_open(page: Page) -> bool:
    """Takes one frame in; False once the server closed the socket."""
    try:
        page.step(timeout=5)
    except ConnectionClosed:
        return False
    return True


def test_beat_keeps_its_schedule_in_its_folder_and_ends_well(wall: Wall):
    with running(wall, "beat") as folder:
        wait_for(lambda: any(folder.glob("schedule*")), what="the schedule", timeout_s=40)


def program_socket(server: Server, token: str | None = None) -> ClientConnection:
    headers = {"Authorization": f"Bearer {token or server.token()}"}
    return connect(f"{server.ws_url}/api/v1/ingest", additional_headers=headers)


def talk(socket: ClientConnection, message: dict) -> dict:
    socket.send(msgpack.packb(message))
    return msgpack.unpackb(socket.recv(timeout=10), strict_map_key=False)
