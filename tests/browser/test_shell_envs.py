"""The env tree and selector, and what is done with envs as a whole: found, checked, made, forked, cleared, deleted."""

import itertools
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import content
from tests.browser.test_wall import box, open_env, pane
from tests.support.browser import sign_in
from tests.support.server import Server
from tests.support.waiting import wait_for

NUMBERS = itertools.count(1)


@pytest.fixture
def stem(server: Server) -> str:
    """What the names of this test's envs begin with; one env has just that name."""
    name = f"tree{next(NUMBERS)}"
    with server.client() as client:
        content.send(
            client,
            content.text(name, "a", "<p>first</p>", title="alpha"),
            content.text(name, "b", "<p>second</p>", title="beta"),
            {"do": "env.create", "env": f"{name}_lr1"},
            {"do": "env.create", "env": f"{name}_lr2"},
            {"do": "env.create", "env": f"{name}_lr10"},
        )
    return name


@pytest.fixture
def wall(owner_page: Page, server: Server, stem: str) -> Page:
    owner_page.set_viewport_size({"width": 1440, "height": 900})
    open_env(owner_page, server, stem)
    expect(owner_page.locator("[data-win]")).to_have_count(2)
    return owner_page


def side(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Env tree")


def find(tree: Locator, text: str) -> Locator:
    """What is left of a tree when this is typed into its field."""
    tree.get_by_role("combobox").fill(text)
    return tree.get_by_role("treeitem")


def selector(page: Page) -> Locator:
    page.get_by_role("button", name=re.compile("choose")).click()
    return page.get_by_role("dialog")


def line(tree: Locator, name: str) -> Locator:
    return tree.get_by_role("treeitem", name=name, exact=True)


def check(tree: Locator, name: str) -> None:
    line(tree, name).locator(".box").click()


def manage(page: Page, item: str) -> None:
    page.get_by_role("button", name="Manage env").click()
    page.get_by_role("menuitem", name=item).click()


def is_there(server: Server, env: str) -> bool:
    with server.client() as client:
        return client.get(f"/api/v1/envs/owner/{env}").status_code == 200


# -- The tree


def test_the_tree_beside_the_wall_goes_to_an_env_and_can_be_put_away(wall: Page, server: Server, stem: str):
    line(side(wall), f"{stem}_lr2").click()
    expect(wall.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert wall.url == f"{server.url}/w/owner/env/{stem}_lr2"
    expect(line(side(wall), f"{stem}_lr2")).to_have_attribute("aria-selected", "true")

    wall.get_by_role("button", name="env tree").click()
    expect(side(wall)).to_have_count(0)
    wall.reload()
    expect(wall.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    expect(side(wall)).to_have_count(0)
    wall.get_by_role("button", name="env tree").click()
    expect(side(wall)).to_be_visible()


def test_a_branch_opens_and_closes_and_is_checked_as_a_whole(wall: Page, stem: str):
    tree = selector(wall)
    branch = tree.get_by_role("treeitem", name=f"{stem}, 4 envs")
    leaves = tree.get_by_role("treeitem").and_(wall.locator('[aria-level="3"]').filter(has_text=f"{stem}"))
    expect(branch).to_have_attribute("aria-checked", "mixed")
    expect(leaves).to_have_count(4)
    branch.locator(".box").click()
    expect(branch).to_have_attribute("aria-checked", "true")
    for name in (stem, f"{stem}_lr1", f"{stem}_lr2", f"{stem}_lr10"):
        expect(line(tree, name)).to_have_attribute("aria-checked", "true")
    branch.click()
    expect(leaves).to_have_count(0)
    expect(branch).to_have_attribute("aria-expanded", "false")


def test_an_env_whose_name_begins_others_is_chosen_alone(wall: Page, server: Server, stem: str):
    open_env(wall, server, f"{stem}_lr1")
    tree = selector(wall)
    check(tree, f"{stem}_lr1")
    check(tree, stem)
    expect(line(tree, stem)).to_have_attribute("aria-checked", "true")
    expect(line(tree, f"{stem}_lr2")).to_have_attribute("aria-checked", "false")
    tree.get_by_role("button", name="Open it").click()
    expect(pane(wall, "a")).to_be_visible()
    assert wall.url == f"{server.url}/w/owner/env/{stem}"


def test_several_checked_envs_are_compared_at_an_address_that_names_them(
    wall: Page, server: Server, stem: str
):
    tree = selector(wall)
    check(tree, f"{stem}_lr10")
    check(tree, f"{stem}_lr2")
    check(tree, f"{stem}_lr1")
    tree.get_by_role("button", name=f"remove owner/{stem}_lr2").click()
    expect(line(tree, f"{stem}_lr2")).to_have_attribute("aria-checked", "false")
    with wall.expect_request(lambda asked: "/compare" in asked.url) as asked:
        tree.get_by_role("button", name="Compare 3 envs").click()
    address = urlsplit(asked.value.url)
    assert address.path == "/compare"
    assert parse_qs(address.query)["env"] == [f"owner/{stem}", f"owner/{stem}_lr10", f"owner/{stem}_lr1"]


def test_all_tags_go_at_once_and_what_is_shown_comes_back(wall: Page, stem: str):
    tree = selector(wall)
    check(tree, f"{stem}_lr2")
    tree.get_by_role("button", name="Clear all").click()
    expect(tree.locator("[aria-checked=true]")).to_have_count(0)
    expect(tree.get_by_role("button", name=re.compile("Compare"))).to_have_count(0)
    tree.get_by_role("button", name="Back to what is shown").click()
    expect(line(tree, stem)).to_have_attribute("aria-checked", "true")
    expect(tree.locator(".tag")).to_have_count(1)


def test_the_tree_is_walked_by_keys_alone(wall: Page, stem: str):
    tree = side(wall)
    expect(find(tree, f"{stem}_lr")).to_have_count(3)
    wall.keyboard.press("ArrowDown")
    wall.keyboard.press("Shift+Enter")
    expect(line(tree, f"owner/{stem}_lr2")).to_have_attribute("aria-checked", "true")
    wall.keyboard.press("Tab")
    expect(tree.get_by_role("tree")).to_be_focused()
    wall.keyboard.press("ArrowDown")
    wall.keyboard.press(" ")
    expect(line(tree, f"owner/{stem}_lr10")).to_have_attribute("aria-checked", "true")
    wall.keyboard.press("Enter")
    expect(wall.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert wall.url.endswith(f"{stem}_lr10")


def test_envs_of_others_appear_when_one_comes_back_to_the_page(wall: Page, server: Server, stem: str):
    tree = side(wall)
    expect(find(tree, f"{stem}_new")).to_have_count(0)
    with server.client() as client:
        content.send(client, {"do": "env.create", "env": f"{stem}_new"})
    wait_for(
        lambda: (
            wall.evaluate("dispatchEvent(new Event('focus'))"),
            tree.get_by_role("treeitem").count() == 1,
        )[1],
        what="the new env",
    )


def test_the_tree_says_at_once_how_the_env_of_the_wall_does(wall: Page, server: Server, stem: str):
    row = line(side(wall), stem)
    with server.client() as client:
        content.send(client, {"do": "env.update", "env": stem, "status": "running"})
        expect(row).to_contain_text("running")
        content.send(client, {"do": "env.finish", "env": stem, "status": "finished"})
    expect(row).not_to_contain_text("running")


def test_names_are_only_ever_text_in_the_tree(wall: Page, server: Server, stem: str):
    hostile = f"{stem} <img src=x onerror=\"document.title='broken'\"> & %2e#?+'"
    with server.client() as client:
        content.send(client, content.text(hostile, "t", "<p>words</p>", title="t"))
    tree = selector(wall)
    find(tree, f"{stem} <img").click()
    expect(pane(wall, "t")).to_be_visible()
    wall.reload()
    expect(pane(wall, "t")).to_be_visible()
    assert wall.title().startswith(f"owner/{hostile}")


# -- Thousands


def test_of_two_thousand_envs_only_those_in_sight_are_drawn(wall: Page, stem: str):
    """Forty branches of fifty. Making them takes longer than all else; ``tests/envs/test_env_names.py`` has the server's part."""
    changed = "2026-11-21T20:00:00+00:00"
    names = [stem, *(f"sweep{number % 40}_{number}" for number in range(2000))]
    rows = [{"workspace": "owner", "name": name, "status": "", "updated_at": changed} for name in names]
    wall.route("**/env-names", lambda route: route.fulfill(json={"count": len(rows), "results": rows}))
    tree = side(wall)
    wall.reload()
    expect(wall.locator("[data-win]")).to_have_count(2)
    expect(tree.get_by_role("treeitem").first).to_be_visible()
    assert tree.get_by_role("treeitem").count() < 80
    field = tree.get_by_role("combobox")
    field.fill("sweep")
    height = tree.get_by_role("tree").evaluate(
        """async (lines) => {
            const frame = () => new Promise(requestAnimationFrame);
            while (!lines.querySelector('[role=treeitem]').textContent.includes('sweep')) await frame();
            for (let step = 0; step < 30; step += 1) {
                lines.scrollTop = step * 1900;
                await frame();
            }
            return lines.scrollHeight;
        }"""
    )
    assert height == 2000 * 30
    expect(tree.get_by_role("treeitem").filter(has_text=re.compile("sweep")).last).to_be_attached()
    assert tree.get_by_role("treeitem").count() < 80


# -- Envs as a whole


def test_an_env_is_made_and_shown(wall: Page, server: Server, stem: str):
    manage(wall, "New env")
    expect(wall.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    wall.get_by_role("dialog").get_by_label("Name").fill(f"{stem}_made")
    wall.get_by_role("button", name="Create").click()
    expect(wall.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert wall.url == f"{server.url}/w/owner/env/{stem}_made"
    expect(line(side(wall), f"{stem}_made")).to_have_attribute("aria-selected", "true")


def test_a_name_that_cannot_be_is_refused_in_the_dialog(wall: Page, stem: str):
    manage(wall, "Rename")
    wall.get_by_label("New name").fill(f"{stem}_lr1")
    wall.get_by_role("button", name="Rename", exact=True).click()
    expect(wall.get_by_role("alert")).to_contain_text(f"{stem}_lr1")
    wall.get_by_label("New name").fill("a/b")
    wall.get_by_role("button", name="Rename", exact=True).click()
    expect(wall.get_by_role("alert")).to_contain_text("slash")
    wall.keyboard.press("Escape")
    expect(wall.get_by_role("dialog")).to_have_count(0)


def test_an_env_is_renamed_under_the_eyes_of_who_watches_it(wall: Page, server: Server, stem: str):
    manage(wall, "Rename")
    wall.get_by_label("New name").fill(f"{stem}_renamed")
    wall.get_by_role("button", name="Rename", exact=True).click()
    expect(wall).to_have_url(f"{server.url}/w/owner/env/{stem}_renamed")
    expect(line(side(wall), f"{stem}_renamed")).to_be_visible()
    expect(pane(wall, "a")).to_be_visible()


def test_a_fork_has_the_windows_where_they_were(wall: Page, server: Server, stem: str):
    pane(wall, "a").focus()
    with wall.expect_response(lambda answer: answer.url.endswith("/layout")):
        wall.keyboard.press("Shift+ArrowDown")
    moved = box(wall, "a")
    manage(wall, "Fork")
    expect(wall.get_by_label("Name of the copy")).to_have_value(f"{stem}_copy")
    expect(wall.get_by_label("Name of the copy")).to_be_focused()
    wall.get_by_role("button", name="Fork", exact=True).click()
    expect(wall).to_have_url(f"{server.url}/w/owner/env/{stem}_copy")
    expect(wall.locator("[data-win]")).to_have_count(2)
    assert box(wall, "a") == moved


def test_a_cleared_env_gets_all_its_windows_back_by_undo(wall: Page, stem: str):
    before = {key: box(wall, key) for key in "ab"}
    manage(wall, "Clear")
    expect(wall.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    wall.get_by_role("button", name="Undo", exact=True).click()
    expect(wall.locator("[data-win]")).to_have_count(2)
    assert {key: box(wall, key) for key in "ab"} == before
    expect(pane(wall, "a").frame_locator("iframe").get_by_text("first")).to_be_visible()


@pytest.mark.parametrize("way", ["notice", "page"])
def test_a_deleted_env_comes_back_by_undo(wall: Page, server: Server, stem: str, way: str):
    manage(wall, "Delete env")
    expect(wall.get_by_role("heading", name="is deleted")).to_be_visible()
    assert not is_there(server, stem)
    expect(find(side(wall), f"owner/{stem}")).to_have_count(3)
    if way == "notice":
        wall.get_by_role("button", name="Undo", exact=True).click()
    else:
        wall.get_by_role("button", name="Restore it").click()
    expect(wall.locator("[data-win]")).to_have_count(2)
    assert is_there(server, stem)


def test_several_envs_are_deleted_together_and_come_back_together(wall: Page, server: Server, stem: str):
    tree = side(wall)
    check(tree, stem)
    check(tree, f"{stem}_lr1")
    check(tree, f"{stem}_lr2")
    tree.get_by_role("button", name="Delete 2").click()
    expect(wall.get_by_text("Deleted 2 envs")).to_be_visible()
    expect(line(tree, f"{stem}_lr1")).to_have_count(0)
    assert not is_there(server, f"{stem}_lr1")
    assert pane(wall, "a").is_visible()
    wall.get_by_role("button", name="Undo", exact=True).click()
    expect(line(tree, f"{stem}_lr1")).to_be_visible()
    assert is_there(server, f"{stem}_lr2")


def test_a_snapshot_is_gone_back_to_and_that_can_be_undone(wall: Page, server: Server, stem: str):
    manage(wall, "Snapshots")
    wall.get_by_role("dialog").get_by_label("Name").fill("before")
    wall.get_by_role("button", name="Save snapshot").click()
    expect(wall.get_by_text("2 windows")).to_be_visible()
    wall.keyboard.press("Escape")
    with server.client() as client:
        content.send(client, content.text(stem, "c", "<p>third</p>", title="gamma"))
    expect(wall.locator("[data-win]")).to_have_count(3)
    manage(wall, "Snapshots")
    wall.get_by_role("button", name="Go back to before", exact=True).click()
    expect(wall.locator("[data-win]")).to_have_count(2)
    wall.get_by_role("button", name="Undo", exact=True).click()
    expect(wall.locator("[data-win]")).to_have_count(3)
    manage(wall, "Snapshots")
    wall.get_by_role("button", name="Delete before", exact=True).click()
    wall.get_by_role("button", name="Delete for good").click()
    expect(wall.get_by_role("button", name="Go back to before", exact=True)).to_have_count(0)


def test_the_palette_does_all_of_it_too(wall: Page, server: Server, stem: str):
    for words, heading in (("new env", "New env"), ("fork", "Fork this env"), ("snap", "Snapshots")):
        wall.keyboard.press("Control+k")
        wall.keyboard.type(words)
        wall.keyboard.press("Enter")
        expect(wall.get_by_role("dialog", name=heading)).to_be_visible()
        wall.keyboard.press("Escape")
        expect(wall.get_by_role("dialog")).to_have_count(0)
    wall.keyboard.press("Control+k")
    wall.keyboard.type("tree away")
    wall.keyboard.press("Enter")
    expect(side(wall)).to_have_count(0)
    wall.keyboard.press("Control+k")
    wall.keyboard.type(f"{stem}_lr10")
    wall.keyboard.press("Enter")
    expect(wall).to_have_url(f"{server.url}/w/owner/env/{stem}_lr10")


def test_the_page_wears_the_style_sheet_of_the_workspace_it_shows(wall: Page, server: Server, stem: str):
    team = f"styled{next(NUMBERS)}"
    server.command("workspace", "create", team, "--manager", "owner")
    with server.client() as client:
        content.send(client, content.text(f"{team}/{stem}_run", "t", "<p>words</p>", title="words"))
    wall.goto(f"{server.url}/settings/style?workspace={team}")
    wall.locator("textarea").fill(".pane-title { letter-spacing: 5px; }")
    wall.get_by_role("button", name="Save style").click()
    expect(wall.get_by_text("have this style from now on")).to_be_visible()
    open_env(wall, server, stem)
    title = wall.locator(".pane-title").first
    expect(title).to_have_css("letter-spacing", "normal")
    find(side(wall), f"{team}/{stem}_run").click()
    expect(pane(wall, "t")).to_be_visible()
    expect(title).to_have_css("letter-spacing", "5px")


# -- Who may not, and when it cannot be


@pytest.fixture
def viewer_page(server: Server, stem: str, new_context: Callable[..., BrowserContext]) -> Page:
    """Somebody who may look into a team's workspace, and not change it."""
    name = f"viewer{next(NUMBERS)}"
    server.command("user", "create", name, "--password", "a wall of windows")
    team = f"team{next(NUMBERS)}"
    server.command("workspace", "create", team, "--manager", "owner")
    server.command("workspace", "add-member", team, name, "--role", "viewer")
    with server.client() as client:
        content.send(client, content.text(f"{team}/run", "t", "<p>words</p>", title="words"))
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in(page, server, username=name, password="a wall of windows", then=f"/w/{team}/env/run")
    return page


def test_who_may_only_look_is_told_once_and_shown_nothing_that_cannot_be_used(viewer_page: Page):
    expect(pane(viewer_page, "t")).to_be_visible()
    expect(viewer_page.get_by_text("View only")).to_be_visible()
    viewer_page.get_by_role("button", name="Manage env").click()
    expect(viewer_page.get_by_role("menuitem")).to_have_text(
        ["New env…", "Save as a Panewall archive", "Save as visdom JSON"]
    )
    viewer_page.keyboard.press("Escape")
    viewer_page.get_by_role("button", name="View: current").click()
    expect(viewer_page.get_by_role("menuitem")).to_have_count(0)
    viewer_page.keyboard.press("Escape")
    for name in ("close", "Share"):
        expect(viewer_page.get_by_role("button", name=name, exact=True)).to_have_count(0)


def test_while_offline_nothing_can_be_changed_and_it_says_so(page: Page, start_server):
    server = start_server()
    with server.client() as client:
        content.send(client, content.text("run", "t", "<p>words</p>", title="words"))
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, server)
    open_env(page, server, "run")
    expect(pane(page, "t")).to_be_visible()
    server.kill()
    expect(page.locator("[data-connection=offline]")).to_be_visible()
    page.get_by_role("button", name="Manage env").click()
    expect(page.get_by_text("nothing can be changed now")).to_be_visible()
    for item in page.get_by_role("menuitem").all():
        expect(item).to_be_disabled()


def test_a_readonly_server_says_so_once_and_offers_no_change(page: Page, start_server):
    server = start_server()
    with server.client() as client:
        content.send(client, content.text("run", "t", "<p>words</p>", title="words"))
    server.stop()
    server.environ["PANEWALL_READONLY"] = "true"
    server.start()
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, server)
    page.goto(f"{server.url}/w/owner/env/run")
    expect(pane(page, "t")).to_be_visible()
    expect(page.get_by_text("read-only")).to_have_count(1)
    page.get_by_role("button", name="Manage env").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Save as a Panewall archive", "Save as visdom JSON"])
    page.keyboard.press("Escape")
    for name in ("Share", "close"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    check(side(page), "main")
    expect(side(page).get_by_role("button", name="Compare 2 envs")).to_be_visible()
    expect(side(page).get_by_role("button", name="Delete 2")).to_have_count(0)


def test_an_env_gets_a_colour_that_stays_everywhere(wall: Page, server: Server, stem: str):
    def colours() -> list[str]:
        swatch = line(side(wall), stem).locator(".swatch")
        return [swatch.evaluate("one => one.style.background")]

    manage(wall, "Colour…")
    wall.get_by_role("dialog").get_by_role("button", name="Violet").click()
    expect(wall.get_by_role("dialog")).to_have_count(0)
    assert colours() == ["var(--data-5)"]

    with server.client() as client:  # somebody else chooses another one
        client.patch(f"/api/v1/envs/owner/{stem}", json={"colour": 2}).raise_for_status()
    expect(line(side(wall), stem).locator(".swatch")).to_have_attribute("style", re.compile(r"--data-3"))
    wall.reload()
    expect(line(side(wall), stem).locator(".swatch")).to_have_attribute("style", re.compile(r"--data-3"))
