"""Figures of older programs are drawn as they were meant; each trap of plotly.js 3 and 4 has a case here."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.windows import commands, figures
from apps.windows.figures import as_sent, upgrade_layout, upgrade_trace
from apps.windows.models import Trace, Window
from apps.windows.selectors import trace_dict, window_dict


def test_titles_that_were_texts_are_kept_wherever_they_stand():
    layout = {
        "title": "Loss",
        "titlefont": {"size": 20},
        "xaxis": {"title": "step", "titlefont": {"color": "red"}},
        "yaxis2": {"title": {"text": "new"}},
        "scene": {"zaxis": {"title": "depth"}},
        "polar2": {"radialaxis": {"title": 5}},
        "coloraxis": {"colorbar": {"title": "n", "titleside": "right"}},
        "legend": {"title": "which"},
    }
    before = repr(layout)
    titles: list[str] = []
    upgraded = upgrade_layout(layout, titles)
    assert upgraded == {
        "title": {"text": "Loss", "font": {"size": 20}},
        "xaxis": {"title": {"text": "step", "font": {"color": "red"}}},
        "yaxis2": {"title": {"text": "new"}},
        "scene": {"zaxis": {"title": {"text": "depth"}}},
        "polar2": {"radialaxis": {"title": {"text": "5"}}},
        "coloraxis": {"colorbar": {"title": {"text": "n", "side": "right"}}},
        "legend": {"title": {"text": "which"}},
    }
    assert repr(layout) == before
    expected = {**layout, "polar2": {"radialaxis": {"title": "5"}}}
    assert as_sent(upgraded, titles) == expected


def test_a_template_of_an_older_figure_is_upgraded_too():
    template = {"layout": {"xaxis": {"title": "x"}}, "data": {"heatmapgl": [{"type": "heatmapgl"}]}}
    assert upgrade_layout({"template": template}) == {
        "template": {
            "layout": {"xaxis": {"title": {"text": "x"}}},
            "data": {"heatmapgl": [{"type": "heatmap"}]},
        }
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "heatmapgl", "z": [[1]]}, {"type": "heatmap", "z": [[1]]}),
        (
            {"type": "pointcloud", "xy": [1, 2, 3, 4]},
            {"type": "scattergl", "mode": "markers", "x": [1, 3], "y": [2, 4]},
        ),
        ({"type": "area", "r": [1], "t": [90]}, {"type": "barpolar", "r": [1], "theta": [90]}),
        ({"type": "scattermapbox", "lat": [1]}, {"type": "scattermap", "lat": [1]}),
        ({"type": "custom", "y": [1]}, {"type": "scatter", "y": [1]}),
        (
            {"type": "mesh", "x": [0, 1], "y": [0, 1]},
            {"type": "mesh3d", "x": [0, 1], "y": [0, 1], "z": [0, 0]},
        ),
        ({"type": "scatter", "textposition": "right"}, {"type": "scatter", "textposition": "middle right"}),
        ({"textposition": ["right", "top center"]}, {"textposition": ["middle right", "top center"]}),
        ({"marker": {"symbol": "dot"}}, {"marker": {"symbol": "circle"}}),
        ({"marker": {"symbol": ["dot", "x"]}}, {"marker": {"symbol": ["circle", "x"]}}),
        ({"marker": {"colorbar": {"title": "x"}}}, {"marker": {"colorbar": {"title": {"text": "x"}}}}),
        ({"line": {"colorbar": {"title": "x"}}}, {"line": {"colorbar": {"title": {"text": "x"}}}}),
        ({"colorbar": {"titlefont": {"size": 1}}}, {"colorbar": {"title": {"font": {"size": 1}}}}),
        (
            {"type": "pie", "title": "Parts", "titleposition": "top left"},
            {"type": "pie", "title": {"text": "Parts", "position": "top left"}},
        ),
        (
            {"type": "carpet", "aaxis": {"title": "a", "titleoffset": 4}},
            {"type": "carpet", "aaxis": {"title": {"text": "a", "standoff": 4}}},
        ),
        ({"type": "bar", "textposition": "inside"}, {"type": "bar", "textposition": "inside"}),
        ({"y": [1]}, {"y": [1]}),
        (
            {"type": ["scatter"], "marker": "dot", "line": 1},
            {"type": ["scatter"], "marker": "dot", "line": 1},
        ),
    ],
)
def test_old_words_of_a_trace_become_todays(old, new):
    before = repr(old)
    assert upgrade_trace(old) == new
    assert upgrade_trace(new) == new
    assert repr(old) == before


keys = st.sampled_from(
    [
        "title",
        "titlefont",
        "titleside",
        "titleposition",
        "titleoffset",
        "text",
        "font",
        "xaxis",
        "yaxis2",
        "scene",
        "polar",
        "legend",
        "coloraxis",
        "colorbar",
        "template",
        "layout",
        "data",
        "marker",
        "line",
        "symbol",
        "type",
        "textposition",
        "xy",
        "t",
        "aaxis",
    ]
)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(keys, plain, max_size=6))
def test_nothing_that_is_sent_is_too_odd_and_once_is_enough(given_map):
    trace, titles = upgrade_trace(given_map), []
    assert upgrade_trace(trace) == trace
    layout = upgrade_layout(given_map, titles)
    assert upgrade_layout(layout) == layout
    assert upgrade_layout(as_sent(layout, titles)) == layout
    figures.titles_after(titles, given_map, titles)


pytest_db = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest_db
def test_every_command_that_brings_a_figure_upgrades_it(desk, ann):
    old = {"type": "heatmapgl", "z": [[1]], "colorbar": {"title": "n"}}
    layout = {"title": "T", "xaxis": {"title": "x", "titlefont": {"size": 9}}}
    head = {"env": "run", "win": "w"}
    desk.send(
        ann,
        {"do": "window.put", **head, "kind": "plot", "layout": layout, "traces": [old]},
        {"do": "trace.put", **head, "trace": old},
        {
            "do": "heatmap.grow",
            **head,
            "index": 0,
            "direction": "appendRow",
            "z": [[2]],
            "set": {"colorbar": {"title": "m"}},
        },
        {
            "do": "trace.append",
            "env": "run",
            "win": "v",
            "y": [1],
            "make": {"layout": {"title": "V"}, "trace": {"type": "custom", "marker": {"symbol": "dot"}}},
        },
        {
            "do": "window.update",
            "env": "run",
            "win": "v",
            "layout": {"yaxis": {"title": "y"}},
            "traces": [{"index": 0, "set": {"textposition": "left"}}],
        },
    )
    window = window_dict(Window.objects.get(key="w"))
    assert window["layout"] == {
        "title": {"text": "T"},
        "xaxis": {"title": {"text": "x", "font": {"size": 9}}},
    }
    grown, added = (trace_dict(trace)["attrs"] for trace in Trace.objects.filter(window__key="w"))
    assert (grown["type"], grown["colorbar"]) == ("heatmap", {"title": {"text": "m"}})
    assert (added["type"], added["colorbar"]) == ("heatmap", {"title": {"text": "n"}})
    other = window_dict(Window.objects.get(key="v"))
    assert other["layout"] == {"title": {"text": "V"}, "yaxis": {"title": {"text": "y"}}}
    (line,) = other["traces"]
    assert line["columns"] == ["x", "y"]
    assert line["attrs"] == {"type": "scatter", "marker": {"symbol": "circle"}, "textposition": "middle left"}


def test_arrays_of_plotly_6_are_series_and_tables():
    def typed(values: list, dtype: str, shape: str | None = None) -> dict:
        data = base64.b64encode(np.array(values, dtype=dtype).tobytes()).decode()
        return {"dtype": dtype, "bdata": data} | ({"shape": shape} if shape else {})

    trace = {"type": "scatter", "x": typed([1, 2, 3], "i1"), "y": typed([1.5, 2.5, 3.5], "f4")}
    raw = {
        "do": "window.put",
        "env": "e",
        "win": "w",
        "kind": "plot",
        "traces": [trace, {"type": "heatmap", "z": typed([1, 2, 3, 4, 5, 6], "u2", "2, 3")}],
    }
    line, table = commands.decode(raw).args["traces"]
    assert line.points["x"].tolist() == [1, 2, 3]
    assert line.points["y"].tolist() == [1.5, 2.5, 3.5]
    assert table.attrs["z"]["shape"] == [2, 3]
