"""REST: the work off the request path that I asked for."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.paging import PageQuery, page_of, paginate
from apps.accounts.api.persons import require_person, require_writing
from apps.errors import NotFound
from apps.jobs import services
from apps.jobs.models import Job


class JobOut(serializers.ModelSerializer):
    """A piece of work that goes on after the request that asked for it."""

    class Meta:
        model = Job
        fields = ["id", "title", "state", "progress", "detail", "attempts", "created_at", "finished_at"]
        read_only_fields = fields


class JobListView(ApiView):
    """``/api/v1/jobs``: my jobs, the newest first."""

    tag = "jobs"
    queries = {"GET": PageQuery}

    @extend_schema(operation_id="list_jobs", summary="My jobs", responses=page_of(JobOut))
    def get(self, request: Request) -> Response:
        require_person(self.principal)
        mine = Job.objects.of(self.principal.user_id).order_by("-created_at", "-pk")
        return Response(paginate(self, mine, JobOut))


class JobView(ApiView):
    """``/api/v1/jobs/<id>``"""

    tag = "jobs"

    @extend_schema(operation_id="get_job", summary="How a job stands", responses=JobOut)
    def get(self, request: Request, id: int) -> Response:
        require_person(self.principal)
        return Response(JobOut(my_job(self.principal.user_id, id)).data)


class JobCancelView(ApiView):
    """``/api/v1/jobs/<id>/cancel``"""

    tag = "jobs"

    @extend_schema(
        operation_id="cancel_job",
        summary="Cancel a job",
        description="Whoever is at it stops at the next report. A job that is over stays as it is.",
        request=None,
        responses=JobOut,
    )
    def post(self, request: Request, id: int) -> Response:
        require_writing(self.principal)
        self.nothing()
        job = my_job(self.principal.user_id, id)
        services.cancel(job=job)
        return Response(JobOut(job).data)


class JobRetryView(ApiView):
    """``/api/v1/jobs/<id>/retry``"""

    tag = "jobs"

    @extend_schema(
        operation_id="retry_job",
        summary="Do a job again",
        description="One that failed or was cancelled. Others are answered 409.",
        request=None,
        responses=JobOut,
    )
    def post(self, request: Request, id: int) -> Response:
        require_writing(self.principal)
        self.nothing()
        job = my_job(self.principal.user_id, id)
        services.retry(job=job)
        return Response(JobOut(job).data)


def my_job(user_id: int, id: int) -> Job:
    """A job of mine; somebody else's looks like none."""
    job = Job.objects.of(user_id).filter(pk=id).first()
    if job is None:
        raise NotFound(f"You have no job {id}.")
    return job
