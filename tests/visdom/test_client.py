"""The unmodified visdom client from PyPI, every method of its feature list, against a running server."""

import json
import logging

import numpy as np
import pytest

from tests.support.server import OWNER
from tests.visdom.conftest import connect

X = np.linspace(0, 1, 20)
GRID = np.outer(X, X)


def data(vis, win) -> dict:
    return json.loads(vis.get_window_data(win))


def only_trace(vis, win) -> dict:
    (trace,) = data(vis, win)["content"]["data"]
    return trace


# --- connecting


def test_the_client_is_connected_as_soon_as_it_is_made(server):
    made = connect(server, env="connecting")
    try:
        assert made.socket_alive and made.socket_connection_achieved
        assert made.check_connection()
        assert "connecting" in made.get_env_list()
    finally:
        made.use_socket = False


def test_a_wrong_password_is_an_error_at_once(server):
    with pytest.raises(RuntimeError, match="Authentication failed"):
        connect(server, password="wrong")


def test_a_name_and_token_in_the_address_will_do(server):
    made = connect(server, username=None, password=None, env="basic", use_incoming_socket=False)
    assert made.win_exists("w") is None  # nobody is known, and no page came instead
    import visdom

    address = f"http://{OWNER}:{server.token()}@127.0.0.1"
    basic = visdom.Visdom(server=address, port=server.port, env="basic", raise_exceptions=True)
    try:
        assert basic.check_connection()
        assert basic.text("hello", win="w") == "w"
        assert basic.win_exists("w") is True
    finally:
        basic.use_socket = False


@pytest.mark.parametrize("login", [{"username": None, "password": None}, {}], ids=["open", "login"])
def test_below_a_base_address_and_without_a_login_where_it_is_open(open_wall, login):
    made = connect(open_wall, base_url="/wall", **login)
    try:
        assert made.check_connection()
        assert made.line(Y=X, win="w") == "w"
        assert made.win_exists("w") is True
    finally:
        made.use_socket = False


# --- plots

PLOTS = {
    "scatter": lambda v, w: v.scatter(X=np.random.rand(9, 2), Y=np.arange(9) % 2 + 1, win=w),
    "scatter with colours": lambda v, w: v.scatter(
        X=np.random.rand(3, 2), win=w, opts={"markercolor": np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]])}
    ),
    "scatter with labels": lambda v, w: v.scatter(
        X=np.random.rand(3, 2), win=w, opts={"textlabels": ["a", "b", "c"], "legend": ["one"]}
    ),
    "scatter in 3D": lambda v, w: v.scatter(
        X=np.random.rand(9, 3), win=w, opts={"xlabel": "x", "xtickmin": 1}
    ),
    "line": lambda v, w: v.line(Y=X, X=X, win=w, opts={"title": "t", "xlabel": "step", "ytype": "log"}),
    "lines": lambda v, w: v.line(
        Y=np.stack([X, X**2], 1), X=X, win=w, opts={"legend": ["a", "b"], "fillarea": True}
    ),
    "line with WebGL": lambda v, w: v.line(Y=X, win=w, opts={"webgl": True, "dash": np.array(["dot"])}),
    "stem": lambda v, w: v.stem(X=np.sin(X), Y=X, win=w, opts={"legend": ["Sine"]}),
    "heatmap": lambda v, w: v.heatmap(X=GRID, win=w, opts={"columnnames": [f"c{i}" for i in range(20)]}),
    "heatmap with gaps": lambda v, w: v.heatmap(
        X=np.array([[1, np.nan], [2, 3]]), win=w, opts={"nancolor": "red"}
    ),
    "bar": lambda v, w: v.bar(X=X, win=w, opts={"rownames": [str(i) for i in range(20)]}),
    "stacked bar": lambda v, w: v.bar(
        X=GRID, win=w, opts={"stacked": True, "legend": [str(i) for i in range(20)]}
    ),
    "histogram": lambda v, w: v.histogram(X=np.random.rand(500), win=w, opts={"numbins": 20}),
    "boxplot": lambda v, w: v.boxplot(X=np.random.rand(50, 2), win=w, opts={"legend": ["Men", "Women"]}),
    "pie": lambda v, w: v.pie(X=np.array([19, 26, 55]), win=w, opts={"legend": ["A", "B", "C"]}),
    "sunburst": lambda v, w: v.sunburst(
        labels=["Eve", "Cain", "Seth"], parents=["", "Eve", "Eve"], values=[10, 4, 6], win=w
    ),
    "surf": lambda v, w: v.surf(X=GRID, win=w, opts={"colormap": "Hot"}),
    "contour": lambda v, w: v.contour(X=GRID, win=w, opts={"colormap": "Viridis"}),
    "quiver": lambda v, w: v.quiver(X=GRID, Y=GRID, win=w, opts={"normalize": 0.9}),
    "mesh": lambda v, w: v.mesh(
        X=np.random.rand(4, 3), Y=np.array([[0, 1, 2], [1, 2, 3]]), win=w, opts={"opacity": 0.5}
    ),
    "two axes": lambda v, w: v.dual_axis_lines(X, X, X**2, win=w, opts={"title": "both", "name_y1": "a"}),
}


@pytest.mark.parametrize("what", PLOTS)
def test_every_plot_is_drawn(vis, what):
    assert PLOTS[what](vis, what) == what
    window = data(vis, what)
    assert (window["type"], window["id"]) == ("plot", what)
    assert window["content"]["data"]
    assert vis.set_window_data(json.dumps(window), win=what) == ""
    assert data(vis, what) == window


def test_a_plot_without_a_name_gets_one(vis):
    win = vis.line(Y=X)
    assert win.startswith("window_")
    assert vis.win_exists(win) is True


def test_a_plotly_figure(vis):
    import plotly.graph_objects as go

    figure = go.Figure(go.Scatter(x=X, y=X**2))
    figure.update_layout(title="A figure")
    assert vis.plotlyplot(figure, win="p") == "p"
    window = data(vis, "p")
    assert window["title"] == "A figure"
    assert np.allclose(window["content"]["data"][0]["y"], X**2)


def test_a_raw_message(vis, env):
    message = {
        "data": [{"type": "waterfall", "y": [1, 2]}],
        "layout": {"title": "x"},
        "win": "raw",
        "eid": env,
    }
    assert vis._send(message) == "raw"
    assert only_trace(vis, "raw")["type"] == "waterfall"


# --- updates


def test_lines_grow_shrink_and_change(vis):
    assert vis.line(Y=np.array([1.0, 2.0]), X=np.array([0, 1]), win="w", update="append") == "w"
    for step in range(2, 6):
        assert vis.line(Y=np.array([step]), X=np.array([step]), win="w", update="append") == "w"
    assert only_trace(vis, "w")["y"] == [1, 2, 2, 3, 4, 5]
    assert vis.line(Y=np.array([7.0]), X=np.array([0]), win="w", name="b", update="append") == "w"
    assert [t["name"] for t in data(vis, "w")["content"]["data"]] == ["1", "b"]
    assert vis.line(Y=np.array([8.0]), X=np.array([3]), win="w", name="b", update="replace") == "w"
    assert data(vis, "w")["content"]["data"][1]["y"] == [8]
    assert vis.line(Y=None, X=None, win="w", name="b", update="remove") == "w"
    assert only_trace(vis, "w")["name"] == "1"
    assert vis.line(Y=np.array([np.nan]), X=np.array([np.nan]), win="w", update="append") == "w"
    assert len(only_trace(vis, "w")["y"]) == 6
    assert vis.scatter(X=np.array([[9.0, 9.0]]), win="w", update="append") == "w"
    assert only_trace(vis, "w")["y"][-1] == 9
    assert vis.line(Y=X, X=X, win="missing", update="replace") == "win does not exist"
    vis.bar(X=X, win="bar")
    assert vis.line(Y=X, X=X, win="bar", update="append").startswith("win is not scatter, heatmap, ")


def test_options_change_alone(vis):
    vis.line(Y=X, X=X, win="w", opts={"title": "old"})
    assert vis.update_window_opts("w", {"title": "new", "xlabel": "steps", "legend": ["a"]}) == "w"
    window = data(vis, "w")
    assert window["title"] == "new"
    assert window["content"]["layout"]["xaxis"]["title"] in ("steps", {"text": "steps"})
    assert window["content"]["data"][0]["name"] == "a"


def test_a_heatmap_grows_replaces_and_goes(vis):
    vis.heatmap(X=np.ones((2, 2)), win="h", opts={"rownames": ["a", "b"], "columnnames": ["x", "y"]})
    assert vis.heatmap(X=np.zeros((1, 2)), win="h", update="appendRow", opts={"rownames": ["c"]}) == "h"
    assert (
        vis.heatmap(X=np.zeros((3, 1)), win="h", update="prependColumn", opts={"columnnames": ["w"]}) == "h"
    )
    trace = only_trace(vis, "h")
    assert trace["z"] == [[0, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert (trace["x"], trace["y"]) == (["w", "x", "y"], ["a", "b", "c"])
    assert vis.heatmap(X=np.zeros((1, 1)), win="h", update="replace") == "h"
    assert only_trace(vis, "h")["z"] == [[0]]
    assert vis.heatmap(X=None, win="h", update="remove") == "h"
    assert data(vis, "h")["content"]["data"] == []


# --- pictures, texts and the rest


def test_images(vis):
    picture = np.random.rand(3, 16, 20)
    assert vis.image(picture, win="i", opts={"caption": "noise", "title": "t"}) == "i"
    window = data(vis, "i")
    assert (window["type"], window["width"], window["height"]) == ("image", 20, 16)
    assert window["content"]["caption"] == "noise"
    assert window["content"]["src"].startswith("data:image/png;base64,")
    assert vis.image(picture, win="j", opts={"jpgquality": 70}) == "j"
    assert data(vis, "j")["content"]["src"].startswith("data:image/jpeg;base64,")
    assert vis.images(np.random.rand(5, 3, 8, 8), win="grid", nrow=3) == "grid"
    assert vis.image((picture * 255).astype(np.uint8), win="i") == "i"
    assert data(vis, "i")["content"]["caption"] is None


def test_a_history_of_images(vis):
    for n in range(3):
        opts = {"store_history": True, "caption": f"frame {n}"}
        assert vis.image(np.full((3, 4, 4), n / 3), win="h", opts=opts) == "h"
    window = data(vis, "h")
    assert window["type"] == "image_history"
    assert [frame["caption"] for frame in window["content"]] == ["frame 0", "frame 1", "frame 2"]
    assert window["selected"] == 2


def test_texts(vis):
    assert vis.text("<b>Hello</b>", win="t", opts={"title": "greeting"}) == "t"
    assert vis.text("again", win="t", append=True) == "t"
    assert data(vis, "t")["content"] == "<b>Hello</b><br>again"
    assert vis.text("again", win="missing", append=True) == "win does not exist"
    assert vis.text(42, win="number") == "number"
    assert data(vis, "number")["content"] == "42"


def test_drawings(vis):
    svg = '<svg height="10" width="10"><circle r="3"/></svg>'
    assert vis.svg(svgstr=svg, win="s") == "s"
    assert data(vis, "s")["content"] == svg
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("svg")
    pyplot.plot([1, 2, 3])
    assert vis.matplot(pyplot, win="m") == "m"
    pyplot.close("all")
    assert "<svg " in data(vis, "m")["content"]


def test_sound_and_video(vis, tmp_path):
    assert vis.audio(tensor=np.sin(np.arange(4000) / 10), win="a") == "a"
    assert "<audio" in data(vis, "a")["content"]
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypmp42" + b"x" * 100_000)
    assert vis.video(videofile=str(film), win="v") == "v"
    assert "data:video/mp4;base64," in data(vis, "v")["content"]


def test_properties(vis):
    items = [
        {"type": "text", "name": "Text", "value": "initial"},
        {"type": "number", "name": "Number", "value": "12"},
        {"type": "button", "name": "Button", "value": "Start"},
        {"type": "checkbox", "name": "Box", "value": True},
        {"type": "select", "name": "Select", "value": 1, "values": ["Red", "Green"]},
    ]
    assert vis.properties(items, win="p") == "p"
    assert data(vis, "p")["content"] == items


def test_pictures_texts_and_sounds_can_be_put_back_as_they_came(vis):
    vis.image(np.zeros((3, 4, 4)), win="image", opts={"caption": "c", "title": "t"})
    for n in range(2):
        vis.image(
            np.full((3, 4, 4), float(n)), win="history", opts={"store_history": True, "caption": str(n)}
        )
    vis.text("<b>words</b>", win="text", opts={"width": 300})
    vis.audio(tensor=np.sin(np.arange(400) / 10), win="audio")
    vis.properties([{"type": "checkbox", "name": "Box", "value": True}], win="properties")
    vis.graph([(0, 1)], win="graph")
    whole = vis.get_window_data()
    assert len(json.loads(whole)) == 6
    for win in json.loads(whole):
        one = vis.get_window_data(win)
        assert vis.set_window_data(one, win=win) == ""
        assert vis.get_window_data(win) == one
    assert vis.set_window_data(whole) == ""
    assert vis.get_window_data() == whole


def test_a_graph(vis):
    edges = [(0, 1), (1, 2), (2, 0)]
    assert vis.graph(edges, win="g", opts={"showEdgeLabels": True, "scheme": "different"}) == "g"
    window = data(vis, "g")
    assert window["type"] == "network"
    assert (window["showEdgeLabels"], window["directed"]) == (True, False)
    assert len(window["content"]["nodes"]) == 3


def test_what_is_sent_to_a_window_of_another_kind_comes_back_as_words(vis):
    vis.line(Y=X, win="l", opts={"title": "loss"})
    vis.text("a", win="t")
    line, text = vis.get_window_data("l"), vis.get_window_data("t")
    said = vis.text("x", win="l", append=True)
    assert said.startswith("Window 'l' holds lines or points (scatter), and a text came;")
    said = vis.line(Y=X, X=X, win="t", update="append", opts={"title": "loss"})
    assert said.startswith("Window 't' holds a text, and lines or points (scatter) came;")
    assert vis.heatmap(GRID, win="l", update="appendRow").startswith("Window 'l' holds lines or points")
    assert (vis.get_window_data("l"), vis.get_window_data("t")) == (line, text)


def test_embeddings_begin_by_loading(vis):
    with pytest.raises(Exception, match=r"bhtsne|tsne|t-SNE|In order"):
        vis.embeddings(np.random.rand(30, 4), ["a"] * 30, win="e")
    assert data(vis, "e")["content"]["isLoading"] is True


# --- control


def test_envs(vis, env):
    vis.line(Y=X, win="w")
    assert vis.save([env]) == json.dumps([env])
    assert vis.fork_env(env, f"{env}-fork") == f"{env}-fork"
    assert f"{env}-fork" in vis.get_env_list()
    assert vis.win_exists("w", env=f"{env}-fork") is True
    assert vis.delete_env(f"{env}-fork") == ""
    assert f"{env}-fork" not in vis.get_env_list()
    assert vis.fork_env(f"{env}-nope", "x") == ""


def test_windows(vis, env):
    vis.line(Y=X, win="a")
    vis.text("b", win="b")
    assert (vis.win_exists("a"), vis.win_exists("c")) == (True, False)
    first = vis.win_hash("a")
    assert len(first) == 32
    vis.line(Y=X, X=X, win="a", update="append")
    assert vis.win_hash("a") != first
    assert vis.win_hash("c") is None
    everything = vis.get_window_data()
    assert set(json.loads(everything)) == {"a", "b"}
    assert vis.close("a") == ""
    assert vis.win_exists("a") is False
    assert vis.set_window_data(everything) == ""
    assert data(vis, "a")["content"] == json.loads(everything)["a"]["content"]
    assert vis.close() == ""
    assert json.loads(vis.get_window_data()) == {}
    assert vis.get_window_data("a") == ""


def test_what_was_logged_offline_is_replayed(vis, env, tmp_path):
    import visdom

    log = tmp_path / "log"
    offline = visdom.Visdom(offline=True, log_to_filename=str(log), env=env)
    assert offline.line(Y=X, win="w") == "w"
    for step in range(5):
        assert offline.line(Y=np.array([step]), X=np.array([step]), win="w", update="append") == "w"
    assert offline.text("hi", win="t") == "t"
    vis.replay_log(str(log))
    assert len(only_trace(vis, "w")["y"]) == 25
    assert data(vis, "t")["content"] == "hi"


def test_nothing_is_logged_as_an_error(server, caplog):
    """What its feature list shows runs without a word of the client's."""
    with caplog.at_level(logging.WARNING, logger="visdom"):
        made = connect(server, env="silent")
        try:
            assert made.line(Y=X, win="w") == "w"
            assert made.line(Y=X, X=X, win="w", update="append") == "w"
        finally:
            made.use_socket = False
    assert {record.getMessage() for record in caplog.records} <= {"Setting up a new session..."}
