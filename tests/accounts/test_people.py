"""People, teams and roles, and the access epoch that follows every change of them."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from apps.accounts import epoch, services, tokens
from apps.accounts.models import AccessEpoch, Membership, User, Workspace
from apps.envs.models import Env
from apps.errors import Conflict, Invalid, NotFound
from tests.support.cast import Cast


def test_a_new_person_has_a_workspace_of_their_name_with_an_env_main(db):
    user = services.create_user(username="ann")
    workspace = Workspace.objects.get(owner=user)
    assert (workspace.name, workspace.kind) == ("ann", "personal")
    assert Membership.objects.get(workspace=workspace).role == "manager"
    assert Env.objects.get(workspace=workspace).name == "main"


def test_whichever_door_makes_the_account_it_has_a_workspace(db):
    user = get_user_model().objects.create_superuser("ann", password="x")
    assert Workspace.objects.get(owner=user).envs.get().name == "main"


def test_without_a_password_nothing_signs_in(db):
    assert not services.create_user(username="ann").has_usable_password()


@pytest.mark.parametrize("name", ["", "a/b", "a b", ".", "..", "x" * 151, "a\x00", "a?b", "#"])
def test_a_name_that_cannot_be_in_an_address_is_refused(name, db):
    with pytest.raises(Invalid) as refused:
        services.create_user(username=name)
    assert list(refused.value.fields) == ["username"]
    with pytest.raises(Invalid) as refused:
        services.create_team(name=name)
    assert list(refused.value.fields) == ["name"]
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["olive", "OLIVE", "team", "Team"])
def test_a_name_belongs_to_one_person_or_team_in_any_case(cast: Cast, name):
    with pytest.raises(Conflict):
        services.create_user(username=name)
    with pytest.raises(Conflict):
        services.create_team(name=name)


def test_an_address_belongs_to_one_account(cast: Cast):
    with pytest.raises(Conflict) as refused:
        services.create_user(username="ann", email="OLIVE@example.org")
    assert list(refused.value.fields) == ["email"]


def test_the_database_itself_keeps_names_apart(cast: Cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Workspace.objects.create(name="TEAM")
    with pytest.raises(IntegrityError), transaction.atomic():
        Workspace.objects.create(name="a/b")


def test_adding_a_member_again_changes_the_role(cast: Cast):
    services.add_member(workspace=cast.team, user=cast.viewer, role="editor")
    assert Membership.objects.get(workspace=cast.team, user=cast.viewer).role == "editor"


def test_an_unknown_role_is_refused(cast: Cast):
    with pytest.raises(Invalid) as refused:
        services.add_member(workspace=cast.team, user=cast.stranger, role="boss")
    assert list(refused.value.fields) == ["role"]


def test_the_last_manager_stays(cast: Cast):
    with pytest.raises(Conflict):
        services.remove_member(workspace=cast.team, user=cast.owner)
    with pytest.raises(Conflict):
        services.set_role(workspace=cast.team, user=cast.owner, role="viewer")
    services.set_role(workspace=cast.team, user=cast.member, role="manager")
    services.remove_member(workspace=cast.team, user=cast.owner)
    assert not Membership.objects.filter(workspace=cast.team, user=cast.owner).exists()


def test_a_person_stays_manager_of_their_own_workspace(cast: Cast):
    own = Workspace.objects.get(owner=cast.owner)
    services.add_member(workspace=own, user=cast.member, role="manager")
    with pytest.raises(Conflict):
        services.remove_member(workspace=own, user=cast.owner)


def test_a_stranger_cannot_be_removed(cast: Cast):
    with pytest.raises(NotFound):
        services.remove_member(workspace=cast.team, user=cast.stranger)


# -- The access epoch


def change_password(cast: Cast) -> None:
    cast.owner.set_password("another wall")
    cast.owner.save()


CHANGES = {
    "a new person": lambda cast: services.create_user(username="ann"),
    "a new team": lambda cast: services.create_team(name="others"),
    "a new member": lambda cast: services.add_member(workspace=cast.team, user=cast.stranger),
    "another role": lambda cast: services.set_role(workspace=cast.team, user=cast.member, role="viewer"),
    "a member less": lambda cast: services.remove_member(workspace=cast.team, user=cast.member),
    "a new token": lambda cast: tokens.create_token(user=cast.owner, name="x"),
    "another password": change_password,
    "a deleted person": lambda cast: cast.stranger.delete(),
    "all signed out": lambda cast: services.end_all_sessions(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_epoch_moves_with(cast: Cast, change):
    before = epoch.current()
    CHANGES[change](cast)
    assert epoch.current() > before


def test_the_epoch_rests_when_somebody_merely_signs_in_or_uses_a_token(cast: Cast, as_user):
    _, raw = tokens.create_token(user=cast.owner, name="x")
    before = epoch.current()
    as_user(cast.owner)
    tokens.find_principal(raw)
    assert epoch.current() == before


def test_the_epoch_moves_when_somebody_signs_out(cast: Cast, as_user):
    browser = as_user(cast.owner)
    before = epoch.current()
    browser.post("/accounts/logout/")
    assert epoch.current() > before


def test_the_epoch_is_taken_back_with_the_change(cast: Cast):
    before = epoch.current()
    with transaction.atomic():
        services.create_team(name="others")
        transaction.set_rollback(True)
    assert epoch.current() == before


def test_the_epoch_starts_by_itself(db):
    AccessEpoch.objects.all().delete()
    assert epoch.current() == 0
    epoch.bump()
    epoch.bump()
    assert epoch.current() == 2


def test_caches_hear_of_a_change_at_once_and_once_committed(
    cast: Cast, monkeypatch, django_capture_on_commit_callbacks
):
    heard = []
    monkeypatch.setattr(epoch, "on_bumped", [lambda: heard.append(epoch.current())])
    with django_capture_on_commit_callbacks(execute=True):
        epoch.bump()
        assert len(heard) == 1
    assert len(heard) == 2
