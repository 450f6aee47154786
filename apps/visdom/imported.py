"""What has come from a visdom folder, so that coming again changes nothing that was changed here since."""

from django.db import models

from apps.envs.models import Env


class ImportedWindow(models.Model):
    """One window as it was in the file, and as it was here right after it came."""

    env = models.ForeignKey(Env, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=64, help_text="SHA-256 of what the file said of it")
    result = models.CharField(max_length=64, help_text="SHA-256 of what it was here after that")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["env", "key"], name="imported_window_once_in_env")]

    def __str__(self) -> str:
        return self.key
