"""Share links: a public address, for as long as its creator may see the env."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.accounts import epoch, keys, services
from apps.accounts.principals import Principal
from apps.envs import access, links
from apps.envs.models import Env, ShareLink, View
from apps.errors import Invalid, NotFound, TooLarge
from tests.support.cast import Cast


@pytest.fixture
def shared(cast: Cast) -> tuple[ShareLink, str]:
    return links.create_link(envs=[cast.run], created_by=cast.member, name="for the board")


def is_open(raw: str) -> bool:
    try:
        return links.resolve_link(raw).kind == "link"
    except NotFound:
        return False


def test_a_link_is_its_own_principal(cast: Cast, shared):
    link, raw = shared
    visitor = links.find_link(raw)
    assert (visitor.kind, visitor.key, visitor.scope) == ("link", f"link:{link.pk}", "read")
    assert visitor.user_id == cast.member.pk
    assert list(access.visible_envs(visitor)) == [cast.run]
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
    _, raw = links.create_link(envs=[cast.run], created_by=admin_person)
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
    link, _ = links.create_link(envs=[cast.run], created_by=cast.owner)
    assert link.expires_at - timezone.now() <= timedelta(days=30)
    with pytest.raises(Invalid) as refused:
        links.create_link(
            envs=[cast.run], created_by=cast.owner, expires_at=timezone.now() + timedelta(days=31)
        )
    assert "30 days" in refused.value.detail


@pytest.mark.parametrize(
    ("field", "options"),
    [("name", {"name": "x" * 101}), ("expires_at", {"expires_at": timezone.now() - timedelta(days=1)})],
)
def test_a_link_that_makes_no_sense_is_refused_by_field(cast: Cast, field, options):
    with pytest.raises(Invalid) as refused:
        links.create_link(envs=[cast.run], created_by=cast.owner, **options)
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


# -- Several envs, and views


@pytest.fixture
def other(cast: Cast) -> Env:
    lab = services.create_team(name="lab", manager=cast.owner)
    services.add_member(workspace=lab, user=cast.member, role="viewer")
    return Env.objects.create(workspace=lab, name="run_2")


@pytest.fixture
def both(cast: Cast, other: Env) -> str:
    return links.create_link(envs=[other, cast.run], created_by=cast.member)[1]


def seen(raw: str) -> set[str]:
    return {env.full_name for env in access.visible_envs(links.find_link(raw)).select_related("workspace")}


def test_a_link_of_several_shows_each_that_its_creator_may_still_see(cast: Cast, other: Env, both: str):
    visitor = links.find_link(both)
    Env.objects.create(workspace=other.workspace, name="run_3")
    assert seen(both) == {"lab/run_2", "team/run_1"}
    assert [env.full_name for env in links.shown_by(visitor).envs] == ["lab/run_2", "team/run_1"]
    for name in ("lab/run_2", "run_2", "team/run_1", "run_1"):
        assert access.find_env(visitor, name).name == name.rpartition("/")[2]
    with pytest.raises(NotFound):
        access.find_env(visitor, "lab/run_3")
    services.remove_member(workspace=other.workspace, user=cast.member)
    assert seen(both) == {"team/run_1"}
    shown = links.shown_by(visitor)
    assert ([env.name for env in shown.envs], shown.left_out, shown.is_comparison) == (["run_1"], 1, True)
    cast.run.deleted_at = timezone.now()
    cast.run.save()
    assert not is_open(both)
    with pytest.raises(NotFound):
        links.shown_by(visitor)
    services.add_member(workspace=other.workspace, user=cast.member, role="viewer")
    assert seen(both) == {"lab/run_2"}


def test_an_env_that_is_removed_for_good_is_still_missed(cast: Cast, other: Env, both: str):
    other.delete()
    shown = links.shown_by(links.find_link(both))
    assert ([env.name for env in shown.envs], shown.left_out, shown.is_comparison) == (["run_1"], 1, True)
    cast.run.delete()
    assert not is_open(both)


def test_a_link_of_several_is_managed_by_who_manages_one_of_them(cast: Cast, other: Env, both: str):
    link = ShareLink.objects.get()
    managers = {
        user.username: access.allows(Principal.of_user(user), "manage", link)
        for user in (cast.owner, cast.member, cast.viewer, cast.stranger)
    }
    assert managers == {"olive": True, "mika": True, "vera": False, "sten": False}
    services.add_member(workspace=other.workspace, user=cast.stranger, role="manager")
    assert access.allows(Principal.of_user(cast.stranger), "manage", link)


def test_a_link_shows_a_bounded_number_of_envs_each_once(cast: Cast, other: Env, settings, monkeypatch):
    link, _ = links.create_link(envs=[other, cast.run, other], created_by=cast.owner)
    assert [one.name for one in link.linked.all()] == ["lab/run_2", "team/run_1"]
    monkeypatch.setattr(settings.PANEWALL.limits, "compare_envs", 1)
    with pytest.raises(TooLarge):
        links.create_link(envs=[other, cast.run], created_by=cast.owner)


def test_a_link_leads_to_a_view_of_one_env_that_is_there(cast: Cast, other: Env):
    View.objects.create(env=cast.run, name="day")
    link, raw = links.create_link(envs=[cast.run], created_by=cast.owner, view="day")
    assert links.shown_by(links.find_link(raw)).view == "day"
    with pytest.raises(NotFound):
        links.create_link(envs=[cast.run], created_by=cast.owner, view="night")
    with pytest.raises(Invalid) as refused:
        links.create_link(envs=[cast.run, other], created_by=cast.owner, view="day")
    assert list(refused.value.fields) == ["view"]
    assert ShareLink.objects.get() == link


# -- Links that were made before


@pytest.mark.django_db(transaction=True)
def test_former_links_are_kept_there_and_back(cast: Cast, other: Env):
    """Both ways on a table with rows: a link of one env is the same before and after, one of several ends on the way back."""
    View.objects.create(env=cast.run, name="day")
    one, raw = links.create_link(envs=[cast.run], created_by=cast.owner, state={"pins": []})
    links.create_link(envs=[cast.run, other], created_by=cast.owner)
    links.create_link(envs=[cast.run], created_by=cast.owner, view="day")
    gone, _ = links.create_link(envs=[other], created_by=cast.owner)
    Env.objects.filter(pk=other.pk).delete()
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("envs")
    try:
        MigrationExecutor(connection).migrate([("envs", "0007_looks_and_pages")])
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, env_id FROM envs_sharelink")
            assert cursor.fetchall() == [(one.pk, cast.run.pk)]
    finally:
        MigrationExecutor(connection).migrate(newest)
    assert [(row.env_id, row.place, row.name) for row in one.linked.all()] == [(cast.run.pk, 0, "team/run_1")]
    assert links.shown_by(links.find_link(raw)).envs == [cast.run]
    assert links.find_link(raw).link_id == one.pk
    assert not ShareLink.objects.filter(pk=gone.pk).exists()
