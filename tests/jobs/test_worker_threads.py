"""A server on its own works in threads: beat asks, the worker does, and both end when they are told."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.jobs.models import Job
from apps.windows.models import IngestSession
from panewall_server import celery_app
from panewall_server.conf import Config
from panewall_server.serving import Workers
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

TICK_S = 0.3


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workers:
    """As in ``serve``, with a beat that has little patience."""
    hurried = {name: {**entry, "schedule": TICK_S} for name, entry in celery_app.conf.beat_schedule.items()}
    monkeypatch.setitem(celery_app.conf, "beat_schedule", hurried)
    return Workers(Config(data_dir=tmp_path))


def test_beat_and_worker_do_what_is_due_and_end_soon(workers: Workers, tmp_path: Path):
    long_ago = timezone.now() - timedelta(days=100)
    lost = Job.objects.create(task="tests.paint", state="running", attempts=5, created_at=long_ago)
    Job.objects.filter(pk=lost.pk).update(heard_at=long_ago)
    IngestSession.objects.create(id="ab" * 16, principal="user:1", updated_at=long_ago)

    workers.start()
    try:
        wait_for(lambda: Job.objects.get().state == "failed", what="the sweep", timeout_s=20)
        wait_for(lambda: not IngestSession.objects.exists(), what="the purge", timeout_s=20)
        assert any(tmp_path.glob("schedule*"))
    finally:
        began = time.monotonic()
        workers.stop()
    assert time.monotonic() - began < 2
    assert not workers.is_running


def test_a_read_only_server_and_one_with_workers_elsewhere_start_none(tmp_path: Path):
    for options in ({"readonly": True}, {"worker": "none"}, {"redis_url": "redis://127.0.0.1:1"}):
        workers = Workers(Config(data_dir=tmp_path, **options))
        workers.start()
        assert not workers.is_running
        workers.stop()
