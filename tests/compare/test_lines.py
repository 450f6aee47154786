"""A trace of a comparison is the trace of its env: whatever was written, the two are read alike."""

import uuid

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.compare.conftest import line
from tests.compare.page import ComparisonPage
from tests.support.page import Page

numbers = st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf")])
writes = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["append", "append", "jump back", "replace", "close", "rename", "long"]),
        st.lists(numbers, min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=8,
)


def command(env: str, kind: str, y: list) -> dict:
    y = [None if value != value or abs(value) == float("inf") else value for value in y]
    match kind:
        case "jump back":
            return line(env, y, x=[-float(n) for n in range(len(y))])
        case "replace":
            return {**line(env, y), "do": "trace.replace"}
        case "close":
            return {"do": "window.close", "env": env, "win": "w"}
        case "rename":
            return {"do": "window.update", "env": env, "win": "w", "title": f"Loss of {len(y)}"}
        case "long":
            return line(env, [float(n % 97) for n in range(3000)])
    return line(env, y)


def read(page: Page) -> dict[int, dict]:
    return {
        i: {name: str(value) for name, value in t.items() if name != "monotone"}
        for i, t in page.traces.items()
    }


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(before=writes, after=writes)
def test_merged_traces_equal_those_of_their_envs(server, token, program, before, after):
    envs = [f"same-{uuid.uuid4().hex[:10]}" for _ in range(2)]

    def send(changes) -> None:
        commands = [command(envs[number], kind, y) for number, kind, y in changes]
        program.post("/api/v1/ingest", json={"commands": commands})

    for env in envs:
        program.post("/api/v1/ingest", json={"commands": [line(env, [1.0, 2.0])]})
    send(before)
    watched = ComparisonPage(server, token, *envs)
    send(after)
    alone = [Page(server, token, env) for env in envs]
    total = sum(page.revision or 0 for page in alone)
    fresh = None
    try:
        watched.settle(total)
        fresh = ComparisonPage(server, token, *envs).settle(total)
        own: dict[int, dict] = {}
        for page in alone:
            own |= read(page.settle(page.revision or 0))
        assert read(watched) == own
        assert read(fresh) == own
        assert watched.picture() == fresh.picture()
    finally:
        for page in (*alone, watched, *([fresh] if fresh else [])):
            page.close()


@pytest.mark.parametrize("points", [100, 5000, 20_000])
def test_a_range_of_a_merged_line_is_that_of_its_env(server, token, program, points):
    env, other = (f"range-{uuid.uuid4().hex[:10]}" for _ in range(2))
    for name in (env, other):
        program.post(
            "/api/v1/ingest", json={"commands": [line(name, [float(n % 31) for n in range(points)])]}
        )
    both, one = ComparisonPage(server, token, env, other), Page(server, token, env)
    try:
        [trace] = one.traces
        answers = []
        for page in (one, both):
            page._send(
                {
                    "t": "want",
                    "env": page.env_id,
                    "req": 7,
                    "traces": [trace],
                    "x0": 10.5,
                    "x1": 60.0,
                    "width": 64,
                }
            )
            while (answer := page._read())["t"] != "data":
                pass
            answers.append(answer["ops"])
        assert answers[0] == answers[1]
        assert answers[0][0][0] == "l"
    finally:
        both.close()
        one.close()
