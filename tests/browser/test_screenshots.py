"""What every page looks like, with real content, in three sizes and two themes.

The pictures go to ``.cache/screenshots`` for people to look at. What a program can judge is judged here: nothing
asks another host, breaks the page's policy or throws (the ``faults`` fixture), nothing is wider than the screen, and
axe finds no serious fault.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import content
from tests.browser.walls import open_env
from tests.support.browser import sign_in
from tests.support.server import Server

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"
SIZES = [(1440, 900), (1024, 768), (390, 844)]
THEMES: list[Literal["light", "dark"]] = ["light", "dark"]
DRAWN = '[data-win][data-kind="metric"] canvas, [data-win][data-kind="plot"] .main-svg'


@pytest.fixture(scope="module")
def envs(server: Server) -> None:
    with server.client() as client:
        content.training_run(client, "digits_lr01")
        content.quiet_run(client, "digits_lr03")
        content.crowd(client, "many_layers")
        for name in (
            "digits_lr02",
            "digits_lr10",
            "a name that goes on and on and on until no list is wide enough",
        ):
            content.send(client, {"do": "env.create", "env": name, "tags": ["digits"]})
        content.send(
            client,
            {"do": "env.create", "env": "nothing_yet"},
            {"do": "env.finish", "env": "digits_lr02", "status": "finished"},
            {"do": "env.finish", "env": "digits_lr10", "status": "failed"},
        )


@pytest.fixture
def look(faults: list[str]) -> Callable[[Page, str], None]:
    """Takes the pictures of a page, and judges each."""

    def take(page: Page, name: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                settle(page)
                # Without caret and animation tricks: they would put a style into the page, which its policy forbids.
                page.screenshot(
                    path=FOLDER / f"{name}-{width}-{theme}.png", caret="initial", animations="allow"
                )
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide on a screen of {width} px"
        page.set_viewport_size({"width": 360, "height": 740})
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{name} needs more than 360 px"
        judge(page, f"{name}, dark")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        settle(page)
        judge(page, f"{name}, light", options={"runOnly": ["color-contrast"]})  # all else is the same

    return take


def judge(page: Page, what: str, **options: Any) -> None:
    """axe finds nothing serious."""
    serious = [
        f"{fault['id']}: {fault['help']}: {fault['nodes'][0]['html'][:200]}"
        for fault in Axe().run(page, **options).response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert not serious, f"{what}: " + "\n".join(serious)


def settle(page: Page) -> None:
    """Some frames after the last change of size or theme all is drawn."""
    page.evaluate(
        """async () => {
            await document.fonts.ready;
            for (let frame = 0; frame < 8; frame += 1) await new Promise(requestAnimationFrame);
        }"""
    )


def test_sign_in(page: Page, server: Server, look):
    page.goto(f"{server.url}/accounts/login/")
    look(page, "sign-in")


def test_refused_sign_in(page: Page, server: Server, look):
    page.goto(f"{server.url}/accounts/login/")
    page.locator("input[name=login]").fill("somebody")
    page.locator("input[name=password]").fill("not this")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "sign-in-refused")


@pytest.mark.usefixtures("envs")
def test_home(owner_page: Page, server: Server, look):
    owner_page.goto(server.url)
    expect(owner_page.get_by_role("link", name="digits_lr01")).to_be_visible()
    look(owner_page, "home")


@pytest.mark.usefixtures("envs")
def test_home_without_a_match(owner_page: Page, server: Server, look):
    owner_page.goto(server.url)
    owner_page.get_by_role("searchbox").fill("no such env")
    owner_page.get_by_role("searchbox").press("Enter")
    expect(owner_page.get_by_role("heading", name="No env matches")).to_be_visible()
    look(owner_page, "home-nothing")


def test_tokens(owner_page: Page, server: Server, look):
    owner_page.goto(f"{server.url}/settings/tokens")
    owner_page.get_by_label("Name").fill("gpu-3, nightly training")
    owner_page.get_by_role("button", name="Make token").click()
    expect(owner_page.get_by_label("New token")).to_be_visible()
    look(owner_page, "tokens")


@pytest.mark.usefixtures("envs")
def test_links(owner_page: Page, server: Server, look):
    owner_page.goto(f"{server.url}/settings/links")
    owner_page.get_by_role("button", name="Make link").click()
    owner_page.get_by_label("Env", exact=True).select_option(label="owner/digits_lr01")
    owner_page.get_by_role("button", name="Make link").click()
    expect(owner_page.get_by_label("New link")).to_be_visible()
    look(owner_page, "links")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("sessions", "/accounts/sessions/"),
        ("password", "/accounts/password/change/"),
        ("sign-out", "/accounts/logout/"),
        ("not-found", "/w/nobody/env/nothing"),
        ("link-expired", "/s/nosuchlink/"),
    ],
)
def test_other_pages(owner_page: Page, server: Server, look, name: str, path: str):
    owner_page.goto(server.url + path)
    expect(owner_page.get_by_role("heading", level=1)).to_be_visible()
    look(owner_page, name)


def put_away(page: Page) -> None:
    """What lies over the wall goes, and the wall is as it was."""
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open], [popover]:popover-open")).to_have_count(0)
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.usefixtures("envs")
def test_wall(owner_page: Page, server: Server, look):
    open_env(owner_page, server, "digits_lr01")
    expect(owner_page.locator(DRAWN).first).to_be_visible()
    expect(owner_page.locator("[data-win=confusion] .main-svg").first).to_be_visible()
    look(owner_page, "wall")
    assert owner_page.title().startswith("owner/digits_lr01")


@pytest.mark.usefixtures("envs")
def test_wall_of_sixty(owner_page: Page, server: Server, look):
    open_env(owner_page, server, "many_layers")
    expect(owner_page.locator("[data-win]")).to_have_count(60)
    expect(owner_page.locator(DRAWN).first).to_be_visible()
    look(owner_page, "wall-60")


@pytest.mark.usefixtures("envs")
def test_one_window_alone(owner_page: Page, server: Server, look):
    open_env(owner_page, server, "digits_lr01?win=train/loss")
    expect(owner_page.locator(DRAWN).first).to_be_visible()
    look(owner_page, "alone")


@pytest.mark.usefixtures("envs")
def test_empty_env(owner_page: Page, server: Server, look):
    open_env(owner_page, server, "nothing_yet")
    expect(owner_page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    look(owner_page, "empty")


@pytest.mark.usefixtures("envs")
def test_what_opens(owner_page: Page, server: Server, look):
    """One after the other over the same wall."""
    page = owner_page
    page.set_viewport_size({"width": 1440, "height": 900})
    open_env(page, server, "digits_lr03")
    expect(page.locator(DRAWN).first).to_be_visible()

    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    look(page, "palette")
    put_away(page)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    look(page, "keys")
    put_away(page)

    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("dialog", name="Share")).to_be_visible()
    look(page, "share")
    put_away(page)

    page.get_by_role("button", name="choose another").click()
    selector = page.get_by_role("dialog")
    # The one that is shown is in sight, however many envs there are.
    expect(selector.get_by_role("treeitem", name="digits_lr03")).to_be_visible()
    look(page, "envs")
    put_away(page)

    page.keyboard.press("/")
    page.keyboard.type("train")
    expect(page.locator("[data-win]")).to_have_count(2)
    look(page, "filter")


@pytest.mark.usefixtures("envs")
def test_shared_wall(page: Page, server: Server, look):
    with server.client() as client:
        made = client.post("/api/v1/envs/owner/digits_lr01/links", json={"name": "for a picture"}).json()
    page.goto(made["url"])
    expect(page.locator("[data-win=confusion] .main-svg").first).to_be_visible()
    look(page, "shared")


def test_offline(page: Page, context: BrowserContext, start_server, look):
    server = start_server()
    with server.client() as client:
        content.quiet_run(client, "digits_lr03")
    sign_in(page, server)
    open_env(page, server, "digits_lr03")
    expect(page.locator(DRAWN).first).to_be_visible()
    server.kill()
    expect(page.get_by_text("will catch up by itself")).to_be_visible(timeout=30_000)
    look(page, "offline")


def test_readonly_server(page: Page, start_server, look):
    server = start_server()
    with server.client() as client:
        content.quiet_run(client, "digits_lr03")
    server.stop()
    server.environ["PANEWALL_READONLY"] = "true"
    server.start()
    sign_in(page, server)
    page.goto(f"{server.url}/w/owner/env/digits_lr03")
    expect(page.locator("[data-connection=readonly]")).to_be_visible()
    expect(page.get_by_role("button", name="close", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Share")).to_have_count(0)
    look(page, "readonly")
