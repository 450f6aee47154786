"""The runs table in a real Chromium: what a person finds in it, and what ticking does to the page beside it."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, StorageState, expect

from tests.browser import content
from tests.browser.test_screenshots import FOLDER, THEMES
from tests.support import browser as chromium
from tests.support.server import Server

MANY = 240
# Style sheets that were announced, and that the page does not use.
UNUSED = """() => {
  const used = [...document.querySelectorAll('link[rel=stylesheet]')].map(({ href }) => href);
  const announced = [...document.querySelectorAll('link[rel=preload][as=style]')].map(({ href }) => href);
  return announced.filter((href) => !used.includes(href));
}"""


@dataclass
class Sweep:
    """A workspace of its own with nine runs that trained, and many that only have a name and a seed."""

    workspace: str
    page: Page
    server: Server

    def open(self, query: str = "") -> Page:
        self.page.goto(f"{self.server.url}/w/{self.workspace}/runs{query}")
        expect(self.page.locator("[data-runs] [data-count]")).not_to_be_empty()
        return self.page

    def row(self, name: str) -> Locator:
        return self.page.locator(f'[data-run="{name}"]')

    def names(self) -> list[str]:
        """Names of the rows in sight, from the top."""
        return self.page.eval_on_selector_all(
            "[data-run]",
            "rows => rows.sort((a, b) => a.dataset.line - b.dataset.line).map(row => row.dataset.run)",
        )

    def lines(self, *names: str, at: int = 0) -> None:
        """Waits until these rows stand there, from that line on."""
        for line, name in enumerate(names, at):
            expect(self.page.locator(f'[data-line="{line}"]')).to_have_attribute("data-run", name)

    def count(self, text: str) -> None:
        expect(self.page.locator("[data-runs] [data-count]")).to_have_text(text)

    def menu(self, column: str, action: str) -> None:
        self.page.get_by_role("button", name=f"Column {column}", exact=True).click()
        self.page.get_by_role("menuitem", name=action, exact=True).click()

    def usual_columns(self) -> None:
        """Also for those who come after."""
        self.page.get_by_role("button", name="Columns", exact=True).click()
        self.page.get_by_role("button", name="Clear all").click()
        with self.page.expect_response(keeps()):
            self.page.get_by_role("button", name="The usual columns").click()
        self.page.keyboard.press("Escape")

    def column(self, text: str) -> None:
        self.page.get_by_role("button", name="Columns", exact=True).click()
        self.page.get_by_label(text, exact=True).click()
        self.page.keyboard.press("Escape")


@pytest.fixture(scope="module")
def workspace(server: Server) -> str:
    name = f"sweep-{uuid.uuid4().hex[:6]}"
    server.command("workspace", "create", name, "--manager", "owner")
    rng = np.random.default_rng(4)
    with server.client() as client:
        content.send(
            client,
            *(
                {"do": "env.create", "env": f"{name}/seed_{i:03}", "config": {"seed": i}, "tags": ["many"]}
                for i in range(MANY)
            ),
        )
        for i, lr in enumerate((0.1, 0.03, 0.01)):
            for model in ("resnet", "vit", "unet"):
                env = f"{name}/{model}_lr{lr}"
                loss = np.exp(-np.arange(60) * lr * 3) + rng.normal(0, 0.01, 60) + i
                content.send(
                    client,
                    {
                        "do": "env.create",
                        "env": env,
                        "config": {"model": model, "optim": {"lr": lr}},
                        "tags": [model],
                    },
                    content.metrics(env, **{"val/loss": loss, "accuracy": 1 - loss / 4}),
                )
        content.send(client, {"do": "env.finish", "env": f"{name}/vit_lr0.1", "status": "failed"})
        content.send(client, {"do": "env.update", "env": f"{name}/unet_lr0.01", "notes": "the one to keep"})
    return name


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: Server) -> StorageState:
    """What a browser remembers of having signed in."""
    context = browser.new_context()
    chromium.sign_in(context.new_page(), server)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def sweep(
    workspace: str, server: Server, signed_in: StorageState, new_context: Callable[..., BrowserContext]
) -> Sweep:
    context = new_context(storage_state=signed_in, viewport={"width": 1440, "height": 900})
    return Sweep(workspace, context.new_page(), server)


def keeps(*columns: str) -> Callable[[Response], bool]:
    """Whether this kept the person's table on the server, with these columns pinned to the left."""

    def check(answer: Response) -> bool:
        asked = answer.request
        is_look = asked.method == "PUT" and answer.url.endswith("/runs/table")
        return is_look and asked.post_data_json["look"]["pinned"] == list(columns)

    return check


def test_the_newest_runs_are_ticked_at_first_and_ticking_changes_the_wall_beside(sweep):
    page = sweep.open()
    expect(page.locator('[data-run][aria-selected="true"]')).to_have_count(5)
    expect(page.locator('main [data-win][data-kind="metric"]').first).to_be_visible()
    before = page.evaluate("performance.timeOrigin")
    assert page.evaluate(UNUSED) == []
    page.get_by_role("button", name="Select none").click()
    expect(page.get_by_role("heading", name="Tick runs to see them here")).to_be_visible()
    sweep.row("unet_lr0.01").get_by_role("checkbox").click()
    sweep.row("vit_lr0.03").get_by_role("checkbox").click()
    page.wait_for_url(
        f"**/w/{sweep.workspace}/runs?env={sweep.workspace}/unet_lr0.01&env={sweep.workspace}/vit_lr0.03"
    )
    expect(page.locator('main [data-win][data-kind="metric"]')).to_have_count(2)
    # Lines may be drawn for either of them; the legend names both.
    expect(page.locator("main")).to_contain_text("vit_lr0.03")
    assert page.evaluate("performance.timeOrigin") == before
    page.reload()
    expect(page.locator('[data-run][aria-selected="true"]')).to_have_count(2)
    expect(page.locator("main")).to_contain_text("vit_lr0.03")


def test_the_legend_beside_the_table_leads_to_its_runs(sweep):
    page = sweep.open(f"?env={sweep.workspace}/vit_lr0.03&env={sweep.workspace}/unet_lr0.01")
    page.locator("main").get_by_role("link", name=f"{sweep.workspace}/unet_lr0.01").click()
    page.wait_for_url(f"**{sweep.workspace}/env/unet_lr0.01")
    expect(page.get_by_role("group", name="Panes")).to_be_visible()


def test_columns_of_metrics_sort_and_stay(sweep):
    page = sweep.open("?env=")
    sweep.column("min of val/loss")
    sweep.column("optim/lr")
    sweep.menu("val/loss (min)", "Sort ascending")
    page.wait_for_url(re.compile("sort=metric"))
    top = page.locator('[data-line="0"]')
    expect(top).to_have_attribute("data-run", re.compile("lr0.1$"))
    cell = page.locator('[data-line="0"] [data-cell="metric:min:val/loss"]')
    expect(cell).to_contain_text("@")
    sweep.menu("val/loss (min)", "Sort descending")
    expect(top).to_have_attribute("data-run", re.compile("lr0.01$"))
    with page.expect_response(keeps("metric:min:val/loss")):
        sweep.menu("val/loss (min)", "Pin to the left")
    expect(page.get_by_role("columnheader").nth(3)).to_contain_text("val/loss (min)")
    # At once on the way to another page.
    sweep.menu("Tags", "Remove column")
    sweep.open("?env=&sort=-metric:min:val/loss")
    expect(page.get_by_role("columnheader").nth(3)).to_contain_text("val/loss (min)")
    expect(page.locator('[data-column="tags"]')).to_have_count(0)
    expect(page.get_by_role("columnheader").nth(3)).to_have_attribute("aria-sort", "descending")
    # A name of one's own stays, too, and goes where it is taken back.
    sweep.menu("optim/lr", "Rename column")
    page.get_by_role("dialog").get_by_label("Name").fill("rate")
    with page.expect_response(re.compile("/runs/table$")):
        page.get_by_role("button", name="Rename", exact=True).click()
        expect(page.get_by_role("button", name="Column rate", exact=True)).to_be_focused()
    page.reload()
    expect(page.locator('[data-column="config:optim/lr"]')).to_contain_text("rate")
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_label("Column", exact=True).fill("rate")
    page.get_by_label("How to compare").select_option(label="=")
    page.get_by_label("Value").fill("0.10")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    sweep.count(f"3 of {MANY + 9}")
    page.get_by_role("button", name="remove the filter rate = 0.10").click()
    sweep.menu("rate", "Group by this")
    expect(page.locator("[data-group]").first).to_contain_text("rate")
    page.get_by_role("button", name="do not group by rate").click()
    sweep.menu("rate", "Rename column")
    page.get_by_role("dialog").get_by_label("Name").fill("optim/lr")
    page.keyboard.press("Enter")
    expect(page.locator('[data-column="config:optim/lr"]')).to_contain_text("optim/lr")
    sweep.usual_columns()
    expect(page.locator('[data-column^="metric:"]')).to_have_count(0)


def test_an_address_brings_its_columns_and_leaves_those_of_who_opens_it_alone(sweep):
    page = sweep.open("?env=")
    sweep.column("min of val/loss")
    sweep.menu("val/loss (min)", "Pin to the left")
    page.wait_for_url("**&column=metric%3Amin%3Aval%2Floss&*pinned=metric%3Amin%3Aval%2Floss")
    copied = page.url
    sweep.usual_columns()
    with page.expect_response(keeps()):
        sweep.column("model")
    puts: list[str] = []
    page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)

    def heads(*columns: str) -> None:
        expect(page.locator("[data-column]")).to_have_count(len(columns) + 1)
        shown = page.locator("[data-column]").evaluate_all("heads => heads.map(head => head.dataset.column)")
        assert shown == ["name", *columns]

    usual = ("created", "duration", "tags", "notes")
    page.goto(copied)
    expect(sweep.row("vit_lr0.1").locator("[data-cell^=metric]")).to_contain_text("@")
    heads("metric:min:val/loss", *usual)
    puts.clear()
    sweep.menu("Notes", "Remove column")
    page.reload()
    heads("metric:min:val/loss", *usual[:3])
    sweep.open("?env=")
    heads(*usual, "config:model")
    assert puts == []
    sweep.usual_columns()


def test_pinned_columns_have_an_order_of_their_own_and_leave_room_for_the_others(sweep):
    page = sweep.open("?env=")
    heads = "heads => heads.map(head => head.dataset.column).slice(1)"

    def order(*columns: str) -> None:
        expect(page.locator("[data-column]").nth(1)).to_have_attribute("data-column", columns[0])
        assert page.locator("[data-column]").evaluate_all(heads) == list(columns)

    with page.expect_response(keeps("duration", "notes")):
        sweep.menu("Duration", "Pin to the left")
        sweep.menu("Notes", "Pin to the left")
    order("duration", "notes", "created", "tags")
    page.get_by_role("button", name="Column Created", exact=True).click()
    expect(page.get_by_role("menuitem", name="Move left")).to_be_disabled()
    page.keyboard.press("Escape")
    sweep.menu("Notes", "Move left")
    order("notes", "duration", "created", "tags")
    page.set_viewport_size({"width": 2400, "height": 900})
    head = lambda column: page.locator(f'[data-column="{column}"]')  # noqa: E731
    start = {"x": 5, "y": 10}
    head("duration").drag_to(head("notes"), target_position=start)
    order("duration", "notes", "created", "tags")
    # Beside a pinned one a column is pinned, too, and elsewhere it is let go.
    head("tags").drag_to(head("notes"), target_position=start)
    order("duration", "tags", "notes", "created")
    expect(head("tags").get_by_label("pinned")).to_be_visible()
    with page.expect_response(keeps("tags", "notes")):
        head("duration").drag_to(head("created"), source_position={"x": 40, "y": 10}, target_position=start)
    order("tags", "notes", "duration", "created")
    # Where they would fill the table, the last of them go sideways with the others.
    page.set_viewport_size({"width": 1440, "height": 900})
    rights = "heads => heads.filter(head => getComputedStyle(head).position === 'sticky').map(head => head.getBoundingClientRect().right)"
    width = page.get_by_role("treegrid").evaluate("table => table.getBoundingClientRect().right")
    assert max(page.locator("[data-column]").evaluate_all(rights)) <= width - 140
    # A head that gets the focus is never under those that stay.
    grid = page.get_by_role("treegrid")
    grid.evaluate("table => table.scrollTo(table.scrollWidth, 0)")
    stuck = max(page.locator("[data-column]").evaluate_all(rights))
    button = page.get_by_role("button", name="Column Notes", exact=True)
    hidden = button.bounding_box()
    assert hidden and hidden["x"] < stuck
    button.focus()
    shown = button.bounding_box()
    assert shown and shown["x"] >= stuck
    sweep.usual_columns()


def test_filters_join_by_and_and_or_and_lie_in_the_address(sweep):
    page = sweep.open("?env=")
    total = MANY + 9

    def add(column: str, op: str, value: str, how: str = "") -> None:
        page.get_by_role("button", name="Add a filter").click()
        if how:
            page.get_by_label("How it goes with the others").select_option(label=how)
        page.get_by_label("Column", exact=True).fill(column)
        page.get_by_label("How to compare").select_option(label=op)
        page.get_by_label("Value").fill(value)
        page.get_by_role("button", name="Add", exact=True).click()
        page.keyboard.press("Escape")

    add("optim/lr", "≥", "0.03")
    sweep.count(f"6 of {total}")
    add("model", "=", "vit")
    sweep.count(f"2 of {total}")
    add("model", "contains", "NET", "or: model = vit")
    sweep.count(f"6 of {total}")
    page.get_by_role("button", name="remove the filter model = vit").click()
    sweep.count(f"4 of {total}")
    page.get_by_label("Find runs by name").fill("unet")
    sweep.count(f"2 of {total}")
    page.reload()
    sweep.count(f"2 of {total}")
    expect(page.locator("[data-condition]")).to_have_count(2)
    expect(page.get_by_text("1 other match outside the filter")).to_be_visible()
    page.get_by_label("Find runs by name").fill("vit")
    sweep.count(f"0 of {total}")
    page.get_by_role("button", name="Show them").click()
    sweep.count(f"3 of {total}")
    expect(page.get_by_text("outside the filter")).to_have_count(0)
    page.get_by_label("Find runs by name").fill("nothing like it")
    page.get_by_role("button", name="Show all runs").click()
    sweep.count(str(total))
    page.get_by_role("button", name="Filter by status").click()
    page.get_by_role("menuitemcheckbox", name="failed").click()
    sweep.count(f"1 of {total}")
    assert sweep.names() == ["vit_lr0.1"]
    # What cannot be asked is refused at the place, with the way out.
    sweep.open("?env=")
    problem = page.get_by_role("dialog", name="Add a filter").get_by_role("alert")
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_label("Column", exact=True).fill("nonsense")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(problem).to_have_text("There is no such column: choose one of the list.")
    page.get_by_label("Column", exact=True).fill("val/loss (min)")
    expect(problem).to_have_count(0)
    page.get_by_label("Value").fill("small")
    page.keyboard.press("Enter")
    expect(problem).to_have_text("Type a number, such as 0.1.")
    page.get_by_label("How to compare").select_option(label="between")
    page.keyboard.press("Escape")
    # Dates are whole days by the browser's clock, and those words are used.
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    day_after = page.evaluate("new Date(Date.now() + 86_400_000).toLocaleDateString('sv')")
    for op, value, found in (
        ("is", today, total),
        ("on or before", today, total),
        ("after", today, 0),
        ("before", day_after, total),
        ("on or after", day_after, 0),
        ("between", f"{today}, {day_after}", total),
    ):
        add("Created", op, value)
        sweep.count(f"{found} of {total}")
        page.get_by_role("button", name=re.compile(f"^remove the filter Created {op}")).click()
        sweep.count(str(total))


def test_columns_that_can_be_chosen_come_while_one_looks(sweep):
    page = sweep.open("?env=")
    page.get_by_role("button", name="Columns", exact=True).click()
    names = page.get_by_role("group", name="accuracy", exact=True)
    expect(names).to_be_visible()
    with sweep.server.client() as client:
        env = f"{sweep.workspace}/seed_000"
        content.send(client, content.metrics(env, **{"just/logged": np.ones(3)}))
    expect(page.get_by_role("group", name="just/logged", exact=True)).to_be_visible()


def test_groups_close_open_and_are_ticked_as_a_whole(sweep):
    page = sweep.open("?env=&group=config:model&sort=name")
    heads = page.locator("[data-group]")
    expect(heads.first).to_have_attribute("data-group", "resnet")
    sweep.lines("resnet_lr0.01", "resnet_lr0.03", "resnet_lr0.1", at=1)
    page.locator('[data-group="resnet"] .group-name').click()
    expect(page.locator('[data-line="1"]')).to_have_attribute("data-group", "unet")
    page.locator('[data-group="unet"] .box').click()
    expect(page.locator('[data-run^="unet"][aria-selected="true"]')).to_have_count(3)
    expect(page.locator("main")).to_contain_text("unet_lr0.1")
    expect(page.locator('[data-group="unet"]')).to_have_attribute("aria-level", "1")
    expect(sweep.row("unet_lr0.1")).to_have_attribute("aria-level", "2")
    # Times are said as times.
    sweep.open("?env=&group=created&group=duration&find=unet_lr0.1")
    expect(heads.first).to_have_attribute("data-group", re.compile(r" 20\d\d, \d\d:\d\d:\d\d$"))
    expect(heads.nth(1)).to_have_attribute("data-group", re.compile(r"^\d+s"))


def test_shift_ticks_all_rows_between_and_only_the_selected_are_left(sweep):
    page = sweep.open("?env=&sort=name&find=seed")
    sweep.row("seed_002").get_by_role("checkbox").click()
    sweep.row("seed_006").get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.locator('[data-run][aria-selected="true"]')).to_have_count(5)
    assert page.evaluate("getSelection().toString()") == ""
    expect(page.get_by_role("treegrid")).to_be_focused()
    page.get_by_label("only selected").check()
    sweep.count(f"5 of {MANY + 9}")
    assert sweep.names() == [f"seed_{i:03}" for i in range(2, 7)]


def test_a_range_reaches_from_the_row_ticked_last_to_where_it_stands_now(sweep):
    page = sweep.open("?env=&sort=name&find=seed")
    sweep.row("seed_003").get_by_role("checkbox").click()
    # Far below by now, and not even fetched.
    sweep.menu("Name", "Sort descending")
    sweep.lines(f"seed_{MANY - 1}")
    sweep.row(f"seed_{MANY - 1}").get_by_role("checkbox").click(modifiers=["Shift"])
    ticked(page, 100)
    expect(page.locator(".toast")).to_contain_text("At most 100 envs")
    page.get_by_role("button", name="Select none").click()
    sweep.row(f"seed_{MANY - 2}").get_by_role("checkbox").click()
    page.get_by_label("Find runs by name").fill("seed_2")
    sweep.menu("Name", "Sort ascending")
    sweep.lines("seed_200")
    page.get_by_role("treegrid").press("End")
    sweep.row("seed_234").get_by_role("checkbox").click(modifiers=["Shift"])
    ticked(page, 5)
    # It is not among the rows any more: this one alone, from which the next range goes.
    page.get_by_label("Find runs by name").fill("seed_1")
    sweep.lines("seed_100")
    sweep.row("seed_105").get_by_role("checkbox").click(modifiers=["Shift"])
    ticked(page, 6)
    sweep.row("seed_103").get_by_role("checkbox").click(modifiers=["Shift"])
    ticked(page, 8)


def ticked(page: Page, count: int) -> None:
    expect(page.get_by_label(f"only selected ({count})")).to_be_visible()


def test_a_range_longer_than_what_can_be_compared_is_unticked_whole(sweep):
    chosen = [f"{sweep.workspace}/seed_{i:03}" for i in (*range(2, 49), *range(190, MANY), 100, 0, 1)]
    page = sweep.open(f"?{'&'.join(f'env={env}' for env in chosen)}&sort=name&find=seed")
    ticked(page, 100)
    sweep.row("seed_002").get_by_role("checkbox").click()
    page.get_by_role("treegrid").press("End")
    sweep.row(f"seed_{MANY - 1}").get_by_role("checkbox").click(modifiers=["Shift"])
    ticked(page, 2)
    expect(page.locator(".toast")).to_have_count(0)
    page.wait_for_url(
        f"**/runs?env={sweep.workspace}/seed_000&env={sweep.workspace}/seed_001&find=seed&sort=name"
    )
    # From the bottom to the top as many are ticked as fit, and the rest is said.
    page.get_by_role("treegrid").press("Home")
    sweep.row("seed_005").get_by_role("checkbox").click(modifiers=["Shift"])
    ticked(page, 100)
    expect(page.locator(".toast")).to_contain_text("At most 100 envs")
    sweep.row("seed_005").get_by_role("checkbox").click()
    page.get_by_role("treegrid").press("End")
    sweep.row(f"seed_{MANY - 2}").get_by_role("checkbox").click()
    ticked(page, 100)


def test_a_group_larger_than_what_can_be_compared_is_unticked_whole_and_says_how_it_stands(sweep):
    page = sweep.open("?env=&sort=name&group=tags")
    box = page.locator('[data-group="many"]').get_by_role("checkbox")
    expect(box).to_have_attribute("aria-checked", "false")
    box.click()
    ticked(page, 100)
    expect(box).to_have_attribute("aria-checked", "mixed")
    expect(page.locator(".toast")).to_contain_text("At most 100 envs")
    page.get_by_role("button", name="dismiss this notice").click()
    box.click()
    ticked(page, 0)
    expect(box).to_have_attribute("aria-checked", "false")
    # One that fits: ticked, in parts, and what is outside of it stays.
    page.get_by_role("searchbox", name="Find runs by name").fill("lr0.1")
    small = page.locator('[data-group="vit"]').get_by_role("checkbox")
    small.click()
    expect(small).to_have_attribute("aria-checked", "true")
    page.get_by_role("searchbox", name="Find runs by name").fill("lr0")
    expect(small).to_have_attribute("aria-checked", "mixed")
    page.locator('[data-group="unet"]').get_by_role("checkbox").click()
    ticked(page, 4)
    small.click()
    expect(small).to_have_attribute("aria-checked", "true")
    small.click()
    expect(small).to_have_attribute("aria-checked", "false")
    ticked(page, 3)
    expect(page.locator(".toast")).to_have_count(0)


def test_the_selected_stand_on_top_where_one_wants_it(sweep):
    page = sweep.open("?env=&sort=name&find=seed")
    for name in ("seed_004", "seed_009"):
        sweep.row(name).get_by_role("checkbox").click()
    page.get_by_label("selected on top").check()
    sweep.lines("seed_004", "seed_009", "seed_000", "seed_001")
    page.reload()
    sweep.lines("seed_004", "seed_009", "seed_000", "seed_001")
    sweep.row("seed_001").get_by_role("checkbox").click()
    sweep.lines("seed_001", "seed_004", "seed_009", "seed_000")
    page.get_by_label("selected on top").uncheck()
    sweep.lines("seed_000", "seed_001", "seed_002")


def test_colours_stay_when_an_older_run_of_the_same_colour_is_ticked_and_the_page_is_loaded_anew(sweep):
    page = sweep.open("?env=&sort=name&find=seed")

    def colour(name: str) -> str:
        return str(sweep.row(name).locator(".chip").get_attribute("style"))

    # There are fewer colours than rows in sight, so two have the same; both lie where nothing is scrolled.
    by_colour: dict[str, str] = {}
    for younger in sweep.names():
        own = colour(younger)
        if (older := by_colour.setdefault(own, younger)) != younger:
            break
    assert older != younger
    sweep.row(younger).get_by_role("checkbox").click()
    expect(page.locator("main")).to_contain_text(younger)
    sweep.row(older).get_by_role("checkbox").click()
    expect(page.locator("main")).to_contain_text(older)
    for _ in range(2):
        expect(sweep.row(younger).locator(".chip")).to_have_attribute("style", own)
        expect(sweep.row(older).locator(".chip")).not_to_have_attribute("style", own)
        page.reload()
        expect(page.locator("main")).to_contain_text(older)


def test_the_eye_takes_a_ticked_run_off_the_wall_and_brings_it_back(sweep):
    one, other = (f"{sweep.workspace}/{name}" for name in ("unet_lr0.01", "vit_lr0.03"))
    pin = f"1:30@{'val/loss'}"
    page = sweep.open(f"?env={one}&env={other}&pins={pin}")
    wall = page.locator("main")
    expect(wall).to_contain_text("unet_lr0.01")
    number = wall.locator("[data-env-number]", has_text="vit_lr0.03").locator(".number").first
    expect(number).to_have_text("1")
    page.get_by_role("button", name="Hide unet_lr0.01").click()
    expect(wall).not_to_contain_text("unet_lr0.01")
    expect(wall).to_contain_text("vit_lr0.03")
    expect(number).to_have_text("1")  # the place among those that are ticked
    # It stays ticked, and the address says both: which are chosen, in which order, and which is hidden.
    expect(page.locator('[data-run][aria-selected="true"]')).to_have_count(2)
    page.wait_for_url(re.compile(r"\?env=[^&]*unet_lr0.01&env=[^&]*vit_lr0.03&.*hidden=[^&]*unet_lr0.01"))
    page.wait_for_url(re.compile("pins=1:30"))
    page.reload()
    expect(page.get_by_role("button", name="Show unet_lr0.01")).to_be_visible()
    expect(wall).to_contain_text("vit_lr0.03")
    expect(wall).not_to_contain_text("unet_lr0.01")
    page.get_by_role("treegrid").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="show the hidden runs again").click()
    expect(wall).to_contain_text("unet_lr0.01")
    # By the keyboard, and by unticking: what is not ticked is not hidden either.
    for key in ("h", " ", " "):
        sweep.row("unet_lr0.01").locator("[role=gridcell]").nth(1).click()
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Hide unet_lr0.01")).to_be_visible()
    expect(wall).to_contain_text("unet_lr0.01")


def test_tags_and_notes_are_changed_in_place(sweep):
    page = sweep.open("?env=&find=seed_01&sort=name")
    sweep.row("seed_010").locator('[data-cell="tags"]').click()
    page.get_by_label("Add a tag").fill("kept")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(sweep.row("seed_010").locator('[data-cell="tags"]')).to_contain_text("kept")
    sweep.row("seed_010").locator('[data-cell="notes"]').click()
    page.get_by_role("textbox", name="Notes").fill("came out well")
    page.keyboard.press("Control+Enter")
    expect(sweep.row("seed_010").locator('[data-cell="notes"]')).to_contain_text("came out well")
    # A press elsewhere loses nothing, also where it opens the next one; Escape takes it back.
    sweep.row("seed_011").locator('[data-cell="notes"]').click()
    page.get_by_role("textbox", name="Notes").fill("diverged")
    sweep.row("seed_012").locator('[data-cell="tags"]').click()
    page.get_by_label("Add a tag").fill("odd")
    page.get_by_label("Find runs by name").click()
    expect(page.get_by_label("Find runs by name")).to_be_focused()
    expect(sweep.row("seed_012").locator('[data-cell="tags"]')).to_contain_text("odd")
    sweep.row("seed_013").locator('[data-cell="notes"]').click()
    page.get_by_role("textbox", name="Notes").fill("never mind")
    page.keyboard.press("Escape")
    page.reload()
    expect(sweep.row("seed_011")).to_contain_text("diverged")
    expect(sweep.row("seed_012")).to_contain_text("odd")
    expect(sweep.row("seed_013")).not_to_contain_text("never mind")
    expect(sweep.row("seed_010")).to_contain_text("kept")
    expect(sweep.row("seed_010")).to_contain_text("came out well")


def test_the_colour_of_a_run_is_changed_in_place(sweep):
    page = sweep.open("?env=&find=seed_04&sort=name")
    chip = sweep.row("seed_040").locator(".chip")
    colours = set()
    for by_key, name, colour in (False, "Amber", "--data-2"), (True, "Violet", "--data-5"):
        if by_key:
            page.keyboard.press("c")
        else:
            page.get_by_role("button", name="Choose the colour of seed_040").click()
        page.get_by_role("dialog", name="Colour of this env").get_by_role("button", name=name).click()
        expect(chip).to_have_attribute("style", re.compile(re.escape(colour)))
        expect(page.get_by_role("treegrid")).to_be_focused()
        colours.add(chip.evaluate("chip => getComputedStyle(chip).backgroundColor"))
    assert len(colours) == 2
    page.reload()
    expect(chip).to_have_attribute("style", re.compile("--data-5"))


def test_what_two_people_change_at_once_is_kept_or_said(sweep):
    page = sweep.open("?env=&find=seed_03&sort=name")
    row, tags, notes = (sweep.row("seed_030"), *(page.get_by_role("dialog", name=f"{what} of seed_030") for what in ("tags", "notes")))  # fmt: skip

    def other(**change: object) -> None:
        with sweep.server.client() as client:
            client.patch(f"/api/v1/envs/{sweep.workspace}/seed_030", json=change).raise_for_status()

    row.locator('[data-cell="tags"]').click()
    tags.get_by_role("button", name="remove many").click()
    other(add_tags=["theirs"])
    tags.get_by_label("Add a tag").fill("mine")
    page.keyboard.press("Control+Enter")
    expect(tags).to_have_count(0)
    for tag in ("theirs", "mine"):
        expect(row.locator('[data-cell="tags"]')).to_contain_text(tag)
    expect(row.locator('[data-cell="tags"]')).not_to_contain_text("many")
    # More than there may be is refused at the place, and nothing typed is lost.
    row.locator('[data-cell="tags"]').click()
    tags.get_by_label("Add a tag").fill(",".join(f"number {i}" for i in range(100)))
    page.keyboard.press("Control+Enter")
    expect(tags.get_by_role("alert")).to_have_text(
        "Nothing was changed. The env would have 102 tags; at most 100 are allowed."
    )
    for i in range(2):
        tags.get_by_role("button", name=f"remove number {i}", exact=True).click()
    page.keyboard.press("Control+Enter")
    expect(tags).to_have_count(0)
    # Of notes one has to win: who comes later is told, and decides.
    row.locator('[data-cell="notes"]').click()
    other(notes="diverged after all")
    notes.get_by_label("Notes").fill("looks fine")
    page.keyboard.press("Control+Enter")
    expect(notes.get_by_role("alert")).to_contain_text("to “diverged after all”. Save again")
    expect(notes.get_by_label("Notes")).to_have_value("looks fine")
    page.keyboard.press("Control+Enter")
    expect(notes).to_have_count(0)
    expect(row.locator('[data-cell="notes"]')).to_have_text("looks fine")


def test_a_change_that_takes_long_does_not_close_the_next_one_and_says_if_it_fails(sweep):
    page = sweep.open("?env=&find=seed_02&sort=name")
    held = []
    page.route("**/api/v1/envs/**", lambda route: held.append(route))
    notes = page.get_by_role("textbox", name="Notes")

    def add_tag(row: str, tag: str) -> None:
        """And go on to its notes before that is stored."""
        sweep.row(row).locator('[data-cell="tags"]').click()
        page.get_by_label("Add a tag").fill(tag)
        page.keyboard.press("Control+Enter")
        expect(sweep.row(row).locator('[data-cell="tags"]')).to_contain_text(tag)
        sweep.row(row).locator('[data-cell="notes"]').click()
        notes.fill("not yet saved")

    add_tag("seed_020", "late")
    with page.expect_response("**/api/v1/workspaces/**/runs/**"):  # asked once it is stored
        held.pop().continue_()
    expect(notes).to_have_value("not yet saved")
    page.keyboard.press("Escape")
    expect(notes).to_have_count(0)
    add_tag("seed_021", "too late")
    # Rows that come meanwhile show what is on its way, too.
    with sweep.server.client() as client:
        content.send(client, {"do": "env.update", "env": f"{sweep.workspace}/seed_022", "tags": ["other"]})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(sweep.row("seed_022").locator('[data-cell="tags"]')).to_contain_text("other")
    expect(sweep.row("seed_021").locator('[data-cell="tags"]')).to_contain_text("too late")
    held.pop().fulfill(status=409, json={"detail": "Somebody else was quicker.", "code": "conflict"})
    expect(page.get_by_role("region", name="Notices")).to_contain_text("Somebody else was quicker.")
    expect(notes).to_have_value("not yet saved")


def test_rows_far_below_come_when_they_are_in_sight_and_keys_walk_there(sweep):
    page = sweep.open("?env=&sort=name&find=seed")
    grid = page.get_by_role("treegrid")
    assert page.locator("[data-line]").count() < 60
    grid.focus()
    page.keyboard.press("End")
    expect(sweep.row(f"seed_{MANY - 1:03}")).to_be_visible()
    page.keyboard.press("Space")
    expect(sweep.row(f"seed_{MANY - 1:03}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(sweep.row("seed_001")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("width", [1000, 390])
def test_names_stay_in_sight_while_the_table_goes_sideways_and_down(sweep, width):
    page = sweep.page
    page.set_viewport_size({"width": width, "height": 844})
    sweep.open("?env=")
    table = page.get_by_role("treegrid")
    left = "row => row.querySelector('.name').getBoundingClientRect().left - row.closest('[role=treegrid]').getBoundingClientRect().left"
    before = page.locator("[data-run]").first.evaluate(left)
    for down, sideways in ((900, 0), (900, 120), (1500, 120), (600, 0)):
        table.evaluate("(table, [top, left]) => table.scrollTo(left, top)", [down, sideways])
        assert table.evaluate("table => table.scrollLeft") == sideways
        row = page.locator(f'[data-line="{down // 30 + 3}"][data-run]')
        expect(row).to_be_visible()
        page.wait_for_function(
            f"([line, before]) => Math.abs(({left})(document.querySelector(line)) - before) < 1",
            arg=[f'[data-line="{down // 30 + 3}"]', before],
        )


def test_on_a_narrow_screen_a_dot_says_how_a_run_stands(sweep):
    sweep.page.set_viewport_size({"width": 390, "height": 844})
    sweep.open("?find=vit_lr0.1")
    expect(sweep.row("vit_lr0.1").locator(".status .dot")).to_be_visible()


def test_a_row_follows_what_its_run_does(sweep):
    page = sweep.open("?env=&find=seed_200")
    expect(sweep.row("seed_200")).to_be_visible()
    with sweep.server.client() as client:
        update = {"do": "env.update", "env": f"{sweep.workspace}/seed_200", "status": "running"}
        content.send(client, update)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(sweep.row("seed_200")).to_contain_text("running")
    # What runs goes on, though nothing else changes.
    duration = sweep.row("seed_200").locator('[data-cell="duration"]')
    before = duration.inner_text()
    expect(duration).not_to_have_text(before)
    with sweep.server.client() as client:
        content.send(client, {"do": "env.finish", "env": f"{sweep.workspace}/seed_200", "status": "finished"})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(sweep.row("seed_200")).to_contain_text("finished")
    # Where something has just changed the next change is seen soon, though nothing runs.
    with sweep.server.client() as client:
        content.send(client, {"do": "env.update", "env": f"{sweep.workspace}/seed_200", "notes": "well done"})
    expect(sweep.row("seed_200")).to_contain_text("well done", timeout=6_000)


def test_rows_that_come_move_none_that_is_looked_at(sweep):
    name = f"moving-{uuid.uuid4().hex[:6]}"
    sweep.server.command("workspace", "create", name, "--manager", "owner")
    table = Sweep(name, sweep.page, sweep.server)

    def make(*names: str) -> None:
        with sweep.server.client() as client:
            content.send(client, *({"do": "env.create", "env": f"{name}/{one}"} for one in names))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    page = sweep.page
    make(*(f"run_{i:03}" for i in range(150)))
    table.open("?env=")
    table.lines("run_149")
    grid = page.get_by_role("treegrid")
    # By the pointer alone, at the top: what comes stands above, and is seen once the pointer is elsewhere.
    table.row("run_147").hover()
    before = table.row("run_147").bounding_box()
    make("late_0", "late_1")
    expect(grid).to_have_attribute("aria-rowcount", "153")
    table.lines("run_147", at=4)
    assert table.row("run_147").bounding_box() == before
    page.mouse.move(1200, 500)
    expect(grid).to_have_js_property("scrollTop", 0)
    # By the keyboard, where two blocks of rows meet: the active row stays the active one, and where it is.
    grid.focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    active = page.locator(".line.active")
    expect(active).to_have_attribute("data-run", re.compile("run_"))
    run, before = active.get_attribute("data-run"), active.bounding_box()
    expect(table.row("run_053")).to_have_count(1)
    expect(table.row("run_050")).to_have_count(1)
    make("late_2", "late_3", "late_4")
    expect(grid).to_have_attribute("aria-rowcount", "156")
    expect(table.row("run_050")).to_have_attribute("data-line", "104")
    expect(active).to_have_attribute("data-run", run)
    assert active.bounding_box() == before
    page.keyboard.press("Space")
    expect(table.row(run)).to_have_attribute("aria-selected", "true")


def test_the_table_opens_beside_a_comparison_and_changes_it(sweep):
    page = sweep.page
    names = [f"{sweep.workspace}/{name}" for name in ("resnet_lr0.1", "vit_lr0.1")]
    page.goto(f"{sweep.server.url}/compare?env={names[0]}&env={names[1]}")
    expect(page.locator('main [data-win][data-kind="metric"]')).to_have_count(2)
    page.get_by_role("button", name="Runs", exact=True).click()
    page.get_by_label("Find runs by name").fill("lr0.1")
    expect(page.locator('[data-run][aria-selected="true"]')).to_have_count(2)
    sweep.row("unet_lr0.1").get_by_role("checkbox").click()
    page.wait_for_url(re.compile("env=[^&]*unet_lr0.1"))
    expect(page.locator("main")).to_contain_text("unet_lr0.1")


def test_menus_of_the_table_show_all_they_have(sweep):
    page = sweep.open("?env=")
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for menu, last in (("Columns", "count of val/loss"), ("Add a filter", "Column")):
            page.get_by_role("button", name=menu, exact=True).click()
            opened = page.get_by_role("dialog", name=menu, exact=True)
            expect(opened.get_by_label(last, exact=True)).to_be_visible()
            assert opened.evaluate("menu => menu.scrollWidth - menu.clientWidth") <= 0, (menu, width)
            page.keyboard.press("Escape")


def test_how_the_table_looks(sweep):
    """Pictures in three sizes and two themes; nothing sticks out, and axe finds no serious fault."""
    page = sweep.open("?sort=-created&group=prefix")
    sweep.column("last of val/loss")
    expect(page.locator('main [data-win][data-kind="metric"] canvas').first).to_be_visible()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # Of those who want no motion nobody waits for a colour.
        assert page.evaluate("getComputedStyle(document.querySelector('main')).transitionDuration") == "0s"
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=FOLDER / f"runs-{width}-{theme}.png", caret="initial", animations="allow")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, context="[data-runs]")
        serious = [
            fault for fault in found.response["violations"] if fault["impact"] in ("serious", "critical")
        ]
        assert not serious, found.generate_report()
    sweep.menu("val/loss (last)", "Remove column")
