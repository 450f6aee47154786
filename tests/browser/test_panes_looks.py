"""What every kind of pane looks like, with real content, in three sizes and two themes; judged as test_screenshots.py judges pages."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import content, pane_content
from tests.browser.test_screenshots import look, open_env  # noqa: F401  the fixture that takes the pictures
from tests.support.server import Server

ENV = "pane_looks"


@pytest.fixture(scope="module")
def kinds(server: Server) -> None:
    """One window of each kind, and some that are hard to show."""
    formulas = pane_content.noisy(
        ENV,
        "formulas",
        title=r"Loss $\mathcal{L}(\theta)$ of both halves of the data set, with a name that is long",
        layout={
            "title": {"text": r"$\sqrt{\frac{x}{\sum_i w_i}}$"},
            "xaxis": {"title": {"text": r"$\alpha_{1c} = 352 \pm 11 \text{ km s}^{-1}$"}},
        },
    )
    formulas["traces"][0]["name"] = r"$\beta^2$"
    with server.client() as client:
        content.send(
            client,
            pane_content.noisy(ENV, "smooth", title="Smoothed lines"),
            pane_content.noisy(ENV, "edited", title="Edited"),
            formulas,
            *pane_content.history(ENV, "history", 12, title="History"),
            pane_content.properties(ENV, "properties", title="Properties"),
            pane_content.network(ENV, "network", title="Karate club", opts={"showVertexLabels": True}),
            pane_content.network(
                ENV, "directed", title="Directed", opts={"directed": True, "showEdgeLabels": True}
            ),
            pane_content.cloud(ENV, "cloud", title="Embeddings"),
            pane_content.put(ENV, "computing", "embeddings", content={"isLoading": True}),
            pane_content.put(ENV, "nothing", "network", content={"nodes": [], "edges": []}),
            pane_content.sample(ENV, "tone", pane_content.tone(), title="A tone", caption="440 Hz"),
        )


@pytest.mark.usefixtures("kinds")
def test_panes_of_every_kind(owner_page: Page, server: Server, look):  # noqa: F811
    page = owner_page
    open_env(page, server, ENV)
    for key, button in (("smooth", "smoothing"), ("edited", "properties")):
        pane = page.locator(f'[data-win="{key}"]')
        expect(pane.locator(".main-svg").first).to_be_visible()
        pane.hover()
        pane.get_by_role("button", name=button, exact=True).click()
    page.locator('[data-win="edited"]').get_by_label("Trace 1: train: line.width", exact=True).fill("5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 change only you see")).to_be_visible()
    look(page, "panes")


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("key", ["edited", "properties", "network", "cloud", "history"])
def test_a_pane_alone(owner_page: Page, server: Server, look, key: str):  # noqa: F811
    page = owner_page
    open_env(page, server, f"{ENV}?win={key}")
    pane = page.locator(f'[data-win="{key}"]')
    if key == "edited":
        expect(pane.locator(".main-svg").first).to_be_visible()
        pane.hover()
        pane.get_by_role("button", name="properties", exact=True).click()
        expect(pane.get_by_role("region", name="Properties")).to_be_visible()
    else:
        drawn = {
            "properties": ".property",
            "network": "circle[data-node]",
            "cloud": "[data-drawn-points]",
            "history": ".steps",
        }
        expect(pane.locator(drawn[key]).first).to_be_visible()
    box = pane.bounding_box()
    assert box is not None and box["width"] > 600, "a pane alone has the whole width"
    look(page, f"pane-{key}")
