"""Moves the access epoch whenever a row that grants access is saved or deleted.

Signals and not calls in each service: the Django admin, cascades and the shell must not be able to forget it.
``QuerySet.update`` sends no signal, so whoever uses it on these rows calls ``epoch.bump()``.
"""

from typing import Any

from django.db.models.signals import post_delete, post_save

from apps.accounts import epoch
from apps.accounts.models import ApiToken, Membership, User, Workspace

# Signing in writes these; they change nobody's rights.
HARMLESS_FIELDS = {"last_login", "last_used_at"}


def access_changed(*, update_fields: Any = None, **_: Any) -> None:
    if update_fields is not None and set(update_fields) <= HARMLESS_FIELDS:
        return
    epoch.bump()


def watch(model: type) -> None:
    """Let the epoch follow the rows of ``model``; upper apps call it for models of their own."""
    uid = f"access-epoch-{model.__module__}.{model.__name__}"
    post_save.connect(access_changed, sender=model, dispatch_uid=uid)
    post_delete.connect(access_changed, sender=model, dispatch_uid=uid)


for _model in (User, Workspace, Membership, ApiToken):
    watch(_model)
