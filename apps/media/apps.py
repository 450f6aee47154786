from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "apps.media"
    label = "media"

    def ready(self) -> None:
        from . import handlers, objects  # noqa: F401  register what files hang on windows, and sample.put
