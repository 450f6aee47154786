"""``make demo`` finds the server of this machine, or starts one for as long as it takes."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.server import Server

ROOT = Path(__file__).resolve().parent.parent
ASK = "import os, urllib.request as r; u = os.environ['PANEWALL_SERVER']; print('asked', u, r.urlopen(u + '/healthz').status)"


def with_server(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "with_server.py"), *command],
        env={**os.environ, "PATH": path, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_a_server_is_started_and_ends_with_the_command(tmp_path: Path):
    port = str(free_port())
    done = with_server(sys.executable, "-c", ASK, PANEWALL_PORT=port, PANEWALL_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"asked http://127.0.0.1:{port} 200" in done.stdout
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz")


def test_a_server_that_answers_is_used_and_left_alone(server: Server):
    done = with_server(sys.executable, "-c", ASK, PANEWALL_PORT=str(server.port))
    assert (done.returncode, done.stdout) == (0, f"asked {server.url} 200\n")
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_the_commands_failure_is_passed_on(server: Server):
    assert (
        with_server(sys.executable, "-c", "raise SystemExit(3)", PANEWALL_PORT=str(server.port)).returncode
        == 3
    )
