"""Static files: compressed as they lie, kept for ever where their name says so, in parts if asked."""

import json
from pathlib import Path

import httpx
import pytest

from tests.support.server import Server

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "static" / "bundle" / "manifest.json"


@pytest.fixture(scope="module")
def script(server: Server) -> str:
    """The address of the page's own script."""
    if not MANIFEST.is_file():
        pytest.skip("The front end is not built: `make frontend`")
    return f"{server.url}/static/bundle/{json.loads(MANIFEST.read_text())['src/main.ts']['file']}"


def test_a_hashed_file_is_kept_for_ever(script: str):
    answer = httpx.get(script)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]


def test_any_other_file_is_asked_for_again_and_not_sent_again(server: Server):
    first = httpx.get(f"{server.url}/static/icon.svg")
    assert "immutable" not in first.headers["Cache-Control"]
    again = httpx.get(f"{server.url}/static/icon.svg", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_it_goes_compressed_where_the_browser_takes_that(script: str, encoding: str):
    if not any(MANIFEST.parent.glob("*.br")):
        pytest.skip("The front end is not compressed: `make frontend`")
    plain = httpx.get(script, headers={"Accept-Encoding": "identity"})
    packed = httpx.get(script, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2


def test_a_part_of_it_can_be_had(script: str):
    whole = httpx.get(script, headers={"Accept-Encoding": "identity"}).content
    part = httpx.get(script, headers={"Accept-Encoding": "identity", "Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])


def test_nobody_writes_them(server: Server):
    assert httpx.post(f"{server.url}/static/icon.svg").status_code == 405


def test_serving_them_is_nothing_to_warn_about(server: Server, script: str):
    httpx.get(script)
    assert "StreamingHttpResponse" not in server.log
