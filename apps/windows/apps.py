from django.apps import AppConfig


class WindowsConfig(AppConfig):
    name = "apps.windows"
    label = "windows"

    def ready(self) -> None:
        from apps.envs import selectors, writing

        from . import handlers  # noqa: F401  registers the commands of this app
        from .selectors import count_windows
        from .write import write

        writing.writer = write
        selectors.window_counters.append(count_windows)
