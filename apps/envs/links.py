"""Share links: a public, read-only address of one env or of several, revocable, and never more than its creator may still see."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.accounts.keys import digest_of, random_text, stored_hash
from apps.accounts.models import User
from apps.accounts.principals import Principal, principal_cache
from apps.accounts.tokens import USE_NOTED_EVERY
from apps.envs import access, arrangements, carried, selectors
from apps.envs.models import Env, LinkedEnv, ShareLink
from apps.errors import Invalid, NotFound, TooLarge
from apps.jobs.gate import write_transaction

PURPOSE = "share-link:"
LENGTH = 32
HINT_CHARS = 6
GONE = "This link does not work: it may have expired, or been taken back."
PATTERN = re.compile(rf"[0-9A-Za-z]{{{LENGTH}}}", re.ASCII)


def create_link(
    *,
    envs: Sequence[Env],
    created_by: User,
    name: str = "",
    view: str = "",
    expires_at: datetime | None = None,
    state: dict | None = None,
) -> tuple[ShareLink, str]:
    """Make a link to ``envs``. Its raw text, the ``<link>`` of ``/s/<link>/``, is returned here and never again.

    Args:
        envs: what it shows: one env, or several as a comparison, in this order.
        name: what people who manage the envs know it by; up to 100 characters, may be empty.
        view: the saved view of its one env that it opens with, as the view will be then; "" for none.
        expires_at: when it stops working; None for the longest that the server allows.
        state: what its page begins with, as a saved view has it: pins, steps and the like.

    Raises:
        Invalid: the name is too long, the time is past, or further off than the server allows; or a view is asked for of several.
        NotFound: there is no such view.
        TooLarge: the state is, or there are too many envs.
    """
    name = name.strip()
    if len(name) > 100:
        raise invalid("name", "A share link's name has at most 100 characters.")
    limits = settings.PANEWALL.limits
    envs = list({env.pk: env for env in envs}.values())
    if len(envs) > limits.compare_envs:
        raise TooLarge(f"A link shows at most {limits.compare_envs} envs; these are {len(envs)}.")
    if view and len(envs) > 1:
        raise invalid("view", "A saved view is of one env; a link to several begins with a state.")
    if view:
        arrangements.get_view(env=envs[0], name=view)
    if state and len(json.dumps(state)) > limits.link_state_bytes:
        raise TooLarge(
            f"What goes with a link has at most {limits.link_state_bytes} bytes (limits.link_state_bytes)."
        )
    expires_at = checked_end(expires_at)
    raw = random_text(LENGTH)
    with write_transaction():
        link = ShareLink.objects.create(
            created_by=created_by,
            name=name,
            view=view,
            hash=stored_hash(digest_of(raw), purpose=PURPOSE),
            hint=raw[:HINT_CHARS],
            expires_at=expires_at,
            state=state or {},
        )
        LinkedEnv.objects.bulk_create(
            LinkedEnv(link=link, env=env, place=place, name=env.full_name) for place, env in enumerate(envs)
        )
    return link, raw


def checked_end(expires_at: datetime | None) -> datetime:
    """When a link ends that is made now."""
    now = timezone.now()
    days = settings.PANEWALL.limits.share_link_days
    latest = now + timedelta(days=days)
    if expires_at is None:
        return latest
    if expires_at <= now:
        raise invalid("expires_at", "The link would have expired already: choose a time to come.")
    if expires_at > latest:
        raise invalid("expires_at", f"A share link lives at most {days} days on this server.")
    return expires_at


def find_link(raw: str) -> Principal:
    """Who a visitor of ``/s/<raw>/`` is. Notes the use.

    Raises:
        NotFound: no such link, or it was revoked, has expired, or shows nothing any more: all look the same.
    """
    return look_up(raw)[0]


def resolve_link(raw: str) -> Principal:
    """``find_link``, cached for at most a second; thread-safe, for the hot doors."""
    return principal_cache.resolve("link", raw, look_up)


def revoke_link(*, link: ShareLink) -> None:
    """Close the address, everywhere within a second. Doing it twice keeps the first time."""
    if link.revoked_at is None:
        link.revoked_at = timezone.now()
        with write_transaction():
            link.save(update_fields=["revoked_at"])


def look_up(raw: str) -> tuple[Principal, datetime | None]:
    gone = NotFound(GONE)
    if not PATTERN.fullmatch(raw):
        raise gone
    link = ShareLink.objects.usable().filter(hash=stored_hash(digest_of(raw), purpose=PURPOSE)).first()
    if link is None:
        raise gone
    principal = principal_of(link)
    if not access.visible_envs(principal).exists():
        raise gone
    note_use(link)
    return principal, link.expires_at


def principal_of(link: ShareLink) -> Principal:
    return Principal(
        kind="link",
        user_id=link.created_by_id,
        username="",  # a visitor need not learn whose wall it is
        scope="read",
        link_id=link.pk,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link shows now. ``state`` calls envs as they are called now, and says nothing of those that are left out."""

    envs: list[Env]
    left_out: int
    view: str
    state: dict[str, Any]

    @property
    def is_comparison(self) -> bool:
        """Whether it was made of several envs, however many are left."""
        return len(self.envs) + self.left_out > 1


def shown_by(principal: Principal) -> Shown:
    """What the link that asks shows, by the one access rule.

    Raises:
        NotFound: nothing any more.
    """
    assert principal.link_id is not None
    link = ShareLink.objects.get(pk=principal.link_id)
    seen = access.visible_envs(principal).select_related("workspace").in_bulk()
    linked = list(link.linked.all())
    there = [one for one in linked if one.env_id in seen]
    if not there:
        raise NotFound(GONE)
    names = {one.name: seen[one.env_id].full_name for one in there if one.env_id is not None}
    only = next(iter(names.values())) if len(linked) == 1 else None
    envs = [seen[one.env_id] for one in there if one.env_id is not None]
    left_out = len(linked) - len(there)
    state = carried.as_called_now(link.state, names, only=only)
    if left_out:
        state = carried.without_unknown(state, selectors.window_names([env.pk for env in envs]))
    return Shown(envs, left_out, link.view, state)


def note_use(link: ShareLink) -> None:
    now = timezone.now()
    if link.last_used_at is not None and now - link.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    with write_transaction():
        ShareLink.objects.filter(stale, pk=link.pk).update(last_used_at=now)


def invalid(field: str, reason: str) -> Invalid:
    return Invalid(reason, fields={field: [reason]})
