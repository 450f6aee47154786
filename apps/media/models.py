"""Files, what is made from them, and the samples of windows that show them."""

from django.db import models
from django.utils import timezone

from .structured import STRUCTURED


class Work(models.TextChoices):
    """How making an asset's renditions stands. This is the truth; jobs and queues are hints to look at it."""

    NONE = ""
    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


class Asset(models.Model):
    """A stored file, named by its SHA-256, so that the same bytes lie here once however often they are logged."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    size = models.BigIntegerField(help_text="bytes")
    content_type = models.CharField(max_length=100)
    width = models.IntegerField(default=0, help_text="pixels")
    height = models.IntegerField(default=0, help_text="pixels")
    created_at = models.DateTimeField(default=timezone.now)
    wanted_at = models.DateTimeField(
        default=timezone.now,
        db_index=True,
        help_text="when somebody last sent or named it; files nobody wants are removed",
    )
    duration = models.FloatField(null=True, blank=True, help_text="seconds, of sounds and videos")
    work = models.CharField(
        max_length=8,
        choices=Work,
        default=Work.NONE,
        blank=True,
        help_text="how making its renditions stands",
    )
    due_at = models.DateTimeField(
        default=timezone.now, help_text="when it came, or when somebody asked last: the latest go first"
    )
    detail = models.TextField(blank=True, help_text="why its renditions could not be made, in words")

    class Meta:
        indexes = [models.Index(fields=["-due_at"], condition=models.Q(work="queued"), name="asset_work_due")]

    def __str__(self) -> str:
        return f"{self.content_type} {self.sha256[:12]}"

    @property
    def path(self) -> str:
        """Where the storage keeps it."""
        return asset_path(self.sha256)

    @property
    def kind(self) -> str:
        """Which kind of window shows it."""
        return kind_of(self.content_type)


def asset_path(sha256: str) -> str:
    return f"assets/{sha256[:2]}/{sha256}"


def kind_of(content_type: str) -> str:
    """Which kind of window shows files of this type: image, audio, video, histogram, table or document."""
    return STRUCTURED.get(content_type) or content_type.partition("/")[0]


class Rendition(models.Model):
    """A file made from an asset: a smaller picture, a poster, what browsers play, a waveform. It goes with its asset."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions", db_constraint=False)
    name = models.CharField(max_length=16)
    size = models.BigIntegerField(help_text="bytes")
    content_type = models.CharField(max_length=100)
    width = models.IntegerField(default=0, help_text="pixels")
    height = models.IntegerField(default=0, help_text="pixels")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "name"], name="rendition_name_unique_in_asset")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.asset_id[:12]}"

    @property
    def path(self) -> str:
        return rendition_path(self.asset_id, self.name)


def rendition_path(sha256: str, name: str) -> str:
    return f"{rendition_folder(sha256)}/{name}"


def rendition_folder(sha256: str) -> str:
    return f"renditions/{sha256[:2]}/{sha256}"


class Sample(models.Model):
    """One file of a window at (step, index)."""

    window = models.ForeignKey(
        "windows.Window", on_delete=models.CASCADE, related_name="samples", db_constraint=False
    )
    step = models.BigIntegerField()
    index = models.IntegerField(default=0)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="samples", db_constraint=False)
    caption = models.TextField(blank=True)
    logged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["window", "step", "index"], name="sample_place_unique")
        ]
        ordering = ["step", "index"]

    def __str__(self) -> str:
        return f"step {self.step}, {self.index}"
