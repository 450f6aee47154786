"""examples/demo.py draws every kind of window, and answers to what people do in them."""

import html
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from tests.support.page import Page
from tests.support.server import OWNER, Server
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
ENV = "tour"

KINDS = {
    "plot": {
        *("line", "filled", "walk", "log", "scatter", "named", "cloud", "stem", "quiver", "dual"),
        *("bar", "stacked", "histogram", "box", "pie", "sunburst", "surf", "contour", "heatmap", "mesh"),
        *("appended", "rows", "plotly"),
    },
    "image": {"image", "images", "history"},
    "text": {"text", "svg", "matplot", "pad", "events"},
    "audio": {"audio"},
    "video": {"video"},
    "network": {"network"},
    "properties": {"form"},
    "embeddings": {"embeddings"},
}
NEEDS = {"video": "av", "matplot": "matplotlib", "plotly": "plotly", "embeddings": "sklearn"}


@pytest.fixture(scope="module")
def demo(server: Server) -> Iterator[subprocess.Popen[str]]:
    """The demo, running; it has said where to look."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PANEWALL_")}
    environ |= {
        "PANEWALL_SERVER": server.url,
        "PANEWALL_CREDENTIALS": str(server.credentials),
        "PANEWALL_STATE_DIR": str(server.data_dir / "client"),
    }
    for module in NEEDS.values():
        pytest.importorskip(module)
    command = [
        sys.executable,
        "-W",
        "error",
        str(ROOT / "examples" / "demo.py"),
        "--env",
        ENV,
        "--seconds",
        "240",
    ]
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        assert first.startswith(f"Look at env '{ENV}' on {server.url}/env/{ENV}"), (
            first + process.stdout.read()
        )
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def windows(client: httpx.Client) -> dict[str, str]:
    """The kind of each window by its key."""
    found: dict[str, str] = {}
    page = f"/api/v1/envs/{OWNER}/{ENV}/windows?page_size=100"
    for row in client.get(page).json()["results"]:
        found[row["key"]] = row["kind"]
    return found


def test_every_kind_of_window_is_there(demo: subprocess.Popen[str], client: httpx.Client):
    assert windows(client) == {key: kind for kind, keys in KINDS.items() for key in keys}


@pytest.fixture
def person(server: Server, token: str, demo: subprocess.Popen[str]) -> Iterator["Person"]:
    page = Page(server, token, f"{OWNER}/{ENV}")
    yield Person(page)
    page.close()


class Person:
    """Somebody before the wall, who does things in its windows."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def does(self, window: str, event_type: str, **fields: object) -> None:
        ids = {look["key"]: number for number, look in self.page.windows.items()}
        event = {"event_type": event_type, **fields}
        self.page._send({"t": "event", "env": self.page.env_id, "window": ids[window], "event": event})


def shows(client: httpx.Client, window: str) -> Any:
    """What a window holds, as visdom's object."""
    return client.get(f"/api/v1/envs/{OWNER}/{ENV}/object", params={"win": window}).json()["content"]


def test_the_pad_can_be_typed_into(person: Person, client: httpx.Client):
    for key in ("h", "x", "Backspace", "i", "<", "ArrowLeft"):
        person.does("pad", "KeyPress", key=key, key_code=0)
    wait_for(lambda: shows(client, "pad") == "Type here: hi&lt;", what="what was typed")


def test_the_form_answers(person: Person, client: httpx.Client):
    person.does("form", "PropertyUpdate", propertyId=3, value="2")
    person.does("form", "PropertyUpdate", propertyId=2, value=False)
    wait_for(lambda: [item["value"] for item in shows(client, "form")][2:4] == [False, 2], what="the change")
    person.does("form", "PropertyUpdate", propertyId=4, value="clicked")
    wait_for(lambda: [item["value"] for item in shows(client, "form")][2:4] == [True, 0], what="the reset")
    assert "Optimizer: 2" in shows(client, "events") and "Reset: clicked" in shows(client, "events")


def test_a_click_on_the_picture_is_heard(person: Person, client: httpx.Client):
    person.does("image", "Click", image_coord={"x": 64.2, "y": 10, "visibility": "visible"})
    wait_for(lambda: shows(client, "image")["caption"] == "x 64, y 10", what="the new caption")


def test_the_embeddings_answer(person: Person, client: httpx.Client):
    person.does("embeddings", "EntitySelected", entityId="Entity 20", idx=20)
    vector = {"html": "<b>vector 20</b> of group 1", "entityId": "Entity 20"}
    wait_for(lambda: shows(client, "embeddings").get("selected") == vector, what="the vector's preview")
    person.does("embeddings", "RegionSelected", selectedIdxs=list(range(15)))
    wait_for(lambda: shows(client, "embeddings")["has_previous"], what="the region", timeout_s=30)
    assert [point["idx"] for point in shows(client, "embeddings")["data"]] == list(range(15))


def test_a_closed_window_is_told(person: Person, client: httpx.Client):
    person.does("pad", "close")
    wait_for(lambda: "Window 'pad' was closed" in html.unescape(shows(client, "events")), what="the news")


DRAWN = {
    "plot": ".js-plotly-plot .main-svg",
    "image": "img",
    "text": "iframe",
    "audio": "audio",
    "video": "video",
    "network": "svg circle",
    "properties": "input",
    "embeddings": "canvas",
}


def test_every_window_is_drawn_without_a_fault(
    demo: subprocess.Popen[str], owner_page: BrowserPage, server: Server
):
    owner_page.goto(f"{server.url}/w/{OWNER}/env/{ENV}")
    for kind, keys in KINDS.items():
        for key in sorted(keys - {"pad"}):  # which was closed
            pane = owner_page.locator(f'[data-win="{key}"]')
            pane.scroll_into_view_if_needed()
            expect(pane.locator(DRAWN[kind]).first).to_be_visible()


def test_it_ends_when_it_is_stopped(demo: subprocess.Popen[str]):
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    assert demo.stdout is not None
    assert "Traceback" not in demo.stdout.read()
