"""A window's key is any text. What looks like a deeper address is the key of a window, and all parts of it can be reached."""

import uuid
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PARTS = [
    "a",
    "object",
    "traces/0/data",
    "export",
    "embeddings/back",
    "restore",
    "7/restore",
    "window",
    "samples",
]
SIGNS = ["/", ".", "..", "%", "%2F", "+", " ", "#", "?", "&", "=", ";", "\\", "\n", "é", "😀"]
KEYS = ["", ".", "..", *PARTS, *SIGNS, *(f"a/{part}" for part in PARTS), "a%2Fobject", "../export", "w" * 300]
#: No client sends these as the last part of a path: there they are steps.
STEPS = {"", ".", ".."}

keys = st.lists(st.sampled_from(PARTS + SIGNS), min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def env(program) -> str:
    """The address of an env of its own."""
    return f"/api/v1/envs/owner/keys-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def program(server, token):
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def write(program: httpx.Client, env: str, **command: object) -> None:
    command["env"] = env.rpartition("/")[2]
    answer = program.post("/api/v1/ingest", json={"commands": [command]})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("key", KEYS)
def test_a_plot_of_any_key_is_reached_with_all_its_parts(program, env, key):
    reach(program, env, key)


@given(key=keys)
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_keys_put_together_of_addresses_and_signs_are_reached_too(program, env, key):
    reach(program, env, key)


def reach(program: httpx.Client, env: str, key: str) -> None:
    write(program, env, do="trace.replace", win=key, trace="t", x=[0, 1], y=[3, 4])
    named = {"win": key}
    window = program.get(f"{env}/window", params=named).json()
    assert (window["key"], window["traces"][0]["name"]) == (key, "t")
    if key not in STEPS:
        assert program.get(f"{env}/windows/{quote(key, safe='')}").json() == window
    assert program.get(f"{env}/traces/0/data", params=named).json()["columns"]["y"] == [3, 4]
    obj = program.get(f"{env}/object", params=named).json()
    assert (obj["id"], obj["content"]["data"][0]["y"]) == (key, [3, 4])
    assert program.put(f"{env}/object", params=named, json=obj).json()["key"] == key
    table = program.get(f"{env}/export", params={**named, "format": "csv"})
    assert (table.status_code, table.text.split()[0]) == (200, "trace,x,y")
    assert program.get(f"{env}/samples", params=named).json()["count"] == 0
    assert program.patch(f"{env}/window", params=named, json={"title": "T"}).json()["key"] == key
    assert program.delete(f"{env}/window", params=named).status_code == 204
    assert program.get(f"{env}/window", params=named).json()["code"] == "window_missing"
    assert program.post(f"{env}/closed-windows/{window['id']}/restore").json()["key"] == key
    assert program.get(f"{env}/window", params=named).json()["title"] == "T"


@pytest.mark.parametrize("key", KEYS)
def test_one_goes_back_in_embeddings_of_any_key(program, env, key):
    env += "-embeddings"
    points = [{"group": 0, "name": "n", "label": "0", "position": [0, 0], "idx": 0}]
    write(program, env, do="window.put", win=key, kind="embeddings", content={"data": points})
    deeper = [{**points[0], "name": "deeper"}]
    write(program, env, do="embeddings.enter", win=key, points=deeper)
    assert program.post(f"{env}/embeddings/back", params={"win": key}).status_code == 204
    assert program.get(f"{env}/window", params={"win": key}).json()["content"]["data"][0]["name"] == "n"


def test_a_key_sent_twice_to_two_windows_is_two_writes(program, env):
    """An ``Idempotency-Key`` belongs to its whole address, the window included."""
    for key in ("one", "two"):
        write(program, env, do="text.append", win=key, text="x")
        answer = program.patch(
            f"{env}/window", params={"win": key}, json={"title": key}, headers={"Idempotency-Key": "same"}
        )
        assert answer.json()["title"] == key


@pytest.mark.parametrize("part", ["window", "object", "traces/0/data", "samples"])
def test_a_part_without_a_key_is_refused_by_name(program, env, part):
    answer = program.get(f"{env}/{part}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["win"])


def test_an_object_may_be_large_wherever_its_window_is(program, env):
    """The larger limit of bodies is the object's, and no window of such a name has it."""
    large = {"type": "text", "content": "x" * 11_000_000}
    assert program.put(f"{env}/object", params={"win": "large"}, json=large).status_code == 200
    refused = program.patch(f"{env}/windows/{quote('a/object', safe='')}", json={"title": "x" * 11_000_000})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
