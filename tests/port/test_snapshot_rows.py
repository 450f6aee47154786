"""What lies behind snapshots: hidden copies that go when nobody can come back to them any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import services
from apps.accounts.principals import Principal
from apps.envs import snapshots
from apps.envs.models import Env, Snapshot
from apps.media.models import Sample
from apps.windows import tasks
from apps.windows.live import snapshot as live
from apps.windows.models import Chunk, Tail, TextPart, Trace, Window
from apps.windows.series.buckets import CHUNK
from apps.windows.write import stop_committer, write
from tests.port.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


@pytest.fixture
def ann(transactional_db):
    yield Principal.of_user(services.create_user(username="ann"))
    stop_committer()


@pytest.fixture
def run(ann) -> Env:
    outcome = write(
        ann,
        [
            {"do": "trace.append", "env": "run", "win": "w", "trace": "t", "y": list(range(3 * CHUNK + 5))},
            {"do": "text.append", "env": "run", "win": "n", "text": "hello"},
            {"do": "sample.put", "env": "run", "win": "i", "image": picture()},
        ],
    )
    assert outcome == [None] * 3
    return Env.objects.select_related("workspace").get(name="run")


def rows() -> list[int]:
    return [model.objects.count() for model in (Window, Trace, Chunk, Tail, TextPart, Sample)]


def test_nothing_new_is_kept_when_nothing_changed(ann, run):
    first = snapshots.save_if_changed(env=run, by=ann)
    assert snapshots.save_if_changed(env=run, by=ann) == first
    write(ann, [{"do": "text.append", "env": "run", "win": "n", "text": "again"}])
    second = snapshots.save_if_changed(env=run, by=ann)
    assert second != first
    assert second.is_automatic


def test_a_deleted_snapshot_leaves_nothing_behind_a_day_later(ann, run):
    before = rows()
    kept = snapshots.save_snapshot(env=run, name="a", by=ann)
    assert rows() == [2 * n for n in before]
    snapshots.delete(snapshot=kept)
    tasks.purge()
    assert rows() == [2 * n for n in before]  # it might as well be a copy that is being made
    Env.everything.exclude(copy_of=None).update(updated_at=timezone.now() - 2 * tasks.COPYING)
    tasks.purge()
    assert rows() == before
    assert not Env.everything.exclude(copy_of=None).exists()


def test_a_snapshot_that_stands_is_never_purged(ann, run):
    snapshots.save_snapshot(env=run, name="a", by=ann)
    before = rows()
    Env.everything.exclude(copy_of=None).update(
        updated_at=timezone.now() - timedelta(days=900), deleted_at=timezone.now() - timedelta(days=900)
    )
    tasks.purge()
    assert rows() == before


def test_with_an_env_go_its_snapshots(ann, run):
    kept = snapshots.save_snapshot(env=run, name="a", by=ann)
    snapshots.restore(env=run, snapshot=kept, by=ann)
    write(ann, [{"do": "env.delete", "env": "run"}])
    Env.objects.filter(pk=run.pk).update(deleted_at=timezone.now() - timedelta(days=40))
    for _ in range(3):
        tasks.purge()
    assert rows() == [0] * 6
    assert not Snapshot.objects.exists()
    assert [env.name for env in Env.everything.all()] == ["main"]


def test_a_reader_in_another_process_hears_which_windows_went(ann, run):
    """It did not see the commit: it asks what changed since the revision it has."""
    kept = snapshots.save_snapshot(env=run, name="a", by=ann)
    write(ann, [{"do": "text.append", "env": "run", "win": "later", "text": "x"}])
    revision, have = live.baseline(run.pk)
    shown = set(Window.objects.filter(env=run, deleted_at=None).values_list("pk", flat=True))
    snapshots.restore(env=run, snapshot=kept, by=ann)
    caught = live.catch_up(run.pk, revision=revision, have=have)
    assert not caught.full
    assert {op[1] for op in caught.ops if op[0] == "x"} >= shown
    assert {op[2]["key"] for op in caught.ops if op[0] == "w"} == {"w", "n", "i"}


def test_a_refused_return_changes_nothing(ann, run):
    kept = snapshots.save_snapshot(env=run, name="a", by=ann)
    revision = Env.objects.get(pk=run.pk).revision
    stranger = Principal.of_user(services.create_user(username="bob"))
    with pytest.raises(Exception, match="no env"):
        snapshots.restore(env=run, snapshot=kept, by=stranger)
    assert Env.objects.get(pk=run.pk).revision == revision
    assert Snapshot.objects.count() == 1


def test_the_tidying_of_copies_ends(ann, run, monkeypatch):
    monkeypatch.setattr(tasks, "AT_REST", timedelta(0))
    for n in range(8):
        write(ann, [{"do": "trace.append", "env": "run", "win": "w", "trace": "t", "y": [n]}])
    snapshots.save_snapshot(env=run, name="a", by=ann)
    assert tasks.compact() == 2
    assert tasks.compact() == 0


def test_the_admin_shows_no_windows_of_snapshots(ann, run, client):
    snapshots.save_snapshot(env=run, name="a", by=ann)
    client.force_login(
        services.create_user(username="root", is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    page = client.get("/admin/windows/window/")
    assert {window.env_id for window in page.context["cl"].queryset} == {run.pk}
    assert client.get("/admin/envs/snapshot/").status_code == 200
