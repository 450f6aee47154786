"""What opens over the wall and beside it, with real content, in three sizes and two themes; see ``test_screenshots``."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import content
from tests.browser.test_screenshots import DRAWN, look, open_env  # noqa: F401  a fixture
from tests.support.server import Server

LONG = "a name that goes on and on and on until no list and no dialog is wide enough for all of it"


@pytest.fixture(scope="module")
def envs(server: Server) -> str:
    """A run among others, with snapshots and views."""
    with server.client() as client:
        content.training_run(client, "shown_lr01")
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


@pytest.mark.parametrize(
    "name", ["choice", "manage", "fork", "snapshots", "views", "view-menu", "bad-filter"]
)
def test_what_opens(owner_page: Page, server: Server, look, envs: str, name: str):  # noqa: F811
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    open_env(owner_page, server, envs)
    expect(owner_page.locator(DRAWN).first).to_be_visible()
    if name == "choice":
        owner_page.get_by_role("button", name="choose another").click()
        selector = owner_page.get_by_role("dialog")
        for other in ("shown_lr02", "shown_lr10", LONG):
            selector.get_by_role("treeitem", name=other, exact=True).locator(".box").click()
    elif name in ("views", "view-menu"):
        owner_page.get_by_role("button", name="View: current").click()
        expect(owner_page.get_by_role("menuitemradio", name="before the new loss")).to_be_visible()
        if name == "views":
            owner_page.get_by_role("menuitem", name="Save or delete views").click()
            expect(owner_page.get_by_role("button", name="Show before the new loss")).to_be_visible()
    elif name == "bad-filter":
        owner_page.keyboard.press("/")
        owner_page.keyboard.type("(train")
        expect(owner_page.get_by_text("so nothing is hidden")).to_be_visible()
    else:
        owner_page.get_by_role("button", name="Manage env").click()
        if name != "manage":
            owner_page.get_by_role("menuitem", name=name.capitalize()).click()
            expect(owner_page.get_by_role("dialog")).to_be_visible()
        if name == "snapshots":
            expect(owner_page.get_by_text("before the new loss")).to_be_visible()
    look(owner_page, f"shell-{name}")
    assert_in_sight(owner_page)


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
