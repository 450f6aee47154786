"""Every address of the wire, by bare requests: what goes in, and exactly what comes back (part G of the reference's behaviour)."""

import hashlib
import http.client
import json
import re

import httpx
import pytest

from tests.visdom.conftest import trace
from tests.visdom.test_updates import PIXEL


def test_a_window_call_answers_the_windows_id_and_nothing_else(wire):
    answer = wire.post(
        "/events", {"data": [trace([1, 2])], "win": "w", "eid": wire.env, "layout": {}, "opts": {}}
    )
    assert (answer.status_code, answer.content) == (200, b"w")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("win", [None, "absent"])
def test_a_window_without_a_name_gets_one(wire, win):
    message = {"data": [trace([1])], "eid": wire.env, "layout": {}} | ({"win": None} if win is None else {})
    first, second = wire.post("/events", message).text, wire.post("/events", message).text
    assert re.fullmatch(r"window_[0-9a-f]+", first)
    assert first != second
    assert wire.say("/win_exists", win=first) == "true"


def test_numbers_are_names_too(wire):
    assert wire.line(5, [1]) == "5"
    assert wire.say("/win_exists", win=5) == "true"
    assert wire.append(5, [2], [1]) == "5"
    assert wire.window("5")["id"] == "5"


@pytest.mark.parametrize("kind", ["", "application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_bodies_are_json_whatever_they_are_called(wire, kind):
    headers = {"Content-Type": kind} if kind else {}
    message = {"data": [trace([1])], "win": "w", "eid": wire.env, "layout": {}}
    assert wire.post("/events", message, headers=headers).text == "w"


def test_window_exists_says_true_or_false(wire, env):
    wire.line("w", [1])
    assert wire.say("/win_exists", win="w") == "true"
    assert wire.say("/win_exists", win="other") == "false"
    assert wire.say("/win_exists", win="") == "false"
    assert wire.say("/win_exists", win="w", eid=f"{env}-missing") == "false"
    wire.say("/close", win="w")
    assert wire.say("/win_exists", win="w") == "false"
    wire.line("w", [1])
    assert wire.say("/win_exists", win="w") == "true"


def test_a_window_that_is_put_again_is_another_in_the_same_place(wire):
    wire.line("a", [1])
    wire.line("b", [1])
    wire.say("/events", win="a", data=[{"type": "text", "content": "now a text"}])
    window = wire.window("a")
    assert (window["type"], window["content"]) == ("text", "now a text")
    assert window["i"] < wire.window("b")["i"]


def test_the_object_of_a_plot(wire):
    opts = {"title": "loss", "width": 400, "mode": "lines"}
    layout = {"showlegend": False, "title": "loss", "margin": {"l": 60, "r": 60, "t": 60, "b": 60}}
    wire.say("/events", win="w", data=[trace([1.5, None])], layout=layout, opts=opts)
    window = wire.window("w")
    assert {key: window[key] for key in ("command", "id", "title", "inflate", "width", "height", "type")} == {
        "command": "window",
        "id": "w",
        "title": "loss",
        "inflate": True,
        "width": 400,
        "height": None,
        "type": "plot",
    }
    assert window["contentID"]
    assert window["content"]["layout"]["title"] == "loss"
    assert window["content"]["data"][0]["y"] == [1.5, None]


def test_each_kind_of_window_comes_back_as_it_was_put(wire):
    items = [{"type": "text", "name": "a", "value": "b"}, {"type": "checkbox", "name": "c", "value": True}]
    graph = {
        "nodes": [{"name": 0, "label": "0"}, {"name": 1, "label": "1"}],
        "edges": [{"source": 0, "target": 1, "label": "0-1"}],
    }
    contents = {
        "text": "<b>hi</b>",
        "image": {"src": PIXEL, "caption": "a dot"},
        "properties": items,
        "network": graph,
    }
    for kind, content in contents.items():
        assert (
            wire.say("/events", win=kind, data=[{"type": kind, "content": content}], opts={"title": kind})
            == kind
        )
    for kind, content in contents.items():
        window = wire.window(kind)
        assert (window["type"], window["content"], window["title"]) == (kind, content, kind)
    everything = json.loads(wire.say("/win_data", win=None))
    assert list(everything) == list(contents)


def test_reading_and_writing_back_changes_nothing(wire, env):
    wire.line("plot", [1.5, float("nan")], opts={"title": "t", "legend": ["a"]})
    wire.append("plot", [3], [2], opts={"mode": "lines"})
    wire.say("/events", win="image", data=[{"type": "image", "content": {"src": PIXEL, "caption": None}}])
    wire.say("/events", win="text", data=[{"type": "text", "content": "hi"}])
    before = wire.say("/win_data", win=None)
    for win in ("plot", "image", "text"):
        one = wire.say("/win_data", win=win)
        assert wire.say("/win_data", win=win, data=one) == ""
        assert wire.say("/win_data", win=win) == one
    assert wire.say("/win_data", win=None, data=before) == ""
    assert wire.say("/win_data", win=None) == before
    copy = f"{env}-copy"
    assert wire.say("/win_data", win=None, data=before, eid=copy) == ""
    assert json.loads(wire.say("/win_data", win=None, eid=copy)) == json.loads(before)


def test_writing_all_windows_leaves_no_other(wire):
    wire.line("a", [1])
    before = wire.say("/win_data", win=None)
    wire.line("b", [1])
    wire.say("/win_data", win=None, data=before)
    assert list(json.loads(wire.say("/win_data", win=None))) == ["a"]


def test_missing_windows_have_no_data(wire, env):
    for message in ({"win": "nope"}, {"win": None, "eid": f"{env}-nope"}, {"win": "w", "eid": f"{env}-nope"}):
        answer = wire.post("/win_data", {"eid": env, **message})
        assert (answer.status_code, answer.text) == (404, "")


def test_a_hash_changes_with_its_window(wire, env):
    assert wire.say("/win_hash", win="w") == "false"
    wire.line("w", [1])
    first = wire.say("/win_hash", win="w")
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert wire.say("/win_hash", win="w") == first
    wire.append("w", [2], [1])
    assert wire.say("/win_hash", win="w") != first
    # The client names the env under another key than everywhere else.
    assert wire.say("/win_hash", win="w", eid="main", env=env) == wire.say("/win_hash", win="w")


def test_closing(wire, env):
    for win in ("a", "b", "c"):
        wire.line(win, [1])
    assert wire.say("/close", win="a") == ""
    assert wire.say("/close", win="a") == ""
    assert wire.say("/close", win="never there") == ""
    assert sorted(json.loads(wire.say("/win_data", win=None))) == ["b", "c"]
    assert wire.say("/close", win=None) == ""
    assert json.loads(wire.say("/win_data", win=None)) == {}
    assert wire.post("/close", {"win": "a", "eid": f"{env}-nope"}).status_code == 404


def test_envs_are_listed_made_copied_and_deleted(wire, env):
    def listed() -> list[str]:
        return json.loads(wire.say("/env_state"))

    assert env in listed()
    wire.line("w", [1, 2])
    assert wire.say("/fork_env", prev_eid=env, eid=f"{env}-b") == f"{env}-b"
    assert f"{env}-b" in listed()
    wire.append("w", [3], [2])
    assert len(json.loads(wire.say("/win_data", win="w", eid=f"{env}-b"))["content"]["data"][0]["x"]) == 2
    assert wire.say("/fork_env", prev_eid=env, eid=f"{env}-b") == f"{env}-b"
    assert len(json.loads(wire.say("/win_data", win="w", eid=f"{env}-b"))["content"]["data"][0]["x"]) == 3
    assert wire.say("/fork_env", prev_eid=env, eid=env) == env
    answer = wire.post("/fork_env", {"prev_eid": f"{env}-nope", "eid": "x"})
    assert (answer.status_code, answer.text) == (404, "")
    assert wire.say("/delete_env", eid=f"{env}-b") == ""
    assert f"{env}-b" not in listed()
    assert wire.post("/delete_env", {"eid": f"{env}-b"}).status_code == 404


def test_the_name_in_the_body_counts_when_an_env_is_made(wire, env):
    """The address is cut at ``#`` and ``?`` by the client."""
    assert wire.say(f"/env/{env}", eid=f"{env}#1?2") == ""
    assert f"{env}#1?2" in json.loads(wire.say("/env_state"))


def test_an_env_without_a_name_is_main(wire):
    win = f"in-{wire.env}"
    assert wire.post("/events", {"data": [trace([1])], "win": win, "layout": {}}).text == win
    assert wire.post("/win_exists", {"win": win, "eid": None}).text == "true"
    assert wire.post("/win_exists", {"win": win, "eid": "main"}).text == "true"


def test_saving_makes_a_snapshot_of_what_is_there(wire, env, server):
    wire.line("w", [1])
    assert json.loads(wire.say("/save", data=[env, f"{env}-nope"])) == [env]
    assert json.loads(wire.say("/save", data=[env])) == [env]
    assert json.loads(wire.say("/save", data=[])) == []
    with server.client() as client:
        kept = client.get(f"/api/v1/envs/owner/{env}/snapshots").json()
        assert len(kept["results"] if isinstance(kept, dict) else kept) == 1


def test_tokens_json_lacks_are_understood_and_come_back_as_null(wire):
    body = json.dumps({"data": [{**trace([1.0]), "y": [float("nan"), float("inf"), float("-inf"), 1.0]}]})
    body = body[:-1] + f', "eid": "{wire.env}", "win": "w", "layout": {{"width": NaN}}}}'
    assert wire.post("/events", body.encode()).text == "w"
    text = wire.say("/win_data", win="w")
    assert "NaN" not in text and "Infinity" not in text
    assert json.loads(text)["content"]["data"][0]["y"][:1] == [None]


def test_a_figure_with_typed_arrays(wire):
    """What plotly.py 6 makes of numpy arrays."""
    import base64

    import numpy as np

    packed = {"dtype": "f8", "bdata": base64.b64encode(np.array([1.5, 2.5]).tobytes()).decode()}
    wire.say("/events", win="w", data=[{"type": "scatter", "x": packed, "y": packed}], layout={})
    assert wire.traces("w")[0]["y"] == [1.5, 2.5]
    assert wire.append("w", [9], [3]) == "w"
    assert wire.traces("w")[0]["y"] == [1.5, 2.5, 9]


def test_large_bodies_are_taken(wire):
    n = 200_000
    assert wire.line("line", [i / 7 for i in range(n)]) == "line"
    assert len(wire.traces("line")[0]["x"]) == n
    text = "<p>" + "x" * (24 * 1024 * 1024)
    assert wire.say("/events", win="text", data=[{"type": "text", "content": text}]) == "text"
    assert wire.window("text")["content"] == text


def test_a_body_over_the_limit_is_a_short_text(server):
    for path, size in (("/events", 300), ("/update", 300), ("/win_data", 300), ("/win_exists", 20)):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(size * 1024 * 1024))
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 413
        assert len(text) < 300
        assert "<" not in text


# --- what is refused


@pytest.mark.parametrize("path", ["/experiments/log", "/upload_env", "/health", "/nothing", "/static/x"])
def test_an_unknown_address_is_a_plain_404(wire, path):
    answer = wire.post(path, {})
    assert answer.status_code in (403, 404, 405)
    assert "<html" not in answer.text.lower()
    assert len(answer.text) < 300


@pytest.mark.parametrize(
    "path", ["/events", "/update", "/win_exists", "/close", "/env_state", "/vis_socket_wrap"]
)
def test_wrong_methods_are_told_so(wire, path):
    for method in ("GET", "PUT", "DELETE"):
        answer = wire.http.request(method, path)
        assert (answer.status_code, answer.headers.get("allow")) == (405, "POST")


def test_nobody_is_sent_elsewhere(server):
    """The client follows a redirection, and takes the page it leads to for a window's name."""
    with httpx.Client(base_url=server.url) as nobody:
        for path in (
            "/events",
            "/update",
            "/win_exists",
            "/close",
            "/win_data",
            "/env_state",
            "/save",
            "/env/main",
        ):
            answer = nobody.post(path, content=b"{}")
            assert answer.status_code == 401
            assert "location" not in answer.headers
            assert answer.headers["content-type"].startswith("text/plain")


def test_the_style_sheet_of_visdoms_page_is_there_for_everybody(server):
    with httpx.Client(base_url=server.url) as nobody:
        answer = nobody.get("/user/style.css")
        assert (answer.status_code, answer.text) == (200, "")
        assert answer.headers["content-type"].startswith("text/css")


def test_logging_in(server, wire):
    digest = hashlib.sha256(server.token().encode()).hexdigest()
    with httpx.Client(base_url=server.url) as nobody:
        answer = nobody.post("/", json={"username": "owner", "password": digest})
        assert (answer.status_code, answer.content) == (200, b"")
        assert nobody.post("/env_state", content=b"{}").status_code == 200
