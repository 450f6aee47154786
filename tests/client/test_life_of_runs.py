"""A run from its beginning to its end: what is said of it, what it shows, the signs it gives of life, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import uuid

import numpy as np
import pytest

import panewall
from panewall import endings, machine, run, vitals
from panewall.errors import BadArgument, PanewallWarning, Unreachable
from panewall.run import Run
from panewall.spool import server_folder
from tests.client.test_delivery import make_run, run_program
from tests.client.test_run import Kept
from tests.support import sounds
from tests.support.server import OWNER
from tests.support.waiting import wait_for


@pytest.fixture
def env() -> str:
    return f"env-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def alone(kept):
    """A run whose words are kept."""
    return Run("e", sender=kept, config=None, tags=[])


def about(server, env) -> dict:
    with server.client() as client:
        return client.get(f"/api/v1/envs/{OWNER}/{env}").json()


def samples(server, env, win) -> list[dict]:
    with server.client() as client:
        return client.get(f"/api/v1/envs/{OWNER}/{env}/samples?win={win}").json()["results"]


def content(server, env, sample) -> bytes:
    with server.client() as client:
        return client.get(f"/api/v1/envs/{OWNER}/{env}/{sample['url']}").content


# --- what is said of it ---


def test_config_tags_and_notes_change_while_it_runs(server, token, env):
    with panewall.init(
        env, config={"a": {"b": 1}}, tags="first", notes="n", server=server.url, token=token
    ) as run:
        run.flush()
        assert about(server, env)["notes"] == "n"
        run.add_tags("second", ["third", " "])
        run.remove_tags("first", "none")
        run.update_config({"a": {"c": np.float32(0.5)}}, seed=None)
        run.notes = "It learns."
        run.flush()
        found = about(server, env)
        assert found["config"] == run.config == {"a": {"b": 1, "c": 0.5}, "seed": None}
        assert found["tags"] == run.tags == ["second", "third"]
        assert found["notes"] == run.notes == "It learns."
        assert (found["status"], found["alive_at"] is not None) == ("running", True)
    assert about(server, env)["status"] == "finished"


def test_a_config_that_is_refused_takes_nothing_else_along(server, token, env, told):
    config = {"much": "x" * 2_000_000}
    with panewall.init(
        env, config=config, tags=["first", "\udcff"], notes="n", server=server.url, token=token
    ) as run:
        run.flush()
        found = about(server, env)
    assert (found["config"], found["tags"], found["notes"]) == ({}, ["first", "?"], "n")
    assert found["status"] == "running"
    assert len(told) == 1 and "config" in told[0]


def test_a_name_that_cannot_be_written_is_refused():
    with pytest.raises(BadArgument, match="name"):
        panewall.init("half \ud800", server="http://127.0.0.1:9", token="t")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda run: run.add_tags("t" * 201),
        lambda run: run.add_tags([str(n) for n in range(101)]),
        lambda run: setattr(run, "notes", "n" * 10_001),
        lambda run: run.update_config("a text"),
        lambda run: run.finish("asleep"),
    ],
)
def test_what_cannot_be_said_is_refused_at_once(alone, kept, wrong):
    with pytest.raises(BadArgument):
        wrong(alone)
    assert not kept.commands


@pytest.mark.parametrize(
    ("code", "status"), [(0, "finished"), (None, "finished"), (3, "failed"), ("failed", "failed")]
)
def test_an_exit_code_says_how_it_ended(kept, alone, code, status):
    kept.flush = lambda timeout: True
    alone.finish(code)
    assert (alone.status, kept.commands[-1]["status"]) == (status, status)


def test_a_run_that_is_taken_up_goes_on_counting(server, token, env):
    def begin(name, **options) -> panewall.Run:
        return panewall.init(name, server=server.url, token=token, **options)

    with begin(env) as first:
        first.log({"loss": 1.0, "sys/odd": 1.0}, step=40)
        first.log({"sys/odd": 1.0}, step=900)
        first.log({"sample": panewall.Image(np.zeros((2, 2)))}, step=41)
    with begin(env, resume=True) as second:
        assert second.step == 41
        second.log({"loss": 0.5})
        assert second.step == 42 and about(server, env)["status"] == "running"
    with begin(env) as third:
        assert third.step == 0
    with begin(f"{env}-new", resume=True) as new:
        assert new.step == 0


def test_where_the_server_is_away_a_run_is_taken_up_at_the_beginning(alone, kept):
    def away(timeout):
        raise Unreachable("No answer.")

    kept.require = away
    with pytest.warns(PanewallWarning, match="begin at 1: No answer"):
        alone._take_up()
    assert alone.step == 0


# --- what it shows ---


def test_media_of_all_kinds_arrive_at_their_steps_in_order(server, token, env, make_sender, told):
    run = make_run(make_sender(server.url, token), env)
    pixels = np.zeros((4, 6), np.uint8)
    run.log({"val/samples": [panewall.Image(pixels, caption=str(n)) for n in range(3)]}, step=5)
    run.log({"val/samples": panewall.Image(pixels, caption="one more")}, step=5)
    run.log({"val/samples": panewall.Image(pixels, caption="before")}, step=-2)
    run.log(
        {
            "sound": panewall.Audio(sounds.wav()),
            "film": panewall.Video(np.zeros((2, 4, 4, 3), np.uint8)),
            "weights": panewall.Histogram(np.arange(10.0), caption="layer 1"),
            "table": panewall.Table([[1, "a"]], columns=["n", "word"]),
            "words": [panewall.Text("first"), "second"],
        },
        step=1,
    )
    assert run.flush() is True and told == []
    found = [(one["step"], one["index"], one["caption"]) for one in samples(server, env, "val%2Fsamples")]
    assert found == [(-2, 0, "before"), (5, 0, "0"), (5, 1, "1"), (5, 2, "2"), (5, 3, "one more")]
    with server.client() as client:
        windows = client.get(f"/api/v1/envs/{OWNER}/{env}/windows").json()["results"]
    kinds = {window["key"]: window["kind"] for window in windows}
    assert kinds == {
        "val/samples": "image",
        "sound": "audio",
        "film": "video",
        "weights": "histogram",
        "table": "table",
        "words": "document",
    }
    (weights,) = samples(server, env, "weights")
    assert json.loads(content(server, env, weights))["num"] == 10 and weights["caption"] == "layer 1"
    assert [content(server, env, one) for one in samples(server, env, "words")] == [b"first", b"second"]


def test_what_is_too_large_for_a_frame_is_uploaded_whatever_it_is_and_once(
    server, token, env, make_sender, told
):
    sender = make_sender(server.url, token)
    run = make_run(sender, env)
    text = "0123456789abcdef" * 50_000
    noise = np.random.default_rng(0).integers(0, 255, (8, 200, 300, 3)).astype(np.uint8)
    uploads: list[int] = []
    upload = sender.rest.upload
    sender.rest.upload = lambda data, kind: uploads.append(len(data)) or upload(data, kind)
    for step in (1, 2):
        run.log({"text": panewall.Text(text), "film": panewall.Video(noise)}, step=step)
    assert run.flush() is True and told == []
    assert len(uploads) == 2 and min(uploads) > 512 * 1024
    assert len(samples(server, env, "film")) == 2
    assert content(server, env, samples(server, env, "text")[0]) == text.encode()


def test_a_large_file_that_is_refused_loses_nothing_else(server, token, env, make_sender, told):
    run = make_run(make_sender(server.url, token), env)
    run.log({"film": panewall.Video(b"no film" * 100_000), "loss": 1.0, "words": "still there"}, step=1)
    assert run.flush() is True
    assert len(told) == 1 and "refused" in told[0]
    assert "window 'film' in env" in told[0] and env in told[0]
    with server.client() as client:
        windows = client.get(f"/api/v1/envs/{OWNER}/{env}/windows").json()["results"]
    assert {window["key"] for window in windows} == {"loss", "words"}


def test_a_run_begun_without_its_server_comes_whole_later(server, env, make_sender, tmp_path):
    sender = make_sender("http://127.0.0.1:9", "t")
    away = make_run(sender, env)
    sender.put({"do": "env.create", "env": env, "status": "running", "notes": "from afar"})
    samples_of_all = {"sample": [panewall.Image(np.zeros((2, 2)))] * 2, "text": panewall.Text("t" * 600_000)}
    away.log({"loss": 1.0, **samples_of_all}, step=1)
    assert away.flush(0.1) is False
    sender.close(0.0)
    (folder,) = (tmp_path / "state" / "spool").iterdir()
    folder.rename(server_folder(server.url))
    run_program(server, "from panewall.__main__ import main; main(['sync'])")
    assert about(server, env)["notes"] == "from afar"
    assert [one["index"] for one in samples(server, env, "sample")] == [0, 1]
    assert samples(server, env, "text")[0]["content_type"].startswith("text/plain")


# --- signs of life ---


def test_the_machine_is_told_of_on_an_interval(server, token, env, monkeypatch):
    monkeypatch.setattr(run, "_interval", lambda asked: 0.05)
    monkeypatch.setattr(vitals, "ALIVE_S", 0.05)
    begun = panewall.init(env, server=server.url, token=token)
    begun.flush()
    first = about(server, env)["alive_at"]

    def keys() -> set[str]:
        begun.flush()
        with server.client() as client:
            found = client.get(f"/api/v1/envs/{OWNER}/{env}/windows?page_size=100").json()["results"]
        return {window["key"] for window in found}

    wait_for(
        lambda: {"sys/cpu.process_percent", "sys/memory.percent", "sys/disk.percent"} <= keys(),
        what="metrics",
    )
    wait_for(lambda: about(server, env)["alive_at"] > first, what="a sign of life")
    begun.finish()
    gone = lambda: not any(thread.name == "panewall-vitals" for thread in threading.enumerate())  # noqa: E731
    wait_for(gone, what="the thread's end")
    assert about(server, env)["status"] == "finished"


@pytest.mark.parametrize(
    ("asked", "named", "rank", "seconds"),
    [
        (None, None, None, 10.0),
        (True, "0", None, 10.0),
        (False, None, None, 0.0),
        (None, "0", None, 0.0),
        (None, "off", None, 0.0),
        (None, "2.5", None, 2.5),
        (30, None, None, 30.0),
        (None, None, "1", 0.0),
        (None, None, "0", 10.0),
    ],
)
def test_how_often_the_machine_is_told_of(monkeypatch, asked, named, rank, seconds):
    for name, value in (("PANEWALL_SYSTEM_METRICS", named), ("RANK", rank)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert run._interval(asked) == seconds


@pytest.mark.parametrize("asked", [-1, 0.5, "often", float("nan")])
def test_an_interval_that_makes_no_sense_is_refused(asked):
    with pytest.raises(BadArgument, match="system_metrics"):
        run._interval(asked)


@pytest.mark.parametrize("has_psutil", [True, False])
def test_the_machines_numbers(monkeypatch, has_psutil):
    if not has_psutil:
        monkeypatch.setitem(sys.modules, "psutil", None)
    found = dict(machine.Machine().numbers())
    assert 0 < found["sys/memory.percent"] <= 100 and found["sys/memory.process_mb"] > 1
    assert 0 <= found["sys/disk.percent"] <= 100 and found["sys/cpu.process_percent"] >= 0


def test_graphics_cards_are_asked_by_their_tool(monkeypatch, tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho '50, 1024, 4096, 120.5, 61'\necho '0, 10, 4096, [N/A], 30'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    found = dict(machine.Machine().numbers())
    assert found["sys/gpu.0.percent"] == 50 and found["sys/gpu.0.memory_percent"] == 25
    assert found["sys/gpu.0.power_w"] == 120.5 and "sys/gpu.1.power_w" not in found
    tool.write_text("#!/bin/sh\nexit 9\n")
    broken = machine.Machine()
    assert not any(name.startswith("sys/gpu") for name, _ in broken.numbers())
    assert broken._cards is None


# --- how it ends ---

PROGRAM = """
import sys, panewall
run = panewall.init({env!r})
run.log({{"x": 1}})
{end}
"""


@pytest.mark.parametrize(
    ("end", "code", "status"),
    [
        ("", 0, "finished"),
        ("sys.exit()", 0, "finished"),
        ("sys.exit(3)", 3, "failed"),
        ("1 / 0", 1, "failed"),
        ("with run: sys.exit(0)", 0, "finished"),
        ("with run: sys.exit('out of memory')", 1, "failed"),
    ],
)
def test_the_end_of_the_program_is_the_end_of_the_run(server, env, end, code, status):
    done = run_program(server, PROGRAM.format(env=env, end=end), check=False)
    assert done.returncode == code
    assert about(server, env)["status"] == status


WAITING = """
import sys, panewall
run = panewall.init({env!r})
run.flush()
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_program_that_is_terminated_leaves_a_failed_run(server, env):
    program = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WAITING.format(env=env)],
        env={
            **os.environ,
            "PYTHONPATH": os.path.dirname(os.path.dirname(panewall.__file__)),
            "PANEWALL_SERVER": server.url,
            "PANEWALL_TOKEN": server.token(),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdout.readline() == b"ready\n"
    program.send_signal(signal.SIGTERM)
    assert program.wait(30) == 128 + signal.SIGTERM
    program.communicate()
    assert about(server, env)["status"] == "failed"


def test_a_program_that_has_its_own_way_with_termination_keeps_it(monkeypatch):
    mine = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        before = signal.getsignal(signal.SIGTERM)
        endings._watch_termination()
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGTERM, mine)
