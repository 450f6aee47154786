"""The page of a comparison in a real Chromium: what a person sees of several envs, and does with it.

The pictures go to ``.cache/screenshots``, as those of the other pages.
"""

import re
import uuid
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import content
from tests.browser.test_screenshots import FOLDER, THEMES
from tests.support.browser import cookies_of_owner
from tests.support.server import Server
from tests.support.waiting import wait_for

expect.set_options(timeout=20_000)

STEPS = np.arange(400.0)


def line(env: str, y: Any, *, title: str, trace: str, win: str = "") -> dict:
    make = {
        "title": title,
        "layout": {"xaxis": {"title": "step"}},
        "trace": {"type": "scatter", "mode": "lines"},
    }
    fields = {
        "win": win or title,
        "trace": trace,
        "x": content.floats(STEPS[: len(y)]),
        "y": content.floats(y),
    }
    return {"do": "trace.append", "env": env, "make": make, **fields}


def curve(seed: int, rate: float) -> np.ndarray:
    return np.exp(-STEPS * rate) + np.random.default_rng(seed).normal(0, 0.02, len(STEPS))


def fill(client, env: str, seed: int) -> None:
    rate = 0.004 * (seed + 1)
    heat = {"type": "heatmap", "z": [[seed, 2, 3], [4, 5, 6]]}
    content.send(
        client,
        line(env, curve(seed, rate), title="Loss", trace="train"),
        line(env, curve(seed + 10, rate) + 0.1, title="Loss", trace="validation"),
        content.metrics(env, accuracy=1 - curve(seed + 20, rate)),
        content.image(env, "sample", content.gradient(96, 64), title="Sample", caption=f"of run {seed}"),
        content.text(env, "notes", f"<p>What run {seed} was about.</p>", title="Notes"),
        {
            "do": "window.put",
            "env": env,
            "win": "map",
            "kind": "plot",
            "title": "Confusion",
            "traces": [heat],
        },
    )


@pytest.fixture
def runs(server: Server) -> list[str]:
    """Three runs with the same windows; the last has one more, and a name that is no one's friend."""
    stem = uuid.uuid4().hex[:6]
    names = [f"sweep-{stem}_lr03", f"sweep-{stem}_lr01", f"<img src=x onerror=alert(1)> & {stem}"]
    with server.client() as client:
        for seed, name in enumerate(names):
            fill(client, name, seed)
        content.send(client, line(names[2], curve(7, 0.01), title="Only here", trace="norm"))
    return names


def address(server: Server, names: list[str]) -> str:
    from urllib.parse import urlencode

    return f"{server.url}/compare?{urlencode([('env', f'owner/{name}') for name in names])}"


def pane(page: Page, title: str) -> Locator:
    return page.locator("article").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_several_envs_are_one_wall(owner_page: Page, server: Server, runs: list[str]):
    page = owner_page
    page.set_viewport_size({"width": 1440, "height": 1300})
    page.goto(address(server, runs))
    legend = pane(page, "Legend")
    expect(legend.locator("li")).to_have_count(3)
    for number, name in enumerate(runs):
        expect(legend.locator(f'[data-env-number="{number}"]')).to_contain_text(f"owner/{name}")
    loss = pane(page, "Loss")
    expect(loss.locator(".legendtext")).to_have_text(
        ["0_train", "0_validation", "1_train", "1_validation", "2_train", "2_validation"]
    )
    colours = loss.locator(".js-line").evaluate_all("lines => lines.map(line => line.style.stroke)")
    assert colours[0] == colours[1] != colours[2] == colours[3] != colours[4] == colours[5]
    assert len(set(colours)) == 3
    swatch = legend.locator(".number").first.evaluate("mark => getComputedStyle(mark).borderBottomColor")
    assert swatch == colours[0]
    for title in ("Sample", "Notes", "Confusion"):
        expect(pane(page, title).locator(".cell")).to_have_count(3)
    images = pane(page, "Sample").locator(".cell img")
    expect(images).to_have_count(3)
    assert images.evaluate_all("all => all.every(image => image.complete && image.naturalWidth === 96)")
    document = pane(page, "Notes").locator('[data-cell="1"] iframe').content_frame
    expect(document.locator("p")).to_have_text("What run 1 was about.")
    expect(pane(page, "Only here")).to_contain_text(f"only in 2 owner/{runs[2]}")
    expect(pane(page, "accuracy").locator("canvas").first).to_be_visible()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in ((1440, 1300), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
            )
            page.screenshot(path=FOLDER / f"compare-{width}-{theme}.png", caret="initial", animations="allow")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 1440, "height": 1300})
        dark = loss.locator(".js-line").evaluate_all(
            "lines => new Set(lines.map(line => line.style.stroke)).size"
        )
        assert dark == 3


def test_a_comparison_is_live_and_zooms(owner_page: Page, server: Server, runs: list[str]):
    page = owner_page
    page.goto(address(server, runs[:2]))
    plot = pane(page, "Loss").locator("[data-drawn-points]")
    drawn = 4 * len(STEPS)
    expect(plot).to_have_attribute("data-drawn-points", str(drawn))
    with server.client() as client:
        content.send(
            client, {"do": "trace.append", "env": runs[0], "win": "Loss", "trace": "train", "y": [0.5, 0.4]}
        )
    expect(plot).to_have_attribute("data-drawn-points", str(drawn + 2))
    box = pane(page, "Loss").locator(".nsewdrag").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
    page.mouse.up()
    ticks = pane(page, "Loss").locator(".xtick text")
    expect(ticks.last).not_to_have_text("400")
    pane(page, "Loss").get_by_role("button", name="reset").click()
    expect(ticks.last).to_have_text("400")


def test_a_persons_arrangement_of_a_comparison_is_kept_whatever_the_order(
    owner_page: Page, server: Server, runs: list[str]
):
    page = owner_page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address(server, runs[:2]))
    pane(page, "Loss").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.startsWith('panewall.layout'))")
    wide = pane(page, "Loss").bounding_box()["width"]
    page.goto(address(server, runs[1::-1]))
    expect(pane(page, "Loss")).to_be_visible()
    assert pane(page, "Loss").bounding_box()["width"] == pytest.approx(wide, abs=1)


def test_what_is_left_out_is_said_and_the_short_address_leads_here(
    owner_page: Page, server: Server, runs: list[str]
):
    page = owner_page
    page.goto(f"{server.url}/compare/{runs[0]}+{runs[1]}+nobody")
    expect(page).to_have_url(re.compile(r"/compare\?env=owner/"))
    expect(page.locator(".left-out")).to_contain_text("nobody")
    expect(pane(page, "Legend").locator("li")).to_have_count(2)


def test_a_pane_of_a_comparison_opens_alone_and_its_address_can_be_given_away(
    owner_page: Page, server: Server, runs: list[str]
):
    page = owner_page
    page.goto(address(server, runs))
    expect(pane(page, "Sample").locator(".cell")).to_have_count(3)
    pane(page, "Sample").focus()
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_have_count(1)
    page.reload()
    expect(page.locator("article .cell")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(pane(page, "Loss")).to_be_visible()


def test_several_checked_envs_lead_to_their_comparison(owner_page: Page, server: Server, runs: list[str]):
    page = owner_page
    page.set_viewport_size({"width": 1000, "height": 900})
    page.goto(f"{server.url}/w/owner/env/{runs[0]}")
    page.locator(".env-button").click()
    picker = page.locator(".env-picker")
    picker.get_by_role("treeitem", name=runs[1], exact=True).locator(".box").click()
    page.locator(".env-picker").get_by_role("button", name="Compare 2 envs").click()
    expect(pane(page, "Legend").locator("li")).to_have_count(2)
    expect(pane(page, "Loss").locator(".legendtext").first).to_have_text("0_train")


def test_a_colour_chosen_in_the_legend_is_that_of_the_lines_and_no_other_env_keeps_it(
    owner_page: Page, server: Server, runs: list[str]
):
    owner_page.goto(address(server, runs))
    legend = owner_page.locator('[data-win="window_compare_legend"]')
    numbers = legend.locator("[data-env-number] .number")
    expect(numbers).to_have_count(3)

    def colours() -> list[str]:
        return [numbers.nth(n).evaluate("one => one.style.getPropertyValue('--colour')") for n in range(3)]

    before = colours()
    assert len(set(before)) == 3
    legend.get_by_role("button", name=f"1: choose the colour of owner/{runs[1]}").click()
    names = ["Blue", "Amber", "Red", "Grey", "Violet", "Brown", "Orange", "Sand", "Slate", "Sky"]
    taken = int(re.findall(r"\d+", before[0])[0])
    owner_page.get_by_role("dialog").get_by_role("button", name=names[taken - 1], exact=True).click()
    expect(numbers.nth(1)).to_have_attribute("style", re.compile(rf"--data-{taken}\)"))
    owner_page.wait_for_function(
        "before => document.querySelector('[data-env-number] .number').style.getPropertyValue('--colour') !== before",
        arg=before[0],
    )
    assert len(set(colours())) == 3


def test_a_comparison_is_arranged_for_the_person_on_every_device(
    owner_page: Page, server: Server, runs: list[str], new_context
):
    def places(page: Page) -> dict[str, dict]:
        return page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('[data-win]')].map((one) => {
                const { left, top, width } = one.getBoundingClientRect();
                return [one.dataset.win, { left: Math.round(left), top: Math.round(top), width: Math.round(width) }];
            }))"""
        )

    def show(page: Page, names: list[str]) -> Locator:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address(server, names))
        legend = page.locator('[data-win="window_compare_legend"]')
        expect(legend).to_be_visible()
        return legend

    legend = show(owner_page, runs)
    before = places(owner_page)["window_compare_legend"]
    legend.focus()
    with owner_page.expect_response(lambda answer: "/comparison-layout" in answer.url):
        owner_page.keyboard.press("Alt+ArrowRight")
    mine = places(owner_page)["window_compare_legend"]
    assert mine["width"] > before["width"]

    elsewhere = new_context()
    elsewhere.add_cookies(cookies_of_owner(server))
    page = elsewhere.new_page()
    expect(show(page, [runs[2], runs[0], runs[1]])).to_be_visible()
    wait_for(lambda: places(page)["window_compare_legend"]["width"] == mine["width"], what="the same width")


def test_a_comparison_that_waits_says_so_is_cancelled_and_done_again(start_server, new_context):
    server = start_server(environ={"PANEWALL_WORKER": "none"})  # nobody takes the job at once
    with server.client() as client:
        for seed, name in enumerate(("a", "b")):
            content.send(client, line(name, curve(seed, 0.01), title="Loss", trace="train"))
    context = new_context()
    context.add_cookies(cookies_of_owner(server))
    page = context.new_page()
    page.goto(address(server, ["a", "b"]), wait_until="commit")
    waiting = page.get_by_role("status").filter(has_text="Comparing 2 envs")
    expect(waiting).to_contain_text("It waits for its turn.")
    expect(waiting.get_by_role("progressbar", name="Progress")).to_have_count(1)
    waiting.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="The comparison was cancelled")).to_be_visible()
    page.get_by_role("button", name="Compare again").click()
    expect(pane(page, "Loss").locator(".legendtext")).to_have_text(["0_train", "1_train"])
