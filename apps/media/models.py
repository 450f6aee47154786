"""Files, and the pictures of windows that show them."""

from django.db import models
from django.utils import timezone


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

    def __str__(self) -> str:
        return f"{self.content_type} {self.sha256[:12]}"

    @property
    def path(self) -> str:
        """Where the storage keeps it."""
        return asset_path(self.sha256)

    @property
    def kind(self) -> str:
        """Which kind of window shows it: image, audio or video."""
        return self.content_type.partition("/")[0]


def asset_path(sha256: str) -> str:
    return f"assets/{sha256[:2]}/{sha256}"


class Sample(models.Model):
    """One picture of a window at (step, index)."""

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
