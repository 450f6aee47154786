"""What leaves the server as a page, and what a workspace's style does, in a real browser."""

import json
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.port.conftest import line, send
from tests.support.server import Server


def test_a_plot_taken_along_is_drawn_without_any_server(
    page: Page, program: httpx.Client, env: str, tmp_path: Path, faults: list[str]
):
    title = "Loss </script><img src=x onerror=alert(1)>"
    layout = {"title": title, "xaxis": {"title": "epoch"}}
    send(program, line(env, [3, 1, None, 2], win="loss", make={"title": title, "layout": layout}))
    answer = program.get(f"/api/v1/envs/owner/{env}/export", params={"win": "loss", "format": "html"})
    file = tmp_path / "loss.html"
    file.write_bytes(answer.content)
    page.goto(file.as_uri())
    expect(page.locator(".main-svg .trace")).to_have_count(1)
    expect(page.locator(".xtitle")).to_have_text("epoch")
    assert page.locator("img").count() == 0
    page.locator(".nsewdrag").first.hover()
    expect(page.locator(".modebar")).to_be_visible()
    expect(page.get_by_role("button", name="Share chart")).to_have_count(0)
    assert faults == [f"a request to another host: {file.as_uri()}"]  # the file itself, and nothing else
    faults.clear()


def test_an_env_and_a_window_are_saved_as_files_from_their_menus(
    owner_page: Page, program: httpx.Client, server: Server, env: str
):
    send(program, line(env, [3, 1, 2], win="loss", make={"title": "Loss"}))
    owner_page.goto(f"{server.url}/w/owner/env/{env}")
    expect(owner_page.locator("[data-win=loss] .main-svg").first).to_be_visible()

    def saved(item: str) -> tuple[str, bytes]:
        owner_page.get_by_role("button", name="Manage env").click()
        with owner_page.expect_download() as download:
            owner_page.get_by_role("menuitem", name=item).click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    name, archive = saved("Save as a Panewall archive")
    assert (name, archive[:2]) == (f"{env}.panewall.zip", b"PK")
    name, content = saved("Save as visdom JSON")
    assert (name, list(json.loads(content)["jsons"])) == (f"{env}.json", ["loss"])

    pane = owner_page.locator("[data-win=loss]")
    pane.hover()
    pane.get_by_role("button", name="more").click()
    with owner_page.expect_download() as download:
        owner_page.get_by_role("menuitem", name="Save as a page of its own").click()
    assert download.value.suggested_filename == "Loss.html"
    assert "Plotly.newPlot" in Path(download.value.path()).read_text()


def test_a_workspaces_style_is_seen_and_loads_nothing(
    owner_page: Page, program: httpx.Client, server: Server, env: str, faults: list[str]
):
    send(program, line(env, [1, 2]))
    style = (
        '@import url("http://127.0.0.1:9/evil.css");\n'
        "body { outline: 3px solid rgb(1, 2, 3); background-image: url(http://127.0.0.1:9/spy.png) }"
    )
    owner_page.goto(f"{server.url}/settings/style")
    owner_page.get_by_label("Style sheet").fill(style)
    owner_page.get_by_role("button", name="Save style").click()
    asked: list[str] = []
    owner_page.on("requestfinished", lambda request: asked.append(request.url))
    owner_page.goto(f"{server.url}/w/owner/env/{env}")
    expect(owner_page.locator("body")).to_have_css("outline-color", "rgb(1, 2, 3)")
    expect(owner_page.locator("[data-win]")).to_have_count(1)
    assert not [url for url in asked if not url.startswith(server.url)]
    assert faults  # the browser says what the page's policy forbade …
    assert all("127.0.0.1:9/" in fault for fault in faults)  # … and that is these two
    faults.clear()
    owner_page.goto(f"{server.url}/settings/style")
    owner_page.get_by_label("Style sheet").fill("")
    owner_page.get_by_role("button", name="Save style").click()
