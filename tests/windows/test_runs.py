"""What is said of an env as a whole: config, tags, notes, and whether the program behind a run still lives."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from apps.envs import silence, tasks
from apps.envs.models import Env
from apps.windows.live import snapshot

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])
RUN = {"do": "env.create", "env": "run", "status": "running"}
ALIVE = {"do": "env.alive", "env": "run"}


def update(**said) -> dict:
    return {"do": "env.update", "env": "run", **said}


def the_run() -> Env:
    return Env.objects.get(name="run")


def ago(seconds: float) -> None:
    Env.objects.filter(name="run").update(alive_at=timezone.now() - timedelta(seconds=seconds))


def codes(outcome) -> list[str]:
    return [error["code"] for _, error in sorted(outcome.errors, key=lambda said: said[0])]


def test_config_grows_at_every_depth_and_none_is_a_value(desk, ann):
    desk.send(ann, {**RUN, "config": {"model": {"depth": 2, "width": 8}, "seed": 1}})
    desk.send(ann, update(config={"model": {"depth": 3}, "seed": None, "data": {"n": 5}}))
    assert the_run().config == {"model": {"depth": 3, "width": 8}, "seed": None, "data": {"n": 5}}


def test_tags_are_set_added_and_removed(desk, ann):
    desk.send(ann, RUN, update(add_tags=["a", " b ", "a", "  "]))
    assert the_run().tags == ["a", "b"]
    desk.send(ann, update(add_tags=["c"], remove_tags=["a", "none"]))
    assert the_run().tags == ["b", "c"]
    desk.send(ann, update(tags=["x"], notes="Better with a warm-up."))
    assert (the_run().tags, the_run().notes) == (["x"], "Better with a warm-up.")
    desk.send(ann, update(tags=[], notes=""))
    assert (the_run().tags, the_run().notes) == ([], "")


def test_what_is_too_much_is_refused_and_nothing_changes(desk, ann):
    limits = settings.PANEWALL.limits
    desk.send(ann, {**RUN, "tags": [f"t{n}" for n in range(limits.env_tags)]})
    refused = desk.send(
        ann,
        update(add_tags=["one more"]),
        update(add_tags=["t" * 201]),
        update(notes="n" * (limits.notes_chars + 1)),
        update(config={"blob": "c" * limits.config_bytes}),
        update(config=["a list"]),
        update(tags="a text"),
        update(status="asleep"),
        update(mood="good"),
    )
    wrong = ["invalid", "too_large", "too_large", "too_large", "invalid", "invalid", "invalid", "invalid"]
    assert codes(refused) == wrong
    assert (len(the_run().tags), the_run().notes, the_run().config) == (limits.env_tags, "", {})


def test_changing_an_env_that_is_not_there_makes_none(desk, ann):
    assert codes(desk.send(ann, update(notes="x"), ALIVE)) == ["not_found", "not_found"]
    assert not Env.objects.filter(name="run").exists()


def test_pages_hear_of_notes_and_since_when_a_run_is_over(desk, ann):
    desk.send(ann, RUN)
    before = the_run().revision
    desk.send(ann, update(notes="Look at step 5.", status="failed"))
    (op,) = snapshot.catch_up(the_run().pk, revision=before).ops
    assert op[0] == "e" and (op[1]["notes"], op[1]["status"]) == ("Look at step 5.", "failed")
    assert op[1]["status_at"] == pytest.approx(timezone.now().timestamp(), abs=60)
    since = the_run().status_at
    desk.send(ann, update(status="failed"))
    assert the_run().status_at == since


def test_a_run_that_falls_silent_is_stalled_until_it_is_heard_of_again(desk, ann):
    desk.send(ann, RUN, ALIVE)
    assert silence.mark_stalled() == 0
    ago(settings.PANEWALL.stalled_after_s + 1)
    before = the_run().revision
    assert silence.mark_stalled() == 1 and silence.mark_stalled() == 0
    assert the_run().status == "stalled"
    # Its revision has moved, by which open pages learn of it.
    (op,) = snapshot.catch_up(the_run().pk, revision=before).ops
    assert op[1]["status"] == "stalled"
    desk.send(ann, ALIVE)
    assert the_run().status == "running"


def test_runs_that_are_over_or_never_said_they_live_are_never_stalled(desk, ann):
    desk.send(ann, RUN)  # a program that says no more than this
    assert the_run().alive_at is None
    assert silence.mark_stalled() == 0
    desk.send(ann, ALIVE, {"do": "env.finish", "env": "run"})
    ago(1e6)
    assert silence.mark_stalled() == 0
    desk.send(ann, ALIVE)
    assert the_run().status == "finished"


def test_a_run_that_begins_again_is_not_taken_for_the_one_before(desk, ann):
    desk.send(ann, RUN, ALIVE, {"do": "env.finish", "env": "run", "status": "failed"})
    ago(1e6)
    desk.send(ann, RUN)
    assert silence.mark_stalled() == 0 and the_run().status == "running"


def test_a_server_that_has_just_started_waits_for_its_programs(desk, ann, monkeypatch):
    desk.send(ann, RUN, ALIVE)
    ago(1e6)
    monkeypatch.setattr(tasks, "_begun", time.monotonic())
    assert tasks.mark_stalled() == 0
    monkeypatch.setattr(tasks, "_begun", tasks._begun - 1e6)
    assert tasks.mark_stalled() == 1


def test_a_copy_has_the_notes_and_no_run(desk, ann):
    desk.send(ann, RUN, update(notes="n", add_tags=["t"]), {"do": "env.fork", "env": "run", "to": "copy"})
    copy = Env.objects.get(name="copy")
    assert (copy.notes, copy.tags, copy.status) == ("n", ["t"], "")
