"""Show every kind of window, and answer to what people do in them.

    python examples/demo.py                       # anywhere with panewall and a running server
    python examples/demo.py --env tour --seconds 0    # draw, and leave at once

Until it is stopped (Ctrl-C, or ``--seconds``) it listens: type into the text pad, change the form, click on the picture, point at
the embeddings or draw a loop round some of them, close a window. Plots that need a package which is not installed are left out.
"""

import argparse
import html
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import panewall

RNG = np.random.default_rng(0)
EVENTS = "events"  # the window that tells what was heard


def main() -> int:
    arguments = parse_arguments()
    try:
        vis = panewall.Visdom(env=arguments.env)
    except panewall.errors.PanewallError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    Callbacks(vis).register()
    for draw in (lines, charts, areas, pictures, media, networks, growing):
        draw(vis)
    optional(vis)
    if not vis.flush():
        print("demo: the server does not answer; what was drawn waits for it.", file=sys.stderr)
        return 1
    print(
        f"Look at env {arguments.env!r} on {vis.server}:{vis.port}{vis.base_url}/env/{arguments.env}",
        flush=True,
    )
    try:
        threading.Event().wait(arguments.seconds)
    except KeyboardInterrupt:
        pass
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Show every kind of window, and answer to what people do.")
    parser.add_argument("--env", default="demo", help="default: demo")
    parser.add_argument("--seconds", type=float, help="how long to listen (default: until it is stopped)")
    return parser.parse_args()


# -- What is drawn


def lines(vis: panewall.Visdom) -> None:
    x = np.linspace(0, 4 * np.pi, 200)
    both = np.column_stack([np.sin(x), np.cos(x)])
    dashes = {"dash": np.array(["solid", "dash"]), "linecolor": np.array([[30, 90, 200], [200, 60, 30]])}
    vis.line(
        both, x, win="line", opts={"title": "Lines", "legend": ["sine", "cosine"], "xlabel": "x", **dashes}
    )
    vis.line(
        np.abs(both), x, win="filled", opts={"title": "Filled lines", "fillarea": True, "showlegend": False}
    )
    vis.line(RNG.normal(size=20_000).cumsum(), win="walk", opts={"title": "20 000 points", "webgl": True})
    vis.line(
        [1, 10, 100, 1000],
        [1, 2, 3, 4],
        win="log",
        opts={"title": "A logarithmic axis", "ytype": "log", "markers": True},
    )
    points, labels = RNG.normal(size=(120, 2)), RNG.integers(1, 4, 120)
    points += labels[:, None] * 2
    vis.scatter(
        points, labels, win="scatter", opts={"title": "Scatter", "legend": ["a", "b", "c"], "markersize": 6}
    )
    named = {"textlabels": ["north", "east", "south"], "markercolor": np.array([0, 128, 255])}
    vis.scatter([[0, 1], [1, 0], [0, -1]], win="named", opts={"title": "Points with names", **named})
    vis.scatter(
        RNG.normal(size=(200, 3)),
        win="cloud",
        opts={"title": "Scatter in 3-D", "markersize": 3, "zlabel": "z"},
    )
    vis.stem(
        np.sin(x[::8]),
        x[::8],
        win="stem",
        opts={"title": "Stems", "colormap": "Viridis", "ylabel": r"$\sin x$"},
    )
    side = np.linspace(-2, 2, 12)
    a, b = np.meshgrid(side, side, indexing="ij")
    vis.quiver(-b, a, a, b, win="quiver", opts={"title": "Quiver", "normalize": 0.3})
    vis.dual_axis_lines(
        x,
        np.sin(x),
        50 + 20 * np.cos(x),
        win="dual",
        opts={"title": "Two axes", "name_y1": "one", "name_y2": "other"},
    )


def charts(vis: panewall.Visdom) -> None:
    table = RNG.integers(1, 9, (4, 3))
    names = {"legend": ["red", "green", "blue"], "rownames": ["Q1", "Q2", "Q3", "Q4"]}
    vis.bar(table, win="bar", opts={"title": "Bars", **names})
    vis.bar(table, win="stacked", opts={"title": "Stacked bars", "stacked": True, **names})
    vis.histogram(RNG.normal(size=2000), win="histogram", opts={"title": "Histogram", "numbins": 40})
    vis.boxplot(
        RNG.normal(size=(100, 3)) + np.arange(3),
        win="box",
        opts={"title": "Boxes", "legend": ["a", "b", "c"]},
    )
    vis.pie([3, 2, 1], win="pie", opts={"title": "Pie", "legend": ["train", "validation", "test"]})
    tree = (["all", "train", "test", "cats", "dogs"], ["", "all", "all", "train", "train"], [0, 0, 2, 5, 3])
    vis.sunburst(*tree, win="sunburst", opts={"title": "Sunburst"})


def areas(vis: panewall.Visdom) -> None:
    side = np.linspace(-3, 3, 40)
    a, b = np.meshgrid(side, side)
    hill = np.exp(-(a**2) - b**2) + 0.6 * np.exp(-((a - 1.5) ** 2) - (b - 1) ** 2)
    vis.surf(hill, win="surf", opts={"title": "Surface", "colormap": "Hot"})
    vis.contour(hill, win="contour", opts={"title": "Contour"})
    confusion = np.where(np.eye(4), 40, RNG.integers(0, 9, (4, 4))).astype(float)
    confusion[0, 3] = np.nan
    named = {"rownames": list("abcd"), "columnnames": list("ABCD"), "nancolor": "lightgrey"}
    vis.heatmap(confusion, win="heatmap", opts={"title": "Heatmap", **named})
    corners = [[0, 0, 0], [1, 0, 0], [0.5, 1, 0], [0.5, 0.5, 1]]
    faces = [[0, 1, 2], [0, 1, 3], [1, 2, 3], [0, 2, 3]]
    vis.mesh(corners, faces, win="mesh", opts={"title": "Mesh", "color": "teal", "opacity": 0.6})


def pictures(vis: panewall.Visdom) -> None:
    vis.image(gradient(0), win="image", opts={"title": "Click on me", "caption": "a picture"})
    vis.images([gradient(shift / 8) for shift in range(8)], nrow=4, win="images", opts={"title": "A grid"})
    for step in range(10):
        vis.image(
            gradient(step / 10),
            win="history",
            opts={"title": "A history", "caption": f"step {step}", "store_history": True},
        )


def gradient(shift: float, *, height: int = 192, width: int = 256) -> np.ndarray:
    """A picture of shape (3, H, W) in soft colours."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.stack([(x + shift) % 1, y, 0.5 + 0.5 * np.sin(2 * np.pi * (x + y + shift))])


def media(vis: panewall.Visdom) -> None:
    vis.text(
        "<h3>Any HTML</h3><p>It is shown in a <em>sandbox</em>: scripts do not run.</p>",
        win="text",
        opts={"title": "Text"},
    )
    drawing = '<svg viewBox="0 0 100 60"><circle cx="30" cy="30" r="20" fill="teal"/><rect x="55" y="12" width="36" height="36" fill="orange"/></svg>'
    vis.svg(drawing, win="svg", opts={"title": "SVG"})
    tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050) * np.linspace(1, 0, 22050)
    vis.audio(tone, win="audio", opts={"title": "Audio", "sample_frequency": 22050})


def networks(vis: panewall.Visdom) -> None:
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 5), (4, 6)]
    looks = {"showVertexLabels": True, "directed": True, "scheme": "different"}
    vis.graph(edges, nodeLabels=list("abcdefg"), win="network", opts={"title": "Network", **looks})


def growing(vis: panewall.Visdom) -> None:
    """Windows that are updated: points, rows and text come one by one."""
    for step in range(30):
        opts = {"title": "Appended points", "xlabel": "step"}
        vis.line([np.exp(-step / 10)], [step], win="appended", update="append", name="loss", opts=opts)
        if step % 3 == 0:
            row = {"title": "A heatmap that grows", "rownames": [f"step {step}"]}
            vis.heatmap(RNG.random((1, 8)), win="rows", update="appendRow", opts=row)
    vis.line([0.8, 0.5], [0, 29], win="appended", update="append", name="goal")
    vis.update_window_opts("walk", {"title": "20 000 points, and a title given later", "showlegend": False})


def optional(vis: panewall.Visdom) -> None:
    """What needs further packages."""
    for name, draw in (
        ("av", film),
        ("matplotlib", figure),
        ("plotly", interactive),
        ("scikit-learn", embeddings),
    ):
        try:
            draw(vis)
        except ImportError:
            print(f"{draw.__name__} is left out: it needs {name}", flush=True)
        except panewall.errors.MissingPackage as error:
            print(f"{draw.__name__} is left out: {error}", flush=True)


def film(vis: panewall.Visdom) -> None:
    frames = np.stack([gradient(step / 30) for step in range(30)])[
        :, ::-1
    ]  # blue comes first, as OpenCV has it
    vis.video(frames, dim="LxCxHxW", win="video", opts={"title": "Video", "fps": 15, "loop": True})


def figure(vis: panewall.Visdom) -> None:
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(4, 3))
    drawn.subplots().plot(RNG.normal(size=50).cumsum())
    vis.matplot(drawn, win="matplot", opts={"title": "matplotlib", "resizable": True})


def interactive(vis: panewall.Visdom) -> None:
    import plotly.graph_objects as go

    made = go.Figure(go.Funnel(y=["seen", "tried", "kept"], x=[100, 40, 25]))
    made.update_layout(title="plotly")
    vis.plotlyplot(made, win="plotly")


def embeddings(vis: panewall.Visdom) -> None:
    labels = np.repeat(np.arange(4), 15)
    features = RNG.normal(size=(60, 16)) + 6 * np.eye(16)[labels]
    vis.embeddings(
        features,
        [f"group {label}" for label in labels],
        data_getter=lambda index: f"<b>vector {index}</b> of group {labels[index]}",
        data_type="html",
        win="embeddings",
        opts={"title": "Embeddings"},
    )


# -- What people do


class Callbacks:
    """Answers to events: a pad one can type into, a form, a click, a closed window."""

    def __init__(self, vis: panewall.Visdom):
        self.vis = vis
        self.text = "Type here: "
        self.form: list[dict[str, Any]] = [
            {"type": "text", "name": "Name", "value": "panewall"},
            {"type": "number", "name": "Rate", "value": "0.1"},
            {"type": "checkbox", "name": "Shuffle", "value": True},
            {"type": "select", "name": "Optimizer", "value": 0, "values": ["SGD", "Adam", "RMSprop"]},
            {"type": "button", "name": "Reset", "value": "Reset the form"},
        ]
        self.first = [dict(item) for item in self.form]

    def register(self) -> None:
        """Draw the windows that answer, and listen to them."""
        self.vis.text("", win=EVENTS, opts={"title": "What was heard"})
        self.show_pad()
        self.show_form()
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "pad": self.typed,
            "form": self.changed,
            "image": self.clicked,
        }
        for window, handler in handlers.items():
            self.vis.register_event_handler(handler, window, env=self.vis.env)
            self.vis.register_event_handler(self.closed, window, env=self.vis.env)

    def show_pad(self) -> None:
        self.vis.text(html.escape(self.text), win="pad", opts={"title": "A text pad"})

    def show_form(self) -> None:
        self.vis.properties(self.form, win="form", opts={"title": "A form"})

    def say(self, what: str) -> None:
        self.vis.text(html.escape(f"{time.strftime('%H:%M:%S')} {what}"), win=EVENTS, append=True)
        print(what, flush=True)

    def typed(self, event: dict[str, Any]) -> None:
        """A key in the pad: letters are added, Backspace and Delete take the last one away."""
        if event["event_type"] != "KeyPress":
            return
        key = event["key"]
        if key in ("Backspace", "Delete"):
            self.text = self.text[:-1]
        elif key == "Enter":
            self.text += "\n"
        elif len(key) == 1:
            self.text += key
        self.show_pad()

    def changed(self, event: dict[str, Any]) -> None:
        """A change in the form, or a press of its button."""
        if event["event_type"] != "PropertyUpdate":
            return
        item, value = self.form[event["propertyId"]], event["value"]
        if item["type"] == "button":
            self.form = [dict(each) for each in self.first]
        else:
            item["value"] = int(value) if item["type"] == "select" else value
        self.show_form()
        self.say(f"{item['name']}: {value}")

    def clicked(self, event: dict[str, Any]) -> None:
        """A click on the picture moves its colours there."""
        if event["event_type"] != "Click":
            return
        at = event["image_coord"]
        self.vis.image(
            gradient(at["x"] / 256),
            win="image",
            opts={"title": "Click on me", "caption": f"x {at['x']:.0f}, y {at['y']:.0f}"},
        )
        self.say(f"Click at {at['x']:.0f}, {at['y']:.0f}")

    def closed(self, event: dict[str, Any]) -> None:
        if event["event_type"] == "close":
            self.say(f"Window {event['target']!r} was closed")


if __name__ == "__main__":
    sys.exit(main())
