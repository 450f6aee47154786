"""What opens over the wall and beside it, with real content, in three sizes and two themes; see ``test_screenshots``."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import content
from tests.browser.test_screenshots import DRAWN, look, open_env, put_away  # noqa: F401  a fixture
from tests.support.server import Server

LONG = "a name that goes on and on and on until no list and no dialog is wide enough for all of it"


@pytest.fixture(scope="module")
def envs(server: Server) -> str:
    """A run among others, with snapshots and views."""
    with server.client() as client:
        content.quiet_run(client, "shown_lr01")
        for name in ("shown", "shown_lr02", "shown_lr10", "other_a", "other_b", LONG):
            content.send(client, {"do": "env.create", "env": name})
        content.send(client, {"do": "env.finish", "env": "shown_lr02", "status": "running"})
        for name in ("before the new loss", LONG):
            made = client.post("/api/v1/envs/owner/shown_lr01/snapshots", json={"name": name})
            assert made.status_code == 201, made.text
            client.put(
                f"/api/v1/envs/owner/shown_lr01/views/{name}",
                json={"state": {"layout": {}, "filter": "train"}},
            ).raise_for_status()
    return "shown_lr01"


def test_what_opens(owner_page: Page, server: Server, look, envs: str):  # noqa: F811
    """One after the other over the same wall."""
    page = owner_page
    page.set_viewport_size({"width": 1440, "height": 900})
    open_env(page, server, envs)
    expect(page.locator(DRAWN).first).to_be_visible()

    def look_well(name: str) -> None:
        look(page, f"shell-{name}")
        assert_in_sight(page)
        put_away(page)

    def manage(item: str) -> None:
        page.get_by_role("button", name="Manage env").click()
        page.get_by_role("menuitem", name=item).click()
        expect(page.get_by_role("dialog")).to_be_visible()

    page.get_by_role("button", name="Manage env").click()
    look_well("manage")

    manage("Fork")
    look_well("fork")

    manage("Colour")
    look_well("colour")

    manage("Snapshots")
    expect(page.get_by_text("before the new loss")).to_be_visible()
    look_well("snapshots")

    page.get_by_role("button", name="View: current").click()
    expect(page.get_by_role("menuitemradio", name="before the new loss")).to_be_visible()
    look_well("view-menu")

    page.get_by_role("button", name="View: current").click()
    page.get_by_role("menuitem", name="Save or delete views").click()
    expect(page.get_by_role("button", name="Show before the new loss")).to_be_visible()
    look_well("views")

    page.get_by_role("button", name="choose another").click()
    selector = page.get_by_role("dialog")
    for other in ("shown_lr02", "shown_lr10"):
        selector.get_by_role("treeitem", name=other, exact=True).locator(".box").click()
    # It may lie beyond what a long tree draws.
    selector.get_by_role("combobox").fill(LONG)
    selector.get_by_role("treeitem", name=LONG).locator(".box").click()
    selector.get_by_role("combobox").fill("")
    look_well("choice")

    page.keyboard.press("/")
    page.keyboard.type("(train")
    expect(page.get_by_text("so nothing is hidden")).to_be_visible()
    look(page, "shell-bad-filter")


def assert_in_sight(page: Page) -> None:
    """Whatever floats lies on the screen whole, and nothing in it is cut off to the side."""
    outside = page.evaluate(
        """() => [...document.querySelectorAll('dialog[open], [popover]:popover-open')].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.left < 0 || box.right > innerWidth || one.scrollWidth > one.clientWidth;
        }).map((one) => one.outerHTML.slice(0, 200))"""
    )
    assert not outside


def test_a_deleted_env(owner_page: Page, server: Server, look):  # noqa: F811
    with server.client() as client:
        content.send(client, content.text("short_lived", "t", "<p>words</p>"))
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    open_env(owner_page, server, "short_lived")
    owner_page.get_by_role("button", name="Manage env").click()
    owner_page.get_by_role("menuitem", name="Delete env").click()
    expect(owner_page.get_by_role("button", name="Restore it")).to_be_visible()
    look(owner_page, "shell-deleted")
