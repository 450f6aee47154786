"""Plots on the wall: that they follow the data at once, stay exact however they came about, and stay in a person's hand."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import content
from tests.browser.walls import open_env
from tests.support.browser import sign_in
from tests.support.server import Server
from tests.support.waiting import wait_for

FIRST_FRAME = "performance.getEntriesByName('panewall:first-frame')[0]?.startTime"
# One point an overview may take: the lowest and the highest of each bucket, and the last point.
MOST_DRAWN = 2 * 1024 + 1


def drawing(page: Page, key: str) -> Locator:
    """What a pane draws in; it says how many points are on screen, and in which state it is."""
    return page.locator(f'[data-win="{key}"] [data-drawn-points]')


def drawn(page: Page, key: str) -> int:
    return int(drawing(page, key).get_attribute("data-drawn-points") or -1)


def first_frame_ms(page: Page) -> float:
    return wait_for(lambda: page.evaluate(FIRST_FRAME), what="the first full frame")


def drag(page: Page, surface: Locator, start: float, end: float, *, release: bool = True) -> None:
    """Drag over part of a plot, from one share of its width to another."""
    box = surface.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=3)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=3)
    if release:
        page.mouse.up()


def log(server: Server, env: str, name: str, x: np.ndarray, y: np.ndarray) -> None:
    with server.client() as client:
        series = {name: {"step": content.floats(x), "value": content.floats(y)}}
        content.send(client, {"do": "metrics.log", "env": env, "series": series})


def append(server: Server, env: str, win: str, start: int, n: int) -> None:
    """n more points for each of two lines."""
    x = np.arange(start, start + n, dtype=float)
    with server.client() as client:
        content.send(
            client,
            *[
                {
                    "do": "trace.append",
                    "env": env,
                    "win": win,
                    "trace": name,
                    "x": content.floats(x),
                    "y": content.floats(np.sin(x / 30 + shift)),
                    "make": {"title": "Lines", "trace": {"type": "scatter", "mode": "lines"}},
                }
                for shift, name in enumerate(("one", "two"))
            ],
        )


@pytest.fixture
def walk() -> np.ndarray:
    """A long line with a gap, a spike and a fall."""
    y = np.cumsum(np.random.default_rng(5).normal(size=100_000))
    y[30_000:32_000] = np.nan
    y[61_234], y[61_236] = 4_000, -4_000
    return y


def test_two_people_see_the_same_append_within_a_second(
    new_context: Callable[..., BrowserContext], server: Server, env: str
):
    log(server, env, "loss", np.arange(3.0), np.array([3.0, 2.0, 1.0]))
    pages = [new_context().new_page() for _ in range(2)]
    for page in pages:
        sign_in(page, server)
        open_env(page, server, env)
        expect(page.get_by_text("step 2", exact=True)).to_be_visible()
    log(server, env, "loss", np.array([3.0]), np.array([0.5]))
    for page in pages:
        expect(page.get_by_text("step 3", exact=True)).to_be_visible(timeout=1_000)
        expect(drawing(page, "loss")).to_have_attribute("data-drawn-points", "4")


def test_a_run_goes_on_over_a_killed_server_with_nothing_lost_or_doubled(page: Page, start_server):
    server = start_server()
    log(server, "run", "loss", np.arange(100.0), np.arange(100.0))
    sign_in(page, server)
    open_env(page, server, "run")
    expect(drawing(page, "loss")).to_have_attribute("data-drawn-points", "100")
    server.kill()
    expect(drawing(page, "loss")).to_have_attribute("data-state", "stale")
    server.start()
    log(server, "run", "loss", np.arange(100.0, 250.0), np.arange(150.0))
    # It comes back without anybody's doing.
    expect(drawing(page, "loss")).to_have_attribute("data-drawn-points", "250")
    expect(drawing(page, "loss")).to_have_attribute("data-state", "ready")


def test_a_long_line_is_thinned_and_what_grew_looks_like_what_is_loaded(
    owner_page: Page, server: Server, env: str, walk: np.ndarray
):
    page = owner_page
    log(server, env, "walk", np.arange(90_000.0), walk[:90_000])
    open_env(page, server, env)
    first_frame_ms(page)
    assert 1_000 < drawn(page, "walk") <= MOST_DRAWN
    for start in range(90_000, 100_000, 1_000):
        log(server, env, "walk", np.arange(start, start + 1_000.0), walk[start : start + 1_000])
    expect(page.get_by_text("step 99\u202f999", exact=True)).to_be_visible()
    grown = picture(page)
    page.reload()
    first_frame_ms(page)
    expect(page.get_by_text("step 99\u202f999", exact=True)).to_be_visible()
    assert picture(page) == grown


def picture(page: Page) -> str:
    """The chart as its pixels are, and the number of points in it."""
    pixels = page.locator('[data-win="walk"] canvas').evaluate("canvas => canvas.toDataURL()")
    return f"{drawn(page, 'walk')} {pixels}"


@pytest.mark.parametrize("kind", ["metric", "plot"])
def test_zooming_into_a_long_line_shows_its_points(
    owner_page: Page, server: Server, env: str, walk: np.ndarray, kind: str
):
    page = owner_page
    if kind == "metric":
        log(server, env, "walk", np.arange(100_000.0), walk)
    else:
        with server.client() as client:
            content.send(client, content.line(env, "walk", "walk", walk=walk))
    open_env(page, server, env)
    first_frame_ms(page)
    whole = drawn(page, "walk")
    surface = page.locator('[data-win="walk"] .u-over, [data-win="walk"] .nsewdrag').first
    drag(page, surface, 0.4, 0.44)
    # About 4 000 points in at most 512 buckets, each of 8 points where it was of 128.
    wait_for(lambda: 400 < drawn(page, "walk") < 1_500, what="the finer line")
    surface.dblclick()
    expect(drawing(page, "walk")).to_have_attribute("data-drawn-points", str(whole))


def test_a_million_points_open_fast_and_small(owner_page: Page, server: Server, env: str):
    page = owner_page
    y = np.cumsum(np.random.default_rng(1).normal(size=1_000_000))
    for start in range(0, 1_000_000, 100_000):
        log(server, env, "walk", np.arange(start, start + 100_000.0), y[start : start + 100_000])
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    for _ in range(3):
        received.clear()
        open_env(page, server, env)
        shown_ms = first_frame_ms(page)
    assert 1_000 < drawn(page, "walk") <= MOST_DRAWN
    assert sum(received) < 300_000
    # `make bench` holds the bar of 200 ms on a quiet machine; here only what would be another way of working is caught.
    assert shown_ms < 2_000


def test_updates_leave_zoom_and_hidden_lines_alone(owner_page: Page, server: Server, env: str):
    page = owner_page
    append(server, env, "lines", 0, 200)
    open_env(page, server, env)
    expect(drawing(page, "lines")).to_have_attribute("data-drawn-points", "400")
    state = """() => {
        const plot = document.querySelector('[data-win=lines] .js-plotly-plot');
        return [plot._fullLayout.xaxis.range, plot._fullData.map(({ visible }) => visible)];
    }"""
    page.locator('[data-win="lines"] .legendtoggle').nth(1).click()
    wait_for(lambda: page.evaluate(state)[1] == [True, "legendonly"], what="the hidden line")
    surface = page.locator('[data-win="lines"] .nsewdrag')
    drag(page, surface, 0.2, 0.5, release=False)
    append(server, env, "lines", 200, 50)
    # What comes while the person drags waits for the hand.
    append(server, env, "lines", 250, 50)
    page.mouse.up()
    expect(drawing(page, "lines")).to_have_attribute("data-drawn-points", "600")
    zoomed = page.evaluate(state)
    assert zoomed[0][0] > 10 and zoomed[0][1] < 150
    append(server, env, "lines", 300, 100)
    expect(drawing(page, "lines")).to_have_attribute("data-drawn-points", "800")
    assert page.evaluate(state) == zoomed


def test_a_hidden_tab_draws_nothing_and_catches_up(owner_page: Page, server: Server, env: str):
    page = owner_page
    log(server, env, "loss", np.arange(10.0), np.arange(10.0))
    open_env(page, server, env)
    expect(drawing(page, "loss")).to_have_attribute("data-drawn-points", "10")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    log(server, env, "loss", np.arange(10.0, 20.0), np.arange(10.0))
    with server.client() as client:
        content.send(client, content.text(env, "sign", "<p>it is there</p>", title="a sign"))
    # What came after the points is there; the plot did not move.
    expect(page.locator('[data-win="sign"]')).to_be_visible()
    assert drawn(page, "loss") == 10
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(drawing(page, "loss")).to_have_attribute("data-drawn-points", "20")


def test_an_old_figure_keeps_its_words_and_a_strange_one_is_refused_in_words(
    owner_page: Page, server: Server, env: str
):
    page = owner_page
    old = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [1, 2],
        "y": [1, 2],
        "text": ["left", "right"],
        "textposition": "right",
        "marker": {"symbol": "dot"},
    }
    layout = {"title": "An old title", "xaxis": {"title": "epochs", "titlefont": {"size": 18}}}
    with server.client() as client:
        put = {"do": "window.put", "env": env, "kind": "plot"}
        content.send(
            client,
            {**put, "win": "old", "title": "old", "traces": [old], "layout": layout},
            {
                **put,
                "win": "strange",
                "title": "strange",
                "traces": [{"type": "holograph", "x": [1], "y": [2]}],
            },
            {**put, "win": "map", "title": "map", "traces": [{"type": "scattergeo", "lon": [1], "lat": [2]}]},
        )
    open_env(page, server, env)
    expect(page.locator('[data-win="old"] .gtitle')).to_have_text("An old title")
    expect(page.locator('[data-win="old"] .xtitle')).to_have_text("epochs")
    expect(drawing(page, "strange")).to_have_attribute("data-state", "error")
    expect(page.locator('[data-win="strange"]')).to_contain_text("cannot draw traces of type “holograph”")
    expect(page.locator('[data-win="map"]')).to_contain_text("needs maps from another host")


def test_a_cloud_too_large_to_send_whole_says_so(owner_page: Page, server: Server, env: str):
    page = owner_page
    points = np.random.default_rng(2).normal(size=(2, 50_000))
    cloud = {
        "type": "scatter",
        "mode": "markers",
        "x": content.floats(points[0]),
        "y": content.floats(points[1]),
    }
    with server.client() as client:
        content.send(
            client,
            {
                "do": "window.put",
                "env": env,
                "win": "cloud",
                "kind": "plot",
                "title": "Cloud",
                "traces": [cloud],
            },
        )
    open_env(page, server, env)
    expect(drawing(page, "cloud")).to_have_attribute("data-drawn-points", "12500")
    expect(page.get_by_text("50,000 points; one in 4 is shown.")).to_be_visible()


def test_a_metric_says_the_values_under_the_cursor(owner_page: Page, server: Server, env: str):
    page = owner_page
    log(server, env, "loss", np.arange(101.0), np.arange(101.0) * 10)
    open_env(page, server, env)
    legend = page.locator('[data-win="loss"] .metric-legend')
    expect(legend).to_have_text(re.compile("1\u202f000.*step 100"))
    surface = page.locator('[data-win="loss"] .u-over')
    box = surface.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    expect(legend).to_have_text(re.compile("500.*step 50"))
