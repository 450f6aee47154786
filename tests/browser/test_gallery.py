"""Pictures over steps: cells of several envs in one card, one slider for all, several samples at a step, and looking closely."""

import io
import json
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Request, ViewportSize, expect

import panewall
from tests.browser import content, pane_content
from tests.support import browser as chromium
from tests.support.server import Server
from tests.support.waiting import wait_for

WIDE: ViewportSize = {"width": 1440, "height": 900}
HISTOGRAM = "application/vnd.panewall.histogram+json"
TABLE = "application/vnd.panewall.table+json"
TEXT = "text/plain; charset=utf-8"
RED, GREEN = (200, 30, 30), (30, 160, 60)


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> bytes:
    return content.png(Image.new("RGB", size, colour))


def put(
    env: str, win: str, step: int, *, index: int = 0, data: bytes | None = None, **fields: object
) -> dict:
    """A picture of its own: no two places share a file."""
    shade = (hash((env, win)) % 200, step % 256, 40 + index)
    data = data or plain(shade, (64 + index, 48))
    return {**pane_content.sample(env, win, data, step, **fields), "index": index}


def send(server: Server, *commands: dict) -> None:
    with server.client() as client:
        content.send(client, *commands)


@pytest.fixture(scope="module")
def runs(server: Server) -> None:
    """Two runs that logged under the same names, at other steps and with other numbers of samples."""
    for env, steps in (("gallery_a", (0, 10, 20)), ("gallery_b", (0, 5, 20))):
        for step in steps:
            send(
                server,
                put(env, "val/one", step, caption=f"{env} at {step}"),
                put(env, "val/other", step + 1),
                put(env, "test/far", step),
                *[put(env, "val/lists", step, index=index) for index in range(2 if step == 20 else 3)],
            )
    send(
        server,
        *[
            pane_content.sample("gallery_a", "val/tone", pane_content.tone(0.2 + step / 10), step)
            for step in (0, 1)
        ],
        *[pane_content.sample("gallery_b", "val/tone", pane_content.tone(0.9), step) for step in (1,)],
    )


@pytest.fixture(scope="module")
def wide(browser: Browser, server: Server) -> Iterator[Page]:
    """One tab for the whole module, signed in."""
    context = browser.new_context(viewport=WIDE)
    faults: list[str] = []
    chromium.note_faults(context, faults)
    page = context.new_page()
    chromium.sign_in(page, server)
    yield page
    context.close()
    assert not faults, faults


@pytest.fixture
def compared(wide: Page, server: Server, runs: None) -> Page:
    wide.goto(f"{server.url}/compare?env=owner/gallery_a&env=owner/gallery_b")
    expect(card(wide, "val/one").locator("[data-cell-env]")).to_have_count(2)
    return wide


def card(page: Page, label: str) -> Locator:
    return page.locator(f'[data-card="{label}"]')


def cell(page: Page, label: str, env: str) -> Locator:
    return card(page, label).locator(f'[data-cell-env="owner/{env}"]')


def step_of(page: Page, label: str) -> Locator:
    return card(page, label).get_by_role("slider", name="step")


def at_step(page: Page, label: str, step: int) -> None:
    expect(card(page, label)).to_have_attribute("data-card-step", str(step))


def picture(where: Locator) -> Locator:
    return where.locator(".stage img")


def settings(page: Page, label: str) -> Locator:
    card(page, label).get_by_role("button", name="image settings").click()
    return page.locator("[popover]:popover-open")


def test_two_runs_share_a_card_whose_slider_has_the_steps_of_both(compared: Page):
    page = compared
    one = card(page, "val/one")
    expect(one).to_have_count(1)
    assert one.locator("[data-cell-env]").evaluate_all("all => all.map(cell => cell.dataset.cellEnv)") == [
        "owner/gallery_a",
        "owner/gallery_b",
    ]
    for env in ("gallery_a", "gallery_b"):
        expect(cell(page, "val/one", env)).to_contain_text(f"owner/{env}")
        expect(picture(cell(page, "val/one", env))).to_be_visible()
        expect(cell(page, "val/one", env)).to_contain_text(f"{env} at 20")
        expect(one.get_by_role("group", name=f"owner/{env}", exact=True)).to_be_visible()
    # The union of 0, 10, 20 and 0, 5, 20, seen from its end.
    expect(step_of(page, "val/one")).to_have_attribute("aria-valuetext", "Step 20, 4 of 4")
    one.focus()
    page.keyboard.press("ArrowLeft")
    at_step(page, "val/one", 10)
    expect(picture(cell(page, "val/one", "gallery_a"))).to_be_visible()
    expect(cell(page, "val/one", "gallery_b").get_by_text("No image at step 10", exact=True)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(cell(page, "val/one", "gallery_a").get_by_text("No image at step 5", exact=True)).to_be_visible()
    expect(cell(page, "val/one", "gallery_b")).to_have_attribute("data-step", "5")
    # A typed step goes to the nearest there is; what is no number changes nothing.
    field = one.get_by_role("textbox", name="go to step")
    for typed, found in (("14", 10), ("words", 10), ("16", 20), ("-7", 0)):
        field.fill(typed)
        field.press("Enter")
        at_step(page, "val/one", found)
        expect(field).to_have_value(str(found))
    # Keys of the card.
    one.focus()
    for key, found in (("End", 20), ("Shift+ArrowLeft", 0), ("ArrowRight", 5), ("Home", 0)):
        page.keyboard.press(key)
        at_step(page, "val/one", found)
    # What was not done by the slider is read out.
    expect(one.get_by_role("status")).to_have_text("Step 0, 1 of 4")
    page.keyboard.press("Space")
    expect(one.get_by_role("button", name="pause")).to_be_visible()
    at_step(page, "val/one", 20)
    expect(one.get_by_role("button", name="play")).to_be_visible()
    # Sounds are named as what they are.
    tone = card(page, "val/tone")
    tone.scroll_into_view_if_needed()
    expect(cell(page, "val/tone", "gallery_a").locator("audio")).to_have_js_property("paused", True)
    tone.focus()
    page.keyboard.press("Home")
    expect(cell(page, "val/tone", "gallery_b").get_by_text("No audio at step 0", exact=True)).to_be_visible()


def test_the_slider_follows_new_steps_from_the_end_and_from_nowhere_else(wide: Page, server: Server):
    page = wide
    for env in ("follow_a", "follow_b"):
        send(server, *[put(env, "val/grow", step) for step in (0, 10)])
    page.goto(f"{server.url}/compare?env=owner/follow_a&env=owner/follow_b")
    at_step(page, "val/grow", 10)
    expect(step_of(page, "val/grow")).to_have_attribute("aria-valuetext", "Step 10, 2 of 2")
    send(server, put("follow_a", "val/grow", 20))
    at_step(page, "val/grow", 20)
    expect(cell(page, "val/grow", "follow_b")).to_contain_text("No image at step 20")
    wide_as = lambda: step_of(page, "val/grow").bounding_box()  # noqa: E731
    before = wide_as()
    step_of(page, "val/grow").press("ArrowLeft")
    at_step(page, "val/grow", 10)
    expect(card(page, "val/grow").get_by_role("button", name="Newest")).to_be_visible()
    assert wide_as() == before, "the slider moves under the hand that draws it"
    # A step before the one that is looked at moves it along, and changes nothing that is seen.
    send(server, put("follow_b", "val/grow", 5), put("follow_b", "val/grow", 30))
    expect(step_of(page, "val/grow")).to_have_attribute("aria-valuetext", "Step 10, 3 of 5")
    card(page, "val/grow").get_by_role("button", name="Newest").click()
    # What is begun by hand is not changed by what comes: a number half typed, the step that a menu says.
    field = card(page, "val/grow").get_by_role("textbox", name="go to step")
    field.fill("1")
    send(server, put("follow_b", "val/grow", 40))
    at_step(page, "val/grow", 40)
    expect(field).to_have_value("1")
    field.press("Escape")
    expect(field).to_have_value("40")
    cell(page, "val/grow", "follow_a").get_by_role("button", name="pin owner/follow_a at step 40").click()
    send(server, put("follow_b", "val/grow", 50))
    at_step(page, "val/grow", 50)
    page.get_by_role("menuitem", name="Pin step 40 in this panel").click()
    expect(cell(page, "val/grow", "follow_a").locator("[data-pin]")).to_have_text("Step 40 ◇")
    cell(page, "val/grow", "follow_a").get_by_role("button", name=re.compile("^unpin ")).click()
    card(page, "val/grow").focus()
    expect(card(page, "val/grow").get_by_role("button", name="Newest")).to_have_count(0)


def test_linked_cards_go_to_their_nearest_step_and_the_link_reaches_a_section_or_the_page(compared: Page):
    page = compared
    lock = card(page, "val/other").get_by_role("button", name="link steps")
    at_step(page, "val/other", 21)
    lock.click()
    expect(lock).to_have_attribute("aria-pressed", "false")
    card(page, "val/lists").scroll_into_view_if_needed()
    expect(step_of(page, "val/lists")).to_be_visible()
    step_of(page, "val/one").press("ArrowLeft")
    at_step(page, "val/one", 10)
    at_step(page, "val/lists", 10)
    at_step(page, "val/other", 21)
    at_step(page, "test/far", 20)
    lock.click()
    at_step(page, "val/other", 21)
    step_of(page, "val/one").press("ArrowLeft")
    at_step(page, "val/other", 6)
    at_step(page, "test/far", 20)
    settings(page, "val/one").get_by_label("Whole page").check()
    page.keyboard.press("Escape")
    step_of(page, "val/one").press("Home")
    at_step(page, "test/far", 0)
    at_step(page, "val/other", 1)


def test_samples_of_a_step_are_paged_and_kept_over_steps(compared: Page):
    page = compared
    card(page, "val/lists").scroll_into_view_if_needed()
    step_of(page, "val/lists").press("Home")
    a, b = cell(page, "val/lists", "gallery_a"), cell(page, "val/lists", "gallery_b")
    said = lambda where: where.locator("[data-sample]")  # noqa: E731
    expect(said(a)).to_have_text("1 / 3")
    expect(a.get_by_role("button", name="previous sample")).to_be_disabled()
    for _ in range(2):
        a.get_by_role("button", name="next sample").click()
    expect(said(a)).to_have_text("3 / 3")
    expect(a.get_by_role("button", name="next sample")).to_be_disabled()
    expect(said(b)).to_have_text("3 / 3")
    # Where many move together, one is read out.
    expect(said(a)).to_have_attribute("aria-live", "polite")
    expect(said(b)).to_have_attribute("aria-live", "off")
    expect(picture(a)).to_have_js_property("naturalWidth", 66)
    step_of(page, "val/lists").press("End")
    expect(said(a)).to_have_text("2 / 2")
    expect(picture(a)).to_have_js_property("naturalWidth", 65)
    step_of(page, "val/lists").press("Home")
    expect(said(a)).to_have_text("3 / 3")
    settings(page, "val/lists").get_by_label("Off").check()
    page.keyboard.press("Escape")
    a.get_by_role("button", name="previous sample").click()
    expect(said(a)).to_have_text("2 / 3")
    expect(said(b)).to_have_text("3 / 3")


def test_the_keyboard_stays_at_the_end_of_the_samples(compared: Page):
    a = cell(compared, "val/lists", "gallery_a")
    step_of(compared, "val/lists").press("Home")
    at_step(compared, "val/lists", 0)
    forth = a.get_by_role("button", name="next sample")
    forth.focus()
    for _ in range(4):
        compared.keyboard.press("Enter")
    expect(a.locator("[data-sample]")).to_have_text("3 / 3")
    expect(forth).to_be_disabled()
    expect(forth).to_be_focused()
    compared.keyboard.press("ArrowRight")
    at_step(compared, "val/lists", 5)


def test_a_pinned_cell_keeps_its_caption_at_steps_without_any(wide: Page, server: Server):
    for env in ("told_a", "told_b"):
        send(server, put(env, "val/told", 0, caption=f"{env} begins"), put(env, "val/told", 1))
    wide.goto(f"{server.url}/compare?env=owner/told_a&env=owner/told_b")
    step_of(wide, "val/told").press("Home")
    held, free = (cell(wide, "val/told", env) for env in ("told_a", "told_b"))
    expect(free).to_contain_text("told_b begins")
    held.hover()
    held.get_by_role("button", name=re.compile("^pin ")).click()
    wide.get_by_role("menuitem", name="in this panel").click()
    step_of(wide, "val/told").press("End")
    at_step(wide, "val/told", 1)
    expect(free).not_to_contain_text("told_b begins")
    expect(held).to_contain_text("told_a begins")
    held.get_by_role("button", name=re.compile("^unpin ")).click()
    expect(held).not_to_contain_text("told_a begins")


def test_the_settings_of_a_card_stay_beside_their_button_and_go_with_it(compared: Page):
    page = compared
    page.set_viewport_size({"width": 700, "height": 700})
    try:
        card(page, "val/lists").scroll_into_view_if_needed()
        opened = settings(page, "val/lists")
        button = card(page, "val/lists").get_by_role("button", name="image settings")
        scroll = "by => document.scrollingElement.scrollBy({ top: by, behavior: 'instant' })"

        def gap() -> float:
            ours, its = button.bounding_box(), opened.bounding_box()
            assert ours is not None and its is not None
            return min(abs(its["y"] + its["height"] - ours["y"]), abs(ours["y"] + ours["height"] - its["y"]))

        was = button.bounding_box()
        page.evaluate(scroll, 60)
        wait_for(lambda: button.bounding_box() != was and gap() < 8, what="the menu beside its button")
        page.evaluate(scroll, -3000)
        expect(opened).to_have_count(0)
    finally:
        page.set_viewport_size(WIDE)


def scale(where: Locator) -> float:
    return float(where.locator(".stage").get_attribute("data-scale") or 0)


def test_zoom_is_shared_where_people_ask_for_it_and_outlives_a_step(compared: Page):
    page = compared
    step_of(page, "val/one").press("Home")
    a, b = cell(page, "val/one", "gallery_a"), cell(page, "val/one", "gallery_b")
    expect(picture(b)).to_be_visible()
    fitted = wait_for(lambda: scale(a), what="the picture")

    def zoom_in(where: Locator) -> None:
        where.locator(".stage").hover()
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")

    zoom_in(a)
    wait_for(lambda: scale(a) > fitted * 1.05, what="the zoom")
    assert scale(b) == pytest.approx(fitted)
    a.locator(".stage").dblclick()
    wait_for(lambda: scale(a) == pytest.approx(fitted), what="the whole picture")
    settings(page, "val/one").get_by_label("Sync Zoom").check()
    page.keyboard.press("Escape")
    zoom_in(a)
    zoomed = wait_for(lambda: (now := scale(a)) > fitted * 1.05 and now, what="the zoom")
    assert scale(b) == pytest.approx(zoomed)
    # Another step, another size of place, and the picture over the whole page: the same part is seen.
    for place, words in (("ArrowRight", "No image at step 5"), ("End", "gallery_a at 20")):
        step_of(page, "val/one").press(place)
        expect(a).to_contain_text(words)
    wait_for(lambda: scale(a) and scale(b), what="the pictures")
    assert (scale(a), scale(b)) == pytest.approx((zoomed, zoomed))
    b.hover()
    b.get_by_role("button", name="full screen").click()
    full = page.locator("[data-full-screen]")
    expect(full).to_contain_text("owner/gallery_b")
    expect(picture(full)).to_be_visible()
    assert scale(a) == pytest.approx(zoomed)
    full.get_by_role("button", name="Fit").click()
    wait_for(lambda: scale(a) == pytest.approx(fitted), what="the whole picture in all cells")
    # So small a picture fits in more than 800 %, and does not become smaller by zooming in.
    whole = full.locator("[data-zoom]").inner_text()
    assert float(whole.split()[0]) > 800
    full.get_by_role("button", name="zoom in").click()
    expect(full.locator("[data-zoom]")).to_have_text(whole)
    # It stays open while the steps go on, and zooms by its buttons.
    full.get_by_role("slider", name="step").press("ArrowLeft")
    expect(full.get_by_text("No image at step 10", exact=True)).to_be_visible()
    full.get_by_role("slider", name="step").press("End")
    full.get_by_role("button", name="100 %").click()
    expect(full.locator("[data-zoom]")).to_have_text("100 %")
    full.get_by_role("button", name="zoom out").click()
    expect(full.locator("[data-zoom]")).to_have_text("80 %")
    for _ in range(5):
        full.get_by_role("button", name="zoom out").click()
    expect(full.locator("[data-zoom]")).to_have_text("10 %")
    full.get_by_role("button", name="zoom in").click()
    expect(full.locator("[data-zoom]")).to_have_text("30 %")
    page.keyboard.press("Escape")
    expect(full).to_have_count(0)


def test_keys_go_on_where_there_is_nothing_to_be_seen(compared: Page):
    """What has the focus goes with a picture that the next step does not have; the keyboard stays in the card."""
    page = compared
    b = cell(page, "val/one", "gallery_b")
    step_of(page, "val/one").press("Home")
    step_of(page, "val/one").press("ArrowRight")
    at_step(page, "val/one", 5)
    b.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    expect(b.get_by_text("No image at step 10", exact=True)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    at_step(page, "val/one", 5)
    b.hover()
    b.get_by_role("button", name="full screen").click()
    full = page.locator("[data-full-screen]")
    fitted = float(full.locator("[data-zoom]").inner_text().split()[0])
    full.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    expect(full.get_by_text("No image at step 10", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(picture(full)).to_be_visible()
    expect(full).to_have_attribute("data-step", "20")
    # Zooming by keys needs no focus in the picture.
    page.keyboard.press("-")
    percent = lambda: float(full.locator("[data-zoom]").inner_text().split()[0])  # noqa: E731
    wait_for(lambda: percent() < fitted, what="the smaller picture")
    page.keyboard.press("0")
    wait_for(lambda: percent() == fitted, what="the whole picture")
    page.keyboard.press("Escape")


def test_the_keyboard_comes_back_from_full_screen(compared: Page):
    page = compared
    step_of(page, "val/one").press("End")
    opener = cell(page, "val/one", "gallery_b").get_by_role("button", name="full screen")
    full = page.locator("[data-full-screen]")
    opener.press("Enter")
    # A box has the space bar for itself, and no use for arrows.
    zoom = full.get_by_label("Sync Zoom")
    zoom.focus()
    page.keyboard.press("Space")
    expect(zoom).to_be_checked()
    page.keyboard.press("Space")
    expect(zoom).not_to_be_checked()
    at_step(page, "val/one", 20)
    full.get_by_role("button", name="close").press("Enter")
    expect(full).to_have_count(0)
    expect(opener).to_be_focused()
    opener.press("Enter")
    zoom.focus()
    page.keyboard.press("ArrowLeft")
    expect(full).to_contain_text("No image at step 10")
    page.keyboard.press("Escape")
    # The button that opened it is gone with the picture.
    expect(card(page, "val/one")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    at_step(page, "val/one", 5)


UNCOVERED = """(element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  const at = document.elementFromPoint(left + width / 2, top + height / 2);
  return element === at || element.contains(at) || at?.contains(element);
}"""


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    context.add_cookies(chromium.cookies_of_owner(server))
    yield context.new_page()
    context.close()


def test_on_a_phone_nothing_lies_over_names_and_samples(phone: Page, server: Server, runs: None):
    page = phone
    page.goto(f"{server.url}/compare?env=owner/gallery_a&env=owner/gallery_b")
    lists, a = card(page, "val/lists"), cell(page, "val/lists", "gallery_a")
    lists.scroll_into_view_if_needed()
    expect(picture(a)).to_be_visible()
    pin = a.get_by_role("button", name=re.compile("^pin "))
    for is_pinned in (False, True):
        if is_pinned:
            pin.tap()
            page.get_by_role("menuitem", name=re.compile("in this panel")).tap()
            expect(a.locator("[data-pin]")).to_be_visible()
        for each in (a.locator(".name"), a.locator("[data-sample]"), a.get_by_label("next sample")):
            assert each.evaluate(UNCOVERED), (is_pinned, each)
    a.get_by_role("button", name="full screen").tap()
    full = page.locator("[data-full-screen]")
    close, title = full.get_by_label("close").bounding_box(), full.get_by_text("val/lists").bounding_box()
    assert close and title and abs(close["y"] - title["y"]) < 20
    assert close["x"] > 300
    full.get_by_role("button", name="100 %").tap()
    expect(full.locator("[data-zoom]")).to_have_text("100 %")
    full.get_by_role("button", name="close").tap()
    slider = step_of(page, "val/lists").bounding_box()
    assert slider and slider["width"] > 100


def test_on_a_phone_long_names_leave_everything_where_it_is_looked_for(phone: Page, server: Server):
    long = "gallery_" + content.LONG.rsplit("/", 1)[1]
    for letter in "ab":
        send(server, *[put(long + letter, content.LONG, step) for step in range(2)])
    page = phone
    page.goto(f"{server.url}/compare?env=owner/{long}a&env=owner/{long}b")
    a, b = (cell(page, content.LONG, long + letter) for letter in "ab")
    expect(picture(b)).to_be_visible()
    a.get_by_role("button", name="full screen").tap()
    full = page.locator("[data-full-screen]")
    assert beside(full.get_by_text(content.LONG), full.get_by_label("close"))
    full.get_by_label("close").tap()
    b.get_by_role("button", name=re.compile("^pin ")).tap()
    page.get_by_role("menuitem", name=re.compile("in this panel")).tap()
    settings(page, content.LONG).get_by_role("button", name=re.compile("^Clear All Pins")).tap()
    a.get_by_role("button", name="compare").tap()
    # The notice of what was cleared is there, too.
    for each in (page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Cancel")):
        expect(each).to_be_visible()
        assert each.evaluate(UNCOVERED), each
    b.get_by_role("button", name="compare").tap()
    for letter in "AB":
        side = page.locator(f'[data-side="{letter}"]')
        assert beside(side.get_by_text(letter, exact=True), side.locator(".env"))


def beside(one: Locator, other: Locator) -> bool:
    a, b = one.bounding_box(), other.bounding_box()
    assert a and b
    return abs(a["y"] + a["height"] / 2 - b["y"] - b["height"] / 2) < 8 and a["x"] + a["width"] <= b["x"]


def test_a_picture_is_saved_with_a_strip_that_says_its_step_and_env(compared: Page):
    page = compared
    where = cell(page, "val/one", "gallery_a")
    expect(picture(where)).to_be_visible()
    for item, ends in (("With step and env", ".png"), ("Original file", ".png")):
        where.hover()
        where.get_by_role("button", name="download").click()
        with page.expect_download() as started:
            page.get_by_role("menuitem", name=item).click()
        assert started.value.suggested_filename == f"val-one-owner-gallery_a-step20{ends}"
        image = Image.open(io.BytesIO(started.value.path().read_bytes()))
        if item == "Original file":
            assert image.size == (64, 48)
        else:
            assert image.width >= 64
            assert image.height == 48 + 28
            strip = np.asarray(image.convert("RGB"))[48:]
            # Words and a dot of the env's colour on one ground.
            assert len(np.unique(strip.reshape(-1, 3), axis=0)) > 8


def test_what_programs_log_is_shown_whatever_its_shape_and_a_bad_item_leaves_the_others(
    wide: Page, server: Server
):
    rng = np.random.default_rng(0)
    with_nan = rng.random((12, 16))
    with_nan[0, 0] = np.nan
    shapes = {
        "grey": (rng.random((12, 16)) * 255).astype("uint8"),
        "one": rng.random((1, 12, 16)),
        "chw": (rng.random((3, 12, 16)) * 255).astype("uint8"),
        "float": rng.random((12, 16, 3)),
        "bool": rng.random((12, 16)) > 0.5,
        "nan": with_nan,
    }
    with panewall.init("shapes", server=server.url, token=server.token(), system_metrics=False) as run:
        run.log(
            {
                **{f"shape/{name}": panewall.Image(array) for name, array in shapes.items()},
                "shape/bad": panewall.Image(np.zeros((3, 4, 5, 6, 7))),
            },
            step=1,
        )
    wide.goto(f"{server.url}/w/owner/env/shapes")
    for name in shapes:
        shown = card(wide, f"shape/{name}")
        shown.scroll_into_view_if_needed()
        expect(picture(shown)).to_have_js_property("naturalWidth", 16)
    expect(card(wide, "shape/bad")).to_have_count(0)


def test_histograms_tables_and_texts_go_over_steps_as_pictures_do(wide: Page, server: Server):
    send(
        server,
        *[
            pane_content.sample("structures", win, data.encode(), step, type=kind)
            for step in (1, 2)
            for win, kind, data in (
                (
                    "h",
                    HISTOGRAM,
                    json.dumps(
                        {"counts": [1, 2, 5 * step], "edges": [0, 1, 2, 3], "min": 0.0, "max": 3.0, "num": 8}
                    ),
                ),
                (
                    "t",
                    TABLE,
                    json.dumps(
                        {
                            "columns": ["name", "p"],
                            "rows": [["first", 0.5], [f"row at {step}", 1_795_957_001]],
                        }
                    ),
                ),
                ("d", TEXT, f"<b>text</b> at {step}"),
            )
        ],
    )
    wide.goto(f"{server.url}/w/owner/env/structures")
    expect(card(wide, "h").get_by_role("img", name="8 values from 0 to 3")).to_be_visible()
    assert card(wide, "h").locator("svg[role=img] rect").count() == 3
    expect(card(wide, "t").get_by_role("cell", name="row at 2")).to_be_visible()
    expect(card(wide, "t").get_by_role("cell", name="1795957001")).to_be_visible()
    expect(card(wide, "d")).to_contain_text("<b>text</b> at 2")
    step_of(wide, "t").press("Home")
    expect(card(wide, "t").get_by_role("cell", name="row at 1")).to_be_visible()
    expect(card(wide, "d")).to_contain_text("<b>text</b> at 1")


def test_histograms_tables_and_texts_are_pinned_and_let_go_as_pictures_are(wide: Page, server: Server):
    counted = {"counts": [1, 2], "edges": [0, 1, 2], "min": 0.0, "max": 2.0, "num": 3}
    send(
        server,
        *[
            pane_content.sample("held", win, data.encode(), step, type=kind)
            for step in (1, 2)
            for win, kind, data in (("h", HISTOGRAM, json.dumps(counted)), ("d", TEXT, f"words at {step}"))
        ],
    )
    wide.goto(f"{server.url}/w/owner/env/held")
    expect(card(wide, "d")).to_contain_text("words at 2")
    for win, other, named in (("h", "d", "text"), ("d", "h", "histogram")):
        card(wide, win).hover()
        card(wide, win).get_by_role("button", name="pin owner/held at step 2", exact=True).click()
        wide.get_by_role("menuitem", name="Pin step 2 across all panels").click()
        for each in (win, other):
            expect(card(wide, each).locator("[data-pin]")).to_have_text("Step 2 ◈")
        card(wide, other).hover()
        card(wide, other).get_by_role("button", name="unpin owner/held from step 2").click()
        wide.get_by_role("menuitem", name=f"Unpin this {named}", exact=True).click()
        expect(card(wide, other).locator("[data-pin]")).to_have_count(0)
        expect(card(wide, win).locator("[data-pin]")).to_have_count(1)
        card(wide, win).hover()
        card(wide, win).get_by_role("button", name="unpin owner/held from step 2").click()
        wide.get_by_role("menuitem", name="Unpin across all panels").click()
        expect(wide.locator("[data-pin]")).to_have_count(0)


def test_a_card_keeps_its_step_when_it_is_opened_alone_and_nothing_is_read_of_what_has_ended(
    wide: Page, server: Server
):
    told: list[str] = []
    wide.on("console", lambda message: told.append(message.text))
    send(
        server,
        *[pane_content.sample("alone", "d", f"words at {step}".encode(), step, type=TEXT) for step in (1, 2)],
    )
    wide.goto(f"{server.url}/w/owner/env/alone")
    step_of(wide, "d").press("Home")
    expect(card(wide, "d")).to_contain_text("words at 1")
    for opened in (True, False):
        wide.locator('[data-win="d"] header').first.dblclick() if opened else wide.go_back()
        expect(card(wide, "d")).to_contain_text("words at 1")
        step_of(wide, "d").press("End")
        expect(card(wide, "d")).to_contain_text("words at 2")
        step_of(wide, "d").press("Home")
    assert not [text for text in told if "derived_inert" in text]


def test_a_picture_that_does_not_come_is_said_in_words_and_tried_again(wide: Page, server: Server):
    send(server, put("broken", "val/lost", 0))
    page = wide
    page.route("**/assets/**", lambda route: route.abort())
    try:
        page.goto(f"{server.url}/w/owner/env/broken")
        lost = card(page, "val/lost")
        expect(lost.get_by_role("alert")).to_contain_text("could not be loaded. It is stored on the server.")
        expect(lost.locator("img")).to_have_count(0)
    finally:
        page.unroute("**/assets/**")
    expect(picture(lost)).to_have_js_property("naturalWidth", 64)
    expect(lost.get_by_role("alert")).to_have_count(0)


def asked_for(page: Page) -> list[str]:
    """Files of envs that the page fetches from now on."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if "/assets/" in request.url:
            seen.append(request.url)

    page.on("request", note)
    return seen


MANY = [f"many_{number:02}" for number in range(40)]


@pytest.fixture
def many(server: Server) -> Callable[[str], int]:
    """Forty runs with large pictures at two steps; returns how to know the run of an address."""
    ground = np.asarray(content.gradient(400, 300))
    send(
        server,
        *[
            put(
                env,
                "val/large",
                step,
                data=content.png(Image.fromarray(ground + np.uint8(number + 40 * step))),
            )
            for number, env in enumerate(MANY)
            for step in range(2)
        ],
    )
    with server.client() as client:
        ids = [client.get(f"/api/v1/envs/owner/{env}").json()["id"] for env in MANY]
    return lambda url: ids.index(int(url.split("/f/")[1].split("/")[0]))


def test_only_pictures_on_screen_are_fetched_and_in_the_size_they_have_there(
    wide: Page, server: Server, many: Callable[[str], int]
):
    page = wide
    page.set_viewport_size({"width": 700, "height": 700})
    seen = asked_for(page)
    page.goto(f"{server.url}/compare?" + "&".join(f"env=owner/{env}" for env in MANY))
    large = card(page, "val/large")
    large.scroll_into_view_if_needed()
    expect(large.locator("[data-cell-env]")).to_have_count(len(MANY))
    on_screen = wait_for(
        lambda: large.evaluate(
            """card => {
                const box = card.querySelector('.cells').getBoundingClientRect();
                const cells = [...card.querySelectorAll('[data-cell-env]')];
                const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
                const shown = cells.filter(cell => {
                    const { top: above, bottom: below } = cell.getBoundingClientRect();
                    return above < bottom && below > top;
                });
                return shown.every(cell => cell.querySelector('.stage img')?.naturalWidth) && shown.length;
            }"""
        ),
        what="the pictures on screen",
    )
    step_of(page, "val/large").press("ArrowLeft")
    at_step(page, "val/large", 0)
    expect(large.locator("[data-cell-env]").first.locator(".stage img")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert on_screen < len(MANY)
    assert {many(url) for url in seen} == set(range(on_screen))
    assert all(url.endswith(("/w320", "/w640")) for url in seen)
    # What was not seen yet says at once where it is.
    unseen = large.locator("[data-cell-env]").last
    expect(unseen.get_by_role("button", name=f"pin owner/{MANY[-1]} at step 0")).to_be_attached()
    large.locator("[data-cell-env]").last.scroll_into_view_if_needed()
    expect(large.locator("[data-cell-env]").last).to_have_attribute("data-step", "0")
    expect(picture(large.locator("[data-cell-env]").last)).to_be_visible()
    assert many(seen[-1]) > on_screen
