"""The demo does what it promises, with nothing but the credentials file that the server wrote."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.server import OWNER, Server

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "examples" / "digits.py"


def run_demo(
    server: Server, *arguments: str, credentials: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
    environ |= {
        "PANEWALL_SERVER": server.url,
        "PANEWALL_CREDENTIALS": str(credentials or server.credentials),
        "PANEWALL_STATE_DIR": str(server.data_dir / "client"),
        "PANEWALL_SYSTEM_METRICS": "off",
    }
    command = [sys.executable, str(DEMO), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def demo(server: Server) -> subprocess.CompletedProcess[str]:
    """Three seconds of the demo, into the env ``digits_test``."""
    return run_demo(server, "--seconds", "3", "--env", "digits_test")


@pytest.fixture
def client(server: Server):
    with server.client() as opened:
        yield opened


@pytest.fixture
def windows(demo: subprocess.CompletedProcess[str], client: httpx.Client) -> dict[str, dict]:
    """What the demo left on the wall, by key."""
    assert demo.returncode == 0, demo.stderr
    rows = client.get(f"{env_url()}/windows").json()["results"]
    return {row["key"]: client.get(f"{env_url()}/windows/{row['key']}").json() for row in rows}


def env_url() -> str:
    return f"/api/v1/envs/{OWNER}/digits_test"


def test_the_demo_says_at_once_where_to_look(demo: subprocess.CompletedProcess[str], server: Server):
    assert demo.stdout.startswith(f"Training for 3 s. Watch it at {server.url}/env/digits_test\n")
    assert demo.stderr == ""


def test_the_demo_leaves_the_windows_it_promises(windows: dict[str, dict]):
    assert {key: window["kind"] for key, window in windows.items()} == {
        "train/loss": "metric",
        "train/accuracy": "metric",
        "val/accuracy": "metric",
        "confusion": "plot",
        "misclassified": "image",
        "summary": "text",
    }


def test_every_batch_has_its_loss_and_its_accuracy(windows: dict[str, dict]):
    loss, accuracy = (windows[key]["traces"][0]["count"] for key in ("train/loss", "train/accuracy"))
    assert loss == accuracy
    assert loss > 20


def test_the_confusion_matrix_counts_every_digit_of_the_validation_set(windows: dict[str, dict]):
    [trace] = windows["confusion"]["traces"]
    assert trace["attrs"]["type"] == "heatmap"
    matrix = trace["attrs"]["z"]
    assert [len(row) for row in matrix] == [10] * 10
    assert sum(map(sum, matrix)) == 540  # three tenths of 1797


def test_each_mistake_is_an_image_that_says_what_it_was_taken_for(windows: dict[str, dict]):
    samples = windows["misclassified"]["content"]["samples"]
    assert 0 < len(samples) <= 20
    assert {(sample["width"], sample["height"]) for sample in samples} == {(8, 8)}
    assert all(" taken for " in sample["caption"] for sample in samples)


def test_the_summary_is_a_table_of_the_ten_digits(windows: dict[str, dict]):
    text = windows["summary"]["content"]
    assert "Validation accuracy" in text
    assert text.count("<tr>") == 11


def test_the_run_is_finished_and_knows_what_it_was_started_with(
    demo: subprocess.CompletedProcess[str], client: httpx.Client
):
    env = client.get(env_url()).json()
    assert env["status"] == "finished"
    assert env["config"]["learning_rate"] == 0.05
    assert "demo" in env["tags"]


def test_without_a_token_the_demo_says_so_and_ends(server: Server, tmp_path: Path):
    done = run_demo(server, "--seconds", "1", credentials=tmp_path / "none.json")
    assert done.returncode == 1
    assert "token" in done.stderr
    assert "Traceback" not in done.stderr
