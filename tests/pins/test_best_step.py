"""Where an env is best: the lowest or highest finite value of a metric, and the picture nearest to it."""

import itertools
import math
from collections.abc import Iterable

import numpy as np
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.envs.models import Env
from apps.media.best import Asked, Found, best_steps
from apps.media.models import Sample
from apps.windows.models import Window
from apps.windows.series import buckets, extremes, store
from apps.windows.series.buckets import CHUNK
from tests.pins.conftest import Log, images, metric

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

NAN, INF = math.nan, math.inf
numbers = itertools.count()


def found_in(env: Env, mode: str, tolerance: int | None = None) -> Found | None:
    """The only result for an env with one card; without a tolerance the plain one."""
    asked = Asked("loss", mode, tolerance is not None, tolerance or 0)
    result = best_steps([env], asked)
    assert len(result.found) + len(result.missed) == 1
    return result.found[0] if result.found else None


def places(found: Found | None) -> tuple | None:
    """Metric step, pinned step, distance, and the other picture of an exact tie."""
    if found is None:
        return None
    tied = found.alternative["step"] if found.alternative and found.alternative["exact"] else None
    return found.metric_step, found.step, found.distance, tied


def test_a_bowl_between_pictures(log: Log):
    """The later of two pictures equally near, and the first of two equal values."""
    bowl = {step: 0.1 + abs(step - 50) / 100 for step in range(0, 101, 10)}
    env = log("run", metric("loss", bowl), *images("val", list(range(5, 100, 10))))
    best = found_in(env, "min", 20)
    assert places(best) == (50, 55, 5, 45)
    assert best is not None
    assert best.alternative == {"step": 45, "exact": True, "within": 4}
    assert best.value == pytest.approx(0.1)
    assert best.card == "val"
    assert places(found_in(env, "min", 4)) is None
    assert places(found_in(env, "min", 0)) is None
    assert places(found_in(env, "max", 20)) == (0, 5, 5, None)
    assert places(found_in(env, "min")) == (50, 50, 0, None)


@pytest.mark.parametrize(
    ("tolerance", "lowest", "highest"),
    [
        (0, None, None),
        (1, (1002, 1003, 1, 1001), (1002, 1003, 1, 1001)),
        (20, (1002, 1003, 1, 1001), (1002, 1003, 1, 1001)),
        (199, (1002, 1003, 1, 1001), (1002, 1003, 1, 1001)),
        (200, (1002, 1003, 1, 1001), (200, 0, 200, None)),
        (499, (1002, 1003, 1, 1001), (200, 0, 200, None)),
        (500, (500, 1000, 500, 0), (200, 0, 200, None)),
    ],
)
def test_a_better_point_counts_only_within_reach_of_a_picture(
    log: Log, tolerance: int, lowest: tuple | None, highest: tuple | None
):
    env = log(
        "run",
        metric("loss", [(500, 0.01), (1002, 0.02), (200, 0.5), (800, 0.4)]),
        *images("val", [0, 1000, 1001, 1003]),
    )
    assert places(found_in(env, "min", tolerance)) == lowest
    assert places(found_in(env, "max", tolerance)) == highest
    plain = found_in(env, "min")
    assert places(plain) == (500, 500, 0, None)
    assert plain is not None
    assert (plain.card, plain.has_image) == (None, False)


def test_values_that_are_no_numbers_do_not_count(log: Log):
    env = log("run", metric("loss", {0: NAN, 1: 3.0, 2: -INF, 3: 2.0}))
    assert places(found_in(env, "min")) == (3, 3, 0, None)
    assert places(found_in(env, "max")) == (1, 1, 0, None)


def test_each_card_has_its_own_step_and_any_sample_counts(log: Log):
    env = log(
        "run",
        metric("loss", {10: 0.2, 20: 0.1, 30: 0.3}),
        *images("a", [9, 31]),
        *images("b", [22]),
        *images("c", [500]),
    )
    result = best_steps([env], Asked("loss", "min", True, 5))
    assert {one.card: one.step for one in result.found} == {"a": 9, "b": 22}
    assert [(one.card, one.reason) for one in result.missed] == [("c", "out_of_reach")]
    log("run", {"do": "window.update", "win": "b", "title": "Samples"})
    result = best_steps([env], Asked("loss", "min", True, 5))
    assert {one.card for one in result.found} == {"a", "Samples"}


def test_a_plain_pin_says_whether_there_is_a_picture(log: Log):
    env = log("run", metric("loss", {10: 0.2, 20: 0.1}), *images("a", [20]))
    found = found_in(env, "min")
    assert found is not None
    assert found.has_image
    log("run", {"do": "window.close", "win": "a"})
    found = found_in(env, "min")
    assert found is not None
    assert not found.has_image


def test_envs_without_a_result_are_told_with_the_reason(log: Log):
    envs = [
        log("good", metric("loss", {1: 1.0}), *images("a", [1])),
        log("none", metric("other", {1: 1.0}), *images("a", [1])),
        log("nan", metric("loss", {1: NAN, 2: INF}), *images("a", [1])),
        log("blind", metric("loss", {1: 1.0})),
        log("plot", {"do": "trace.append", "win": "loss", "trace": "t", "y": [1]}),
    ]
    result = best_steps(envs, Asked("loss", "min", True, 20))
    assert [one.env.name for one in result.found] == ["good"]
    reasons = {one.env.name: one.reason for one in result.missed}
    assert reasons == {"none": "no_metric", "nan": "no_points", "blind": "no_images", "plot": "no_metric"}


def test_the_last_written_value_of_a_step_counts(log: Log):
    env = log("run", metric("loss", {1: 0.5, 2: 0.1, 3: 0.4}), *images("a", [2]))
    log("run", metric("loss", {2: 0.9}))
    assert places(found_in(env, "min")) == (3, 3, 0, None)
    best = found_in(env, "min", 0)
    assert best is not None
    assert best.value == 0.9


def test_steps_as_large_as_there_are(log: Log):
    last = 2**53
    env = log("run", metric("loss", {-last: 0.3, last - 1: 0.1, last: 0.2}), *images("a", [-last, last]))
    assert places(found_in(env, "min", 1)) == (last - 1, last, 1, None)
    assert places(found_in(env, "max", 100_000)) == (-last, -last, 0, None)


# --- against the definition, through the real store


def slowly(
    points: dict[int, float], pictures: list[int], mode: str, tolerance: int | None
) -> tuple[int, int, float] | None:
    """(metric step, pinned step, value) by the definition, word for word."""
    sign = 1 if mode == "min" else -1
    finite = {step: value for step, value in points.items() if math.isfinite(value)}
    near: dict[int, int] = {}
    for step in finite:
        if tolerance is None:
            near[step] = step
            continue
        by_distance = sorted(pictures, key=lambda image: (abs(image - step), -image))
        if by_distance and abs(by_distance[0] - step) <= tolerance:
            near[step] = by_distance[0]
    if not near:
        return None
    best = min(near, key=lambda step: (sign * finite[step], step))
    return best, near[best], finite[best]


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[list[tuple[int, float]]], list[int], int]:
    """Writes of a metric, over several chunks and with rewritten steps; steps of pictures; a tolerance."""
    count = draw(st.sampled_from([3, 40, CHUNK - 1, CHUNK, 2 * CHUNK + 7, 5 * CHUNK]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    gap = draw(st.sampled_from([1, 3, 17]))
    steps = np.cumsum(rng.integers(1, gap + 1, count))
    shape = draw(st.sampled_from(["noise", "falling", "coarse"]))
    values = {
        "noise": rng.normal(size=count),
        "falling": np.exp(-np.arange(count) / count) + 0.01 * rng.normal(size=count),
        "coarse": rng.integers(0, 4, count).astype(float),  # many equals
    }[shape]
    odd = rng.random(count)
    rate = draw(st.sampled_from([0.0, 0.05, 0.97]))
    values = np.where(odd < rate, rng.choice([NAN, INF, -INF], count), values)
    pairs = list(zip(steps.tolist(), values.tolist(), strict=True))
    cuts = sorted({0, count, *rng.integers(0, count, draw(st.integers(0, 4))).tolist()})
    writes = [pairs[a:b] for a, b in itertools.pairwise(cuts)]
    for _ in range(draw(st.integers(0, 2))):  # steps that were written before, or between those
        again = rng.integers(0, int(steps[-1]) + 3, 5)
        writes.append(
            [(int(step), float(value)) for step, value in zip(again, rng.normal(size=5), strict=True)]
        )
    most = int(steps[-1]) + 50
    pictures = sorted(set(rng.integers(0, most, draw(st.sampled_from([1, 4, 25]))).tolist()))
    return writes, pictures, draw(st.sampled_from([0, 1, 5, 20, 300]))


@pytest.fixture
def low_pyramid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows below each row above chunks, instead of 64: a few thousand points have several levels."""
    for module in (buckets, store, extremes):
        monkeypatch.setattr(module, "FAN", 2)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(run=runs())
def test_it_is_the_definition_whatever_was_written(log: Log, low_pyramid: None, run: tuple):
    writes, pictures, tolerance = run
    points: dict[int, float] = {}
    name = f"run {next(numbers)}"
    for write in writes:
        points |= dict(write)
        env = log(name, metric("loss", write))
    show(env, "val", pictures)
    for mode in ("min", "max"):
        plain, seen = found_in(env, mode), found_in(env, mode, tolerance)
        expected = slowly(points, pictures, mode, None)
        assert (plain and (plain.metric_step, plain.step, plain.value)) == expected
        expected = slowly(points, pictures, mode, tolerance)
        assert (seen and (seen.metric_step, seen.step, seen.value)) == expected
        if seen and seen.alternative:
            within = [step for step in pictures if abs(step - seen.metric_step) <= tolerance]
            others = [step for step in within if step != seen.step]
            nearest = min(others, key=lambda step: (abs(step - seen.metric_step), -step))
            is_tied = abs(nearest - seen.metric_step) == seen.distance
            assert seen.alternative == {"step": nearest, "exact": is_tied, "within": len(within)}


def show(env: Env, card: str, steps: Iterable[int]) -> None:
    """Samples without files, two at each of these steps: for tests that need many."""
    window = Window.objects.create(env=env, key=card, kind="image", place=99)
    Sample.objects.bulk_create(
        Sample(window=window, step=step, index=index, asset_id="0" * 64) for step in steps for index in (0, 1)
    )


# --- what it costs


def noise() -> np.ndarray:
    return np.random.default_rng(7).normal(size=300_000)


@pytest.fixture
def long_run(log: Log) -> Env:
    """300 000 points of noise: four rows above chunks, and a tail."""
    values = noise()
    env = log(
        "long",
        {"do": "metrics.log", "series": {"loss": {"step": list(range(300_000)), "value": values.tolist()}}},
    )
    show(env, "val", range(500, 300_000, 3000))
    return env


def test_a_long_metric_is_hardly_read(long_run: Env, monkeypatch: pytest.MonkeyPatch):
    decoded: list[int] = []
    decode = extremes.Search._decode

    def counting(self, numbers):
        decoded.extend(numbers)
        return decode(self, numbers)

    monkeypatch.setattr(extremes.Search, "_decode", counting)
    with CaptureQueriesContext(connections["snapshot"]) as plain:
        found_in(long_run, "min")
    assert not decoded, "summaries answer it"
    assert len(plain) <= 12
    with CaptureQueriesContext(connections["snapshot"]) as seen:
        best = found_in(long_run, "min", 20)
    assert len(decoded) <= 20, "of 292 chunks only those that could hold better"
    assert len(seen) <= 25
    values = noise()
    plain_step = int(values.argmin())
    near = np.abs((np.arange(len(values)) - 500 + 1500) % 3000 - 1500) <= 20
    seen_step = int(np.where(near, values, np.inf).argmin())
    assert best is not None
    assert (best.metric_step, best.value) == (seen_step, values[seen_step])
    assert places(found_in(long_run, "min")) == (plain_step, plain_step, 0, None)


def test_cards_that_share_their_steps_cost_no_more(long_run: Env):
    with CaptureQueriesContext(connections["snapshot"]) as one:
        best_steps([long_run], Asked("loss", "min", True, 20))
    for card in range(5):
        show(long_run, f"card {card}", range(500, 300_000, 3000))
    with CaptureQueriesContext(connections["snapshot"]) as six:
        result = best_steps([long_run], Asked("loss", "min", True, 20))
    assert len(result.found) == 6
    assert len(six) == len(one)


def test_rows_of_an_earlier_release_answer_too(long_run: Env):
    """Rows above chunks had no summary then."""
    before = found_in(long_run, "min"), found_in(long_run, "max", 20)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE windows_chunk SET summary = %s WHERE level > 0", [b""])
    assert (found_in(long_run, "min"), found_in(long_run, "max", 20)) == before
