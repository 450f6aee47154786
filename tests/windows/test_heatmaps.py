"""Heatmaps grow by rows and columns in four directions, with their names, whole or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.errors import Invalid
from apps.windows.heatmaps import DIRECTIONS, Grid, grow
from apps.windows.models import Trace, Window
from apps.windows.selectors import trace_dict


def slow(old: Grid, new: Grid, direction: str) -> Grid | None:
    """The rules row by row, with lists; None: refused."""
    rows, more = old.z.tolist(), new.z.tolist()
    if direction == "replace":
        return new
    by_row = direction.endswith("Row")
    had, came = (old.y, new.y) if by_row else (old.x, new.x)
    if by_row:
        if len(rows[0]) != len(more[0]):
            return None
        added = len(more)
        out = rows + more if direction == "appendRow" else more + rows
    else:
        if len(rows) != len(more):
            return None
        added = len(more[0])
        first, second = (rows, more) if direction == "appendColumn" else (more, rows)
        out = [[*a, *b] for a, b in zip(first, second, strict=True)]
    if (had is None) != (came is None):
        return None
    names = None
    if had is not None:
        if len(came) != added or len(set(came)) != len(came) or set(had) & set(came):
            return None
        names = had + came if direction.startswith("append") else came + had
    return Grid(np.array(out), *((old.x, names) if by_row else (names, old.y)))


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    number = st.one_of(st.integers(-5, 5).map(float), st.just(np.nan))
    z = np.array(
        draw(st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    )

    def names(n: int) -> list | None:
        return draw(
            st.one_of(st.none(), st.lists(st.sampled_from("abcdefgh"), min_size=n, max_size=n, unique=True))
        )

    return Grid(z, names(columns), names(rows))


@given(grids(), st.lists(st.tuples(grids(), st.sampled_from(DIRECTIONS)), max_size=6))
def test_a_heatmap_grows_as_by_hand(grid, steps):
    for new, direction in steps:
        expected = slow(grid, new, direction)
        if expected is None:
            with pytest.raises(Invalid):
                grow(grid, new, direction)
            continue
        grid = grow(grid, new, direction)
        np.testing.assert_array_equal(grid.z, expected.z)
        assert (grid.x, grid.y) == (expected.x, expected.y)


def heat(win: str = "h") -> dict:
    attrs = trace_dict(Trace.objects.filter(window__key=win).order_by("index").last())["attrs"]
    return {
        "z": np.asarray(attrs["z"]).tolist(),
        "x": attrs.get("x"),
        "y": attrs.get("y"),
        **{n: v for n, v in attrs.items() if n not in "xyz"},
    }


def put(**trace) -> dict:
    return {
        "do": "window.put",
        "env": "run",
        "win": "h",
        "kind": "plot",
        "traces": [{"type": "heatmap", "z": [[1, 2], [3, 4]], **trace}],
    }


def grown(direction: str, z: list, **more) -> dict:
    return {"do": "heatmap.grow", "env": "run", "win": "h", "direction": direction, "z": z, **more}


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_rows_and_columns_come_before_and_after(desk, ann):
    outcome = desk.send(
        ann,
        put(x=["a", "b"], y=["r", "s"]),
        grown("appendRow", [[5, 6]], y=["t"]),
        grown("prependRow", [[None, 0]], y=["q"]),
        grown("appendColumn", [[7], [8], [9], [10]], x=["c"], set={"colorscale": "Hot", "zmin": 0}),
        grown("prependColumn", [[-1]] * 4, x=["z"]),
    )
    assert not outcome.errors
    now = heat()
    np.testing.assert_array_equal(
        now["z"], [[-1, np.nan, 0, 7], [-1, 1, 2, 8], [-1, 3, 4, 9], [-1, 5, 6, 10]]
    )
    assert (now["x"], now["y"]) == (["z", "a", "b", "c"], ["q", "r", "s", "t"])
    assert (now["colorscale"], now["zmin"]) == ("Hot", 0)
    (window,) = [op for op in desk.published[-1].ops if op[0] == "w"]
    assert window[2]["traces"][0]["attrs"]["z"]["shape"] == [4, 4]


@pytest.mark.django_db(transaction=True, databases="__all__")
@pytest.mark.parametrize(
    ("command", "field"),
    [
        (grown("appendRow", [[1, 2, 3]], y=["t"]), "z"),
        (grown("appendColumn", [[1]], x=["c"]), "z"),
        (grown("appendRow", [[1, 2]]), "y"),
        (grown("appendRow", [[1, 2]], y=["t", "u"]), "y"),
        (grown("appendRow", [[1, 2]], y=["r"]), "y"),
        (grown("appendColumn", [[1, 1], [2, 2]], x=["c", "c"]), "x"),
        (grown("appendRow", [[1, 2], [3]], y=["t", "u"]), "z"),
        (grown("appendRow", [["one", 2]], y=["t"]), "z"),
        (grown("sideways", [[1, 2]]), "direction"),
        (grown("appendRow", [[1, 2]], y=["t"], set={"z": [[1]]}), "set.z"),
        (grown("replace", [[1, 2]], x=["a"]), "x"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(desk, ann, command, field):
    desk.send(ann, put(x=["a", "b"], y=["r", "s"]))
    before = heat()
    ((_, error),) = desk.send(ann, command).errors
    assert list(error["fields"]) == [field]
    assert heat() == before


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_the_sheet_behind_a_heatmap_grows_with_it(desk, ann):
    sheet = {"type": "heatmap", "z": [[0, 0], [0, 0]], "showscale": False}
    both = [sheet, {"type": "heatmap", "z": [[1, None], [3, 4]]}]
    desk.send(ann, {**put(), "traces": both}, grown("appendRow", [[5, 6]]))
    behind, front = Trace.objects.order_by("index")
    assert np.asarray(trace_dict(behind)["attrs"]["z"]).tolist() == [[0, 0]] * 3
    assert np.asarray(trace_dict(front)["attrs"]["z"])[2].tolist() == [5, 6]


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_growing_makes_what_is_missing_and_replacing_does_not(desk, ann):
    ((_, error),) = desk.send(ann, grown("replace", [[1]])).errors
    assert error["code"] == "window_missing"
    made = {"title": "T", "trace": {"colorscale": "Viridis"}}
    assert not desk.send(ann, grown("appendRow", [[1, 2]], y=["r"], make=made)).errors
    assert Window.objects.get().title == "T"
    assert (heat()["z"], heat()["colorscale"]) == ([[1, 2]], "Viridis")
    assert not desk.send(ann, grown("replace", [[9]], set={"colorscale": None})).errors
    assert heat() == {"z": [[9]], "x": None, "y": None, "type": "heatmap"}


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_only_a_heatmap_grows_and_it_must_be_clear_which(desk, ann):
    bars = {"type": "bar", "y": ["1"]}
    desk.send(ann, {**put(), "traces": [bars]})
    assert desk.send(ann, grown("appendRow", [[1, 2]])).errors[0][1]["code"] == "wrong_kind"
    twice = [{"type": "heatmap", "name": "a", "z": [[1, 1]]}, {"type": "heatmap", "name": "a", "z": [[2, 2]]}]
    desk.send(ann, {**put(), "traces": twice})
    assert desk.send(ann, grown("appendRow", [[1, 2]])).errors[0][1]["code"] == "ambiguous"
    assert desk.send(ann, grown("appendRow", [[1, 2]], trace="a")).errors[0][1]["code"] == "ambiguous"
    assert not desk.send(ann, grown("appendRow", [[1, 2]], index=1)).errors
    assert heat()["z"] == [[2, 2], [1, 2]]
    assert not desk.send(ann, grown("appendRow", [[7, 7]], trace="b")).errors
    assert (heat()["z"], heat()["name"]) == ([[7, 7]], "b")
