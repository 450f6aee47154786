"""Each plotting method builds visdom's message; nothing is sent."""

import json

import numpy as np
import pytest

from panewall.errors import BadArgument


def sent(answer, endpoint="events"):
    message, where = answer
    assert where == endpoint
    json.dumps(message, allow_nan=False)
    return message


def only_trace(answer, endpoint="events"):
    (trace,) = sent(answer, endpoint)["data"]
    return trace


# --- line ---


def test_a_line_is_what_visdom_sends(vis):
    message = sent(vis.line([1.0, 2.0, float("nan")], [0.0, 1.0, 2.0], opts={"title": "t"}))
    assert message == {
        "data": [
            {
                "x": [0.0, 1.0, 2.0],
                "y": [1.0, 2.0, None],
                "name": "1",
                "type": "scatter",
                "mode": "lines",
                "textposition": "right",
                "line": {},
                "marker": {"size": 10, "symbol": "dot", "line": {"color": "#000000", "width": 0.5}},
            }
        ],
        "win": None,
        "eid": "main",
        "layout": {"showlegend": False, "title": "t", "margin": {"l": 60, "r": 60, "t": 60, "b": 60}},
        "opts": {
            "title": "t",
            "markers": False,
            "fillarea": False,
            "mode": "lines",
            "markersymbol": "dot",
            "markersize": 10,
            "markerborderwidth": 0.5,
        },
    }


def test_without_x_points_are_spaced_from_0_to_1(vis):
    assert only_trace(vis.line([5, 6, 7]))["x"] == [0.0, 0.5, 1.0]


def test_whole_numbers_stay_whole_when_both_are(vis):
    trace = only_trace(vis.line(Y=[1, 2], X=[3, 4]))
    assert [type(value) for value in trace["x"] + trace["y"]] == [int] * 4
    assert [type(value) for value in only_trace(vis.line(Y=[1, 2], X=[0.5, 1]))["x"]] == [float] * 2


def test_columns_of_y_become_lines_that_share_x(vis):
    message = sent(vis.line(np.array([[1, 10], [2, 20]]), [7, 8], opts={"legend": ["a", "b"]}))
    assert [(t["name"], t["x"], t["y"]) for t in message["data"]] == [
        ("a", [7, 8], [1, 2]),
        ("b", [7, 8], [10, 20]),
    ]
    assert message["layout"]["showlegend"] is True


def test_one_column_of_y_may_have_a_name(vis):
    assert only_trace(vis.line(np.ones((3, 1)), name="loss"))["name"] == "loss"


@pytest.mark.parametrize("values", [(1, 2), [1, 2], np.array([1, 2]), [np.float32(1), 2]])
def test_any_kind_of_sequence_will_do(vis, values):
    assert only_trace(vis.line(values))["y"] == [1, 2]


def test_series_and_tables_of_pandas(vis):
    pandas = pytest.importorskip("pandas")
    assert only_trace(vis.line(pandas.Series([1, 2])))["y"] == [1, 2]
    message = sent(vis.line(pandas.DataFrame({"a": [1, 2], "b": [3, 4]})))
    assert [trace["y"] for trace in message["data"]] == [[1, 2], [3, 4]]
    assert only_trace(vis.bar(pandas.Series([3, 4])))["y"] == [3, 4]


def test_markers_and_fill(vis):
    trace = only_trace(
        vis.line([1, 2], opts={"markers": True, "fillarea": True, "webgl": True, "mode": "text"})
    )
    assert (trace["mode"], trace["fill"], trace["type"]) == ("lines+markers", "tonexty", "scattergl")


def test_dash_and_line_colour_belong_to_lines(vis):
    opts = {"dash": np.array(["dot", "dash"]), "linecolor": np.array([[255, 0, 0], [0, 0, 255]])}
    first, second = sent(vis.line(np.ones((2, 2)), opts=opts))["data"]
    assert first["line"] == {"dash": "dot", "color": "#ff0000"}
    assert second["line"] == {"dash": "dash", "color": "#0000ff"}


def test_the_callers_options_stay_as_they_were(vis):
    opts = {"markercolor": np.array([1, 2]), "dash": np.array(["dot"]), "title": 7}
    with pytest.warns(UserWarning, match="title"):
        vis.line([1, 2], opts=opts)
    assert set(opts) == {"markercolor", "dash", "title"} and opts["title"] == 7


@pytest.mark.parametrize(
    "arguments",
    [
        {"Y": np.ones((2, 2, 2))},
        {"Y": []},
        {"Y": [1, 2], "X": [1, 2, 3]},
        {"Y": np.ones((2, 2)), "X": [1, 2, 3]},
        {"Y": [1, 2], "update": "append", "win": "w"},
        {"Y": [1, 2], "X": [1, 2], "update": "append"},
        {"Y": np.ones((2, 2)), "name": "two"},
        {"Y": ["a", "b"]},
        {"Y": None},
    ],
)
def test_a_bad_line_is_an_assertion_error_at_once(vis, arguments):
    with pytest.raises(AssertionError):
        vis.line(**arguments)


# --- scatter ---


def test_labels_become_traces_in_their_order(vis):
    points = np.array([[0, 1], [2, 3], [4, 5]])
    message = sent(vis.scatter(points, [3, 1, 3], opts={"legend": ["a", "b", "c"]}))
    assert [(t["name"], t["x"], t["y"]) for t in message["data"]] == [("a", [2], [3]), ("c", [0, 4], [1, 5])]
    assert message["data"][0]["mode"] == "markers"


def test_three_columns_are_a_scene(vis):
    message = sent(
        vis.scatter(
            np.array([[1.0, 2.0, np.inf]]),
            opts={"zlabel": "height", "ztickmin": 0, "ztickmax": 4, "ztickstep": 2},
        )
    )
    assert message["data"][0]["type"] == "scatter3d"
    assert message["data"][0]["z"] == [None]
    assert message["layout"]["scene"] == {"zaxis": {"title": "height", "range": [0, 4], "nticks": 2.0}}
    assert message["layout"]["margin"] == {"l": 0, "r": 60, "t": 20, "b": 0}


def test_text_labels_follow_their_points(vis):
    message = sent(vis.scatter(np.ones((3, 2)), [1, 2, 1], opts={"textlabels": ["p", "q", "r"]}))
    assert [trace["text"] for trace in message["data"]] == [["p", "r"], ["q"]]
    assert message["data"][0]["mode"] == "markers+text"


def test_marker_colours_for_points_and_for_labels(vis):
    points, labels = np.ones((3, 2)), [1, 2, 1]
    by_point = sent(vis.scatter(points, labels, opts={"markercolor": np.array([0, 128, 255])}))["data"]
    assert [trace["marker"]["color"] for trace in by_point] == [["#000000", "#ff0000"], ["#800000"]]
    by_label = sent(vis.scatter(points, labels, opts={"markercolor": [[1, 2, 3], [255, 255, 255]]}))["data"]
    assert [trace["marker"]["color"] for trace in by_label] == [["#010203", "#010203"], ["#ffffff"]]


@pytest.mark.parametrize(
    "colour", [np.array([0.5, 1, 2]), np.array([300, 1, 2]), np.array([1, 2]), np.ones((3, 2))]
)
def test_bad_marker_colours_are_refused(vis, colour):
    with pytest.raises(AssertionError):
        vis.scatter(np.ones((3, 2)), opts={"markercolor": colour})


def test_trace_options_by_name_and_by_place(vis):
    opts = {"traceopts": {"plotly": {"b": {"mode": "lines"}, 0: {"opacity": 0.5}}}, "legend": ["a", "b"]}
    first, second = sent(vis.scatter(np.ones((2, 2)), [1, 2], opts=opts))["data"]
    assert first["opacity"] == 0.5 and second["mode"] == "lines"


@pytest.mark.parametrize(
    ("points", "labels", "opts"),
    [
        (np.ones(3), None, {}),
        (np.ones((3, 4)), None, {}),
        (np.ones((3, 2)), [1, 2], {}),
        (np.ones((3, 2)), [0, 1, 2], {}),
        (np.ones((3, 2)), [1.5, 1, 2], {}),
        (np.ones((3, 2)), [1, 2, 3], {"legend": ["a"]}),
        (np.ones((3, 2)), None, {"textlabels": ["a"]}),
        (np.ones((3, 2)), None, {"markersize": 0.0001, "opacity": 2}),
        (np.ones((3, 2)), None, {"markersize": -1}),
        (np.ones((3, 2)), None, {"mode": 3}),
        (np.ones((3, 2)), None, {"title": ["no"]}),
        (np.ones((3, 2)), None, "no options"),
    ],
)
def test_bad_scatters_are_refused(vis, points, labels, opts):
    with pytest.raises(BadArgument):
        vis.scatter(points, labels, opts=opts)


# --- updates ---


def test_an_append_goes_to_update_without_a_question(vis):
    message = sent(vis.line([1.0], [2.0], win="w", update="append", name="a"), "update")
    assert (message["name"], message["append"], message["layout"], message["win"]) == ("a", True, {}, "w")
    assert message["data"][0]["x"] == [2.0]


def test_a_named_update_of_scatter_takes_flat_columns(vis):
    message = sent(vis.scatter([1, 2], [3, 4], win="w", update="replace", name="a"), "update")
    assert (message["data"][0]["x"], message["data"][0]["y"], message["append"]) == ([1, 2], [3, 4], False)


def test_a_trace_is_removed_by_name(vis):
    message = sent(vis.line(None, None, win="w", update="remove", name="zz"), "update")
    assert message == {"data": [], "name": "zz", "delete": True, "win": "w", "eid": "main"}


@pytest.mark.parametrize("missing", [{"win": None}, {"name": None}, {"opts": {}}])
def test_remove_wants_window_and_name_and_no_options(vis, missing):
    with pytest.raises(AssertionError):
        vis.scatter(None, **{"win": "w", "name": "a", "update": "remove", **missing})


# --- heatmap, bar, histogram ---


def test_a_heatmap_keeps_its_nulls(vis):
    message = sent(vis.heatmap([[1.0, float("nan")]], opts={"columnnames": ["a", "b"]}))
    assert message["data"] == [
        {
            "z": [[1.0, None]],
            "x": ["a", "b"],
            "y": None,
            "zmin": None,
            "zmax": None,
            "type": "heatmap",
            "colorscale": "Viridis",
        }
    ]


def test_a_colour_for_gaps_is_a_background(vis):
    background, front = sent(vis.heatmap(np.ones((2, 2)), opts={"nancolor": "red"}))["data"]
    assert background["z"] == [[0, 0], [0, 0]] and background["showscale"] is False
    assert background["colorscale"] == [[0, "red"], [1, "red"]] and front["colorscale"] == "Viridis"


@pytest.mark.parametrize("direction", ["appendRow", "appendColumn", "prependRow", "prependColumn"])
def test_a_heatmap_grows(vis, direction):
    message = sent(vis.heatmap([[1, 2]], win="w", update=direction), "update")
    assert (message["append"], message["updateDir"], message["layout"]) == (True, direction, {})


def test_replacing_and_removing_a_heatmap(vis):
    assert sent(vis.heatmap([[1]], win="w", update="replace"), "update")["append"] is False
    assert sent(vis.heatmap(None, win="w", update="remove"), "update")["delete"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        {"X": [1, 2]},
        {"X": [[1]], "update": "sideways"},
        {"X": [[1, 2]], "opts": {"columnnames": ["a"]}},
        {"X": None, "update": "remove"},
    ],
)
def test_bad_heatmaps_are_refused(vis, arguments):
    with pytest.raises(AssertionError):
        vis.heatmap(**arguments)


def test_bars_of_one_column(vis):
    message = sent(vis.bar([3, 4]))
    assert message["data"] == [{"y": [3, 4], "x": [1, 2], "type": "bar"}]
    assert message["opts"] == {"stacked": False} and "barmode" not in message["layout"]


def test_a_legend_makes_one_row_of_bars(vis):
    message = sent(vis.bar([3, 4], opts={"legend": ["a", "b"], "stacked": True}))
    assert [(trace["y"], trace["name"]) for trace in message["data"]] == [([3], "a"), ([4], "b")]
    assert message["layout"]["barmode"] == "stack"


def test_groups_of_bars_with_names(vis):
    message = sent(vis.bar(np.array([[1, 2], [3, 4]]), opts={"rownames": ["p", "q"], "legend": ["a", "b"]}))
    assert message["data"][1] == {"y": [2, 4], "x": ["p", "q"], "type": "bar", "name": "b"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"X": [7]},
        {"X": np.ones((2, 2, 2))},
        {"X": [1, 2], "Y": [1]},
        {"X": [1, 2], "opts": {"rownames": ["a"]}},
        {"X": [1, 2], "opts": {"rownames": ["a", "b"], "legend": ["a", "b"]}},
    ],
)
def test_bad_bars_are_refused(vis, arguments):
    with pytest.raises(AssertionError):
        vis.bar(**arguments)


def test_a_histogram_counts_between_lowest_and_highest(vis):
    trace = only_trace(vis.histogram([0.0, 0.0, 1.0, 4.0], opts={"numbins": 2}))
    assert (trace["y"], trace["x"]) == ([3, 1], [0.0, 4.0])
    assert len(only_trace(vis.histogram(np.arange(100)))["y"]) == 30


# --- layout ---


@pytest.mark.parametrize(
    ("opts", "axis"),
    [
        ({"xlabel": "step", "xtype": "log"}, {"title": "step", "type": "log"}),
        ({"xtick": False}, {"showticklabels": False}),
        ({"xtickstep": 5}, {"dtick": 5}),
        ({"xtickmin": 0}, {"range": [0, None]}),
        ({"xtickmin": 0, "xtickmax": 0}, {"range": [0, 0]}),
        (
            {"xtickvals": np.array([1, 2]), "xticklabels": ("a", "b")},
            {"tickvals": [1, 2], "ticktext": ["a", "b"]},
        ),
        ({"xtickfont": {"size": 9}}, {"tickfont": {"size": 9}}),
    ],
)
def test_axis_options(vis, opts, axis):
    assert sent(vis.line([1, 2], opts=opts))["layout"]["xaxis"] == axis


def test_layout_options_of_plotly_win(vis):
    layout = sent(vis.line([1, 2], opts={"marginleft": 5, "layoutopts": {"plotly": {"legend": {"x": 0}}}}))[
        "layout"
    ]
    assert layout["margin"]["l"] == 5 and layout["legend"] == {"x": 0} and "xaxis" not in layout


def test_options_of_a_window_alone(vis):
    message = sent(vis.update_window_opts("w", {"title": "new", "xlabel": "q", "showlegend": True}), "update")
    assert "data" not in message
    assert message["layout"] == {
        "showlegend": True,
        "title": "new",
        "margin": {"l": 60, "r": 60, "t": 60, "b": 60},
        "xaxis": {"title": "q"},
    }


# --- the rest ---


def test_text_is_not_escaped(vis):
    assert sent(vis.text("<b>x</b>", win="w"))["data"] == [{"content": "<b>x</b>", "type": "text"}]
    assert sent(vis.text(5, win="w", append=True), "update")["data"][0]["content"] == 5


def test_a_plotly_figure(vis):
    import plotly.graph_objects as go

    figure = go.Figure(go.Bar(x=["a"], y=np.array([1.0, 2.0])), layout={"title": {"text": "T"}})
    message = sent(vis.plotlyplot(figure, win="w"))
    assert message["opts"] == {"title": "T"} and message["data"][0]["type"] == "bar"
    assert sent(vis.plotlyplot({"data": [{"type": "pie"}], "layout": {"title": "U"}}))["opts"] == {
        "title": "U"
    }


def test_raw_messages_pass(vis):
    message = {"data": [{"type": "funnel", "x": [1]}], "layout": {}, "win": "w"}
    assert vis._send(dict(message)) == ({**message, "eid": "main"}, "events")


def test_subclasses_that_override_send_see_plain_messages():
    from panewall import Visdom

    seen = []

    class Mine(Visdom):
        def _send(self, msg, endpoint="events", **more):
            seen.append((json.dumps(msg), endpoint))
            return "mine"

    assert Mine(send=False).line([1, float("inf")]) == "mine"
    assert '"y": [1.0, null]' in seen[-1][0]


def test_subclasses_that_override_the_post_carry_the_transport(monkeypatch):
    from panewall import Visdom

    seen = []

    class Mine(Visdom):
        def _handle_post(self, url, data=None):
            seen.append((url, json.loads(data)))
            return "answered"

    mine = Mine(send=False)
    mine.send = True
    assert mine.text("x", win="w") == "answered"
    assert seen[0][0] == "http://localhost:8097/events" and seen[0][1]["win"] == "w"
