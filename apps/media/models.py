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


class Sending(models.Model):
    """Who sent an asset, and may therefore name it to show it. It goes with its asset."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="sendings", db_constraint=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "user"], name="one_sending_an_asset_and_user")
        ]

    def __str__(self) -> str:
        return f"{self.asset_id[:12]} sent by user {self.user_id}"


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


class PinPage(models.Model):
    """The pins of one person on one page. A page is a set of envs: one, or those of a comparison, in any order."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="pin_pages")
    key = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the envs' ids")
    follow = models.JSONField(
        null=True, blank=True, help_text="what best-step pins go on following: metric, mode, tolerance …"
    )
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_pin_page_a_person_and_envs")]
        indexes = [models.Index(fields=["user", "-updated_at"], name="pin_page_recent")]

    def __str__(self) -> str:
        return f"pins of user {self.user_id} on {self.key[:12]}"


class Pin(models.Model):
    """An env held at one step: in one card, or in every card of its page but some."""

    class Scope(models.TextChoices):
        PANEL = "panel"
        PAGE = "page"

    class Source(models.TextChoices):
        MANUAL = "manual"
        BEST = "best"

    page = models.ForeignKey(PinPage, on_delete=models.CASCADE, related_name="pins")
    env = models.ForeignKey("envs.Env", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    scope = models.CharField(max_length=5, choices=Scope)
    card = models.CharField(
        max_length=1000, blank=True, help_text="label of the card; of a page's pin: where it was made"
    )
    step = models.BigIntegerField()
    source = models.CharField(max_length=6, choices=Source)
    index = models.IntegerField(null=True, blank=True, help_text="the sample on screen when it was pinned")
    exceptions = models.JSONField(default=list, blank=True, help_text="cards that it leaves alone")
    best = models.JSONField(null=True, blank=True, help_text="why a best-step pin is where it is")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "env"], condition=models.Q(scope="page"), name="one_wide_pin_an_env"
            ),
            models.UniqueConstraint(
                fields=["page", "env", "card"],
                condition=models.Q(scope="panel"),
                name="one_pin_a_card_and_env",
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"env {self.env_id} at step {self.step}"


class BestStepPreference(models.Model):
    """How far from a metric's best step a picture may be, as one person likes it in one workspace."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    tolerance = models.IntegerField(help_text="steps")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "workspace"], name="one_tolerance_a_person_and_workspace")
        ]

    def __str__(self) -> str:
        return f"{self.tolerance} steps for user {self.user_id} in workspace {self.workspace_id}"
