"""Envs to compare, on the shared server."""

import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.compare.page import ComparisonPage
from tests.support.cast import cast  # noqa: F401  a fixture


@pytest.fixture(scope="module")
def program(server, token) -> Iterator[httpx.Client]:
    """An HTTP client with a token."""
    with server.client() as client:
        yield client


@pytest.fixture
def envs() -> list[str]:
    """Four names nobody else uses."""
    stem = uuid.uuid4().hex[:10]
    return [f"{name}-{stem}" for name in ("b", "a", "d", "c")]


@pytest.fixture
def send(program) -> Callable[..., None]:
    def send(*commands: dict) -> None:
        answer = program.post("/api/v1/ingest", json={"commands": list(commands)})
        assert answer.status_code == 200, answer.text

    return send


@pytest.fixture
def compare(server, token) -> Iterator[Callable[..., ComparisonPage]]:
    pages: list[ComparisonPage] = []

    def compare(*envs: str, **options) -> ComparisonPage:
        page = ComparisonPage(server, options.pop("token", token), *envs, **options)
        pages.append(page)
        return page

    yield compare
    for page in pages:
        page.close()


def line(env: str, y: list, *, title: str = "Loss", trace: str = "train", win: str = "w", **more) -> dict:
    make = {"title": title, "trace": {"type": "scatter", "mode": "lines"}}
    return {"do": "trace.append", "env": env, "win": win, "trace": trace, "y": y, "make": make, **more}
