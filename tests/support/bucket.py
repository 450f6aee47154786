"""A bucket as S3 has them, on this machine, from a PyPI package."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.ports import free_port
from tests.support.waiting import wait_for

NAME = "pictures"


@dataclass(frozen=True)
class Bucket:
    url: str

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PANEWALL_ASSETS_URL": f"s3://{NAME}/wall",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def holds(self, key: str) -> bool:
        """Whether an object lies there, below what the servers were told to write to."""
        key = f"wall/{key}"
        listed = httpx.get(f"{self.url}/{NAME}", params={"list-type": 2, "prefix": key})
        return f"<Key>{key}</Key>" in listed.raise_for_status().text


@contextmanager
def open_bucket(folder: Path) -> Iterator[Bucket]:
    """An empty bucket; its server ends with the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "bucket.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: _answers(url), what="the bucket's server", timeout_s=60)
        httpx.put(f"{url}/{NAME}").raise_for_status()
        yield Bucket(url)
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False
