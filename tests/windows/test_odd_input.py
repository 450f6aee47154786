"""What the reference crashes or corrupts on: refused in words, and nothing of it is stored."""

import itertools

import pytest
from django.db import connection

from apps.envs.models import Env
from apps.windows import statements
from apps.windows.live.snapshot import catch_up
from apps.windows.models import Chunk, Tail, TextPart, Trace, Window
from apps.windows.objects import env_objects
from tests.support import sounds
from tests.windows.conftest import values

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

HEAD = {"env": "run", "win": "w"}
POINT = {"group": 0, "name": "e", "label": "l", "position": [0, 1], "idx": 0}
KINDS = {
    "plot": [{"do": "window.put", **HEAD, "kind": "plot", "traces": [{"y": [1, 2], "name": "a"}]}],
    "bars": [
        {"do": "window.put", **HEAD, "kind": "plot", "traces": [{"type": "bar", "y": ["1"], "name": "a"}]}
    ],
    "heatmap": [{"do": "window.put", **HEAD, "kind": "plot", "traces": [{"type": "heatmap", "z": [[1, 2]]}]}],
    "metric": [{"do": "metrics.log", "env": "run", "series": {"w": {"step": [1], "value": [2]}}}],
    "text": [{"do": "text.append", **HEAD, "text": "hi"}],
    "image": [{"do": "sample.put", **HEAD, "image": sounds.png(), "caption": "c"}],
    "audio": [{"do": "sample.put", **HEAD, "image": sounds.wav()}],
    "properties": [{"do": "window.put", **HEAD, "kind": "properties", "content": {"items": []}}],
    "network": [{"do": "window.put", **HEAD, "kind": "network", "content": {"nodes": [{"name": 0}]}}],
    "embeddings": [{"do": "window.put", **HEAD, "kind": "embeddings", "content": {"data": [POINT]}}],
}
#: What fits which kinds; on all others it is refused.
UPDATES = {
    "append": ({"do": "trace.append", **HEAD, "trace": "a", "y": [3]}, {"plot", "heatmap"}),
    "append by index": ({"do": "trace.append", **HEAD, "index": 0, "y": [3]}, {"plot"}),
    "replace": ({"do": "trace.replace", **HEAD, "index": 0, "y": [3]}, {"plot"}),
    "remove": ({"do": "trace.remove", **HEAD, "index": 0}, {"plot", "bars", "heatmap"}),
    "remove what is not there": ({"do": "trace.remove", **HEAD, "trace": "none"}, set()),
    "add": ({"do": "trace.put", **HEAD, "trace": {"y": [1]}}, {"plot", "bars", "heatmap"}),
    "grow": ({"do": "heatmap.grow", **HEAD, "direction": "appendRow", "z": [[3, 4]]}, {"heatmap"}),
    "text": ({"do": "text.append", **HEAD, "text": "more"}, {"text"}),
    "log": ({"do": "metrics.log", "env": "run", "series": {"w": {"step": [2], "value": [3]}}}, {"metric"}),
    "image": ({"do": "sample.put", **HEAD, "step": 1, "image": sounds.png()}, {"image"}),
    "sound": ({"do": "sample.put", **HEAD, "step": 1, "image": sounds.wav()}, {"audio"}),
    "items": ({"do": "window.update", **HEAD, "content": {"items": []}}, {"properties"}),
    "look of a trace that is not there": (
        {"do": "window.update", **HEAD, "title": "X", "traces": [{"index": 7, "set": {"name": "b"}}]},
        set(),
    ),
    "points by look": ({"do": "window.update", **HEAD, "title": "X", "traces": [{"index": 0, "set": {"y": [1]}}]},
        {"bars", "heatmap"},
    ),
    "enter": ({"do": "embeddings.enter", **HEAD, "points": [POINT]}, {"embeddings"}),
    "back": ({"do": "embeddings.back", **HEAD}, {"embeddings"}),
}  # fmt: skip


def picture(env: str = "run") -> tuple:
    """All that is stored of an env, and what a page that opens it would show."""
    row = Env.objects.get(name=env)
    rows = [model.objects.count() for model in (Window, Trace, Chunk, Tail, TextPart)]
    looks = [op for op in catch_up(row.pk).ops if op[0] != "e"]
    for op in looks:
        if op[0] == "w" and op[2]["kind"] == "text":
            op[2]["content"].pop("url")
    return dict(env_objects(row)), rows, looks


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_of_the_wrong_kind_is_refused_and_changes_nothing(desk, ann, kind):
    desk.send(ann, *KINDS[kind])
    before = picture()
    for name, (update, fitting) in UPDATES.items():
        if kind in fitting:
            continue
        ((_, error),) = desk.send(ann, update).errors
        assert error["code"] in ("wrong_kind", "not_found", "invalid"), (name, error)
        assert picture() == before, name


@pytest.mark.parametrize(
    ("kind", "update", "holds", "came"),
    [
        ("plot", "text", "lines or points (scatter)", "a text"),
        ("plot", "grow", "lines or points (scatter)", "a heatmap"),
        ("bars", "image", "a plot (bar)", "an image"),
        ("text", "append", "a text", "lines or points"),
        ("image", "remove", "images", "the removal of a trace"),
        ("metric", "sound", "a metric", "a sound"),
        ("audio", "enter", "sounds", "a choice among embeddings"),
    ],
)
def test_the_refusal_says_what_is_there_what_came_and_the_way_out(desk, ann, kind, update, holds, came):
    desk.send(ann, *KINDS[kind])
    ((_, error),) = desk.send(ann, UPDATES[update][0]).errors
    assert error["detail"] == (
        f"Window 'w' holds {holds}, and {came} came; nothing was changed."
        " Name another window, or send it without update or append: then it takes this one's place."
    )


@pytest.mark.parametrize("update", UPDATES)
def test_an_update_of_the_right_kind_goes_in(desk, ann, update):
    command, fitting = UPDATES[update]
    for kind in sorted(fitting):
        desk.send(ann, {"do": "env.clear", "env": "run"}, *KINDS[kind])
        assert not desk.send(ann, command).errors, kind


@pytest.mark.parametrize("update", UPDATES)
def test_what_is_missing_is_made_whole_or_not_at_all(desk, ann, update):
    command, _ = UPDATES[update]
    desk.send(ann, {"do": "env.create", "env": "run"})
    before = picture()
    errors = desk.send(ann, command).errors
    if errors:
        assert picture() == before
    else:
        assert Window.objects.count() == 1


def test_points_that_are_all_nan_are_gaps_and_harm_nothing(desk, ann):
    nan = float("nan")
    append = {"do": "trace.append", **HEAD, "trace": "a"}
    assert not desk.send(
        ann,
        {**append, "x": [nan, None], "y": [nan, None]},
        {**append, "x": [1, 2], "y": [nan, nan]},
        {**append, "x": [3], "y": [5]},
        {"do": "heatmap.grow", "env": "run", "win": "h", "direction": "appendRow", "z": [[nan, None]]},
    ).errors
    assert values("run", "w") == [None, None, None, None, 5]
    ((_, error),) = desk.send(
        ann, {"do": "metrics.log", "env": "run", "series": {"m": {"step": [nan], "value": [1]}}}
    ).errors
    assert "series.m.step" in error["fields"]
    assert not Window.objects.filter(key="m").exists()


def test_traces_of_one_name_are_told_apart_by_their_place(desk, ann):
    twice = [{"y": [1], "name": "a"}, {"y": [2], "name": "a"}]
    desk.send(ann, {"do": "window.put", **HEAD, "kind": "plot", "traces": twice})
    desk.send(ann, {"do": "trace.append", **HEAD, "trace": "a", "y": [3]})
    assert (values("run", "w", 0), values("run", "w", 1)) == ([1, 3], [2])
    desk.send(ann, {"do": "trace.append", **HEAD, "index": 1, "y": [4]})
    assert (values("run", "w", 0), values("run", "w", 1)) == ([1, 3], [2, 4])
    assert not desk.send(ann, {"do": "trace.remove", **HEAD, "trace": "a"}).errors
    assert not Trace.objects.exists()


def test_a_trace_comes_at_the_next_place_and_at_no_other(desk, ann):
    append = {"do": "trace.append", **HEAD, "y": [1]}
    ((_, error),) = desk.send(ann, {**append, "index": 3}).errors
    assert error["code"] == "trace_missing"
    assert not Window.objects.exists()
    assert not desk.send(ann, {**append, "index": 0}, {**append, "index": 1}).errors
    assert desk.send(ann, {**append, "index": 3}).errors
    assert Trace.objects.count() == 2


def test_what_came_and_went_in_one_commit_leaves_nothing_behind(desk, ann):
    append = {"do": "trace.append", **HEAD, "trace": "a", "y": list(range(3000))}
    put = {"do": "window.put", **HEAD, "kind": "text", "text": "t"}
    remove = {"do": "trace.remove", **HEAD, "trace": "a"}
    for last in (remove, put, {**put, "kind": "plot", "text": None}):
        desk.send(ann, append, {k: v for k, v in last.items() if v is not None})
        assert (Trace.objects.count(), Chunk.objects.count(), Tail.objects.count()) == (0, 0, 0)
        assert not [op for op in desk.published[-1].ops if op[0] in ("a", "g")]


def test_dates_may_come_into_a_line_that_is_still_empty(desk, ann):
    desk.send(ann, {"do": "window.put", **HEAD, "kind": "plot", "traces": [{"x": [], "y": [], "name": "a"}]})
    append = {"do": "trace.append", **HEAD, "trace": "a", "x": ["2024-01-01"], "y": [1]}
    assert not desk.send(ann, append).errors
    assert Trace.objects.get().dates
    assert desk.send(ann, {**append, "x": [5]}).errors


def test_a_metric_that_was_put_empty_can_be_logged_to(desk, ann):
    desk.send(ann, {"do": "window.put", **HEAD, "kind": "metric"})
    assert not desk.send(ann, *KINDS["metric"]).errors
    assert values("run", "w") == [2]


NAMES = [
    "a/b", "a+b", "#1", "100 %", '"quoted"', "'", "`", "😀", "<img src=x onerror=alert(1)>", "x" * 300, "\\", "\n", "…", "..",
    "{{ x }}", "' OR 1=1 --", "null", " ",
]  # fmt: skip


@pytest.mark.parametrize("name", ["", *NAMES])
def test_any_text_is_a_windows_key(desk, ann, name):
    for kind in KINDS:
        made = [
            {**command, "win": name}
            if "win" in command
            else {**command, "series": {name: command["series"]["w"]}}
            for command in KINDS[kind]
        ]
        errors = desk.send(ann, *made).errors
        if kind == "metric" and not name:
            assert "1 to 300" in str(errors)
            continue
        assert not errors, kind
        assert next(iter(env_objects(Env.objects.get(name="run"))))[0] == name
        window = Window.objects.living().get()
        assert not desk.send(ann, {"do": "window.close", "env": "run", "win": name}).errors
        assert not desk.send(ann, {"do": "window.restore", "env": "run", "id": window.pk}).errors
        assert not desk.send(ann, {"do": "env.clear", "env": "run"}).errors


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_an_env_works_or_is_refused_in_words(desk, ann, name):
    errors = desk.send(ann, {"do": "text.append", "env": name, "win": "w", "text": "x"}).errors
    if name.strip() and name not in ("..", "\n", "a/b"):
        assert not errors
        assert [key for key, _ in env_objects(Env.objects.get(name=name))] == ["w"]
        assert not desk.send(ann, {"do": "env.fork", "env": name, "to": f"{name[:290]} copy"}).errors
        assert not desk.send(ann, {"do": "env.delete", "env": name}).errors
    else:
        ((_, error),) = errors
        assert error["code"] in ("invalid", "not_found")
        assert not Env.objects.filter(name=name).exists()


@pytest.mark.parametrize("name", ["x" * 301, "a\x00b", "\ud800"])
def test_a_key_no_database_can_hold_is_refused(desk, ann, name):
    for kind, commands in KINDS.items():
        for command in commands:
            bad = {**command, "win": name} if "win" in command else {**command, "series": {name: {}}}
            assert desk.send(ann, bad).errors, kind
    assert not Window.objects.exists()


def test_a_refused_object_of_any_kind_stores_nothing(desk, ann):
    """A window over the limits is refused before it is made."""
    big = {"blob": "x" * 70_000_000}
    for kind, command in itertools.product(("plot", "properties", "image"), ("window.put",)):
        ((_, error),) = desk.send(ann, {"do": command, **HEAD, "kind": kind, "opts": big}).errors
        assert error["code"] == "too_large"
    for command in (
        {"do": "trace.append", **HEAD, "y": [1], "make": {"opts": big}},
        {"do": "text.append", **HEAD, "text": "x", "opts": big},
        {"do": "trace.put", **HEAD, "trace": {"type": "bar"}, "make": {"opts": big}},
        {"do": "heatmap.grow", **HEAD, "direction": "appendRow", "z": [[1]], "make": {"opts": big}},
        {"do": "sample.put", **HEAD, "image": sounds.png(), "opts": big},
    ):
        assert desk.send(ann, command).errors[0][1]["code"] == "too_large", command["do"]
    assert not Window.objects.exists()


def test_an_append_to_a_plot_reads_and_writes_no_more_than_it_did(desk, ann, monkeypatch):
    """Whatever else windows can hold now, the hot path is the session, the revision, the points, the commit."""
    append = {"do": "trace.append", **HEAD, "trace": "a", "y": [1], "make": {"title": "T", "opts": {"a": 1}}}
    desk.send(ann, append)
    seen: list[str] = []
    execute = connection.cursor().__class__.execute

    def note(self, sql, params=None):
        seen.append(str(sql).split()[0])
        return execute(self, sql, params)

    monkeypatch.setattr(connection.cursor().__class__, "execute", note)
    monkeypatch.setattr(statements, "Statements", lambda db: db.cursor())
    desk.send(ann, append)
    assert 2 <= len(seen) <= 4, seen
