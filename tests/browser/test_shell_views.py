"""Saved views, the filter, and the arithmetic of places under a person's hands."""

import itertools
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import content
from tests.browser.test_wall import after_layout_is_kept, box, open_env, pane
from tests.support.server import Server
from tests.support.waiting import wait_for

NUMBERS = itertools.count(1)
KEYS = "abcd"


@pytest.fixture
def env(server: Server) -> str:
    """Four texts, of this test's own."""
    name = f"views-{next(NUMBERS)}"
    with server.client() as client:
        content.send(
            client,
            content.text(name, "a", "<p>first</p>", title="train/loss"),
            content.text(name, "b", "<p>second</p>", title="val/loss"),
            content.text(name, "c", "<p>third</p>", title="Val/Accuracy"),
            content.text(name, "d", "<p>fourth</p>", title="notes (draft)"),
        )
    return name


@pytest.fixture
def wall(owner_page: Page, server: Server, env: str) -> Page:
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    open_env(owner_page, server, env)
    expect(owner_page.locator("[data-win]")).to_have_count(4)
    return owner_page


def places(page: Page, keys: str = KEYS) -> dict[str, dict[str, int]]:
    return {key: box(page, key) for key in keys}


def view_menu(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^View: ")).click()


def choose(page: Page, view: str) -> None:
    view_menu(page)
    page.get_by_role("menuitemradio", name=view, exact=True).click()
    expect(page.get_by_role("button", name=f"View: {view}", exact=True)).to_be_visible()


def manage(page: Page) -> None:
    view_menu(page)
    page.get_by_role("menuitem", name="Save or delete views").click()


def save_view(page: Page, name: str, verb: str = "Save") -> None:
    manage(page)
    expect(page.get_by_label("Save what is shown as")).to_be_focused()
    page.get_by_label("Save what is shown as").fill(name)
    page.get_by_role("button", name=verb, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name=f"View: {name}", exact=True)).to_be_visible()


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def press(page: Page, key: str, presses: str) -> None:
    pane(page, key).focus()
    page.keyboard.press(presses)


def saved(server: Server, env: str) -> dict[str, dict]:
    with server.client() as client:
        rows = client.get(f"/api/v1/envs/owner/{env}/views").json()["results"]
    return {row["name"]: row["state"] for row in rows}


# -- Views


def test_a_view_keeps_places_sizes_and_the_filter_and_is_in_the_address(wall: Page, server: Server, env: str):
    start = places(wall)
    press(wall, "a", "Shift+ArrowRight")
    press(wall, "b", "Alt+ArrowDown")
    arranged = places(wall)
    wall.get_by_label("Filter panes by title").fill("loss")
    expect(wall.locator("[data-win]")).to_have_count(2)
    save_view(wall, "triage")
    assert query(wall) == {"view": ["triage"]}

    choose(wall, "current")
    expect(wall.locator("[data-win]")).to_have_count(4)
    assert query(wall) == {}
    assert places(wall) == arranged != start

    choose(wall, "triage")
    expect(wall.locator("[data-win]")).to_have_count(2)
    expect(wall.get_by_label("Filter panes by title")).to_have_value("loss")
    wall.reload()
    expect(wall.locator("[data-win]")).to_have_count(2)
    expect(wall.get_by_role("button", name="View: triage", exact=True)).to_be_visible()
    wall.get_by_role("button", name="clear the filter").click()
    expect(wall.locator("[data-win]")).to_have_count(4)
    assert places(wall) == arranged
    assert query(wall) == {"view": ["triage"], "filter": [""]}


def test_moving_a_pane_of_a_view_makes_it_ones_own_and_leaves_the_view(wall: Page, server: Server, env: str):
    start = places(wall)
    save_view(wall, "as-it-was")
    kept = saved(server, env)["as-it-was"]
    after_layout_is_kept(wall, lambda: press(wall, "a", "Shift+ArrowRight"))
    expect(wall.get_by_role("button", name="View: current", exact=True)).to_be_visible()
    expect(wall.get_by_text("the view “as-it-was” stays as it was")).to_be_visible()
    assert "view" not in query(wall)
    moved = places(wall)
    assert moved["a"]["x"] == start["b"]["x"]
    assert saved(server, env)["as-it-was"] == kept
    choose(wall, "as-it-was")
    assert places(wall) == start
    choose(wall, "current")
    assert places(wall) == moved


def test_a_place_that_a_closed_pane_left_is_taken_for_good(wall: Page):
    pane(wall, "a").focus()
    wall.keyboard.press("Delete")
    expect(wall.locator("[data-win]")).to_have_count(3)
    view_menu(wall)
    after_layout_is_kept(wall, wall.get_by_role("menuitem", name="Repack panes").click)
    packed = places(wall, "bcd")
    save_view(wall, "packed")
    for view in ("current", "packed"):
        choose(wall, view)
        wall.reload()
        expect(wall.locator("[data-win]")).to_have_count(3)
        assert places(wall, "bcd") == packed, view


def test_resizing_by_hand_makes_a_view_ones_own_too_and_undo_goes_back_to_both(wall: Page):
    press(wall, "d", "Alt+ArrowRight")
    own = places(wall)
    press(wall, "d", "Alt+ArrowLeft")
    save_view(wall, "small")
    small = places(wall)
    press(wall, "d", "Alt+ArrowRight")
    expect(wall.get_by_role("button", name="View: current", exact=True)).to_be_visible()
    corner = box(wall, "a")
    choose(wall, "small")
    wall.mouse.move(corner["x"] + corner["width"] - 6, corner["y"] + corner["height"] - 6)
    wall.mouse.down()
    wall.mouse.move(corner["x"] + corner["width"] - 6, corner["y"] + corner["height"] + 90, steps=4)
    wall.mouse.up()
    expect(wall.get_by_role("button", name="View: current", exact=True)).to_be_visible()
    assert box(wall, "a")["height"] == corner["height"] + 80
    wall.get_by_role("button", name="Undo", exact=True).last.click()
    expect(wall.get_by_role("button", name="View: small", exact=True)).to_be_visible()
    assert places(wall) == small
    choose(wall, "current")
    assert places(wall) == own


def test_a_view_is_forked_saved_over_and_deleted_with_undo(wall: Page, server: Server, env: str):
    save_view(wall, "one")
    save_view(wall, "two", verb="Fork")
    assert set(saved(server, env)) == {"one", "two"}
    press(wall, "a", "Shift+ArrowRight")
    save_view(wall, "one", verb="Save over it")
    states = saved(server, env)
    assert states["one"]["layout"]["a"] != states["two"]["layout"]["a"]

    manage(wall)
    wall.get_by_role("button", name="Delete one").click()
    expect(wall.get_by_role("button", name="Delete one")).to_have_count(0)
    wall.keyboard.press("Escape")
    expect(wall.get_by_role("button", name="View: current", exact=True)).to_be_visible()
    assert set(saved(server, env)) == {"two"}
    wall.get_by_role("button", name="Undo", exact=True).last.click()
    expect(wall.get_by_role("button", name="View: one", exact=True)).to_be_visible()
    assert saved(server, env) == states


def test_the_name_of_ones_own_arrangement_is_taken(wall: Page):
    manage(wall)
    wall.get_by_label("Save what is shown as").fill("current")
    expect(wall.get_by_role("alert")).to_contain_text("your own arrangement")
    expect(wall.get_by_role("button", name="Save", exact=True)).to_be_disabled()


def test_switching_views_is_a_step_back_in_the_browser(wall: Page):
    start = places(wall)
    save_view(wall, "first")
    press(wall, "a", "Shift+ArrowRight")
    save_view(wall, "second")
    second = places(wall)
    choose(wall, "first")
    assert places(wall) == start
    wall.go_back()
    expect(wall.get_by_role("button", name="View: second", exact=True)).to_be_visible()
    assert places(wall) == second
    wall.go_forward()
    expect(wall.get_by_role("button", name="View: first", exact=True)).to_be_visible()


def test_a_window_that_is_not_in_a_view_takes_a_free_place_and_moves_nothing(
    wall: Page, server: Server, env: str
):
    save_view(wall, "four")
    start = places(wall)
    with server.client() as client:
        content.send(client, content.text(env, "e", "<p>fifth</p>", title="fifth"))
    expect(pane(wall, "e")).to_be_visible()
    assert places(wall) == start
    assert query(wall) == {"view": ["four"]}


def test_a_view_that_is_not_there_says_so_and_shows_ones_own(wall: Page, server: Server, env: str):
    open_env(wall, server, env, "?view=nothing")
    expect(wall.get_by_role("alert")).to_contain_text("“nothing”")
    expect(wall.locator("[data-win]")).to_have_count(4)
    expect(wall.get_by_role("button", name="View: current", exact=True)).to_be_visible()


def test_the_palette_shows_views_saves_them_and_repacks(wall: Page):
    save_view(wall, "triage")
    press(wall, "a", "Shift+ArrowDown")
    wall.keyboard.press("Control+k")
    wall.keyboard.type("view tri")
    expect(wall.get_by_role("option", name="View: triage")).to_be_visible()
    wall.keyboard.press("Enter")
    expect(wall.get_by_role("button", name="View: triage", exact=True)).to_be_visible()
    for words in ("save or delete views", "repack"):
        wall.keyboard.press("Control+k")
        wall.keyboard.type(words)
        expect(wall.get_by_role("option").first).to_be_visible()
        wall.keyboard.press("Escape")


def test_the_palette_opens_however_soon_after_it_was_closed(wall: Page):
    """The next key comes before the dialog says by itself that it is closed."""
    wall.keyboard.press("Control+k")
    wall.keyboard.type("repack")
    expect(wall.get_by_role("option").first).to_be_visible()
    wall.evaluate(
        """async () => {
          const dialog = document.querySelector('dialog');
          if (dialog.dispatchEvent(new Event('cancel', { cancelable: true }))) dialog.close();
          for (let turn = 0; turn < 20; turn += 1) await null;
          document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }));
        }"""
    )
    expect(wall.get_by_role("dialog")).to_be_visible()
    wall.keyboard.press("Escape")
    expect(wall.get_by_role("dialog")).to_have_count(0)


def test_visitors_of_a_shared_page_switch_views_and_change_none(
    wall: Page, server: Server, env: str, new_context: Callable[..., BrowserContext]
):
    start = places(wall)
    press(wall, "a", "Shift+ArrowRight")
    save_view(wall, "swapped")
    with server.client() as client:
        address = client.post(f"/api/v1/envs/owner/{env}/links", json={}).json()["url"]
    guest = new_context(viewport={"width": 1184, "height": 900}).new_page()
    guest.goto(address)
    expect(guest.locator("[data-win]")).to_have_count(4)
    first = box(guest, "a")
    choose(guest, "swapped")
    wait_for(lambda: box(guest, "a")["x"] > first["x"], what="the view")
    assert query(guest) == {"view": ["swapped"]}
    guest.reload()
    expect(guest.locator("[data-win]")).to_have_count(4)
    assert box(guest, "a")["x"] > first["x"]
    view_menu(guest)
    expect(guest.get_by_role("menuitem")).to_have_text(["Repack panes"])
    guest.keyboard.press("Escape")
    press(guest, "d", "Shift+ArrowDown")
    expect(guest.get_by_role("button", name="View: current", exact=True)).to_be_visible()
    assert list(saved(server, env)) == ["swapped"]
    assert start["a"] != saved(server, env)["swapped"]["layout"]["a"]


# -- The filter


def test_a_regular_expression_finds_titles_and_says_how_many(wall: Page):
    field = wall.get_by_label("Filter panes by title")
    for words, found, count in [
        ("^val", "bc", "2 of 4"),
        ("Val", "c", "1 of 4"),
        ("train|notes", "ad", "2 of 4"),
        (r"\(draft\)$", "d", "1 of 4"),
        ("nothing like it", "", "0 of 4"),
        ("loss", "ab", "2 of 4"),
    ]:
        field.fill(words)
        expect(wall.get_by_text(count, exact=True)).to_be_visible()
        expect(wall.locator("[data-win]")).to_have_count(len(found))
        for key in found:
            expect(pane(wall, key)).to_be_visible()
    wait_for(lambda: query(wall) == {"filter": ["loss"]}, what="the address")
    wall.reload()
    expect(wall.get_by_text("2 of 4", exact=True)).to_be_visible()
    expect(wall.locator("[data-win]")).to_have_count(2)


def test_an_expression_that_is_none_hides_nothing_and_says_so_quietly(wall: Page):
    before = places(wall)
    field = wall.get_by_label("Filter panes by title")
    for words in ["(", "[a-", "*loss", "(a+)+$"]:
        field.fill(words)
        expect(wall.get_by_text("so nothing is hidden")).to_be_visible()
        expect(field).to_be_focused()
        assert places(wall) == before


def test_what_is_left_is_packed_in_reading_order_and_clearing_restores_the_wall_exactly(wall: Page):
    press(wall, "d", "Shift+ArrowDown")
    press(wall, "c", "Alt+ArrowUp")
    before = places(wall)
    wall.keyboard.press("/")
    wall.keyboard.type("val|notes")
    expect(wall.locator("[data-win]")).to_have_count(3)
    wait_for(lambda: box(wall, "b")["x"] == before["a"]["x"], what="the first pane")
    left = places(wall, "bcd")
    assert left["b"]["y"] == left["c"]["y"] == left["d"]["y"] == before["a"]["y"]
    assert left["b"]["x"] < left["c"]["x"] < left["d"]["x"]
    assert left["c"]["height"] == before["c"]["height"]
    wall.keyboard.press("Escape")
    expect(wall.locator("[data-win]")).to_have_count(4)
    wait_for(lambda: all(pane(wall, key).bounding_box() for key in before), what="all panes")
    wait_for(lambda: places(wall) == before, what="the wall as it was")
    assert query(wall) == {}


# -- Places and sizes


def test_repack_closes_the_gaps_and_keeps_the_order_of_reading(wall: Page):
    before = places(wall)
    pane(wall, "a").focus()
    with wall.expect_response(lambda answer: answer.request.method == "DELETE"):
        wall.keyboard.press("Delete")
    press(wall, "d", "Alt+ArrowRight")
    gappy = places(wall, "bcd")
    assert gappy["b"] == before["b"]
    view_menu(wall)
    wall.get_by_role("menuitem", name="Repack panes").click()
    packed = places(wall, "bcd")
    assert packed["b"]["x"] == before["a"]["x"]
    assert packed["c"]["x"] == before["b"]["x"]
    assert packed["d"]["y"] == before["d"]["y"]
    for key in "bcd":
        assert packed[key]["width"] == gappy[key]["width"]
    view_menu(wall)
    wall.get_by_role("menuitem", name="Repack panes").click()
    expect(wall.get_by_text("There is no gap to close")).to_be_visible()
    wall.get_by_role("button", name="Undo", exact=True).last.click()
    assert places(wall, "bcd") == gappy


def corner(page: Page, key: str) -> tuple[int, int]:
    found = box(page, key)
    return found["x"] + found["width"] - 6, found["y"] + found["height"] - 6


@pytest.mark.parametrize("way", ["hand", "keys"])
def test_a_pane_gets_its_first_size_back(wall: Page, way: str):
    start = box(wall, "d")
    press(wall, "d", "Alt+ArrowRight")
    press(wall, "d", "Alt+ArrowDown")
    assert box(wall, "d") != start
    if way == "hand":
        wall.mouse.dblclick(*corner(wall, "d"))
    else:
        press(wall, "d", "Alt+0")
    wait_for(lambda: box(wall, "d") == start, what="the first size")


def test_a_pane_begins_with_the_size_its_options_say_and_no_update_undoes_a_resize(
    owner_page: Page, server: Server
):
    name = f"views-{next(NUMBERS)}"
    put = content.text(name, "sized", "<p>first</p>", title="sized") | {"opts": {"width": 700, "height": 420}}
    with server.client() as client:
        content.send(client, put, content.text(name, "plain", "<p>plain</p>"))
        owner_page.set_viewport_size({"width": 1440, "height": 900})
        open_env(owner_page, server, name)
        expect(owner_page.locator("[data-win]")).to_have_count(2)
        first = box(owner_page, "sized")
        assert abs(first["width"] - 700) <= 60
        assert abs(first["height"] - 28 - 420) <= 30

        after_layout_is_kept(owner_page, lambda: press(owner_page, "sized", "Alt+ArrowUp"))
        resized = places(owner_page, ["sized", "plain"])  # type: ignore[arg-type]
        content.send(client, put | {"text": "<p>second</p>", "opts": {"width": 300, "height": 200}})
        expect(
            pane(owner_page, "sized").frame_locator("iframe:not(.behind)").get_by_text("second")
        ).to_be_visible()
        assert places(owner_page, ["sized", "plain"]) == resized  # type: ignore[arg-type]
    owner_page.reload()
    expect(owner_page.locator("[data-win]")).to_have_count(2)
    assert places(owner_page, ["sized", "plain"]) == resized  # type: ignore[arg-type]


def test_one_window_alone_is_focused_and_told_from_others(wall: Page, server: Server, env: str):
    press(wall, "c", "Enter")
    expect(pane(wall, "c")).to_be_focused()
    expect(wall.get_by_label("Filter panes by title")).to_have_count(0)
    expect(wall.get_by_role("button", name=re.compile("^View: "))).to_have_count(0)
    wall.keyboard.press("Escape")
    expect(pane(wall, "c")).to_be_focused()
    open_env(wall, server, env, "?win=not%20yet")
    expect(wall.get_by_role("heading", name="not yet")).to_be_visible()
    with server.client() as client:
        content.send(client, content.text(env, "not yet", "<p>now</p>", title="now"))
    expect(pane(wall, "not yet")).to_be_visible()
