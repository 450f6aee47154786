"""Windows of plain data: property tables, networks, embeddings; and traces of any kind."""

import msgpack
import pytest

from apps.envs.models import Env
from apps.windows.live.snapshot import catch_up
from apps.windows.models import Trace, Window

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

ITEMS = [
    {"type": "text", "name": "Name", "value": "Ann"},
    {"type": "number", "name": "Rate", "value": "-1e-3"},
    {"type": "checkbox", "name": "On", "value": True},
    {"type": "select", "name": "Which", "value": 1, "values": ["a", "b"]},
    {"type": "button", "name": "Go", "value": "Go!"},
]
NODES = [{"name": 0, "label": "a"}, {"name": 1, "label": "b", "club": 2}]
EDGES = [{"source": 0, "target": 1, "label": "0-1"}]


def points(n: int, at: float = 0.0) -> list[dict]:
    return [
        {"group": i % 2, "name": f"Entity {i}", "label": str(i % 2), "position": [at, i / 10], "idx": i}
        for i in range(n)
    ]


def put(kind: str, content: dict | None, **more) -> dict:
    return {"do": "window.put", "env": "run", "win": "w", "kind": kind, "content": content, **more}


def update(**more) -> dict:
    return {"do": "window.update", "env": "run", "win": "w", **more}


def shown(env: str = "run") -> dict:
    """What a page that opens the env now gets of its only window."""
    ops = catch_up(Env.objects.get(name=env).pk).ops
    return next(op[2] for op in ops if op[0] == "w")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("properties", {"items": ITEMS}),
        ("network", {"nodes": NODES, "edges": EDGES}),
        ("embeddings", {"data": points(100)}),
        ("embeddings", {"isLoading": True}),
    ],
)
def test_each_kind_is_shown_forked_closed_and_brought_back(desk, ann, kind, content):
    assert not desk.send(ann, put(kind, content, title="T", opts={"directed": True})).errors
    expected = {**content, "has_previous": False} if kind == "embeddings" else content
    window = shown()
    assert (window["kind"], window["title"], window["opts"]) == (kind, "T", {"directed": True})
    assert window["content"] == expected == desk.published[-1].ops[0][2]["content"]
    desk.send(ann, {"do": "env.fork", "env": "run", "to": "copy"}, {"do": "env.clear", "env": "run"})
    assert shown("copy")["content"] == expected
    closed = Window.objects.get(env__name="run")
    desk.send(ann, {"do": "window.restore", "env": "run", "id": closed.pk})
    assert shown()["content"] == expected


@pytest.mark.parametrize(
    ("kind", "content", "field"),
    [
        ("properties", {"items": [{"type": "colour", "name": "a", "value": 1}]}, "content.items[0].type"),
        ("properties", {"items": [{"type": "text", "name": "a", "value": {}}]}, "content.items[0].value"),
        ("properties", {"items": [{"type": "select", "name": "a", "value": 0}]}, "content.items[0].values"),
        ("properties", {"items": {"a": 1}}, "content.items"),
        ("properties", {"html": "<b>"}, "content.html"),
        ("properties", [], "content"),
        ("network", {"nodes": NODES, "edges": [{"source": 0, "target": 7}]}, "content.edges[0].target"),
        ("network", {"nodes": [{"name": {}}]}, "content.nodes[0].name"),
        ("embeddings", {"data": [{"position": [1]}]}, "content.data[0].position"),
        ("embeddings", {"data": [{"position": [float("nan"), 0]}]}, "content.data[0].position"),
        ("embeddings", {"data": [{"position": [0, 0], "html": "x"}]}, "content.data[0].html"),
        ("plot", {"data": []}, "content"),
        ("text", {"items": []}, "content"),
    ],
)
def test_what_a_page_could_not_show_is_refused(desk, ann, kind, content, field):
    ((_, error),) = desk.send(ann, put(kind, content)).errors
    assert list(error["fields"]) == [field]
    assert not Window.objects.exists()


def test_content_is_changed_key_by_key_and_null_removes(desk, ann):
    desk.send(ann, put("network", {"nodes": NODES, "edges": EDGES}))
    assert not desk.send(ann, update(content={"edges": None}, title="N")).errors
    assert shown()["content"] == {"nodes": NODES, "edges": []}
    ((_, error),) = desk.send(ann, update(content={"nodes": [], "edges": EDGES}, title="X")).errors
    assert "content.edges[0].source" in error["fields"]
    assert (shown()["content"], shown()["title"]) == ({"nodes": NODES, "edges": []}, "N")


def test_content_of_a_plot_cannot_be_changed(desk, ann):
    desk.send(ann, {"do": "trace.append", "env": "run", "win": "w", "y": [1]})
    assert desk.send(ann, update(content={"items": []})).errors[0][1]["code"] == "wrong_kind"


def test_an_embedding_is_entered_and_left_again(desk, ann):
    top, inner, core = points(30), points(20, 1), points(10, 2)
    enter = {"do": "embeddings.enter", "env": "run", "win": "w"}
    back = {"do": "embeddings.back", "env": "run", "win": "w"}
    desk.send(ann, put("embeddings", {"isLoading": True}))
    desk.send(ann, update(content={"data": top}))
    assert shown()["content"] == {"data": top, "has_previous": False}
    desk.send(ann, update(content={"selected": {"html": "<b>3</b>", "entityId": 3}}))
    assert shown()["content"]["selected"] == {"html": "<b>3</b>", "entityId": 3}
    desk.send(ann, {**enter, "points": inner}, {**enter, "points": core})
    assert shown()["content"] == {"data": core, "has_previous": True}
    desk.send(ann, back)
    assert shown()["content"] == {"data": inner, "has_previous": True}
    assert not desk.send(ann, back, back).errors
    assert shown()["content"] == {"data": top, "has_previous": False}


def test_the_way_back_is_of_bounded_length(desk, ann, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "embedding_levels", 3)
    desk.send(ann, put("embeddings", {"data": points(1, 0)}))
    for level in range(1, 10):
        desk.send(ann, {"do": "embeddings.enter", "env": "run", "win": "w", "points": points(1, level)})
    kept = msgpack.unpackb(bytes(Window.objects.get().body))["previous"]
    assert [level[0]["position"][0] for level in kept] == [6, 7, 8]


def test_one_enters_embeddings_only(desk, ann):
    desk.send(ann, put("properties", {"items": ITEMS}))
    enter = {"do": "embeddings.enter", "env": "run", "win": "w", "points": points(2)}
    assert desk.send(ann, enter).errors[0][1]["code"] == "wrong_kind"
    assert desk.send(ann, {**enter, "win": "x"}).errors[0][1]["code"] == "window_missing"
    assert desk.send(ann, {**enter, "points": "all"}).errors[0][1]["fields"]


def test_a_trace_of_any_kind_is_added_to_a_plot(desk, ann):
    add = {"do": "trace.put", "env": "run", "win": "w"}
    made = {"title": "Mixed"}
    assert not desk.send(
        ann,
        {**add, "trace": {"type": "bar", "x": ["a"], "y": ["1"], "name": "bars"}, "make": made},
        {**add, "trace": {"type": "scatter", "y": [1, 2, 3], "name": "line"}},
        {"do": "trace.append", "env": "run", "win": "w", "trace": "line", "y": [4]},
    ).errors
    window = shown()
    assert [(t["name"], t["attrs"]["type"], t["count"]) for t in window["traces"]] == [
        ("bars", "bar", 0),
        ("line", "scatter", 4),
    ]
    desk.send(ann, {**add, "index": 0, "trace": {"type": "pie", "values": [1, 2], "name": "pie"}})
    assert [t.name for t in Trace.objects.order_by("index")] == ["pie", "line"]
    assert desk.send(ann, {**add, "index": 5, "trace": {"y": [1]}}).errors[0][1]["code"] == "not_found"
    assert desk.send(ann, {**add, "trace": [1]}).errors[0][1]["code"] == "invalid"


def test_a_legend_names_the_traces_there_are(desk, ann):
    for name in ("1", "2", "3"):
        desk.send(ann, {"do": "trace.append", "env": "run", "win": "w", "trace": name, "y": [1]})
    desk.send(ann, update(legend=["loss", "accuracy"]))
    assert [t["name"] for t in shown()["traces"]] == ["loss", "accuracy", "3"]
    assert not desk.send(ann, update(legend=["a", "b", "c", "d", "e"])).errors
    assert [t["attrs"]["name"] for t in shown()["traces"]] == ["a", "b", "c"]


def test_all_traces_of_a_name_go_and_no_others(desk, ann):
    traces = [{"type": "bar", "y": ["1"], "name": name} for name in ("a", "b", "a", "c", "a")]
    desk.send(ann, {"do": "window.put", "env": "run", "win": "w", "kind": "plot", "traces": traces})
    assert not desk.send(ann, {"do": "trace.remove", "env": "run", "win": "w", "trace": "a"}).errors
    assert [(t["index"], t["name"]) for t in shown()["traces"]] == [(0, "b"), (1, "c")]
    desk.send(ann, {"do": "trace.remove", "env": "run", "win": "w", "trace": "b"})
    desk.send(ann, {"do": "trace.remove", "env": "run", "win": "w", "trace": "c"})
    assert shown()["traces"] == []
