"""visdom's messages become the commands of the wire."""

import numpy as np
import pytest

from panewall import Visdom
from panewall.errors import BadArgument
from panewall.wire import Wire, image_bytes


class Caught(Visdom):
    """Keeps the commands instead of queueing them."""

    def __init__(self, windows=None):
        super().__init__(send=False)
        self.send = True
        self.made = []
        self._sender = self
        self._wire = Wire(lambda env, win: (windows or {}).get((env, win)))

    def put(self, command):
        self.made.append(command)

    def take(self):
        made, self.made = self.made, []
        return made


@pytest.fixture
def vis():
    return Caught()


def test_a_line_is_one_window_with_its_arrays(vis):
    win = vis.line(np.array([1.0, 2.0]), opts={"title": "loss"}, env="team/run")
    assert win.startswith("window_") and int(win[7:], 16) > 0
    (command,) = vis.take()
    assert (command["do"], command["env"], command["win"], command["kind"], command["title"]) == (
        "window.put",
        "team/run",
        win,
        "plot",
        "loss",
    )
    (trace,) = command["traces"]
    assert isinstance(trace["y"], np.ndarray) and trace["type"] == "scatter"
    assert command["layout"]["margin"]["l"] == 60 and command["opts"]["mode"] == "lines"


def test_window_ids_are_never_the_same(vis):
    assert len({vis.text("x") for _ in range(1000)}) == 1000


def test_an_append_is_one_command_that_makes_what_is_missing(vis):
    assert (
        vis.line([1.0], [2.0], win="w", update="append", name="a", opts={"title": "t", "xlabel": "step"})
        == "w"
    )
    append, look = vis.take()
    assert (append["do"], append["trace"], append["x"].tolist(), append["y"].tolist()) == (
        "trace.append",
        "a",
        [2],
        [1],
    )
    assert append["make"]["title"] == "t" and append["make"]["layout"]["xaxis"] == {"title": "step"}
    assert append["make"]["trace"]["name"] == "a" and "x" not in append["make"]["trace"]
    assert (look["do"], look["title"]) == ("window.update", "t")
    vis.line([1.0], [3.0], win="w", update="append", name="a", opts={"title": "t", "xlabel": "step"})
    assert [command["do"] for command in vis.take()] == ["trace.append"]
    vis.line([1.0], [3.0], win="w", update="append", name="a", opts={"title": "another"})
    assert [command["do"] for command in vis.take()] == ["trace.append", "window.update"]


def test_without_a_name_traces_are_found_by_place(vis):
    vis.line(np.ones((1, 3)), [1], win="w", update="append")
    assert [(command["do"], command["index"]) for command in vis.take()] == [
        ("trace.append", index) for index in range(3)
    ]


def test_a_trace_without_any_x_is_left_alone(vis):
    x = np.array([[np.nan, 1.0]])
    vis.line(np.ones((1, 2)), x, win="w", update="append")
    assert [command["index"] for command in vis.take()] == [1]


def test_replacing_points(vis):
    vis.line([1.0], [2.0], win="w", update="replace")
    vis.line([1.0], [2.0], win="w", update="new", name="b")
    by_place, by_name = vis.take()
    assert by_place["do"] == by_name["do"] == "trace.replace"
    assert "make" not in by_place and by_name["make"]["trace"]["name"] == "b"


def test_depth_texts_and_colours_go_with_the_points(vis):
    opts = {"textlabels": ["a"], "markercolor": np.array([255])}
    vis.scatter(np.array([[1, 2, 3]]), win="w", update="append", name="n", opts=opts)
    (command,) = vis.take()
    assert command["z"].tolist() == [3]
    assert command["columns"] == {"text": ["a"], "marker.color": ["#ff0000"]}


def test_removing_closing_clearing_deleting(vis):
    vis.line(None, win="w", update="remove", name="a")
    assert vis.close("w") == "" and vis.close() == "" and vis.delete_env("old") == ""
    assert vis.take() == [
        {"do": "trace.remove", "env": "main", "win": "w", "trace": "a"},
        {"do": "window.close", "env": "main", "win": "w"},
        {"do": "env.clear", "env": "main"},
        {"do": "env.delete", "env": "old"},
    ]


def test_texts(vis):
    vis.text("<b>a</b>", win="w", opts={"title": "t"})
    vis.text("more", win="w", append=True)
    assert vis.take() == [
        {
            "do": "window.put",
            "env": "main",
            "win": "w",
            "kind": "text",
            "title": "t",
            "opts": {},
            "text": "<b>a</b>",
        },
        {"do": "text.append", "env": "main", "win": "w", "text": "more"},
    ]


def test_an_image_replaces_and_a_history_goes_on(vis):
    win = vis.image(np.zeros((3, 2, 2)), opts={"caption": "c", "store_history": True})
    vis.image(np.zeros((3, 2, 2)), win=win, opts={"store_history": True})
    first, second = vis.take()
    assert (first["step"], first["replace"], first["caption"]) == (0, True, "c")
    assert second["step"] == 1 and "replace" not in second
    assert first["image"].startswith(b"\x89PNG")


def test_the_history_of_another_program_goes_on_after_its_last_step():
    vis = Caught({("main", "w"): {"samples": [{"step": 41}]}})
    vis.image(np.zeros((3, 2, 2)), win="w", opts={"store_history": True})
    vis.image(np.zeros((3, 2, 2)), win="fresh", opts={"store_history": True})
    assert [command["step"] for command in vis.take()] == [42, 0]


@pytest.mark.parametrize(
    ("direction", "rows", "names"),
    [
        ("appendRow", [[1, 2], [3, 4]], {"y": ["r1", "r2"]}),
        ("prependRow", [[3, 4], [1, 2]], {"y": ["r2", "r1"]}),
        ("appendColumn", [[1, 2, 3, 4]], {"x": ["a", "b", "c", "d"]}),
        ("prependColumn", [[3, 4, 1, 2]], {"x": ["c", "d", "a", "b"]}),
    ],
)
def test_a_heatmap_grows_from_what_was_sent(vis, direction, rows, names):
    vis.heatmap([[1, 2]], win="w", opts={"columnnames": ["a", "b"], "rownames": ["r1"]})
    columns = ["a", "b"] if direction.endswith("Row") else ["c", "d"]
    row = ["r2"] if direction.endswith("Row") else ["r1"]
    vis.heatmap([[3, 4]], win="w", update=direction, opts={"columnnames": columns, "rownames": row})
    _, grown = vis.take()
    assert grown["do"] == "window.update"
    (change,) = grown["traces"]
    assert change["index"] == 0 and change["set"]["z"].tolist() == rows
    for key, value in names.items():
        assert change["set"][key] == value
    assert set(change["set"]) == {"z", "type", "colorscale", *names}


def test_the_background_of_a_heatmap_grows_along(vis):
    vis.heatmap([[1, 2]], win="w", opts={"nancolor": "red"})
    vis.heatmap([[3, 4]], win="w", update="appendRow")
    _, grown = vis.take()
    assert [(change["index"], np.shape(change["set"]["z"])) for change in grown["traces"]] == [
        (0, (2, 2)),
        (1, (2, 2)),
    ]


def test_a_heatmap_of_another_program_grows_and_a_missing_one_is_made():
    known = {"type": "plot", "content": {"data": [{"type": "heatmap", "z": [[1, 2]], "name": "0"}]}}
    vis = Caught({("main", "w"): known})
    vis.heatmap([[3, 4]], win="w", update="appendRow")
    vis.heatmap([[3, 4]], win="new", update="appendRow", opts={"title": "t"})
    grown, made = vis.take()
    assert grown["traces"][0]["set"]["z"].tolist() == [[1, 2], [3, 4]]
    assert made["do"] == "window.put" and made["title"] == "t" and made["layout"]["title"] == "t"


@pytest.mark.parametrize(
    ("more", "opts"),
    [([[1, 2, 3]], {}), ([[1, 2]], {"rownames": ["r1"]}), ([[1, 2]], {})],
)
def test_a_heatmap_that_does_not_fit_is_refused(vis, more, opts):
    vis.heatmap([[1, 2]], win="w", opts={"rownames": ["r1"]})
    with pytest.raises(BadArgument):
        vis.heatmap(more, win="w", update="appendRow", opts=opts)


def test_options_alone(vis):
    vis.update_window_opts("w", {"title": "new", "legend": ["p", "q"]})
    (command,) = vis.take()
    assert (
        command["do"] == "window.update"
        and command["title"] == "new"
        and command["layout"]["showlegend"] is True
    )
    assert command["traces"] == [{"index": 0, "set": {"name": "p"}}, {"index": 1, "set": {"name": "q"}}]


def test_any_figure_of_plotly(vis):
    figure = {
        "data": [{"type": "surface", "z": [[1, None], [2, 3]]}, {"y": {"dtype": "i1", "bdata": "AQI="}}]
    }
    vis._send({**figure, "layout": {"title": {"text": "T"}}, "win": "w"})
    (command,) = vis.take()
    assert command["title"] == "T" and command["traces"][0]["z"] == [[1, None], [2, 3]]
    assert command["traces"][1]["y"].tolist() == [1, 2]


@pytest.mark.parametrize(
    "message",
    [
        {"data": []},
        {"data": "x"},
        {"data": [5]},
        {"data": [{"type": "properties"}]},
        {"data": [{"type": "image", "content": {"src": "x"}}]},
    ],
)
def test_messages_that_make_no_sense_are_refused(vis, message):
    with pytest.raises(BadArgument):
        vis._send({**message, "win": "w"})
    assert vis.take() == []


def test_updates_that_make_no_sense_are_refused(vis):
    for message in (
        {"data": [{"type": "bar", "y": [1]}]},
        {"data": [{"x": [1], "y": [1, 2]}]},
        {"data": [{"x": [1]}], "name": "a"},
    ):
        with pytest.raises(BadArgument):
            vis._send({**message, "win": "w", "append": True}, endpoint="update")
    with pytest.raises(BadArgument):
        vis._send({}, endpoint="nowhere")


def test_sources_of_images():
    assert image_bytes("data:image/svg+xml,%3Csvg/%3E") == b"<svg/>"
    with pytest.raises(BadArgument):
        image_bytes("https://example.org/a.png")


@pytest.mark.parametrize("win", [5, "a/b c?", "é"])
def test_any_key_will_do(vis, win):
    assert vis.text("x", win=win) == str(win)


def test_names_that_are_too_long_are_refused_at_once(vis):
    with pytest.raises(BadArgument):
        vis.text("x", win="w" * 301)
    with pytest.raises(BadArgument):
        vis.text("x", env="")
