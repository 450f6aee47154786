"""``/jobs``: the work I asked for, seen, cancelled and done again."""

import pytest

from apps.jobs.models import Job
from tests.api.conftest import refused


@pytest.fixture
def job(cast) -> Job:
    return Job.objects.create(
        task="tests.paint", owner=cast.owner, title="Comparison of a, b", progress=0.5, state="running"
    )


def test_my_jobs_are_listed_and_nobody_elses(api, cast, job):
    Job.objects.create(task="tests.paint")
    answer = api(cast.owner).get("/api/v1/jobs").json()
    assert [(row["id"], row["title"], row["state"], row["progress"]) for row in answer["results"]] == [
        (job.pk, "Comparison of a, b", "running", 0.5)
    ]
    assert api(cast.member).get("/api/v1/jobs").json()["results"] == []


def test_a_job_is_cancelled_and_done_again(api, cast, job):
    mine = api(cast.owner)
    assert mine.post(f"/api/v1/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    assert mine.get(f"/api/v1/jobs/{job.pk}").json()["state"] == "cancelled"
    again = mine.post(f"/api/v1/jobs/{job.pk}/retry").json()
    assert (again["state"], again["progress"]) == ("queued", 0.0)
    assert refused(mine.post(f"/api/v1/jobs/{job.pk}/retry")) == (409, "not_over")


@pytest.mark.parametrize("what", ["", "/cancel", "/retry"])
def test_somebody_elses_job_looks_like_none(api, cast, job, what):
    other = api(cast.member)
    response = other.post(f"/api/v1/jobs/{job.pk}{what}") if what else other.get(f"/api/v1/jobs/{job.pk}")
    assert refused(response) == (404, "not_found")
    job.refresh_from_db()
    assert job.state == "running"


def test_a_token_for_reading_cancels_nothing(api, cast, job):
    reader = api(cast.owner, scope="read")
    assert reader.get(f"/api/v1/jobs/{job.pk}").status_code == 200
    assert refused(reader.post(f"/api/v1/jobs/{job.pk}/cancel")) == (403, "forbidden")
