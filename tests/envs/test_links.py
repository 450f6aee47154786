"""Share links: a public address, for as long as its creator may see the env."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import epoch, keys, services
from apps.envs import links
from apps.envs.models import ShareLink
from apps.errors import Invalid, NotFound
from tests.support.cast import Cast


@pytest.fixture
def shared(cast: Cast) -> tuple[ShareLink, str]:
    return links.create_link(env=cast.run, created_by=cast.member, name="for the board")


def is_open(raw: str) -> bool:
    try:
        return links.resolve_link(raw).kind == "link"
    except NotFound:
        return False


def test_a_link_is_its_own_principal(cast: Cast, shared):
    link, raw = shared
    visitor = links.find_link(raw)
    assert (visitor.kind, visitor.key, visitor.scope) == ("link", f"link:{link.pk}", "read")
    assert (visitor.env_id, visitor.user_id) == (cast.run.pk, cast.member.pk)
    assert (visitor.username, visitor.is_superuser) == ("", False)


def test_the_database_holds_no_address(shared):
    link, raw = shared
    assert raw not in {str(getattr(link, field.name)) for field in ShareLink._meta.concrete_fields}
    assert link.hash != keys.stored_hash(keys.digest_of(raw))  # no token of the same text would fit
    assert not is_open(link.hash[:32])


@pytest.mark.parametrize("raw", ["", "x", "x" * 32, "é" * 32, "../" * 8, "x" * 10_000])
def test_any_other_address_is_missing(shared, raw):
    assert not is_open(raw)


CLOSINGS = {
    "it is revoked": lambda cast, link: links.revoke_link(link=link),
    "its creator leaves the team": lambda cast, link: services.remove_member(
        workspace=cast.team, user=cast.member
    ),
    "its creator is deleted": lambda cast, link: cast.member.delete(),
}


@pytest.mark.parametrize("closing", CLOSINGS)
def test_a_link_closes_at_once_when(cast: Cast, shared, closing):
    link, raw = shared
    assert is_open(raw)
    before = epoch.current()
    CLOSINGS[closing](cast, link)
    assert not is_open(raw)
    assert epoch.current() > before


def test_a_link_closes_with_its_creators_account(cast: Cast, shared):
    _, raw = shared
    cast.member.is_active = False
    cast.member.save()
    assert not is_open(raw)


def test_a_link_closes_with_its_env_and_opens_with_its_return(cast: Cast, shared):
    _, raw = shared
    cast.run.deleted_at = timezone.now()
    cast.run.save()
    assert not is_open(raw)
    cast.run.deleted_at = None
    cast.run.save()
    assert is_open(raw)


def test_an_admins_link_closes_when_they_no_longer_are_one(cast: Cast, admin_person):
    _, raw = links.create_link(env=cast.run, created_by=admin_person)
    assert is_open(raw)
    admin_person.is_superuser = False
    admin_person.save()
    assert not is_open(raw)


def test_a_link_expires(cast: Cast, shared):
    link, raw = shared
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    assert not is_open(raw)


def test_a_demoted_creators_link_still_shows_what_they_may_see(cast: Cast, shared):
    _, raw = shared
    services.set_role(workspace=cast.team, user=cast.member, role="viewer")
    assert is_open(raw)


def test_a_link_lives_no_longer_than_the_server_allows(cast: Cast, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "share_link_days", 30)
    link, _ = links.create_link(env=cast.run, created_by=cast.owner)
    assert link.expires_at - timezone.now() <= timedelta(days=30)
    with pytest.raises(Invalid) as refused:
        links.create_link(env=cast.run, created_by=cast.owner, expires_at=timezone.now() + timedelta(days=31))
    assert "30 days" in refused.value.detail


@pytest.mark.parametrize(
    ("field", "options"),
    [("name", {"name": "x" * 101}), ("expires_at", {"expires_at": timezone.now() - timedelta(days=1)})],
)
def test_a_link_that_makes_no_sense_is_refused_by_field(cast: Cast, field, options):
    with pytest.raises(Invalid) as refused:
        links.create_link(env=cast.run, created_by=cast.owner, **options)
    assert list(refused.value.fields) == [field]
    assert not ShareLink.objects.exists()


def test_visitors_cost_few_queries(shared, django_assert_num_queries):
    _, raw = shared
    links.find_link(raw)  # notes its use
    with django_assert_num_queries(2):
        links.resolve_link(raw)
    with django_assert_num_queries(0):
        links.resolve_link(raw)


def test_use_is_noted_at_most_once_a_minute(shared):
    link, raw = shared
    links.find_link(raw)
    link.refresh_from_db()
    first = link.last_used_at
    links.find_link(raw)
    link.refresh_from_db()
    assert first is not None
    assert link.last_used_at == first
