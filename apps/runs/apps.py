from django.apps import AppConfig


class RunsConfig(AppConfig):
    """The runs table: envs of a workspace beside each other, with their config and what their metrics came to."""

    name = "apps.runs"
    label = "runs"
