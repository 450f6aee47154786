"""What is made of files by a worker with processes of its own, of files in a shared folder and in a bucket: the same tasks, the same
result as in one process.
"""

import hashlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.cluster.test_cluster import SHARED_KEYS
from tests.media.conftest import encoded, noise
from tests.support import cluster as clusters
from tests.support import films
from tests.support.bucket import Bucket, open_bucket
from tests.support.server import Server
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["folder", "bucket"])
def bucket(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bucket | None]:
    if request.param == "folder":
        yield None
        return
    with open_bucket(tmp_path_factory.mktemp("bucket")) as bucket:
        yield bucket


@pytest.fixture(scope="module")
def server(
    bucket: Bucket | None, postgres: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that does no work itself, and a worker with two processes in another data folder."""
    url = clusters.make_database(postgres)
    folder = tmp_path_factory.mktemp("makers")
    environ = {
        **SHARED_KEYS,
        "PANEWALL_DATABASE_URL": url,
        "PANEWALL_REDIS_URL": redis_url,
        **(bucket.environ if bucket else {}),
    }
    server = Server(folder / "server", environ=environ).start()
    elsewhere = folder / "worker"
    elsewhere.mkdir()
    if bucket is None:
        (elsewhere / "files").symlink_to(server.data_dir / "files")
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "panewall_server", "worker", "--concurrency", "2"],
            env={**server.environ, "PANEWALL_DATA_DIR": str(elsewhere)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    yield server
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    server.stop()
    clusters.drop_database(postgres, url)


@pytest.fixture
def program(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def show(program: httpx.Client, win: str, data: bytes) -> str:
    """Upload a file and show it; returns its address."""
    made = program.post("/api/v1/assets", content=data)
    assert made.status_code == 201, made.text
    sha256 = made.json()["asset"]
    assert sha256 == hashlib.sha256(data).hexdigest()
    command = {"do": "sample.put", "env": "run", "win": win, "asset": sha256}
    program.post("/api/v1/ingest", json={"c": [command]}).raise_for_status()
    return f"/api/v1/envs/owner/run/assets/{sha256}"


def made(program: httpx.Client, address: str) -> httpx.Response:
    """What is made of a file, once it is."""

    def look() -> httpx.Response | None:
        answer = program.get(address)
        assert answer.status_code == 200 or answer.json()["code"] == "not_ready", answer.text
        return answer if answer.status_code == 200 else None

    return wait_for(look, what=address, timeout_s=60)


def state_of(program: httpx.Client, sha256: str) -> str:
    rows = program.get("/api/v1/jobs").json()["results"]
    return next((row["state"] for row in rows if sha256[:8] in row["title"]), "")


def test_a_video_is_made_playable_by_the_worker(server, program, bucket, tmp_path: Path):
    # Large enough to be written as it arrives.
    data = films.film(
        tmp_path, "avi", "-c:v", "mpeg4", "-b:v", "20M", "-c:a", "mp3", seconds=4, noise=80, size="640x480"
    )
    assert len(data) > 2 * 1024 * 1024
    address = show(program, "film", data)
    film = made(program, f"{address}/mp4")
    assert (film.content[4:8], film.headers["content-type"]) == (b"ftyp", "video/mp4")
    assert made(program, f"{address}/poster").content[8:12] == b"WEBP"
    assert made(program, f"{address}/waveform").json()["peaks"]
    part = program.get(f"{address}/mp4", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, film.content[100:200])
    assert program.get(address).content == data
    sha256 = address.rpartition("/")[2]
    wait_for(lambda: state_of(program, sha256) == "done", what="the job to be done")
    if bucket is not None:
        assert bucket.holds(f"assets/{sha256[:2]}/{sha256}")
        assert bucket.holds(f"renditions/{sha256[:2]}/{sha256}/mp4")
        assert not [path for path in Path(server.data_dir).glob("**/assets/*/*") if path.is_file()]


def test_a_video_that_cannot_be_read_is_said_to_be_so(program, tmp_path: Path):
    whole = films.film(tmp_path, "avi", "-c:v", "mpeg4", sound=False)
    address = show(program, "broken", whole[: whole.index(b"movi") + 4])
    wait_for(
        lambda: state_of(program, address.rpartition("/")[2]) == "failed",
        what="the job to fail",
        timeout_s=60,
    )
    answer = program.get(f"{address}/mp4")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_made")
    assert answer.json()["detail"]


def test_pictures_are_made_smaller_by_the_worker(program):
    address = show(program, "picture", encoded(noise(700, 350)))
    small = program.get(f"{address}/w320", timeout=60)
    assert small.status_code == 200, small.text
    assert Image.open(io.BytesIO(small.content)).size == (320, 160)


def test_the_same_file_again_is_stored_once(program, tmp_path: Path):
    data = films.film(tmp_path, "wav", "-map", "1:a", seconds=20)
    assert show(program, "one", data) == show(program, "two", data)
