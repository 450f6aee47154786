"""``/vis_socket``, which clients listen to, ``/socket`` of visdom's own page, and what stands in for them without websockets."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import wait_for
from tests.visdom.conftest import Wire, logged_in

ALIVE = {"command": "alive", "data": "vis_alive"}


class Listener:
    """A socket, and what it has heard so far."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict] = []

    def next(self, timeout_s: float = 10) -> dict:
        message = json.loads(self.socket.recv(timeout=timeout_s))
        self.heard.append(message)
        return message

    def until(self, condition: Callable[[dict], Any]) -> dict:
        """The first message from now on of which this is true."""
        while not condition(message := self.next()):
            pass
        return message

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))


@pytest.fixture
def listen(server, http) -> Iterator[Callable[..., Listener]]:
    """``listen(path)``: a socket that shows the wire's cookie and comes from the server's own address."""
    with contextlib.ExitStack() as stack:

        def open_socket(path: str, cookie: str | None = None, **options: Any) -> Listener:
            headers = {
                "Cookie": f"user_password={http.cookies['user_password'] if cookie is None else cookie}"
            }
            options.setdefault("origin", server.url)
            made = connect(server.ws_url + path, additional_headers=headers, max_size=None, **options)
            return Listener(stack.enter_context(made))

        yield open_socket


# --- clients


def test_a_client_is_told_at_once_that_it_is_connected(listen):
    """Until it hears this, every constructor waits for six seconds."""
    assert listen("/vis_socket").next() == ALIVE


def test_a_socket_may_come_without_an_origin(listen):
    assert listen("/vis_socket", origin=None).next() == ALIVE


@pytest.mark.parametrize("path", ["/vis_socket", "/socket"])
@pytest.mark.parametrize("cookie", ["", "1.x"])
def test_nobody_listens_without_credentials(listen, path, cookie):
    with pytest.raises(InvalidStatus) as refused:
        listen(path, cookie=cookie)
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("path", ["/vis_socket", "/socket"])
def test_a_page_of_another_site_opens_no_socket(listen, path):
    with pytest.raises(InvalidStatus) as refused:
        listen(path, origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_an_echo_comes_back(listen):
    client = listen("/vis_socket")
    client.next()
    client.say(cmd="echo", x=1)
    assert client.next() == {"cmd": "echo", "x": 1}


@pytest.mark.parametrize("path", ["/vis_socket", "/socket"])
def test_what_makes_no_sense_is_passed_over(listen, path):
    client = listen(path)
    first = client.next()
    for text in (
        "{",
        "[]",
        "5",
        '"x"',
        '{"cmd": 5}',
        '{"cmd": "unknown"}',
        '{"cmd": "close"}',
        '{"cmd": "forward_to_vis"}',
    ):
        client.socket.send(text)
    client.socket.send(b"\xff\xfe")
    if path == "/vis_socket":
        client.say(cmd="echo")
        assert client.next() == {"cmd": "echo"}
    else:
        assert first["command"] == "register"
        client.say(cmd="save_layouts", data="{}")
        assert client.until(lambda m: m["command"] == "layout_update")


@pytest.mark.parametrize("path", ["/vis_socket", "/socket"])
def test_a_socket_dies_with_its_token(server, listen, path):
    made = json.loads(
        server.command(
            "token", "create", "--user", "owner", "--scope", "write", "--name", "brief", "--json"
        ).stdout
    )
    client = logged_in(server, made["token"])
    socket = listen(path, cookie=client.cookies["user_password"])
    socket.next()
    with server.client() as rest:
        rest.delete(f"/api/v1/tokens/{made['id']}")
    with pytest.raises(ConnectionClosed):
        socket.until(lambda _: False)
    client.close()


# --- visdom's page


def test_a_page_is_greeted_with_who_it_is_and_what_there_is(listen, wire):
    page = listen("/socket")
    first, views, envs = page.next(), page.next(), page.next()
    assert (first["command"], first["readonly"], views["command"]) == ("register", False, "layout_update")
    assert isinstance(first["data"], str) and isinstance(views["data"], str)
    assert envs["command"] == "env_update"
    assert wire.env in envs["data"]


def opened(page: Listener, wire: Wire) -> list[dict]:
    """Ask for the test's env; everything up to the end of its loading."""
    sid = page.until(lambda m: m["command"] == "register")["data"]
    assert wire.post(f"/env/{wire.env}", {"sid": sid}).text == ""
    page.until(lambda m: m["command"] == "layout")
    begin = next(n for n, m in enumerate(page.heard) if m["command"] == "reload")
    return page.heard[begin:]


def test_an_env_is_sent_whole_and_then_as_it_changes(listen, wire):
    wire.line("a", [1], opts={"title": "first"})
    wire.say("/events", win="b", data=[{"type": "text", "content": "hi"}])
    page = listen("/socket")
    loaded = opened(page, wire)
    assert [m["command"] for m in loaded] == ["reload", "window", "window", "layout"]
    assert [m.get("id") for m in loaded] == [None, "a", "b", None]
    assert loaded[1] == wire.window("a")
    wire.append("a", [2], [1])
    assert page.until(lambda m: m.get("id") == "a")["content"]["data"][0]["y"] == [1, 2]
    wire.line("c", [1])
    assert page.until(lambda m: m.get("id") == "c")["type"] == "plot"
    wire.say("/close", win="b")
    assert page.until(lambda m: m["command"] == "close")["data"] == "b"


def test_an_env_nobody_knows_is_empty(listen, wire, env):
    page = listen("/socket")
    sid = page.next()["data"]
    assert wire.post(f"/env/{env}-nope", {"sid": sid}).text == ""
    assert page.until(lambda m: m["command"] in ("layout", "window"))["command"] == "layout"
    assert wire.post(f"/env/{env}", {"sid": "somebody else's"}).text == ""


def test_a_page_hears_of_new_envs(listen, wire, env):
    page = listen("/socket")
    page.until(lambda m: m["command"] == "env_update")
    wire.say(f"/env/{env}-new", eid=f"{env}-new")
    assert page.until(lambda m: m["command"] == "env_update" and f"{env}-new" in m["data"])
    page.say(cmd="delete_env", eid=f"{env}-new", prev_eid=env)
    assert page.until(lambda m: m["command"] == "env_update" and f"{env}-new" not in m["data"])


def test_a_page_closes_saves_and_arranges(listen, wire, env):
    wire.line("w", [1])
    page = listen("/socket")
    opened(page, wire)
    place = {"i": "w", "x": 50, "y": 8, "w": 25, "h": 16, "moved": False, "static": False}
    page.say(cmd="layout_item_update", eid=env, win="w", data=place)
    page.say(cmd="save", data={"w": place}, prev_eid=env, eid=f"{env}-copy")
    wait_for(lambda: f"{env}-copy" in wire.say("/env_state"), what="the copy")
    other = listen("/socket")
    (reload,) = [m for m in opened(other, wire) if m["command"] == "reload"]
    assert (reload["data"]["w"]["x"], reload["data"]["w"]["w"]) == (50, 25)
    views = {env: {"current": {}, "mine": {"w": [0, 16, 50]}}}
    page.say(cmd="save_layouts", data=json.dumps(views))
    told = page.until(lambda m: m["command"] == "layout_update" and "mine" in m["data"])
    order, height, width = json.loads(told["data"])[env]["mine"]["w"]
    assert (order, round(width)) == (0, 50) and abs(height - 16) < 2
    page.say(cmd="close", data="w", eid=env)
    assert other.until(lambda m: m["command"] == "close")["data"] == "w"
    assert wire.say("/win_exists", win="w") == "false"


def test_envs_are_compared_each_once_under_its_own_number(listen, wire, env, http):
    """visdom shows one env twice, and the other never, where the first one asked for is not the first of the alphabet."""
    other = Wire(http, f"<b>{env}-a")
    for which, y in ((wire, [1, 1]), (other, [2, 2])):
        which.line("w", y, name="loss", opts={"title": "loss"})
        which.line("only", y, opts={"title": f"only in {which.env}"})
        which.say("/events", win="text", data=[{"type": "text", "content": "x"}], opts={"title": "text"})
    other.line("elsewhere", [3], name="accuracy", opts={"title": "accuracy"})
    wire.line("here", [4], name="accuracy", opts={"title": "accuracy"})
    page = listen("/socket")
    sid = page.next()["data"]
    from urllib.parse import quote

    path = quote(f"/compare/{env}+{other.env}+nobody", safe="/+")
    assert wire.post(path, {"sid": sid}).text == ""
    page.until(lambda m: m["command"] == "layout")
    shown = {m["title"]: m for m in page.heard if m["command"] == "window"}
    assert set(shown) == {"compare_legend", "loss", "accuracy"}
    lines = {t["name"]: t["y"] for t in shown["loss"]["content"]["data"]}
    assert lines == {"0_loss": [1, 1], "1_loss": [2, 2]}
    assert shown["loss"]["content"]["layout"]["showlegend"] is True
    assert "&lt;b&gt;" in shown["compare_legend"]["content"]
    other.append("w", [5], [2])
    told = page.until(lambda m: m.get("title") == "loss")
    assert {t["name"]: t["y"] for t in told["content"]["data"]} == {"0_loss": [1, 1], "1_loss": [2, 2, 5]}


def test_a_page_comes_back_from_a_region(listen, wire):
    points = [{"group": 0, "name": str(i), "label": "a", "position": [i, 0], "idx": i} for i in range(3)]
    wire.say("/events", win="e", data=[{"type": "embeddings", "content": {"data": points}}])
    wire.say("/update", win="e", data={"update_type": "RegionSelected", "points": points[:1]})
    page = listen("/socket")
    page.next()
    page.say(cmd="pop_embeddings_pane", data={"eid": wire.env, "target": "e"})
    wait_for(lambda: wire.window("e")["content"]["data"] == points, what="the points before")


# --- without websockets


def polled(wire: Wire, path: str, sid: str) -> list[dict]:
    answer = wire.post(path, {"message_type": "query", "sid": sid}).json()
    assert answer["success"] is True
    return [json.loads(message) for message in answer["messages"]]


def test_a_client_may_poll(wire):
    opened = wire.post("/vis_socket_wrap", {"message_type": "init"}).json()
    assert opened["success"] is True
    sid = opened["sid"]
    assert polled(wire, "/vis_socket_wrap", sid) == [ALIVE]
    for n in range(3):
        said = {"message_type": "send", "sid": sid, "message": json.dumps({"cmd": "echo", "n": n})}
        assert wire.post("/vis_socket_wrap", said).json() == {"success": True}
    assert [m["n"] for m in polled(wire, "/vis_socket_wrap", sid)] == [0, 1, 2]
    assert polled(wire, "/vis_socket_wrap", sid) == []


def test_a_page_may_poll(wire):
    wire.line("w", [1])
    opened = wire.http.get("/socket_wrap").json()
    sid = opened["sid"]
    assert [m["command"] for m in polled(wire, "/socket_wrap", sid)] == [
        "register",
        "layout_update",
        "env_update",
    ]
    wire.post(f"/env/{wire.env}", {"sid": sid})
    assert [m["command"] for m in polled(wire, "/socket_wrap", sid)] == ["reload", "window", "layout"]
    wire.append("w", [2], [1])
    later = wait_for(lambda: polled(wire, "/socket_wrap", sid), what="the change")
    assert later[-1]["content"]["data"][0]["y"] == [1, 2]


def test_a_session_is_its_owners_alone(wire, server, log_in):
    other = Wire(log_in(scope="read"), wire.env)
    sid = wire.post("/vis_socket_wrap", {"message_type": "init"}).json()["sid"]
    for message, reason in (
        ({"message_type": "query", "sid": sid}, "closed"),
        ({"message_type": "query", "sid": "x"}, "closed"),
        ({"message_type": "query"}, "closed"),
        ({"message_type": "query", "sid": 5}, "closed"),
    ):
        answer = other.post("/vis_socket_wrap", message).json()
        assert answer == {"success": False, "reason": reason}
    answer = wire.post("/vis_socket_wrap", {"message_type": "send", "sid": sid}).json()
    assert answer == {"success": False, "reason": "no msg"}
    assert wire.post("/vis_socket_wrap", {"message_type": "x", "sid": sid}).json()["reason"] == "invalid"
    other.http.close()


# --- events


@pytest.fixture
def clicks(listen, wire) -> Callable[..., None]:
    """What a page of visdom's says when somebody does something in a window."""
    page = listen("/socket")
    page.next()

    def say(target: str, **event: Any) -> None:
        page.say(cmd="forward_to_vis", data={"target": target, "eid": wire.env, **event})

    return say


def heard(client: Listener, target: str) -> dict:
    return client.until(lambda m: m.get("target") == target)


@pytest.mark.parametrize(
    "event",
    [
        {"event_type": "KeyPress", "key": "a", "key_code": 65},
        {"event_type": "Click", "image_coord": {"x": 3, "y": 4, "visibility": "visible"}},
        {"event_type": "PropertyUpdate", "propertyId": 0, "value": "1"},
    ],
    ids=lambda event: event["event_type"],
)
def test_what_is_done_in_a_window_reaches_the_client(listen, wire, clicks, event):
    win = f"w-{wire.env}"
    wire.say("/events", win=win, data=[{"type": "text", "content": "hi"}], opts={"title": "t"})
    client = listen("/vis_socket")
    client.next()
    clicks(win, **event)
    told = heard(client, win)
    assert told == {**event, "target": win, "eid": wire.env, "pane_data": wire.window(win)}


def test_frequent_events_come_without_the_window(listen, wire, clicks):
    wire.say("/events", win="e", data=[{"type": "embeddings", "content": {"data": []}}])
    client = listen("/vis_socket")
    client.next()
    clicks("e", event_type="EntitySelected", entityId="Entity 1", idx=1, pane_data=False)
    told = heard(client, "e")
    assert told["pane_data"] is False
    assert (told["entityId"], told["idx"]) == ("Entity 1", 1)


def test_events_come_in_their_order(listen, wire, clicks):
    wire.say("/events", win="t", data=[{"type": "text", "content": "hi"}])
    client = listen("/vis_socket")
    client.next()
    sid = wire.post("/vis_socket_wrap", {"message_type": "init"}).json()["sid"]
    for n in range(20):
        clicks("t", event_type="KeyPress", key=str(n), key_code=n)
    assert [heard(client, "t")["key_code"] for _ in range(20)] == list(range(20))
    messages = wait_for(
        lambda: [m for m in polled(wire, "/vis_socket_wrap", sid) if "target" in m],
        what="the events by polling",
    )
    assert [m["key_code"] for m in messages] == list(range(20))


def test_a_closed_pane_tells_what_it_held(listen, wire):
    wire.say("/events", win="gone", data=[{"type": "text", "content": "last words"}])
    client, page = listen("/vis_socket"), listen("/socket")
    client.next()
    page.next()
    page.say(cmd="close", data="gone", eid=wire.env)
    told = heard(client, "gone")
    assert (told["event_type"], told["eid"]) == ("close", wire.env)
    assert told["pane_data"]["content"] == "last words"


def test_what_a_program_closes_is_no_event(listen, wire, clicks):
    wire.say("/events", win="a", data=[{"type": "text", "content": "hi"}])
    wire.say("/events", win="b", data=[{"type": "text", "content": "hi"}])
    client = listen("/vis_socket")
    client.next()
    wire.say("/close", win="a")
    clicks("b", event_type="KeyPress", key="x", key_code=88)
    assert client.next()["target"] == "b"


def test_events_reach_only_those_who_may_edit(server, listen, log_in, wire, clicks):
    server.command("user", "create", "passer-by", check=False)
    wire.say("/events", win="w", data=[{"type": "text", "content": "secret"}])
    others = []
    for user, scope in (("passer-by", "admin"), ("owner", "read")):
        other = log_in(user, scope)
        socket = listen("/vis_socket", cookie=other.cookies["user_password"])
        socket.next()
        others.append(socket)
        other.close()
    client = listen("/vis_socket")
    client.next()
    clicks("w", event_type="KeyPress", key="x", key_code=88)
    heard(client, "w")
    for socket in others:
        socket.say(cmd="echo", still="there")
        assert socket.next() == {"cmd": "echo", "still": "there"}


def test_handlers_of_the_client_are_called(vis, wire, clicks):
    got: list[dict] = []
    assert vis.text("hello", win="t") == "t"
    vis.register_event_handler(got.append, "t")
    clicks("t", event_type="KeyPress", key="Enter", key_code=13)
    wait_for(lambda: got, what="the handler's call")
    vis.clear_event_handlers("t")
    assert (got[0]["key"], got[0]["eid"], got[0]["pane_data"]["content"]) == ("Enter", wire.env, "hello")
