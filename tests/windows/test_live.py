"""Whatever happens on the way, a page that kept watching shows what a page opened now shows."""

import base64
import io
import uuid
from urllib.parse import urlencode

import httpx
import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from websockets.sync.client import connect

from tests.support.page import Page


@pytest.fixture(scope="module")
def program(server, token):
    """An HTTP client with a token."""
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as client:
        yield client


def send(program, *commands) -> None:
    answer = program.post("/api/v1/ingest", json={"commands": list(commands)})
    assert answer.status_code in (200, 400), answer.text


def revision(program, env: str) -> int:
    return program.get(f"/api/v1/envs/owner/{env}").json()["revision"]


@pytest.fixture
def env() -> str:
    return f"live-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def watch(server, token):
    pages = []

    def open_page(env: str) -> Page:
        page = Page(server, token, env)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()


def line(env, y, win="w", trace="t", **more):
    return {"do": "trace.append", "env": env, "win": win, "trace": trace, "y": y, **more}


def test_an_append_reaches_a_page_that_watches(program, watch, env):
    send(program, line(env, [1, 2]))
    page = watch(env)
    send(program, line(env, [3]))
    page.settle(revision(program, env))
    assert [t["columns"]["y"] for t in page.traces.values()] == [[1, 2, 3]]


def test_a_page_that_comes_back_gets_only_what_it_lacks(program, watch, env):
    send(program, line(env, list(range(1000))))
    page = watch(env)
    page.close()
    send(program, line(env, [7.0]), line(env, [1.0], win="other"))
    page._received = 0
    page.open()
    assert page._received < 3000
    assert page.picture() == watch(env).picture()


def test_a_page_below_the_floor_of_deltas_begins_anew(program, watch, env):
    send(program, line(env, [1]))
    page = watch(env)
    page.close()
    page.revision = 10**9
    page.open()
    assert page.picture() == watch(env).picture()


def test_an_env_that_is_deleted_is_gone_from_open_pages(program, watch, env):
    send(program, line(env, [1]))
    page = watch(env)
    send(program, {"do": "env.delete", "env": env})
    while page.gone is None:
        page.step()
    assert page.gone["code"] == "not_found"


def test_a_stranger_gets_the_same_word_for_hidden_and_missing(server, program, env):
    send(program, line(env, [1]))
    server.command("user", "create", f"stranger-{env}")
    stranger = server.token(f"stranger-{env}")
    hidden, missing = Page(server, stranger, f"owner/{env}"), Page(server, stranger, "owner/nothing-here")
    assert hidden.gone["code"] == missing.gone["code"] == "not_found"
    hidden.close()
    missing.close()


def picture_bytes(shade: int) -> str:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


NUMBERS = st.lists(st.one_of(st.floats(-100, 100), st.none()), min_size=1, max_size=30)
KEYS = st.sampled_from(["w", "v", "ü/#%"])
WRITES = st.one_of(
    st.builds(lambda w, y: {"do": "trace.append", "win": w, "trace": "t", "y": y}, KEYS, NUMBERS),
    st.builds(
        lambda w, y: {"do": "trace.append", "win": w, "index": 0, "y": y, "x": [-v for v in range(len(y))]},
        KEYS,
        NUMBERS,
    ),
    st.builds(lambda w, y: {"do": "trace.replace", "win": w, "trace": "t", "y": y}, KEYS, NUMBERS),
    st.builds(lambda w: {"do": "trace.remove", "win": w, "trace": "t"}, KEYS),
    st.builds(
        lambda w, a, b: {
            "do": "window.put",
            "win": w,
            "kind": "plot",
            "title": "put",
            "traces": [{"type": "scatter", "y": a}, {"type": "bar", "y": b}],
        },
        KEYS,
        NUMBERS,
        NUMBERS,
    ),
    st.builds(lambda w: {"do": "window.update", "win": w, "title": "up", "layout": {"a": {"b": 1}}}, KEYS),
    st.builds(lambda w: {"do": "window.close", "win": w}, KEYS),
    st.builds(
        lambda w, t: {"do": "text.append", "win": "text " + w, "text": t}, KEYS, st.text("ab<>", max_size=5)
    ),
    st.builds(
        lambda steps: {
            "do": "metrics.log",
            "series": {"m": {"step": steps, "value": [float(s) for s in range(len(steps))]}},
        },
        st.lists(st.integers(0, 50), min_size=1, max_size=10),
    ),
    st.builds(
        lambda n: {"do": "trace.append", "win": "big", "trace": "t", "y": n}, st.sampled_from([5000, 20_000])
    ),
    st.just({"do": "env.clear"}),
)
EVENTS = st.one_of(WRITES, WRITES, WRITES, st.sampled_from(["reconnect", "compare", "look"]))


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the socket's own thread draws masks
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(EVENTS, min_size=5, max_size=30))
def test_a_page_that_watched_shows_what_a_fresh_one_shows(program, watch, events):
    env = f"live-{uuid.uuid4().hex[:12]}"
    send(program, line(env, [0]))
    page = watch(env)
    for event in [*events, "compare"]:
        if event == "reconnect":
            page.close()
            page.open()
        elif event == "compare":
            now = revision(program, env)
            fresh = watch(env).settle(now)
            assert page.settle(now).picture() == fresh.picture()
            fresh.close()
        elif event == "look":
            page.settle(revision(program, env))
        else:
            command = {**event, "env": env}
            if isinstance(command.get("y"), int):
                command["y"] = {
                    "dtype": "f4",
                    "bdata": base64.b64encode(np.arange(command["y"], dtype="f4").tobytes()).decode(),
                }
            send(program, command)
    page.close()


def test_a_window_that_comes_back_brings_its_points_to_pages_that_watch(program, watch, env):
    send(program, line(env, [1, 2, 3]))
    page = watch(env)
    [window] = page.windows
    send(program, {"do": "window.close", "env": env, "win": "w"})
    send(program, {"do": "window.restore", "env": env, "id": window})
    page.settle(revision(program, env))
    assert [t["columns"]["y"] for t in page.traces.values()] == [[1, 2, 3]]


def test_what_stands_in_the_address_is_asked_for_first(server, token, program, env):
    send(program, line(env, [1.0, 2.0]))
    query = urlencode({"env": env, "width": 256})
    with connect(
        f"{server.ws_url}/ws/live?{query}", additional_headers={"Authorization": f"Bearer {token}"}
    ) as wire:
        hello, snap = (msgpack.unpackb(wire.recv(timeout=20), strict_map_key=False) for _ in range(2))
    assert hello["t"] == "hello"
    assert (snap["t"], snap["last"]) == ("snap", True)
    assert [op[0] for op in snap["ops"]].count("a") == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("env=no-such-env", "not_found"),
        ("env=main&width=wide", "invalid"),
        ("env=main&width=" + "9" * 5000, "invalid"),
    ],
)
def test_an_address_that_asks_for_what_is_not_there_is_told_so(server, token, query, code):
    with connect(
        f"{server.ws_url}/ws/live?{query}", additional_headers={"Authorization": f"Bearer {token}"}
    ) as wire:
        wire.recv(timeout=20)
        said = msgpack.unpackb(wire.recv(timeout=20), strict_map_key=False)
    assert (said["t"], said["error"]["code"]) == ("gone", code)
