from django.apps import AppConfig


class VisdomConfig(AppConfig):
    name = "apps.visdom"
    label = "visdom"

    def ready(self) -> None:
        from . import exporter, updates  # noqa: F401  each registers itself: a kind of export, the command of ``/update``
