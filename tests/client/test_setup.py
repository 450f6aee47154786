"""Arguments, addresses, tokens, offline mode, imports."""

import hashlib
import json
import os
import subprocess
import sys
import time
import warnings

import pytest

import panewall
from panewall import Visdom
from panewall.address import resolve, stored_token
from panewall.errors import BadArgument, Refused, Unauthorized, Unreachable, refusal
from panewall.events import READY_S


def test_attributes_are_those_of_visdom(vis):
    assert (vis.server, vis.server_base_name, vis.port, vis.base_url) == (
        "http://localhost",
        "localhost",
        8097,
        "",
    )
    assert (vis.env, vis.env_list, vis.send, vis.raise_exceptions) == ("main", {"main"}, False, True)
    assert (vis.event_handlers, vis.win_data, vis.offline, vis.proxies, vis.username) == (
        {},
        {},
        False,
        None,
        None,
    )
    assert vis.socket_alive is False and vis.log_to_filename is None


def test_the_password_is_kept_as_its_digest():
    secret = Visdom("localhost", username="u", password="pw_x", send=False)
    assert secret.password == hashlib.sha256(b"pw_x").hexdigest()
    assert secret.server == "http://localhost"


@pytest.mark.parametrize(
    ("server", "found"),
    [
        ("http://host:1234", ("http://host", "host", 1234)),
        ("https://host/path", ("https://host", "host", 8097)),
        ("[::1]", ("http://[::1]", "[::1]", 8097)),
        ("http://u:secret@host", ("http://u:secret@host", "u:secret@host", 8097)),
    ],
)
def test_servers_with_and_without_a_port(server, found):
    vis = Visdom(server, send=False)
    assert (vis.server, vis.server_base_name, vis.port) == found


@pytest.mark.parametrize(
    "arguments",
    [
        {"base_url": "wall"},
        {"base_url": "/wall/"},
        {"username": "u"},
        {"offline": True},
        {"env": ""},
        {"env": None},
        {"env": "e" * 700},
        {"server": "ftp://x", "send": True},
    ],
)
def test_bad_arguments_are_refused_at_once(arguments):
    with pytest.raises(AssertionError):
        Visdom(**{"send": False, **arguments})


def test_old_proxy_arguments_warn():
    with pytest.warns(DeprecationWarning, match="proxies"):
        Visdom(http_proxy_host="p", send=False)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("wall.example.org", "http://wall.example.org"),
        ("https://wall.example.org:8443/base/", "https://wall.example.org:8443/base"),
        ("http://user:secret@host:1", "http://host:1"),
        (None, "http://127.0.0.1:8097"),
    ],
)
def test_addresses(text, url):
    assert resolve(text).url == url


def test_where_tokens_come_from(monkeypatch, tmp_path):
    credentials = tmp_path / "credentials.json"
    credentials.write_text(
        json.dumps({"servers": {"http://127.0.0.1:8097": {"token": "stored", "user": "me"}}})
    )
    assert resolve(None).find_token() == "stored"
    assert stored_token("http://localhost:8097") == "stored" and stored_token("http://localhost:9") is None
    monkeypatch.setenv("PANEWALL_TOKEN", "environment")
    assert resolve(None).find_token() == "environment"
    assert resolve("http://user:inside@host").find_token() == "inside"
    assert resolve(None, token="given").find_token() == "given"
    for damaged in ("", "[]", '{"servers": {"http://localhost:8097": 5}}'):
        credentials.write_text(damaged)
        assert stored_token("http://localhost:8097") is None


def test_the_environment_names_the_server(monkeypatch):
    monkeypatch.setenv("PANEWALL_SERVER", "https://wall.example.org/base")
    assert resolve(None).url == "https://wall.example.org/base"


def test_offline_everything_is_logged_and_nothing_sent(tmp_path):
    log = tmp_path / "log.jsonl"
    vis = Visdom(offline=True, log_to_filename=str(log), env="e")
    win = vis.line([1.0, float("nan")])
    assert vis.text("x", win="t", append=True) == "t" and vis.line([1], [2], win=win, update="append") == win
    assert vis.close("t") is vis.close() is vis.delete_env("x") is True
    assert (
        vis.win_exists("t") is None
        and set(vis.get_env_list()) == {"e", "x"}
        and vis.check_connection() is False
    )
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [endpoint for endpoint, _ in lines] == ["events", "update", "update"]
    assert (
        lines[0][1]["win"] == win and lines[0][1]["eid"] == "e" and lines[0][1]["data"][0]["y"] == [1.0, None]
    )


def test_a_log_is_replayed(tmp_path, vis):
    log = tmp_path / "log.jsonl"
    Visdom(offline=True, log_to_filename=str(log)).text("x", win="t")
    seen = []

    class Mine(Visdom):
        def _send(self, msg, endpoint="events", quiet=False, from_log=False, create=True):
            seen.append((endpoint, msg["win"], from_log))

    Mine(send=False).replay_log(str(log))
    assert seen == [("events", "t", True)]


def test_errors_are_those_visdoms_users_catch():
    assert issubclass(BadArgument, AssertionError) and issubclass(Unreachable, ConnectionError)
    error = refusal(401, {"code": "token_expired", "detail": "It expired.", "fields": {}})
    assert (
        isinstance(error, Unauthorized) and isinstance(error, RuntimeError) and error.code == "token_expired"
    )
    assert type(refusal(500, b"oops")) is Refused


def test_a_server_that_is_away_costs_no_call_an_exception(free_address):
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        vis = Visdom(free_address, port=int(free_address.rpartition(":")[2]), token="t")
        win = vis.line([1, 2])
        assert isinstance(win, str) and vis.close(win) == "" and vis.flush(0.05) is False
        assert vis.win_exists(win) is None and vis.check_connection() is False
        began = time.monotonic()
        for _ in range(5):
            vis.register_event_handler(print, win)
        assert time.monotonic() - began < READY_S
        with pytest.raises(ConnectionError):
            vis.get_window_data(win)
        vis.raise_exceptions = False
        assert vis.get_window_data(win) is False and vis.get_env_list() is False
    vis._sender.close(0.0)


@pytest.fixture
def free_address():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"  # bound, not listening: connections are refused


def test_importing_brings_nothing_heavy():
    program = (
        "import sys, panewall; heavy = {'numpy', 'PIL', 'httpx', 'django', 'msgpack', 'websockets', 'torch', 'pandas', 'plotly'};"
        "print(sorted(heavy & set(sys.modules))); panewall.Visdom; print(sorted({'httpx', 'PIL', 'plotly', 'pandas'} & set(sys.modules)))"
    )
    environ = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(panewall.__file__))}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


def test_all_names_exist():
    for name in panewall.__all__:
        assert getattr(panewall, name) is not None
    assert set(panewall.__all__) <= set(dir(panewall))
    with pytest.raises(AttributeError):
        panewall.nothing  # noqa: B018


# --- events ---


def test_handlers_are_kept_by_window_and_forgotten(vis):
    def handler(event):
        pass

    vis.register_event_handler(handler, "w")
    vis.register_event_handler(handler, "w", env="other")
    vis.register_event_handler(print, "other")
    assert vis.event_handlers == {"w": [handler, handler], "other": [print]}
    vis.clear_event_handlers("w")
    vis.clear_event_handlers("never there")
    assert vis.event_handlers["w"] == [] and vis.event_handlers["other"] == [print]


@pytest.mark.parametrize(
    "options", [{"use_incoming_socket": False}, {"offline": True, "log_to_filename": "log"}]
)
def test_without_a_socket_there_are_no_events(options):
    vis = Visdom(send=False, **options)
    assert vis.use_socket is False
    with pytest.raises(AssertionError, match="use_incoming_socket"):
        vis.register_event_handler(print, "w")


def test_polling_is_accepted_in_place_of_a_socket():
    vis = Visdom(send=False, use_incoming_socket=False, use_polling=True)
    assert vis.use_socket is True
    other = Visdom(send=False, use_incoming_socket=False)
    other.setup_polling()
    other.register_event_handler(print, "w")
