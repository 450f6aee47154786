"""Points go in by any door and any order, and come out exactly; thinning never loses an extreme."""

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.windows.models import Chunk, Tail, Trace
from apps.windows.series import buckets as bk
from apps.windows.series import read, store
from apps.windows.series.buckets import CHUNK
from apps.windows.series.store import Series

pytestmark = pytest.mark.django_db

SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_next_id = iter(range(1, 10**9))


def new_series() -> Series:
    series = Series(next(_next_id) + 10**6, ["x", "y"])
    Trace.objects.create(pk=series.id, window_id=1, index=series.id, columns=["x", "y"])
    series.stored = series.header
    return series


def reload(series: Series) -> Series:
    """The trace as another process would find it."""
    row = Trace.objects.get(pk=series.id)
    again = Series(row.pk, row.columns, row.generation, row.sealed, row.chunks, row.monotone, row.aligned)
    with connection.cursor() as cursor:
        store.load_tail(cursor, again)
    return again


def add(series: Series, x, y) -> None:
    store.append(series, {"x": np.asarray(x, "f8"), "y": np.asarray(y, "f8")})
    with connection.cursor() as cursor:
        store.flush(cursor, series)


def everything(series: Series) -> tuple[np.ndarray, np.ndarray]:
    with connection.cursor() as cursor:
        points = read.points(cursor, series, 0, series.count)
    return points["x"], points["y"]


def slow_buckets(x, y, bucket, start, stop):
    """The rule of docs/protocol.md, word by word."""
    keep = []
    for number in range(start // bucket, (stop - 1) // bucket + 1):
        places = range(number * bucket, min((number + 1) * bucket, len(y)))
        finite = [i for i in places if np.isfinite(y[i])]
        gaps = [i for i in places if not np.isfinite(y[i])]
        chosen = set(gaps[:1])
        if finite:
            chosen |= {min(finite, key=lambda i: (y[i], i)), min(finite, key=lambda i: (-y[i], i))}
        keep += sorted(chosen)
    return keep


@SLOW
@given(st.lists(st.integers(1, 1500), min_size=1, max_size=12), st.integers(0, 2**31))
def test_what_is_appended_comes_back_exactly(sizes, seed):
    rng = np.random.default_rng(seed)
    series, whole = new_series(), []
    for size in sizes:
        y = rng.standard_normal(size)
        y[rng.random(size) < 0.05] = np.nan
        add(series, np.arange(len(whole), len(whole) + size), y)
        whole += y.tolist()
    x, y = everything(reload(series))
    assert np.array_equal(x, np.arange(len(whole)))
    assert np.array_equal(y, whole, equal_nan=True)


def test_single_appends_leave_few_rows():
    series = new_series()
    for i in range(CHUNK + 200):
        add(series, [i], [i])
    assert Chunk.objects.filter(trace_id=series.id, level=0).count() == 1
    assert Tail.objects.filter(trace_id=series.id).count() <= store.MERGE_ROWS
    assert everything(reload(series))[0].tolist() == list(range(CHUNK + 200))


def test_an_append_costs_the_same_number_of_queries_at_any_length(django_assert_num_queries):
    series = new_series()
    add(series, np.arange(200_000), np.zeros(200_000))
    with django_assert_num_queries(1):
        add(series, [200_000], [1.0])


@SLOW
@given(
    st.integers(1, 300_000),
    st.integers(0, 2**31),
    st.sampled_from([64, 100, 700, 1024, 2048]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_thinned_range_is_what_the_rule_says(count, seed, width, a, b):
    rng = np.random.default_rng(seed)
    y = np.round(rng.standard_normal(count).cumsum())
    y[rng.random(count) < 0.001] = np.nan
    x = np.arange(count, dtype="f8") * 2
    series = new_series()
    cut = count * 2 // 3
    add(series, x[:cut], y[:cut])
    add(series, x[cut:], y[cut:])
    x0, x1 = sorted((a * 2 * count, b * 2 * count))
    with connection.cursor() as cursor:
        data = read.read(cursor, reload(series), x0=x0, x1=x1, width_px=width)
    assert data.start == max(0, int(np.searchsorted(x, x0)) - 1)
    assert data.stop == min(count, max(int(np.searchsorted(x, x1, "right")) + 1, data.start))
    assert data.bucket == bk.choose(data.stop - data.start, width)
    if data.bucket == 1:
        assert np.array_equal(data.columns["y"], y[data.start : data.stop], equal_nan=True)
        return
    expected = slow_buckets(x, y, data.bucket, data.start, data.stop)
    assert data.positions.tolist() == expected
    assert np.array_equal(data.columns["x"], x[expected])
    shown = np.where(np.isfinite(y[expected]), y[expected], np.nan)
    assert np.array_equal(data.columns["y"], shown, equal_nan=True)
    assert data.last == (count - 1, x[-1], pytest.approx(y[-1], nan_ok=True))


def test_a_long_line_is_read_from_stored_minima_and_maxima(django_assert_max_num_queries):
    series = new_series()
    n = 4_500_000
    y = np.sin(np.arange(n) / 1e4)
    y[3_000_001] = 50.0
    add(series, np.arange(n), y)
    with connection.cursor() as cursor, django_assert_max_num_queries(12):
        data = read.read(cursor, reload(series), width_px=1000)
    assert data.columns["y"].max() == 50.0
    assert len(data.positions) <= 2 * 1024


@SLOW
@given(
    st.lists(st.lists(st.integers(0, 6000), min_size=1, max_size=400), min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_steps_may_come_in_any_order_and_the_last_write_wins(batches, seed):
    series = new_series()
    model: dict[int, float] = {}
    start = np.arange(0, 5000, 2)
    add(series, start, start)
    model.update(zip(start.tolist(), start.tolist(), strict=True))
    value = 0.0
    for steps in batches:
        values = []
        for step in steps:
            value += 1
            model[step] = value
            values.append(value)
        with connection.cursor() as cursor:
            store.merge_steps(cursor, series, {"x": np.array(steps, "f8"), "y": np.array(values)})
    again = reload(series)
    x, y = everything(again)
    assert x.tolist() == sorted(model)
    assert y.tolist() == [model[step] for step in sorted(model)]
    with connection.cursor() as cursor:
        data = read.read(cursor, again, width_px=64)
        store.realign(cursor, series)
    assert data.positions is None or data.positions.tolist() == slow_buckets(x, y, data.bucket, 0, len(x))
    tidy = reload(series)
    assert tidy.aligned
    assert np.array_equal(everything(tidy)[1], y)


def test_points_out_of_order_make_a_trace_that_is_not_thinned_by_extremes():
    series = new_series()
    add(series, [3, 1, 2], [1, 2, 3])
    assert not reload(series).monotone
    add(series, np.arange(30_000), np.arange(30_000))
    with connection.cursor() as cursor:
        data = read.read(cursor, reload(series), width_px=500)
    assert data.note == "30,003 points; one in 2 is shown."
