"""What is acknowledged is stored, once, in order; what is refused leaves nothing; nobody pays for another's mistake."""

import random
import threading
import uuid
from dataclasses import replace

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.envs.models import Env
from apps.windows import commands, statements
from apps.windows.committer import Batch
from apps.windows.models import IngestSession, Window
from tests.windows.conftest import line, values

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


def codes(outcome) -> list[tuple[int, str]]:
    return [(place, error["code"]) for place, error in outcome.errors]


def test_an_append_makes_env_window_and_trace(desk, ann):
    assert desk.send(ann, line("run", "loss", [3, 2, 1])).errors == []
    assert values("run", "loss") == [3, 2, 1]


def test_a_refused_command_names_field_and_reason_and_its_siblings_go_in(desk, ann):
    outcome = desk.send(ann, line("run", "a", [1]), line("run", "b", ["7"]), line("run", "a", [2]))
    assert codes(outcome) == [(1, "invalid")]
    assert "7" in outcome.errors[0][1]["fields"]["y"][0]
    assert values("run", "a") == [1, 2]
    assert not Window.objects.filter(key="b").exists()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (line("run", "w", [1], x=[1, 2]), "invalid"),
        (line("run", "w" * 301, [1]), "too_large"),
        (line("run", "w", [1], surprise=1), "invalid"),
        (line("ghost/run", "w", [1]), "not_found"),
        ({"do": "window.put", "env": "run", "win": "w", "kind": "hologram"}, "invalid"),
        (
            {"do": "window.put", "env": "run", "win": "w", "kind": "plot", "title": "x" * 10_000_000},
            "too_large",
        ),
        ({"do": "text.append", "env": "run", "win": "w", "text": "nul \x00"}, "invalid"),
        ({"do": "metrics.log", "env": "run", "series": {"a": {"step": [1.5], "value": [1]}}}, "invalid"),
        ({"do": "metrics.log", "env": "run", "series": {"a": {"step": [1, 2], "value": [1]}}}, "invalid"),
        (
            {"do": "metrics.log", "env": "run", "series": {"a": {"step": [2**53 + 1], "value": [1]}}},
            "invalid",
        ),
        ({"do": "metrics.log", "env": "run", "series": {"a": {"step": -(2**53) - 1, "value": 1}}}, "invalid"),
        (
            {
                "do": "metrics.log",
                "env": "run",
                "series": {
                    "a": {
                        "step": {"dtype": "i8", "bdata": (2**53 + 1).to_bytes(8, "little")},
                        "value": [1],
                    }
                },
            },
            "invalid",
        ),
        ({"do": "window.close", "env": "missing", "win": "w"}, "not_found"),
        ({"do": "window.update", "env": "main", "win": "missing"}, "window_missing"),
        ({"do": "trace.remove", "env": "main", "win": "missing", "trace": "t"}, "window_missing"),
        ({"do": "env.restore", "env": "missing"}, "not_found"),
        ({"do": "teleport", "env": "run"}, "unknown_command"),
        ({"do": "env.rename", "env": "main", "to": "a/b"}, "invalid"),
        ("not a map", "invalid"),
        ({"do": 7, "env": "run"}, "invalid"),
    ],
)
def test_bad_input_is_refused_with_a_reason(desk, ann, command, code):
    outcome = desk.send(ann, command)
    assert codes(outcome) == [(0, code)]
    assert not Window.objects.exists()


def test_nan_and_infinities_are_kept(desk, ann):
    inf = float("inf")
    assert desk.send(ann, line("run", "w", [1.0, None, inf, -inf])).errors == []
    assert values("run", "w") == [1.0, None, inf, -inf]


def test_two_million_and_one_points_in_one_call_are_too_many(desk, ann):
    too_many = {"dtype": "u1", "bdata": bytes(2_000_001)}
    assert codes(desk.send(ann, line("run", "w", too_many))) == [(0, "too_large")]


def test_a_stranger_cannot_tell_a_hidden_env_from_a_missing_one(desk, ann, bob):
    desk.send(ann, line("secret", "w", [1]))
    hidden = desk.send(bob, line("ann/secret", "w", [2])).errors[0][1]
    missing = desk.send(bob, line("ann/nothing", "w", [2])).errors[0][1]
    assert hidden["code"] == missing["code"] == "not_found"
    assert values("secret", "w") == [1]


def test_a_batch_that_comes_twice_is_applied_once_and_answered_alike(desk, ann):
    session = uuid.uuid4().hex
    first = desk.send(ann, line("run", "w", [1]), line("run", "w", ["x"]), session=session, number=1)
    again = desk.send(ann, line("run", "w", [1]), line("run", "w", ["x"]), session=session, number=1)
    assert codes(first) == codes(again) == [(1, "invalid")]
    assert values("run", "w") == [1]


def test_a_skipped_number_is_asked_for(desk, ann):
    session = uuid.uuid4().hex
    assert desk.send(ann, line("run", "w", [1]), session=session, number=1).expected is None
    assert desk.send(ann, line("run", "w", [3]), session=session, number=3).expected == 2
    assert values("run", "w") == [1]


def test_a_batch_refused_whole_still_counts(desk, ann):
    session = uuid.uuid4().hex
    desk.send(ann, line("run", "w", ["x"]), session=session, number=1)
    assert desk.send(ann, line("run", "w", [1]), session=session, number=2).expected is None
    assert IngestSession.objects.get(pk=session).last_batch == 2


def test_a_session_belongs_to_one_principal(desk, ann, bob):
    session = uuid.uuid4().hex
    desk.send(ann, line("run", "w", [1]), session=session, number=1)
    assert desk.send(bob, line("run", "w", [1]), session=session, number=2).failed.code == "session_taken"


def test_a_session_goes_on_with_another_token_of_its_owner(desk, ann):
    session = uuid.uuid4().hex
    first, second = (replace(ann, kind="token", token_id=number) for number in (1, 2))
    desk.send(first, line("run", "w", [1]), session=session, number=1)
    assert desk.send(second, line("run", "w", [2]), session=session, number=2).failed is None
    assert values("run", "w") == [1, 2]


def test_batches_of_one_source_keep_their_order_and_all_are_told(desk, ann):
    session, told, done = uuid.uuid4().hex, [], threading.Event()

    def tell(number):
        def hear(outcome):
            told.append((number, outcome.expected))
            if len(told) == 300:
                done.set()

        return hear

    source = object()
    for n in range(1, 301):
        batch = Batch(ann, [line("run", "w", [n])], tell(n), session=session, number=n, source=source)
        desk.committer.submit(batch)
    assert done.wait(30)
    assert told == [(n, None) for n in range(1, 301)]
    assert values("run", "w") == list(range(1, 301))


def test_a_command_on_which_the_server_fails_costs_only_itself(desk, ann, monkeypatch):
    decode, _ = commands._kinds["env.finish"]

    def fail(tx, env, **args):
        raise KeyError("a mistake of ours")

    monkeypatch.setitem(commands._kinds, "env.finish", (decode, fail))
    outcome = desk.send(ann, line("run", "w", [1]), {"do": "env.finish", "env": "run"}, line("run", "w", [2]))
    assert codes(outcome) == [(1, "internal_error")]
    assert values("run", "w") == [1, 2]


def test_a_database_that_fails_stores_nothing_and_says_so(desk, ann, monkeypatch):
    desk.send(ann, line("run", "w", [1]))
    decode, apply = commands._kinds["trace.append"]

    def full(tx, env, **args):
        apply(tx, env, **args)
        raise DatabaseError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setitem(commands._kinds, "trace.append", (decode, full))
        outcome = desk.send(ann, line("run", "w", [2]))
        assert (outcome.failed.code, outcome.failed.status) == ("unavailable", 503)
    assert desk.send(ann, line("run", "w", [3])).failed is None
    assert values("run", "w") == [1, 3]


def test_names_mean_what_they_mean_at_that_point_of_the_batch(desk, ann):
    desk.send(ann, line("run", "old", [1]))
    outcome = desk.send(
        ann,
        {"do": "env.delete", "env": "run"},
        line("run", "new", [2]),
        {"do": "env.rename", "env": "run", "to": "kept"},
        line("run", "newer", [3]),
    )
    assert outcome.errors == []
    assert values("kept", "new") == [2]
    assert values("run", "newer") == [3]
    assert Env.objects.filter(deleted_at=None, name__in=["run", "kept"]).count() == 2


def test_another_process_may_write_between_two_appends(desk, ann):
    desk.send(ann, line("run", "w", [1]))
    other = type(desk)()
    other.send(ann, line("run", "w", [2]))
    desk.send(ann, line("run", "w", [3]))
    other.send(ann, {"do": "window.close", "env": "run", "win": "w"})
    desk.send(ann, line("run", "w", [4]))
    other.committer.stop()
    assert values("run", "w") == [4]


def test_an_env_that_another_process_deleted_is_made_anew(desk, ann):
    desk.send(ann, line("run", "w", [1]))
    other = type(desk)()
    other.send(ann, {"do": "env.delete", "env": "run"})
    other.committer.stop()
    assert desk.send(ann, line("run", "w", [2])).failed is None
    assert values("run", "w") == [2]


def test_a_closed_window_comes_back_with_its_points_and_another_may_take_its_key(desk, ann):
    desk.send(ann, line("run", "w", [1, 2]))
    window = Window.objects.get(key="w")
    desk.send(ann, {"do": "window.close", "env": "run", "win": "w"})
    desk.send(ann, line("run", "w", [9]))
    assert codes(desk.send(ann, {"do": "window.restore", "env": "run", "id": window.pk})) == [
        (0, "name_taken")
    ]
    assert desk.send(ann, {"do": "window.restore", "env": "run", "id": window.pk, "as": "w2"}).errors == []
    assert (values("run", "w"), values("run", "w2")) == ([9], [1, 2])


def test_a_fork_has_its_own_points(desk, ann):
    desk.send(
        ann,
        line("run", "w", list(range(3000))),
        {"do": "text.append", "env": "run", "win": "t", "text": "hi"},
    )
    assert desk.send(ann, {"do": "env.fork", "env": "run", "to": "copy"}).errors == []
    desk.send(ann, line("copy", "w", [-1]))
    assert len(values("run", "w")) == 3000
    assert values("copy", "w")[-2:] == [2999, -1]


def test_replacing_a_window_keeps_its_place_and_forgets_its_points(desk, ann):
    put = {"do": "window.put", "env": "run", "win": "w", "kind": "plot", "title": "one"}
    trace = {"type": "scatter", "name": "a", "x": [1, 2], "y": [3, 4]}
    desk.send(ann, {**put, "traces": [trace, {**trace, "name": "b"}]})
    before = Window.objects.get(key="w")
    desk.send(ann, {**put, "title": "two", "traces": [{**trace, "y": [5, 6]}]})
    after = Window.objects.get(key="w")
    assert (after.pk, after.title, after.traces.count()) == (before.pk, "two", 1)
    assert values("run", "w") == [5, 6]


def test_what_is_no_series_is_kept_as_it_is_and_cannot_be_appended_to(desk, ann):
    bars = {"type": "bar", "x": ["a", "b"], "y": [1, 2]}
    desk.send(ann, {"do": "window.put", "env": "run", "win": "w", "kind": "plot", "traces": [bars]})
    outcome = desk.send(ann, {"do": "trace.append", "env": "run", "win": "w", "index": 0, "y": [3]})
    assert codes(outcome) == [(0, "wrong_kind")]


def test_metrics_go_by_step_and_the_last_write_wins(desk, ann):
    def log(steps, numbers):
        return {"do": "metrics.log", "env": "run", "series": {"acc": {"step": steps, "value": numbers}}}

    desk.send(ann, log([1, 2, 3], [1, 2, 3]), log([2], [20]), log([5, 4], [5, 4]))
    assert values("run", "acc") == [1, 20, 3, 4, 5]


def test_an_append_in_a_hot_env_takes_four_statements(desk, ann, monkeypatch):
    """Session, env, tail, and the transaction around them: none of it grows with the env."""
    session = uuid.uuid4().hex
    for n in range(1, 4):
        desk.send(ann, line("run", "w", [n]), session=session, number=n)
    seen = []
    from django.db.backends import utils

    original = utils.CursorWrapper.execute

    def count(self, sql, params=None):
        seen.append(sql)
        return original(self, sql, params)

    monkeypatch.setattr(utils.CursorWrapper, "execute", count)
    monkeypatch.setattr(statements, "Statements", lambda db: db.cursor())
    desk.send(ann, line("run", "w", [4]), session=session, number=4)
    assert [sql.split()[0] for sql in seen if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))] == [
        "UPDATE",
        "UPDATE",
        "INSERT",
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**31))
def test_however_batches_are_repeated_and_reordered_each_goes_in_once(desk, ann, seed):
    rng = random.Random(seed)
    session, env = uuid.uuid4().hex, f"env-{uuid.uuid4().hex}"
    batches = {n: [line(env, "w", [n * 10 + i]) for i in range(rng.randint(1, 3))] for n in range(1, 15)}
    following = 1
    while following <= 14:
        number = rng.randint(max(1, following - 3), min(14, following + 2))
        outcome = desk.send(ann, *batches[number], session=session, number=number)
        assert outcome.expected == (following if number > following else None)
        following += number == following
    assert values(env, "w") == [n * 10 + i for n, batch in batches.items() for i in range(len(batch))]


def test_a_run_says_that_it_runs_and_how_it_ended(desk, ann):
    desk.send(
        ann, {"do": "env.create", "env": "run", "status": "running", "tags": ["a"], "config": {"lr": 0.1}}
    )
    assert Env.objects.get(name="run").status == "running"
    desk.send(ann, {"do": "env.create", "env": "run", "tags": ["b"], "config": {"seed": 1}})
    desk.send(ann, {"do": "env.finish", "env": "run", "status": "failed"})
    env = Env.objects.get(name="run")
    assert (env.status, env.tags, env.config) == ("failed", ["a", "b"], {"lr": 0.1, "seed": 1})
