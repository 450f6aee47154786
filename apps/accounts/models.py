"""People, the workspaces they share, and the secrets that programs show instead of a password.

Who may do what is decided in ``apps.envs.access`` and nowhere else; these rows are what it reads.
"""

from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone


class Role(models.TextChoices):
    """What a member may do in a workspace; each role may do all the one before it may."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    MANAGER = "manager", "Manager"

    @property
    def rank(self) -> int:
        return list(Role).index(self) + 1


class Scope(models.TextChoices):
    """How much of its owner's rights an API token carries."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"
    ADMIN = "admin", "Everything its owner may do"


class User(AbstractUser):
    """A person who signs in. Made by ``services.create_user``, which also makes the personal workspace."""

    class Meta:
        verbose_name = "user"
        verbose_name_plural = "users"
        constraints = [
            models.UniqueConstraint(Lower("username"), name="username_unique_in_any_case"),
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="email_unique_in_any_case"),
        ]


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of_member(self, user_id: int) -> Self:
        return self.filter(memberships__user_id=user_id)


class Workspace(models.Model):
    """A namespace of envs: a person's own (named as the person) or a team's."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", "Personal"
        TEAM = "team", "Team"

    name = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TEAM)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="owned_workspaces"
    )
    style = models.TextField(blank=True, default="", help_text="CSS for the pages of its envs.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="workspace_name_unique_in_any_case"),
            models.UniqueConstraint(
                fields=["owner"], condition=Q(kind="personal"), name="one_personal_workspace_a_person"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(name__contains="/"), name="workspace_name_has_no_slash"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one workspace. The owner of a personal workspace has one too."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)

    class Meta:
        ordering = ["workspace_id", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "workspace"], name="one_role_a_member"),
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "editor", "manager"]), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.workspace_id}: {self.role}"


class ApiToken(models.Model):
    """A program's secret. Only ``hash`` is stored, so a copy of the database opens no door."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    workspace = models.ForeignKey(
        Workspace,
        null=True,
        blank=True,
        on_delete=models.CASCADE,  # a token narrowed to a workspace must never widen when that goes
        related_name="tokens",
        help_text="The only workspace this token opens; empty for all that its owner may see.",
    )
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.WRITE)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False, help_text="The public beginning of the token.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["read", "write", "admin"]), name="token_scope_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class AccessEpoch(models.Model):
    """One row, whose value moves with every change of a user, role, token or link (see ``epoch``)."""

    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_access_epoch")]

    def __str__(self) -> str:
        return str(self.value)


class SignInLink(models.Model):
    """A one-time way in for somebody without a password: the owner at first start."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "sign-in link"

    def __str__(self) -> str:
        return f"sign-in link {self.pk} of user {self.user_id}"
