"""Small commands become few, large ones become several, and nothing changes its meaning on the way."""

import msgpack
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panewall.arrays import as_series, plain, portable, typed, untyped
from panewall.batch import Batch, groups, join, pack
from panewall.coalesce import Coalescer
from panewall.split import nbytes, split


def log(collector, env="e", step=1, **values):
    collector.add_metrics((env, step, 100.0 + step, list(values.items())))


def append(collector, win, x, y, *, trace="a", env="e", **more):
    command = {
        "do": "trace.append",
        "env": env,
        "win": win,
        "trace": trace,
        "x": np.array(x),
        "y": np.array(y),
        **more,
    }
    if trace is None:
        del command["trace"]
    collector.add(command, nbytes(command))


def put(collector, do, win=None, env="e"):
    command = {"do": do, "env": env} | ({"win": win} if win else {})
    collector.add(command, 50)


def test_log_calls_become_one_array_for_each_series():
    collector = Coalescer()
    log(collector, step=1, loss=0.5, acc=1)
    log(collector, step=2, loss=0.25)
    (command,) = collector.take()
    assert command["do"] == "metrics.log"
    loss = {name: untyped(column).tolist() for name, column in command["series"]["loss"].items()}
    assert loss == {"step": [1, 2], "value": [0.5, 0.25], "time": [101, 102]}
    assert untyped(command["series"]["acc"]["value"]).tolist() == [1]
    assert collector.take() == []


def test_envs_stay_apart():
    collector = Coalescer()
    log(collector, env="a", loss=1)
    log(collector, env="b", loss=2)
    log(collector, env="a", loss=3)
    assert [(c["env"], len(untyped(c["series"]["loss"]["value"]))) for c in collector.take()] == [
        ("a", 2),
        ("b", 1),
    ]


def test_appends_to_one_trace_become_one():
    collector = Coalescer()
    append(collector, "w", [1], [2])
    append(collector, "v", [9], [9])
    append(collector, "w", [3.5], [4])
    first, other, late = collector.take()
    assert (first["x"].tolist(), other["win"]) == ([1], "v")
    assert late["x"].tolist() == [3.5]  # whole numbers and fractions do not mix
    append(collector, "w", [1], [2])
    append(collector, "w", [3], [4])
    append(collector, "w", [5], [6], trace="b")
    append(collector, "w", [7], [8])
    merged, other = collector.take()
    assert (merged["x"].tolist(), merged["y"].tolist(), other["trace"]) == ([1, 3, 7], [2, 4, 8], "b")


def test_appends_by_place_and_by_name_keep_their_order():
    collector = Coalescer()
    append(collector, "w", [1], [1])
    append(collector, "w", [2], [2], trace=None, index=0)
    append(collector, "w", [3], [3])
    assert [c["x"].tolist() for c in collector.take()] == [[1], [2], [3]]


def test_nothing_passes_a_command_of_its_own_window_or_env():
    collector = Coalescer()
    append(collector, "w", [1], [1])
    put(collector, "window.close", "w")
    append(collector, "w", [2], [2])
    put(collector, "env.clear")
    append(collector, "w", [3], [3])
    log(collector, loss=1)
    put(collector, "env.delete")
    log(collector, loss=2)
    assert [c["do"] for c in collector.take()] == [
        "trace.append",
        "window.close",
        "trace.append",
        "env.clear",
        "trace.append",
        "metrics.log",
        "env.delete",
        "metrics.log",
    ]


def test_images_and_texts_do_not_break_up_metrics():
    collector = Coalescer()
    log(collector, loss=1)
    put(collector, "sample.put", "image")
    put(collector, "text.append", "notes")
    log(collector, loss=2)
    assert [c["do"] for c in collector.take()] == ["metrics.log", "sample.put", "text.append"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["w", "v"]), st.sampled_from(["a", "b", None]), st.integers(0, 9), st.booleans()
        ),
        max_size=40,
    )
)
def test_points_of_a_trace_keep_the_order_of_their_calls(calls):
    """Whatever is merged, each window's traces get their points, and their removals, in the order of the calls."""

    def replayed(commands):
        points: dict = {}
        for command in commands:
            if command["do"] == "trace.append":
                points.setdefault((command["win"], command.get("trace")), []).extend(command["y"].tolist())
            else:
                for key in [key for key in points if key[0] == command["win"]]:
                    points[key].append("closed")
        return points

    collector, plainly = Coalescer(), []
    for win, trace, value, closes in calls:
        if closes:
            put(collector, "window.close", win)
            plainly.append({"do": "window.close", "win": win})
        more = {"index": 0} if trace is None else {}
        append(collector, win, [value], [value], trace=trace, **more)
        plainly.append({"do": "trace.append", "win": win, "trace": trace, "y": np.array([value])})
    assert replayed(collector.take()) == replayed(plainly)


# --- split ---


def parts(command, **limits):
    return list(split(command, nbytes(command), **{"frame_bytes": 2**20, **limits}))


def test_many_points_become_several_appends():
    x = np.arange(100_000.0)
    made = parts(
        {
            "do": "trace.replace",
            "env": "e",
            "win": "w",
            "trace": "a",
            "x": x,
            "y": -x,
            "columns": {"text": list(map(str, x))},
        }
    )
    assert [part["do"] for part in made] == ["trace.replace"] + ["trace.append"] * (len(made) - 1)
    assert np.array_equal(np.concatenate([part["x"] for part in made]), x)
    assert [text for part in made for text in part["columns"]["text"]] == list(map(str, x))
    assert all(len(pack(part)) < 2**20 for part in made)


def test_a_large_line_becomes_a_window_and_appends():
    x = np.arange(300_000.0)
    trace = {
        "type": "scatter",
        "x": x,
        "y": x,
        "name": "1",
        "marker": {"color": list(range(300_000)), "symbol": "dot"},
    }
    made = parts(
        {
            "do": "window.put",
            "env": "e",
            "win": "w",
            "kind": "plot",
            "traces": [trace, {"type": "bar", "y": [1]}],
        }
    )
    head, *rest = made
    assert head["do"] == "window.put" and head["traces"][1] == {"type": "bar", "y": [1]}
    assert all(part["do"] == "trace.append" and part["index"] == 0 for part in rest)
    assert np.array_equal(np.concatenate([head["traces"][0]["x"], *(part["x"] for part in rest)]), x)
    colours = list(head["traces"][0]["marker"]["color"])
    colours += [colour for part in rest for colour in part["columns"]["marker.color"]]
    assert colours == list(range(300_000)) and head["traces"][0]["marker"]["symbol"] == "dot"


def test_small_figures_and_other_figures_stay_whole():
    small = {
        "do": "window.put",
        "env": "e",
        "win": "w",
        "kind": "plot",
        "traces": [{"type": "scatter", "y": np.ones(9)}],
    }
    table = {
        "do": "window.put",
        "env": "e",
        "win": "w",
        "kind": "plot",
        "traces": [{"type": "heatmap", "z": np.ones((600, 600))}],
    }
    assert parts(small) == [small] and parts(table) == [table]


def test_long_series_are_cut():
    steps = typed(np.arange(100_000.0))
    series = {name: {"step": steps, "value": steps, "time": steps} for name in "ab"}
    made = parts({"do": "metrics.log", "env": "e", "series": series})
    found = np.concatenate([untyped(part["series"]["b"]["value"]) for part in made if "b" in part["series"]])
    assert np.array_equal(found, np.arange(100_000.0)) and all(len(pack(part)) < 2**20 for part in made)


def test_groups_fit_a_frame_and_a_giant_stands_alone():
    packed = [(b"x" * size, None) for size in (40, 40, 40, 500, 40)]
    assert [[len(body) for body, _ in group] for group in groups(packed, frame_bytes=200)] == [
        [40, 40, 40],
        [500],
        [40],
    ]


def test_a_batch_is_its_frame():
    batch = Batch(7, join([pack({"do": "env.clear", "env": "e"}), pack({"do": "env.clear", "env": "f"})]), 2)
    message = msgpack.unpackb(batch.frame())
    assert message == {
        "t": "batch",
        "n": 7,
        "c": [{"do": "env.clear", "env": "e"}, {"do": "env.clear", "env": "f"}],
    }
    assert msgpack.unpackb(batch.post("ab")) == {"session": "ab", "n": 7, "c": message["c"]}


# --- arrays ---


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False), st.integers(-(2**53), 2**53))))
def test_numbers_with_gaps_are_series(values):
    series = as_series(values)
    if values and any(value is not None for value in values):
        assert series is not None and len(series) == len(values)
        kept = [None if value is None else float(value) for value in values]
        assert [None if np.isnan(v) else float(v) for v in series.astype(float)] == kept


def test_what_is_portable():
    import datetime

    value = {
        1: np.float32(0.5),
        "n": float("nan"),
        "d": datetime.date(2026, 1, 2),
        "t": (1, "a"),
        "big": 2**70,
        "b": np.bool_(True),
        "when": np.array(["2026-01-02"], "datetime64[D]"),
        "typed": {"dtype": "f8", "bdata": "AAAAAAAA8D8="},
        "o": object,
    }
    made = portable(value)
    assert made["1"] == 0.5 and made["n"] is None and made["d"] == "2026-01-02" and made["t"] == [1, "a"]
    assert made["big"] == float(2**70) and made["b"] is True and made["when"] == ["2026-01-02T00:00:00.000"]
    assert made["typed"] == {"dtype": "f8", "bdata": np.array([1.0]).tobytes()}
    assert portable(value, arrays=False)["typed"] == [1.0]
    msgpack.packb(made)


def test_typed_arrays_come_back():
    for array in (
        np.arange(3, dtype=">i4"),
        np.array([[1.5, 2]]),
        np.array([True]),
        np.arange(2, dtype=np.float16),
        np.arange(4)[::2],
    ):
        assert np.array_equal(untyped(typed(array)), array)
    assert plain(np.array([1, np.inf])) == [1.0, None]
