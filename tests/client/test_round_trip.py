"""Each kind of window goes to a server and comes back, alone and with its env, and what comes back can be put there again."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from panewall import Visdom
from panewall.errors import NotFound

DATA: dict[str, Callable[[Visdom, str], Any]] = {
    "line": lambda vis, win: vis.line(
        [1.0, np.nan, 3.0], [1, 2, 3], win=win, opts={"title": "t", "xlabel": "x"}
    ),
    "dates": lambda vis, win: vis.line([1.0, 2.0], np.array(["2026-01-01", "2026-01-02"], "M8[D]"), win=win),
    "scatter": lambda vis, win: vis.scatter(
        np.ones((3, 2)), [1, 2, 1], win=win, opts={"textlabels": list("abc"), "markercolor": [1, 2]}
    ),
    "scatter 3-D": lambda vis, win: vis.scatter(np.ones((3, 3)), win=win, opts={"zlabel": "z"}),
    "stem": lambda vis, win: vis.stem([1.0, 2.0], win=win, opts={"colormap": "Hot"}),
    "quiver": lambda vis, win: vis.quiver(np.ones((2, 2)), np.eye(2), win=win),
    "bar": lambda vis, win: vis.bar([[1, 2], [3, 4]], win=win, opts={"legend": ["a", "b"], "stacked": True}),
    "histogram": lambda vis, win: vis.histogram(np.arange(9.0), win=win),
    "boxplot": lambda vis, win: vis.boxplot(np.ones((3, 2)), win=win),
    "pie": lambda vis, win: vis.pie([1, 2], win=win, opts={"legend": ["a", "b"]}),
    "sunburst": lambda vis, win: vis.sunburst(["a", "b"], ["", "a"], [2, 1], win=win),
    "heatmap": lambda vis, win: vis.heatmap([[1.0, np.nan]], win=win, opts={"columnnames": ["a", "b"]}),
    "heatmap over a colour": lambda vis, win: vis.heatmap([[1.0, np.nan]], win=win, opts={"nancolor": "red"}),
    "surf": lambda vis, win: vis.surf(np.eye(3), win=win, opts={"zlabel": "z"}),
    "contour": lambda vis, win: vis.contour(np.eye(3), win=win, opts={"xmin": 0.5}),
    "mesh": lambda vis, win: vis.mesh(np.eye(3), [[0, 1, 2]], win=win, opts={"color": "red"}),
    "dual axes": lambda vis, win: vis.dual_axis_lines([1, 2], [3, 4], [5, 6], win=win),
    "graph": lambda vis, win: vis.graph([(0, 1), (1, 2)], win=win, opts={"directed": True}),
    "properties": lambda vis, win: vis.properties(
        [
            {"type": "text", "name": "a", "value": "b"},
            {"type": "select", "name": "c", "value": 1, "values": ["x", "y"]},
        ],
        win=win,
        opts={"title": "form"},
    ),
    "text": lambda vis, win: vis.text("<b>é</b> & more", win=win, opts={"title": "t", "width": 9}),
    "svg": lambda vis, win: vis.svg("<svg viewBox='0 0 1 1'><g/></svg>", win=win),
    "image": lambda vis, win: vis.image(np.zeros((3, 2, 2)), win=win, opts={"caption": "c"}),
    "jpeg": lambda vis, win: vis.image(np.zeros((3, 2, 2)), win=win, opts={"jpgquality": 50}),
    "images": lambda vis, win: vis.images(np.zeros((3, 3, 2, 2)), win=win),
    "history": lambda vis, win: [
        vis.image(np.full((3, 2, 2), step / 3), win=win, opts={"store_history": True, "caption": str(step)})
        for step in range(3)
    ],
    "audio": lambda vis, win: vis.audio(np.sin(np.arange(2000.0)), win=win, opts={"title": "sound"}),
    "video": lambda vis, win: vis.video(np.zeros((3, 32, 32, 3), np.uint8), win=win, opts={"fps": 3}),
    "embeddings": lambda vis, win: vis.embeddings(np.eye(8), list("aabbccdd"), win=win, opts={"title": "e"}),
    "raw": lambda vis, win: vis._send(
        {"data": [{"type": "funnel", "x": [1, 2], "y": ["a", "b"]}], "win": win}
    ),
}


@pytest.fixture
def vis(server, token):
    env = f"env-{uuid.uuid4().hex[:8]}"
    return Visdom(f"http://127.0.0.1:{server.port}", port=server.port, token=token, env=env)


@pytest.fixture(autouse=True)
def places(monkeypatch) -> None:
    """Embeddings without the time that t-SNE takes."""
    monkeypatch.setattr("panewall.visdom.forms.on_a_plane", lambda features: features[:, :2])


@pytest.fixture
def refusals(told):
    """What the server did not take in this test: nothing, unless a test asks for it."""
    yield told
    assert told == []


class Twin(Visdom):
    """Sends nothing, and remembers the first message for each window."""

    def __init__(self, env: str) -> None:
        self.first: dict[str, dict] = {}
        super().__init__(send=False, env=env)

    def _send(self, msg, endpoint="events", quiet=False, from_log=False, create=True):
        return self.first.setdefault(msg["win"], msg)["win"]


def draw_all(vis: Visdom) -> None:
    for kind, draw in DATA.items():
        draw(vis, kind)


def test_every_kind_comes_back_as_it_was_sent(vis, refusals):
    twin = Twin(vis.env)
    draw_all(vis)
    draw_all(twin)
    windows = json.loads(vis.get_window_data())
    assert list(windows) == list(DATA)
    for kind, window in windows.items():
        sent = twin.first[kind]
        assert (window["id"], window["title"]) == (
            kind,
            (sent.get("opts") or {}).get("title", window["title"]),
        )
        if window["type"] == "plot":
            traces = [shown(trace) for trace in window["content"]["data"]]
            assert traces == [shown(trace) for trace in sent["data"]], kind
            assert window["content"]["layout"] == (sent.get("layout") or {}), kind
        elif kind in ("graph", "properties", "text", "svg", "image", "images"):
            assert window["content"] == sent["data"][0]["content"], kind
    assert [frame["caption"] for frame in windows["history"]["content"]] == ["0", "1", "2"]
    assert windows["audio"]["content"].startswith("<audio controls>")
    assert windows["video"]["content"].startswith("<video controls>")
    assert [point["group"] for point in windows["embeddings"]["content"]["data"]] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert json.loads(vis.get_window_data("line")) == windows["line"]


def shown(trace: dict) -> dict:
    """A trace without what says nothing, and what visdom's clients say that no version of Plotly knows."""
    said = {key: value for key, value in trace.items() if value not in (None, {}) and key != "textposition"}
    if "marker" in said:
        said["marker"] = {
            key: value for key, value in said["marker"].items() if value not in ("dot", "circle")
        }
    return said


def test_a_window_begins_with_an_append_whose_first_line_is_all_gaps(vis, refusals):
    """Of lines that go by their places, one that has no point yet keeps its place."""
    for x in ([[np.nan, 1.0], [np.nan, 2.0]], [[3.0, np.nan], [4.0, np.nan]]):
        vis.line([[5.0, 6.0], [7.0, 8.0]], x, win="w", update="append", opts={"legend": ["a", "b"]})
    traces = json.loads(vis.get_window_data("w"))["content"]["data"]
    assert [(trace["name"], trace["x"], trace["y"]) for trace in traces] == [
        ("a", [3.0, 4.0], [5.0, 7.0]),
        ("b", [1.0, 2.0], [6.0, 8.0]),
    ]


def test_what_comes_back_can_be_put_there_again(vis, refusals):
    draw_all(vis)
    before = vis.get_window_data()
    for kind, window in json.loads(before).items():
        assert vis.set_window_data(window, kind) == ""
    assert vis.get_window_data() == before
    assert vis.close() == "" and json.loads(vis.get_window_data()) == {}
    assert vis.set_window_data(before) == ""
    assert same_place(vis.get_window_data()) == same_place(before)
    for kind in ("line", "history", "video", "embeddings"):
        assert vis.set_window_data(vis.get_window_data(kind), f"{kind} copy") == ""
        copy, original = (json.loads(vis.get_window_data(win)) for win in (f"{kind} copy", kind))
        assert copy["content"] == original["content"] and copy["id"] == f"{kind} copy"


def same_place(text: str) -> dict:
    """Windows without their place in the env, which grows with each new one."""
    return {key: {**window, "i": 0} for key, window in json.loads(text).items()}


def test_an_env_comes_back_and_can_be_put_elsewhere(vis, refusals):
    vis.text("a", win="first")
    vis.line([1.0, 2.0], win="second/é")
    whole = vis.get_window_data()
    assert list(json.loads(whole)) == ["first", "second/é"]
    vis.text("gone", win="third")
    assert vis.set_window_data(whole) == ""
    assert list(json.loads(vis.get_window_data())) == ["first", "second/é"]
    assert vis.set_window_data(json.loads(whole), env=f"{vis.env}-copy") == ""
    there = json.loads(vis.get_window_data(env=f"{vis.env}-copy"))
    assert there["first"] == json.loads(whole)["first"]


@pytest.mark.parametrize("data", ["no json", "5", "[1]", '{"w": 5}', None])
def test_what_is_no_window_is_refused(vis, data):
    with pytest.raises(AssertionError):
        vis.set_window_data(data if data is not None else "null")


def test_a_window_has_a_hash_that_changes_with_it(vis, refusals):
    vis.line([1.0, 2.0], win="w")
    first = vis.win_hash("w")
    assert len(first) == 32 and int(first, 16) and vis.win_hash("w") == first
    vis.line([3.0], [3], win="w", update="append")
    assert vis.win_hash("w") not in (None, first)
    assert vis.win_hash("missing") is None
    vis.text("x", win="other", env=f"{vis.env}-b")
    assert vis.win_hash("other") is None and vis.win_hash("other", env=f"{vis.env}-b") is not None


GROWN = {
    "appendRow": ({"rownames": ["r2"]}, [[1, 2], [3, 4]], ["a", "b"], ["r1", "r2"]),
    "prependRow": ({"rownames": ["r2"]}, [[3, 4], [1, 2]], ["a", "b"], ["r2", "r1"]),
    "appendColumn": ({"columnnames": ["c", "d"]}, [[1, 2, 3, 4]], ["a", "b", "c", "d"], ["r1"]),
    "prependColumn": ({"columnnames": ["c", "d"]}, [[3, 4, 1, 2]], ["c", "d", "a", "b"], ["r1"]),
    "replace": ({"columnnames": ["c", "d"], "rownames": ["r2"]}, [[3, 4]], ["c", "d"], ["r2"]),
}


@pytest.mark.parametrize("colour", [{}, {"nancolor": "red"}])
def test_a_heatmap_grows_in_every_direction(vis, refusals, colour):
    first = {"columnnames": ["a", "b"], "rownames": ["r1"], **colour}
    for direction, (names, *_) in GROWN.items():
        vis.heatmap([[1, 2]], win=direction, opts=first)
        vis.heatmap([[3, 4]], win=direction, update=direction, opts={**names, **colour})
    for direction, window in json.loads(vis.get_window_data()).items():
        *background, trace = window["content"]["data"]
        assert [trace["z"], trace["x"], trace["y"]] == list(GROWN[direction][1:]), direction
        for sheet in background:
            assert np.shape(sheet["z"]) == np.shape(trace["z"]) and sheet["showscale"] is False
        assert len(background) == len(colour)


def test_a_heatmap_begins_by_growing_and_can_be_emptied(vis, refusals):
    for row in range(3):
        vis.heatmap([[row, None]], win="w", update="appendRow", opts={"title": "t", "nancolor": "red"})
    window = json.loads(vis.get_window_data("w"))
    assert window["content"]["data"][0]["z"] == [[0, None], [1, None], [2, None]] and window["title"] == "t"
    assert window["content"]["layout"]["plot_bgcolor"] == "red"
    vis.heatmap(None, win="w", update="remove")
    assert json.loads(vis.get_window_data("w"))["content"]["data"] == []


def test_a_heatmap_that_does_not_fit_is_refused_whole(vis, told):
    vis.heatmap([[1, 2]], win="w")
    vis.heatmap([[1, 2, 3]], win="w", update="appendRow", opts={"title": "new"})
    assert json.loads(vis.get_window_data("w"))["content"]["data"][0]["z"] == [[1, 2]]
    assert len(told) == 1 and "columns" in told[0]


def test_points_in_three_dimensions_are_appended(vis, refusals):
    vis.scatter(np.ones((2, 3)), win="w")
    vis.scatter(np.full((1, 3), 2.0), win="w", update="append")
    (trace,) = json.loads(vis.get_window_data("w"))["content"]["data"]
    assert (trace["type"], trace["z"]) == ("scatter3d", [1.0, 1.0, 2.0])


def test_any_window_gets_another_title(vis, refusals):
    draw_all(vis)
    for kind in DATA:
        vis.update_window_opts(kind, {"title": f"{kind}!"})
    titles = {key: window["title"] for key, window in json.loads(vis.get_window_data()).items()}
    assert titles == {kind: f"{kind}!" for kind in DATA}


def test_forms_change(vis, refusals):
    form = [{"type": "number", "name": "n", "value": 1}]
    vis.properties(form, win="w", opts={"title": "t"})
    form[0]["value"] = 2
    vis.properties(form, win="w", opts={"title": "t"})
    assert json.loads(vis.get_window_data("w"))["content"] == form


def test_envs_are_listed_saved_forked_and_deleted(vis, refusals):
    vis.text("x", win="w")
    assert vis.save([vis.env, "nowhere"]) == json.dumps([vis.env])
    copy = vis.fork_env(vis.env, f"{vis.env}-fork")
    assert {vis.env, copy} <= set(vis.get_env_list())
    assert json.loads(vis.get_window_data("w", env=copy))["content"] == "x"
    assert vis.delete_env(copy) == "" and copy not in vis.get_env_list()
    with pytest.raises(NotFound):
        vis.fork_env("nowhere", "anywhere")


def test_a_heatmap_that_grows_without_a_window_makes_one(vis, refusals):
    win = vis.heatmap([[1.0, 2.0]], update="appendRow")
    vis.heatmap([[3.0, 4.0]], win=win, update="appendRow")
    assert json.loads(vis.get_window_data(win))["content"]["data"][0]["z"] == [[1, 2], [3, 4]]


def test_no_plotting_call_waits_for_an_answer(vis, refusals, monkeypatch):
    asked = []
    monkeypatch.setattr("panewall.rest.Rest.ask", lambda rest, method, path, **more: asked.append(path))
    for _ in range(2):
        draw_all(vis)
        vis.heatmap([[1.0, 2.0]], win="heatmap", update="appendRow")
        vis.text("more", win="text", append=True)
    assert asked == []


def test_what_was_logged_offline_is_replayed(vis, refusals, tmp_path):
    log = tmp_path / "log.jsonl"
    draw_all(Visdom(offline=True, log_to_filename=str(log), env=vis.env))
    vis.replay_log(str(log))
    windows = json.loads(vis.get_window_data())
    assert list(windows) == list(DATA)
    assert len(windows["history"]["content"]) == 3
    assert windows["audio"]["content"].startswith("<audio controls>")


ODD = [
    *(
        "",
        " ",
        ".",
        "..",
        "a/../b",
        "a/b",
        "a+b",
        "a#b",
        "a%b",
        "a%2Fb",
        "q?x=1",
        "back\\slash",
        "line\nbreak",
    ),
    *("\"quotes'", "é😀", "<img src=x onerror=alert(1)>", "w" * 300, "x/object", "x/traces/0/data"),
]


def test_any_text_is_a_name_for_a_window(vis, refusals):
    for name in ODD:
        assert vis.text("x", win=name) == name
    assert list(json.loads(vis.get_window_data())) == ODD
    for name in ODD:
        assert vis.win_exists(name) is True, name
        text = vis.get_window_data(name)
        assert json.loads(text)["content"] == "x", name
        assert vis.set_window_data(text, name) == "" and vis.win_hash(name) is not None, name
    assert vis.set_window_data("{}") == ""
    assert [vis.win_exists(name) for name in ODD] == [False] * len(ODD)


def test_any_text_is_a_name_for_an_env(vis, refusals):
    mark = vis.env
    for name in (
        "a b",
        "a+b",
        "a#b",
        "a%b",
        "q?x=1",
        "back\\slash",
        "é😀",
        "<img src=x onerror=alert(1)>",
        "_",
        "e" * 280,
    ):
        env = f"{name}{mark[4:]}"
        vis.text("x", win="w", env=env)
        assert vis.win_exists("w", env) is True, name
        assert vis.save([env]) == json.dumps([env])
        copy = vis.fork_env(env, f"{env}-copy")
        assert list(json.loads(vis.get_window_data(env=copy))) == ["w"]
        assert env in vis.get_env_list()
        vis.delete_env(env)
        assert env not in vis.get_env_list()


#: Lines go into plots of lines; what is named goes into any plot.
MISFITS = [
    (kind, update)
    for kind in ("text", "image", "properties", "bar", "line")
    for update in ("grow", "append", "replace", "named")
    if update == "grow" or (kind != "line" and (kind, update) != ("bar", "named"))
]


@pytest.mark.parametrize(("kind", "update"), MISFITS)
def test_an_update_of_the_wrong_kind_changes_nothing_not_even_the_look(vis, kind, update):
    DATA[kind](vis, "w")
    before = vis.get_window_data("w")
    opts = {"title": "another", "ylabel": "y", "colormap": "Hot"}
    if update == "grow":
        vis.heatmap([[1.0, 2.0]], win="w", update="appendRow", opts=opts)
    else:
        name, how = ("n", "append") if update == "named" else (None, update)
        vis.line([1.0], [2.0], win="w", update=how, name=name, opts=opts)
    assert vis.get_window_data("w") == before
