"""``POST /update``: what becomes of a message depends on the window it meets (part B10 of the reference's behaviour)."""

import pytest

from tests.visdom.conftest import trace

MISSING = "win does not exist"
UNSUITABLE = "win is not scatter, heatmap, custom, image_history, embeddings, or text; was "
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_an_append_goes_to_the_end(wire):
    assert wire.line("w", [1.0, 2.0]) == "w"
    assert wire.append("w", [3.5], [2]) == "w"
    assert wire.points("w") == {"1": [(0, 1.0), (1, 2.0), (2, 3.5)]}


def test_an_append_without_a_type_is_one_of_points(wire):
    wire.line("w", [1.0])
    wire.append("w", [], data=[{**trace([3.5], [1]), "type": None}])
    assert wire.points("w") == {"1": [(0, 1.0), (1, 3.5)]}


def test_several_lines_go_by_position_whatever_they_are_called(wire):
    wire.say("/events", win="w", data=[trace([1], name="a"), trace([2], name="b")], layout={})
    wire.append("w", [], data=[trace([3], [1], "1"), trace([4], [1], "2")])
    assert wire.points("w") == {"a": [(0, 1), (1, 3)], "b": [(0, 2), (1, 4)]}


def test_fewer_lines_than_there_are_change_the_first_ones(wire):
    wire.say("/events", win="w", data=[trace([1], name="a"), trace([2], name="b")], layout={})
    wire.append("w", [3], [1])
    assert wire.points("w") == {"a": [(0, 1), (1, 3)], "b": [(0, 2)]}


def test_more_lines_than_there_are_change_what_is_there(wire):
    wire.line("w", [1])
    wire.append("w", [], data=[trace([3], [1]), trace([4], [1], "2")])
    assert wire.points("w") == {"1": [(0, 1), (1, 3)]}


def test_a_name_finds_its_line_or_makes_it(wire):
    wire.say("/events", win="w", data=[trace([1], name="a"), trace([2], name="b")], layout={})
    wire.append("w", [5], [1], name="b")
    wire.append("w", [7], [0], name="c")
    assert wire.points("w") == {"a": [(0, 1)], "b": [(0, 2), (1, 5)], "c": [(0, 7)]}


def test_a_replacement_leaves_the_rest(wire):
    wire.say("/events", win="w", data=[trace([1, 2], name="a"), trace([3], name="b")], layout={})
    wire.append("w", [9], [5], name="a", append=False)
    assert wire.points("w") == {"a": [(5, 9)], "b": [(0, 3)]}
    assert wire.traces("w")[0]["mode"] == "lines"


def test_all_lines_of_a_name_go_at_once_and_the_window_stays(wire):
    names = ["a", "b", "a", "a"]
    wire.say("/events", win="w", data=[trace([n], name=name) for n, name in enumerate(names)], layout={})
    assert wire.say("/update", win="w", data=[], name="a", delete=True) == "w"
    assert wire.points("w") == {"b": [(0, 1)]}
    assert wire.say("/update", win="w", data=[], name="b", delete=True) == "w"
    assert wire.traces("w") == []
    assert wire.say("/update", win="w", data=[], name="b", delete=True) == "w"
    wire.append("w", [4], name="new")
    assert wire.points("w") == {"new": [(0, 4)]}


@pytest.mark.parametrize("x", [[None, None], [float("nan")] * 2], ids=["null", "NaN"])
def test_a_line_whose_x_are_all_gaps_is_left_alone(wire, x):
    wire.say("/events", win="w", data=[trace([1], name="a"), trace([2], name="b")], layout={})
    wire.append("w", [], data=[trace([8, 9], x), trace([4], [1])])
    assert wire.points("w") == {"a": [(0, 1)], "b": [(0, 2), (1, 4)]}


def test_gaps_come_back_as_null(wire):
    wire.line("w", [1.0, float("nan"), float("inf")])
    wire.append("w", [None, float("-inf")], [3, 4])
    assert wire.traces("w")[0]["y"] == [1.0, None, None, None, None]


def test_colours_go_with_their_points(wire):
    wire.say("/events", win="w", data=[trace([1, 2], marker={"color": ["#ff0000", "#00ff00"]})], layout={})
    wire.append("w", [], data=[trace([3], [2], marker={"color": ["#0000ff"]})])
    assert wire.traces("w")[0]["marker"]["color"] == ["#ff0000", "#00ff00", "#0000ff"]


def test_dates_and_categories_grow_too(wire):
    wire.line("days", [1, 2], ["2024-01-01", "2024-01-02"])
    wire.append("days", [3], ["2024-01-03"])
    assert len(wire.traces("days")[0]["x"]) == 3
    wire.line("kinds", [1, 2], ["apples", "pears"])
    wire.append("kinds", [3], ["plums"])
    assert wire.points("kinds") == {"1": [("apples", 1), ("pears", 2), ("plums", 3)]}


# --- the look


def test_options_alone_change_the_look_and_no_point(wire):
    wire.line("w", [1], opts={"title": "old"})
    layout = {
        "showlegend": True,
        "title": "new",
        "xaxis": {"title": "steps"},
        "margin": {"l": 60},
        "yaxis": None,
    }
    assert wire.say("/update", win="w", layout=layout, opts={"title": "new", "xlabel": "steps"}) == "w"
    window = wire.window("w")
    assert window["title"] == "new"
    assert window["content"]["layout"]["showlegend"] is True
    assert wire.points("w") == {"1": [(0, 1)]}


def test_a_key_of_the_layout_is_replaced_whole(wire):
    wire.say(
        "/events", win="w", data=[trace([1])], layout={"xaxis": {"nticks": 3, "range": [0, 9]}, "height": 5}
    )
    wire.say("/update", win="w", layout={"xaxis": {"nticks": 7}}, opts={})
    layout = wire.window("w")["content"]["layout"]
    assert (layout["xaxis"], layout["height"]) == ({"nticks": 7}, 5)


def test_a_legend_names_all_lines_by_position(wire):
    wire.say("/events", win="w", data=[trace([1]), trace([2], name="2"), trace([3], name="3")], layout={})
    wire.append(
        "w", [], data=[trace([4], [1], "left"), trace([5], [1], "right")], opts={"legend": ["left", "right"]}
    )
    assert list(wire.points("w")) == ["left", "right", "3"]


def test_title_and_size_of_texts_and_histories_change(wire):
    wire.say("/events", win="t", data=[{"type": "text", "content": "one"}], opts={"title": "a"})
    wire.say("/update", win="t", data=[{"type": "text", "content": "two"}], opts={"title": "b", "width": 300})
    window = wire.window("t")
    assert (window["content"], window["title"], window["width"]) == ("one<br>two", "b", 300)


@pytest.mark.parametrize(("own", "after"), [("a", "b"), ("of its own", "of its own")])
def test_a_title_sent_with_points_is_that_of_the_figure_too_unless_it_had_another(wire, own, after):
    wire.say("/events", win="w", data=[trace([1])], layout={"title": own}, opts={"title": "a"})
    wire.append("w", [2], opts={"title": "b"})
    window = wire.window("w")
    assert (window["title"], window["content"]["layout"]["title"]) == ("b", after)


# --- heatmaps


def heat(z, x=None, y=None, **more):
    return {
        "z": z,
        "x": x,
        "y": y,
        "zmin": None,
        "zmax": None,
        "type": "heatmap",
        "colorscale": "Viridis",
        **more,
    }


@pytest.mark.parametrize(
    ("direction", "z", "expected"),
    [
        ("appendRow", [[5, 6]], [[1, 2], [3, 4], [5, 6]]),
        ("prependRow", [[5, 6]], [[5, 6], [1, 2], [3, 4]]),
        ("appendColumn", [[5], [6]], [[1, 2, 5], [3, 4, 6]]),
        ("prependColumn", [[5], [6]], [[5, 1, 2], [6, 3, 4]]),
        ("replace", [[7]], [[7]]),
    ],
)
def test_a_heatmap_grows_in_four_directions(wire, direction, z, expected):
    wire.say("/events", win="w", data=[heat([[1, 2], [3, 4]])], layout={})
    more = {"append": direction != "replace", "updateDir": direction}
    assert wire.say("/update", win="w", data=[heat(z)], layout={}, opts={}, **more) == "w"
    assert wire.traces("w")[0]["z"] == expected


def test_labels_grow_with_a_heatmap(wire):
    wire.say("/events", win="w", data=[heat([[1, 2]], ["a", "b"], ["r"])], layout={})
    more = {"append": True, "updateDir": "appendRow", "layout": {}, "opts": {}}
    wire.say("/update", win="w", data=[heat([[3, 4]], None, ["s"])], **more)
    grown = wire.traces("w")[0]
    assert (grown["x"], grown["y"]) == (["a", "b"], ["r", "s"])


def test_what_does_not_fit_a_heatmap_changes_nothing(wire):
    wire.say("/events", win="w", data=[heat([[1, 2]], ["a", "b"], ["r"])], layout={}, opts={"title": "t"})
    before = wire.window("w")
    more = {"win": "w", "eid": wire.env, "append": True, "updateDir": "appendRow", "opts": {"title": "u"}}
    for wrong in (heat([[3, 4, 5]], None, ["s"]), heat([[3, 4]]), heat([[3, 4]], None, ["r"])):
        answer = wire.post("/update", {**more, "data": [wrong]})
        assert answer.status_code == 400
        assert wire.window("w")["content"] == before["content"]
        assert wire.window("w")["title"] == "t"


def test_a_missing_heatmap_is_made_and_a_removed_one_comes_back(wire):
    more = {"append": True, "updateDir": "appendRow", "layout": {}, "opts": {}}
    assert wire.say("/update", win="w", data=[heat([[1, 2]])], **more) == "w"
    assert wire.say("/update", win="w", data=[], delete=True) == "w"
    assert wire.traces("w") == []
    assert wire.say("/update", win="w", data=[heat([[3]])], **more) == "w"
    assert wire.traces("w")[0]["z"] == [[3]]


def test_a_heatmap_over_a_colour_for_gaps_grows_with_it(wire):
    below = heat([[0, 0]], showscale=False, colorscale=[[0, "red"], [1, "red"]])
    wire.say("/events", win="w", data=[below, heat([[1, None]])], layout={})
    more = {"append": True, "updateDir": "appendRow", "layout": {}, "opts": {}}
    assert wire.say("/update", win="w", data=[below, heat([[None, 4]])], **more) == "w"
    assert [t["z"] for t in wire.traces("w")] == [[[0, 0], [0, 0]], [[1, None], [None, 4]]]


# --- other kinds


def test_frames_follow_in_a_history_and_replace_in_an_image(wire):
    frame = {"type": "image_history", "content": {"src": PIXEL, "caption": "first"}}
    opts = {"store_history": True}
    assert wire.say("/events", win="h", data=[frame], opts=opts) == "h"
    later = {"type": "image_history", "content": {"src": PIXEL, "caption": None}}
    assert wire.say("/update", win="h", data=[later], opts={**opts, "title": "frames"}) == "h"
    window = wire.window("h")
    assert (window["type"], window["selected"], window["title"]) == ("image_history", 1, "frames")
    assert [frame["caption"] for frame in window["content"]] == ["first", None]
    assert window["content"][1]["src"] == PIXEL


def test_embeddings_show_what_was_chosen(wire):
    points = [
        {"group": 0, "name": f"Entity {i}", "label": "a", "position": [i, 0.5], "idx": i} for i in range(4)
    ]
    wire.say("/events", win="e", data=[{"type": "embeddings", "content": {"isLoading": True}}], opts={})
    assert wire.window("e")["content"]["isLoading"] is True
    wire.say("/events", win="e", data=[{"type": "embeddings", "content": {"data": points}}], opts={})
    chosen = {"html": "<b>one</b>", "entityId": "Entity 1"}
    wire.say("/update", win="e", data={"update_type": "EntitySelected", "selected": chosen})
    assert wire.window("e")["content"]["selected"] == chosen
    wire.say("/update", win="e", data={"update_type": "RegionSelected", "points": points[:2]})
    content = wire.window("e")["content"]
    assert (content["data"], content["has_previous"], content.get("selected")) == (points[:2], True, None)


# --- what cannot be updated


@pytest.mark.parametrize(
    ("data", "was"),
    [
        ([{"type": "bar", "x": [1], "y": [2]}], "bar"),
        ([{"type": "scatter3d", "x": [1], "y": [2], "z": [3]}], "scatter3d"),
        ([{"type": "image", "content": {"src": PIXEL, "caption": None}}], "image"),
        ([{"type": "properties", "content": [{"type": "text", "name": "a", "value": "b"}]}], "properties"),
        ([{"type": "network", "content": {"nodes": [], "edges": []}}], "network"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_window_of_another_kind_says_what_it_is(wire, data, was):
    wire.say("/events", win="w", data=data, layout={})
    before = wire.window("w")
    assert wire.append("w", [1]) == UNSUITABLE + was
    assert wire.window("w")["content"] == before["content"]


PLOT = [trace([1, 2], name="1")]
HEAT = [{"type": "heatmap", "z": [[1, 2]], "x": None, "y": None}]
TEXT = [{"type": "text", "content": "x"}]
FRAME = [{"type": "image_history", "content": {"src": PIXEL, "caption": None}}]
EMBEDDED = [{"type": "embeddings", "content": {"data": []}}]
WINDOWS = {
    "lines or points (scatter)": (PLOT, {}),
    "a heatmap": (HEAT, {}),
    "a text": (TEXT, {}),
    "images": (FRAME, {"store_history": True}),
    "embeddings": (EMBEDDED, {}),
}
UPDATES = {
    "lines or points (scatter)": {"data": PLOT, "append": True},
    "lines or points (scattergl)": {"data": [trace([1], type="scattergl")], "append": False},
    "a heatmap": {"data": HEAT, "append": True, "updateDir": "appendRow"},
    "a text": {"data": TEXT},
    "an image": {"data": FRAME},
    "a plot (bar)": {"data": [{"type": "bar", "x": [1], "y": [2]}], "append": True},
    "properties": {"data": [{"type": "properties", "content": []}]},
    "the removal of a trace": {"data": [], "name": "1", "delete": True},
    "a choice among embeddings": {"data": {"update_type": "EntitySelected", "selected": {}}},
}
SUITABLE = {
    "lines or points (scatter)": {
        "lines or points (scatter)",
        "lines or points (scattergl)",
        "the removal of a trace",
    },
    "a heatmap": {"a heatmap", "the removal of a trace"},
    "a text": {"a text"},
    "images": {"an image"},
    "embeddings": {"a choice among embeddings"},
}


@pytest.mark.parametrize("holds", WINDOWS)
@pytest.mark.parametrize("came", UPDATES)
def test_an_update_of_the_wrong_kind_says_what_is_there_what_came_and_the_way_out(wire, holds, came):
    data, opts = WINDOWS[holds]
    wire.say("/events", win="w", data=data, layout={}, opts={**opts, "title": "before"})
    before = wire.window("w")
    answer = wire.post(
        "/update", {"win": "w", "eid": wire.env, "layout": {}, "opts": {"title": "after"}, **UPDATES[came]}
    )
    if came in SUITABLE[holds]:
        assert (answer.status_code, answer.text) == (200, "w")
        return
    assert (answer.status_code, answer.text) == (
        400,
        f"Window 'w' holds {holds}, and {came} came; nothing was changed."
        " Name another window, or send it without update or append: then it takes this one's place.",
    )
    assert wire.window("w") == before


def test_options_alone_change_windows_that_hold_no_plot(wire):
    for win, data in (("t", TEXT), ("h", FRAME), ("e", EMBEDDED)):
        wire.say("/events", win=win, data=data, opts={"store_history": win == "h"})
        assert wire.say("/update", win=win, layout={}, opts={"title": "new"}) == win
        assert wire.window(win)["title"] == "new"


def test_a_missing_window_is_made_by_an_append_only(wire):
    assert wire.append("w", [1], append=False) == MISSING
    assert wire.say("/update", win="w", data=[{"type": "text", "content": "x"}]) == MISSING
    assert wire.say("/win_exists", win="w") == "false"
    assert wire.append("w", [1]) == "w"
    assert wire.points("w") == {"1": [(0, 1)]}


def test_an_append_to_a_missing_env_makes_both(wire, env):
    wire.env = f"{env}-new"
    assert wire.append("w", [1], append=False) == MISSING
    assert wire.append("w", [1]) == "w"
    assert wire.say("/win_exists", win="w") == "true"


def test_an_update_goes_in_whole_or_not_at_all(wire):
    wire.say(
        "/events", win="w", data=[trace([1], name="a"), trace([2], name="b")], layout={}, opts={"title": "t"}
    )
    before = wire.window("w")
    bad = {"win": "w", "eid": wire.env, "append": True, "opts": {"title": "u"}}
    for data in (
        [trace([3], [1]), trace([4], ["2024-01-01"])],
        [trace([3], [1]), trace([4], ["pears"])],
        [trace([3], [1]), trace([4, 5], [1])],
        [trace([3], [1]), trace(["x"], [1])],
        [trace([3], [1]), "x"],
    ):
        answer = wire.post("/update", {**bad, "data": data})
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/plain")
        assert wire.window("w")["content"] == before["content"]
        assert wire.window("w")["title"] == "t"
