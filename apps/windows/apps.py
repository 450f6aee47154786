from django.apps import AppConfig


class WindowsConfig(AppConfig):
    name = "apps.windows"
    label = "windows"

    def ready(self) -> None:
        from apps.envs import selectors, snapshots, writing

        from . import copying, handlers, runs  # noqa: F401  they register commands
        from .selectors import count_windows, name_windows, page_parts
        from .write import write

        writing.writer = write
        snapshots.content = copying
        selectors.window_counters.append(count_windows)
        selectors.window_namers.append(name_windows)
        selectors.page_parts.append(page_parts)
