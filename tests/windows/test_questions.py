"""What pages may ask of lines beyond their course: the times of points, and one line against another."""

import uuid
from collections.abc import Callable, Iterator

import httpx
import numpy as np
import pytest

from apps.windows.live import questions
from tests.browser import content
from tests.support.page import Page

BEGAN = 1_790_000_000.0


@pytest.fixture(scope="module")
def program(server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def env() -> str:
    return f"wanted-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def watch(server, token) -> Iterator[Callable[[str], Page]]:
    opened: list[Page] = []

    def open_page(env: str) -> Page:
        opened.append(Page(server, token, env))
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()


def log(program, env: str, name: str, steps, values, times=None) -> None:
    series = {"step": content.floats(steps), "value": content.floats(values)}
    if times is not None:
        series["time"] = content.floats(times)
    content.send(program, {"do": "metrics.log", "env": env, "series": {name: series}})


def ask(page: Page, **question) -> list[list]:
    """The ops of an answer; the page itself does not keep them."""
    page._send({"t": "want", "env": page.env_id, "req": 1, "width": 256, **question})
    while (frame := page._read())["t"] != "data":
        pass
    assert "error" not in frame, frame["error"]
    return frame["ops"]


def trace_of(page: Page, key: str) -> int:
    return next(w["traces"][0]["id"] for w in page.windows.values() if w["key"] == key)


def numbers(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f8")


def test_times_come_to_those_who_ask_and_to_nobody_else(program, watch, env):
    steps = np.arange(50.0)
    log(program, env, "first", [0.0], [1.0], [BEGAN])
    log(program, env, "loss", steps, steps**2, BEGAN + 10 + steps)
    page = watch(env)
    trace = trace_of(page, "loss")
    assert set(page.traces[trace]["columns"]) == {"x", "y"}
    [zero, op] = ask(page, traces=[trace], time=True)
    # The run began with its oldest metric, not with this one.
    assert zero == ["z", trace, BEGAN]
    assert op[:2] == ["a", trace] and op[4] == 50
    assert numbers(op[5]["t"]).tolist() == (BEGAN + 10 + steps).tolist()
    [plain] = ask(page, traces=[trace])
    assert set(plain[5]) == {"x", "y"}


def test_a_page_that_holds_times_is_sent_those_that_came_since(program, watch, env):
    log(program, env, "loss", np.arange(10.0), np.arange(10.0), BEGAN + np.arange(10.0))
    page = watch(env)
    trace = trace_of(page, "loss")
    gen = ask(page, traces=[trace], time=True)[1][2]
    assert ask(page, traces=[trace], time=True, have={trace: [gen, 10]}) == []
    log(program, env, "loss", [10.0, 11.0], [5.0, 6.0], [BEGAN + 10, BEGAN + 11.5])
    _, op = ask(page, traces=[trace], time=True, have={trace: [gen, 10]})
    assert op[3:5] == [10, 2]
    assert numbers(op[5]["t"]).tolist() == [BEGAN + 10, BEGAN + 11.5]
    # Another generation is told whole.
    log(program, env, "loss", [3.0], [7.0], [BEGAN + 99])
    _, op = ask(page, traces=[trace], time=True, have={trace: [gen, 12]})
    assert op[3:5] == [0, 12] and numbers(op[5]["t"])[3] == BEGAN + 99


def test_thinned_lines_have_the_times_of_their_points(program, watch, env):
    steps = np.arange(20_000.0)
    log(program, env, "loss", steps, np.random.default_rng(0).normal(size=20_000), BEGAN + steps)
    page = watch(env)
    trace = trace_of(page, "loss")
    _, op = ask(page, traces=[trace], time=True)
    line = op[3]
    assert line["b"] > 1 and "between" not in line
    assert numbers(line["t"]).tolist() == (BEGAN + numbers(line["x"])).tolist()
    assert line["last"][3] == BEGAN + 19_999
    _, op = ask(page, traces=[trace], time=True, x0=5_000, x1=5_020)
    assert numbers(op[3]["t"]).tolist() == (BEGAN + np.arange(4_999.0, 5_022.0)).tolist()


def test_beyond_the_limit_times_lie_evenly_between_known_ones(monkeypatch):
    class Series:
        sealed, tail, columns = 4096, [], ["x", "y", "t"]  # noqa: RUF012  stands for one

    chunks = [(at, BEGAN + np.arange(at, at + 1024.0)) for at in (0, 3072)]
    monkeypatch.setattr(questions, "_some_parts", lambda *_: iter(chunks))
    positions = np.array([5, 1500, 2999, 4000])
    times = questions.times_at(None, Series, positions, 0, 4096, is_exact=False)  # type: ignore[arg-type]
    assert times.tolist() == pytest.approx((BEGAN + positions).tolist())


def test_points_without_a_time_have_none(program, watch, env):
    log(program, env, "loss", [0.0, 1.0], [1.0, 2.0])
    page = watch(env)
    trace = trace_of(page, "loss")
    [op] = ask(page, traces=[trace], time=True)
    assert "t" not in op[5]
    log(program, env, "loss", [2.0], [3.0], [BEGAN])
    op = ask(page, traces=[trace], time=True)[-1]
    assert np.isnan(numbers(op[5]["t"])).tolist() == [True, True, False]


def test_two_lines_are_matched_at_the_steps_that_both_have(program, watch, env):
    log(program, env, "loss", [0.0, 1.0, 2.0, 5.0, 9.0], [5.0, 4.0, 3.0, 2.0, 1.0])
    log(program, env, "lr", [1.0, 2.0, 3.0, 9.0], [0.1, 0.2, 0.3, 0.4])
    page = watch(env)
    loss, lr = trace_of(page, "loss"), trace_of(page, "lr")
    [op] = ask(page, pairs=[[loss, lr], [loss, 2**60]])
    assert op[:3] == ["p", loss, lr] and op[3]["exact"] and op[3]["count"] == [5, 4]
    found = [numbers(op[3][name]).tolist() for name in ("step", "x", "y")]
    assert found == [[1.0, 2.0, 9.0], [0.1, 0.2, 0.4], [4.0, 3.0, 1.0]]


def test_long_lines_are_matched_exactly_and_thinned_by_both(program, watch, env):
    steps = np.arange(20_000.0)
    y, x = np.random.default_rng(1).normal(size=(2, 20_000))
    y[777], x[12_345] = 99, -99
    log(program, env, "loss", steps, y)
    log(program, env, "lr", steps[::2], x[::2])
    log(program, env, "lr", [12_345.0], [-99.0])
    page = watch(env)
    [op] = ask(page, pairs=[[trace_of(page, "loss"), trace_of(page, "lr")]])
    step = numbers(op[3]["step"]).astype(int)
    assert op[3]["exact"] and op[3]["b"] > 1 and len(step) < 2_000
    # Every point is one that is there, and the extremes of both are among them.
    assert numbers(op[3]["y"]).tolist() == y[step].tolist()
    assert numbers(op[3]["x"]).tolist() == x[step].tolist()
    assert -99 in numbers(op[3]["x"]) and step[-1] == 19_998


def test_very_long_lines_are_matched_between_their_points(program, watch, env):
    steps = np.arange(300_000.0)
    for name, values in (("loss", steps / 3), ("lr", steps * 2)):
        log(program, env, name, steps[:150_000], values[:150_000])
        log(program, env, name, steps[150_000:], values[150_000:])
    page = watch(env)
    [op] = ask(page, pairs=[[trace_of(page, "loss"), trace_of(page, "lr")]])
    assert not op[3]["exact"] and op[3]["b"] > 1
    assert numbers(op[3]["x"]).tolist() == pytest.approx((numbers(op[3]["step"]) * 2).tolist())
    assert numbers(op[3]["y"]).tolist() == pytest.approx((numbers(op[3]["step"]) / 3).tolist())


def test_a_question_of_another_form_is_refused_by_field(program, watch, env):
    log(program, env, "loss", [0.0], [1.0])
    page = watch(env)
    page._send({"t": "want", "env": page.env_id, "req": 1, "width": 256, "pairs": [[1]]})
    while (frame := page._read())["t"] != "data":
        pass
    assert frame["error"]["fields"].keys() == {"pairs"}


def test_lines_of_other_envs_are_not_told(program, watch, env):
    log(program, env, "loss", [0.0], [1.0], [BEGAN])
    log(program, f"{env}-other", "loss", [0.0], [1.0], [BEGAN])
    page, other = watch(env), watch(f"{env}-other")
    foreign = trace_of(other, "loss")
    assert ask(page, traces=[foreign], time=True) == []
    assert ask(page, pairs=[[foreign, foreign], [trace_of(page, "loss"), foreign]]) == []
