"""examples/demo.py draws every kind of window, and answers to what people do in them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import OWNER, Server

ROOT = Path(__file__).resolve().parent.parent.parent
ENV = "tour"

KINDS = {
    "plot": {
        *("line", "filled", "walk", "log", "scatter", "named", "cloud", "stem", "quiver", "dual"),
        *("bar", "stacked", "histogram", "box", "pie", "sunburst", "surf", "contour", "heatmap", "mesh"),
        *("appended", "rows", "plotly"),
    },
    "image": {"image", "images", "history"},
    "text": {"text", "svg", "matplot", "pad", "events"},
    "audio": {"audio"},
    "video": {"video"},
    "network": {"network"},
    "properties": {"form"},
    "embeddings": {"embeddings"},
}
NEEDS = {"video": "av", "matplot": "matplotlib", "plotly": "plotly", "embeddings": "sklearn"}


@pytest.fixture(scope="module")
def demo(server: Server) -> Iterator[subprocess.Popen[str]]:
    """The demo, running; it has said where to look."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
    environ |= {
        "PANEWALL_SERVER": server.url,
        "PANEWALL_CREDENTIALS": str(server.credentials),
        "PANEWALL_STATE_DIR": str(server.data_dir / "client"),
    }
    for module in NEEDS.values():
        pytest.importorskip(module)
    command = [
        sys.executable,
        "-W",
        "error",
        str(ROOT / "examples" / "demo.py"),
        "--env",
        ENV,
        "--seconds",
        "240",
    ]
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        assert first.startswith(f"Look at env '{ENV}' on {server.url}/env/{ENV}"), (
            first + process.stdout.read()
        )
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def windows(client: httpx.Client) -> dict[str, str]:
    """The kind of each window by its key."""
    found: dict[str, str] = {}
    page = f"/api/v1/envs/{OWNER}/{ENV}/windows?page_size=100"
    for row in client.get(page).json()["results"]:
        found[row["key"]] = row["kind"]
    return found


def test_every_kind_of_window_is_there(demo: subprocess.Popen[str], client: httpx.Client):
    assert windows(client) == {key: kind for kind, keys in KINDS.items() for key in keys}
