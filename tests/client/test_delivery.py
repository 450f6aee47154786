"""The client against a real server: what is logged arrives, once, whatever happens on the way."""

import json
import multiprocessing
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import panewall
from panewall import Visdom
from panewall.address import resolve
from panewall.batch import unpack
from panewall.errors import NotFound, Refused, Unauthorized
from panewall.run import Run
from panewall.sender import Sender, close_all
from panewall.spool import server_folder
from tests.support.proxy import plain_proxy
from tests.support.server import OWNER
from tests.support.waiting import wait_for


@pytest.fixture
def env() -> str:
    return f"env-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def vis(server, token, env):
    return Visdom(f"http://127.0.0.1:{server.port}", port=server.port, token=token, env=env)


def read_points(server, env, win, index=0, column="y"):
    """The points of a trace as the server has them, by way of REST."""
    path = f"/api/v1/envs/{OWNER}/{quote(env, safe='')}/traces/{index}/data"
    with server.client() as client:
        answer = client.get(path, params={"win": win}, headers={"Accept": "application/msgpack"})
    assert answer.status_code == 200, answer.text
    body = unpack(answer.content)["columns"][column]
    return np.frombuffer(body["bdata"], "<" + body["dtype"]).tolist() if isinstance(body, dict) else body


def make_run(sender, env):
    return Run(env, sender=sender, config=None, tags=[])


def run_program(server, body, *, token=None, check=True, **environ):
    """A program of its own that uses this client."""
    source = os.path.dirname(os.path.dirname(panewall.__file__))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", body],
        env={
            **os.environ,
            "PYTHONPATH": source,
            "PANEWALL_SERVER": server.url or f"http://127.0.0.1:{server.port}",
            "PANEWALL_TOKEN": token or server.token(),
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


# --- what arrives ---


def test_a_run_arrives_whole(server, token, env):
    with panewall.init(
        env, config={"lr": 0.1, "layers": (3, 4)}, tags=["a", "b", "a"], server=server.url, token=token
    ) as run:
        assert run.url == f"{server.url}/env/{env}"
        for step in range(500):
            panewall.log({"loss": 1 / (step + 1), "deep": {"acc": step}}, step=step)
        run.log({"loss": float("nan")}, step=500)
        run.log({"image": [panewall.Image(np.zeros((4, 4)), caption="c")] * 2}, step=7)
        assert run.flush() is True
    assert read_points(server, env, "loss", column="x") == list(range(501))
    assert read_points(server, env, "loss")[:2] == [1.0, 0.5] and np.isnan(
        read_points(server, env, "loss")[500]
    )
    assert read_points(server, env, "deep/acc") == list(range(500))
    with server.client() as client:
        found = client.get(f"/api/v1/envs/{OWNER}/{env}").json()
    assert (found["status"], found["config"], found["tags"]) == (
        "finished",
        {"lr": 0.1, "layers": [3, 4]},
        ["a", "b"],
    )


def test_the_last_write_of_a_step_wins(server, token, env, make_sender):
    run = make_run(make_sender(server.url, token), env)
    for value in (1, 2, 3):
        run.log({"x": value}, step=5)
        run.flush()
    run.log({"x": 9}, step=4)
    run.flush()
    assert (read_points(server, env, "x", column="x"), read_points(server, env, "x")) == ([4, 5], [9, 3])


def test_plots_come_back_with_every_point(vis, env):
    win = vis.line([1.0, float("nan"), 3.0], [1, 2, 3], opts={"title": "t", "xlabel": "step"})
    vis.line([4.0], [4], win=win, update="append")
    vis.line([9.0, 8.0], [1, 2], win=win, update="append", name="b")
    window = json.loads(vis.get_window_data(win))
    first, second = window["content"]["data"]
    assert (first["x"], first["y"], first["name"]) == ([1, 2, 3, 4], [1.0, None, 3.0, 4.0], "1")
    assert (second["y"], second["name"], second["type"]) == ([9, 8], "b", "scatter")
    assert (window["id"], window["title"], window["type"], window["mode"]) == (win, "t", "plot", "lines")
    assert window["content"]["layout"]["xaxis"] == {"title": "step"}
    vis.line([0.0], [0.0], win=win, update="replace", name="b")
    vis.line(None, win=win, update="remove", name="1")
    assert [trace["y"] for trace in json.loads(vis.get_window_data(win))["content"]["data"]] == [[0.0]]


def test_an_append_makes_what_is_missing(vis):
    vis.scatter(
        np.array([[1, 2, 3]]),
        win="deep",
        update="append",
        name="n",
        opts={"title": "3-D", "textlabels": ["a"]},
    )
    vis.scatter(
        np.array([[4, 5, 6]]),
        win="deep",
        update="append",
        name="n",
        opts={"title": "3-D", "textlabels": ["b"]},
    )
    window = json.loads(vis.get_window_data("deep"))
    (trace,) = window["content"]["data"]
    assert (trace["x"], trace["z"], trace["text"], trace["type"]) == ([1, 4], [3, 6], ["a", "b"], "scatter3d")
    assert window["title"] == "3-D" and "scene" in window["content"]["layout"]


def test_dates_on_the_x_axis(vis):
    win = vis.line([1.0, 2.0], np.array(["2026-01-01", "2026-01-02"], "datetime64[D]"))
    vis.line([3.0], np.array(["2026-01-03T12:00"], "datetime64[s]"), win=win, update="append")
    (trace,) = json.loads(vis.get_window_data(win))["content"]["data"]
    assert [x[:13] for x in trace["x"]] == ["2026-01-01T00", "2026-01-02T00", "2026-01-03T12"]


def test_heatmaps_grow_also_for_another_program(server, token, env, vis):
    vis.heatmap([[1.0, 2.0]], win="h", opts={"columnnames": ["a", "b"]})
    vis.heatmap([[3.0, float("nan")]], win="h", update="appendRow", opts={"columnnames": ["a", "b"]})
    vis.flush()
    other = Visdom(f"http://127.0.0.1:{server.port}", port=server.port, token=token, env=env)
    other.heatmap([[0.0], [9.0]], win="h", update="prependColumn", opts={"columnnames": ["z"]})
    (trace,) = json.loads(other.get_window_data("h"))["content"]["data"]
    assert trace["z"] == [[0, 1, 2], [9, 3, None]] and trace["x"] == ["z", "a", "b"]
    vis.heatmap([[5.0]], win="h", update="replace")
    (trace,) = json.loads(vis.get_window_data("h"))["content"]["data"]
    assert trace["z"] == [[5.0]]
    vis.heatmap(None, win="h", update="remove")
    assert json.loads(vis.get_window_data("h"))["content"]["data"] == []


def test_bars_text_images_figures(vis):
    vis.bar(np.array([[1, 2], [3, 4]]), win="bar", opts={"legend": ["a", "b"], "rownames": ["p", "q"]})
    vis.histogram(np.arange(10.0), win="histogram", opts={"numbins": 5})
    vis.text("<b>one</b>", win="text")
    vis.text("two", win="text", append=True)
    vis.image(np.zeros((3, 4, 5)), win="image", opts={"caption": "c"})
    vis.images(np.zeros((4, 1, 4, 4)), win="images", padding=0)
    vis._send(
        {
            "data": [{"type": "sankey", "node": {"label": ["a"]}}],
            "layout": {"title": {"text": "T"}},
            "win": "raw",
        }
    )
    whole = json.loads(vis.get_window_data())
    assert list(whole) == ["bar", "histogram", "text", "image", "images", "raw"]
    assert [trace["y"] for trace in whole["bar"]["content"]["data"]] == [[1, 3], [2, 4]]
    assert sum(whole["histogram"]["content"]["data"][0]["y"]) == 10
    assert whole["text"]["content"] == "<b>one</b><br>two"
    assert whole["image"]["content"]["caption"] == "c" and whole["image"]["content"]["src"].startswith(
        "data:image/png;base64,"
    )
    assert (whole["raw"]["title"], whole["raw"]["content"]["data"][0]["node"]) == ("T", {"label": ["a"]})


def test_a_plotly_figure_with_typed_arrays(vis):
    go = pytest.importorskip("plotly.graph_objects")
    vis.plotlyplot(go.Figure(go.Scatter(y=np.arange(20.0), mode="lines")), win="f")
    vis.plotlyplot(go.Figure(go.Surface(z=np.arange(20.0).reshape(4, 5))), win="s")
    assert json.loads(vis.get_window_data("f"))["content"]["data"][0]["y"] == list(range(20))
    assert json.loads(vis.get_window_data("s"))["content"]["data"][0]["z"][3][4] == 19


def test_image_histories_go_on(server, token, env, vis):
    vis.image(np.zeros((3, 2, 2)), win="h", opts={"store_history": True})
    vis.image(np.zeros((3, 2, 2)), win="h", opts={"store_history": True, "caption": "second"})
    vis.flush()
    other = Visdom(f"http://127.0.0.1:{server.port}", port=server.port, token=token, env=env)
    other.image(np.zeros((3, 2, 2)), win="h", opts={"store_history": True, "caption": "third"})
    window = json.loads(other.get_window_data("h"))
    assert window["type"] == "image_history"
    assert [frame["caption"] for frame in window["content"]] == [None, "second", "third"]


def test_options_of_a_window(vis):
    vis.line([1, 2], win="w", opts={"title": "a", "legend": ["p"]})
    vis.update_window_opts("w", {"title": "b", "ylabel": "new", "legend": ["q"]})
    window = json.loads(vis.get_window_data("w"))
    assert (window["title"], window["content"]["layout"]["yaxis"], window["content"]["data"][0]["name"]) == (
        "b",
        {"title": "new"},
        "q",
    )


def test_control_calls(vis, env):
    assert vis.win_exists("w") is False
    vis.text("x", win="w")
    vis.text("y", win="a/b ?#ü")
    assert vis.win_exists("w") is True and vis.win_exists("a/b ?#ü") is True and vis.win_exists("") is False
    assert vis.win_exists("w", env="nowhere-else") is False
    assert json.loads(vis.get_window_data("a/b ?#ü"))["content"] == "y"
    assert env in vis.get_env_list() and vis.save([env, "none"]) == f'["{env}"]'
    copy = f"{env}-copy"
    assert vis.fork_env(env, copy) == copy and vis.win_exists("w", env=copy) is True
    with pytest.raises(NotFound):
        vis.fork_env("nothing-here", "x")
    with pytest.raises(Refused):
        vis.fork_env(env, copy)
    assert vis.close("w") == "" and vis.win_exists("w") is False and vis.get_window_data("w") == ""
    assert vis.close(env=copy) == "" and vis.get_window_data(env=copy) == "{}"
    assert (
        vis.delete_env(copy) == ""
        and copy not in vis.get_env_list()
        and vis.get_window_data("w", env=copy) == ""
    )
    assert vis.check_connection() is True and vis.socket_alive is True


def test_a_subclass_may_watch_the_post(server, token, env):
    seen = []

    class Mine(Visdom):
        def _handle_post(self, url, data=None):
            seen.append(url)
            return super()._handle_post(url, data)

    vis = Mine(server.url, token=token, env=env)
    assert vis.line([1.0, float("nan")], win="w") == "w" and vis.win_exists("w") is True
    assert seen == [f"{server.url}/env/{env}", f"{server.url}/events", f"{server.url}/win_exists"]
    assert json.loads(vis.get_window_data("w"))["content"]["data"][0]["y"] == [1.0, None]


def test_a_wrong_token_is_told_at_once(server):
    with pytest.raises(RuntimeError, match="token"):
        Visdom(f"http://127.0.0.1:{server.port}", port=server.port, username="u", password="pw_wrong")
    with pytest.raises(Unauthorized):
        panewall.init("x", server=server.url, token="pw_wrong")


# --- what is refused ---


def test_a_refused_command_warns_once_and_its_siblings_go_in(server, token, env, make_sender, told):
    sender = make_sender(server.url, token)
    sender.put({"do": "text.append", "env": env, "win": "t", "text": "x"})
    for _ in range(2):
        sender.put({"do": "trace.append", "env": env, "win": "t", "trace": "a", "y": np.ones(1)})
        sender.put({"do": "text.append", "env": env, "win": "u", "text": "x"})
        assert sender.flush(20)
    (warning,) = told
    assert "'t'" in warning
    assert sender.stats["refused"] == 2 and sender.stats["state"] == "online"


def test_one_bad_metric_does_not_lose_the_others(server, token, env, make_sender, told):
    sender = make_sender(server.url, token)
    run = make_run(sender, env)
    sender.put({"do": "text.append", "env": env, "win": "taken", "text": "x"})
    run.flush()
    run.log({"good": 1.0, "taken": 2.0, "also good": 3.0}, step=1)
    assert run.flush(20)
    assert "'taken'" in told[0]
    assert read_points(server, env, "good") == [1.0] and read_points(server, env, "also good") == [3.0]


# --- what is large ---


def test_large_things_arrive_whole(server, vis, env):
    x = np.arange(200_000.0)
    vis.line(x, x, win="line")
    vis.line(-x, x + 200_000, win="line", update="append")
    table = np.random.default_rng(1).random((500, 500))
    vis.heatmap(table, win="table")  # 2 MB in one command: over HTTP, in its turn
    vis.text("after", win="text")
    picture = np.random.default_rng(1).integers(0, 255, (3, 600, 600)).astype(np.uint8)
    vis.image(picture, win="image")  # 1 MB: uploaded
    assert vis.flush(60) is True
    assert read_points(server, env, "line") == [*x.tolist(), *(-x).tolist()]
    assert json.loads(vis.get_window_data("table"))["content"]["data"][0]["z"] == table.tolist()
    assert len(json.loads(vis.get_window_data("image"))["content"]["src"]) > 1_000_000
    assert vis.win_exists("text") and vis._sender.stats["posts"] >= 1


# --- what goes wrong on the way ---


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("log"), st.integers(1, 40)),
            st.tuples(st.just("append"), st.integers(1, 40)),
            st.tuples(st.sampled_from(["drop", "flush", "refuse"]), st.just(0)),
        ),
        min_size=3,
        max_size=14,
    )
)
def test_nothing_is_lost_or_doubled_over_lost_connections(server, token, steps):
    """Random calls between random losses of the connection: the server has exactly what was logged."""
    env = f"env-{uuid.uuid4().hex[:8]}"
    sender = Sender(resolve(server.url, token=token))
    run = make_run(sender, env)
    logged, appended = [], []
    try:
        sender.settle(10)
        for action, count in steps:
            if action == "log":
                for _ in range(count):
                    run.log({"m": float(len(logged))}, step=len(logged))
                    logged.append(float(len(logged)))
            elif action == "append":
                for _ in range(count):
                    value = float(len(appended))
                    sender.put(
                        {
                            "do": "trace.append",
                            "env": env,
                            "win": "w",
                            "trace": "a",
                            "x": np.array([value]),
                            "y": np.array([value]),
                        }
                    )
                    appended.append(value)
            elif action == "drop":
                connection = sender._socket
                if connection is not None:
                    try:
                        connection._socket.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            elif action == "refuse":
                sender.put({"do": "env.finish", "env": env, "status": "running"})
            else:
                assert sender.flush(20)
        assert sender.flush(20)
        if logged:
            assert read_points(server, env, "m") == logged
        if appended:
            assert read_points(server, env, "w") == appended
    finally:
        sender.close(5.0)


@pytest.mark.slow
def test_a_server_that_is_killed_and_comes_back_has_everything_once(start_server, env, make_sender):
    server = start_server()
    sender = make_sender(server.url, server.token())
    run = make_run(sender, env)
    stop, count = threading.Event(), 0

    def train():
        nonlocal count
        while not stop.is_set():
            run.log({"m": float(count)}, step=count)
            sender.put(
                {
                    "do": "trace.append",
                    "env": env,
                    "win": "w",
                    "trace": "a",
                    "x": np.array([count]),
                    "y": np.array([count]),
                }
            )
            count += 1
            stop.wait(0.0005)

    training = threading.Thread(target=train)
    training.start()
    try:
        for _ in range(2):
            before = sender.stats["acknowledged"]
            wait_for(
                lambda before=before: sender.stats["acknowledged"] > before + 20,
                what="acknowledgements",
                timeout_s=30,
            )
            server.kill()
            wait_for(lambda: sender.state == "offline", what="the client to notice", timeout_s=30)
            server.start()
    finally:
        stop.set()
        training.join()
    assert sender.flush(30), sender.stats
    assert read_points(server, env, "m") == list(range(count))
    assert read_points(server, env, "w") == list(range(count))
    assert sender.stats["connections"] == 3


@pytest.mark.slow
def test_a_server_that_may_only_be_read(start_server, env, make_sender, told):
    server = start_server()
    token = server.token()
    server.stop()
    server.arguments = ("--readonly",)
    server.start()
    vis = Visdom(server.url, token=token, env=env)
    assert vis.text("x", win="w") == "w" and vis.win_exists("w") is False and vis.get_env_list() == ["main"]
    wait_for(lambda: told, what="a warning")
    assert "read-only" in told[0] and vis.flush(0.1) is False
    assert vis._sender.stats["connections"] < 10


@pytest.mark.slow
def test_a_server_that_comes_later_gets_all_of_it(start_server, env, make_sender, tmp_path, told):
    server = start_server()
    token = server.token()
    server.kill()

    # A program that finds nobody: it ends in its own time, and leaves its data on disk.
    program = (
        f"import panewall\nrun = panewall.init({env!r})\n"
        "for step in range(100): run.log({'left': float(step)}, step=step)\n"
    )
    run_program(server, program, token=token, PANEWALL_EXIT_TIMEOUT="1")
    run_program(server, program.replace("left", "too"), token=token, PANEWALL_EXIT_TIMEOUT="1")
    spool = tmp_path / "state" / "spool"
    assert len(list(spool.glob("*/*/*.spool"))) == 2

    # One that has too little memory for what it logs: the rest waits on disk, and goes out in order.
    sender = make_sender(server.url, token, memory_bytes=1_500_000)
    for number in range(250):
        x = np.arange(1000.0) + 1000 * number
        sender.put(
            {"do": "trace.append", "env": env, "win": "w", "trace": "a", "x": x, "y": x, "columns": {}}
        )
    wait_for(lambda: sender.stats["spooled"] > 2, what="batches on disk", timeout_s=30)
    server.start()
    assert sender.flush(30)
    assert any("waits in" in text for text in told)
    assert read_points(server, env, "w") == list(range(250_000))
    wait_for(lambda: not list(spool.glob("*/*/*.spool")), what="the spool to be drained", timeout_s=30)
    assert read_points(server, env, "left") == read_points(server, env, "too") == list(range(100))
    assert sender.stats["dropped"] == 0


def test_a_server_that_lost_the_session_gets_the_rest_in_a_new_one(server, token, env, make_sender):
    sender = make_sender(server.url, token)
    run = make_run(sender, env)
    for step in range(5):
        run.log({"m": step}, step=step)
        assert run.flush(20)
    before, sender.session = sender.session, uuid.uuid4().hex  # one that the server has never heard of
    sender._socket._socket.shutdown(socket.SHUT_RDWR)
    for step in range(5, 10):
        run.log({"m": step}, step=step)
    assert run.flush(20)
    assert read_points(server, env, "m") == list(range(10))
    assert sender.session != before and sender.stats["last"] < 5


def test_what_waits_can_be_sent_by_hand(server, env, make_sender, tmp_path):
    away = make_sender("http://127.0.0.1:9", "t")
    make_run(away, env).log({"m": 1.5}, step=1)
    away.close(0.0)
    (folder,) = (tmp_path / "state" / "spool").iterdir()
    folder.rename(server_folder(server.url))
    program = "import runpy, sys; sys.argv = ['panewall', 'sync']; runpy.run_module('panewall', run_name='__main__')"
    assert "Sent 1 commands" in run_program(server, program).stdout
    assert "Sent 0 commands" in run_program(server, program).stdout
    assert read_points(server, env, "m") == [1.5]


def test_a_name_that_cannot_be_sent_does_not_lose_its_siblings(server, token, env, make_sender, told):
    run = make_run(make_sender(server.url, token), env)
    run.log({"good": 1, "half \ud800": 2, "nul \x00": 3, "also good": 4}, step=1)
    assert run.flush(20)
    assert len(told) == 2
    assert read_points(server, env, "good") == [1] and read_points(server, env, "also good") == [4]
    again = make_run(run.sender, f"{env}-2")
    again.log({"half \ud800": 2}, step=1)
    assert again.flush(20) and len(told) == 3  # another env's is another loss


def test_a_batch_that_the_disk_lost_does_not_hold_up_the_rest(server, token, env, make_sender, monkeypatch):
    sender = make_sender(server.url, token, memory_bytes=1)  # everything goes by the disk
    read, lost = sender._spool.read, []

    def read_but_one():
        batch = read()
        if batch is not None and batch.number == 3 and not lost:
            lost.append(batch)
            batch = read()
        return batch

    monkeypatch.setattr(sender._spool, "read", read_but_one)
    run = make_run(sender, env)
    sender.settle(10)
    for step in range(6):
        run.log({"m": step}, step=step)
        wait_for(lambda step=step: sender.stats["spooled"] > step, what="a batch on disk")
    assert sender.flush(20)
    assert len(lost) == 1 and len(read_points(server, env, "m")) == 5


@pytest.mark.slow
def test_what_a_killed_program_had_on_disk_is_sent_once(start_server, env, make_sender, tmp_path):
    server = start_server()
    token = server.token()
    server.kill()
    program = (
        f"import os, panewall, numpy as np\nrun = panewall.init({env!r})\nx = np.arange(1000.0)\n"
        "for number in range(300):\n"
        f"    run.sender.put({{'do': 'trace.append', 'env': {env!r}, 'win': 'w', 'trace': str(number), 'x': x, 'y': x}})\n"
        "while run.sender.stats['queued'] or len(run.sender._gathered): pass\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert run_program(server, program, token=token, check=False, PANEWALL_MEMORY_MB="1.5").returncode == -9
    (waiting,) = (tmp_path / "state" / "spool").glob("*/*/000001.spool")
    copy = waiting.read_bytes()
    server.start()
    for _ in range(2):  # as if the machine had failed after sending and before the folder was removed
        sender = make_sender(server.url, token)
        sender.settle(10)
        wait_for(lambda: not waiting.exists(), what="the spool to be drained", timeout_s=30)
        sender.close(5)
        waiting.parent.mkdir(exist_ok=True)
        waiting.write_bytes(copy)
    with server.client() as client:
        traces = client.get(f"/api/v1/envs/{OWNER}/{env}/windows/w").json()["traces"]
    assert 0 < len(traces) < 300  # what was in memory died with the program
    assert all(trace["count"] == 1000 for trace in traces)


def test_a_full_spool_drops_and_says_so(env, make_sender, told):
    sender = make_sender("http://127.0.0.1:9", "t", memory_bytes=5000, spool_bytes=20_000)
    for number in range(8):
        sender.put({"do": "text.append", "env": env, "win": "w", "text": "x" * 4000, "title": str(number)})
        assert sender.flush(0.01) is False
    wait_for(lambda: sender.stats["dropped"] > 1, what="something to be dropped")
    assert any("being lost" in text for text in told)


def test_what_can_neither_be_sent_nor_kept_is_told_at_the_end(env, make_sender, told, monkeypatch, tmp_path):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("PANEWALL_STATE_DIR", str(tmp_path / "a file"))
    sender = make_sender("http://127.0.0.1:9", "t")
    for word in ("one", "two"):
        sender.put({"do": "text.append", "env": env, "win": "w", "text": word})
    sender.close(0.1)
    assert any("2 commands are lost" in text and "a file" in text for text in told)
    assert sender.stats["dropped"] == 2


def test_everything_is_sent_when_a_program_ends(server, env):
    run_program(
        server,
        f"import panewall\nrun = panewall.init({env!r})\nfor step in range(5000): run.log({{'m': step}}, step=step)\n",
    )
    assert read_points(server, env, "m") == list(range(5000))
    with server.client() as client:
        assert client.get(f"/api/v1/envs/{OWNER}/{env}").json()["status"] == "finished"


def test_a_program_that_fails_leaves_a_failed_run(server, env):
    done = run_program(
        server,
        f"import panewall\nrun = panewall.init({env!r})\nrun.log({{'m': 1}})\nraise KeyError('x')\n",
        check=False,
    )
    assert done.returncode == 1 and "KeyError" in done.stderr
    assert read_points(server, env, "m") == [1]
    with server.client() as client:
        assert client.get(f"/api/v1/envs/{OWNER}/{env}").json()["status"] == "failed"


FORKED = """
import os, panewall
run = panewall.init({env!r})
run.log({{"parent": 1}}, step=1)
run.flush()
children = []
for number in range(2):
    child = os.fork()
    if not child:
        for step in range(200):
            run.log({{f"child{{number}}": step}}, step=step)
        raise SystemExit(0 if run.flush(20) else 1)
    children.append(child)
for step in range(2, 200):
    run.log({{"parent": step}}, step=step)
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forked_processes_send_their_own(server, env):
    run_program(server, FORKED.format(env=env))
    assert read_points(server, env, "parent") == list(range(1, 200))
    assert read_points(server, env, "child0") == read_points(server, env, "child1") == list(range(200))


WORKERS = """
import multiprocessing, sys, panewall

run = None

def work(number):
    mine = run or panewall.init({env!r})
    for step in range(100):
        mine.log({{f"worker{{number}}": step}}, step=step)

if __name__ == "__main__":
    run = panewall.init({env!r})
    context = multiprocessing.get_context({method!r})
    workers = [context.Process(target=work, args=(number,)) for number in range(2)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert [worker.exitcode for worker in workers] == [0, 0]
"""


@pytest.mark.parametrize(
    "method", [name for name in ("fork", "spawn") if name in multiprocessing.get_all_start_methods()]
)
def test_workers_of_multiprocessing_flush_when_they_end(server, env, tmp_path, method):
    program = tmp_path / "program.py"
    program.write_text(WORKERS.format(env=env, method=method))
    run_program(
        server,
        f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')"
        if method == "fork"
        else SPAWN.format(program),
    )
    assert read_points(server, env, "worker0") == read_points(server, env, "worker1") == list(range(100))


SPAWN = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-W', 'ignore', {0!r}]).returncode)".replace(
    "{0!r}", "'{}'"
)


COPIED = """
import pickle, subprocess, sys, panewall
run = panewall.init({env!r})
vis = panewall.Visdom(env={env!r})
code = "import pickle, sys; run, vis = pickle.load(sys.stdin.buffer); run.log({{'copied': 1}}, step=1); vis.text('x', win='copied too')"
subprocess.run([sys.executable, "-c", code], input=pickle.dumps((run, vis)), check=True)
"""


def test_copies_in_other_processes_log_to_the_same_env(server, token, env, vis):
    run_program(server, COPIED.format(env=env))
    assert read_points(server, env, "copied") == [1] and vis.win_exists("copied too")


# --- encrypted ---


@pytest.fixture
def encrypted(server, tmp_path, monkeypatch):
    """The server behind a proxy that speaks TLS."""
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self):
            inside = context.wrap_socket(self.request, server_side=True)
            outside = socket.create_connection(("127.0.0.1", server.port))
            back = threading.Thread(target=pass_bytes, args=(outside, inside))
            back.start()
            pass_bytes(inside, outside)
            back.join()
            inside.close()
            outside.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as door:
        thread = threading.Thread(target=door.serve_forever)
        thread.start()
        yield f"https://localhost:{door.server_address[1]}"
        close_all(10)
        door.shutdown()
        thread.join()


def pass_bytes(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def make_certificate(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_an_encrypted_connection(server, token, env, encrypted):
    vis = Visdom(encrypted, token=token, env=env)
    x = np.arange(100_000.0)
    vis.line(x, x, win="w")
    for step in range(50):
        vis.line([step], [100_000 + step], win="w", update="append")
        assert vis.flush(20)
    assert vis._sender.stats["over_http"] is False and vis.win_exists("w")
    assert len(read_points(server, env, "w")) == 100_050


# --- a proxy that knows no websockets ---


@pytest.fixture
def proxied(server):
    with plain_proxy(server.url) as url:
        yield url


def test_without_websockets_http_carries_everything(server, token, env, proxied, make_sender, told):
    sender = make_sender(proxied, token)
    run = make_run(sender, env)
    for step in range(300):
        run.log({"m": step}, step=step)
        if step % 100 == 0:
            assert run.flush(20)
    sender.put({"do": "nonsense", "env": env})
    assert run.flush(20)
    assert "nonsense" in told[0]
    assert sender.stats["over_http"] is True and sender.stats["posts"] >= 3
    assert read_points(server, env, "m") == list(range(300))
    assert sender.rest.workspace == OWNER
