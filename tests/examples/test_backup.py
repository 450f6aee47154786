"""The backup that docs/admin.md describes, taken of a running server by the very commands that stand there."""

import re
import subprocess
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
    original, backup = start_server(), tmp_path / "backup"
    commands = [metrics("run", loss=[3.0, 2.0, 1.0]), image("run", "digit", digit(7, seed=1))]
    with original.client() as client:
        body = msgpack.packb({"c": commands})
        answer = client.post("/api/v1/ingest", content=body, headers={"Content-Type": "application/msgpack"})
        assert msgpack.unpackb(answer.content) == {}
    token = original.token()

    backup.mkdir()
    script = (
        backup_commands().replace("/srv/panewall", str(original.data_dir)).replace("/backup/", f"{backup}/")
    )
    subprocess.run(["bash", "-euc", script], check=True, timeout=60)

    original.kill()
    restored = Server(backup)
    try:
        restored.start()
        check(httpx.Client(base_url=restored.url, headers={"Authorization": f"Bearer {token}"}))
    finally:
        restored.kill()


def check(client: httpx.Client) -> None:
    with client:
        data = client.get(f"/api/v1/envs/{OWNER}/run/windows/loss/traces/0/data").json()
        assert data["columns"]["y"] == [3.0, 2.0, 1.0]
        window = client.get(f"/api/v1/envs/{OWNER}/run/windows/digit").json()
        [sample] = window["content"]["samples"]
        assert client.get(f"/api/v1/envs/{OWNER}/run/assets/{sample['asset']}").content.startswith(b"\x89PNG")
