"""What the README shows works as it stands there, and what it says of visdom's methods is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import panewall
from tests.support.server import OWNER, Server

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
WORKS, MISSING = re.search(
    r"^Today these work: (.*?)^Not yet: (.*?)\(?Many", README, re.DOTALL | re.MULTILINE
).groups()


def names_in(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


@pytest.fixture(scope="module")
def blocks_ran(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every block, each as a script of its own, with the credentials file that the server wrote."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
    environ |= {
        "PANEWALL_SERVER": server.url,
        "PANEWALL_CREDENTIALS": str(server.credentials),
        "PANEWALL_STATE_DIR": str(tmp_path_factory.mktemp("client")),
    }
    for block in BLOCKS:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def windows_of(server: Server, env: str) -> dict[str, dict]:
    with server.client() as client:
        url = f"/api/v1/envs/{OWNER}/{env}/windows"
        return {
            row["title"] or row["key"]: client.get(f"{url}/{row['key']}").json()
            for row in client.get(url).json()["results"]
        }


def test_the_client_in_ten_lines_is_ten_lines():
    assert len([line for line in BLOCKS[0].splitlines() if line.strip()]) == 10


@pytest.mark.usefixtures("blocks_ran")
def test_the_ten_lines_fill_an_env(server: Server):
    windows = windows_of(server, "first-run")
    kinds = {title: window["kind"] for title, window in windows.items()}
    assert kinds == {
        "loss": "metric",
        "train/accuracy": "metric",
        "noise": "image",
        "Confusion matrix": "plot",
        "notes": "text",
    }
    assert windows["loss"]["traces"][0]["count"] == 200


@pytest.mark.usefixtures("blocks_ran")
def test_a_line_of_visdoms_grows(server: Server):
    [trace] = windows_of(server, "moved")["Loss"]["traces"]
    assert trace["count"] == 3


def test_the_methods_that_work_are_there():
    assert [name for name in sorted(names_in(WORKS)) if not hasattr(panewall.Visdom, name)] == []


def test_the_methods_that_do_not_work_yet_are_not_there():
    assert [name for name in sorted(names_in(MISSING)) if hasattr(panewall.Visdom, name)] == []
