from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, workspaces, roles and API tokens."""

    name = "apps.accounts"
    label = "accounts"
    verbose_name = "People and access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.accounts import signals  # noqa: F401  connects the receivers that move the access epoch
