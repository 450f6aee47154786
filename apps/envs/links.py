"""Share links: a public, read-only address of one env, revocable, and never more than its creator may still see."""

import json
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.accounts.keys import digest_of, random_text, stored_hash
from apps.accounts.models import User
from apps.accounts.principals import Principal, principal_cache
from apps.accounts.tokens import USE_NOTED_EVERY
from apps.envs import access
from apps.envs.models import Env, ShareLink
from apps.errors import Invalid, NotFound, TooLarge
from apps.jobs.gate import write_transaction

PURPOSE = "share-link:"
LENGTH = 32
HINT_CHARS = 6
PATTERN = re.compile(rf"[0-9A-Za-z]{{{LENGTH}}}", re.ASCII)


def create_link(
    *,
    env: Env,
    created_by: User,
    name: str = "",
    expires_at: datetime | None = None,
    state: dict | None = None,
) -> tuple[ShareLink, str]:
    """Make a link to ``env``. Its raw text, the ``<link>`` of ``/s/<link>/``, is returned here and never again.

    Args:
        name: what people who manage the env know it by; up to 100 characters, may be empty.
        expires_at: when it stops working; None for the longest that the server allows.
        state: what its page begins with, as the page itself keeps it: pins, steps.

    Raises:
        Invalid: the name is too long, the time is past, or further off than the server allows.
        TooLarge: the state is.
    """
    name = name.strip()
    if len(name) > 100:
        raise invalid("name", "A share link's name has at most 100 characters.")
    most = settings.PANEWALL.limits.link_state_bytes
    if state and len(json.dumps(state)) > most:
        raise TooLarge(f"What goes with a link has at most {most} bytes (limits.link_state_bytes).")
    now = timezone.now()
    latest = now + timedelta(days=settings.PANEWALL.limits.share_link_days)
    if expires_at is None:
        expires_at = latest
    if expires_at <= now:
        raise invalid("expires_at", "The link would have expired already: choose a time to come.")
    if expires_at > latest:
        days = settings.PANEWALL.limits.share_link_days
        raise invalid("expires_at", f"A share link lives at most {days} days on this server.")
    raw = random_text(LENGTH)
    with write_transaction():
        link = ShareLink.objects.create(
            env=env,
            created_by=created_by,
            name=name,
            hash=stored_hash(digest_of(raw), purpose=PURPOSE),
            hint=raw[:HINT_CHARS],
            expires_at=expires_at,
            state=state or {},
        )
    return link, raw


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
    gone = NotFound("This link does not work: it may have expired, or been taken back.", code="not_found")
    if not PATTERN.fullmatch(raw):
        raise gone
    link = (
        ShareLink.objects.usable()
        .select_related("env", "created_by")
        .filter(hash=stored_hash(digest_of(raw), purpose=PURPOSE))
        .first()
    )
    if link is None:
        raise gone
    principal = principal_of(link)
    if not access.allows(principal, "view", link.env):
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
        env_id=link.env_id,
    )


def state_of(principal: Principal) -> dict:
    """What the page of a visitor's link begins with."""
    assert principal.link_id is not None
    return ShareLink.objects.filter(pk=principal.link_id).values_list("state", flat=True).first() or {}


def note_use(link: ShareLink) -> None:
    now = timezone.now()
    if link.last_used_at is not None and now - link.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    with write_transaction():
        ShareLink.objects.filter(stale, pk=link.pk).update(last_used_at=now)


def invalid(field: str, reason: str) -> Invalid:
    return Invalid(reason, fields={field: [reason]})
