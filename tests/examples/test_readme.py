"""What the README shows works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import needs
from tests.support.server import OWNER, Server

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
UNMODIFIED = next(block for block in BLOCKS if "from visdom import" in block)


@pytest.fixture(scope="module")
def blocks_ran(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every block, each as a script of its own, with the credentials file that the server wrote."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
    environ |= {
        "PANEWALL_SERVER": server.url,
        "PANEWALL_CREDENTIALS": str(server.credentials),
        "PANEWALL_STATE_DIR": str(tmp_path_factory.mktemp("client")),
        "PANEWALL_SYSTEM_METRICS": "off",
    }
    for block in BLOCKS:
        if block != UNMODIFIED:
            run(block, environ)


def run(block: str, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], env=environ, capture_output=True, text=True, timeout=60
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
def test_a_run_logs_numbers_and_pictures_by_step(server: Server):
    with server.client() as client:
        rows = client.get(f"/api/v1/envs/{OWNER}/vae_lr01/windows").json()["results"]
    kinds = {row["title"] or row["key"]: row["kind"] for row in rows}
    assert kinds == {"val/loss": "metric", "val/samples": "image"}


@pytest.mark.usefixtures("blocks_ran")
def test_a_line_of_visdoms_grows(server: Server):
    [trace] = windows_of(server, "moved")["Loss"]["traces"]
    assert trace["count"] == 3


def test_visdoms_own_client_draws_with_a_token_for_a_password(server: Server, token: str):
    needs("visdom")
    block = UNMODIFIED
    for shown, real in (("8097", str(server.port)), ("grace", OWNER), ("pw_…", token)):
        assert shown in block
        block = block.replace(shown, real)
    run(block, dict(os.environ))
    assert windows_of(server, "as-it-was")["loss"]["traces"][0]["count"] == 2
