"""Two pictures laid over each other: swiped, blinked, subtracted, side by side; what differs is said in numbers."""

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser import content
from tests.browser.test_screenshots import FOLDER, THEMES
from tests.support.server import Server
from tests.support.waiting import wait_for

ONE, OTHER = "owner/pictures-one", "owner/pictures-other"
WIDTH, HEIGHT = 40, 30


def plain(*colour: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    return Image.new("RGB", size, colour)


def scene(seed: int) -> np.ndarray:
    """A soft picture with noise of its own."""
    y, x = np.mgrid[0:180, 0:240]
    soft = np.stack([128 + 90 * np.sin(x / 23), 128 + 80 * np.cos(y / 17), (x + y) / 2], -1)
    return (soft + np.random.default_rng(seed).normal(0, 6 * seed, soft.shape)).clip(0, 255).astype("uint8")


@pytest.fixture(scope="module")
def runs(server: Server) -> None:
    with server.client() as client:
        for env, first in ((ONE, True), (OTHER, False)):
            content.send(
                client,
                *(
                    content.image(
                        env,
                        "val/plain",
                        plain(200, 10 * step, 0) if first else plain(0, 10 * step, 220),
                        step=step,
                    )
                    for step in range(3)
                ),
                content.image(env, "val/scene", Image.fromarray(scene(1 if first else 3))),
                *(
                    content.image(env, "val/gap", plain(9, step, 7), step=step)
                    for step in range(3)
                    if first or step != 1
                ),
                content.image(env, "val/same", plain(9, 8, 7)),
                content.image(env, "val/sized", plain(90, 80, 70, size=(40, 30) if first else (20, 20))),
            )


@pytest.fixture
def wall(owner_page: Page, server: Server, runs: None) -> Page:
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    owner_page.goto(f"{server.url}/compare?env={ONE}&env={OTHER}")
    expect(offer(owner_page, "val/sized", OTHER)).to_be_attached()
    return owner_page


def offer(page: Page, card: str, env: str) -> Locator:
    """The button of a cell that chooses it."""
    return page.locator(f'[data-card="{card}"] [data-cell-env="{env}"]').get_by_role("button", name="compare")


def compare(page: Page, card: str) -> Locator:
    """Opens the comparison of the two runs' pictures."""
    offer(page, card, ONE).click()
    offer(page, card, OTHER).click()
    dialog = page.get_by_role("dialog", name="Compare pictures")
    expect(dialog).to_be_visible()
    return dialog


def measured(dialog: Locator) -> tuple[float, float]:
    """SSIM and PSNR, once they are taken."""
    expect(dialog.locator("[data-psnr]")).to_be_visible()
    ssim, psnr = dialog.locator("[data-ssim]"), dialog.locator("[data-psnr]")
    return float(ssim.get_attribute("data-ssim") or "nan"), float(psnr.get_attribute("data-psnr") or "nan")


def colour(page: Page, across: float, down: float = 0.5) -> list[int]:
    """What the stage shows at a place of it, from 0 to 1."""
    return page.evaluate(
        """([across, down]) => {
            const canvas = document.querySelector('.compare-pictures canvas');
            if (!canvas) return [];
            const [x, y] = [Math.floor(canvas.width * across), Math.floor(canvas.height * down)];
            return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)];
        }""",
        [across, down],
    )


def shows(page: Page, *places: tuple[float, list[int]]) -> None:
    """Wait until the stage shows these colours at these places."""
    wait_for(lambda: all(colour(page, at) == rgb for at, rgb in places), what=f"{places} on the stage")


def pinch(page: Page, x: float, y: float) -> None:
    """Two fingers go apart about a place."""
    fingers = page.context.new_cdp_session(page)
    way: dict[str, tuple[int, ...]] = {"touchStart": (-20, 20), "touchMove": (-60, 60), "touchEnd": ()}
    for kind, ats in [("touchStart", (-20,)), *way.items()]:
        points = [{"x": x + at, "y": y, "id": number} for number, at in enumerate(ats)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    fingers.detach()


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM straight from its formula, window by window."""
    bell = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    p, q = (
        np.lib.stride_tricks.sliding_window_view(one @ np.array([0.299, 0.587, 0.114]), (11, 11))
        for one in (a.astype(float), b.astype(float))
    )
    mp, mq = (p * window).sum((2, 3)), (q * window).sum((2, 3))
    dp, dq = p - mp[..., None, None], q - mq[..., None, None]
    vp, vq, both = ((one * window).sum((2, 3)) for one in (dp * dp, dq * dq, dp * dq))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(((2 * mp * mq + c1) * (2 * both + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2))).mean())


def test_keys_go_on_where_one_of_the_pictures_is_not_there(wall: Page):
    dialog = compare(wall, "val/gap")
    measured(dialog)
    wall.keyboard.press(",")
    expect(dialog).to_contain_text("B: No image at step 1.")
    wall.keyboard.press(",")
    measured(dialog)
    wall.keyboard.press("d")
    expect(dialog.get_by_role("radio", name="Difference")).to_be_checked()


def test_two_cells_are_chosen_by_keyboard_and_the_choice_can_be_taken_back(wall: Page):
    offer(wall, "val/plain", ONE).focus()
    wall.keyboard.press("Enter")
    bar = wall.locator(".comparing")
    expect(bar).to_contain_text(f"Comparing with {ONE} · val/plain · step 2")
    wall.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    wall.keyboard.press("Enter")
    bar.get_by_role("button", name="Cancel").click()
    expect(bar).to_have_count(0)
    offer(wall, "val/plain", ONE).focus()
    wall.keyboard.press("Enter")
    offer(wall, "val/plain", OTHER).focus()
    wall.keyboard.press("Enter")
    dialog = wall.get_by_role("dialog", name="Compare pictures")
    red, blue = [200, 20, 0], [0, 20, 220]
    shows(wall, (0.45, red), (0.55, blue))
    # The keyboard begins with the divider.
    divider = dialog.get_by_role("slider", name="Divider")
    expect(divider).to_be_focused()
    for _ in range(2):
        wall.keyboard.press("Shift+ArrowLeft")
    expect(divider).to_have_attribute("aria-valuetext", "30 % A")
    shows(wall, (0.35, blue), (0.45, blue))
    # What has no use for arrows leaves them to the divider.
    dialog.get_by_label("Hold as reference").focus()
    wall.keyboard.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "31")
    wall.keyboard.press("ArrowLeft")
    box = dialog.locator("canvas").bounding_box()
    assert box is not None
    at = box["y"] + box["height"] / 3
    wall.mouse.move(box["x"] + box["width"] * 0.3, at)
    wall.mouse.down()
    wall.mouse.move(box["x"] + box["width"] * 0.7, at, steps=4)
    wall.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "70")
    shows(wall, (0.45, red), (0.55, red))
    # Two fingers zoom, and leave the line where it is.
    stage = dialog.locator(".stage")
    fitted = stage.get_attribute("data-scale")
    pinch(wall, box["x"] + box["width"] / 3, at)
    expect(stage).not_to_have_attribute("data-scale", fitted or "")
    expect(divider).to_have_attribute("aria-valuenow", "70")
    wall.keyboard.press("0")
    # Blinked: by itself, and by hand.
    wall.keyboard.press("b")
    expect(stage).to_have_attribute("data-second", "true")
    expect(stage).to_have_attribute("data-second", "false")
    wall.emulate_media(reduced_motion="reduce")
    expect(dialog).to_contain_text("little motion")
    was = stage.get_attribute("data-second")
    wall.keyboard.press("Space")
    expect(stage).to_have_attribute("data-second", "false" if was == "true" else "true")
    shows(wall, (0.5, red if was == "true" else blue))
    # Subtracted.
    wall.keyboard.press("d")
    shows(wall, (0.5, [200, 0, 220]))
    dialog.get_by_label("Gain").focus()
    wall.keyboard.press("ArrowRight")
    shows(wall, (0.5, [255, 0, 255]))
    dialog.get_by_role("combobox", name="Difference").select_option("signed")
    wait_for(lambda: colour(wall, 0.5)[2] > colour(wall, 0.5)[0], what="blue where B is darker")
    wall.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(offer(wall, "val/plain", OTHER)).to_be_focused()


def test_a_reference_stays_while_the_other_goes_on(wall: Page, server: Server):
    dialog = compare(wall, "val/plain")
    first, second = dialog.locator('[data-side="A"]'), dialog.locator('[data-side="B"]')
    shows(wall, (0.45, [200, 20, 0]), (0.55, [0, 20, 220]))
    wall.keyboard.press(",")
    expect(second).to_have_attribute("data-step", "1")
    expect(first).to_have_attribute("data-step", "2")
    shows(wall, (0.45, [200, 20, 0]), (0.55, [0, 10, 220]))
    dialog.get_by_label("Hold as reference").uncheck()
    expect(first).to_have_attribute("data-step", "1")
    shows(wall, (0.45, [200, 10, 0]), (0.55, [0, 10, 220]))
    dialog.get_by_role("button", name="B: next step").click()
    expect(first).to_have_attribute("data-step", "2")
    # Live, too: the card follows its last step, and the dialog the card.
    with server.client() as client:
        content.send(client, content.image(OTHER, "val/plain", plain(0, 99, 220), step=3))
    expect(second).to_have_attribute("data-step", "3")
    expect(dialog).to_contain_text("A: No image at step 3")
    dialog.get_by_role("button", name="swap A and B").click()
    expect(first).to_contain_text(OTHER)
    expect(dialog).to_contain_text("B: No image at step 3")


def test_a_pinned_cell_is_not_stepped_and_two_that_are_swapped_go_on(wall: Page):
    field = wall.locator('[data-card="val/plain"]').get_by_role("textbox", name="go to step")
    field.fill("2")
    field.press("Enter")
    dialog = compare(wall, "val/plain")
    second = dialog.locator('[data-side="B"]')
    for owner in (ONE, OTHER):
        dialog.get_by_role("button", name="swap A and B").click()
        expect(second).to_contain_text(owner)
        wall.keyboard.press(",")
        expect(second).to_have_attribute("data-step", "1")
        wall.keyboard.press(".")
        expect(second).to_have_attribute("data-step", "2")
    wall.keyboard.press("Escape")
    cell = wall.locator(f'[data-card="val/plain"] [data-cell-env="{OTHER}"]')
    cell.get_by_role("button", name=f"pin {OTHER} at step 2").click()
    wall.get_by_role("menuitem", name="in this panel").click()
    dialog = compare(wall, "val/plain")
    expect(dialog.locator('[data-side="B"]')).to_have_attribute("data-step", "2")
    expect(dialog.get_by_role("button", name="B: next step")).to_have_count(0)
    wall.keyboard.press(",")
    wall.keyboard.press("Escape")
    expect(wall.locator('[data-card="val/plain"]')).to_have_attribute("data-card-step", "2")
    cell.get_by_role("button", name=f"unpin {OTHER} from step 2").click()


def test_what_differs_is_said_in_numbers_and_pixel_by_pixel(wall: Page):
    a, b = scene(1), scene(3)
    dialog = compare(wall, "val/scene")
    ssim, psnr = measured(dialog)
    assert ssim == pytest.approx(similarity(a, b), abs=1e-6)
    assert psnr == pytest.approx(10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean()), abs=1e-6)
    # Zoomed and moved together, and the same place said for both.
    wall.keyboard.press("w")
    stage = dialog.locator(".stage")
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2
    fitted = float(stage.get_attribute("data-scale") or 0)
    wall.mouse.move(x, y)
    for _ in range(6):
        wall.mouse.wheel(0, -200)
    wait_for(lambda: float(stage.get_attribute("data-scale") or 0) > 8 * fitted, what="the zoom")
    wall.mouse.move(x + 30, y + 20)
    scale, left, top = (float(stage.get_attribute(f"data-{name}") or "nan") for name in ("scale", "x", "y"))
    half = (box["width"] - 2) / 2
    column = int((x + 30 - box["x"] - half - 2 - left) // scale)
    row = int((y + 20 - box["y"] - top) // scale)
    said = dialog.locator("[data-pixel]")
    expect(said).to_contain_text(f"x {column}, y {row}")
    for letter, picture in (("A", a), ("B", b)):
        expect(said).to_contain_text(f"{letter} {' '.join(map(str, picture[row, column]))}")
    # Half a stage further left lies the same pixel of the other.
    down = (y + 20 - box["y"]) / box["height"]
    across = (x + 30 - box["x"]) / box["width"]
    assert colour(wall, across, down) == b[row, column].tolist()
    assert colour(wall, across - (half + 2) / box["width"], down) == a[row, column].tolist()


def test_equal_pictures_and_pictures_of_different_size_are_said_to_be_so(wall: Page):
    dialog = compare(wall, "val/same")
    expect(dialog).to_contain_text("The pictures are equal.")
    assert measured(dialog) == (pytest.approx(1), float("inf"))
    wall.keyboard.press("Escape")
    dialog = compare(wall, "val/sized")
    expect(dialog).to_contain_text("The pictures differ in size: A is 40 × 30, B is 20 × 20.")
    expect(dialog.locator("[data-psnr]")).to_have_count(0)
    dialog.get_by_role("button", name="Fit B to A").click()
    expect(dialog).to_contain_text("B is stretched to fit.")
    assert measured(dialog) == (pytest.approx(1, abs=1e-3), float("inf"))


def test_a_comparison_in_pictures(wall: Page):
    dialog = compare(wall, "val/scene")
    measured(dialog)
    for theme in THEMES:
        wall.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in ((1440, 900), (390, 844)):
            wall.set_viewport_size({"width": width, "height": height})
            for key in "sd":
                wall.keyboard.press(key)
                expect(dialog.locator("[role=status]:has-text('Subtracting')")).to_have_count(0)
                wall.screenshot(
                    path=FOLDER / f"image-compare-{key}-{width}-{theme}.png",
                    caret="initial",
                    animations="allow",
                )
            wide = dialog.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth")
            assert wide <= 0
