"""Envs and what people keep beside them: saved views, their own arrangement of panes, public links."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User, Workspace

ENV_NAME_MAX = 300


class EnvQuerySet(models.QuerySet["Env"]):
    def living(self) -> Self:
        return self.filter(deleted_at=None)

    def named(self, workspace: Workspace, name: str) -> Self:
        return self.filter(workspace=workspace, name=name, deleted_at=None)


class EnvManager(models.Manager.from_queryset(EnvQuerySet)):  # type: ignore[misc]  # a class made at run time
    """Envs that people can have; hidden copies behind snapshots are none of them."""

    def get_queryset(self) -> EnvQuerySet:
        return super().get_queryset().filter(copy_of=None)


class Env(models.Model):
    """A named set of windows. ``revision`` grows by one with each committed batch that touches it.

    A row with ``copy_of`` is what a snapshot of that env holds: always marked as deleted, and met through
    ``everything`` only.
    """

    class Status(models.TextChoices):
        NONE = "", "No run"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        STALLED = "stalled", "Stalled"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="envs")
    name = models.CharField(max_length=ENV_NAME_MAX)
    revision = models.BigIntegerField(default=0)
    delta_floor = models.BigIntegerField(
        default=0, help_text="A page below this revision gets a snapshot instead of what changed."
    )
    config = models.JSONField(default=dict, blank=True)
    tags = models.JSONField(default=list, blank=True)
    notes = models.TextField(default="", db_default="", blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.NONE, blank=True)
    status_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when the status is what it is."
    )
    alive_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the program behind the run last said that it lives; empty for those that never say it.",
    )
    colour = models.SmallIntegerField(
        null=True,
        blank=True,
        help_text="Which of the ten data colours was chosen, 0 to 9; empty: by its name.",
    )
    created_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who made it, or whose token did; empty for envs older than this is noted.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    copy_of = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.CASCADE, related_name="+"
    )
    objects = EnvManager()
    everything = models.Manager()  # noqa: DJ012  beside the other one

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(
                fields=["workspace", "-updated_at"],
                name="env_recent_in_workspace",
                condition=Q(deleted_at=None),
            ),
            models.Index(fields=["alive_at"], name="env_that_may_stall", condition=Q(status="running")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(deleted_at=None),
                name="env_name_unique_among_the_living",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(name__contains="/"), name="env_name_has_no_slash"
            ),
            models.CheckConstraint(
                condition=Q(colour=None) | Q(colour__range=(0, 9)), name="env_colour_is_one_of_ten"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """``workspace/name``, as programs and pages write it."""
        return f"{self.workspace.name}/{self.name}"


class View(models.Model):
    """A saved arrangement of an env that everybody who may see the env can open."""

    env = models.ForeignKey(Env, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=200)
    state = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="saved_views"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["env", "name"], name="view_name_unique_in_env")]

    def __str__(self) -> str:
        return self.name


class PaneLayout(models.Model):
    """Where one person keeps the panes of one env: ``{window key: {"x", "y", "w", "h"}}``.

    ``looks``: what they changed on figures for their own eyes, ``{window key: {"layout": {path: value}, "traces": {…}}}``.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pane_layouts")
    env = models.ForeignKey(Env, on_delete=models.CASCADE, related_name="pane_layouts")
    layout = models.JSONField(default=dict, blank=True)
    looks = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "env"], name="one_layout_a_person_and_env")]

    def __str__(self) -> str:
        return f"layout of user {self.user_id} for env {self.env_id}"


class PageLayout(models.Model):
    """The same for a comparison: a page of several envs, in any order."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="page_layouts")
    key = models.CharField(
        max_length=64, editable=False, help_text="Of the set of envs, see apps.envs.pages."
    )
    layout = models.JSONField(default=dict, blank=True)
    looks = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_layout_a_person_and_page")]

    def __str__(self) -> str:
        return f"layout of user {self.user_id} for the page {self.key[:12]}"


class Snapshot(models.Model):
    """An env as it was at one moment, under a name, to come back to. ``copy`` is the hidden env with the content."""

    env = models.ForeignKey(Env, on_delete=models.CASCADE, related_name="snapshots")
    copy = models.OneToOneField(Env, on_delete=models.CASCADE, related_name="kept_as", editable=False)
    name = models.CharField(max_length=200)
    is_automatic = models.BooleanField(
        default=False, help_text="Made by a script's save or before a return; the oldest such go first."
    )
    revision = models.BigIntegerField(help_text="The env's, at the moment it shows.")
    window_count = models.IntegerField(default=0)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="snapshots"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def usable(self, at: datetime | None = None) -> Self:
        at = at or timezone.now()
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=at))


class ShareLink(models.Model):
    """A read-only public address of one env, of one through a saved view, or of several as a comparison. It shows never
    more than its creator may still see."""

    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="share_links")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False, help_text="The beginning of the address.")
    name = models.CharField(max_length=100, blank=True)
    view = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        default="",
        help_text="The saved view of its one env that it opens with, by name: a view that is deleted and comes back is the same.",
    )
    state = models.JSONField(
        default=dict,
        blank=True,
        help_text="What its page begins with, as a saved view has it: pins, steps …; a visitor changes it for himself.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name or f"{self.hint}…"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class LinkedEnv(models.Model):
    """One env of a share link. Its row outlives the env, so that what is left out of a page can be said."""

    link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="linked")
    env = models.ForeignKey(Env, null=True, on_delete=models.SET_NULL, related_name="linked")
    place = models.SmallIntegerField(help_text="Among the envs of the link, in the order chosen.")
    name = models.CharField(
        max_length=ENV_NAME_MAX + 151,
        help_text="`workspace/name` when the link was made, as the link's state calls it.",
    )

    class Meta:
        ordering = ["link", "place"]
        constraints = [models.UniqueConstraint(fields=["link", "place"], name="one_env_a_place_of_a_link")]

    def __str__(self) -> str:
        return self.name
