"""What belongs together when envs are compared."""

from typing import Any

import pytest

from apps.windows.comparison.merging import LEGEND_ID, LEGEND_KEY, Source, merge

ids = iter(range(1, 1_000_000))


def trace(called: str = "train", **attrs: Any) -> dict:
    fields = {
        "columns": ["x", "y"],
        "monotone": True,
        "dates": attrs.pop("dates", False),
        "gen": 1,
        "count": 2,
    }
    return {"id": next(ids), "index": 0, "name": called, **fields, "attrs": {"type": "scatter", **attrs}}


def window(
    kind: str = "plot", title: str = "", key: str = "", *traces: dict, **more: Any
) -> tuple[int, dict]:
    look = {"key": key or title, "kind": kind, "title": title, "place": 0, "rev": 1, "opts": {}, "layout": {}}
    return next(ids), {**look, "content": None, "traces": list(traces), **more}


def compared(*envs: list[tuple[int, dict]], **options: Any) -> list[dict]:
    sources = [Source(n, 10 + n, f"team/e{n}", dict(windows)) for n, windows in enumerate(envs)]
    windows = merge(sources, **options).windows
    return [{**look, "id": number} for number, look in windows.items()]


def own(looks: list[dict]) -> list[dict]:
    """The panes: neither the legend nor what stands in a cell."""
    cells = {cell["window"] for look in looks for cell in (look["content"] or {}).get("cells", [])}
    return [look for look in looks if look["id"] not in cells and look["id"] != LEGEND_ID]


def names(look: dict) -> list[str]:
    return [one["name"] for one in look["traces"]]


def test_plots_of_a_title_are_one_with_traces_named_by_number():
    [loss] = own(
        compared(
            [window("plot", "Loss", "a", trace("train"), trace("val"))],
            [window("plot", "Loss", "b", trace("train"))],
        )
    )
    assert (loss["kind"], loss["title"], names(loss)) == ("plot", "Loss", ["0_train", "0_val", "1_train"])
    assert [one["index"] for one in loss["traces"]] == [0, 1, 2]
    assert [(one["n"], one["of"]) for one in loss["traces"]] == [(0, 0), (0, 1), (1, 0)]
    assert loss["layout"]["showlegend"] is True
    assert loss["content"] == {"only": None}


@pytest.mark.parametrize(
    ("size", "count", "room"),
    [
        ((28, 28), 1, (200, 180)),
        ((28, 28), 2, (400, 180)),
        ((28, 28), 6, (600, 360)),
        ((478, 62), 2, (956, 180)),
        ((500, 400), 2, (1000, 400)),
        ((5000, 5000), 6, (1800, 600)),
        ((None, "x"), 3, (1260, 260)),
    ],
)
def test_pictures_side_by_side_begin_as_large_as_can_be_looked_at(size, count, room):
    opts = dict(zip(("width", "height"), size, strict=True))
    [pane] = own(compared(*[[window("image", "digit", opts=opts)] for _ in range(count)]))
    assert (pane["opts"]["width"], pane["opts"]["height"]) == room


def test_a_trace_without_a_name_is_called_as_it_was_shown():
    [plot] = own(
        compared(
            [window("plot", "P", "", trace(""), trace(""))], [window("plot", "P", "", trace("", name="y"))]
        )
    )
    assert names(plot) == ["0_trace 0", "0_trace 1", "1_y"]
    assert all("name" not in one["attrs"] for one in plot["traces"])


def test_metrics_pair_by_name_and_untitled_windows_by_key():
    looks = own(
        compared(
            [window("metric", "renamed", "loss", trace("loss")), window("plot", "", "w1", trace())],
            [window("metric", "loss", "loss", trace("loss")), window("plot", "", "w1", trace())],
        )
    )
    assert [names(look) for look in looks] == [["0_loss", "1_loss"], ["0_train", "1_train"]]
    assert [look["title"] for look in looks] == ["renamed", "w1"], "as on the walls of their envs"


def test_the_second_window_of_a_title_pairs_with_the_second_one():
    first = [window("plot", "P", "a", trace("one")), window("plot", "P", "b", trace("two"))]
    second = [window("plot", "P", "c", trace("three")), window("plot", "P", "d", trace("four"))]
    looks = own(compared(first, second))
    assert [names(look) for look in looks] == [["0_one", "1_three"], ["0_two", "1_four"]]
    assert len({look["key"] for look in looks}) == 2


def test_what_one_env_alone_has_is_shown_and_marked():
    looks = own(compared([window("plot", "A", "", trace())], [window("text", "B")]))
    assert [(look["title"], look["content"]["only"]) for look in looks] == [("A", 0), ("B", 1)]
    assert names(looks[0]) == ["0_train"]


@pytest.mark.parametrize(
    "kind", ["image", "text", "properties", "network", "embeddings", "audio", "a kind of tomorrow"]
)
def test_other_kinds_stand_side_by_side(kind):
    mine, theirs = window(kind, "T", "a"), window(kind, "T", "b")
    looks = compared([mine], [theirs])
    [pane] = own(looks)
    assert pane["kind"] == "cells"
    assert pane["content"]["cells"] == [{"n": 0, "window": mine[0]}, {"n": 1, "window": theirs[0]}]
    assert {look["id"]: look["kind"] for look in looks}[mine[0]] == kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([trace(type="heatmap")], [trace(type="heatmap")]),
        ([trace(type="scatter")], [trace(type="scatter3d")]),
        ([trace(type="scatter")], [trace(type="pie")]),
        ([trace(dates=True)], [trace(dates=False)]),
    ],
)
def test_figures_that_cannot_share_axes_stand_side_by_side(one, other):
    [pane] = own(compared([window("plot", "T", "", *one)], [window("plot", "T", "", *other)]))
    assert pane["kind"] == "cells"


def test_a_logarithmic_plot_does_not_join_a_linear_one():
    log = {"yaxis": {"type": "log"}}
    [pane] = own(compared([window("plot", "T", "", trace(), layout=log)], [window("plot", "T", "", trace())]))
    assert pane["kind"] == "cells"


def test_an_axis_that_only_a_later_env_has_is_there():
    second = {"yaxis2": {"overlaying": "y", "side": "right"}}
    [pane] = own(
        compared(
            [window("plot", "T", "", trace())], [window("plot", "T", "", trace(yaxis="y2"), layout=second)]
        )
    )
    assert pane["layout"]["yaxis2"] == second["yaxis2"]


def test_files_are_addressed_by_the_env_they_are_of():
    sample = {"step": 1, "index": 0, "url": "assets/ab"}
    looks = compared(
        [window("image", "I", "", content={"samples": [sample]})],
        [window("text", "D", "", content={"url": "doc/x-1:sig", "length": 3})],
    )
    contents = {look["kind"]: look["content"] for look in looks}
    assert contents["image"]["samples"][0]["url"] == "f/10/assets/ab"
    assert contents["text"] == {"url": "f/11/doc/x-1:sig", "length": 3}


def test_the_legend_names_every_env_once_and_comes_first():
    legend = compared([], [])[0]
    assert (legend["id"], legend["key"], legend["place"]) == (LEGEND_ID, LEGEND_KEY, 0)
    assert legend["content"]["envs"] == [
        {"n": 0, "id": 10, "name": "team/e0"},
        {"n": 1, "id": 11, "name": "team/e1"},
    ]


def test_a_pane_keeps_its_key_and_number_whichever_envs_are_compared():
    a, b, c = ([window("plot", "Loss", key, trace())] for key in "abc")
    [two], [other] = own(compared(a, b)), own(compared(c, a))
    assert (two["key"], two["id"]) == (other["key"], other["id"])
    assert two["id"] < 0


def test_what_did_not_change_is_used_again():
    first, second = window("plot", "A", "", trace()), window("plot", "B", "", trace())
    sources = [Source(0, 10, "team/a", dict([first, second]))]
    before = merge(sources)
    changed = (second[0], {**second[1], "title": "C"})
    after = merge([Source(0, 10, "team/a", dict([first, changed]))], before=before.groups)
    assert after.groups["plot:title:A"] is before.groups["plot:title:A"]
    same = next(number for number, look in before.windows.items() if look["title"] == "A")
    assert after.windows[same] == before.windows[same]


def test_a_window_looks_new_when_it_looks_different_and_only_then():
    mine = window("plot", "A", "", trace())
    [one], [same] = own(compared([mine])), own(compared([mine]))
    assert one["rev"] == same["rev"]
    [other] = own(compared([(mine[0], {**mine[1], "layout": {"height": 9}})]))
    assert other["rev"] != one["rev"]
