"""How a server begins and ends: one on a folder, clear words when it cannot, and a quick and clean end."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartServer, needs
from tests.support import cluster as clusters
from tests.support.server import Server
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow


def attempt(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start another server with the settings of this one, and wait until it gives up."""
    return server.command("serve", "--host", "127.0.0.1", *arguments, check=False)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_server_that_is_told_to_stop_ends_soon_and_well(
    start_server: StartServer, kind: str, sign: signal.Signals
):
    if kind == "uvicorn":
        pytest.importorskip("uvicorn")
    server = start_server(arguments=("--server", kind))
    process = server.process
    os.kill(server.pid, sign)
    began = time.monotonic()
    assert process.wait(15) == 0, server.log
    assert time.monotonic() - began < 8
    assert server.lines == [f"Panewall is ready at {server.url}\n"]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_server_that_is_being_asked_ends_all_the_same(start_server: StartServer, kind: str):
    if kind == "uvicorn":
        pytest.importorskip("uvicorn")
    server = start_server(arguments=("--server", kind))
    answered = threading.Semaphore(0)

    def ask() -> None:
        with server.client() as client, contextlib.suppress(httpx.HTTPError):
            while True:
                client.get("/api/v1/envs")
                answered.release()

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for _ in range(20):
        assert answered.acquire(timeout=30)
    process = server.process
    process.terminate()
    assert process.wait(15) == 0, server.log
    for asker in askers:
        asker.join()
    assert "Traceback" not in server.log


def test_a_second_server_on_a_folder_is_refused(server: Server):
    second = attempt(server, "--port", "0")
    assert second.returncode == 3
    assert second.stderr.strip() == (
        f"panewall-server: another server uses the data folder {server.data_dir}. Stop it, or name another folder with"
        " --data-dir."
    )


def test_a_second_server_on_a_database_without_redis_is_refused(start_server: StartServer, postgres: str):
    url = clusters.make_database(postgres)
    first = start_server(environ={"PANEWALL_DATABASE_URL": url})
    second = attempt(first, "--port", "0")
    assert (second.returncode, "another server uses this database" in second.stderr) == (3, True)
    first.kill()
    first.start()
    first.stop()
    clusters.drop_database(postgres, url)


@pytest.mark.parametrize("more", [{}, {"PANEWALL_REDIS_URL": "redis://127.0.0.1:1"}])
def test_a_database_that_does_not_answer_is_named(tmp_path: Path, more: dict[str, str]):
    needs("psycopg")
    refused = attempt(
        Server(tmp_path, environ={"PANEWALL_DATABASE_URL": "postgresql://x@127.0.0.1:1/x", **more})
    )
    assert (refused.returncode, "Traceback" in refused.stderr) == (5, False), refused.stderr
    assert "the database cannot be reached (PANEWALL_DATABASE_URL)" in refused.stderr


def test_a_redis_that_does_not_answer_is_named(tmp_path: Path, postgres: str):
    url = clusters.make_database(postgres)
    environ = {"PANEWALL_DATABASE_URL": url, "PANEWALL_REDIS_URL": "redis://127.0.0.1:1"}
    refused = attempt(Server(tmp_path, environ=environ))
    clusters.drop_database(postgres, url)
    assert (refused.returncode, "Traceback" in refused.stderr) == (5, False), refused.stderr
    assert "Redis cannot be reached (PANEWALL_REDIS_URL)" in refused.stderr


def test_a_folder_is_free_again_after_a_crash(start_server: StartServer):
    server = start_server()
    server.kill()
    server.start()
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_a_port_that_is_taken_is_named(start_server: StartServer, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = attempt(Server(tmp_path), "--port", str(port))
    assert refused.returncode == 4
    assert refused.stderr.strip() == (
        f"panewall-server: 127.0.0.1:{port} is taken. Name another port with --port."
    )


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PANEWALL_PORT": "many"}, "port: Input should be a valid integer"),
        ({"PANEWALL_BASE_URL": "wall"}, "base_url: Value error, must start with a slash"),
        ({"PANEWALL_PUBLIC_URL": "wall.example.org"}, "public_url: Value error, must be a whole address"),
        ({"PANEWALL_REDIS_URL": "redis://127.0.0.1:1"}, "A cluster (PANEWALL_REDIS_URL) needs PostgreSQL"),
        ({"PANEWALL_DATA_DIR": "/proc/panewall"}, "The data folder /proc/panewall cannot be made"),
    ],
)
def test_settings_that_cannot_work_are_named(tmp_path: Path, environ: dict[str, str], words: str):
    refused = attempt(Server(tmp_path, environ=environ))
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert words in refused.stderr


def test_doctor_prints_and_checks_every_setting(tmp_path: Path):
    server = Server(tmp_path, environ={"PANEWALL_LIMITS__POINTS": "5"})
    answer = json.loads(server.command("doctor", "--json").stdout)
    assert (answer["settings"]["limits.points"], answer["settings"]["port"], answer["problems"]) == (
        "5",
        "8097",
        [],
    )
    assert "owner_password" in answer["settings"]
    assert server.environ["PANEWALL_OWNER_PASSWORD"] not in str(answer)
    broken = Server(tmp_path, environ={"PANEWALL_REDIS_URL": "redis://127.0.0.1:1"})
    assert broken.command("doctor", check=False).returncode == 1


def test_worker_and_beat_are_for_clusters(tmp_path: Path):
    for word in ("worker", "beat"):
        refused = Server(tmp_path).command(word, check=False)
        assert (refused.returncode, "PANEWALL_REDIS_URL" in refused.stderr) == (2, True)


def test_health_and_readiness(server: Server):
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/readyz").json() == {"status": "ready", "database": "ok"}


def test_workers_in_threads_do_what_a_crash_left(start_server: StartServer):
    """A job's row survives kill -9; the server's next life hints its own workers at once."""
    server = start_server()
    server.kill()
    with sqlite3.connect(server.data_dir / "panewall.sqlite3") as database:
        database.execute(
            "INSERT INTO jobs_job"
            " (task, arguments, title, key, state, progress, detail, attempts, turn, created_at, heard_at) VALUES"
            " ('panewall_server.tests.nothing', '{}', '', '', 'running', 0, '', 1, 1, datetime('now'), datetime('now'))"
        )
    server.start()

    def state() -> str:
        with sqlite3.connect(server.data_dir / "panewall.sqlite3") as database:
            return database.execute("SELECT state FROM jobs_job").fetchone()[0]

    wait_for(lambda: state() == "queued", what="the job to wait again")
    wait_for(
        lambda: (server.data_dir / "schedule").exists() or any(server.data_dir.glob("schedule*")), what="beat"
    )
    server.stop()
    assert "No hostname was supplied" not in server.log
