"""How panes are arranged: each person's own layout of an env or of a comparison, and the views that everybody can open.

With a layout goes what the person changed on figures for their own eyes, its ``looks``.
"""

import json
from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from apps.accounts.models import User
from apps.envs.models import Env, PageLayout, PaneLayout, View
from apps.envs.pages import page_key
from apps.errors import Conflict, NotFound, TooLarge
from apps.jobs.gate import write_transaction

#: Comparisons whose arrangement is kept for a person; the oldest go first.
MOST_PAGES = 500


def save_layout(
    *, env: Env, user_id: int, layout: dict | None = None, looks: dict | None = None
) -> PaneLayout:
    """Keep where a person put the panes of an env, or what they changed on its figures. The last one saved wins: it is theirs alone.

    Raises:
        TooLarge: there are more changes than the server keeps.
    """
    with write_transaction():
        kept, _ = PaneLayout.objects.update_or_create(env=env, user_id=user_id, defaults=_said(layout, looks))
    return kept


def save_page(
    *, envs: Iterable[Env], user_id: int, layout: dict | None = None, looks: dict | None = None
) -> PageLayout:
    """The same for a page of several envs."""
    with write_transaction():
        kept, is_new = PageLayout.objects.update_or_create(
            user_id=user_id, key=page_key(envs), defaults=_said(layout, looks)
        )
        if is_new:
            mine = PageLayout.objects.filter(user_id=user_id).order_by("-updated_at", "-pk")
            PageLayout.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[MOST_PAGES:])).delete()
    return kept


def get_page(*, envs: Iterable[Env], user_id: int) -> PageLayout | None:
    return PageLayout.objects.filter(user_id=user_id, key=page_key(envs)).first()


def _said(layout: dict | None, looks: dict | None) -> dict:
    size, limit = len(json.dumps(looks or {})), settings.PANEWALL.limits.looks_bytes
    if size > limit:
        raise TooLarge(
            f"What you changed on figures has {size:,} bytes; at most {limit:,} are kept.",
            fields={"looks": ["Too large."]},
        )
    said = {"layout": layout, "looks": looks}
    return {name: value for name, value in said.items() if value is not None} | {"updated_at": timezone.now()}


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
