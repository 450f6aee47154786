"""Metric plots in a real Chromium: how a person has them drawn, along what, and what the cursor tells in all of them at once.

The pictures go to ``.cache/screenshots``.
"""

import re
import uuid
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import content
from tests.browser.test_screenshots import FOLDER
from tests.support import browser as chromium
from tests.support.first_start import FirstStart
from tests.support.server import Server
from tests.support.waiting import wait_for

#: When the runs began: the times of all points follow from it.
BEGAN = 1_790_000_000.0
STEPS = np.arange(200.0)
LONG = 60_000
COLOURS = "(found, side) => found.map(mark => getComputedStyle(mark)[side])"
#: Whether the last letters of a line, which has no room for all of it, stand within what is shown of it.
ENDS_IN_SIGHT = """(line, letters) => {
  const range = document.createRange();
  const texts = document.createNodeIterator(line, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const at = text.data.lastIndexOf(letters);
    if (at < 0) continue;
    range.setStart(text, at);
    range.setEnd(text, at + letters.length);
    const box = text.parentElement.closest('.cut').parentElement.closest(':not(.cut)').getBoundingClientRect();
    return line.scrollWidth <= line.clientWidth && range.getBoundingClientRect().right <= box.right;
  }
  return false;
}"""
ENVS = ["night-a", "night-b", "night-c"]


@pytest.fixture(scope="module")
def server(first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with three runs: short lines and long ones, each point with its time."""
    made = first_start.server(tmp_path_factory.mktemp("metrics")).start()
    with made.client() as client:
        for seed, env in enumerate(ENVS):
            noise = np.random.default_rng(seed)
            loss = np.exp(-STEPS / (30 + 20 * seed)) + noise.normal(0, 0.02, 200)
            loss[:3] = [40, -1, 0]
            rate = np.where(STEPS < 100, STEPS / 100, (200 - STEPS) / 100)
            long = np.cumsum(noise.normal(size=LONG))
            content.send(
                client,
                metrics(env, STEPS, seed, **{"train/loss": loss, "lr": rate}),
                metrics(env, STEPS[::10], seed, **{"val/loss": loss[::10] + 0.1}),
                metrics(env, np.arange(float(LONG)), seed, walk=long, tokens=np.arange(LONG) * 64.0),
            )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """One tab for all tests of this module."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    faults: list[str] = []
    chromium.note_faults(context, faults)
    page = context.new_page()
    chromium.sign_in(page, server)
    yield page
    context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def runs(server: Server) -> list[str]:
    """Copies of the three runs for one test: what is chosen on their pages is kept."""
    names = [f"{env}-{uuid.uuid4().hex[:8]}" for env in ENVS]
    with server.client() as client:
        content.send(
            client, *({"do": "env.fork", "env": env, "to": to} for env, to in zip(ENVS, names, strict=True))
        )
    return names


def metrics(env: str, steps: np.ndarray, seed: int, **series: np.ndarray) -> dict:
    """Each run takes two seconds for a step, and begins an hour after the one before."""
    times = BEGAN + 3_600 * seed + 2 * steps
    said = {
        name: {"step": content.floats(steps), "value": content.floats(y), "time": content.floats(times)}
        for name, y in series.items()
    }
    return {"do": "metrics.log", "env": env, "series": said}


def open_page(page: Page, server: Server, *envs: str) -> None:
    address = (
        f"/w/owner/env/{envs[0]}" if len(envs) == 1 else "/compare?" + "&".join(f"env={e}" for e in envs)
    )
    page.goto(f"{server.url}{address}")
    expect(page.locator("[data-connection=online]")).to_be_visible()


def pane(page: Page, name: str) -> Locator:
    """The pane of a metric, on the page of an env or of a comparison."""
    return page.locator(f'[data-win="{name}"], [data-win="metric:key:{name}"]')


def drawn(page: Page, name: str) -> Locator:
    found = pane(page, name).locator("[data-drawn-points]")
    found.scroll_into_view_if_needed()
    return found


def legend(page: Page, name: str) -> Locator:
    return pane(page, name).locator(".metric-legend")


def settings(page: Page, name: str, *, for_all: bool = False) -> Locator:
    """The settings of a pane, open."""
    pane(page, name).hover(position={"x": 20, "y": 10})
    pane(page, name).get_by_role("button", name="settings", exact=True).click()
    found = pane(page, name).get_by_role("dialog", name="settings")
    expect(found.get_by_text("Along x")).to_be_visible()
    assert found.evaluate("menu => menu.scrollWidth - menu.clientWidth") <= 0
    if for_all:
        found.get_by_label("All metric panes").check()
    return found


def point_at(page: Page, name: str, share: float) -> None:
    """Move the cursor over a part of a chart, from 0 at its left edge to 1 at its right."""
    box = pane(page, name).locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)


def picture(page: Page, name: str) -> str:
    return pane(page, name).locator("canvas").evaluate("canvas => canvas.toDataURL()")


def chart(page: Page, name: str) -> Locator:
    return pane(page, name).get_by_role("img").first


def test_a_pane_of_a_comparison_has_one_line_for_each_env_in_its_colour(
    page: Page, server: Server, runs: list[str]
):
    open_page(page, server, *runs)
    expect(drawn(page, "train/loss")).to_have_attribute("data-drawn-points", "600")
    names = legend(page, "train/loss").get_by_role("button")
    expect(names).to_have_count(3)
    for n, env in enumerate(runs):
        expect(names.nth(n)).to_contain_text(f"owner/{env}")
    lines = legend(page, "train/loss").locator("i").evaluate_all(COLOURS, "backgroundColor")
    assert len(set(lines)) == 3
    assert page.locator("[data-env-number] .number").evaluate_all(COLOURS, "borderBottomColor")[:3] == lines


def test_names_that_differ_in_their_last_letters_are_told_apart_where_there_is_no_room_for_all_of_them(
    page: Page, server: Server
):
    stem = f"autoencoder_{uuid.uuid4().hex}_width"
    names = [f"{stem}8", f"{stem}16"]
    with server.client() as client:
        content.send(client, *({"do": "env.fork", "env": ENVS[0], "to": name} for name in names))
    open_page(page, server, *names)
    places = [legend(page, "train/loss").get_by_role("button"), page.locator(".legend li"),
              page.locator('[role=treeitem][aria-selected="true"]')]  # fmt: skip
    for lines in places:
        expect(lines).to_have_count(2)
        for n, name in enumerate(names):
            expect(lines.nth(n)).to_contain_text(name)
            assert lines.nth(n).evaluate(ENDS_IN_SIGHT, name[-6:]), f"{name} in {lines}"
    for value in legend(page, "train/loss").locator("button b").all():
        assert value.evaluate(
            "b => b.getBoundingClientRect().right <= b.closest('.pane').getBoundingClientRect().right"
        )


def test_the_cursor_tells_the_values_of_all_lines_and_moves_in_all_panes(
    page: Page, server: Server, runs: list[str]
):
    open_page(page, server, *runs)
    drawn(page, "train/loss"), drawn(page, "val/loss")
    expect(legend(page, "val/loss")).to_contain_text("step 190")
    point_at(page, "train/loss", 0.503)
    table = page.locator(".metric-table")
    expect(table.locator("header")).to_have_text(re.compile("step (99|100|101)"))
    expect(table.locator("div > span")).to_have_count(3)
    values = [float(text) for text in table.locator("b").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    # The other pane has points at every tenth step only: the nearest of them counts.
    expect(legend(page, "val/loss")).to_contain_text("step 100")
    page.mouse.move(5, 300)
    expect(table).to_be_hidden()
    expect(legend(page, "val/loss")).to_contain_text("step 190")


def test_lines_are_smoothed_by_a_slider_and_stay_so_over_a_reload(
    page: Page, server: Server, runs: list[str]
):
    open_page(page, server, runs[0])
    expect(drawn(page, "train/loss")).to_have_attribute("data-drawn-points", "200")
    plain = picture(page, "train/loss")
    last = legend(page, "train/loss").inner_text()
    pane(page, "train/loss").hover()
    pane(page, "train/loss").get_by_role("button", name="smoothing").click()
    slider = pane(page, "train/loss").get_by_role("slider", name="Smoothing")
    expect(slider).to_have_value("0.6")
    wait_for(lambda: picture(page, "train/loss") != plain, what="the smoothed line")
    slider.fill("0.95")
    expect(pane(page, "train/loss").locator("output")).to_have_text("0.950")
    wait_for(lambda: legend(page, "train/loss").inner_text() != last, what="the smoothed value")
    smoothed = legend(page, "train/loss").inner_text()
    pane(page, "train/loss").get_by_label("Smoothing by").select_option("Savitzky–Golay")
    expect(pane(page, "train/loss").locator("output")).to_have_text("21 points")
    pane(page, "train/loss").get_by_label("Smoothing by").select_option("Moving average")
    page.screenshot(path=FOLDER / "metrics-smoothed.png")
    # Kept with the person's arrangement, not by this browser alone. It goes out as the page is left.
    page.goto(f"{server.url}/")
    page.evaluate("localStorage.clear()")
    with server.client() as owner:
        address = f"/api/v1/envs/owner/{runs[0]}/layout"
        wait_for(lambda: "0.95" in owner.get(address).text, what="the choice on the server")
    open_page(page, server, runs[0])
    expect(pane(page, "train/loss").get_by_role("slider", name="Smoothing")).to_have_value("0.95")
    expect(legend(page, "train/loss")).to_have_text(re.compile(re.escape(smoothed.split()[0])))
    # Other panes are as they were.
    expect(pane(page, "lr").get_by_role("slider")).to_have_count(0)


def test_a_logarithmic_axis_says_what_it_cannot_show(page: Page, server: Server, runs: list[str]):
    open_page(page, server, runs[0])
    expect(drawn(page, "train/loss")).to_have_attribute("data-drawn-points", "200")
    found = settings(page, "train/loss")
    found.get_by_role("checkbox", name="y", exact=True).check()
    expect(pane(page, "train/loss").locator(".metric-note")).to_contain_text(
        re.compile(r"\d+ values? at or below zero (is|are) not shown on a logarithmic axis")
    )
    found.get_by_role("checkbox", name="x", exact=True).check()
    expect(pane(page, "train/loss").locator(".metric-note")).to_contain_text("1 value of x at or below zero")
    page.screenshot(path=FOLDER / "metrics-settings.png")
    found.get_by_role("button", name="Draw it like all").click()
    expect(pane(page, "train/loss").locator(".metric-note")).to_be_empty()
    # Of a line that is thinned not all values are here, and none are counted.
    drawn(page, "walk")
    settings(page, "walk").get_by_role("checkbox", name="y", exact=True).check()
    expect(pane(page, "walk").locator(".metric-note")).to_have_text(
        "Values at or below zero are not shown on a logarithmic axis."
    )


INK = """(canvas) => {
  const room = canvas.getContext('2d').getImageData(0, 0, Math.round(30 * devicePixelRatio), canvas.height);
  const inks = new Set();
  for (let i = 0; i < room.data.length; i += 4) if (room.data[i + 3] > 128) inks.add(room.data[i]);
  return inks.size;
}"""


def test_values_of_any_size_have_marks_and_those_that_are_none_are_said_to_be_so(page: Page, server: Server):
    env = f"sizes-{uuid.uuid4().hex[:8]}"
    ones = np.arange(1, 51.0)
    sizes = {"huge": ones * 1e300, "all": np.sin(ones) * 1.7e308, "tiny": ones * 1e-300}
    nothing = {"nan": ones * np.nan, "inf": ones * np.inf}
    with server.client() as client:
        content.send(client, metrics(env, ones, 0, **sizes, **nothing))
    for log in (False, True):
        if log:
            page.goto(f"{server.url}/w/owner/env/{env}?plots=logy:on")
        else:
            open_page(page, server, env)
        for name in sizes:
            drawn(page, name)
            canvas = pane(page, name).locator("canvas")
            wait_for(lambda canvas=canvas: canvas.evaluate(INK) > 1, what=f"marks beside {name}")  # type: ignore[misc]
            if not log:
                expect(pane(page, name).locator(".metric-note")).to_be_empty()
    for name in nothing:
        drawn(page, name)
        expect(pane(page, name).locator(".metric-note")).to_have_text(
            "Nothing can be drawn: all values are NaN or infinite."
        )


def test_outliers_can_be_left_out_of_the_range_and_are_counted(page: Page, server: Server, runs: list[str]):
    open_page(page, server, runs[0])
    expect(drawn(page, "train/loss")).to_have_attribute("data-drawn-points", "200")
    found = settings(page, "train/loss")
    found.get_by_label("Leave outliers out of the range").check()
    expect(pane(page, "train/loss").locator(".metric-note")).to_contain_text(
        re.compile(r"outliers? out of sight")
    )


def test_lines_lie_along_time_where_one_asks_for_it_and_nobody_else_is_sent_times(
    page: Page, server: Server, runs: list[str]
):
    sent: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_page(page, server, *runs)
    expect(drawn(page, "walk")).to_be_visible()
    assert not any(b"time" in frame for frame in sent)
    found = settings(page, "train/loss", for_all=True)
    found.get_by_label("Along x").select_option("Time since the run began")
    page.keyboard.press("Escape")
    # 200 steps of two seconds each, for every run alike.
    expect(legend(page, "train/loss")).to_contain_text("after 6 min 38 s")
    point_at(page, "train/loss", 0.5)
    expect(page.locator(".metric-table header")).to_have_text(
        re.compile("after 3 min 1[0-9] s|after 3 min 2[0-9] s")
    )
    expect(page.locator(".metric-table div > span")).to_have_count(3)
    page.mouse.move(5, 300)
    drawn(page, "walk")
    expect(legend(page, "walk")).to_contain_text("after 1 d 9 h")
    found = settings(page, "train/loss", for_all=True)
    found.get_by_label("Along x").select_option("Time of day")
    expect(legend(page, "train/loss")).to_contain_text(re.compile(r"/2026|\.2026|2026"))
    page.keyboard.press("Escape")
    page.screenshot(path=FOLDER / "metrics-wall-time.png")
    # What comes later has its time a moment later.
    with server.client() as client:
        content.send(client, metrics(runs[0], np.array([200.0]), 0, **{"train/loss": np.array([0.5])}))
    expect(drawn(page, "train/loss")).to_have_attribute("data-drawn-points", "601")


def test_a_long_line_over_time_grows_finer_where_one_zooms(page: Page, server: Server, runs: list[str]):
    open_page(page, server, runs[1])
    drawn(page, "walk")
    found = settings(page, "walk")
    found.get_by_label("Along x").select_option("Time since the run began")
    page.keyboard.press("Escape")
    expect(legend(page, "walk")).to_contain_text("after 1 d 9 h")
    coarse = picture(page, "walk")
    box = pane(page, "walk").locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.52 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    wait_for(lambda: picture(page, "walk") != coarse, what="the zoomed line")
    # About 1 200 of the points are there now, each with its own time: two seconds apart.
    point_at(page, "walk", 0.5)
    first = legend(page, "walk").inner_text()
    point_at(page, "walk", 0.503)
    wait_for(lambda: legend(page, "walk").inner_text() != first, what="another point close by")


def test_lines_lie_along_another_metric_by_step(page: Page, server: Server, runs: list[str]):
    open_page(page, server, *runs)
    drawn(page, "val/loss")
    found = settings(page, "val/loss")
    found.get_by_label("Along x").select_option("lr")
    page.keyboard.press("Escape")
    # lr goes up to 1 and down again: at its top is step 100 alone.
    expect(legend(page, "val/loss")).to_contain_text("lr 1")
    drawn(page, "walk")
    found = settings(page, "walk")
    found.get_by_label("Along x").select_option("tokens")
    page.keyboard.press("Escape")
    expect(legend(page, "walk")).to_contain_text("tokens 3\u202f839\u202f936")
    expect(pane(page, "walk").locator(".metric-note")).to_contain_text(
        "steps the lowest and highest values are shown"
    )
    page.screenshot(path=FOLDER / "metrics-against.png")


def test_panes_zoom_together_where_one_wants_it(page: Page, server: Server, runs: list[str]):
    open_page(page, server, runs[0])
    for name in ("train/loss", "lr"):
        expect(drawn(page, name)).to_have_attribute("data-drawn-points", re.compile("20[01]"))
    found = settings(page, "train/loss", for_all=True)
    found.get_by_label("Zoom all panes together").check()
    page.keyboard.press("Escape")
    before = picture(page, "lr")
    box = pane(page, "train/loss").locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    page.mouse.move(5, 300)
    expect(legend(page, "lr")).to_contain_text(re.compile(r"step (99|100)"))
    assert picture(page, "lr") != before
    pane(page, "lr").locator(".u-over").dblclick()
    page.mouse.move(5, 300)
    for name in ("train/loss", "lr"):
        expect(legend(page, name)).to_contain_text(re.compile("step (199|200)"))


def test_a_thinned_line_is_a_band_from_lowest_to_highest_unless_one_wants_the_points(
    page: Page, server: Server, runs: list[str]
):
    open_page(page, server, runs[2])
    drawn(page, "walk")
    band = picture(page, "walk")
    found = settings(page, "walk")
    found.get_by_label("Show thinned lines as a band").uncheck()
    wait_for(lambda: picture(page, "walk") != band, what="the line through the points")


def test_groups_of_the_runs_table_are_a_mean_within_a_band_each(page: Page, server: Server, runs: list[str]):
    with server.client() as client:
        models = zip(runs, ["small", "small", "large"], strict=True)
        content.send(
            client, *({"do": "env.create", "env": env, "config": {"model": model}} for env, model in models)
        )
    envs = "&".join(f"env=owner/{env}" for env in runs)
    page.goto(f"{server.url}/compare?{envs}&table=open&group=config:model")
    names = legend(page, "train/loss").get_by_role("button")
    expect(names).to_have_count(2)
    expect(names.filter(has_text="small (2)")).to_be_visible()
    expect(names.filter(has_text="large (1)")).to_be_visible()
    found = settings(page, "train/loss", for_all=True)
    found.get_by_label("Draw groups of runs").uncheck()
    expect(names).to_have_count(3)
