"""What the runs table knows of envs without reading them: the leaves of their config, and what each metric came to.

All of it follows from envs and can be made anew at any time. Nothing here is written on the write path: rows are
refreshed for envs whose revision moved, when somebody looks or when an env has come to rest.
"""

from django.db import models

from apps.accounts.models import User, Workspace
from apps.envs.models import Env

NAME_MAX = 300


class Column(models.Model):
    """One name that envs of a workspace have a value under: a config key, or a metric."""

    class Source(models.TextChoices):
        CONFIG = "config"
        METRIC = "metric"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=8, choices=Source)
    name = models.CharField(max_length=NAME_MAX)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "name"], name="run_column_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"


class Summary(models.Model):
    """One metric of one env, finite values only: ``last`` is the value at the greatest step.

    ``sealed`` is the summary of the first ``chunks`` chunks of the trace's ``generation``: a refresh reads those
    that came since, and the tail.
    """

    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="summaries")
    env = models.ForeignKey(Env, on_delete=models.CASCADE, related_name="+")
    trace_id = models.BigIntegerField()
    generation = models.BigIntegerField()
    chunks = models.BigIntegerField(default=0)
    points = models.BigIntegerField(default=0, help_text="of the trace, whatever their values")
    sealed = models.BinaryField(default=b"")
    count = models.BigIntegerField(default=0)
    mean = models.FloatField(null=True)
    last = models.FloatField(null=True)
    last_step = models.FloatField(null=True)
    low = models.FloatField(null=True)
    low_step = models.FloatField(null=True)
    high = models.FloatField(null=True)
    high_step = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "summaries"
        constraints = [models.UniqueConstraint(fields=["column", "env"], name="run_summary_once")]

    def __str__(self) -> str:
        return f"column {self.column_id} of env {self.env_id}"


class Setting(models.Model):
    """One leaf of an env's config: a number, or a text. Long texts are cut."""

    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="settings")
    env = models.ForeignKey(Env, on_delete=models.CASCADE, related_name="+")
    number = models.FloatField(null=True)
    text = models.CharField(max_length=NAME_MAX, null=True)  # noqa: DJ001  a number has none

    class Meta:
        verbose_name = "config value"
        constraints = [models.UniqueConstraint(fields=["column", "env"], name="run_setting_once")]

    def __str__(self) -> str:
        return f"column {self.column_id} of env {self.env_id}"


class Known(models.Model):
    """The revision of an env that its summaries and settings are of."""

    env = models.OneToOneField(Env, on_delete=models.CASCADE, primary_key=True, related_name="+")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    revision = models.BigIntegerField()

    class Meta:
        verbose_name = "summarised revision"

    def __str__(self) -> str:
        return f"env {self.env_id} at {self.revision}"


class TableLook(models.Model):
    """How one person has a workspace's runs table: its columns, their order and widths."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    look = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace"], name="one_table_look_a_person_and_workspace"
            )
        ]

    def __str__(self) -> str:
        return f"runs table of user {self.user_id} in workspace {self.workspace_id}"
