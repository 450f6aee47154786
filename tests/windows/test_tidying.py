"""Tidying changes what rows there are, and nothing that anybody sees; purging removes what is long gone, and all of it."""

import io
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from apps.envs.models import Env
from apps.media.models import Sample
from apps.windows import tasks
from apps.windows.live import snapshot
from apps.windows.models import Chunk, IngestSession, Tail, TextPart, Trace, Window
from apps.windows.series.buckets import CHUNK
from tests.windows.conftest import line, values

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every env counts as at rest, however lately it was written to."""
    monkeypatch.setattr(tasks, "AT_REST", timedelta(0))


def log(env: str, steps: list, numbers: list) -> dict:
    return {"do": "metrics.log", "env": env, "series": {"acc": {"step": steps, "value": numbers}}}


def age(model, days: int, **which: object) -> None:
    long_ago = timezone.now() - timedelta(days=days, hours=2)
    assert model.objects.filter(**which).update(deleted_at=long_ago)


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(file, "PNG")
    return file.getvalue()


def test_many_small_tails_become_one(desk, ann, at_rest):
    for n in range(20):
        desk.send(ann, line("run", "w", [n]))
    revision = Env.objects.get(name="run").revision
    assert Tail.objects.count() == 20
    assert tasks.compact() == 1
    assert Tail.objects.count() == 1
    assert Env.objects.get(name="run").revision == revision
    desk.send(ann, line("run", "w", [20]))
    assert values("run", "w") == list(range(21))
    assert tasks.compact() == 0


def test_an_env_in_use_is_left_alone(desk, ann):
    for n in range(20):
        desk.send(ann, line("run", "w", [n]))
    assert tasks.compact() == 0


def test_a_trace_whose_steps_came_in_disorder_is_cut_anew(desk, ann, at_rest):
    steps = list(range(0, 3 * CHUNK, 2))
    desk.send(ann, log("run", steps, steps))
    desk.send(ann, log("run", [1, 3, 2001], [-1, -3, -2001]))
    trace = Trace.objects.get(name="acc")
    assert not trace.aligned
    before = values("run", "acc")
    assert tasks.compact() == 1
    trace.refresh_from_db()
    assert trace.aligned
    assert set(Chunk.objects.filter(trace=trace, level=0).values_list("count", flat=True)) == {CHUNK}
    assert values("run", "acc") == before
    desk.send(ann, log("run", [3 * CHUNK], [7]))
    assert values("run", "acc") == [*before, 7]


def test_a_writer_that_goes_on_meanwhile_loses_nothing(desk, ann, at_rest):
    """Appends and steps in disorder from one thread, tidying from another, until both are done."""
    written = threading.Event()
    errors: list = []

    def write() -> None:
        for n in range(150):
            errors.extend(desk.send(ann, line("run", "w", [n]), log("run", [150 - n], [n])).errors)
        written.set()

    writer = threading.Thread(target=write)
    writer.start()
    tidied = 0
    while not written.is_set():
        tidied += tasks.compact()
    writer.join()
    assert errors == []
    assert tidied > 0
    assert values("run", "w") == list(range(150))
    assert values("run", "acc") == list(range(149, -1, -1))


def test_a_page_that_kept_watching_needs_nothing_after_tidying(desk, ann, at_rest):
    for n in range(20):
        desk.send(ann, line("run", "w", [n]))
    env = Env.objects.get(name="run")
    revision, have = snapshot.baseline(env.pk)
    tasks.compact()
    caught = snapshot.catch_up(env.pk, revision=revision, have=have)
    assert [op[0] for op in caught.ops] == ["e"]


def test_what_was_closed_long_ago_goes_with_all_that_hangs_on_it(desk, ann, monkeypatch):
    monkeypatch.setattr(tasks, "PIECE", 2)
    desk.send(
        ann,
        line("run", "w", list(range(5 * CHUNK + 3))),
        {"do": "text.append", "env": "run", "win": "t", "text": "hello"},
        {"do": "sample.put", "env": "run", "win": "i", "image": picture()},
        line("run", "kept", [1]),
    )
    desk.send(ann, *({"do": "window.close", "env": "run", "win": win} for win in "wti"))
    desk.send(ann, line("run", "lately", [1]))
    desk.send(ann, {"do": "window.close", "env": "run", "win": "lately"})
    closed_at = max(Window.objects.filter(key__in="wti").values_list("revision", flat=True))
    age(Window, 30, key__in=["w", "t", "i"])

    assert tasks.purge() == 3
    assert set(Window.objects.values_list("key", flat=True)) == {"kept", "lately"}
    assert Trace.objects.count() == 2
    assert not Chunk.objects.exists()
    assert Tail.objects.count() == 2
    assert not TextPart.objects.exists()
    assert not Sample.objects.exists()
    env = Env.objects.get(name="run")
    assert env.delta_floor == closed_at
    assert snapshot.catch_up(env.pk, revision=closed_at - 1).full
    assert not snapshot.catch_up(env.pk, revision=closed_at).full
    assert values("run", "kept") == [1]


def test_what_is_about_to_go_cannot_be_restored(desk, ann):
    desk.send(ann, line("run", "w", [1]))
    window = Window.objects.get(key="w")
    desk.send(ann, {"do": "window.close", "env": "run", "win": "w"})
    age(Window, 30, key="w")
    [(_, error)] = desk.send(ann, {"do": "window.restore", "env": "run", "id": window.pk}).errors
    assert (error["code"], "30 days" in error["detail"]) == ("not_found", True)


def test_a_deleted_env_goes_once_its_windows_are_gone(desk, ann, monkeypatch):
    monkeypatch.setattr(tasks, "ROUND", 2)
    desk.send(ann, *(line("run", f"w{n}", [n]) for n in range(5)), line("other", "w", [1]))
    desk.send(ann, {"do": "env.delete", "env": "run"})
    assert tasks.purge() == 0
    age(Env, 30, name="run")
    [(_, error)] = desk.send(ann, {"do": "env.restore", "env": "run"}).errors
    assert error["code"] == "not_found"
    assert [tasks.purge() for _ in range(4)] == [2, 2, 1, 0]
    assert not Env.objects.filter(name="run").exists()
    assert Window.objects.count() == Trace.objects.count() == Tail.objects.count() == 1


def test_sessions_nobody_came_back_to_are_forgotten(desk, ann):
    desk.send(ann, line("run", "w", [1]), session="ab" * 16)
    desk.send(ann, line("run", "w", [1]), session="cd" * 16)
    IngestSession.objects.filter(pk="ab" * 16).update(updated_at=timezone.now() - timedelta(days=91))
    tasks.purge()
    assert [row.pk for row in IngestSession.objects.all()] == ["cd" * 16]
