"""Embeddings of the unmodified client, from its program to a person's hands and back.

The package that lays points out is built by hand and lies in visdom's own folder; here one of the same name stands for it.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.server import OWNER, Server
from tests.support.waiting import wait_for

pytestmark = pytest.mark.browser

#: The first two features are the places; those of groups a, b, c lie round three far corners.
PROGRAM = """
import json, sys, types
import numpy as np

names = ("visdom.extra_deps", "visdom.extra_deps.bhtsne", "visdom.extra_deps.bhtsne.bhtsne")
sys.modules.update((name, types.ModuleType(name)) for name in names)
sys.modules[names[-1]].run_bh_tsne = lambda X, initial_dims, perplexity, verbose: np.asarray(X)[:, :2]

import visdom

port, token, user, env = sys.argv[1:]
vis = visdom.Visdom(server="http://127.0.0.1", port=int(port), username=user, password=token, env=env)
rng = np.random.default_rng(2)
corners = np.array([[-1, -1], [1, -1], [0, 1]])[np.repeat(range(3), 40)]
features = np.hstack([corners + rng.uniform(-0.2, 0.2, (120, 2)), rng.normal(size=(120, 5))])
labels = [f"group {name}" for name in np.repeat(list("abc"), 40)]
win = vis.embeddings(
    features, labels, win="cloud", opts={"title": "Digits"},
    data_getter=lambda index: f"<b id=preview>number {index}</b>", data_type="html",
)
fields = ("event_type", "entityId", "idx", "selectedIdxs", "key")
tell = lambda event: print(json.dumps({name: event[name] for name in fields if name in event}), flush=True)
vis.register_event_handler(tell, win)
print(json.dumps({"event_type": "shown", "win": win}), flush=True)
sys.stdin.read()
"""


class Program:
    """A training script that stays, and says what it hears."""

    def __init__(self, server: Server, env: str) -> None:
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
        self._process = subprocess.Popen(
            [*command, str(server.port), server.token(), OWNER, env],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.heard: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self.heard.append(json.loads(line))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.heard if event["event_type"] == kind]

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def program(server: Server, env: str) -> Iterator[Program]:
    pytest.importorskip("visdom")
    made = Program(server, env)
    yield made
    made.end()


def around(page: Page, cloud: Locator, left: float, top: float, right: float, bottom: float) -> None:
    """Draw a lasso round a part of a pane, given as shares of its sides."""
    box = cloud.bounding_box()
    assert box is not None
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def test_a_cloud_is_looked_into_gone_into_twice_and_left_again(
    owner_page: Page, server: Server, env: str, program: Program
):
    page = owner_page
    wait_for(lambda: program.of("shown"), what="the program has drawn")
    page.goto(f"{server.url}/w/{OWNER}/env/{env}")
    pane = page.locator('[data-win="cloud"]')
    cloud = pane.locator(".cloud")

    def drawn(n: int) -> Locator:
        return pane.locator(f"[data-drawn-points='{n}']")

    expect(drawn(120)).to_be_visible()
    expect(pane).to_contain_text("Digits")

    box = cloud.bounding_box()
    assert box is not None
    entity = pane.locator("[data-entity]")
    for step in range(60):  # over the upper group, until a point lies below the pointer
        page.mouse.move(
            box["x"] + box["width"] * (0.4 + step % 10 / 50),
            box["y"] + box["height"] * (0.06 + step // 10 / 60),
        )
        if entity.count():
            break
    chosen = wait_for(lambda: program.of("EntitySelected"), what="the program is asked for a preview")[-1]
    assert chosen["entityId"] == f"Entity {chosen['idx']}" and 80 <= chosen["idx"] < 120
    expect(entity).to_contain_text("group c")
    preview = pane.locator("iframe").content_frame.locator("#preview")
    expect(preview).to_have_text(f"number {chosen['idx']}")

    cloud.focus()
    page.keyboard.press("k")
    wait_for(lambda: [e["key"] for e in program.of("KeyPress")] == ["k"], what="the program hears a key")

    lasso = pane.get_by_role("button", name="lasso")
    back = pane.get_by_role("button", name="back", exact=True)
    lasso.click()
    around(page, cloud, 0.02, 0.5, 0.98, 0.99)
    expect(drawn(80)).to_be_visible()
    assert sorted(program.of("RegionSelected")[-1]["selectedIdxs"]) == list(range(80))
    lasso.click()
    around(page, cloud, 0.5, 0.01, 0.99, 0.99)
    expect(drawn(40)).to_be_visible()
    assert sorted(program.of("RegionSelected")[-1]["selectedIdxs"]) == list(range(40, 80))
    back.click()
    expect(drawn(80)).to_be_visible()
    back.click()
    expect(drawn(120)).to_be_visible()
    expect(back).to_have_count(0)

    page.reload()
    expect(drawn(120)).to_be_visible()
    page.mouse.move(0, 0)
    pane.hover()
    pane.get_by_role("button", name="close", exact=True).click()
    wait_for(lambda: program.of("close"), what="the program hears that its window was closed")
