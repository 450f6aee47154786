"""A thousand windows in one env: drawn only where one looks, filtered by the next frame. bench/thousand.py measures them."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser import content
from tests.browser.test_wall import open_env, pane
from tests.support.server import Server
from tests.support.waiting import wait_for

WINDOWS = 1000

# Until all panes have their frames, and what is on screen is drawn.
USABLE = """async (count) => {
    const frame = () => new Promise(requestAnimationFrame);
    const onScreen = (box) => box.top < innerHeight && box.bottom > 0;
    for (;;) {
        const panes = [...document.querySelectorAll('[data-win]')];
        const seen = panes.filter((pane) => onScreen(pane.getBoundingClientRect()));
        const isDrawn = (pane) => pane.dataset.kind === 'text'
            ? pane.querySelector('iframe')
            : Number(pane.querySelector('[data-drawn-points]')?.dataset.drawnPoints) > 0;
        if (panes.length === count && seen.every(isDrawn)) return;
        await frame();
    }
}"""

# How many panes the next frame after a key in the filter shows.
FILTER = """async (text) => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(null);
    }));
    const field = document.querySelector('#filter');
    field.value = text;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    await painted();
    return document.querySelectorAll('[data-win]').length;
}"""


@pytest.fixture(scope="module")
def env(server: Server) -> str:
    """Lines, figures and texts, a thousand in all."""
    curve = np.random.default_rng(1).normal(size=200).cumsum()
    steps = content.floats(np.arange(200))

    def window(number: int) -> dict:
        title = f"layer{number:04}/{('loss', 'accuracy', 'gradient', 'notes')[number % 4]}"
        if number % 4 == 3:
            return content.text("thousand", f"w{number}", f"<p>text {number}</p>", title=title)
        if number % 4 == 2:
            series = {title: {"step": steps, "value": content.floats(curve)}}
            return {"do": "metrics.log", "env": "thousand", "series": series}
        return content.line("thousand", f"w{number}", title, values=curve)

    with server.client() as client:
        for start in range(0, WINDOWS, 100):
            content.send(client, *[window(number) for number in range(start, start + 100)])
    return "thousand"


@pytest.fixture
def wall(owner_page: Page, server: Server, env: str) -> Page:
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    open_env(owner_page, server, env)
    expect(owner_page.locator("[data-win]")).to_have_count(WINDOWS)
    return owner_page


def test_of_a_thousand_windows_few_are_drawn(wall: Page):
    wall.evaluate(USABLE, WINDOWS)
    assert wall.locator("[data-drawn-points]").count() < 40
    assert wall.locator("iframe").count() < 20


@pytest.mark.parametrize(
    ("text", "count"), [("loss", 250), ("^layer01.*(loss|notes)", 50), ("nothing at all", 0)]
)
def test_the_filter_has_answered_in_the_next_frame(wall: Page, text: str, count: int):
    wall.evaluate(USABLE, WINDOWS)
    assert wall.evaluate(FILTER, text) == count
    assert wall.evaluate(FILTER, "") == WINDOWS


def test_a_long_wall_is_drawn_where_one_arrives_and_forgotten_where_one_was(wall: Page):
    for key in ("w999", "w500", "w1", "w998"):
        wall.keyboard.press("Control+k")
        wall.keyboard.type(f"layer0{int(key[1:]):03}/")
        expect(wall.get_by_role("option")).to_have_count(1)
        wall.keyboard.press("Enter")
        found = wall.locator("[data-win]:focus")
        expect(found).to_be_in_viewport()
        expect(found).to_contain_text(re.compile(f"layer0{int(key[1:]):03}"))
        expect(found.locator("iframe, [data-drawn-points]").first).to_be_attached()
    assert wall.locator("[data-drawn-points]").count() < 60


def test_whoever_flies_over_a_long_wall_waits_for_nothing(wall: Page):
    wall.evaluate(
        """async () => {
            for (let top = 0; top < 60000; top += 1500) {
                scrollTo(0, top);
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    assert wall.locator("[data-drawn-points]").count() < 60
    wait_for(
        lambda: wall.evaluate(
            """() => [...document.querySelectorAll('[data-win]')].filter((pane) => {
                const box = pane.getBoundingClientRect();
                return box.top < innerHeight && box.bottom > 0;
            }).every((pane) => pane.querySelector('iframe, [data-drawn-points]'))"""
        ),
        what="the panes where the flight ended",
    )
    expect(pane(wall, "w0")).to_be_attached()
