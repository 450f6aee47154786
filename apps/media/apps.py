from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "apps.media"
    label = "media"

    def ready(self) -> None:
        from . import handlers  # noqa: F401  registers sample.put and what images hang on windows
