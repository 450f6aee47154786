"""The wall by sections: cards that share a prefix stand together, a page of them at a time, in an order one can change."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import content
from tests.browser.test_screenshots import FOLDER, THEMES
from tests.support.server import Server

ENV, OTHER = "sections", "sections-other"
SECTIONS = ["metrics", "media", "train", "val", "sys", "other"]


@pytest.fixture(scope="module")
def runs(server: Server) -> list[str]:
    """Two runs with pictures, numbers and words under several prefixes; `val` has eleven cards."""
    with server.client() as client:
        for env in (ENV, OTHER):
            content.send(
                client,
                content.metrics(env, loss=[3, 2, 1], sys__cpu=[10, 20, 30], train__loss=[2, 1, 0.5]),
                content.text(env, "notes", "<p>What this run is about.</p>"),
                content.image(env, "preview", content.gradient(64, 48)),
                *(
                    content.image(env, f"val/sample{i}", content.gradient(40 + i, 30), caption=f"Sample {i}")
                    for i in range(1, 12)
                ),
            )
    return [f"owner/{ENV}", f"owner/{OTHER}"]


def open_wall(page: Page, server: Server, query: str = "?wall=sections") -> Page:
    page.goto(f"{server.url}/w/owner/env/{ENV}{query}")
    expect(page.locator("[data-connection=online]")).to_be_visible()
    return page


def section(page: Page, name: str) -> Locator:
    return page.locator(f'[data-section="{name}"]')


def order(page: Page) -> list[str]:
    return page.locator("[data-section]").evaluate_all("all => all.map(one => one.dataset.section)")


def cards(page: Page, name: str) -> list[str]:
    return (
        section(page, name)
        .locator("article")
        .evaluate_all("all => all.map(one => one.getAttribute('data-win'))")
    )


def setting(page: Page, name: str) -> Locator:
    """Opens what can be done with a section."""
    section(page, name).get_by_role("button", name=f"section {name}").click()
    return page.get_by_role("dialog", name=f"section {name}")


@pytest.fixture
def wall(owner_page: Page, server: Server, runs: list[str]) -> Page:
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    open_wall(owner_page, server)
    expect(section(owner_page, "metrics")).to_be_visible()
    return owner_page


def test_cards_of_a_prefix_stand_together_and_the_address_says_so(
    owner_page: Page, server: Server, runs: list[str]
):
    page = open_wall(owner_page, server, "")
    expect(page.locator(".board")).to_be_visible()
    page.get_by_role("button", name="sections", exact=True).click()
    expect(section(page, "metrics")).to_be_visible()
    assert order(page) == SECTIONS
    assert cards(page, "metrics") == ["loss"]
    assert cards(page, "media") == ["preview"]
    # By name, as people count; the last two are on the next page.
    assert cards(page, "val") == [f"val/sample{i}" for i in range(1, 10)]
    expect(page).to_have_url(re.compile(r"\?wall=sections$"))
    expect(section(page, "metrics").locator("canvas").first).to_be_visible()
    # What is far below is not drawn, and what it shows is not asked for.
    assert section(page, "other").locator("iframe").count() == 0
    section(page, "other").scroll_into_view_if_needed()
    expect(section(page, "other").locator("iframe")).to_be_visible()
    # It is how this person looks at walls now; an address that says otherwise is obeyed.
    open_wall(page, server, "")
    expect(section(page, "metrics")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("free grid")
    page.keyboard.press("Enter")
    expect(page.locator(".board")).to_be_visible()
    expect(page).not_to_have_url(re.compile("wall="))


def test_a_section_is_paged_sized_and_folded_and_stays_so(wall: Page, server: Server):
    val = section(wall, "val")
    val.get_by_role("button", name="next page").click()
    expect(val.locator("article")).to_have_count(2)
    assert cards(wall, "val") == ["val/sample10", "val/sample11"]
    expect(val.get_by_role("button", name="next page")).to_be_disabled()
    menu = setting(wall, "val")
    menu.get_by_label("Columns").fill("4")
    menu.get_by_label("Rows").fill("2")
    menu.get_by_label("Rows").press("Enter")
    wall.keyboard.press("Escape")
    assert cards(wall, "val") == ["val/sample9", "val/sample10", "val/sample11"]
    expect(val.locator(".tiles")).to_have_attribute("data-columns", "4")
    section(wall, "train").locator("[data-heading]").click()
    expect(section(wall, "train").locator("article")).to_have_count(0)
    open_wall(wall, server)
    expect(section(wall, "val").locator("article")).to_have_count(8)
    expect(section(wall, "train").locator("[data-heading]")).to_have_attribute("aria-expanded", "false")
    # Who goes to a card by name finds it, folded away or not.
    wall.keyboard.press("Control+k")
    wall.keyboard.type("train/loss")
    wall.keyboard.press("Enter")
    expect(section(wall, "train").locator("article")).to_be_focused()
    wall.keyboard.press("Enter")
    expect(wall.locator("main > article")).to_have_attribute("data-win", "train/loss")
    wall.keyboard.press("Escape")
    expect(section(wall, "train").locator("article")).to_be_focused()
    wall.keyboard.press("ArrowDown")
    expect(section(wall, "val").locator("article").first).to_be_focused()


def test_sections_are_put_in_another_order_renamed_and_put_away(wall: Page, server: Server):
    heading = section(wall, "val").locator("[data-heading]")
    heading.focus()
    wall.keyboard.press("Shift+ArrowUp")
    assert order(wall) == ["metrics", "media", "val", "train", "sys", "other"]
    expect(heading).to_be_focused()
    # By hand: `train` over `metrics`.
    grip = section(wall, "train").locator(".grip")
    grip.scroll_into_view_if_needed()
    grip.hover()
    wall.mouse.down()
    at = grip.bounding_box()
    assert at is not None
    wall.mouse.move(at["x"] + 4, at["y"] + 8, steps=3)
    expect(wall.locator(".sections.ordering")).to_be_visible()
    over = section(wall, "metrics").bounding_box()
    assert over is not None
    wall.mouse.move(over["x"] + 30, over["y"] + 10, steps=6)
    wall.mouse.up()
    expect(wall.locator(".sections.ordering")).to_have_count(0)
    assert order(wall) == ["train", "metrics", "media", "val", "sys", "other"]
    setting(wall, "media").get_by_role("button", name="Rename").click()
    wall.get_by_label("Name of the section media").fill("First looks")
    wall.keyboard.press("Enter")
    expect(section(wall, "media")).to_contain_text("First looks")
    setting(wall, "sys").get_by_role("button", name="Put away").click()
    expect(section(wall, "sys")).to_have_count(0)
    open_wall(wall, server)
    expect(section(wall, "media")).to_contain_text("First looks")
    assert order(wall) == ["train", "metrics", "media", "val", "other"]
    wall.get_by_role("button", name="sys 1").click()
    assert order(wall) == ["train", "metrics", "media", "val", "sys", "other"]


def test_a_view_brings_its_sections(wall: Page, server: Server):
    wall.keyboard.press("Control+k")
    wall.keyboard.type("save or delete")
    wall.keyboard.press("Enter")
    dialog = wall.get_by_role("dialog", name="Views")
    dialog.get_by_role("textbox").fill("by name")
    dialog.get_by_role("button", name="Save").click()
    expect(wall).to_have_url(re.compile(r"view=by\+name"))
    open_wall(wall, server, "?view=by+name")
    expect(section(wall, "metrics")).to_be_visible()
    open_wall(wall, server, "?view=by+name&wall=grid")
    expect(wall.locator(".board")).to_be_visible()


def test_a_comparison_has_sections_too(owner_page: Page, server: Server, runs: list[str]):
    page = owner_page
    page.goto(f"{server.url}/compare?env={runs[0]}&env={runs[1]}&wall=sections")
    expect(section(page, "val")).to_be_visible()
    assert [name for name in order(page) if name in SECTIONS] == SECTIONS
    expect(section(page, "media").locator("article img")).to_have_count(2)


def test_a_card_that_cannot_be_drawn_says_so_in_its_own_tile(wall: Page, server: Server):
    wall.add_init_script(
        """const observe = IntersectionObserver.prototype.observe;
        IntersectionObserver.prototype.observe = function (element) {
            if (element.dataset.win === 'preview') throw new Error('Provoked by a test.');
            observe.call(this, element);
        };"""
    )
    open_wall(wall, server)
    card = section(wall, "media").locator("article")
    expect(card.get_by_role("alert")).to_contain_text("This card could not be drawn")
    expect(section(wall, "metrics").locator("canvas").first).to_be_visible()
    expect(section(wall, "train").locator("canvas").first).to_be_visible()


def test_sections_in_pictures(wall: Page):
    for theme in THEMES:
        wall.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in ((1440, 1200), (390, 844)):
            wall.set_viewport_size({"width": width, "height": height})
            expect(section(wall, "metrics").locator("canvas").first).to_be_visible()
            wall.screenshot(
                path=FOLDER / f"sections-{width}-{theme}.png", caret="initial", animations="allow"
            )
            assert wall.evaluate("document.documentElement.scrollWidth") <= width
    wall.set_viewport_size({"width": 360, "height": 740})
    assert wall.evaluate("document.documentElement.scrollWidth") <= 360
