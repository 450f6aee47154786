from django.apps import AppConfig


class EnvsConfig(AppConfig):
    """Envs, views, share links, the one access rule, and the pages that show them."""

    name = "apps.envs"
    label = "envs"
    verbose_name = "Envs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.envs import hooks  # noqa: F401  gives each person an env to begin with
