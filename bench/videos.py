"""A minute of 720p: until the request that brings it is answered, and until every browser plays it. ``python -m bench.videos``.

Beside the workloads, because other systems make nothing of a video. Prints a line of JSON for each film (films.py). ``whole_ms`` is
from the first byte to the answer on 127.0.0.1, ``answer_ms`` from the moment the last byte was handed to the socket; nothing else
is done by the server meanwhile. ``client`` is our own: what `run.log` takes of a file by its path, and until it is stored. Then the
same server, with its worker: ``playable_s`` from the answer until the file that every browser plays can be fetched, with
``played_mb``, and ``cpu_s``, what it took of the processors.
"""

import argparse
import hashlib
import json
import pathlib
import statistics
import sys
import tempfile
import time

from .figures import rounded
from .films import KINDS, SECONDS, Kind, another, film
from .http import HTTP
from .servers import MB, Server
from .systems import SYSTEMS
from .systems.panewall import OWNER, bearer

LOOK_S = 0.05
PATIENCE_S = 600.0


def main() -> int:
    asked = _parse()
    with tempfile.TemporaryDirectory(prefix="bench-films-") as made:
        folder = asked.films or pathlib.Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            if asked.only and kind.name not in asked.only:
                continue
            path = film(folder, kind, seconds=asked.seconds)
            figures = {"film": kind.name, "mb": rounded(path.stat().st_size, 1 / MB), "server": asked.server}
            figures |= sent(path, asked) | logged(path, kind, asked)
            print(json.dumps(figures), flush=True)
    return 0


def sent(path: pathlib.Path, asked: argparse.Namespace) -> dict[str, object]:
    """By plain requests, over one connection, to a server whose worker is elsewhere."""
    whole, answer = [], []
    with _server(asked, worker="none") as server:
        http = HTTP(server.site.port, headers=bearer(server.site))
        with server.watch_memory() as memory:
            for _ in range(asked.turns):
                data = another(path)
                began = time.perf_counter()
                http.send("POST", "/api/v1/assets", data, content_type="application/octet-stream")
                last = time.perf_counter()
                status, body = http.receive()
                over = time.perf_counter()
                if status != 201:
                    raise RuntimeError(f"{status} {body[:300]!r}")
                whole.append(over - began)
                answer.append(over - last)
        http.close()
    return {
        "whole_ms": _spread(whole),
        "answer_ms": _spread(answer),
        "rss_growth_mb": rounded(memory.growth_mb),
    }


def logged(path: pathlib.Path, kind: Kind, asked: argparse.Namespace) -> dict[str, object]:
    """By our client, to a server that makes it playable."""
    import panewall
    from panewall.sender import close_all

    with _server(asked, worker="threads") as server, tempfile.TemporaryDirectory() as folder:
        data = another(path)
        own = pathlib.Path(folder) / kind.name
        own.write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        run = panewall.init(
            "films",
            server=f"http://127.0.0.1:{server.site.port}",
            token=server.site.token,
            system_metrics=False,
        )
        run.log({"loss": 1.0}, step=0)
        run.flush(60)
        before = server.cpu_s()
        began = time.perf_counter()
        run.log({"film": panewall.Video(own)}, step=0)
        called = time.perf_counter()
        if not run.flush(120):
            raise RuntimeError("what was logged is not stored")
        stored = time.perf_counter()
        played = _until_playable(server, sha256)
        playable = time.perf_counter()
        cpu_s = server.cpu_s() - before
        run.finish()
        close_all()
    return {
        "client": {"call_ms": rounded(called - began, 1e3), "stored_ms": rounded(stored - began, 1e3)},
        "playable_s": rounded(playable - stored),
        "played_mb": rounded(played, 1 / MB),
        "cpu_s": rounded(cpu_s),
    }


def _until_playable(server: Server, sha256: str) -> int:
    """Bytes of the file that every browser plays, once it is there."""
    http = HTTP(server.site.port, headers={**bearer(server.site), "Range": "bytes=0-0"})
    address = f"/api/v1/envs/{OWNER}/films/assets/{sha256}/mp4"
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status, body = http.request("GET", address)
        if status == 206:
            http.close()
            return _length(server, address)
        if json.loads(body).get("code") != "not_ready":
            raise RuntimeError(f"{status} {body[:300]!r}")
        time.sleep(LOOK_S)
    raise RuntimeError("it is not playable")


def _length(server: Server, address: str) -> int:
    http = HTTP(server.site.port, headers=bearer(server.site))
    try:
        return len(http.request("GET", address)[1])
    finally:
        http.close()


def _server(asked: argparse.Namespace, worker: str) -> Server:
    return Server(SYSTEMS["panewall"], server=asked.server, environ={"PANEWALL_WORKER": worker})


def _spread(seconds: list[float]) -> dict[str, float | None]:
    return {
        "median": rounded(statistics.median(seconds), 1e3),
        "least": rounded(min(seconds), 1e3),
        "most": rounded(max(seconds), 1e3),
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.videos", description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=7, help="requests of each film (default: 7)")
    parser.add_argument("--only", action="append", metavar="FILM", choices=[kind.name for kind in KINDS])
    parser.add_argument(
        "--films", type=pathlib.Path, metavar="FOLDER", help="where films are kept for another time"
    )
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, help=f"length of each film (default: {SECONDS})"
    )
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
