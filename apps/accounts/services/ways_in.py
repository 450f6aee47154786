"""One-time sign-in links, for accounts without a password, and signing everybody out."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from apps.accounts import epoch
from apps.accounts.keys import digest_of, random_text, stored_hash
from apps.accounts.models import SignInLink, User
from apps.errors import NotFound
from apps.jobs.gate import write_transaction

PURPOSE = "sign-in-link:"
LENGTH = 32
LIFETIME = timedelta(days=1)


def create_sign_in_link(*, user: User, lifetime: timedelta = LIFETIME) -> str:
    """The raw text of a new link, for ``/sign-in/<raw>``. It replaces earlier ones of this person."""
    raw = random_text(LENGTH)
    with write_transaction():
        SignInLink.objects.filter(user=user, used_at=None).delete()
        SignInLink.objects.create(
            user=user,
            hash=stored_hash(digest_of(raw), purpose=PURPOSE),
            expires_at=timezone.now() + lifetime,
        )
    return raw


def sign_in_url(raw: str) -> str:
    """The path of the page that uses the link."""
    return reverse("sign-in", kwargs={"one_time": raw})


def peek_sign_in_link(raw: str) -> User:
    """Whom the link would sign in. Does not use it up, so that a preview of the address does no harm.

    Raises:
        NotFound: no such link, or it is used or too old.
    """
    link = usable_links(raw).select_related("user").first()
    if link is None:
        raise gone()
    return link.user


def use_sign_in_link(raw: str) -> User:
    """Use the link up and say whom it signs in. Of two at the same time one gets in. Raises as ``peek_…``."""
    with write_transaction():
        if not usable_links(raw).update(used_at=timezone.now()):
            raise gone()
        return User.objects.get(sign_in_links__hash=stored_hash(digest_of(raw), purpose=PURPOSE))


def end_all_sessions() -> int:
    """Sign everybody out of every browser; returns how many sessions there were. Tokens go on working."""
    with write_transaction():
        ended, _ = Session.objects.all().delete()
        UserSession.objects.all().delete()
        epoch.bump()
    return ended


def usable_links(raw: str) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(
        hash=stored_hash(digest_of(raw), purpose=PURPOSE),
        used_at=None,
        expires_at__gt=timezone.now(),
        user__is_active=True,
    )


def gone() -> NotFound:
    return NotFound(
        "Each link is good for one sign-in, within a day. On the server, `panewall-server user sign-in-link` makes"
        " a new one."
    )
