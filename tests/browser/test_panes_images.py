"""Images, sounds and videos under a person's hands: looking closer, going back in steps, telling programs of clicks and keys."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import content, pane_content
from tests.browser.events_told import Told
from tests.browser.walls import open_env, pane, send
from tests.support.server import Server
from tests.support.waiting import wait_for


def view(page: Page, key: str) -> dict[str, float]:
    """How the image lies in its pane: scale, and where its corner is."""
    return wait_for(
        lambda: page.evaluate(
            """(win) => {
                const image = document.querySelector(`[data-win="${win}"] .stage img`);
                if (!image?.naturalWidth || !image.style.transform) return null;
                const { a, e, f } = new DOMMatrix(image.style.transform);
                return { scale: a, x: e, y: f };
            }""",
            key,
        ),
        what=f"the image of {key}",
    )


def centre(page: Page, key: str) -> tuple[float, float]:
    box = pane(page, key).locator(".stage").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def picture(owner_page: Page, server: Server, env: str, sent: Told) -> Page:
    """A wall with one image of 320 by 200 pixels."""
    send(server, content.image(env, "img", content.gradient(320, 200), title="Gradient", caption="Red grows"))
    open_env(owner_page, server, env)
    view(owner_page, "img")
    return owner_page


def test_ctrl_and_wheel_zoom_by_a_tenth_of_e_round_the_cursor(picture: Page):
    fitted = view(picture, "img")
    x, y = centre(picture, "img")
    box = pane(picture, "img").locator(".stage").bounding_box()
    assert box is not None
    # Where the image is lower than its pane it stays in the middle, so the cursor is there.
    picture.mouse.move(x + 40, y)
    picture.keyboard.down("Control")
    for _ in range(5):
        picture.mouse.wheel(0, -100)
    picture.keyboard.up("Control")
    zoomed = wait_for(
        lambda: (now := view(picture, "img"))["scale"] / fitted["scale"] > 1.6 and now, what="five notches"
    )
    assert zoomed["scale"] / fitted["scale"] == pytest.approx(2.718281828**0.5, rel=1e-3)
    for axis, at in (("x", x + 40 - box["x"]), ("y", y - box["y"])):
        before = (at - fitted[axis]) / fitted["scale"]
        assert (at - zoomed[axis]) / zoomed["scale"] == pytest.approx(before, abs=0.5)


def test_alt_and_wheel_move_the_image_with_shift_sideways(picture: Page):
    x, y = centre(picture, "img")
    picture.mouse.move(x, y)
    picture.keyboard.down("Control")
    for _ in range(20):
        picture.mouse.wheel(0, -100)
    picture.keyboard.up("Control")
    start = wait_for(
        lambda: (now := view(picture, "img"))["scale"] > 4 and now, what="a zoom that leaves room to move"
    )
    picture.keyboard.down("Alt")
    picture.mouse.wheel(0, 100)
    down = wait_for(lambda: (now := view(picture, "img")) != start and now, what="the image moved")
    assert (down["x"], down["y"]) == pytest.approx((start["x"], start["y"] - 50))
    picture.keyboard.down("Shift")
    picture.mouse.wheel(0, 100)
    side = wait_for(lambda: (now := view(picture, "img")) != down and now, what="the image moved sideways")
    assert (side["x"], side["y"]) == pytest.approx((down["x"] - 50, down["y"]))
    # Held Alt says which pixel of the image as it was sent lies under the cursor.
    picture.mouse.move(x + 3, y + 2)
    box = pane(picture, "img").locator(".stage").bounding_box()
    assert box is not None
    column = int((x + 3 - box["x"] - side["x"]) // side["scale"])
    row = int((y + 2 - box["y"] - side["y"]) // side["scale"])
    expect(pane(picture, "img").locator("[data-pixel]")).to_contain_text(f"x {column}, y {row}")
    picture.keyboard.up("Shift")
    picture.keyboard.up("Alt")
    pane(picture, "img").locator(".stage").dblclick()
    wait_for(lambda: view(picture, "img")["scale"] < 2, what="the whole image")


def test_a_drag_moves_the_image_and_reset_shows_the_whole(picture: Page, sent: Told):
    fitted = view(picture, "img")
    x, y = centre(picture, "img")
    picture.mouse.move(x, y)
    picture.keyboard.down("Control")
    for _ in range(10):
        picture.mouse.wheel(0, -100)
    picture.keyboard.up("Control")
    start = wait_for(lambda: (now := view(picture, "img"))["scale"] > 2.5 and now, what="the zoom")
    picture.mouse.down()
    picture.mouse.move(x - 30, y - 20, steps=4)
    picture.mouse.up()
    moved = view(picture, "img")
    assert (moved["x"], moved["y"]) == pytest.approx((start["x"] - 30, start["y"] - 20))
    pane(picture, "img").get_by_role("button", name="reset").click()
    wait_for(lambda: view(picture, "img") == fitted, what="the whole image")
    # A drag is no click.
    assert not sent()


def test_a_click_tells_the_pixel_and_keys_are_told_while_the_image_has_the_focus(picture: Page, sent: Told):
    fitted = view(picture, "img")
    box = pane(picture, "img").locator(".stage").bounding_box()
    assert box is not None
    picture.keyboard.press("a")
    picture.mouse.click(
        box["x"] + fitted["x"] + 100.5 * fitted["scale"], box["y"] + fitted["y"] + 50.5 * fitted["scale"]
    )
    wait_for(lambda: len(sent()) == 1, what="the click")
    assert sent()[0] == {"event_type": "Click", "image_coord": {"x": 100, "y": 50, "visibility": "visible"}}
    for key in ("a", "Enter", "ArrowRight"):
        picture.keyboard.press(key)
    wait_for(lambda: len(sent()) == 4, what="three keys")
    assert [(event["event_type"], event["key"], event["key_code"]) for event in sent()[1:]] == [
        ("KeyPress", "a", 65),
        ("KeyPress", "Enter", 13),
        ("KeyPress", "ArrowRight", 39),
    ]
    # The page's own keys stay the page's: the filter opens, and what is typed there is nobody else's.
    picture.keyboard.press("/")
    expect(picture.locator("#filter")).to_be_focused()
    picture.keyboard.type("grad")
    expect(picture.locator("#filter")).to_have_value("grad")
    picture.keyboard.press("Escape")
    assert len(sent()) == 4


def test_the_original_file_is_saved_with_its_own_ending(owner_page: Page, server: Server, env: str):
    page = owner_page
    jpeg = pane_content.jpeg(content.gradient(60, 40))
    send(
        server,
        pane_content.sample(env, "photo", jpeg, title="Photo"),
        pane_content.sample(env, "tone", pane_content.tone(), title="Tone"),
    )
    open_env(page, server, env)
    view(page, "photo")
    for key, name, start in (("photo", "Photo-step0.jpg", b"\xff\xd8"), ("tone", "Tone-step0.wav", b"RIFF")):
        pane(page, key).hover()
        with page.expect_download() as started:
            pane(page, key).get_by_role("button", name="save", exact=True).click()
        assert started.value.suggested_filename == name
        assert started.value.path().read_bytes().startswith(start)


# -- Steps


def slider(page: Page, key: str) -> Locator:
    return pane(page, key).get_by_role("slider", name="step")


def test_the_history_follows_the_newest_until_somebody_moves_it(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, *pane_content.history(env, "hist", 12, title="History"))
    open_env(page, server, env)
    expect(slider(page, "hist")).to_have_attribute("aria-valuetext", "Step 11, 12 of 12")
    expect(pane(page, "hist")).to_contain_text("Sample at step 11")
    send(server, *pane_content.history(env, "hist", 2, start=12))
    expect(slider(page, "hist")).to_have_attribute("aria-valuetext", "Step 13, 14 of 14")
    # Keys on the slider: one step, ten with Shift, both ends.
    slider(page, "hist").focus()
    for key, step in (("ArrowLeft", 12), ("Shift+ArrowLeft", 2), ("ArrowRight", 3), ("Home", 0), ("End", 13)):
        page.keyboard.press(key)
        expect(pane(page, "hist")).to_contain_text(f"Sample at step {step}")
    page.keyboard.press("Home")
    expect(pane(page, "hist").locator(".stage img")).to_have_js_property("naturalWidth", 20)
    # Who looks at an old step keeps it while new ones come.
    send(server, *pane_content.history(env, "hist", 3, start=14))
    expect(slider(page, "hist")).to_have_attribute("aria-valuetext", "Step 0, 1 of 17")
    expect(pane(page, "hist")).to_contain_text("Sample at step 0")
    pane(page, "hist").get_by_role("button", name="Newest", exact=True).click()
    expect(pane(page, "hist")).to_contain_text("Sample at step 16")
    send(server, *pane_content.history(env, "hist", 1, start=17))
    expect(pane(page, "hist")).to_contain_text("Sample at step 17")


def test_arrows_walk_the_steps_while_the_image_has_the_focus(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, *pane_content.history(env, "hist", 5))
    open_env(page, server, env)
    expect(slider(page, "hist")).to_have_attribute("aria-valuetext", "Step 4, 5 of 5")
    pane(page, "hist").locator(".stage").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(pane(page, "hist")).to_contain_text("Sample at step 2")


def test_the_slider_can_be_left_out(owner_page: Page, server: Server, env: str):
    page = owner_page
    steps = pane_content.history(env, "hist", 3)
    for command in steps:
        command["opts"]["show_slider"] = False
    send(server, *steps)
    open_env(page, server, env)
    expect(pane(page, "hist")).to_contain_text("Sample at step 2")
    view(page, "hist")
    expect(slider(page, "hist")).to_have_count(0)


# -- Sounds and videos


def test_a_sound_plays_in_the_browsers_own_player(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.sample(env, "tone", pane_content.tone(), title="Tone", opts={"loop": True}))
    open_env(page, server, env)
    player = pane(page, "tone").locator("audio[controls]")
    wait_for(lambda: player.evaluate("audio => audio.readyState >= 1 && audio.duration"), what="the sound")
    assert player.evaluate("audio => audio.duration") == pytest.approx(0.5, abs=0.01)
    assert player.evaluate("audio => audio.loop") is True
