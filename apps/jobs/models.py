"""Work that outlives a request. The row is the truth; the queue is only a hint to look at it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING))

    def of(self, owner_id: int) -> "JobQuerySet":
        """What somebody asked for."""
        return self.filter(owner_id=owner_id)


class Job(models.Model):
    """One piece of work: written with the request that asks for it, done by a Celery task with this row's id."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    task = models.CharField(max_length=200, help_text="Celery's name of the task that does it")
    arguments = models.JSONField(default=dict)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="who asked for it, may see it, cancel it and have it done again; nobody: the server itself",
    )
    title = models.CharField(max_length=300, blank=True, help_text="what it is, in words")
    key = models.CharField(
        max_length=100, blank=True, help_text="jobs of one task with the same key are one job, done anew"
    )
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    detail = models.TextField(blank=True, help_text="why it failed, in words")
    attempts = models.PositiveIntegerField(default=0, help_text="since it was last asked for")
    turn = models.PositiveBigIntegerField(default=0, help_text="grows with each attempt: tells them apart")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    heard_at = models.DateTimeField(null=True, blank=True, help_text="last sign of life of the worker")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "heard_at"], name="job_state_heard")]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "key"], condition=~models.Q(key=""), name="job_key_unique_in_task"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}: {self.state}"

    def is_held(self, silent_after: timedelta) -> bool:
        """Whether a worker is at it. One of which nothing was heard for so long is taken for dead."""
        if self.state != self.State.RUNNING or self.heard_at is None:
            return False
        return self.heard_at > timezone.now() - silent_after
