"""A program with a token, an env of its own, and pages that watch."""

import io
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest
from PIL import Image

from tests.support.page import Page
from tests.support.server import Server


@pytest.fixture(scope="module")
def program(server: Server, token: str) -> Iterator[httpx.Client]:
    """An HTTP client that carries the owner's token."""
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as client:
        yield client


@pytest.fixture
def env() -> str:
    return f"port-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def watch(server: Server, token: str) -> Iterator[Callable[[str], Page]]:
    """``watch(env)``: a page without a screen."""
    pages = []

    def open_page(env: str) -> Page:
        page = Page(server, token, env)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()


def send(program: httpx.Client, *commands: dict) -> None:
    """Write; every command must go in."""
    for begin in range(0, len(commands), 500):
        answer = program.post("/api/v1/ingest", json={"commands": list(commands[begin : begin + 500])})
        assert (answer.status_code, answer.json().get("e", [])) == (200, []), answer.text


def line(env: str, y: list, *, win: str = "w", trace: str = "t", **more: object) -> dict:
    return {"do": "trace.append", "env": env, "win": win, "trace": trace, "y": y, **more}


def revision(program: httpx.Client, env: str) -> int:
    return program.get(f"/api/v1/envs/owner/{env}").json()["revision"]


def picture(colour: str = "teal", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def show_picture(program: httpx.Client, env: str, win: str, colour: str, *, step: int = 0, **more) -> None:
    asset = program.post("/api/v1/assets", content=picture(colour)).json()["asset"]
    send(program, {"do": "sample.put", "env": env, "win": win, "asset": asset, "step": step, **more})
