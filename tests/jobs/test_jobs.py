"""The row is the truth: a job is done once, whatever becomes of queues and workers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.errors import Conflict
from apps.jobs import errors, news, services, tasks
from apps.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the jobs that workers were told of."""
    told: list[int] = []
    monkeypatch.setattr(services, "_hint", lambda job: told.append(job.pk))
    return told


@pytest.fixture
def job(db: None) -> Job:
    return Job.objects.create(task="tests.paint", arguments={"wall": 3})


def fall_silent(job: Job, **changes: object) -> None:
    long_ago = timezone.now() - services.SILENT_AFTER - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(**{"heard_at": long_ago, "created_at": long_ago, **changes})


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


def test_workers_hear_of_a_job_once_its_row_is_committed(hinted, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = services.enqueue(task="tests.paint", wall=3)
        assert hinted == []
    assert hinted == [job.pk]
    assert (job.state, job.arguments) == ("queued", {"wall": 3})


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_request_that_fails_was_never_asked_for(hinted):
    with transaction.atomic():
        services.enqueue(task="tests.paint")
        transaction.set_rollback(True)
    assert hinted == []
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_down_costs_the_request_nothing(monkeypatch):
    def down(job):
        raise ConnectionError("no broker")

    monkeypatch.setattr(services, "_hint", down)
    job = services.enqueue(task="tests.paint")
    assert state(job) == "queued"


def test_a_job_is_done_once(job):
    with services.running(job.pk) as taken:
        assert taken == job
        with services.running(job.pk) as second:
            assert second is None
    assert (state(job), job.progress) == ("done", 1.0)
    with services.running(job.pk) as again:
        assert again is None


def test_a_job_that_fails_says_why(job):
    with pytest.raises(OSError), services.running(job.pk):
        raise OSError("no paint left")
    assert (state(job), job.detail) == ("failed", "OSError: no paint left")


def test_what_its_owner_should_read_stands_there_in_plain_words(job):
    with pytest.raises(errors.Failed), services.running(job.pk):
        raise errors.Failed("There is no wall to paint on.")
    assert (state(job), job.detail) == ("failed", "There is no wall to paint on.")


def test_what_a_crash_left_is_swept_up_and_done_by_another_worker(job, hinted):
    crashed = services.running(job.pk)
    crashed.__enter__()
    assert tasks.sweep() == 0
    fall_silent(job)
    assert tasks.sweep() == 1
    assert hinted == [job.pk]
    with services.running(job.pk) as taken:
        assert taken is not None
        assert taken.attempts == 2
    assert state(job) == "done"


def test_a_job_whose_hint_got_lost_is_hinted_again(job, hinted):
    fall_silent(job, heard_at=None)
    assert services.sweep() == 1
    assert hinted == [job.pk]


def test_a_job_that_kills_its_workers_is_given_up(job, hinted):
    fall_silent(job, state="running", attempts=services.MAX_ATTEMPTS)
    services.sweep()
    assert hinted == []
    assert (state(job), job.detail) == ("failed", "Given up after 5 attempts.")


def test_a_worker_that_was_taken_for_dead_changes_nothing_more(job):
    with services.running(job.pk) as slow:
        assert slow is not None
        fall_silent(job)
        with services.running(job.pk) as other:
            services.report(other, 0.25)
            with pytest.raises(services.Cancelled):
                services.report(slow, 0.75)
    assert (state(job), job.progress, job.attempts) == ("done", 1.0, 2)


def test_a_report_is_a_sign_of_life(job):
    with services.running(job.pk) as taken:
        fall_silent(job)
        services.report(taken, 0.5)
        assert services.sweep() == 0
        job.refresh_from_db()
        assert job.progress == 0.5


def test_a_cancelled_job_stops_at_its_next_report(job):
    with services.running(job.pk) as taken:
        services.cancel(job=job)
        services.report(taken, 0.5)
        pytest.fail("it went on")
    assert state(job) == "cancelled"


def test_a_job_asked_for_anew_is_no_longer_the_one_that_a_worker_has_not_let_go_of_yet(job, hinted):
    with services.running(job.pk) as slow:
        services.cancel(job=job)
        services.retry(job=job)
        with pytest.raises(services.Cancelled):
            services.report(slow, 0.9)
    assert (state(job), job.progress) == ("queued", 0.0)


def test_a_job_that_is_over_cannot_be_cancelled(job):
    with services.running(job.pk):
        pass
    services.cancel(job=job)
    assert state(job) == "done"


def test_a_failed_job_can_be_done_again_and_a_done_one_cannot(
    job, hinted, django_capture_on_commit_callbacks
):
    with pytest.raises(OSError), services.running(job.pk):
        raise OSError
    with django_capture_on_commit_callbacks(execute=True):
        services.retry(job=job)
    assert hinted == [job.pk]
    with services.running(job.pk) as taken:
        assert taken is not None
    with pytest.raises(Conflict):
        services.retry(job=job)
    assert state(job) == "done"


def test_a_server_that_starts_takes_up_at_once_what_its_last_life_left(hinted):
    left = [
        Job.objects.create(task="tests.paint", state=s, heard_at=timezone.now())
        for s in ("running", "queued", "done")
    ]
    assert services.recover() == 2
    assert hinted == [left[0].pk, left[1].pk]
    with services.running(left[0].pk) as taken:
        assert taken is not None


@pytest.fixture
def ask(hinted) -> Callable[..., Job]:
    def ask(**more: Any) -> Job:
        return services.enqueue_once(task="tests.paint", key="wall 3", arguments={"wall": 3}, **more)

    return ask


def test_those_who_ask_for_the_same_get_one_job(ask, hinted, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first, second = ask(title="The wall"), ask(title="Some other words")
    assert first == second
    assert (second.title, hinted) == ("The wall", [first.pk])


def test_a_job_with_a_key_is_done_anew_once_it_is_over(ask):
    job = ask()
    with services.running(job.pk) as taken:
        assert taken is not None
        assert ask().state == "running"
    again = ask()
    assert (again.pk, again.state, again.attempts, again.progress) == (job.pk, "queued", 0, 0.0)
    with services.running(job.pk) as taken:
        assert taken is not None


def test_a_worker_from_before_a_job_was_asked_for_anew_changes_nothing_of_it(ask):
    job = ask()
    with services.running(job.pk) as old:
        assert old is not None
        services.cancel(job=job)
        ask()
        with services.running(job.pk) as fresh:
            assert fresh is not None
            with pytest.raises(services.Cancelled):
                services.report(old, 0.5)
    assert (state(job), job.progress) == ("done", 1.0)


def test_who_waits_for_a_job_hears_how_it_is_getting_on(job):
    heard: list[tuple] = []
    stop = news.listen(lambda *told: heard.append(told))
    with services.running(job.pk) as taken:
        services.report(taken, 0.5)
    stop()
    services.cancel(job=job)
    assert heard == [(job.pk, "running", 0.5), (job.pk, "done", 1.0)]


def test_who_waits_for_a_job_cancelled_at_the_last_moment_hears_of_no_other_end(job):
    heard: list[tuple] = []
    stop = news.listen(lambda *told: heard.append(told))
    with services.running(job.pk):
        services.cancel(job=job)
    stop()
    assert [told[1] for told in heard] == ["cancelled"]


def test_jobs_that_are_long_over_are_swept_away(job, settings):
    with services.running(job.pk):
        pass
    waiting = Job.objects.create(task="tests.paint")
    assert services.sweep() == 0
    long_ago = timezone.now() - timedelta(days=settings.PANEWALL.job_rows_days, minutes=1)
    Job.objects.filter(pk=job.pk).update(finished_at=long_ago)
    services.sweep()
    assert list(Job.objects.all()) == [waiting]
