"""Windows as visdom's objects: what is read and written back changes nothing, whatever the window shows."""

import base64
import itertools
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.envs.models import Env
from apps.errors import DomainError, Invalid, TooLarge
from apps.media.models import Sample
from apps.windows.ingest import prepare
from apps.windows.models import Trace, Window
from apps.windows.objects import commands_from_object, env_objects, window_object
from tests.support import sounds

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

numbers = st.floats(width=32) | st.integers(-1000, 1000)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | texts
opts = st.dictionaries(
    st.sampled_from(
        [
            "title",
            "legend",
            "width",
            "height",
            "inflate",
            "xlabel",
            "mode",
            "id",
            "type",
            "content",
            "i",
            "version",
            "show_slider",
            "store_history",
            "directed",
            "selected",
            "showEdgeLabels",
            "old_content",
            "command",
            "contentID",
            "opts",
            "panewall",
        ]
    ),
    scalars,
    max_size=6,
)
columns = st.integers(0, 80).flatmap(lambda n: st.lists(numbers, min_size=n, max_size=n))


@st.composite
def lines(draw: st.DrawFn) -> dict:
    y = draw(columns)
    same = st.lists(numbers, min_size=len(y), max_size=len(y))
    trace = {"type": draw(st.sampled_from(["scatter", "scattergl"])), "y": y, "name": draw(texts)}
    if draw(st.booleans()):
        trace["x"] = draw(same)
    if draw(st.booleans()):
        trace["text"] = draw(st.lists(texts, min_size=len(y), max_size=len(y)))
    if draw(st.booleans()):
        trace["marker"] = {"size": 10, "color": draw(same | st.just("red"))}
    return trace


others = st.sampled_from(
    [
        {"type": "bar", "x": ["a", "b"], "y": [1, None], "name": "bars"},
        {"type": "heatmap", "z": [[1, None], [3, 4]], "x": ["a", "b"]},
        {"type": "heatmap", "z": np.arange(80).reshape(10, 8).tolist()},
        {"type": "scatter3d", "x": [1, 2], "y": [3, 4], "z": [5, 6]},
        {"type": "scatter", "x": ["2024-01-01", "2024-01-02"], "y": [1, 2]},
        {"type": "scatter", "x": ["2024-01-01T00:00:00.5", "2024-01-02"], "y": [1, 2]},
        {"type": "pie", "values": list(range(100)), "title": "Parts"},
        {"type": "surface", "z": [[1.5, 2], [3, 4]]},
        {"type": "box", "y": [1, 2, 3]},
    ]
)
layouts = st.sampled_from(
    [
        {},
        {"title": "T", "xaxis": {"title": "x", "range": [0, None]}, "margin": {"l": 60}},
        {"title": {"text": "T"}, "scene": {"zaxis": {"title": "z", "titlefont": {"size": 8}}}},
    ]
)
plots = st.fixed_dictionaries(
    {"kind": st.just("plot"), "layout": layouts, "traces": st.lists(lines() | others, max_size=4)}
)
metrics = columns.map(
    lambda y: {
        "kind": "metric",
        "traces": [{"name": "m", "x": list(range(0, 3 * len(y), 3)), "y": y, "t": [1.5e9] * len(y)}],
    }
)
items = st.sampled_from(
    [
        {"type": "text", "name": "a", "value": "x"},
        {"type": "checkbox", "name": "b", "value": False},
        {"type": "select", "name": "c", "value": 1, "values": ["x", "y"]},
    ]
)
properties = st.lists(items).map(lambda given: {"kind": "properties", "content": {"items": given}})
networks = st.integers(1, 4).map(
    lambda n: {
        "kind": "network",
        "content": {
            "nodes": [{"name": i, "label": str(i)} for i in range(n)],
            "edges": [{"source": i, "target": (i + 1) % n, "label": ""} for i in range(n)],
        },
    }
)
clouds = st.lists(st.floats(-1, 1), max_size=5).map(
    lambda xs: [
        {"group": 0, "name": "e", "label": "l", "position": [x, -x], "idx": i} for i, x in enumerate(xs)
    ]
)
embeddings = st.fixed_dictionaries(
    {},
    optional={"selected": st.just({"html": "<b>", "entityId": 1}), "previous": st.lists(clouds, max_size=3)},
).flatmap(lambda more: clouds.map(lambda data: {"kind": "embeddings", "content": {"data": data, **more}}))
loading = st.just({"kind": "embeddings", "content": {"isLoading": True}})
pieces = st.lists(texts, min_size=1, max_size=3)
files = st.sampled_from(
    [
        [sounds.png(1)],
        [sounds.png(1), sounds.png(2), sounds.png(1)],
        [sounds.wav()],
        [sounds.mp4(), sounds.webm()],
    ]
)
windows = st.one_of(
    plots,
    plots,
    metrics,
    properties,
    networks,
    embeddings,
    loading,
    pieces.map(lambda parts: {"kind": "text", "parts": parts}),
    st.tuples(files, st.sampled_from([0, 1, 5]), texts).map(
        lambda made: {"kind": "files", "files": made[0], "step": made[1], "caption": made[2]}
    ),
)
number = itertools.count()


def made_by(win: str, window: dict, title: str, opts: dict) -> list[dict]:
    head = {"env": "run", "win": win}
    if window["kind"] == "text":
        first, *rest = window["parts"]
        return [
            {"do": "window.put", **head, "kind": "text", "text": first, "title": title, "opts": opts},
            *({"do": "text.append", **head, "text": part} for part in rest),
        ]
    if window["kind"] == "files":
        return [
            {
                "do": "sample.put",
                **head,
                "image": file,
                "step": window["step"] * (n + 1),
                "index": 0 if window["step"] else n,
                "caption": window["caption"],
                "title": title,
                "opts": opts,
            }
            for n, file in enumerate(window["files"])
        ]
    return [{"do": "window.put", **head, **window, "title": title, "opts": opts}]


def read(key: str) -> tuple[str, dict]:
    window = Window.objects.living().get(key=key)
    return window.kind, window_object(window)


def write(desk, ann, obj: dict, env: str = "run") -> None:
    """As every door does it: decoded first, and all of it or nothing."""
    ready = prepare(commands_from_object(env, obj))
    for command in ready:
        if isinstance(command, DomainError):
            raise command
    assert not desk.send(ann, *ready).errors


@given(windows, texts, opts)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_read_can_be_written_back_and_nothing_changes(desk, ann, window, title, opts):
    key = f"w{next(number)}"
    assert not desk.send(ann, *made_by(key, window, title, opts)).errors
    kind, obj = read(key)
    assert (obj["id"], obj["title"], obj["command"]) == (key, title, "window")
    sent = json.loads(json.dumps(obj, allow_nan=False))
    assert sent == obj
    write(desk, ann, sent)
    assert read(key) == (kind, obj)
    copy = {**sent, "id": f"{key} copy"}
    write(desk, ann, copy)
    same_kind, copied = read(f"{key} copy")
    assert same_kind == kind
    assert {**copied, "i": obj["i"]} == {**obj, "id": f"{key} copy"}


def test_a_plot_is_the_object_that_visdom_has(desk, ann):
    trace = {
        "x": [0, 1],
        "y": [1.5, None],
        "name": "1",
        "type": "scatter",
        "mode": "lines",
        "line": {},
        "marker": {"size": 10, "line": {"color": "#000000", "width": 0.5}},
    }
    layout = {"showlegend": False, "title": "loss", "margin": {"l": 60}, "xaxis": {"title": "step"}}
    put = {
        "do": "window.put",
        "env": "run",
        "win": "w1",
        "kind": "plot",
        "title": "loss",
        "opts": {"height": 300},
    }
    desk.send(ann, {**put, "layout": layout, "traces": [trace]})
    _, obj = read("w1")
    content_id = obj.pop("contentID")
    assert obj == {
        "command": "window",
        "version": 1,
        "id": "w1",
        "title": "loss",
        "inflate": True,
        "width": None,
        "height": 300,
        "type": "plot",
        "content": {"data": [trace], "layout": layout},
        "i": 0,
    }
    desk.send(ann, {"do": "trace.append", "env": "run", "win": "w1", "trace": "1", "x": [2], "y": [3]})
    assert read("w1")[1]["contentID"] != content_id


def test_titles_come_back_as_they_were_sent_also_when_they_change(desk, ann):
    put = {
        "do": "window.put",
        "env": "run",
        "win": "w",
        "kind": "plot",
        "layout": {"title": "a", "xaxis": {"title": "x"}},
    }
    update = {"do": "window.update", "env": "run", "win": "w"}
    desk.send(ann, put, {**update, "layout": {"title": "b"}})
    assert read("w")[1]["content"]["layout"] == {"title": "b", "xaxis": {"title": "x"}}
    desk.send(ann, {**update, "layout": {"title": {"text": "c"}}})
    assert read("w")[1]["content"]["layout"] == {"title": {"text": "c"}, "xaxis": {"title": "x"}}


def test_dates_come_back_as_dates(desk, ann):
    x = ["2024-02-29", "2024-03-01", None]
    desk.send(ann, {"do": "trace.append", "env": "run", "win": "w", "x": x, "y": [1, 2, 3]})
    assert read("w")[1]["content"]["data"][0]["x"] == x


def test_an_object_as_an_old_server_saved_it_is_taken(desk, ann):
    """With the opts of updates among its keys, without a version, its NaN written as null."""
    image = "data:image/png;base64," + base64.b64encode(sounds.png()).decode()
    saved = {
        "a": {
            "command": "window", "id": "a", "title": "T", "inflate": True, "width": None, "height": None,
            "contentID": "x", "content": {"data": [{"x": [1, 2], "y": [None, 2], "type": "scatter", "name": "1"}], "layout": {
                "title": "T"}}, "type": "plot", "i": 1, "markersize": 10, "legend": ["1"]},
        "b": {"command": "window", "id": "b", "title": "", "type": "image_history", "content": [
            {"src": image, "caption": None}, {"src": image, "caption": "second"}], "selected": 1, "show_slider": True, "i": 2},
        "c": {"command": "window", "id": "c", "type": "text", "content": "<b>hi</b>", "i": 0},
    }  # fmt: skip
    for obj in saved.values():
        write(desk, ann, obj)
    plot = read("a")[1]
    assert (plot["markersize"], plot["legend"], plot["content"]) == (10, ["1"], saved["a"]["content"])
    history = read("b")[1]
    assert (history["content"], history["selected"]) == (saved["b"]["content"], 1)
    assert history["store_history"] is True
    assert read("c")[1]["content"] == "<b>hi</b>"


def test_a_sound_is_a_text_with_a_player_to_visdom(desk, ann):
    desk.send(
        ann, {"do": "sample.put", "env": "run", "win": "s", "image": sounds.wav(), "opts": {"loop": True}}
    )
    _, obj = read("s")
    assert obj["type"] == "text"
    assert obj["content"].startswith('<audio controls loop><source src="data:audio/wav;base64,')
    write(desk, ann, {**obj, "content": "<b>no sound</b>"})
    assert read("s")[0] == "text"
    assert not Sample.objects.exists()


@pytest.mark.parametrize(
    ("obj", "field"),
    [
        ({}, "id"),
        ({"id": "w"}, "type"),
        ({"id": "w", "type": "hologram"}, "type"),
        ({"id": "w", "type": ["plot"]}, "type"),
        ({"id": 3, "type": "text"}, "id"),
        ({"id": "w", "type": "plot", "content": None}, "content"),
        ({"id": "w", "type": "plot", "content": {"data": [1]}}, "content.data"),
        ({"id": "w", "type": "image", "content": {"src": "http://elsewhere/x.png"}}, "content.src"),
        ({"id": "w", "type": "image", "content": {"src": "data:image/png;base64,€"}}, "content.src"),
        ({"id": "w", "type": "image", "content": {"src": "data:image/png;base64,AAAA"}}, "image"),
        ({"id": "w", "type": "image", "content": "x"}, "content"),
        ({"id": "w", "type": "properties", "content": {"a": 1}}, "content.items"),
        ({"id": "w", "type": "embeddings", "content": []}, None),
    ],
)
def test_what_is_no_window_is_refused_by_its_field(desk, ann, obj, field):
    desk.send(ann, {"do": "text.append", "env": "run", "win": "w", "text": "before"})
    if field is None:
        write(desk, ann, obj)
        return
    with pytest.raises(Invalid) as refusal:
        write(desk, ann, obj)
    assert list(refusal.value.fields) == [field]
    assert read("w")[1]["content"] == "before"


def test_all_of_an_env_comes_in_the_order_of_its_windows(desk, ann):
    for key in ("b", "a", "c"):
        desk.send(ann, {"do": "text.append", "env": "run", "win": key, "text": key})
    desk.send(ann, {"do": "window.close", "env": "run", "win": "a"})
    found = list(env_objects(Env.objects.get(name="run")))
    assert [(key, obj["content"], obj["i"]) for key, obj in found] == [("b", "b", 0), ("c", "c", 2)]


def test_a_history_beyond_the_limit_is_not_read_at_once(desk, ann, settings, monkeypatch):
    desk.send(ann, {"do": "sample.put", "env": "run", "win": "w", "image": sounds.png()})
    monkeypatch.setattr(settings.PANEWALL.limits, "object_bytes", 10)
    with pytest.raises(TooLarge):
        window_object(Window.objects.get())


def test_a_metric_stays_a_metric(desk, ann):
    series = {"loss": {"step": [0, 5, 10], "value": [1, float("nan"), 3], "time": [1e9, 1e9, 1e9]}}
    desk.send(ann, {"do": "metrics.log", "env": "run", "series": series})
    kind, obj = read("loss")
    assert (kind, obj["type"]) == ("metric", "plot")
    assert obj["content"]["data"][0]["x"] == [0, 5, 10]
    write(desk, ann, obj)
    assert read("loss") == ("metric", obj)
    assert Trace.objects.get().mode == "step"
    desk.send(ann, {"do": "metrics.log", "env": "run", "series": {"loss": {"step": [5], "value": [9]}}})
    assert read("loss")[1]["content"]["data"][0]["y"] == [1, 9, 3]
