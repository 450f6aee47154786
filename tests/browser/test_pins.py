"""Pins under a person's hands: held in one panel or in all, at the best step, explained, kept, and carried by addresses and links."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import content
from tests.browser.test_screenshots import judge
from tests.support.browser import cookies_of_owner
from tests.support.server import Server

NAN, INF = float("nan"), float("inf")
#: A bowl between pictures; a minimum without one; values that are no numbers.
METRICS = {
    "pin-a": {step: 0.1 + abs(step - 50) / 100 for step in range(0, 101, 10)},
    "pin-b": {200: 0.5, 500: 0.01, 800: 0.4, 1002: 0.02},
    "pin-c": {0: NAN, 1: 3.0, 2: -INF, 3: 2.0},
}
PICTURES = {
    "pin-a": {"val/a": range(5, 100, 10), "val/b": [0, 50, 100], "test/c": [49, 99]},
    "pin-b": {"val/a": [0, 1000, 1001, 1003], "val/b": [1001], "test/c": [5000, 6000]},
    "pin-c": {"val/a": [400, 500]},
}
MIN, MAX = "Pin steppers at min value", "Pin steppers at max value"
WITH = " (with image)"
ALL = "?" + "&".join(f"env=owner/{env}" for env in METRICS)


def log(env: str, name: str, points: dict[int, float]) -> dict:
    series = {name: {"step": content.floats(list(points)), "value": content.floats(list(points.values()))}}
    return {"do": "metrics.log", "env": env, "series": series}


def picture(env: str, card: str, step: int) -> dict:
    image = content.png(content.gradient(16 + step % 7, 12))
    return {"do": "sample.put", "env": env, "win": card, "step": step, "index": 0, "image": image}


@pytest.fixture(scope="module")
def runs(server: Server) -> list[str]:
    with server.client() as client:
        for env, points in METRICS.items():
            cards = PICTURES[env].items()
            pictures = [picture(env, card, step) for card, steps in cards for step in steps]
            content.send(client, log(env, "loss", points), *pictures)
    return [f"owner/{env}" for env in METRICS]


@pytest.fixture
def wall(runs: list[str], page: Page, server: Server) -> Page:
    """All runs side by side, with nothing pinned."""
    with server.client() as client:
        for envs in (ALL, "?env=owner/pin-a"):
            assert client.put(f"/api/v1/pins{envs}", json={"pins": []}).status_code == 200
        where = "/api/v1/preferences/best-step?workspace=owner"
        assert client.put(where, json={"tolerance": 20}).status_code == 200
    page.context.add_cookies(cookies_of_owner(server))
    page.set_viewport_size({"width": 1400, "height": 1300})
    return open_page(page, f"{server.url}/compare{ALL}")


def open_page(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("[data-connection=online]")).to_be_visible()
    # All steps are known: of three runs, of pin-a alone, of pin-live as it begins and goes on.
    expect(page.locator('[data-card="val/a"]')).to_contain_text(re.compile(r"/ (16|10|2|4)\b"))
    return page


def cell(page: Page, card: str, env: str = "pin-a") -> Locator:
    return page.locator(f'[data-card="{card}"] [data-cell-env="owner/{env}"]')


def at_step(page: Page, card: str, step: int | str, env: str = "pin-a") -> None:
    expect(cell(page, card, env)).to_have_attribute("data-step", str(step))


def slide(page: Page, card: str, key: str) -> None:
    """Moves the slider of a card by the keyboard."""
    page.locator(f'[data-card="{card}"]').get_by_role("slider").press(key)


def act(page: Page, card: str, item: str, env: str = "pin-a") -> None:
    """Chooses from the menu of a cell's pin."""
    here = cell(page, card, env)
    here.hover()
    here.get_by_role("button", name=re.compile(r"^(un)?pin ")).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def best(page: Page, item: str, tolerance: str | None = None, *, by_enter: bool = False) -> Locator:
    """Chooses from the menu of the metric's pane; returns the notice."""
    pane = page.locator("article[data-kind=metric]").first
    pane.hover()
    pane.get_by_role("button", name="more").click()
    if tolerance is not None:
        field = page.get_by_role("textbox", name="Steps to an image, at most")
        field.fill(tolerance)
        if by_enter:
            field.press("Enter")
            expect(page.get_by_role("menuitem", name=item, exact=True)).to_be_visible()
    page.get_by_role("menuitem", name=item, exact=True).click()
    return page.locator(".toast").last


def badges(page: Page) -> list[str]:
    return sorted(page.locator("[data-pin]").all_inner_texts())


def badge(page: Page, card: str, env: str = "pin-a") -> Locator:
    return cell(page, card, env).locator("[data-pin]")


def test_pins_hold_a_cell_in_one_panel_or_in_all(wall: Page):
    slide(wall, "val/a", "Home")
    at_step(wall, "val/a", 0)
    slide(wall, "val/a", "ArrowRight")
    at_step(wall, "val/a", 5)
    act(wall, "val/a", "Pin step 5 in this panel")
    expect(badge(wall, "val/a")).to_have_text("Step 5 ◇")
    expect(badge(wall, "val/a")).to_have_attribute("data-pin", "panel")
    slide(wall, "val/b", "Home")
    at_step(wall, "val/a", 5)
    at_step(wall, "val/b", 0)
    at_step(wall, "val/a", 0, env="pin-b")
    slide(wall, "val/b", "ArrowRight")
    at_step(wall, "val/b", 50)
    act(wall, "val/b", "Pin step 50 across all panels")
    slide(wall, "val/b", "End")
    for card in ("val/a", "val/b", "test/c"):
        at_step(wall, card, 50)
        expect(badge(wall, card)).to_have_text("Step 50 ◈")
    expect(cell(wall, "val/a")).to_contain_text("No image at step 50")
    act(wall, "val/a", "Unpin this image")
    expect(badge(wall, "val/a")).to_have_count(0)
    expect(badge(wall, "val/b")).to_have_text("Step 50 ◈")
    act(wall, "val/b", "Unpin across all panels")
    expect(wall.locator("[data-pin]")).to_have_count(0)
    act(wall, "val/b", "Pin step 1001 in this panel")
    cell(wall, "val/b").hover()
    cell(wall, "val/b").get_by_role("button", name=re.compile("^unpin ")).click()
    expect(wall.locator("[data-pin]")).to_have_count(0)


def test_the_keyboard_stays_where_it_pins_and_lets_go(wall: Page):
    here = cell(wall, "val/a")
    slide(wall, "val/a", "Home")
    pin, unpin = (here.get_by_role("button", name=re.compile(rf"^{act} ")) for act in ("pin", "unpin"))
    for pins, unpins in ((["Enter"], []), (["ArrowDown", "Enter"], ["Enter"])):
        pin.focus()
        for key in ("Enter", *pins):
            wall.keyboard.press(key)
        expect(unpin).to_be_focused()
        for key in ("Enter", *unpins):
            wall.keyboard.press(key)
        expect(pin).to_be_focused()
    wall.keyboard.press("ArrowRight")
    expect(wall.locator('[data-card="val/a"]')).to_have_attribute("data-card-step", "5")


def test_clearing_takes_every_pin_off_the_page(wall: Page):
    best(wall, MIN + WITH, "1")
    expect(badge(wall, "val/b")).to_have_text("Step 50 ★")
    act(wall, "test/c", "Pin step 6000 in this panel", env="pin-b")
    act(
        wall,
        "val/a",
        f"Pin step {cell(wall, 'val/a', 'pin-c').get_attribute('data-step')} across all panels",
        "pin-c",
    )
    assert {text[-1] for text in badges(wall)} == {"◇", "◈", "★"}
    before = badges(wall)
    wall.locator('[data-card="val/a"]').get_by_role("button", name="settings").click()
    wall.get_by_role("button", name="Clear All Pins (3)").click()
    expect(wall.locator("[data-pin]")).to_have_count(0)
    expect(wall.locator("[popover]:popover-open")).to_have_count(0)  # it could lie over the notice
    wall.locator(".toast", has_text="All pins are cleared").get_by_role("button", name="Undo").press("Enter")
    expect(wall.locator("[data-pin]")).to_have_count(len(before))
    expect(wall.locator('[data-card="val/a"]').get_by_role("button", name="settings")).to_be_focused()
    assert badges(wall) == before


def test_best_steps_by_the_menu_of_a_metric(wall: Page, server: Server):
    told = best(wall, MIN + WITH)
    expect(told).to_contain_text(
        "Pinned 2 of 3 runs; 1 has no loss point within 20 steps of an image: owner/pin-c"
    )
    expect(badge(wall, "val/a")).to_have_text("Step 55 ★")
    expect(badge(wall, "val/a", "pin-b")).to_have_text("Step 1003 ★")
    expect(badge(wall, "val/a", "pin-c")).to_have_count(0)

    told = best(wall, MIN + WITH, "4")  # typed, and clicked without Enter
    expect(told).to_contain_text("Pinned 2 of 3 runs")
    expect(told).to_contain_text("in val/a 1 has no loss point within 4 steps of an image: owner/pin-a")
    expect(wall.locator(".toast", has_text="Pinned")).to_have_count(1)  # the last one says how things are
    expect(badge(wall, "val/a")).to_have_count(0)
    expect(badge(wall, "val/b")).to_have_text("Step 50 ★")
    with server.client() as client:
        kept = client.get("/api/v1/preferences/best-step?workspace=owner").json()
    assert kept == {"tolerance": 4}

    best(wall, MAX + WITH, "200")
    expect(badge(wall, "val/a", "pin-b")).to_have_text("Step 0 ★")
    best(wall, MIN + WITH, "500", by_enter=True)
    expect(badge(wall, "val/a", "pin-b")).to_have_text("Step 1000 ★")

    best(wall, MIN, "no number")  # goes back to the last good one
    expect(badge(wall, "val/a", "pin-b")).to_have_text("Step 500 ★")
    expect(badge(wall, "val/a", "pin-c")).to_have_text("Step 3 ★")
    expect(cell(wall, "val/a", "pin-b")).to_contain_text("No image at step 500")
    best(wall, MAX)
    expect(badge(wall, "val/a", "pin-c")).to_have_text("Step 1 ★")
    with server.client() as client:
        kept = client.get("/api/v1/preferences/best-step?workspace=owner").json()
    assert kept == {"tolerance": 500}


def test_the_tolerance_is_reached_and_the_best_step_found_by_keys(wall: Page):
    more = wall.locator("article[data-kind=metric]").first.get_by_role("button", name="more")
    more.press("Enter")
    field = wall.get_by_role("textbox", name="Steps to an image, at most")
    expect(field).to_be_visible()
    judge(wall, "the menu of a metric", context=".menu:popover-open")
    wall.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    wall.keyboard.type("4")
    wall.keyboard.press("ArrowUp")
    expect(wall.get_by_role("menuitem", name=MAX + WITH)).to_be_focused()
    wall.keyboard.press("ArrowUp")
    wall.keyboard.press("Enter")
    told = wall.locator(".toast", has_text="Pinned 2 of 3 runs")
    expect(told).to_contain_text("within 4 steps of an image: owner/pin-a")
    expect(more).to_be_focused()


def why(page: Page, card: str, env: str = "pin-a") -> Locator:
    return cell(page, card, env).get_by_role("button", name=re.compile("^why "))


def lines(page: Page, card: str, env: str = "pin-a") -> list[str]:
    shown = cell(page, card, env).locator("[data-provenance]:popover-open")
    expect(shown).to_be_visible()
    return shown.locator("p").all_inner_texts()


def test_a_best_step_says_why_it_is_one(wall: Page):
    best(wall, MIN + WITH)
    why(wall, "val/b").hover()
    assert lines(wall, "val/b") == [
        "Pinned at min loss = 0.1",
        "Metric step: 50",
        "Image step matches metric step exactly",
    ]
    why(wall, "test/c").hover()
    assert lines(wall, "test/c")[2:] == ["Image step 49 is 1 step away"]
    expect(cell(wall, "val/b").locator("[data-provenance]:popover-open")).to_have_count(0)
    why(wall, "val/a").focus()
    assert lines(wall, "val/a") == [
        "Pinned at min loss = 0.1",
        "Metric step: 50",
        "Image step 55 is 5 steps away",
        "Tied with image step 45, exactly as near: the later one was preferred",
    ]
    wall.keyboard.press("Escape")
    expect(wall.locator("[data-provenance]:popover-open")).to_have_count(0)
    why(wall, "val/a", "pin-b").click()
    assert lines(wall, "val/a", "pin-b")[2:] == [
        "Image step 1003 is 1 step away",
        "Tied with image step 1001, exactly as near: the later one was preferred",
    ]
    best(wall, MIN)
    why(wall, "val/a", "pin-b").hover()
    shown = cell(wall, "val/a", "pin-b").locator("[data-provenance]:popover-open p")
    expect(shown.first).to_have_text("Pinned at min loss = 0.01")
    assert lines(wall, "val/a", "pin-b") == [
        "Pinned at min loss = 0.01",
        "Metric step: 500",
        "No image at step 500",
    ]


def test_a_best_step_that_has_to_be_scrolled_to_says_why_by_focus(wall: Page):
    best(wall, MIN + WITH)
    expect(badge(wall, "test/c")).to_be_visible()
    wall.set_viewport_size({"width": 1400, "height": 320})
    why(wall, "val/a").focus()
    below = why(wall, "test/c")
    expect(below).not_to_be_in_viewport()
    below.focus()
    expect(below).to_be_in_viewport()
    assert lines(wall, "test/c")[2:] == ["Image step 49 is 1 step away"]
    # It stays beside its button, and goes with it.
    box, shown = below.bounding_box(), wall.locator("[data-provenance]:popover-open").bounding_box()
    assert box and shown
    assert min(abs(shown["y"] - box["y"] - box["height"]), abs(box["y"] - shown["y"] - shown["height"])) < 8
    wall.evaluate("document.scrollingElement.scrollTo({ top: 0, behavior: 'instant' })")
    expect(wall.locator("[data-provenance]:popover-open")).to_have_count(0)


# What of the badge is to be seen.
@pytest.mark.parametrize(
    ("width", "seen"), [(90, "★"), (120, "★"), (160, "400 ★"), (200, "400 ★"), (280, "Step 400 ★")]
)
def test_a_narrow_cell_says_whose_it_is_and_how_it_is_pinned(wall: Page, width: int, seen: str):
    best(wall, MAX + WITH, "500")
    badge_here = badge(wall, "val/a", "pin-c")
    expect(badge_here).to_have_text("Step 400 ★")
    head = cell(wall, "val/a", "pin-c").locator("header")
    head.evaluate("(head, width) => (head.style.width = `${width}px`)", width)
    expect(badge_here).to_have_text("Step 400 ★")
    assert "Step 400 ★" in badge_here.aria_snapshot()
    shown = badge_here.locator("span").evaluate_all("all => all.map((one) => one.clientWidth > 0)")
    assert shown == [seen.startswith("Step"), "400" in seen]
    name = head.locator(".name")
    expect(name).to_have_text(re.compile(r"^\s*\d+\s+owner/pin-c$"))
    room, whole = name.evaluate("(name) => [name.clientWidth, name.scrollWidth]")
    assert room >= min(whole, 36 if width < 156 else 48)
    boxes = [one.bounding_box() for one in (name, why(wall, "val/a", "pin-c"), badge_here, head)]
    assert all(boxes)
    ends = [box["x"] + box["width"] for box in boxes if box]
    assert ends[2] <= ends[3], "the badge goes over the edge"
    assert boxes[0] and boxes[2] and ends[0] <= boxes[2]["x"], "the name lies under the badge"


def test_full_screen_says_that_a_cell_is_pinned(wall: Page):
    best(wall, MIN + WITH)
    expect(badge(wall, "val/b")).to_have_text("Step 50 ★")
    cell(wall, "val/b").hover()
    cell(wall, "val/b").get_by_role("button", name="full screen").click()
    line = wall.locator("[data-pinned-line]")
    expect(line).to_contain_text("Pinned at step 50")
    expect(line).to_contain_text("(widget at step 1001)")
    expect(line).to_contain_text("Image step matches metric step exactly")


def test_an_address_shows_the_same_to_whoever_opens_it(wall: Page, server: Server, new_context):
    best(wall, MIN + WITH)
    slide(wall, "val/a", "Home")
    slide(wall, "val/a", "ArrowRight")
    expect(badge(wall, "val/a")).to_have_text("Step 55 ★")
    act(wall, "test/c", "Pin step 6000 in this panel", env="pin-b")
    expect(wall).to_have_url(re.compile("pins=.*best=min:20:loss.*steps=.*5@image:key:val/a"))
    before, address = badges(wall), wall.url
    with server.client() as client:
        assert client.put(f"/api/v1/pins{ALL}", json={"pins": []}).status_code == 200
    other = new_context()
    other.add_cookies(cookies_of_owner(server))
    page = other.new_page()
    page.set_viewport_size({"width": 1400, "height": 1300})
    open_page(page, address)
    at_step(page, "val/a", 5, env="pin-c")
    expect(page.locator("[data-pin]")).to_have_count(len(before))
    assert badges(page) == before
    page.reload()
    at_step(page, "val/a", 5, env="pin-c")
    expect(page.locator("[data-pin]")).to_have_count(len(before))
    why(page, "val/a").hover()
    assert len(lines(page, "val/a")) == 4


def test_pins_are_kept_for_the_person(wall: Page, server: Server):
    with wall.expect_response(lambda answer: "/api/v1/pins" in answer.url and answer.request.method == "PUT"):
        act(wall, "val/b", "Pin step 1001 across all panels")
    open_page(wall, f"{server.url}/compare{ALL}")
    expect(badge(wall, "val/a")).to_have_text("Step 1001 ◈")
    with server.client() as client:
        (kept,) = client.get(f"/api/v1/pins{ALL}").json()["pins"]
    assert (kept["env"], kept["scope"], kept["card"], kept["step"]) == ("owner/pin-a", "page", "val/b", 1001)


def test_a_view_and_a_link_bring_pins_along(wall: Page, server: Server, new_context):
    open_page(wall, f"{server.url}/w/owner/env/pin-a")
    slide(wall, "val/b", "Home")
    act(wall, "val/b", "Pin step 0 across all panels")
    with server.client() as client:
        state = {"layout": {}, "filter": "", "pins": [pin_of(7, "val/a")]}
        client.put("/api/v1/envs/owner/pin-a/views/held", json={"state": state}).raise_for_status()
    open_page(wall, f"{server.url}/w/owner/env/pin-a?view=held")
    expect(badge(wall, "val/a")).to_have_text("Step 7 ◇")
    expect(badge(wall, "val/b")).to_have_count(0)
    open_page(wall, f"{server.url}/w/owner/env/pin-a")
    expect(badge(wall, "val/b")).to_have_text("Step 0 ◈")

    wall.get_by_role("button", name="Share", exact=True).click()
    wall.get_by_role("button", name="Make link").click()
    link = wall.get_by_label("New link").input_value()
    visitor = new_context().new_page()
    visitor.set_viewport_size({"width": 1400, "height": 1300})
    open_page(visitor, link)
    expect(badge(visitor, "val/a")).to_have_text("Step 0 ◈")
    act(visitor, "val/a", "Unpin this image")
    expect(badge(visitor, "val/a")).to_have_count(0)
    expect(visitor).to_have_url(re.compile("pins=0:0"))
    open_page(visitor, visitor.url)
    expect(badge(visitor, "val/a")).to_have_count(0)
    open_page(visitor, link)
    expect(badge(visitor, "val/a")).to_have_text("Step 0 ◈")


def pin_of(step: int, card: str) -> dict:
    plain = {"env": "owner/pin-a", "scope": "panel", "card": card, "step": step, "source": "manual"}
    return {**plain, "index": 0, "except": [], "best": None}


def test_pins_may_go_on_following_the_best(runs: list[str], page: Page, server: Server):
    with server.client() as client:
        content.send(
            client,
            log("pin-live", "loss", {1: 0.5, 2: 0.4}),
            *(picture("pin-live", "val/a", s) for s in (1, 2)),
        )
        page.context.add_cookies(cookies_of_owner(server))
        open_page(page, f"{server.url}/w/owner/env/pin-live")
        best(page, MIN + WITH)
        expect(badge(page, "val/a", "pin-live")).to_have_text("Step 2 ★")
        page.locator('[data-card="val/a"]').get_by_role("button", name="settings").click()
        page.get_by_label("Keep following best").check()
        content.send(client, log("pin-live", "loss", {3: 0.3}), picture("pin-live", "val/a", 3))
        expect(badge(page, "val/a", "pin-live")).to_have_text("Step 3 ★", timeout=15_000)
        expect(page).to_have_url(re.compile("best=follow:min:20:loss"))
        # What came while nobody looked is found when the page is opened, without another point.
        page.goto("about:blank")
        content.send(client, log("pin-live", "loss", {4: 0.2}), picture("pin-live", "val/a", 4))
        open_page(page, f"{server.url}/w/owner/env/pin-live")
        expect(badge(page, "val/a", "pin-live")).to_have_text("Step 4 ★")
        # A pin of all panels that was let go in the only one holds nothing, and is not there to be cleared.
        act(page, "val/a", "Unpin across all panels", "pin-live")
        act(page, "val/a", "Pin step 4 across all panels", "pin-live")
        act(page, "val/a", "Unpin this image", "pin-live")
        page.locator('[data-card="val/a"]').get_by_role("button", name="settings").click()
        expect(page.get_by_label("Sync Zoom")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Clear All Pins"))).to_have_count(0)
        # Pins of an address move, too, and become nobody's own by that.
        page.keyboard.press("Escape")
        page.goto(f"{server.url}/w/owner/env/pin-live?pins=0:2*0.4~2@val/a&best=follow:min:20:loss")
        expect(badge(page, "val/a", "pin-live")).to_have_text("Step 4 ★")
        page.goto("about:blank")
        assert client.get("/api/v1/pins?env=owner/pin-live").json()["pins"] == []
