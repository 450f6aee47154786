"""The wall under a person's hands: arranging, closing, reading, and what happens when the server goes away."""

import itertools
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.browser import content
from tests.browser.walls import ONLINE, open_env, pane
from tests.support.browser import sign_in
from tests.support.server import OWNER, PASSWORD, Server
from tests.support.waiting import wait_for

NUMBERS = itertools.count(1)


def document(page: Page, key: str) -> Frame:
    """The document that a text pane shows."""
    frame = pane(page, key).locator("iframe:not(.behind)").element_handle().content_frame()
    assert frame is not None
    return frame


def box(page: Page, key: str) -> dict[str, int]:
    """Where a pane lies, in whole pixels."""
    found = pane(page, key).bounding_box()
    assert found is not None
    return {
        "x": round(found["x"]),
        "y": round(found["y"]),
        "width": round(found["width"]),
        "height": round(found["height"]),
    }


@pytest.fixture
def env(server: Server) -> str:
    """An env of this test's own, with four texts."""
    name = f"wall-{next(NUMBERS)}"
    with server.client() as client:
        content.send(
            client,
            content.text(name, "a", "<p>first</p>", title="alpha"),
            content.text(name, "b", "<p>second</p>", title="beta"),
            content.text(name, "c", "<p>third</p>", title="gamma"),
            content.text(name, "d", "<p>delta</p>", title="delta"),
        )
    return name


@pytest.fixture
def wall(owner_page: Page, server: Server, env: str) -> Page:
    """The env's wall, all four panes on it."""
    owner_page.set_viewport_size({"width": 1280, "height": 900})
    open_env(owner_page, server, env)
    expect(owner_page.locator("[data-win]")).to_have_count(4)
    return owner_page


def after_layout_is_kept(page: Page, act: Callable[[], None]) -> None:
    """Do something, and return once the server has the new layout."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/layout") and answer.request.method == "PUT"
    ) as kept:
        act()
    assert kept.value.status == 200, kept.value.text()


# -- Arranging


def test_keys_move_and_resize_panes_and_the_layout_survives_a_reload(wall: Page):
    start = {key: box(wall, key) for key in "abc"}
    pane(wall, "a").focus()

    def arrange() -> None:
        wall.keyboard.press("Shift+ArrowRight")
        wall.keyboard.press("Alt+ArrowDown")

    after_layout_is_kept(wall, arrange)
    expect(pane(wall, "a")).to_be_focused()
    moved = {key: box(wall, key) for key in "abc"}
    assert moved["a"]["x"] == start["b"]["x"] and moved["b"]["x"] == start["a"]["x"]
    assert moved["a"]["height"] == start["a"]["height"] + 40
    assert moved["c"] == start["c"]

    wall.reload()
    expect(wall.locator("[data-win]")).to_have_count(4)
    assert {key: box(wall, key) for key in "abc"} == moved


def test_arrows_walk_from_pane_to_pane_and_moves_are_announced(wall: Page):
    pane(wall, "a").focus()
    wall.keyboard.press("ArrowRight")
    expect(pane(wall, "b")).to_be_focused()
    wall.keyboard.press("ArrowLeft")
    wall.keyboard.press("ArrowDown")
    expect(pane(wall, "d")).to_be_focused()
    wall.keyboard.press("Alt+ArrowRight")
    expect(wall.locator("[aria-live=polite]").filter(has_text="5 wide")).to_have_count(1)


def test_a_header_drags_its_pane(wall: Page):
    start = {key: box(wall, key) for key in "ab"}
    wall.mouse.move(start["a"]["x"] + 60, start["a"]["y"] + 14)
    wall.mouse.down()
    wall.mouse.move(start["b"]["x"] + 40, start["b"]["y"] + 30, steps=6)
    wall.mouse.move(start["b"]["x"] + 60, start["b"]["y"] + 16, steps=3)
    after_layout_is_kept(wall, wall.mouse.up)
    expect(wall.locator(".landing")).to_have_count(0)
    assert box(wall, "a")["x"] == start["b"]["x"]
    assert box(wall, "b")["x"] == start["a"]["x"]


def test_escape_gives_a_drag_up(wall: Page):
    start = {key: box(wall, key) for key in "abcd"}
    wall.mouse.move(start["a"]["x"] + 60, start["a"]["y"] + 14)
    wall.mouse.down()
    wall.mouse.move(start["c"]["x"] + 60, start["c"]["y"] + 200, steps=6)
    expect(wall.locator(".landing")).to_be_visible()
    wall.keyboard.press("Escape")
    wall.mouse.up()
    # Panes glide back.
    wait_for(lambda: {key: box(wall, key) for key in "abcd"} == start, what="every pane where it was")


def test_a_corner_resizes_its_pane_and_pushes_others_down(wall: Page):
    start = box(wall, "a")
    below = box(wall, "d")
    wall.mouse.move(start["x"] + start["width"] - 6, start["y"] + start["height"] - 6)
    wall.mouse.down()
    wall.mouse.move(start["x"] + start["width"] - 6, start["y"] + start["height"] + 80, steps=4)
    after_layout_is_kept(wall, wall.mouse.up)
    assert box(wall, "a")["height"] == start["height"] + 80
    assert box(wall, "d")["y"] == below["y"] + 80


def test_a_new_window_moves_nothing(wall: Page, server: Server, env: str):
    before = {key: box(wall, key) for key in "abcd"}
    with server.client() as client:
        content.send(client, content.metrics(env, e=[1.0, 1.0]))
    expect(pane(wall, "e")).to_be_visible()
    assert {key: box(wall, key) for key in "abcd"} == before


def test_the_filter_packs_what_is_left_and_leaves_no_trace(wall: Page):
    before = {key: box(wall, key) for key in "abcd"}
    wall.keyboard.press("/")
    wall.keyboard.type("gam")
    expect(wall.locator("[data-win]")).to_have_count(1)
    wait_for(lambda: box(wall, "c")["x"] == before["a"]["x"], what="the pane in the first place")
    assert "filter=gam" in wall.url
    wall.keyboard.press("Escape")
    expect(wall.locator("[data-win]")).to_have_count(4)
    wait_for(lambda: {key: box(wall, key) for key in "abcd"} == before, what="every pane where it was")
    assert "?" not in wall.url


def test_escape_closes_an_open_menu_and_leaves_the_filter(wall: Page):
    wall.keyboard.press("/")
    wall.keyboard.type("gam")
    expect(wall.locator("[data-win]")).to_have_count(1)
    pane(wall, "c").hover()
    pane(wall, "c").get_by_role("button", name="more").click()
    expect(wall.locator(":popover-open")).to_have_count(1)
    wall.keyboard.press("Escape")
    expect(wall.locator(":popover-open")).to_have_count(0)
    expect(wall.locator("[data-win]")).to_have_count(1)
    assert "filter=gam" in wall.url


# -- Closing, alone, finding


def test_a_closed_pane_comes_back_to_its_place_by_undo(wall: Page):
    before = box(wall, "b")
    pane(wall, "b").hover()
    pane(wall, "b").get_by_role("button", name="close").click()
    expect(pane(wall, "b")).to_have_count(0)
    wall.get_by_role("button", name="Undo", exact=True).click()
    expect(pane(wall, "b")).to_be_visible()
    wait_for(lambda: box(wall, "b") == before, what="the pane where it was")
    wall.reload()
    expect(pane(wall, "b")).to_be_visible()


@pytest.mark.parametrize("key", ["..", "a/object", "x/traces/0/data"])
def test_a_pane_whose_key_looks_like_an_address_is_closed_and_comes_back(
    wall: Page, server: Server, env: str, key: str
):
    with server.client() as client:
        content.send(client, content.text(env, key, "<p>odd</p>", title="odd"))
    pane(wall, key).hover()
    pane(wall, key).get_by_role("button", name="close").click()
    expect(wall.locator("[data-win]")).to_have_count(4)
    wall.get_by_role("button", name="Undo", exact=True).click()
    expect(pane(wall, key)).to_be_visible()
    expect(wall.get_by_text("still open")).to_have_count(0)


def test_a_closed_pane_stays_closed(wall: Page):
    pane(wall, "b").focus()
    with wall.expect_response(lambda answer: answer.request.method == "DELETE"):
        wall.keyboard.press("Delete")
    expect(pane(wall, "b")).to_have_count(0)
    wall.reload()
    expect(wall.locator("[data-win]")).to_have_count(3)


def test_a_pane_opens_alone_at_its_own_address(wall: Page):
    pane(wall, "c").focus()
    wall.keyboard.press("Enter")
    expect(wall.locator("[data-win]")).to_have_count(1)
    assert wall.url.endswith("?win=c")
    wall.reload()
    expect(wall.locator("[data-win]")).to_have_count(1)
    wall.keyboard.press("Escape")
    expect(wall.locator("[data-win]")).to_have_count(4)
    expect(pane(wall, "c")).to_be_focused()
    wall.go_back()
    expect(wall.locator("[data-win]")).to_have_count(1)


def test_the_env_selector_goes_to_another_env_without_a_reload(wall: Page, server: Server, env: str):
    with server.client() as client:
        content.send(client, content.text(f"{env}-2", "t", "<p>second</p>", title="second"))
    wall.evaluate("window.isSamePage = true")
    wall.get_by_role("button", name="choose another").click()
    wall.get_by_role("combobox", name="Envs").fill(f"{env}-2")
    expect(wall.get_by_role("dialog").get_by_role("treeitem")).to_have_count(1)
    wall.keyboard.press("Enter")
    expect(pane(wall, "t")).to_be_visible()
    assert wall.url == f"{server.url}/w/owner/env/{env}-2"
    expect(pane(wall, "t").frame_locator("iframe").get_by_text("second")).to_be_visible()
    assert wall.evaluate("window.isSamePage") is True
    wall.go_back()
    expect(wall.locator("[data-win]")).to_have_count(4)


def test_the_palette_finds_panes_and_actions(wall: Page):
    wall.keyboard.press("Control+k")
    wall.keyboard.type("gamm")
    wall.keyboard.press("Enter")
    expect(pane(wall, "c")).to_be_focused()
    wall.keyboard.press("Control+k")
    wall.keyboard.type("all keys")
    wall.keyboard.press("Enter")
    expect(wall.get_by_role("dialog", name="Keys")).to_be_visible()
    wall.keyboard.press("Escape")
    expect(wall.get_by_role("dialog")).to_have_count(0)


def test_the_theme_follows_the_system_until_it_is_chosen_and_is_remembered(wall: Page):
    html = wall.locator("html")
    wall.emulate_media(color_scheme="dark")
    expect(html).to_have_attribute("data-theme", "dark")
    wall.get_by_role("button", name="Theme").click()
    wall.get_by_role("menuitemradio", name="Light").click()
    expect(html).to_have_attribute("data-theme", "light")
    wall.reload()
    expect(html).to_have_attribute("data-theme", "light")


# -- Text


def test_a_text_window_can_neither_run_scripts_nor_reach_the_page(
    wall: Page, server: Server, env: str, faults: list[str]
):
    attack = """
        <p>harmless words</p>
        <script>parent.document.title = "broken"; top.location = "about:blank"; document.title = "ran"</script>
        <img src=x onerror="parent.postMessage('broken', '*')">
        <form action="/accounts/logout/" method=post><input type=submit></form>
    """
    wall.evaluate("window.heard = []; addEventListener('message', (event) => heard.push(event.data))")
    with server.client() as client:
        content.send(client, content.text(env, "d", attack, title="attack"))
    frame = pane(wall, "d").frame_locator("iframe:not(.behind)")
    expect(frame.get_by_text("harmless words")).to_be_visible()
    assert wall.title() == f"owner/{env} · Panewall"
    assert wall.url == f"{server.url}/w/owner/env/{env}"
    assert "broken" not in wall.evaluate("heard")
    assert pane(wall, "d").locator("iframe:not(.behind)").get_attribute("sandbox") == "allow-scripts"
    assert document(wall, "d").evaluate("self.origin") == "null"
    # Its document's policy refused the script, the picture's address and its handler, and says so.
    wait_for(lambda: len(faults) >= 3, what="the refusals")
    assert all("content security policy" in fault for fault in faults)
    faults.clear()


def test_a_growing_text_is_swapped_without_losing_the_place(wall: Page, server: Server, env: str):
    lines = "".join(f"<p>line {number}</p>" for number in range(200))
    with server.client() as client:
        content.send(client, content.text(env, "d", lines, title="delta"))
        text = pane(wall, "d").frame_locator("iframe:not(.behind)")
        expect(text.get_by_text("line 199")).to_be_attached()
        expect(pane(wall, "d").locator("iframe")).to_have_count(1)
        shown = document(wall, "d")
        shown.evaluate("new Promise((done) => { onscroll = done; scrollTo(0, 1000) })")
        content.send(client, {"do": "text.append", "env": env, "win": "d", "text": "one more"})
        expect(text.get_by_text("one more")).to_be_attached()
    expect(pane(wall, "d").locator("iframe")).to_have_count(1)
    newest = document(wall, "d")
    assert newest != shown
    assert newest.evaluate("document.documentElement.scrollTop") == 1000


# -- Images


@pytest.fixture
def picture(owner_page: Page, server: Server) -> Page:
    """A wall with one image of 40 × 20 pixels, each of which says where it is."""
    name = f"wall-{next(NUMBERS)}"
    with server.client() as client:
        content.send(
            client,
            content.image(name, "pic", content.gradient(40, 20), title="Picture", caption="Twenty rows"),
        )
    owner_page.set_viewport_size({"width": 1280, "height": 900})
    open_env(owner_page, server, name)
    expect(owner_page.get_by_role("img", name="Twenty rows")).to_be_visible()
    return owner_page


def scale(page: Page) -> float:
    return float(page.locator(".stage").get_attribute("data-scale") or 0)


def test_an_image_says_its_size_and_the_pixel_under_the_cursor(picture: Page):
    expect(picture.get_by_text("40 × 20")).to_be_visible()
    expect(picture.get_by_text("Twenty rows")).to_be_visible()
    shown = picture.get_by_role("img", name="Twenty rows").bounding_box()
    assert shown is not None
    one = shown["width"] / 40
    picture.mouse.move(shown["x"] + 7.5 * one, shown["y"] + 3.5 * one)
    expect(picture.locator("[data-pixel]")).to_have_text("x 7, y 3: 7 3 64")
    assert (
        picture.get_by_role("img", name="Twenty rows").evaluate(
            "image => getComputedStyle(image).imageRendering"
        )
        == "pixelated"
    )


def test_the_wheel_zooms_at_the_cursor_and_a_drag_pans(picture: Page):
    fitted = scale(picture)
    shown = picture.get_by_role("img", name="Twenty rows").bounding_box()
    assert shown is not None
    one = shown["width"] / 40
    at = (shown["x"] + 30.5 * one, shown["y"] + 5.5 * one)
    picture.mouse.move(*at)
    picture.mouse.wheel(0, -500)
    wait_for(lambda: scale(picture) > fitted * 2, what="the zoom")
    expect(picture.locator("[data-pixel]")).to_contain_text("x 30, y 5")
    picture.mouse.down()
    picture.mouse.move(at[0] - 60, at[1], steps=3)
    picture.mouse.up()
    expect(picture.locator("[data-pixel]")).to_contain_text("x 30, y 5")
    picture.mouse.move(*at)
    expect(picture.locator("[data-pixel]")).not_to_contain_text("x 30,")


@pytest.mark.parametrize("way", ["double-click", "button", "key"])
def test_an_image_is_shown_whole_again(picture: Page, way: str):
    fitted = scale(picture)
    stage = picture.locator(".stage")
    stage.focus()
    picture.keyboard.press("+")
    wait_for(lambda: scale(picture) > fitted, what="the zoom")
    if way == "double-click":
        stage.dblclick()
    elif way == "button":
        pane(picture, "pic").get_by_role("button", name="reset").click()
    else:
        picture.keyboard.press("0")
    wait_for(lambda: scale(picture) == fitted, what="the whole image")


# -- People who may only look


def test_a_shared_wall_shows_no_control_that_cannot_be_used(
    wall: Page, server: Server, env: str, new_context: Callable[..., BrowserContext]
):
    own = box(wall, "a")
    with server.client() as client:
        made = client.post(f"/api/v1/envs/owner/{env}/links", json={"name": "for a test"})
        assert made.status_code == 201, made.text
    guest = new_context(viewport={"width": 1280, "height": 900}).new_page()
    guest.goto(made.json()["url"])
    expect(guest.locator("[data-win]")).to_have_count(4)
    expect(pane(guest, "d").frame_locator("iframe").get_by_text("delta")).to_be_visible()
    for name in ("close", "Share", "choose another", "Account"):
        expect(guest.get_by_role("button", name=name)).to_have_count(0)
    expect(guest.get_by_text("Shared, read-only")).to_be_visible()

    before = box(guest, "a")
    pane(guest, "a").focus()
    guest.keyboard.press("Shift+ArrowRight")
    wait_for(lambda: box(guest, "a")["x"] > before["x"], what="the move")
    wait_for(
        lambda: guest.evaluate("Object.keys(localStorage).some((key) => key.includes('layout'))"),
        what="the layout",
    )
    moved = box(guest, "a")
    guest.reload()
    expect(guest.locator("[data-win]")).to_have_count(4)
    assert box(guest, "a") == moved
    wall.reload()
    expect(wall.locator("[data-win]")).to_have_count(4)
    assert box(wall, "a") == own


def test_titles_and_keys_are_only_ever_text(owner_page: Page, server: Server):
    key = "a\"b]<c>&\\ ' /#?%25 ü"
    with server.client() as client:
        content.send(client, content.text("hostile", key, "words", title=content.HOSTILE))
    open_env(owner_page, server, "hostile")
    expect(owner_page.get_by_role("article", name=content.HOSTILE)).to_be_visible()
    owner_page.get_by_role("article").focus()
    owner_page.keyboard.press("Enter")
    owner_page.reload()
    expect(owner_page.get_by_role("article", name=content.HOSTILE)).to_be_visible()
    owner_page.keyboard.press("Escape")
    owner_page.get_by_role("button", name="close", exact=True).click()
    expect(owner_page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    owner_page.get_by_role("button", name="Undo", exact=True).click()
    expect(owner_page.get_by_role("article", name=content.HOSTILE)).to_be_visible()
    assert "broken" not in owner_page.title()


def test_an_empty_env_makes_a_token_that_works(owner_page: Page, server: Server):
    with server.client() as client:
        content.send(client, {"do": "env.create", "env": "first_steps"})
    open_env(owner_page, server, "first_steps")
    owner_page.get_by_role("button", name="Make a token").click()
    code = owner_page.get_by_label("Client code")
    expect(code).to_contain_text('token="pw_')
    assert f'server="{server.url}"' in code.inner_text()
    token = re.search(r'token="([^"]+)"', code.inner_text())[1]  # type: ignore[index]
    with server.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        content.send(client, content.metrics("first_steps", loss=[0.5]))
    expect(pane(owner_page, "loss")).to_be_visible()


# -- When the server goes away


def test_the_wall_says_that_it_is_offline_and_comes_back_by_itself(page: Page, start_server):
    server = start_server()
    with server.client() as client:
        content.send(client, content.metrics("run", loss=[3.0, 2.0, 1.0]))
    sign_in(page, server)
    open_env(page, server, "run")
    expect(page.get_by_text("step 2")).to_be_visible()
    server.kill()
    expect(page.locator("[data-connection=offline]")).to_be_visible()
    expect(
        page.get_by_text(re.compile(r"What is shown is from \d\d:\d\d and will catch up by itself"))
    ).to_be_visible()
    expect(pane(page, "loss")).to_be_visible()

    server.start()
    with server.client() as client:
        content.send(client, {"do": "window.put", "env": "run", "win": "new", "kind": "text", "text": "back"})
    expect(page.locator(ONLINE)).to_be_visible(timeout=40_000)
    expect(pane(page, "new")).to_be_visible()
    expect(page.get_by_text("will catch up by itself")).to_have_count(0)


def test_closing_a_pane_while_the_server_is_away_says_so_and_keeps_it(page: Page, start_server):
    server = start_server()
    with server.client() as client:
        content.send(client, content.metrics("run", loss=[3.0, 2.0, 1.0]))
    sign_in(page, server)
    open_env(page, server, "run")
    expect(pane(page, "loss")).to_be_visible()
    server.kill()
    pane(page, "loss").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("alert").filter(has_text="is still open")).to_be_visible()
    expect(pane(page, "loss")).to_be_visible()


def test_everything_is_found_below_a_base_path(page: Page, start_server):
    server = start_server(environ={"PANEWALL_BASE_URL": "/lab"})
    with server.client() as client:
        client.base_url = server.url
        content.send(
            client, content.text("run", "words", "<p>hello</p>"), content.metrics("run", loss=[2.0, 1.0])
        )
        content.send(client, content.image("run", "pic", content.gradient(8, 4), caption="small"))
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{server.url}/accounts/login/?next=/lab/")
    page.locator("input[name=login]").fill(OWNER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.get_by_role("link", name="run").click()
    expect(page.get_by_text("step 1")).to_be_visible()
    expect(page.get_by_role("img", name="small")).to_be_visible()
    expect(pane(page, "words").frame_locator("iframe").get_by_text("hello")).to_be_visible()
    page.get_by_role("button", name="choose another").click()
    page.get_by_role("dialog").get_by_role("treeitem", name="main").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert page.url == f"{server.url}/w/owner/env/main"
    assert not missing
