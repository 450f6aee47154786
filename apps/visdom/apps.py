from django.apps import AppConfig


class VisdomConfig(AppConfig):
    name = "apps.visdom"
    label = "visdom"

    def ready(self) -> None:
        from . import updates  # noqa: F401  registers the command behind ``/update``
