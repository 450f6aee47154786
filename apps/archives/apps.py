from django.apps import AppConfig


class ArchivesConfig(AppConfig):
    """Envs as files: written, and read back."""

    name = "apps.archives"
    label = "archives"
