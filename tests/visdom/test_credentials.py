"""Who gets in by the wire: user name and token, HTTP Basic, the machine itself; and who does not."""

import hashlib
import json

import httpx
import pytest

from tests.support.waiting import wait_for
from tests.visdom.conftest import Wire, logged_in, trace


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def nobody(server):
    with httpx.Client(base_url=server.url) as client:
        yield client


def test_the_cookie_is_long_lived_and_for_the_wire_alone(server, nobody, token):
    answer = nobody.post("/", json={"username": "OWNER", "password": digest_of(token)})
    (cookie,) = answer.headers.get_list("set-cookie")
    name, _, rest = cookie.partition("=")
    value, *attributes = rest.split("; ")
    assert name == "user_password"
    assert not set(value) & set(' ",;')
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    (age,) = [int(a.removeprefix("Max-Age=")) for a in attributes if a.startswith("Max-Age=")]
    assert age > 365 * 86_400
    assert token not in cookie and digest_of(token) not in cookie
    for path in ("/api/v1/envs", "/api/v1/me"):
        assert nobody.get(path).status_code == 401
    assert nobody.get("/w/owner/env/main").status_code == 302
    assert nobody.post("/api/v1/ingest", json={"c": []}).status_code == 401


@pytest.mark.parametrize(
    "message",
    [
        {"username": "owner", "password": "0" * 64},
        {"username": "somebody", "password": "DIGEST"},
        {"username": "owner", "password": "TOKEN"},
        {"username": "owner", "password": ""},
        {"username": "owner"},
        {"username": ["owner"], "password": {}},
        {},
        [],
        "text",
    ],
    ids=str,
)
def test_a_wrong_password_is_a_400(nobody, token, message):
    if isinstance(message, dict) and isinstance(message.get("password"), str):
        secrets = {"DIGEST": digest_of(token), "TOKEN": token}
        message = {**message, "password": secrets.get(message["password"], message["password"])}
    answer = nobody.post("/", content=json.dumps(message))
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert "<" not in answer.text.replace("<an API token>", "")


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "1", "1.", "1.0000", "999999.aa", "-1.x", "1" * 40 + ".x", "²." + "0" * 64, '"1.x"', "1.x.y"],
)
def test_no_made_up_cookie_gets_in(server, cookie):
    headers = {"Cookie": f"user_password={cookie}".encode()}
    answer = httpx.post(f"{server.url}/env_state", content=b"{}", headers=headers)
    assert answer.status_code == 401


def test_a_cookie_dies_with_its_token(server, env):
    made = json.loads(
        server.command(
            "token", "create", "--user", "owner", "--scope", "write", "--name", "short", "--json"
        ).stdout
    )
    client = logged_in(server, made["token"])
    wire = Wire(client, env)
    assert wire.line("w", [1]) == "w"
    with server.client() as rest:
        assert rest.delete(f"/api/v1/tokens/{made['id']}").status_code in (200, 204)
    wait_for(
        lambda: wire.post("/win_exists", {"win": "w", "eid": env}).status_code == 401, what="the token's end"
    )
    assert wire.post("/events", {"win": "w", "eid": env, "data": [trace([1])]}).status_code == 401
    client.close()


def test_http_basic_gets_in_and_gets_the_cookie(server, env, token):
    with httpx.Client(base_url=server.url, auth=("owner", token)) as client:
        answer = client.post(f"/env/{env}", content=json.dumps({"eid": env}))
        assert (answer.status_code, answer.text) == (200, "")
        assert "user_password" in answer.cookies
        cookie = answer.cookies["user_password"]
    answer = httpx.post(f"{server.url}/env_state", content=b"{}", cookies={"user_password": cookie})
    assert env in answer.json()


@pytest.mark.parametrize("auth", [("somebody", "TOKEN"), ("owner", "x"), ("", ""), ("owner", "DIGEST")])
def test_http_basic_needs_the_right_token(server, token, auth):
    secrets = {"TOKEN": token, "DIGEST": digest_of(token)}
    answer = httpx.post(
        f"{server.url}/env_state", content=b"{}", auth=(auth[0], secrets.get(auth[1], auth[1]))
    )
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_pages_of_other_sites_may_not_use_a_visitors_cookie(wire, server, headers):
    wire.line("w", [1])
    assert wire.post("/close", {"win": "w", "eid": wire.env}, headers=headers).status_code == 403
    assert wire.say("/win_exists", win="w") == "true"
    answer = httpx.post(
        f"{server.url}/", json={"username": "owner", "password": digest_of(server.token())}, headers=headers
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_our_own_pages_may(wire, server):
    headers = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert wire.post("/env_state", {}, headers=headers).status_code == 200


# --- rights


def test_a_reader_reads_and_changes_nothing(server, log_in, wire):
    wire.line("w", [1])
    reader = Wire(log_in(scope="read"), wire.env)
    assert reader.say("/win_exists", win="w") == "true"
    assert reader.window("w")["id"] == "w"
    before = wire.window("w")
    for path, message in {
        "/events": {"win": "w", "data": [trace([2])], "layout": {}},
        "/update": {"win": "w", "data": [trace([2])], "append": True},
        "/close": {"win": "w"},
        "/win_data": {"win": "w", "data": json.dumps(before)},
        "/fork_env": {"prev_eid": wire.env, "eid": f"{wire.env}-copy"},
        "/delete_env": {},
        "/save": {"data": [wire.env]},
        f"/env/{wire.env}-new": {"eid": f"{wire.env}-new"},
    }.items():
        answer = reader.post(path, {"eid": wire.env, **message})
        assert answer.status_code == 403, path
        assert len(answer.text) < 300
    assert wire.window("w") == before
    reader.http.close()


def test_strangers_see_nothing_of_it(server, log_in, wire):
    server.command("user", "create", "stranger", check=False)
    stranger = Wire(log_in("stranger"), f"owner/{wire.env}")
    wire.line("w", [1])
    assert wire.env not in stranger.say("/env_state")
    # To them it is a name like any other, of an env of their own.
    assert stranger.say("/win_exists", win="w") == "false"
    assert stranger.append("w", [9]) == "w"
    assert wire.points("w") == {"1": [(0, 1)]}
    assert f"owner_{wire.env}" in json.loads(stranger.say("/env_state"))
    stranger.http.close()


def test_a_read_only_server_refuses_every_write(start_server, env):
    server = start_server()
    token = server.token()
    first = Wire(logged_in(server, token), "main")
    first.line("w", [1])
    first.http.close()
    server.stop()
    server.environ["PANEWALL_READONLY"] = "true"
    server.start()
    wire = Wire(logged_in(server, token), "main")
    assert wire.say("/win_exists", win="w") == "true"
    assert wire.say("/env/main") == ""
    for path, message in {
        "/events": {"win": "w", "data": [trace([2])], "layout": {}},
        "/update": {"win": "w", "data": [trace([2])], "append": True},
        "/close": {"win": "w"},
        "/fork_env": {"prev_eid": "main", "eid": "b"},
        "/delete_env": {},
        "/save": {"data": ["main"]},
        "/env/new": {"eid": "new"},
    }.items():
        assert wire.post(path, {"eid": "main", **message}).status_code == 403, path
    assert wire.points("w") == {"1": [(0, 1)]}
    wire.http.close()


# --- this machine


def test_the_machine_itself_gets_in_only_where_the_server_says_so(server, nobody):
    assert nobody.post("/env_state", content=b"{}").status_code == 401


def test_an_open_server_takes_programs_of_its_machine_for_the_owner(open_wall, env):
    with httpx.Client(base_url=open_wall.url) as local:
        wire = Wire(local, env)
        assert wire.line("w", [1]) == "w"
        assert env in json.loads(wire.say("/env_state"))
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Host": f"evil.example:{open_wall.port}"},
            {"X-Forwarded-For": "192.0.2.7"},
            {"Forwarded": "for=192.0.2.7"},
            {"Cookie": "user_password=1.x"},
            {"Authorization": "Basic eDp5"},
        ):
            assert local.post("/env_state", content=b"{}", headers=headers).status_code in (401, 403), headers
        # The page and REST still want to know who is there.
        assert local.get("/api/v1/me").status_code == 401


def test_below_a_base_address(open_wall):
    server = open_wall
    with httpx.Client() as client:
        body = {"username": "owner", "password": digest_of(server.token())}
        answer = client.post(server.url, json=body)
        assert (answer.status_code, answer.text) == (200, "")
        assert "Path=/wall/" in answer.headers["set-cookie"]
        assert "main" in client.post(f"{server.url}/env_state", content=b"{}").json()
        outside = server.url.removesuffix("/wall")
        assert client.post(f"{outside}/env_state", content=b"{}").status_code == 404
