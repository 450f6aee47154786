"""Plots under a person's hands: smoothing, hiding and zooming that last, properties, formulas, and files to take away."""

import csv
import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Download, Locator, Page, expect

from tests.browser import content, pane_content
from tests.browser.walls import open_env, pane, send
from tests.support.browser import sign_in
from tests.support.server import Server
from tests.support.waiting import wait_for

STATE = """(win) => {
    const plot = document.querySelector(`[data-win="${win}"] .js-plotly-plot`);
    if (!plot?._fullData) return null;
    const { xaxis, yaxis, title } = plot._fullLayout;
    return {
        traces: plot._fullData.map((trace) => ({
            name: trace.name, type: trace.type, visible: trace.visible, opacity: trace.opacity,
            legend: trace.showlegend, color: trace.line?.color, width: trace.line?.width,
            y: trace.y ? Array.from(trace.y) : null,
        })),
        x: xaxis?.range, y: yaxis?.range, title: title?.text, xtitle: xaxis?.title?.text,
    };
}"""


def state(page: Page, key: str) -> dict:
    return wait_for(lambda: page.evaluate(STATE, key), what=f"the figure of {key}")


def press(page: Page, key: str, button: str) -> None:
    pane(page, key).hover()
    pane(page, key).get_by_role("button", name=button, exact=True).click()


def save_as(page: Page, key: str, label: str) -> Download:
    press(page, key, "more")
    with page.expect_download() as started:
        pane(page, key).get_by_role("menuitem", name=label).click()
    return started.value


def text_of(download: Download) -> str:
    return download.path().read_text("utf-8")


def roughness(values: list[float]) -> float:
    return float(np.abs(np.diff(values, 2)).mean())


@pytest.mark.parametrize("kind", ["scatter", "scattergl"])
def test_lines_are_smoothed_over_pale_ones_and_back(owner_page: Page, server: Server, env: str, kind: str):
    page = owner_page
    send(server, pane_content.noisy(env, "loss", kind))
    open_env(page, server, env)
    before = state(page, "loss")
    press(page, "loss", "smoothing")
    after = wait_for(
        lambda: (now := state(page, "loss")) and len(now["traces"]) == 4 and now, what="smoothed lines"
    )
    for plain, pale, smooth in zip(before["traces"], after["traces"][:2], after["traces"][2:], strict=True):
        assert pale["opacity"] == pytest.approx(0.35)
        assert pale["y"] == plain["y"]
        assert smooth["type"] == kind and smooth["legend"] is False
        assert smooth["color"] == pale["color"] == plain["color"]
        assert roughness(smooth["y"]) < roughness(plain["y"]) / 8
    # The slider goes from 1 to 100, by keys too, and new points are smoothed as they come.
    slider = pane(page, "loss").get_by_role("slider", name="Smoothing")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("1", "100")
    slider.focus()
    page.keyboard.press("End")
    expect(pane(page, "loss").get_by_text("201 points")).to_be_visible()
    rough = roughness(after["traces"][2]["y"])
    wait_for(lambda: roughness(state(page, "loss")["traces"][2]["y"]) < rough / 2, what="a smoother line")
    send(
        server,
        {"do": "trace.append", "env": env, "win": "loss", "trace": "train", "x": [400.0], "y": [0.0]},
    )
    wait_for(lambda: len(state(page, "loss")["traces"][2]["y"]) == 401, what="the new point, smoothed")
    press(page, "loss", "smoothing")
    wait_for(lambda: len(state(page, "loss")["traces"]) == 2, what="the lines as they are")
    assert state(page, "loss")["traces"][0]["opacity"] == 1


def test_what_is_no_line_offers_no_smoothing(owner_page: Page, server: Server, env: str):
    send(
        server,
        pane_content.plot(env, "bars", {"type": "bar", "x": [1, 2], "y": [3, 4]}),
        pane_content.plot(env, "dots", {"type": "scatter", "mode": "markers", "x": [1, 2], "y": [3, 4]}),
    )
    open_env(owner_page, server, env)
    pane(owner_page, "bars").hover()
    expect(pane(owner_page, "bars").get_by_role("button", name="save")).to_be_visible()
    expect(owner_page.get_by_role("button", name="smoothing", exact=True)).to_have_count(0)


def test_hidden_lines_and_zoom_outlive_a_figure_that_is_sent_anew(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.noisy(env, "loss"))
    open_env(page, server, env)
    state(page, "loss")
    pane(page, "loss").locator(".legendtoggle").nth(0).click()
    wait_for(lambda: state(page, "loss")["traces"][0]["visible"] == "legendonly", what="the hidden line")
    box = pane(page, "loss").locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=5)
    page.mouse.up()
    zoomed = wait_for(lambda: (now := state(page, "loss"))["x"][0] > 50 and now, what="the zoom")

    # The same names, in another order and with other points: other traces for the server.
    again = pane_content.noisy(env, "loss", n=300)
    again["traces"].reverse()
    send(server, again)
    wait_for(lambda: len(state(page, "loss")["traces"][0]["y"]) == 300, what="the new figure")
    now = state(page, "loss")
    assert {trace["name"]: trace["visible"] for trace in now["traces"]} == {
        "train": "legendonly",
        "validation": True,
    }
    assert (now["x"], now["y"]) == (zoomed["x"], zoomed["y"])

    # A range that the program fixes now counts; the other axis stays as it was.
    send(server, {"do": "window.update", "env": env, "win": "loss", "layout": {"xaxis": {"range": [0, 10]}}})
    wait_for(lambda: state(page, "loss")["x"] == [0, 10], what="the program's range")
    assert state(page, "loss")["y"] == zoomed["y"]

    press(page, "loss", "reset")
    wait_for(lambda: state(page, "loss")["traces"][1]["visible"] is True, what="all lines again")
    assert state(page, "loss")["x"] == [0, 10]
    assert state(page, "loss")["y"] != zoomed["y"]


def test_a_double_click_shows_the_whole_again_and_stays_there(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.noisy(env, "loss"))
    open_env(page, server, env)
    whole = state(page, "loss")
    surface = pane(page, "loss").locator(".nsewdrag")
    box = surface.bounding_box()
    assert box is not None
    for share, points in ((0.6, 401), (0.8, 402)):
        before = state(page, "loss")["x"]
        page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 62, steps=5)
        page.mouse.up()
        zoomed = wait_for(
            lambda was=before: (now := state(page, "loss")["x"]) != was and now, what="the zoom"
        )
        # New points leave it alone.
        more = {"do": "trace.append", "env": env, "win": "loss", "trace": "train", "x": [300.0], "y": [0.0]}
        send(server, more)
        wait_for(lambda n=points: len(state(page, "loss")["traces"][0]["y"]) == n, what="the new point")
        assert state(page, "loss")["x"] == zoomed
    surface.dblclick()
    wait_for(lambda: state(page, "loss")["x"] == whole["x"], what="the whole line")
    send(
        server, {"do": "trace.append", "env": env, "win": "loss", "trace": "train", "x": [800.0], "y": [0.0]}
    )
    wait_for(lambda: state(page, "loss")["x"][1] >= 800, what="the axis following the new point")


# -- Properties


def editor(page: Page, key: str) -> Locator:
    press(page, key, "properties")
    panel = pane(page, key).get_by_role("region", name="Properties")
    expect(panel).to_be_visible()
    return panel


def looks(server: Server, env: str) -> str:
    with server.client() as client:
        return client.get(f"/api/v1/envs/owner/{env}/layout").text


def test_properties_changed_for_me_are_seen_by_me_alone_and_outlive_updates(
    new_context: Callable[..., BrowserContext], server: Server, env: str
):
    send(server, pane_content.noisy(env, "loss", layout={"xaxis": {"title": {"text": "epoch"}}}))
    mine, theirs = (new_context().new_page() for _ in range(2))
    for page in (mine, theirs):
        sign_in(page, server)
        open_env(page, server, env)
        state(page, "loss")
    panel = editor(mine, "loss")
    expect(panel.locator("caption")).to_have_text(["Trace 1: train", "Trace 2: validation", "Layout"])
    panel.get_by_label("Trace 1: train: line.width", exact=True).fill("7")
    mine.keyboard.press("Enter")
    panel.get_by_label("Layout: xaxis.title.text").fill("step")
    panel.get_by_label("Layout: showlegend").uncheck()
    wait_for(lambda: state(mine, "loss")["traces"][0]["width"] == 7, what="the wider line")
    wait_for(lambda: state(mine, "loss")["xtitle"] == "step", what="the new label")
    expect(panel.get_by_text("3 changes only you see")).to_be_visible()
    send(server, pane_content.noisy(env, "loss", n=200, layout={"xaxis": {"title": {"text": "epoch"}}}))
    for page in (mine, theirs):
        wait_for(lambda on=page: len(state(on, "loss")["traces"][0]["y"]) == 200, what="the new figure")
    assert state(mine, "loss")["traces"][0]["width"] == 7
    assert state(theirs, "loss")["traces"][0]["width"] == 2
    assert state(theirs, "loss")["xtitle"] == "epoch"
    # They are kept with the person's arrangement.
    wait_for(lambda: "xaxis.title.text" in looks(server, env), what="the server to have the changes")
    mine.reload()
    wait_for(lambda: state(mine, "loss")["xtitle"] == "step", what="the label after a reload")
    panel = editor(mine, "loss")
    expect(panel.get_by_text("3 changes only you see")).to_be_visible()
    # The search finds by name; one change is taken back, then all.
    panel.get_by_role("searchbox").fill("train width")
    expect(panel.get_by_role("row")).to_have_count(1)
    panel.get_by_role("button", name="take back line.width").click()
    wait_for(lambda: state(mine, "loss")["traces"][0]["width"] == 2, what="the line as it was")
    panel.get_by_role("button", name="Undo").click()
    wait_for(lambda: state(mine, "loss")["xtitle"] == "epoch", what="the label as it was")
    # Escape closes the editor, the pane's button opens it.
    mine.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_properties_kept_for_everyone_reach_every_page_and_stay(
    new_context: Callable[..., BrowserContext], server: Server, env: str
):
    send(server, pane_content.noisy(env, "loss"))
    mine, theirs = (new_context().new_page() for _ in range(2))
    for page in (mine, theirs):
        sign_in(page, server)
        open_env(page, server, env)
        state(page, "loss")
    panel = editor(mine, "loss")
    panel.get_by_label("Trace 2: validation: line.color, colour").fill("#ff0000")
    wait_for(lambda: state(mine, "loss")["traces"][1]["color"] == "#ff0000", what="the red line")
    assert state(theirs, "loss")["traces"][1]["color"] != "#ff0000"
    panel.get_by_role("button", name="Keep for everyone").click()
    wait_for(lambda: state(theirs, "loss")["traces"][1]["color"] == "#ff0000", what="the red line there")
    expect(panel.get_by_text("only you see")).to_have_count(0)
    panel.get_by_role("radio", name="Keep for everyone").check()
    panel.get_by_label("Layout: title.text").fill("A title for all")
    mine.keyboard.press("Enter")
    wait_for(lambda: state(theirs, "loss")["title"] == "A title for all", what="the title there")
    width = panel.get_by_label("Trace 2: validation: line.width")
    before = width.input_value()
    for field, nonsense in (
        (width, "thick"),
        (panel.get_by_label("Trace 2: validation: line.color").last, "reddish"),
    ):
        kept = field.input_value()
        field.fill(nonsense)
        mine.keyboard.press("Enter")
        expect(mine.get_by_text(f"“{nonsense}” cannot be drawn")).to_be_visible()
        expect(field).to_have_value(kept)
    width.fill("3")
    mine.keyboard.press("Enter")
    expect(width).to_have_value("3")
    assert before != "3"
    theirs.reload()
    wait_for(
        lambda: state(theirs, "loss")["traces"][1]["color"] == "#ff0000", what="the red line after a reload"
    )


def test_a_reader_changes_properties_for_himself_only(page: Page, server: Server, env: str):
    send(server, pane_content.noisy(env, "loss"))
    with server.client() as client:
        link = client.post(f"/api/v1/envs/owner/{env}/links", json={"name": "readers"}).json()["url"]
    page.goto(link)
    state(page, "loss")
    panel = editor(page, "loss")
    expect(panel.get_by_text("for everyone")).to_have_count(0)
    panel.get_by_label("Trace 1: train: line.width", exact=True).fill("7")
    page.keyboard.press("Enter")
    wait_for(lambda: state(page, "loss")["traces"][0]["width"] == 7, what="the wider line")
    expect(panel.get_by_role("button", name="Keep for everyone")).to_have_count(0)


# -- Formulas


def test_formulas_are_set_in_titles_labels_names_and_the_header(owner_page: Page, server: Server, env: str):
    page = owner_page
    figure = pane_content.noisy(
        env,
        "tex",
        title=r"Loss $\mathcal{L}(\theta)$",
        layout={
            "title": {"text": r"$\sqrt{\frac{x}{\sum_i w_i}}$"},
            "xaxis": {"title": {"text": r"$\alpha_{1c} = 352 \pm 11$"}},
        },
    )
    figure["traces"][0]["name"] = r"$\beta^2$"
    send(server, figure)
    open_env(page, server, env)
    expect(pane(page, "tex").locator(".infolayer .g-gtitle svg path").first).to_be_attached()
    expect(pane(page, "tex").locator(".infolayer .g-xtitle svg path").first).to_be_attached()
    expect(pane(page, "tex").locator(".legend svg path").first).to_be_attached()
    header = pane(page, "tex").get_by_role("heading")
    expect(header.locator("svg").first).to_be_visible()
    expect(header.get_by_role("img", name=r"$\mathcal{L}(\theta)$")).to_be_visible()
    # They are in the saved drawing, too.
    assert text_of(save_as(page, "tex", "Save as SVG")).count("data-mml-node") > 5


def test_formulas_are_not_fetched_where_there_are_none(owner_page: Page, server: Server, env: str):
    asked: list[str] = []
    owner_page.on("request", lambda request: asked.append(request.url))
    send(server, pane_content.noisy(env, "loss", title="costs $5"))
    open_env(owner_page, server, env)
    state(owner_page, "loss")
    assert any("plotly" in address for address in asked)
    assert not any("mathjax" in address for address in asked)


def test_a_formula_that_is_none_stays_as_it_was_written(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.noisy(env, "tex", title=r"$\frac{1$ and $\href{javascript:alert(1)}{x}$"))
    open_env(page, server, env)
    state(page, "tex")
    expect(pane(page, "tex").get_by_role("heading")).to_contain_text(r"$\frac{1$")
    expect(pane(page, "tex").locator("a[href], a[*|href]")).to_have_count(0)


# -- Files


def test_a_plot_is_saved_as_svg_png_and_table(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.noisy(env, "loss", n=5, title="Loss: all"))
    open_env(page, server, env)
    state(page, "loss")
    pane(page, "loss").hover()
    with page.expect_download() as started:
        pane(page, "loss").get_by_role("button", name="save", exact=True).click()
    assert started.value.suggested_filename == "Loss- all.svg"
    assert text_of(started.value).startswith("<svg")
    png = save_as(page, "loss", "Save as PNG")
    assert png.suggested_filename == "Loss- all.png"
    assert png.path().read_bytes().startswith(b"\x89PNG")
    table = list(csv.DictReader(io.StringIO(text_of(save_as(page, "loss", "Save the data as CSV")))))
    assert [float(row["x"]) for row in table] == [0, 1, 2, 3, 4]
    assert [float(row["train"]) for row in table] == state(page, "loss")["traces"][0]["y"]


def test_the_table_of_a_long_line_has_every_point(owner_page: Page, server: Server, env: str):
    page = owner_page
    y = np.random.default_rng(3).normal(size=20_000)
    y[77] = np.nan
    send(server, content.line(env, "walk", "walk", walk=y))
    open_env(page, server, env)
    assert len(state(page, "walk")["traces"][0]["y"]) < 5_000
    table = list(csv.DictReader(io.StringIO(text_of(save_as(page, "walk", "Save the data as CSV")))))
    assert len(table) == 20_000
    assert table[77]["y"] == "" and float(table[19_999]["y"]) == y[19_999]


def test_a_window_is_saved_as_the_json_visdom_keeps(owner_page: Page, server: Server, env: str):
    page = owner_page
    send(server, pane_content.noisy(env, "loss", n=5, title="Loss"))
    open_env(page, server, env)
    state(page, "loss")
    saved = save_as(page, "loss", "Save as JSON")
    assert saved.suggested_filename == "Loss.json"
    window = json.loads(text_of(saved))
    assert (window["id"], window["type"], window["title"]) == ("loss", "plot", "Loss")
    assert [trace["name"] for trace in window["content"]["data"]] == ["train", "validation"]
    assert len(window["content"]["data"][0]["y"]) == 5


def test_a_legend_stands_clear_of_a_second_axis_and_of_the_title(owner_page: Page, server: Server, env: str):
    lines = [
        {"type": "scatter", "mode": "lines", "name": "Y1 axis", "x": [0, 1], "y": [0, 20]},
        {"type": "scatter", "mode": "lines", "name": "Y2 axis", "x": [0, 1], "y": [20, 2], "yaxis": "y2"},
    ]
    layout = {
        "title": "Two axes",
        "yaxis": {"title": "Y1 axis"},
        "yaxis2": {"title": "Y2 axis", "overlaying": "y", "side": "right"},
        "showlegend": True,
        "margin": {"l": 60, "r": 60, "t": 60, "b": 60},
    }
    send(server, pane_content.plot(env, "both", *lines, layout=layout, opts={"width": 500, "height": 300}))
    open_env(owner_page, server, env)
    state(owner_page, "both")

    def box(selector: str) -> dict:
        found = pane(owner_page, "both").locator(selector).first.bounding_box()
        assert found is not None
        return found

    legend = box(".legend")
    assert legend["x"] + legend["width"] < box(".y2tick")["x"]
    assert box(".gtitle")["y"] + box(".gtitle")["height"] <= legend["y"] + 2


def test_the_words_at_the_corners_of_a_scene_are_in_its_pane(owner_page: Page, server: Server, env: str):
    rng = np.random.default_rng(0)
    points = [content.floats(column) for column in rng.random((3, 50))]
    cloud = {"type": "scatter3d", "mode": "markers", **dict(zip("xyz", points, strict=True))}
    axis = {"range": [0, 2], "title": "Arbitrary"}
    layout = {"scene": {"xaxis": axis, "yaxis": axis, "zaxis": {"range": [0, 1]}}, "showlegend": False}
    send(server, pane_content.plot(env, "cloud", cloud, layout=layout))
    open_env(owner_page, server, env)
    scene = pane(owner_page, "cloud").locator("canvas").first
    expect(scene).to_be_visible()
    owner_page.mouse.move(1, 1)

    def edges() -> set[tuple] | None:
        picture = np.asarray(Image.open(io.BytesIO(scene.screenshot())).convert("RGB"))
        inner = picture[2:-2, 2:-2]
        if len(np.unique(inner.reshape(-1, 3), axis=0)) < 20:
            return None  # not drawn yet
        rim = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
        return {tuple(colour) for colour in rim.tolist()}

    assert wait_for(edges, what="the scene") == {(255, 255, 255)}
