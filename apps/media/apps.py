from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "apps.media"
    label = "media"

    def ready(self) -> None:
        from apps.envs.selectors import page_facts
        from apps.jobs import news as jobs
        from apps.windows.live import viewer

        from . import conversion, handlers, index, news, objects, pins, thumbnails, watching  # noqa: F401  most of them register

        page_facts["pins"] = lambda principal, env: pins.get_pins(user_id=principal.user_id, envs=[env])
        viewer.readers["samples"] = index.read
        viewer.followers["assets"] = watching.follow
        jobs.listen(lambda *_: news.tell())
