"""Share links of comparisons and of views, as the person who makes them and the visitor see them, and addresses that say how plots are drawn.

Pictures go to ``.cache/screenshots``.
"""

import re
import uuid
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import content
from tests.browser.test_metrics import legend, settings
from tests.browser.test_metrics import pane as metric_pane
from tests.browser.test_screenshots import FOLDER, THEMES
from tests.support.server import Server

LOSS = "train/loss"
STEPS = range(4)
WIDE = {"width": 1440, "height": 1000}


@pytest.fixture
def runs(server: Server) -> list[str]:
    """Two runs of two workspaces: a metric, pictures at four steps, a text, and a note that only the second has."""
    stem = uuid.uuid4().hex[:8]
    server.command("workspace", "create", f"lab-{stem}", "--manager", "owner")
    names = [f"owner/run-{stem}", f"lab-{stem}/run-{stem}"]
    with server.client() as client:
        for seed, env in enumerate(names):
            losses = [1.0 / (step + 1 + seed) for step in range(40)]
            content.send(
                client,
                content.metrics(env, **{LOSS: losses, "lr": [0.1] * 40}),
                *(picture(env, step) for step in STEPS),
                content.text(env, "about", f"<p>About run {seed}.</p>", title="About"),
            )
        content.send(client, content.text(names[1], "only", "<p>secret plan</p>", title="Second run only"))
    return names


def picture(env: str, step: int) -> dict:
    image = content.png(content.digit(step, len(env)))
    return {"do": "sample.put", "env": env, "win": "val/digits", "step": step, "index": 0, "image": image}


def open_compared(page: Page, server: Server, runs: list[str]) -> None:
    page.set_viewport_size(WIDE)
    page.goto(f"{server.url}/compare?" + "&".join(f"env={env}" for env in runs))
    expect(page.locator("[data-connection=online]")).to_be_visible()
    expect(card(page)).to_contain_text("/ 4")


def card(page: Page) -> Locator:
    return page.locator('[data-card="val/digits"]')


def cell(page: Page, env: str) -> Locator:
    return card(page).locator(f'[data-cell-env="{env}"]')


def share(page: Page) -> str:
    """Makes a link of the page as it is now, and puts the dialog away."""
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_role("button", name="Make link").click()
    link = dialog.get_by_label("New link").input_value()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return link


def pin(page: Page, env: str, item: str) -> None:
    cell(page, env).hover()
    cell(page, env).get_by_role("button", name=re.compile(r"^(un)?pin ")).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def smooth(page: Page) -> None:
    """Has all metric panes smoothed, and one of them with a logarithmic y."""
    found = settings(page, LOSS, for_all=True)
    found.get_by_label("Smoothing by").select_option("ema")
    page.keyboard.press("Escape")
    found = settings(page, LOSS)
    found.get_by_label("y", exact=True).check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"plots=smooth:ema,logy:on@"))


def is_smoothed(page: Page) -> None:
    found = settings(page, LOSS)
    expect(found.get_by_label("Smoothing by")).to_have_value("ema")
    expect(found.get_by_label("y", exact=True)).to_be_checked()
    page.keyboard.press("Escape")


@pytest.fixture
def visitor(new_context) -> Page:
    """Somebody with nothing but the link. What their page asks for is in ``asked``."""
    page = new_context(viewport=WIDE).new_page()
    return page


def test_a_shared_comparison_shows_what_its_author_saw_live_and_below_the_link_alone(
    owner_page: Page, server: Server, runs: list[str], visitor: Page
):
    page = owner_page
    open_compared(page, server, runs)
    card(page).get_by_role("slider").press("Home")
    expect(cell(page, runs[0])).to_have_attribute("data-step", "0")
    pin(page, runs[0], "Pin step 0 in this panel")
    smooth(page)
    page.locator("#filter").fill("loss|digits|Legend")
    expect(page.locator("article:visible")).to_have_count(3)
    link = share(page)

    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(urlsplit(request.url).path))
    visitor.goto(link)
    expect(visitor.locator("[data-connection=online]")).to_be_visible()
    expect(visitor.locator("article:visible")).to_have_count(3)
    expect(visitor.locator("#filter")).to_have_value("loss|digits|Legend")
    expect(cell(visitor, runs[0]).locator("[data-pin]")).to_have_text("Step 0 ◇")
    expect(cell(visitor, runs[1])).to_have_attribute("data-step", "0")
    expect(cell(visitor, runs[1]).locator("img").first).to_be_visible()
    expect(legend(visitor, LOSS)).to_be_visible()
    expect(visitor).to_have_url(re.compile(rf"^{link}(\?steps=[^&]*)?$"))
    inside = urlsplit(link).path
    others = [path for path in asked if not path.startswith((inside, "/static/"))]
    assert not others, others
    assert any(re.match(rf"{inside}f/\d+/assets/", path) for path in asked), "pictures come by the link"

    with server.client() as client:
        content.send(client, picture(runs[1], 9))
    expect(card(visitor)).to_contain_text("/ 5")
    visitor.locator("#filter").fill("")
    expect(visitor.locator("article").filter(has_text="Second run only")).to_be_visible()
    frame = visitor.locator("article").filter(has_text="About").frame_locator("iframe").first
    expect(frame.locator("p")).to_contain_text("About run 0")
    expect(visitor).to_have_url(re.compile(rf"^{link}\?filter=(&steps=[^&]*)?$"))
    is_smoothed(visitor)


def test_a_shared_comparison_has_no_control_that_cannot_be_used(
    owner_page: Page, server: Server, runs: list[str], visitor: Page
):
    open_compared(owner_page, server, runs)
    link = share(owner_page)
    visitor.goto(link)
    expect(card(visitor)).to_contain_text("/ 4")
    expect(visitor.get_by_text("Shared, read-only")).to_be_visible()
    for name in ("Share", "Runs", "env tree", "close", "edit"):
        expect(visitor.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(visitor.locator("article a[href*='/w/']")).to_have_count(0)
    expect(visitor.get_by_role("button", name=re.compile("choose the colour"))).to_have_count(0)
    # Pins are the visitor's own, for as long as the address has them.
    pin(visitor, runs[1], "Pin step 3 in this panel")
    expect(visitor).to_have_url(re.compile(r"pins=1:3"))
    visitor.reload()
    expect(cell(visitor, runs[1]).locator("[data-pin]")).to_have_text("Step 3 ◇")
    visitor.goto(link)
    expect(card(visitor)).to_contain_text("/ 4")
    expect(visitor.locator("[data-pin]")).to_have_count(0)
    visitor.keyboard.press("Control+k")
    palette = visitor.get_by_role("dialog")
    expect(palette.get_by_text("Show all keys")).to_be_visible()
    for label in ("Share…", "All envs", "Show the runs table"):
        expect(palette.get_by_text(label, exact=True)).to_have_count(0)


def test_an_env_that_goes_is_left_out_with_a_word_and_with_the_last_one_the_link_ends(
    owner_page: Page, server: Server, runs: list[str], visitor: Page
):
    open_compared(owner_page, server, runs)
    link = share(owner_page)
    visitor.goto(link)
    legend_pane = visitor.locator("article[data-kind=legend]")
    expect(legend_pane.locator("li")).to_have_count(2)
    with server.client() as client:
        content.send(client, {"do": "env.delete", "env": runs[1]})
        expect(legend_pane.locator("li")).to_have_count(1)
        expect(visitor.locator(".left-out")).to_contain_text(runs[1])
        visitor.reload()
        expect(visitor.locator(".left-out")).to_contain_text("1 env of this link is left out")
        expect(legend_pane.locator("li")).to_have_count(1)
        assert runs[1] not in visitor.content(), "nothing of it is told to who did not see it"
        content.send(client, {"do": "env.restore", "env": runs[1]})
        visitor.reload()
        expect(legend_pane.locator("li")).to_have_count(2)
        for env in runs:
            content.send(client, {"do": "env.delete", "env": env})
    expect(visitor.get_by_role("heading", name="This link no longer works")).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_role("heading", name="This link no longer works")).to_be_visible()


def test_an_env_that_is_renamed_stays_in_an_open_comparison(
    owner_page: Page, server: Server, runs: list[str], visitor: Page
):
    open_compared(owner_page, server, runs)
    visitor.goto(share(owner_page))
    expect(visitor.locator("article[data-kind=legend] li")).to_have_count(2)
    anew = f"{runs[1]}-anew"
    with server.client() as client:
        content.send(client, {"do": "env.rename", "env": runs[1], "to": anew.partition("/")[2]})
        for page in (owner_page, visitor):
            expect(page.locator("article[data-kind=legend]")).to_contain_text(anew)
        expect(owner_page).to_have_url(re.compile(anew.replace("/", ".*")))
        # Another one goes: what is compared is looked for again.
        content.send(client, {"do": "env.delete", "env": runs[0]})
    for page in (owner_page, visitor):
        expect(page.locator("article[data-kind=legend] li")).to_have_count(1)
        expect(page.locator("article[data-kind=legend]")).to_contain_text(anew)
        expect(page.locator(".left-out")).to_contain_text(runs[0])
        expect(page.locator(".left-out")).not_to_contain_text(runs[1])


def test_links_of_a_comparison_are_listed_and_revoked_where_they_are_made(
    owner_page: Page, server: Server, runs: list[str], visitor: Page
):
    page = owner_page
    open_compared(page, server, runs)
    link = share(page)
    visitor.goto(link)
    expect(visitor.locator("[data-connection=online]")).to_be_visible()
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share")
    expect(dialog).to_contain_text("these 2 envs")
    expect(dialog.locator(".lines li")).to_have_count(1)
    page.goto(f"{server.url}/w/{runs[0].replace('/', '/env/')}")
    page.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.locator(".lines li")).to_contain_text("Comparison of 2 envs")
    page.goto(f"{server.url}/settings/links")
    row = page.locator("tr").filter(has_text=runs[1].split("/")[0])
    expect(row).to_contain_text("Comparison of 2 envs")
    page.on("dialog", lambda question: question.accept())
    row.get_by_role("button", name="Revoke the link to a comparison of 2 envs").click()
    expect(page.locator("tr").filter(has_text=runs[1].split("/")[0])).to_have_count(0)
    expect(visitor.get_by_role("heading", name="This link no longer works")).to_be_visible()


def test_a_link_through_a_view_opens_with_the_view_as_it_is_then(
    owner_page: Page, server: Server, runs: list[str], visitor: Page
):
    page = owner_page
    page.set_viewport_size(WIDE)
    page.goto(f"{server.url}/w/{runs[1].replace('/', '/env/')}")
    expect(page.locator("article:visible")).to_have_count(5)
    smooth(page)
    page.locator("#filter").fill("loss")
    save_view(page, "day")
    expect(page).not_to_have_url(re.compile("plots=")), "the view says it"
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_label("the view day, as it is saved by then")).to_be_checked()
    page.keyboard.press("Escape")
    link = share(page)
    visitor.goto(link)
    expect(visitor.get_by_role("button", name="View: day")).to_be_visible()
    expect(visitor.locator("article:visible")).to_have_count(1)
    expect(visitor).to_have_url(link)
    is_smoothed(visitor)
    page.locator("#filter").fill("About")
    save_view(page, "day", "Save over it")
    visitor.goto(link)
    expect(visitor.locator("article:visible")).to_have_count(1)
    expect(visitor.locator("article:visible")).to_contain_text("About")
    visitor.get_by_role("button", name="View: day").click()
    visitor.get_by_role("menuitemradio", name="current", exact=True).click()
    expect(visitor.locator("article:visible")).to_have_count(5)
    visitor.reload()
    expect(visitor.locator("article:visible")).to_have_count(5)


def save_view(page: Page, name: str, verb: str = "Save") -> None:
    page.get_by_role("button", name=re.compile("^View: ")).click()
    page.get_by_role("menuitem", name="Save or delete views").click()
    page.get_by_label("Save what is shown as").fill(name)
    page.get_by_role("button", name=verb, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("count", [1, 2])
def test_a_copied_address_says_how_plots_are_drawn(
    owner_page: Page, server: Server, runs: list[str], new_context, count: int
):
    """And what somebody else keeps for these plots stays theirs, until they choose again themselves."""
    page = owner_page
    page.set_viewport_size(WIDE)
    shown = runs[:count]
    where = f"/w/{shown[0].replace('/', '/env/')}" if count == 1 else f"/compare?env={runs[0]}&env={runs[1]}"
    page.goto(server.url + where)
    expect(metric_pane(page, LOSS)).to_be_visible()
    smooth(page)
    copied = page.url
    layout = (
        f"/api/v1/envs/{shown[0]}/layout"
        if count == 1
        else f"/api/v1/comparison-layout?env={runs[0]}&env={runs[1]}"
    )
    mine = {"": {"metrics": {"page": {"x": "relative"}}}}
    page.goto("about:blank")
    with server.client() as client:
        client.put(layout, json={"looks": mine}).raise_for_status()
        other = new_context(viewport=WIDE).new_page()
        other.context.add_cookies(page.context.cookies())
        other.goto(copied)
        is_smoothed(other)
        expect(settings(other, LOSS).get_by_label("Along x")).to_have_value("step")
        other.keyboard.press("Escape")
        assert client.get(layout).json()["looks"] == mine
        other.goto(server.url + where)
        expect(settings(other, LOSS).get_by_label("Along x")).to_have_value("relative")
        expect(other).to_have_url(re.compile("plots=x:relative"))


def test_pictures_of_sharing(owner_page: Page, server: Server, runs: list[str], visitor: Page):
    page = owner_page
    open_compared(page, server, runs)
    link = share(page)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("dialog", name="Share").locator(".lines li")).to_have_count(1)
    visitor.goto(link)
    expect(card(visitor)).to_contain_text("/ 4")
    expect(legend(visitor, LOSS)).to_be_visible()
    settings_page = owner_page.context.new_page()
    settings_page.goto(f"{server.url}/settings/links")
    FOLDER.mkdir(parents=True, exist_ok=True)
    shots = {"share-comparison": page, "shared-comparison": visitor, "share-links": settings_page}
    for theme in THEMES:
        for width, height in ((1440, 1000), (390, 844)):
            for name, shown in shots.items():
                shown.emulate_media(color_scheme=theme, reduced_motion="reduce")
                shown.set_viewport_size({"width": width, "height": height})
                shown.evaluate(
                    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
                )
                shown.screenshot(
                    path=FOLDER / f"{name}-{width}-{theme}.png", caret="initial", animations="allow"
                )
                assert shown.evaluate("document.documentElement.scrollWidth") <= width
