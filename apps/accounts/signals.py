"""What must happen whichever door changes an account: the epoch moves, and a new person gets a workspace.

Signals and not calls in each service: the Django admin, cascades, ``createsuperuser`` and the shell must not be
able to forget it. ``QuerySet.update`` sends no signal, so whoever uses it on these rows calls ``epoch.bump()``.
"""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save

from apps.accounts import epoch, services
from apps.accounts.models import ApiToken, Membership, User, Workspace
from apps.accounts.principals import principal_cache

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


def person_added(*, instance: User, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:  # raw: a fixture brings the workspace itself
        services.make_personal_workspace(user=instance)


def signed_out(**_: Any) -> None:
    epoch.bump()  # so that open sockets of the ended session are looked at again


post_save.connect(person_added, sender=User, dispatch_uid="personal-workspace")
user_logged_out.connect(signed_out, dispatch_uid="signed-out")
post_delete.connect(signed_out, sender=UserSession, dispatch_uid="session-ended")
epoch.on_bumped.append(principal_cache.clear)
