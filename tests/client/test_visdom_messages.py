"""For the same call our client makes the message that the unmodified visdom makes, but for the defects named here."""

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import panewall
from tests.client.oracle import answer, open_oracle

rng = np.random.default_rng(7)
TABLE = rng.normal(size=(4, 3))
FLAT = rng.normal(size=5)
GAPS = np.array([1.0, np.nan, 3.0])
DRAWING = "<?xml version='1.0'?><svg width='10'><g/></svg>\n"


@pytest.fixture(scope="module")
def visdom() -> Any:
    return open_oracle()


@pytest.fixture(scope="module")
def ours() -> panewall.Visdom:
    return panewall.Visdom(send=False)


def call(method: str, *args: Any, **kwargs: Any) -> Any:
    """One row of a table of calls, named by what it does."""
    words = [method, *(_said(value) for value in args), *(f"{key}={_said(kwargs[key])}" for key in kwargs)]
    return pytest.param(method, args, kwargs, id=" ".join(words)[:90])


def _said(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "x".join(map(str, value.shape)) + str(value.dtype.char)
    if isinstance(value, dict):
        return ",".join(value)
    return str(value)[:20].replace(" ", "")


AXES = {
    "title": "t",
    "xlabel": "x",
    "ylabel": "y",
    "xtype": "log",
    "ytype": "linear",
    "xtick": True,
    "xtickmin": 0,
    "xtickmax": 5,
    "xtickvals": [1, 2],
    "xticklabels": ["a", "b"],
    "ytickstep": 2,
    "ytickmin": 1,
    "ytickmax": 9,
    "xtickfont": {"size": 9},
    "marginleft": 1,
    "marginright": 2,
    "margintop": 3,
    "marginbottom": 4,
    "showlegend": True,
    "layoutopts": {"plotly": {"hovermode": "x", "title": "over"}},
    "width": 300,
    "height": 200,
    "unknown": {"any": [1, "a"]},
}
SCENE = {
    "zlabel": "z",
    "xlabel": "x",
    "ztickmin": 0,
    "ztickmax": 8,
    "ztickstep": 2,
    "ytickvals": [1],
    "yticklabels": ["one"],
    "ztype": "linear",
    "ztickfont": {"size": 3},
}
LABELS = np.array([1, 2, 1, 3])

EQUAL = [
    # line
    call("line", FLAT),
    call("line", [1, 2, 3]),
    call("line", FLAT, np.arange(5)),
    call("line", [1, 2], [3, 4], opts=AXES),
    call("line", GAPS),
    call("line", TABLE),
    call("line", TABLE, np.arange(4)),
    call("line", TABLE, TABLE, opts={"legend": ["a", "b", "c"]}),
    call("line", FLAT[:, None], name="one"),
    call("line", FLAT, name="n", opts={"legend": ["l"]}),
    call("line", FLAT, opts={"markers": True, "markersize": 3, "markersymbol": "x", "fillarea": True}),
    call("line", FLAT, opts={"mode": "text", "webgl": True}),
    call(
        "line",
        TABLE,
        opts={"dash": np.array(["dot", "dash", "solid"]), "linecolor": np.arange(9).reshape(3, 3)},
    ),
    call("line", FLAT, opts={"traceopts": {"plotly": {"1": {"mode": "markers", "line": {"width": 3}}}}}),
    call("line", FLAT, opts={"title": 5}),
    call("line", FLAT, opts={"title": None}),
    call("line", FLAT, win="w", env="e"),
    call("line", FLAT, np.arange(5), win="w", update="append"),
    call("line", FLAT, np.arange(5), win="w", update="append", name="n", opts={"title": "t"}),
    call("line", TABLE, np.arange(4), win="w", update="replace"),
    call("line", FLAT, np.arange(5), win="w", update="insert", name="n"),
    call("line", FLAT, win="w", update="remove", name="n"),
    call("line", None, win="w", env="e", update="remove", name="5"),
    # scatter
    call("scatter", TABLE[:, :2]),
    call("scatter", TABLE),
    call("scatter", TABLE, opts=SCENE),
    call("scatter", TABLE[:, :2], LABELS),
    call("scatter", TABLE[:, :2], LABELS.astype(float), opts={"legend": ["a", "b", "c"]}),
    call("scatter", TABLE[:, :2], [2, 2, 2, 2], name="n"),
    call("scatter", TABLE[:, :2], opts={"textlabels": ["p", "q", "r", "s"]}),
    call("scatter", TABLE[:, :2], LABELS, opts={"textlabels": ["p", "q", "r", "s"], "mode": "text"}),
    call("scatter", TABLE[:, :2], LABELS, opts={"markercolor": np.arange(9).reshape(3, 3)}),
    call("scatter", TABLE[:, :2], opts={"markercolor": np.arange(12.0).reshape(4, 3)}),
    call("scatter", TABLE[:, :2], opts={"markerborderwidth": 0, "markersize": 1, "markersymbol": "cross"}),
    call("scatter", [1, 2], [3, 4], win="w", update="append", name="n"),
    call("scatter", TABLE[:, :2], win="w", update="replace"),
    call("scatter", TABLE, win="w", update="append", name="n"),
    call("scatter", [[1, 2], [3, 4]]),
    # stem and quiver
    call("stem", FLAT),
    call("stem", [1, 2, 3], [4, 5, 6]),
    call("stem", TABLE, np.arange(4), opts={"legend": ["a", "b", "c"]}),
    call("stem", TABLE, TABLE, win="w", env="e"),
    call("quiver", TABLE, TABLE[::-1]),
    call("quiver", TABLE, TABLE, TABLE, TABLE, opts={"normalize": 2, "arrowheads": False}),
    call("quiver", TABLE, TABLE, opts={"normalize": 0.5, "title": "t"}),
    # bars and the like
    call("bar", [1, 2, 3]),
    call("bar", TABLE),
    call("bar", TABLE, [1, 2, 5, 7], opts={"legend": ["a", "b", "c"], "stacked": True}),
    call("bar", [1, 2, 3], opts={"rownames": ["a", "b", "c"]}),
    call("bar", [1, 2, 3], opts={"legend": ["a", "b", "c"]}),
    call("bar", TABLE, opts={"rownames": list("abcd"), "ylabel": "n"}),
    call("histogram", FLAT),
    call("histogram", np.arange(100)),
    call("histogram", FLAT, opts={"numbins": 3, "title": "t"}),
    call("boxplot", FLAT),
    call("boxplot", TABLE, opts={"legend": ["a", "b", "c"]}),
    call("pie", [1, 2, 3]),
    call("pie", [0.5, 2.5], opts={"legend": ["a", "b"]}),
    call("sunburst", ["a", "b"], ["", "a"]),
    call(
        "sunburst",
        ["a", "b"],
        ["", "a"],
        [1, 2],
        opts={"size": 3, "font_color": "red", "opacity": 0.5, "marker_width": 2},
    ),
    # values over an area
    call("heatmap", TABLE),
    call("heatmap", np.array([[1.0, np.nan]])),
    call("heatmap", TABLE, opts={"columnnames": list("abc"), "rownames": list("wxyz"), "colormap": "Hot"}),
    call("heatmap", TABLE, opts={"xmin": 0, "xmax": 1, **AXES}),
    call("heatmap", TABLE, opts={"nancolor": "red", "columnnames": list("abc")}),
    *(
        call("heatmap", TABLE, win="w", update=update)
        for update in ("replace", "appendRow", "appendColumn", "prependRow", "prependColumn")
    ),
    call("heatmap", TABLE, update="appendRow"),
    call("heatmap", None, win="w", update="remove"),
    call("surf", TABLE, opts=SCENE),
    call("surf", TABLE, opts={"xmin": 0, "xmax": 1, "colormap": "Hot"}),
    call("surf", [[1, 2], [3, 4]]),
    call("mesh", TABLE),
    call("mesh", TABLE, [[0, 1, 2], [1, 2, 3]], opts={"color": "red", "opacity": 0.5}),
    # networks, forms, texts, media
    call("graph", [(0, 1), (1, 2), (2, 0), (1, 0)]),
    call("graph", [(2, 1), (1, 0)], opts={"title": "t"}),
    call("graph", [(0, 1), (2, 1), (2, 0)], ["a", "b", "c"], ["x", "y", "z"], opts={"scheme": "different"}),
    call("graph", [(0, 1)], None, None, {"showEdgeLabels": True, "height": 100}, "e", "w"),
    call("properties", [{"type": "text", "name": "n", "value": "v"}]),
    call("properties", [{"type": "select", "name": "n", "value": 1, "values": ["a", "b"]}], "w", "e"),
    call("text", "<b>bold</b>", opts={"title": "t"}),
    call("text", 5),
    call("text", "more", win="w", append=True),
    call("svg", DRAWING),
    call("svg", svgstr="before <svg a='1'>é</svg> after", win="w"),
    call("image", rng.random((3, 4, 5))),
    call("image", rng.integers(0, 255, (3, 4, 5), dtype=np.uint8), opts={"caption": "c", "title": "t"}),
    call("image", rng.integers(0, 255, (4, 4, 5), dtype=np.uint8)),
    call("image", rng.random((4, 5)), opts={"width": 50}),
    call("image", np.full((1, 2, 2), 200.0)),
    call("image", rng.random((3, 4, 5)), opts={"jpgquality": 40}),
    call("image", rng.random((3, 4, 5)), opts={"store_history": True}),
    call("images", rng.random((3, 4, 5))),
    # what plots nothing
    call("update_window_opts", "w", {"title": "t", "xlabel": "x", "legend": ["a"]}),
    call("update_window_opts", "w", {}, env="e"),
    call("close"),
    call("close", "w", "e"),
    call("delete_env", "e"),
    call("save", ["a", "b"]),
    call("fork_env", "a", "b"),
    call("get_window_data"),
    call("get_window_data", "w", "e"),
    call("set_window_data", "{}", "w"),
    call("win_exists", "w"),
    call("dual_axis_lines", [1, 2], [3, 4], [5, 6], {"color_title_y2": "red"}),
    call(
        "dual_axis_lines",
        [1, 2],
        [3, 4],
        [5, 6],
        {
            "title": "t",
            "name_y1": "a",
            "name_y2": "b",
            "side": "left",
            "top": 3,
            "left": 1,
            "right": 2,
            "bottom": 0,
            "height": 10,
            "color_title_y1": "red",
            "color_title_y2": "blue",
            "color_tick_y1": "green",
            "color_tick_y2": "#fff",
            "showlegend": False,
        },
        "w",
        "e",
    ),
]


@pytest.mark.parametrize(("method", "args", "kwargs"), EQUAL)
def test_the_message_is_visdoms(visdom, ours, method, args, kwargs):
    theirs = answer(visdom, method, *copy.deepcopy(args), **copy.deepcopy(kwargs))
    assert theirs[0] == "sends"
    assert answer(ours, method, *args, **kwargs) == theirs


REFUSED = [
    call("line", np.ones((2, 2, 2))),
    call("line", []),
    call("line", [1, 2], [1, 2, 3]),
    call("line", [1, 2], win="w", update="append"),
    call("line", [1, 2], [1, 2], update="append"),
    call("line", TABLE, name="n"),
    call("line", [1], [1], win="w", update="remove"),
    call("line", [1], [1], update="remove", name="n"),
    call("line", [1], [1], win="w", update="remove", name="n", opts={}),
    call("scatter", FLAT),
    call("scatter", np.ones((3, 4))),
    call("scatter", np.ones((3, 2)), [1, 2]),
    call("scatter", np.ones((3, 2)), [0, 1, 2]),
    call("scatter", np.ones((3, 2)), [1.5, 1, 2]),
    call("scatter", np.ones((3, 2)), [1, 2, 3], opts={"legend": ["a"]}),
    call("scatter", np.ones((3, 2)), opts={"textlabels": ["a"]}),
    call("scatter", np.ones((3, 2)), opts={"markercolor": np.array([0.5, 1, 2])}),
    call("scatter", np.ones((3, 2)), opts={"markercolor": np.array([300, 1, 2])}),
    call("scatter", np.ones((3, 2)), opts={"markercolor": np.ones((3, 2))}),
    call("scatter", [1, 2], [1], win="w", update="append", name="n"),
    call("scatter", np.ones((3, 2)), opts={"mode": 3}),
    call("line", TABLE, opts={"dash": np.array(["dot"])}),
    call("line", TABLE, opts={"linecolor": np.array([[300, 0, 0]] * 3)}),
    call("stem", TABLE, [1, 2]),
    call("stem", TABLE, np.ones((4, 2))),
    call("quiver", TABLE, TABLE[:2]),
    call("quiver", FLAT, FLAT),
    call("quiver", TABLE, TABLE, TABLE[:2]),
    call("quiver", TABLE, TABLE, opts={"normalize": -1}),
    call("bar", np.ones((2, 2, 2))),
    call("bar", [1, 2], [1, 2, 3]),
    call("bar", [1, 2], opts={"rownames": ["a"]}),
    call("bar", TABLE, opts={"legend": ["a"]}),
    call("bar", [1, 2], opts={"legend": ["a", "b"], "rownames": ["c"]}),
    call("histogram", TABLE),
    call("boxplot", np.ones((2, 2, 2))),
    call("boxplot", TABLE, opts={"legend": ["a"]}),
    call("pie", [-1, 2]),
    call("pie", TABLE),
    call("sunburst", ["a", "b"], [""]),
    call("sunburst", ["a", "b"], ["", "a"], [1]),
    call("heatmap", FLAT),
    call("heatmap", TABLE, update="sideways"),
    call("heatmap", TABLE, opts={"columnnames": ["a"]}),
    call("heatmap", TABLE, opts={"rownames": ["a"]}),
    call("heatmap", None, update="remove"),
    call("surf", FLAT),
    call("contour", FLAT),
    call("mesh", FLAT),
    call("mesh", np.ones((4, 4))),
    call("mesh", TABLE, [[0, 1]]),
    call("dual_axis_lines", [1, 2], [3, 4], [5]),
    call("graph", [(1, 2)]),
    call("graph", [(0, 1)], ["a", "b"]),
    call("graph", [(0, 1)], None, ["a"]),
    call("svg"),
    call("svg", "nothing"),
    call("svg", svgfile="/nowhere/none.svg"),
    call("audio"),
    call("audio", np.ones((4, 3))),
    call("audio", audiofile="sound.mp9"),
    call("video"),
    call("video", videofile="film.zip"),
    call("video", np.zeros((4, 4, 3))),
    call("video", np.zeros((1, 4, 4, 3)), dim="HxW"),
    call("save", "a"),
    call("save", [1]),
    call("fork_env", "a", 1),
    call("win_exists", None),
    call("win_hash", None),
    call("register_event_handler", 5, "w"),
    *(
        call("line", [1, 2], opts=opts)
        for opts in (
            {"title": ["no"]},
            {"color": 3},
            {"colormap": 3},
            {"markersymbol": 3},
            {"markersize": -1},
            {"markersize": "5"},
            {"markerborderwidth": -1},
            {"columnnames": "a"},
            {"rownames": "a"},
            {"jpgquality": 101},
            {"opacity": 2},
            {"fps": -1},
        )
    ),
]


@pytest.mark.parametrize(("method", "args", "kwargs"), REFUSED)
def test_bad_arguments_are_the_same_kind_of_error(visdom, ours, method, args, kwargs):
    how, error = answer(visdom, method, *copy.deepcopy(args), **copy.deepcopy(kwargs))
    assert how == "raises"
    how, our_error = answer(ours, method, *args, **kwargs)
    assert how == "raises" and issubclass(our_error, error)


# --- what is repaired, each by its name ---


def of_trace(theirs: Any, **changes: Any) -> Any:
    """visdom's message with other attributes of its first trace; None takes one away."""
    theirs = copy.deepcopy(theirs)
    for key, value in changes.items():
        theirs[0]["data"][0].pop(key, None)
        if value is not None:
            theirs[0]["data"][0][key] = value
    return theirs


def of_layout(theirs: Any, **changes: Any) -> Any:
    theirs = copy.deepcopy(theirs)
    theirs[0]["layout"].update(changes)
    return theirs


def of_opts(theirs: Any, **changes: Any) -> Any:
    theirs = copy.deepcopy(theirs)
    theirs[0]["opts"].update(changes)
    return theirs


def _grid(rows: list[list[int]]) -> dict[str, Any]:
    pixels = [[[value] * 3 for value in row] for row in rows]
    return {"src": ["data:image/png;base64", pixels], "caption": None}


REPAIRED: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "ticks can be hidden without another axis option": (
        call("line", [1, 2], opts={"xtick": False}),
        lambda theirs: of_layout(theirs, xaxis={"showticklabels": False}),
    ),
    "the step of ticks works alone": (
        call("line", [1, 2], opts={"ytickstep": 2}),
        lambda theirs: of_layout(theirs, yaxis={"dtick": 2}),
    ),
    "a range may be open on one side": (
        call("line", [1, 2], opts={"xtickmin": 1}),
        lambda theirs: of_layout(theirs, xaxis={"range": [1, None]}),
    ),
    "a range from 0 to 0 is a range": (
        call("line", [1, 2], opts={"xtickmin": 0, "xtickmax": 0}),
        lambda theirs: of_layout(theirs, xaxis={"range": [0, 0]}),
    ),
    "single numbers colour markers from black to red": (
        call("scatter", np.ones((2, 2)), opts={"markercolor": np.array([0, 255])}),
        lambda theirs: of_trace(
            theirs, marker={**theirs[0]["data"][0]["marker"], "color": ["#000000", "#ff0000"]}
        ),
    ),
    "contours are clipped": (
        call("contour", TABLE, opts={"xmin": -0.5, "xmax": 0.5}),
        lambda theirs: of_trace(theirs, cmin=None, cmax=None, zmin=-0.5, zmax=0.5),
    ),
    "a surface with gaps has bounds": (
        call("surf", np.array([[1.0, np.nan], [3.0, 4.0]])),
        lambda theirs: of_opts(of_trace(theirs, cmin=1.0, cmax=4.0), xmin=1.0, xmax=4.0),
    ),
    "a mesh in the plane is drawn": (
        call("mesh", TABLE[:, :2]),
        lambda theirs: of_trace(theirs, z=[0.0] * 4, type="mesh3d"),
    ),
    "the second axis has a colour that browsers know": (
        call("dual_axis_lines", [1, 2], [3, 4], [5, 6]),
        lambda theirs: of_layout(
            theirs,
            yaxis2={**theirs[0]["layout"]["yaxis2"], "titlefont": {"color": "rgb(148, 103, 189)"}},
        ),
    ),
    "an image of a history is appended without asking": (
        call("image", np.zeros((3, 2, 2)), win="w", opts={"store_history": True}),
        lambda theirs: [theirs[0], "update"],
    ),
    "stems have a colormap": (
        call("stem", [1.0, 2.0], opts={"colormap": "Hot"}),
        lambda theirs: of_trace(
            theirs,
            mode="lines+markers",
            marker={
                **theirs[0]["data"][0]["marker"],
                "size": [0, 10, 0, 0, 10, 0],
                "color": [0.0, 1.0, 0.0, 0.0, 2.0, 0.0],
                "colorscale": "Hot",
            },
        ),
    ),
    "options of traces are found by place, too": (
        call("scatter", np.ones((2, 2)), opts={"traceopts": {"plotly": {0: {"opacity": 0.5}}}}),
        lambda theirs: of_trace(theirs, opacity=0.5),
    ),
    "edges of a directed graph keep their direction": (
        call("graph", [(1, 0), (0, 1)], opts={"directed": True}),
        lambda theirs: of_trace(
            theirs,
            content={
                "nodes": theirs[0]["data"][0]["content"]["nodes"],
                "edges": [
                    {"source": 1, "target": 0, "label": "1-0"},
                    {"source": 0, "target": 1, "label": "0-1"},
                ],
            },
        ),
    ),
    "the name of a trace to remove may be a number": (
        call("line", None, win="w", update="remove", name=5),
        lambda theirs: [{**theirs[0], "name": "5"}, theirs[1]],
    ),
    "of pictures in bytes the space between is white": (
        call("images", np.zeros((2, 1, 1, 1), np.uint8), padding=1),
        lambda theirs: of_trace(
            theirs, content=_grid([[255] * 6, [255, 0, 255, 255, 0, 255], [255] * 6]), type="image"
        ),
    ),
}


@pytest.mark.parametrize("defect", REPAIRED)
def test_repaired(visdom, ours, defect):
    row, repair = REPAIRED[defect]
    method, args, kwargs = row.values
    how, theirs = answer(visdom, method, *copy.deepcopy(args), **copy.deepcopy(kwargs))
    assert how == "sends"
    made = answer(ours, method, *args, **kwargs)
    assert made != (how, theirs)
    assert made == (how, repair(theirs))


# --- and for arrays that nobody thought of ---

numbers = st.floats(-1e6, 1e6, width=32) | st.integers(-100, 100).map(float) | st.just(float("nan"))
shapes = st.one_of(
    st.tuples(st.integers(1, 6)),
    st.tuples(st.integers(1, 6), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
)
kinds = st.sampled_from([np.float64, np.float32, np.int64, np.uint8])


@st.composite
def any_array(draw) -> np.ndarray:
    kind = draw(kinds)
    elements = numbers if np.dtype(kind).kind == "f" else st.integers(0, 200)
    return draw(arrays.arrays(kind, draw(shapes), elements=elements))


looks = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(max_size=3),
        "xlabel": st.text(max_size=3),
        "markers": st.booleans(),
        "fillarea": st.booleans(),
        "webgl": st.booleans(),
        "stacked": st.booleans(),
        "markersize": st.integers(1, 9),
        "legend": st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=5),
        "showlegend": st.booleans(),
        "numbins": st.integers(1, 9),
        "colormap": st.sampled_from(["Hot", "Viridis"]),
        "columnnames": st.lists(st.text("abc"), max_size=4),
    },
)


@pytest.mark.parametrize("method", ["line", "scatter", "bar", "boxplot", "heatmap", "surf"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=any_array(), opts=looks)
def test_whatever_visdom_draws_is_drawn_alike(visdom, ours, method, array, opts):
    array = np.nan_to_num(array) if method == "surf" else array  # with gaps it has bounds, see above
    how, theirs = answer(visdom, method, array.copy(), opts=dict(opts))
    if how == "sends":
        assert answer(ours, method, array, opts=opts) == (how, theirs)


# --- signatures ---


def test_every_method_takes_visdoms_arguments_in_their_order(visdom, ours):
    missing = [name for name in public(visdom) if not hasattr(type(ours), name)]
    assert missing == []
    for name in public(visdom):
        theirs, mine = (getattr(type(client), name) for client in (visdom, ours))
        if callable(theirs):
            assert parameters(mine)[: len(parameters(theirs))] == parameters(theirs), name


def test_every_attribute_is_there(visdom, ours):
    hidden = {name for name in vars(visdom) if name.startswith("_")}
    assert [name for name in vars(visdom) if name not in hidden and not hasattr(ours, name)] == []


def public(client: Any) -> Iterator[str]:
    return (
        name for name in dir(type(client)) if not name.startswith("_") or name in ("_send", "_handle_post")
    )


def parameters(function: Any) -> list[tuple[str, Any]]:
    """Names and defaults. graph's options default to a dict that all calls share; here it is None."""
    return [
        (each.name, None if isinstance(each.default, dict) else each.default)
        for each in inspect.signature(inspect.unwrap(function)).parameters.values()
        if each.kind is not inspect.Parameter.KEYWORD_ONLY
    ]


def test_it_can_be_imported_as_visdom():
    import panewall as visdom

    assert visdom.Visdom(send=False).text("x")[1] == "events" and visdom.__version__
