"""The autoencoder trains, shows what it draws, and pins its runs at their best validation loss."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.server import OWNER, Server

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "squeezed"
ENVS = [f"{NAME}_{setting}" for setting in ("code2", "code8", "code24", "code8-fast")]


@pytest.fixture(scope="module")
def printed(server: Server) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
    environ |= {
        "PANEWALL_SERVER": server.url,
        "PANEWALL_CREDENTIALS": str(server.credentials),
        "PANEWALL_STATE_DIR": str(server.data_dir / "client"),
        "PANEWALL_SYSTEM_METRICS": "off",
    }
    command = [sys.executable, ROOT / "examples" / "autoencoder.py", "--seconds", "0", "--steps", "60"]
    done = subprocess.run(
        [*command, "--name", NAME], env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def client(server: Server, printed: str):
    with server.client() as made:
        yield made


def env_url(env: str) -> str:
    return f"/api/v1/envs/{OWNER}/{env}"


def test_it_prints_where_to_compare_the_runs(server: Server, printed: str):
    address = f"{server.url}/compare?" + "&".join(f"env={OWNER}/{env}" for env in ENVS)
    assert f"Watch them at {address}\n" in printed
    assert printed.endswith(f"Pinned at their best steps, side by side: {address}\n")


def test_each_run_has_its_settings_and_has_ended_well(client: httpx.Client):
    sizes = []
    for env in ENVS:
        found = client.get(env_url(env)).json()
        assert (found["status"], found["tags"]) == ("finished", ["autoencoder", "digits"])
        assert found["notes"].startswith("Lowest validation loss 0.0")
        sizes.append(found["config"]["code"])
    assert sizes == [2, 8, 24, 8]


def test_what_it_draws_is_shown_at_each_validation(client: httpx.Client):
    address = f"{env_url(ENVS[1])}/samples?win=val%2Freconstructions&page_size=100"
    samples = client.get(address).json()["results"]
    assert [(one["step"], one["index"]) for one in samples] == [
        (step, index) for step in (1, 20, 40, 60) for index in range(6)
    ]
    assert {(one["height"], one["width"]) for one in samples} == {(8, 17)}
    assert all(", off by 0." in one["caption"] for one in samples)
    windows = client.get(f"{env_url(ENVS[1])}/windows?page_size=100").json()["results"]
    kinds = {window["key"]: window["kind"] for window in windows}
    assert kinds["weights/code"] == "histogram" and kinds["val/digits"] == "table"
    assert kinds["train/loss"] == kinds["val/loss"] == "metric"


def test_every_run_is_pinned_at_its_lowest_validation_loss(client: httpx.Client, printed: str):
    page = [("env", f"{OWNER}/{env}") for env in ENVS]
    kept = client.get("/api/v1/pins", params=page).json()["pins"]
    images = {pin["env"]: pin for pin in kept if pin["card"] == "val/reconstructions"}
    assert sorted(images) == sorted(f"{OWNER}/{env}" for env in ENVS)
    for env in ENVS:
        data = client.get(f"{env_url(env)}/traces/0/data?win=val%2Floss").json()["columns"]
        lowest = min(data["y"])
        pin = images[f"{OWNER}/{env}"]
        assert pin["best"]["value"] == lowest
        assert pin["step"] == data["x"][data["y"].index(lowest)] and pin["best"]["distance"] == 0
