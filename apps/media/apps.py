from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "apps.media"
    label = "media"

    def ready(self) -> None:
        from apps.windows.live import viewer

        from . import handlers, index, objects  # noqa: F401  register what files hang on windows, and sample.put

        viewer.readers["samples"] = index.read
