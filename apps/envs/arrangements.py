"""How panes are arranged: each person's own layout of an env, and the views that everybody who sees it can open."""

from django.db import IntegrityError
from django.utils import timezone

from apps.accounts.models import User
from apps.envs.models import Env, PaneLayout, View
from apps.errors import Conflict, NotFound
from apps.jobs.gate import write_transaction


def save_layout(*, env: Env, user_id: int, layout: dict) -> PaneLayout:
    """Keep where a person put the panes of an env. The last one saved wins: it is theirs alone."""
    with write_transaction():
        kept, _ = PaneLayout.objects.update_or_create(
            env=env, user_id=user_id, defaults={"layout": layout, "updated_at": timezone.now()}
        )
    return kept


def get_layout(*, env: Env, user_id: int) -> PaneLayout | None:
    return PaneLayout.objects.filter(env=env, user_id=user_id).first()


def get_view(*, env: Env, name: str) -> View:
    view = View.objects.filter(env=env, name=name).select_related("created_by").first()
    if view is None:
        raise NotFound(f"There is no view {name[:200]!r} in {env.name!r}.")
    view.env = env
    return view


def create_view(*, env: Env, name: str, state: dict, created_by: User) -> View:
    """Save an arrangement under a new name.

    Raises:
        Conflict: a view of that name is there already.
    """
    try:
        with write_transaction():
            return View.objects.create(env=env, name=name, state=state, created_by=created_by)
    except IntegrityError:
        reason = f"There is a view {name!r} already: save over it, or choose another name."
        raise Conflict(reason, fields={"name": [reason]}) from None


def save_view(*, env: Env, name: str, state: dict, created_by: User) -> tuple[View, bool]:
    """Save an arrangement under this name, over a former one; says whether it is new."""
    with write_transaction():
        return View.objects.update_or_create(
            env=env,
            name=name,
            defaults={"state": state, "updated_at": timezone.now()},
            create_defaults={"state": state, "created_by": created_by},
        )


def delete_view(*, view: View) -> None:
    with write_transaction():
        view.delete()
