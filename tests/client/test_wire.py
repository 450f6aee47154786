"""visdom's messages become the commands of the wire."""

import numpy as np
import pytest

from panewall import Visdom
from panewall.errors import BadArgument
from panewall.files import file_bytes
from panewall.wire import Wire


class Caught(Visdom):
    """Keeps the commands instead of queueing them."""

    def __init__(self):
        super().__init__(send=False)
        self.send = True
        self.made = []
        self._sender = self
        self._wire = Wire()

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


def test_a_trace_without_any_x_gets_no_points_and_keeps_its_place(vis):
    x = np.array([[np.nan, 1.0]])
    vis.line(np.ones((1, 2)), x, win="w", update="append")
    assert [(command["index"], len(command["y"])) for command in vis.take()] == [(0, 0), (1, 1)]


def test_a_last_trace_without_any_x_is_left_alone(vis):
    x = np.array([[1.0, np.nan]])
    vis.line(np.ones((1, 2)), x, win="w", update="append")
    assert [command["index"] for command in vis.take()] == [0]


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


def test_arrays_may_change_after_the_call(vis):
    """A training goes on: weights change in place while what was drawn of them is still on its way."""
    flat, table = np.ones(3), np.ones((3, 2))
    vis.line(flat, flat, win="w")
    vis.line(flat, flat, win="w", update="append", name="a")
    vis.line(table, flat, win="w", update="replace")
    vis.scatter(table, win="w", opts={"markercolor": flat})
    for plot in (vis.bar, vis.boxplot, vis.heatmap, vis.surf, vis.contour, vis.mesh, vis.stem, vis.image):
        plot(table, win="w")
    vis.pie(flat, win="w")
    vis.heatmap(table, win="w", update="appendRow")
    vis._send({"data": [{"type": "bar", "y": flat, "deep": {"z": table, "list": [flat]}}], "win": "w"})
    for command in vis.take():
        for array in arrays_in(command):
            assert not np.shares_memory(array, flat) and not np.shares_memory(array, table), command["do"]


def arrays_in(value):
    if isinstance(value, np.ndarray):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from arrays_in(item)


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
    assert second["step"] == "next" and "replace" not in second
    assert first["image"].startswith(b"\x89PNG")


@pytest.mark.parametrize("direction", ["appendRow", "prependRow", "appendColumn", "prependColumn"])
def test_a_heatmap_grows_by_one_command(vis, direction):
    vis.heatmap([[1, 2]], win="w", update=direction, opts={"columnnames": ["a", "b"], "title": "t"})
    grow, look = vis.take()
    assert (grow["do"], grow["direction"], grow["z"].tolist()) == ("heatmap.grow", direction, [[1, 2]])
    assert grow["x"] == ["a", "b"] and "y" not in grow and grow["set"] == {"colorscale": "Viridis"}
    assert grow["make"]["title"] == "t" and grow["make"]["layout"]["title"] == "t"
    assert (look["do"], look["title"]) == ("window.update", "t")
    vis.heatmap([[1, 2]], win="w", update=direction, opts={"columnnames": ["a", "b"], "title": "t"})
    assert [command["do"] for command in vis.take()] == ["heatmap.grow"]


def test_replacing_a_heatmap_takes_what_it_lacks_away(vis):
    vis.heatmap([[1, 2]], win="w", update="replace")
    grow = vis.take()[0]
    assert grow["direction"] == "replace" and "make" not in grow
    assert grow["set"] == {"zmin": None, "zmax": None, "colorscale": "Viridis"}


def test_a_heatmap_that_begins_to_grow_shows_its_gaps(vis):
    vis.heatmap([[1, 2]], win="w", update="appendRow", opts={"nancolor": "red"})
    assert vis.take()[0]["make"]["layout"]["plot_bgcolor"] == "red"


def test_all_of_a_heatmap_is_removed(vis):
    vis.heatmap(None, win="w", update="remove")
    assert vis.take() == [{"do": "trace.remove", "env": "main", "win": "w"}]


def test_forms_networks_and_embeddings_are_windows_of_plain_content(vis):
    vis.properties([{"type": "number", "name": "n", "value": 1}], win="p", opts={"title": "t"})
    vis.graph([(0, 1)], win="g")
    vis._send({"data": [{"type": "embeddings", "content": {"isLoading": True}}], "win": "e"})
    form, graph, embeddings = vis.take()
    assert (form["do"], form["kind"], form["title"]) == ("window.put", "properties", "t")
    assert form["content"] == {"items": [{"type": "number", "name": "n", "value": 1}]}
    assert graph["kind"] == "network" and graph["opts"]["directed"] is False
    assert graph["content"]["edges"] == [{"source": 0, "target": 1, "label": "0-1"}]
    assert embeddings["content"] == {"isLoading": True}


def test_what_embeddings_show_changes(vis):
    point = {"group": 0, "name": "Entity 3", "label": "a", "position": [0.0, 1.0], "idx": 3}
    region = {"update_type": "RegionSelected", "points": [point]}
    entity = {"update_type": "EntitySelected", "selected": {"html": "<p>a</p>", "entityId": "x"}}
    for change in (region, entity):
        vis._send({"data": change, "win": "e"}, endpoint="update")
    assert vis.take() == [
        {"do": "embeddings.enter", "env": "main", "win": "e", "points": [point]},
        {"do": "window.update", "env": "main", "win": "e", "content": {"selected": entity["selected"]}},
    ]


def test_sounds_and_films_are_files(vis, tmp_path):
    (tmp_path / "film.webm").write_bytes(b"film")
    vis.audio(np.array([0.0, 1.0]), win="a", opts={"title": "t"})
    vis.video(videofile=tmp_path / "film.webm", win="v")
    sound, film = vis.take()
    assert (sound["do"], sound["title"], sound["replace"]) == ("sample.put", "t", True)
    assert sound["image"].startswith(b"RIFF") and film["image"] == b"film"


def test_options_alone(vis):
    vis.update_window_opts("w", {"title": "new", "legend": ["p", "q"]})
    (command,) = vis.take()
    assert (
        command["do"] == "window.update"
        and command["title"] == "new"
        and command["layout"]["showlegend"] is True
    )
    assert command["legend"] == ["p", "q"]


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
    assert file_bytes("data:image/svg+xml,%3Csvg/%3E") == b"<svg/>"
    with pytest.raises(BadArgument):
        file_bytes("https://example.org/a.png")


@pytest.mark.parametrize("win", [5, "a/b c?", "é"])
def test_any_key_will_do(vis, win):
    assert vis.text("x", win=win) == str(win)


def test_names_that_are_too_long_are_refused_at_once(vis):
    with pytest.raises(BadArgument):
        vis.text("x", win="w" * 301)
    with pytest.raises(BadArgument):
        vis.text("x", env="")
