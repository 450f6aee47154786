from django.apps import AppConfig


class WindowsConfig(AppConfig):
    name = "apps.windows"
    label = "windows"

    def ready(self) -> None:
        from apps.envs import writing

        from . import handlers  # noqa: F401  registers the commands of this app
        from .write import write

        writing.writer = write
