"""What visdom's own client draws is seen: every kind of window, in a browser, without an error or a warning."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.support.server import OWNER, Server

pytestmark = pytest.mark.browser

RNG = np.random.default_rng(5)
X = np.linspace(0, 6, 40)
HILL = np.exp(-((X[:, None] - 3) ** 2) - (X[None] - 3) ** 2)
PICTURE = (np.arange(3 * 24 * 32).reshape(3, 24, 32) % 255).astype(np.uint8)

PLOT, IMAGE, TEXT = ".js-plotly-plot .main-svg", "img", "iframe"
CANVAS = ".js-plotly-plot canvas"

#: {window: (what is to be seen in it, how it is drawn)}
KINDS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "line": (PLOT, lambda vis, win: vis.line(np.sin(X), X, win=win, opts={"title": "one line"})),
    "lines": (
        PLOT,
        lambda vis, win: vis.line(
            np.column_stack([np.sin(X), np.cos(X)]),
            np.column_stack([X, X]),
            win=win,
            opts={"legend": ["sine", "cosine"], "fillarea": False, "xlabel": "x", "ylabel": "y"},
        ),
    ),
    "filled": (PLOT, lambda vis, win: vis.line(np.abs(HILL[:, :3]), win=win, opts={"fillarea": True})),
    "webgl": (PLOT, lambda vis, win: vis.line(RNG.normal(size=500), win=win, opts={"webgl": True})),
    "log": (
        PLOT,
        lambda vis, win: vis.line(
            10.0 ** np.arange(4), win=win, opts={"ytype": "log", "markers": True, "xtickvals": [0, 1, 2, 3]}
        ),
    ),
    "dashed": (
        PLOT,
        lambda vis, win: vis.line(
            HILL[:, 18:20],
            win=win,
            opts={"dash": np.array(["solid", "dash"]), "linecolor": np.array([[30, 90, 200], [200, 60, 30]])},
        ),
    ),
    "scatter": (
        PLOT,
        lambda vis, win: vis.scatter(
            RNG.random((60, 2)), RNG.integers(1, 3, 60), win=win, opts={"legend": ["a", "b"], "markersize": 5}
        ),
    ),
    "named": (
        PLOT,
        lambda vis, win: vis.scatter(
            RNG.random((3, 2)), win=win, opts={"textlabels": ["north", "east", "south"]}
        ),
    ),
    "cloud": (CANVAS, lambda vis, win: vis.scatter(RNG.random((60, 3)), win=win, opts={"zlabel": "z"})),
    "bar": (PLOT, lambda vis, win: vis.bar(RNG.random(5), win=win, opts={"rownames": list("abcde")})),
    "stacked": (
        PLOT,
        lambda vis, win: vis.bar(RNG.random((4, 3)), win=win, opts={"stacked": True, "legend": list("abc")}),
    ),
    "histogram": (
        PLOT,
        lambda vis, win: vis.histogram(RNG.normal(size=900), win=win, opts={"numbins": 20}),
    ),
    "box": (PLOT, lambda vis, win: vis.boxplot(RNG.random((50, 2)), win=win, opts={"legend": ["a", "b"]})),
    "pie": (PLOT, lambda vis, win: vis.pie(np.array([3, 2, 1]), win=win, opts={"legend": list("abc")})),
    "surf": (CANVAS, lambda vis, win: vis.surf(HILL, win=win, opts={"colormap": "Hot"})),
    "contour": (PLOT, lambda vis, win: vis.contour(HILL, win=win, opts={"colormap": "Viridis"})),
    "quiver": (
        PLOT,
        lambda vis, win: vis.quiver(HILL[:6, :6], HILL[:6, :6], win=win, opts={"normalize": 0.9}),
    ),
    "stem": (PLOT, lambda vis, win: vis.stem(np.sin(X), X, win=win)),
    "heatmap": (
        PLOT,
        lambda vis, win: vis.heatmap(
            HILL[:4, :3], win=win, opts={"rownames": list("abcd"), "columnnames": list("xyz")}
        ),
    ),
    "mesh": (
        CANVAS,
        lambda vis, win: vis.mesh(
            np.array([[0, 0, 0], [1, 0, 0], [0.5, 1, 0], [0.5, 0.5, 1]]),
            np.array([[0, 1, 2], [0, 1, 3], [1, 2, 3], [0, 2, 3]]),
            win=win,
            opts={"opacity": 0.6},
        ),
    ),
    "dual": (PLOT, lambda vis, win: vis.dual_axis_lines(X, np.sin(X), 50 + np.cos(X), win=win)),
    "graph": ("svg circle", lambda vis, win: vis.graph([(0, 1), (1, 2), (0, 2)], win=win)),
    "image": (IMAGE, lambda vis, win: vis.image(PICTURE, win=win, opts={"caption": "a picture"})),
    "jpeg": (IMAGE, lambda vis, win: vis.image(PICTURE, win=win, opts={"jpgquality": 60})),
    "images": (IMAGE, lambda vis, win: vis.images(np.stack([PICTURE] * 6), nrow=3, win=win)),
    "text": (TEXT, lambda vis, win: vis.text("<b>Hello</b> <i>world</i>", win=win)),
    "svg": (
        TEXT,
        lambda vis, win: vis.svg(
            '<svg height="40" width="40"><circle r="9" cx="20" cy="20"/></svg>', win=win
        ),
    ),
    "audio": (TEXT, lambda vis, win: vis.audio(np.sin(np.arange(4000) / 9), win=win)),
    "properties": (
        "input",
        lambda vis, win: vis.properties(
            [
                {"type": "text", "name": "name", "value": "mnist"},
                {"type": "number", "name": "rate", "value": "0.1"},
                {"type": "button", "name": "run", "value": "start"},
                {"type": "checkbox", "name": "log", "value": True},
                {"type": "select", "name": "kind", "value": 1, "values": ["a", "b"]},
            ],
            win=win,
        ),
    ),
}


def history(vis: Any, win: str) -> None:
    for _ in range(3):
        vis.image(PICTURE, win=win, opts={"store_history": True})


def grown(vis: Any, win: str) -> None:
    vis.line(np.array([1.0]), np.array([0.0]), win=win)
    for step in range(1, 10):
        vis.line(np.array([1.0 / step]), np.array([float(step)]), win=win, update="append")
    vis.line(np.array([0.5, 0.5]), np.array([0.0, 9.0]), win=win, update="append", name="goal")


def rows(vis: Any, win: str) -> None:
    vis.heatmap(HILL[:2, :4], win=win)
    vis.heatmap(HILL[2:3, :4], win=win, update="appendRow")


def drawing(vis: Any, win: str) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(3, 2))
    figure.subplots().plot([1, 3, 2])
    vis.matplot(figure, win=win)


def made_with_plotly(vis: Any, win: str) -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    vis.plotlyplot(graphs.Figure(graphs.Funnel(y=["seen", "kept"], x=[100, 40])), win=win)


KINDS |= {
    "history": (IMAGE, history),
    "grown": (PLOT, grown),
    "rows": (PLOT, rows),
    "matplot": (TEXT, drawing),
    "plotly": (PLOT, made_with_plotly),
}


def test_every_kind_of_window_is_drawn_without_error_or_warning(
    vis: Any, env: str, owner_page: Page, server: Server
):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", UserWarning)
        for win, (_, draw) in KINDS.items():
            draw(vis, win)
            assert vis.win_exists(win), win
    # The client says this of a missing title itself.
    assert [str(one.message) for one in warned if "title" not in str(one.message)] == []
    owner_page.goto(f"{server.url}/w/{OWNER}/env/{env}")
    for win, (seen, _) in KINDS.items():
        pane = owner_page.locator(f'[data-win="{win}"]')
        pane.scroll_into_view_if_needed()
        expect(pane.locator(seen).first, win).to_be_visible()
