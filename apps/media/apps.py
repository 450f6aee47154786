from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "apps.media"
    label = "media"

    def ready(self) -> None:
        from apps.jobs import news as jobs
        from apps.windows.live import viewer

        from . import conversion, handlers, index, news, objects, thumbnails, watching  # noqa: F401  most of them register

        viewer.readers["samples"] = index.read
        viewer.followers["assets"] = watching.follow
        jobs.listen(lambda *_: news.tell())
