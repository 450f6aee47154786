"""Names nobody expects and bodies nobody meant: the answer the client expects or a short refusal, and nothing half done."""

import json

import pytest

from tests.visdom.conftest import trace
from tests.visdom.test_updates import PIXEL

ODD = [
    "a/b",
    "/",
    "a//b/",
    "a+b",
    "a#b",
    "a?b",
    "50%",
    "%2F%00",
    'it\'s "so"',
    "ünï ✓ 🎉",
    "<img src=x onerror=alert(1)>",
    "with space",
    "..",
    "x" * 300,
    "back\\slash",
    "a;b=c",
    "{{7*7}}",
]


@pytest.mark.parametrize("win", [*ODD, ""], ids=lambda name: name[:20] or "empty")
def test_windows_may_be_called_anything(wire, win):
    assert wire.line(win, [1]) == win
    assert wire.say("/win_exists", win=win) == "true"
    assert wire.append(win, [2], [1]) == win
    assert wire.points(win) == {"1": [(0, 1), (1, 2)]}
    assert list(json.loads(wire.say("/win_data", win=None))) == [win]
    assert wire.say("/close", win=win) == ""
    assert wire.say("/win_exists", win=win) == "false"


@pytest.mark.parametrize("name", [name for name in ODD if name not in ("..",)], ids=lambda name: name[:20])
def test_envs_may_be_called_nearly_anything(wire, name):
    name = f"{name}{wire.env}" if len(name) < 200 else name[: -len(wire.env)] + wire.env
    ours = name.replace("/", "_")
    assert wire.say("/env/x", eid=name) == ""
    assert wire.say("/events", eid=name, win="w", data=[trace([1])], layout={}) == "w"
    assert wire.say("/win_exists", eid=name, win="w") == "true"
    assert ours in json.loads(wire.say("/env_state"))
    assert json.loads(wire.say("/save", data=[name])) == [ours]
    assert wire.say("/fork_env", prev_eid=name, eid=f"{name}2"[:300]) is not None
    assert wire.say("/delete_env", eid=name) == ""
    assert ours not in json.loads(wire.say("/env_state"))


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "a\nb", "a\x00b", "x" * 301, "\ud800", ["a"], {"a": 1}, True]
)
def test_envs_that_cannot_be_called_so_are_refused(wire, name):
    for path, message in {
        "/env/x": {},
        "/events": {"win": "w", "data": [trace([1])], "layout": {}},
        "/update": {"win": "w", "data": [trace([1])], "append": True},
        "/delete_env": {},
        "/close": {"win": None},
    }.items():
        answer = wire.post(path, {**message, "eid": name})
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("win", ["x" * 301, "a\x00b", "\ud800", ["a"], {"a": 1}, True])
def test_windows_that_cannot_be_called_so_are_refused(wire, win):
    for path, message in {
        "/events": {"data": [trace([1])], "layout": {}},
        "/update": {"data": [trace([1])], "append": True},
    }.items():
        answer = wire.post(path, {**message, "win": win, "eid": wire.env})
        assert 400 <= answer.status_code < 500, (path, answer.text)
    assert json.loads(wire.say("/win_data", win=None)) == {}


PATHS = [
    "/events",
    "/update",
    "/win_exists",
    "/close",
    "/win_data",
    "/win_hash",
    "/env_state",
    "/save",
    "/fork_env",
]
PATHS += ["/delete_env", "/env/x", "/vis_socket_wrap", "/socket_wrap", "/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"data": [',
        b"nonsense",
        b"[]",
        b"5",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000,
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_a_broken_body_is_a_short_refusal(wire, path, body):
    answer = wire.post(path, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text) < 300


@pytest.mark.parametrize(
    "message",
    [
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": "x"},
        {"data": ["x"]},
        {"data": [None]},
        {"data": [{"type": []}]},
        {"data": [trace([1], type={})]},
        {"data": [trace([1], type=5)]},
        {"data": [trace([1]), trace([1], type=[None])]},
        {"data": [trace([1])], "layout": []},
        {"data": [trace([1])], "layout": "x"},
        {"data": [trace([1])], "opts": [1]},
        {"data": [trace([1])], "opts": {"title": "x" * 2000}},
        {"data": [trace([1])], "layout": {"title": {"text": "x" * 2000}}},
        {"data": [trace([1])], "func": "text"},
        {"data": [{"type": "image", "content": None}]},
        {"data": [{"type": "image", "content": {"src": 5}}]},
        {"data": [{"type": "image", "content": {"src": "https://example.org/x.png"}}]},
        {"data": [{"type": "image", "content": {"src": "data:image/png;base64,!!!"}}]},
        {"data": [{"type": "image", "content": {"src": "data:image/png;base64,AAAA"}}]},
        {"data": [{"type": "image_history", "content": []}]},
        {"data": [{"type": "properties", "content": 5}]},
        {"data": [{"type": "properties", "content": ["x"]}]},
        {"data": [{"type": "network", "content": {"nodes": 1}}]},
        {"data": [{"type": "network", "content": []}]},
        {"data": [{"type": "embeddings", "content": "x"}]},
        {"data": [{"type": "embeddings", "content": {"data": [{"position": "x"}]}}]},
    ],
    ids=lambda message: json.dumps(message)[:60],
)
def test_a_window_that_makes_no_sense_is_refused(wire, message):
    wire.line("w", [1])
    before = wire.window("w")
    answer = wire.post("/events", {"win": "w", "eid": wire.env, **message})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text) < 500
    assert wire.window("w") == before


@pytest.mark.parametrize(
    "message",
    [
        {"data": {}},
        {"data": "x"},
        {"data": ["x"]},
        {"data": [], "name": "a"},
        {"data": [trace([1]), trace([2])], "name": "a"},
        {"data": [trace([1])], "name": ["a"]},
        {"data": [trace([1])], "updateDir": "sideways"},
        {"data": [{**trace([1]), "x": [1, 2, 3]}]},
        {"data": [trace([1], type=[])]},
        {"data": [trace([1], type={})], "name": "new"},
        {"data": [{**trace([1]), "y": "x"}]},
        {"data": [{"y": [[1]]}]},
        {"layout": [1]},
        {"opts": "x"},
        {"opts": {"title": "x" * 2000}},
        {"win": None, "data": [trace([1])]},
    ],
    ids=lambda message: json.dumps(message)[:60],
)
def test_an_update_that_makes_no_sense_is_refused(wire, message):
    wire.line("w", [1])
    before = wire.window("w")
    answer = wire.post("/update", {"win": "w", "eid": wire.env, "append": True, **message})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert wire.window("w") == before


@pytest.mark.parametrize(
    "data", ["{", "[]", "5", '{"type": "plot"}', '{"w": 5}', '{"type": "nothing", "id": "w"}', 7]
)
def test_window_data_that_makes_no_sense_is_refused(wire, data):
    wire.line("w", [1])
    before = wire.window("w")
    answer = wire.post("/win_data", {"win": "w", "eid": wire.env, "data": data})
    assert 400 <= answer.status_code < 500
    assert wire.window("w") == before


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"update_type": "Other"}},
        {"data": {"update_type": "RegionSelected"}},
        {"data": {"update_type": "RegionSelected", "points": "x"}},
        {"data": {"update_type": "EntitySelected", "selected": 5}},
        {"data": [trace([1])]},
    ],
)
def test_embeddings_take_only_what_they_know(wire, change):
    wire.say("/events", win="e", data=[{"type": "embeddings", "content": {"data": []}}])
    before = wire.window("e")
    assert wire.post("/update", {"win": "e", "eid": wire.env, **change}).status_code == 400
    assert wire.window("e") == before


def test_a_frame_that_is_no_picture_changes_no_history(wire):
    opts = {"store_history": True}
    frame = {"type": "image_history", "content": {"src": PIXEL, "caption": None}}
    wire.say("/events", win="h", data=[frame], opts=opts)
    before = wire.window("h")
    frame = {"type": "image_history", "content": {"src": "data:image/png;base64,AAAA", "caption": None}}
    assert (
        wire.post("/update", {"win": "h", "eid": wire.env, "data": [frame], "opts": opts}).status_code == 400
    )
    assert wire.window("h") == before


@pytest.mark.parametrize("kind", ["text", "image_history"])
def test_what_is_drawn_into_a_text_or_a_history_is_refused_whole(wire, kind):
    content = {"text": "words", "image_history": {"src": PIXEL, "caption": None}}
    opts = {"store_history": True} if kind == "image_history" else {}
    wire.say("/events", win="w", data=[{"type": kind, "content": content[kind]}], opts=opts)
    before = wire.window("w")
    heatmap = {"type": "heatmap", "z": [[1]]}
    for data in (
        [trace([1])],
        [heatmap],
        [{"type": other, "content": content[other]} for other in content if other != kind],
    ):
        answer = wire.post(
            "/update", {"win": "w", "eid": wire.env, "data": data, "append": True, "opts": {"title": "new"}}
        )
        assert answer.status_code == 400, (data, answer.text)
        assert "'w' holds" in answer.text
        assert wire.window("w") == before
