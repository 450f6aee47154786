"""What the visdom wire must remember: which env names with a slash were taken as one name."""

from django.db import models

from apps.accounts.models import Workspace
from apps.envs.models import ENV_NAME_MAX

from .imported import ImportedWindow

__all__ = ["ImportedWindow", "MappedName"]


class MappedName(models.Model):
    """``name`` was written to as ``name`` with ``_`` for ``/``, since it began with no workspace its writer could see.

    It goes on meaning that env, even when a workspace of that name appears later.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=ENV_NAME_MAX)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="mapped_name_once_in_workspace")
        ]

    def __str__(self) -> str:
        return self.name
