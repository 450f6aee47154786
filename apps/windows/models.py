"""What an env shows. Rows are written by the committer alone (write path, docs/architecture.md).

Large things are kept as bytes: ``body`` and ``attrs`` are MessagePack, so that a page gets them as they were stored.
"""

from django.db import models
from django.utils import timezone


class WindowQuerySet(models.QuerySet["Window"]):
    def living(self) -> "WindowQuerySet":
        return self.filter(deleted_at=None)


class Window(models.Model):
    """One visual object in an env. ``revision`` is the env's revision at which its look last changed; points do not count.

    A closed window stays, as the tombstone that tells returning pages, until it is purged.
    """

    class Kind(models.TextChoices):
        PLOT = "plot"
        METRIC = "metric"
        IMAGE = "image"
        AUDIO = "audio"
        VIDEO = "video"
        TEXT = "text"
        PROPERTIES = "properties"
        NETWORK = "network"
        EMBEDDINGS = "embeddings"
        HISTOGRAM = "histogram"
        TABLE = "table"
        DOCUMENT = "document"

    env = models.ForeignKey("envs.Env", on_delete=models.CASCADE, related_name="windows", db_constraint=False)
    key = models.CharField(max_length=300, blank=True, help_text="what clients call it: any string")
    kind = models.CharField(max_length=16, choices=Kind)
    title = models.CharField(max_length=1000, blank=True)
    body = models.BinaryField(default=b"\x80", help_text="MessagePack map: opts, layout, content")
    place = models.BigIntegerField(default=0, help_text="order of appearance in the env")
    revision = models.BigIntegerField(default=0)
    text_length = models.BigIntegerField(default=0, help_text="characters, for text windows")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = WindowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["env", "key"], condition=models.Q(deleted_at=None), name="window_key_unique_in_env"
            )
        ]
        indexes = [models.Index(fields=["env", "revision"], name="window_env_revision")]
        ordering = ["place", "id"]

    def __str__(self) -> str:
        return self.title or self.key


class Trace(models.Model):
    """One series of a plot or metric window. Its points lie in chunks and in the tail, see apps.windows.series."""

    class Mode(models.TextChoices):
        POSITION = "position"
        STEP = "step"

    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="traces", db_constraint=False)
    index = models.IntegerField(help_text="place among the window's traces, from 0")
    name = models.CharField(max_length=300, blank=True)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.POSITION)
    columns = models.JSONField(default=list, help_text="names of per-point columns; x and y are numbers")
    attrs = models.BinaryField(
        default=b"\x80", help_text="MessagePack map: Plotly attributes but for the columns"
    )
    generation = models.BigIntegerField(
        default=1, help_text="one higher whenever points before the end change"
    )
    sealed = models.BigIntegerField(default=0, help_text="points in chunks")
    chunks = models.BigIntegerField(default=0, help_text="number of chunks")
    monotone = models.BooleanField(default=True, help_text="x never falls and is never NaN")
    aligned = models.BooleanField(default=True, help_text="every chunk holds exactly CHUNK points")
    dates = models.BooleanField(default=False, help_text="x is milliseconds since 1970")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["window", "index"], name="trace_index_unique_in_window")
        ]
        ordering = ["index"]

    def __str__(self) -> str:
        return self.name or f"trace {self.index}"


class Chunk(models.Model):
    """A sealed run of points (level 0), or stored minima and maxima of 64 rows of the level below."""

    pk = models.CompositePrimaryKey("trace_id", "level", "no")
    # The primary key begins with it: an index of its own would only be another page to write with every point.
    trace = models.ForeignKey(
        Trace, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    level = models.SmallIntegerField()
    no = models.BigIntegerField()
    start = models.BigIntegerField(help_text="position of the first point")
    count = models.BigIntegerField()
    x_first = models.FloatField(null=True)
    x_last = models.FloatField(null=True)
    summary = models.BinaryField(
        default=b"", help_text="count, sum, squares, first, last, min and max with place"
    )
    data = models.BinaryField(default=b"", help_text="the points (level 0 only)")
    buckets = models.BinaryField(default=b"", help_text="minima and maxima")


class Tail(models.Model):
    """Points not yet sealed: one row for each commit, merged now and then so that there are never many."""

    pk = models.CompositePrimaryKey("trace_id", "start")
    # The primary key begins with it: an index of its own would only be another page to write with every point.
    trace = models.ForeignKey(
        Trace, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    start = models.BigIntegerField()
    count = models.IntegerField()
    data = models.BinaryField()


class TextPart(models.Model):
    """A text window's content, in the order in which it was appended."""

    pk = models.CompositePrimaryKey("window_id", "no")
    window = models.ForeignKey(
        Window, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    no = models.BigIntegerField()
    text = models.TextField()


class IngestSession(models.Model):
    """One writing process of one principal: which of its numbered batches are in, and what was refused of the last ones."""

    id = models.CharField(primary_key=True, max_length=64)
    principal = models.CharField(max_length=40)
    last_batch = models.BigIntegerField(default=0)
    refused = models.BinaryField(default=b"", help_text="MessagePack: errors of recent batches, by number")
    updated_at = models.DateTimeField(default=timezone.now)
