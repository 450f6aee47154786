"""The backup that docs/admin.md describes, taken of a running server by the very commands that stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import msgpack
import pytest

from tests.browser.content import digit, image, metrics
from tests.conftest import StartServer
from tests.support.server import OWNER, Server

ADMIN = Path(__file__).resolve().parent.parent.parent / "docs" / "admin.md"

pytestmark = pytest.mark.slow


def backup_commands() -> str:
    section = ADMIN.read_text(encoding="utf-8").partition("\n## Backup\n")[2].partition("\n## ")[0]
    return re.search(r"^```console\n(.*?)^```", section, re.DOTALL | re.MULTILINE)[1]


def test_a_copy_of_a_running_server_opens_with_the_same_tokens(start_server: StartServer, tmp_path: Path):
    original, backup, fresh = start_server(), tmp_path / "backup", tmp_path / "restored"
    commands = [metrics("run", loss=[3.0, 2.0, 1.0]), image("run", "digit", digit(7, seed=1))]
    with original.client() as client:
        body = msgpack.packb({"c": commands})
        answer = client.post("/api/v1/ingest", content=body, headers={"Content-Type": "application/msgpack"})
        assert msgpack.unpackb(answer.content) == {}
    token = original.token()

    backup.mkdir()
    save, restore = backup_commands().replace("/backup/", f"{backup}/").splitlines()
    run(save.replace("/srv/panewall", str(original.data_dir)))
    original.kill()
    run(restore.replace("/srv/panewall", str(fresh)))
    restored = Server(fresh)
    try:
        restored.start()
        check(httpx.Client(base_url=restored.url, headers={"Authorization": f"Bearer {token}"}))
    finally:
        restored.kill()


def run(command: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["bash", "-euc", command], env={**os.environ, "PATH": path}, check=True, timeout=60)


def check(client: httpx.Client) -> None:
    with client:
        data = client.get(f"/api/v1/envs/{OWNER}/run/traces/0/data?win=loss").json()
        assert data["columns"]["y"] == [3.0, 2.0, 1.0]
        window = client.get(f"/api/v1/envs/{OWNER}/run/windows/digit").json()
        [sample] = window["content"]["samples"]
        assert client.get(f"/api/v1/envs/{OWNER}/run/assets/{sample['asset']}").content.startswith(b"\x89PNG")
