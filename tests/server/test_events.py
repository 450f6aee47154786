"""A click on a page calls a function in a program: through a real server, from the live socket to the client's handler."""

import gc
import queue
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx
import numpy as np
import pytest

import panewall
from panewall import events as client_events
from panewall.sender import close_all
from tests.support import sounds
from tests.support.page import Page
from tests.support.proxy import plain_proxy
from tests.support.server import OWNER, PASSWORD, Server
from tests.support.waiting import wait_for

CLICK = {"event_type": "Click", "image_coord": {"x": 3, "y": 4, "visibility": "visible"}}


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("PANEWALL_STATE_DIR", str(tmp_path / "state"))
    yield
    close_all(2.0)


@pytest.fixture
def program(server: Server) -> Callable[..., panewall.Visdom]:
    """A program of the server's owner, or of somebody else."""

    def make(env: str, user: str = "owner") -> panewall.Visdom:
        return panewall.Visdom(server=server.url, port=server.port, env=env, token=server.token(user))

    return make


@pytest.fixture(scope="module")
def people(server: Server) -> None:
    """``mate`` looks at the team's envs; ``other`` is not in the team."""
    for name in ("mate", "other"):
        server.command("user", "create", name, "--json", check=False)
    server.command("workspace", "create", "eventteam", "--json", check=False)
    server.command("workspace", "add-member", "eventteam", "mate", "--role", "viewer", check=False)


def send(page: Page, win: str, event: dict) -> None:
    (window,) = [i for i, look in page.windows.items() if look["key"] == win]
    page._send({"t": "event", "env": page.env_id, "window": window, "event": event})


def refusal(page: Page) -> dict:
    while (frame := page.step())["t"] != "refused":
        pass
    return frame


def test_a_click_on_a_page_calls_the_handler_of_its_window(server: Server, program):
    vis = program("clicks")
    heard: queue.Queue[dict] = queue.Queue()
    vis.text("first", win="a", opts={"title": "T"})
    vis.text("second", win="b")
    vis.flush()
    vis.register_event_handler(heard.put, "a")
    with closing(Page(server, server.token(), "owner/clicks")) as page:
        send(page, "b", CLICK)
        send(page, "a", CLICK)
        event = heard.get(timeout=10)
        assert event.items() >= {**CLICK, "target": "a", "eid": "clicks"}.items()
        assert (event["pane_data"]["content"], event["pane_data"]["title"]) == ("first", "T")
        vis.clear_event_handlers("a")
        last: queue.Queue[dict] = queue.Queue()
        vis.register_event_handler(last.put, "b")
        send(page, "a", CLICK)
        send(page, "b", CLICK)
        assert last.get(timeout=10)["target"] == "b"
    assert heard.empty()


def test_equal_windows_of_two_envs_do_not_mix(server: Server, program):
    vis = program("one")
    heard: dict[str, queue.Queue] = {"one": queue.Queue(), "two": queue.Queue()}
    for env, mailbox in heard.items():
        vis.text(env, win="same", env=env)
        vis.flush()
        vis.register_event_handler(mailbox.put, "same")  # where it was put last
    with closing(Page(server, server.token(), "owner/two")) as page:
        send(page, "same", CLICK)
        assert heard["two"].get(timeout=10)["eid"] == "two"
    with closing(Page(server, server.token(), "owner/one")) as page:
        send(page, "same", CLICK)
        assert heard["one"].get(timeout=10)["pane_data"]["content"] == "one"
    assert heard["two"].empty()


def test_a_handler_that_fails_is_printed_and_the_next_one_runs(server: Server, program, capsys):
    vis = program("failing")
    vis.text("x", win="w")
    vis.flush()
    heard: queue.Queue[dict] = queue.Queue()
    vis.register_event_handler(lambda event: 1 / 0, "w")
    vis.register_event_handler(heard.put, "w")
    with closing(Page(server, server.token(), "owner/failing")) as page:
        send(page, "w", CLICK)
        heard.get(timeout=10)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_whoever_only_looks_sends_and_hears_nothing(server: Server, program, people):
    vis, mate, other = program("eventteam/run"), program("main", "mate"), program("main", "other")
    vis.text("x", win="w")
    vis.flush()
    heard: queue.Queue[dict] = queue.Queue()
    not_heard: queue.Queue[dict] = queue.Queue()
    mate.register_event_handler(not_heard.put, "w", env="eventteam/run")
    other.register_event_handler(not_heard.put, "w", env="eventteam/run")
    vis.register_event_handler(heard.put, "w", env="eventteam/run")
    with closing(Page(server, server.token("mate"), "eventteam/run")) as page:
        send(page, "w", CLICK)
        frame = refusal(page)
        assert (frame["error"]["code"], frame["env"]) == ("forbidden", page.env_id)
    with closing(Page(server, server.token(), "eventteam/run")) as page:
        send(page, "w", {**CLICK, "n": 2})
        assert heard.get(timeout=10)["n"] == 2
    assert heard.empty()
    assert not_heard.empty()


def test_a_shared_page_sends_nothing(server: Server, program):
    vis = program("shared")
    vis.text("x", win="w")
    vis.flush()
    with server.client() as owner:
        link = owner.post("/api/v1/envs/owner/shared/links", json={}).json()
        path = f"/s/{link['url'].rstrip('/').rpartition('/s/')[2]}/ws/live"
    with closing(Page(server, "", "owner/shared", path=path)) as page:
        send(page, "w", CLICK)
        assert refusal(page)["error"]["code"] == "forbidden"


def test_nonsense_is_refused_and_the_page_goes_on(server: Server, program):
    vis = program("odd")
    vis.text("x", win="w")
    vis.flush()
    with closing(Page(server, server.token(), "owner/odd")) as page:
        for message, code in (
            ({"window": 1, "event": CLICK}, "invalid"),
            ({"env": page.env_id, "window": 10**9, "event": CLICK}, "window_missing"),
            ({"env": page.env_id, "window": next(iter(page.windows)), "event": "click"}, "invalid"),
            ({"env": 10**9, "window": 1, "event": CLICK}, "window_missing"),
        ):
            page._send({"t": "event", **message})
            assert refusal(page)["error"]["code"] == code
        vis.text("y", win="w")
        vis.flush()
        page.settle((page.revision or 0) + 1)


def test_a_flood_reaches_the_program_in_bounds_and_in_order(server: Server, program):
    vis = program("flood")
    vis.text("x", win="w")
    vis.flush()
    heard: queue.Queue[dict] = queue.Queue()
    vis.register_event_handler(heard.put, "w")
    with closing(Page(server, server.token(), "owner/flood")) as page:
        for number in range(500):
            send(page, "w", {"event_type": "KeyPress", "key": "a", "n": number})
        assert refusal(page)["error"]["code"] == "slow_down"

        def last_one() -> bool:
            send(page, "w", {"event_type": "KeyPress", "key": "end", "n": 1000})
            return any(event["key"] == "end" for event in list(heard.queue))

        wait_for(last_one, what="the flood to pass", every_s=0.2)
    numbers = [event["n"] for event in list(heard.queue) if event["key"] == "a"]
    assert numbers == sorted(numbers)
    assert 50 <= len(numbers) < 400


def test_a_pane_that_a_person_closes_is_told_and_one_that_a_program_closes_is_not(server: Server, program):
    vis = program("closing")
    vis.image(np.zeros((3, 4, 4)), win="a")
    vis.text("t", win="b")
    vis.text("c", win="c")
    vis.flush()
    heard: queue.Queue[dict] = queue.Queue()
    for win in "abc":
        vis.register_event_handler(heard.put, win)
    vis.close("b")
    vis.flush()
    with signed_in(server) as person:
        assert person.delete("/api/v1/envs/owner/closing/windows/a").status_code == 204
        event = heard.get(timeout=10)
        assert (event["event_type"], event["target"]) == ("close", "a")
        assert event["pane_data"]["content"]["src"].startswith("data:image/png;base64,")
        assert person.post("/api/v1/envs/owner/closing/clear").status_code == 200
        assert heard.get(timeout=10)["target"] == "c"
    assert heard.empty()


@contextmanager
def signed_in(server: Server) -> Iterator[httpx.Client]:
    """A browser of the owner's: session cookie, CSRF token."""
    with httpx.Client(base_url=server.url, follow_redirects=True, timeout=30) as client:
        client.headers["Referer"] = server.url
        client.get("/accounts/login/")
        form = {
            "login": OWNER,
            "password": PASSWORD,
            "csrfmiddlewaretoken": client.cookies["panewall_csrf"],
        }
        assert client.post("/accounts/login/", data=form).status_code == 200
        client.headers["X-CSRFToken"] = client.cookies["panewall_csrf"]
        yield client


def test_a_program_whose_handlers_are_gone_stops_listening(server: Server, program):
    vis = program("leaving")
    vis.text("x", win="w")
    vis.flush()
    vis.register_event_handler(print, "w")
    address = vis._sender.address
    assert address in client_events._listeners
    del vis
    gc.collect()
    wait_for(lambda: address not in client_events._listeners, what="the listener to end")


def test_sounds_are_told_whole(server: Server, program):
    vis = program("beeps")
    vis.flush()
    with server.client() as owner:
        asset = owner.post("/api/v1/assets", content=sounds.wav()).json()["asset"]
        put = {"do": "sample.put", "env": "beeps", "win": "s", "asset": asset}
        assert owner.post("/api/v1/ingest", json={"c": [put]}).status_code == 200
    heard: queue.Queue[dict] = queue.Queue()
    vis.register_event_handler(heard.put, "s")
    with closing(Page(server, server.token(), "owner/beeps")) as page:
        send(page, "s", {"event_type": "KeyPress", "key": "a", "key_code": 65})
        assert heard.get(timeout=10)["pane_data"]["content"].startswith("<audio controls>")


# -- Where no websocket gets through


def test_a_program_behind_a_proxy_without_websockets_hears_all_events_in_order(server: Server):
    heard: queue.Queue[dict] = queue.Queue()
    with plain_proxy(server.url) as url:
        vis = panewall.Visdom(
            server=url, port=int(url.rpartition(":")[2]), env="proxied", token=server.token()
        )
        vis.text("x", win="w")
        assert vis.flush(20)
        assert vis._sender.stats["over_http"] is True
        vis.register_event_handler(heard.put, "w")
        with closing(Page(server, server.token(), "owner/proxied")) as page:
            for n in range(20):
                send(page, "w", {"event_type": "KeyPress", "key": str(n), "key_code": n})
            assert [heard.get(timeout=20)["key_code"] for _ in range(20)] == list(range(20))
        del vis
        gc.collect()


def ask(server: Server, token: str, **asked) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{server.url}/api/v1/events", json=asked, headers=headers, timeout=40)


def test_who_asks_for_events_over_http_needs_a_token_and_a_listener_of_their_own(server: Server, people):
    assert ask(server, "wrong").status_code == 401
    begun = ask(server, server.token())
    assert (begun.status_code, begun.json()["events"]) == (200, [])
    for token, listener in ((server.token(), "f" * 32), (server.token("other"), begun.json()["listener"])):
        refused = ask(server, token, listener=listener)
        assert (refused.status_code, refused.json()["code"]) == (404, "listener_missing")
    strange = httpx.post(
        f"{server.url}/api/v1/events", content=b"[]", headers={"Authorization": f"Bearer {server.token()}"}
    )
    assert (strange.status_code, strange.json()["code"]) == (400, "malformed")


def test_events_over_http_reach_only_those_who_may_edit(server: Server, program, people):
    writer = panewall.Visdom(server=server.url, port=server.port, env="eventteam/poll", token=server.token())
    writer.text("x", win="w")
    assert writer.flush(20)
    mate, owner = server.token("mate"), server.token()
    listeners = {token: ask(server, token).json()["listener"] for token in (mate, owner)}
    with closing(Page(server, owner, "eventteam/poll")) as page:
        send(page, "w", CLICK)
        [event] = ask(server, owner, listener=listeners[owner]).json()["events"]
    assert (event["target"], event["env_name"]) == ("w", "eventteam/poll")
    # What she may edit she hears of, and that is the first thing she hears.
    own = program("polled", "mate")
    own.text("y", win="mine")
    assert own.flush(20)
    with closing(Page(server, mate, "mate/polled")) as page:
        send(page, "mine", CLICK)
        [event] = ask(server, mate, listener=listeners[mate]).json()["events"]
    assert event["target"] == "mine"


def test_events_of_an_answer_that_got_lost_are_told_again(server: Server, program):
    vis = program("lost")
    vis.text("x", win="w")
    assert vis.flush(20)
    token = server.token()
    listener = ask(server, token).json()["listener"]
    with closing(Page(server, token, "owner/lost")) as page:
        send(page, "w", CLICK)
        first = ask(server, token, listener=listener, after=0).json()
        assert (len(first["events"]), first["last"]) == (1, 1)
        assert ask(server, token, listener=listener, after=0).json() == first
        send(page, "w", {"event_type": "KeyPress", "key": "b", "key_code": 66})
        second = ask(server, token, listener=listener, after=first["last"]).json()
    assert ([event["event_type"] for event in second["events"]], second["last"]) == (["KeyPress"], 2)
