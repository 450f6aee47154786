"""The one access rule: every role, scope, workspace and expiry; and hidden looks like missing."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from apps.accounts import services, tokens
from apps.accounts.models import ApiToken, User, Workspace
from apps.accounts.principals import Principal
from apps.envs import access, links
from apps.envs.models import Env, View
from apps.errors import Forbidden, Invalid, NotFound, ReadOnly, Unauthorized
from tests.support.cast import Cast, token_principal

NOTHING: frozenset[str] = frozenset()
VIEW = frozenset({"view"})
EDIT = frozenset({"view", "edit"})
MANAGE = frozenset({"view", "edit", "manage"})
VERBS = ("view", "edit", "manage")

# What a role gives to somebody signed in, and to a token of each scope. Written out, not computed: this is the rule.
RULE = {
    ("stranger", "session"): NOTHING,
    ("stranger", "read"): NOTHING,
    ("stranger", "write"): NOTHING,
    ("stranger", "admin"): NOTHING,
    ("viewer", "session"): VIEW,
    ("viewer", "read"): VIEW,
    ("viewer", "write"): VIEW,
    ("viewer", "admin"): VIEW,
    ("editor", "session"): EDIT,
    ("editor", "read"): VIEW,
    ("editor", "write"): EDIT,
    ("editor", "admin"): EDIT,
    ("manager", "session"): MANAGE,
    ("manager", "read"): VIEW,
    ("manager", "write"): EDIT,
    ("manager", "admin"): MANAGE,
    ("superuser", "session"): MANAGE,
    ("superuser", "read"): VIEW,
    ("superuser", "write"): EDIT,
    ("superuser", "admin"): MANAGE,
}
ROLES = ("stranger", "viewer", "editor", "manager", "superuser")
SCOPES = ("read", "write", "admin")


@pytest.fixture
def world(db: None) -> tuple[Workspace, Env]:
    team = services.create_team(name="team")
    return team, Env.objects.create(workspace=team, name="run_1")


def person(role: str, team: Workspace) -> User:
    user = services.create_user(username="ann", is_superuser=role == "superuser")
    if role in {"viewer", "editor", "manager"}:
        services.add_member(workspace=team, user=user, role=role)
    return user


def allowed(principal: Principal | None, target) -> frozenset[str]:
    return frozenset(verb for verb in VERBS if access.allows(principal, verb, target))


@pytest.mark.parametrize("role", ROLES)
def test_the_rule_for_people(world, role):
    team, run = world
    principal = Principal.of_user(person(role, team))
    view = View.objects.create(env=run, name="triage")
    for target in (team, run, view):
        assert allowed(principal, target) == RULE[role, "session"]


@pytest.mark.parametrize(
    ("role", "scope", "workspace", "expiry"),
    list(product(ROLES, SCOPES, ("any", "this", "another"), ("never", "later", "passed"))),
)
def test_the_rule_for_tokens(world, role, scope, workspace, expiry):
    team, run = world
    user = person(role, team)
    narrowed = {"any": None, "this": team, "another": Workspace.objects.get(owner=user)}[workspace]
    if workspace == "this" and role == "stranger":
        services.add_member(workspace=team, user=user)  # was a member once, when the token was made
    later = timezone.now() + timedelta(hours=1)
    token, raw = tokens.create_token(
        user=user, name="x", scope=scope, workspace=narrowed, expires_at=None if expiry == "never" else later
    )
    if expiry == "passed":
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    if workspace == "this" and role == "stranger":
        team.memberships.all().delete()

    try:
        principal = tokens.find_principal(raw)
    except Unauthorized:
        principal = None
    expected = NOTHING if expiry == "passed" or workspace == "another" else RULE[role, scope]
    for target in (team, run, View.objects.create(env=run, name="triage")):
        assert allowed(principal, target) == expected
    assert list(access.visible_envs(principal).filter(workspace=team)) == ([run] if expected else [])
    assert (team in access.visible_workspaces(principal)) == bool(expected)


@pytest.mark.parametrize(("role", "scope"), RULE)
def test_a_read_only_server_lets_everybody_look_and_nobody_write(world, settings, monkeypatch, role, scope):
    team, run = world
    user = person(role, team)
    principal = Principal.of_user(user) if scope == "session" else token_principal(user, scope=scope)
    monkeypatch.setattr(settings.PANEWALL, "readonly", True)
    assert allowed(principal, run) == RULE[role, scope] & VIEW
    for verb in ("edit", "manage"):
        with pytest.raises(ReadOnly if RULE[role, scope] else NotFound):
            access.require(principal, verb, run)


def test_nobody_may_do_nothing(world):
    _, run = world
    assert allowed(None, run) == NOTHING
    assert not access.visible_envs(None).exists()
    for ask in (access.require, lambda *_: access.find_env(None, "team/run_1")):
        with pytest.raises(Unauthorized):
            ask(None, "view", run)


def test_a_switched_off_account_may_do_nothing(cast: Cast):
    principal = Principal.of_user(cast.owner)
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert allowed(principal, cast.run) == NOTHING
    assert not access.visible_envs(principal).exists()
    with pytest.raises(NotFound):
        access.find_env(principal, "team/run_1")


# -- Refusals


def test_a_hidden_env_looks_like_a_missing_one(cast: Cast):
    stranger = Principal.of_user(cast.stranger)
    refusals = []
    for name in ("team/run_1", "team/run_2", "nowhere/run_1"):
        for verb in VERBS:
            with pytest.raises(NotFound) as refused:
                access.find_env(stranger, name, verb=verb)
            refusals.append(refused.value.detail.replace(name, "…"))
    assert len(set(refusals)) == 1
    with pytest.raises(NotFound):
        access.require(stranger, "edit", cast.run)


def test_who_may_look_is_told_what_is_missing(cast: Cast):
    with pytest.raises(Forbidden) as refused:
        access.find_env(Principal.of_user(cast.viewer), "team/run_1", verb="edit")
    assert "viewer" in refused.value.detail


# -- Names


def test_a_bare_name_is_in_ones_own_workspace(cast: Cast):
    me = Principal.of_user(cast.member)
    assert access.find_env(me, "main").workspace.name == "mika"
    with pytest.raises(NotFound):
        access.find_env(me, "run_1")
    assert access.find_env(me, "team/run_1") == cast.run
    workspace, name = access.split_name(me, "new run")
    assert (workspace.name, name) == ("mika", "new run")


def test_a_bare_name_of_a_narrowed_token_is_in_its_workspace(cast: Cast):
    program = token_principal(cast.member, workspace=cast.team)
    assert access.find_env(program, "run_1") == cast.run
    assert access.split_name(program, "new run") == (cast.team, "new run")
    for name in ("mika/main", "main"):
        with pytest.raises(NotFound):
            access.find_env(program, name)
    with pytest.raises(NotFound):
        access.split_name(program, "mika/new run")


def test_an_unknown_or_hidden_workspace_is_missing(cast: Cast):
    for name in ("team/x", "nowhere/x"):
        with pytest.raises(NotFound):
            access.split_name(Principal.of_user(cast.stranger), name)


@pytest.mark.parametrize(
    "name", ["", " ", "team/", "/", "team/a/b", "a\nb", "\x00", "x" * 301, ".", "..", "\ud800", 3, None]
)
def test_what_cannot_name_an_env_is_refused(cast: Cast, name):
    me = Principal.of_user(cast.owner)
    for ask in (access.find_env, access.split_name):
        with pytest.raises(Invalid) as refused:
            ask(me, name)
        assert list(refused.value.fields) == ["env"]


@pytest.mark.parametrize("name", ["ein Lauf", "ü", "a.b", "100%", "a?b#c", "🎛️", "x" * 300, "_", "...", "'--"])
def test_most_texts_can_name_an_env(cast: Cast, name):
    env = Env.objects.create(workspace=cast.team, name=name)
    assert access.find_env(Principal.of_user(cast.viewer), f"team/{name}") == env


def test_a_deleted_env_is_found_only_when_asked_for(cast: Cast):
    me = Principal.of_user(cast.owner)
    for days in (3, 1, 2):
        gone = timezone.now() - timedelta(days=days)
        Env.objects.create(workspace=cast.team, name="old", deleted_at=gone)
    with pytest.raises(NotFound):
        access.find_env(me, "team/old")
    latest = Env.objects.filter(name="old").latest("deleted_at")
    assert access.find_env(me, "team/old", deleted=True) == latest
    assert not access.visible_envs(me).filter(name="old").exists()


# -- It is cheap to ask


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_finding_an_env_is_one_query(cast: Cast, who, django_assert_num_queries):
    principal = Principal.of_user(getattr(cast, who))
    with django_assert_num_queries(1):
        try:
            assert access.find_env(principal, "team/run_1", verb="edit").full_name == "team/run_1"
        except NotFound:
            assert who == "stranger"


def test_the_rule_is_one_query_and_none_for_superusers_and_outsiders(
    cast: Cast, admin_person, django_assert_num_queries
):
    outsider = token_principal(cast.owner, workspace=Workspace.objects.get(owner=cast.owner))
    for principal, queries in (
        (Principal.of_user(cast.owner), 1),
        (Principal.of_user(admin_person), 0),
        (outsider, 0),
    ):
        with django_assert_num_queries(queries):
            access.allows(principal, "edit", cast.run)


def test_a_list_of_envs_is_one_query(cast: Cast, django_assert_num_queries):
    for number in range(20):
        Env.objects.create(workspace=cast.team, name=f"run {number}")
    with django_assert_num_queries(1):
        envs = list(access.visible_envs(Principal.of_user(cast.viewer)).select_related("workspace"))
    assert len(envs) == 22


# -- Share links as principals, and as targets


def test_a_link_views_its_env_and_nothing_else(cast: Cast):
    other = Env.objects.create(workspace=cast.team, name="run_2")
    _, raw = links.create_link(envs=[cast.run], created_by=cast.owner)
    visitor = links.find_link(raw)
    assert allowed(visitor, cast.run) == VIEW
    assert access.env_role(visitor, cast.run) == "viewer"
    for target in (other, cast.team, Env.objects.get(workspace__owner=cast.owner)):
        assert allowed(visitor, target) == NOTHING
    assert list(access.visible_envs(visitor)) == [cast.run]
    assert not access.visible_workspaces(visitor).exists()
    for name in ("run_1", "team/run_1"):
        assert access.find_env(visitor, name) == cast.run
    for name in ("run_2", "team/run_2", "olive/main"):
        with pytest.raises(NotFound):
            access.find_env(visitor, name)
    with pytest.raises(Forbidden):
        access.find_env(visitor, "run_1", verb="edit")


def test_links_are_managed_by_managers_and_their_creator(cast: Cast, admin_person):
    link, raw = links.create_link(envs=[cast.run], created_by=cast.member)
    expected = {
        cast.owner: MANAGE,
        cast.member: MANAGE,
        admin_person: MANAGE,
        cast.viewer: NOTHING,
        cast.stranger: NOTHING,
    }
    assert {user: allowed(Principal.of_user(user), link) for user in expected} == expected
    assert allowed(links.find_link(raw), link) == NOTHING
    assert allowed(token_principal(cast.owner, scope="admin"), link) == MANAGE
    assert allowed(token_principal(cast.owner, scope="write"), link) == NOTHING
    services.remove_member(workspace=cast.team, user=cast.member)
    assert allowed(Principal.of_user(cast.member), link) == NOTHING


def test_asking_about_something_else_is_a_mistake(cast: Cast):
    with pytest.raises(TypeError):
        access.allows(Principal.of_user(cast.owner), "view", cast.owner)
