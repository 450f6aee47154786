"""The Django admin: a superuser's door, held to the same rules."""

import pytest
from django.apps import apps as django_apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import CompositePrimaryKey
from django.test import Client
from django.urls import reverse

from apps.accounts import services, tokens
from apps.accounts.models import AccessEpoch, Membership, User, Workspace
from apps.envs import links
from apps.envs.models import Env, PageLayout, PaneLayout, Snapshot, View
from apps.jobs.models import Job
from apps.media.models import Asset, BestStepPreference, Pin, PinPage, Rendition, Sample, Sending
from apps.runs.models import Column, Known, Setting, Summary, TableLook
from apps.visdom.models import ImportedWindow, MappedName
from apps.windows.models import Chunk, IngestSession, Tail, TextPart, Trace, Window
from tests.support.cast import PASSWORD, Cast

OURS = [config for config in django_apps.get_app_configs() if config.name.startswith("apps.")]
MODELS = [
    model for model in admin.site._registry if django_apps.get_app_config(model._meta.app_label) in OURS
]


@pytest.fixture
def browser(admin_person, as_user) -> Client:
    return as_user(admin_person)


def test_every_model_is_there():
    """But for how points and texts are stored: Django's admin has no page for rows of several key columns."""
    models = {model for config in OURS for model in config.get_models()}
    assert models - set(MODELS) == {Chunk, Tail, TextPart}
    assert all(isinstance(model._meta.pk, CompositePrimaryKey) for model in models - set(MODELS))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_opens(browser, cast: Cast, model):
    tokens.create_token(user=cast.owner, name="x")
    links.create_link(envs=[cast.run], created_by=cast.owner)
    services.create_sign_in_link(user=cast.owner)
    fill(cast)
    answer = browser.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    assert answer.status_code == 200
    first = model.objects.order_by("pk").first()
    assert first is not None, "An empty list shows nothing of its columns."
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    page = browser.get(reverse(name, args=[quote(str(first.pk))]))
    assert page.status_code == 200
    secret = getattr(first, "hash", None)
    assert secret is None or secret not in page.content.decode()


def fill(cast: Cast) -> None:
    """A row of each model that the cast does not bring."""
    person, team, env = {"user": cast.owner}, {"workspace": cast.team}, {"env": cast.run}
    AccessEpoch.objects.get_or_create()
    View.objects.create(**env, name="day")
    PaneLayout.objects.create(**env, **person)
    PageLayout.objects.create(**person, key="k")
    Snapshot.objects.create(
        **env, revision=1, copy=Env.objects.create(**team, name="copy", copy_of=cast.run), name="s"
    )
    Job.objects.create(task="some.task")
    window = Window.objects.create(**env, key="w", kind="image", place=1)
    Trace.objects.create(window=window, index=0, name="t")
    IngestSession.objects.create(id="a" * 32, principal="user:1", last_batch=1)
    asset = Asset.objects.create(sha256="0" * 64, content_type="image/png", size=1)
    Rendition.objects.create(asset=asset, name="w320", size=1, content_type="image/webp")
    Sample.objects.create(window=window, step=0, asset=asset)
    Sending.objects.create(asset=asset, **person)
    Pin.objects.create(
        page=PinPage.objects.create(**person, key="k"), **env, scope="page", step=1, source="best"
    )
    BestStepPreference.objects.create(**person, **team, tolerance=3)
    column = Column.objects.create(**team, source="metric", name="loss")
    Summary.objects.create(column=column, **env, trace_id=1, generation=1)
    Setting.objects.create(column=column, **env, number=1.5)
    Known.objects.create(**env, **team, revision=1)
    TableLook.objects.create(**person, **team)
    MappedName.objects.create(**team, name="a/b")
    ImportedWindow.objects.create(**env, key="w", source="0" * 64, result="0" * 64)


def test_the_admin_is_closed_to_members(cast: Cast, as_user):
    assert as_user(cast.owner).get("/admin/accounts/user/").status_code == 302


def test_a_person_made_here_has_a_workspace(browser):
    form = {
        "username": "ann",
        "email": "ann@example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert browser.post("/admin/accounts/user/add/", form).status_code == 302
    user = User.objects.get(username="ann")
    assert user.check_password(PASSWORD)
    assert not user.is_staff
    assert Workspace.objects.get(owner=user).envs.get().name == "main"


def test_a_taken_name_is_refused_on_the_form(browser, cast: Cast):
    form = {"username": "TEAM", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = browser.post("/admin/accounts/user/add/", form)
    assert "username" in answer.context["adminform"].form.errors


def members_form(workspace: Workspace, **changes) -> dict:
    rows = list(workspace.memberships.all())
    form = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    for place, row in enumerate(rows):
        prefix = f"memberships-{place}"
        form |= {f"{prefix}-id": row.pk, f"{prefix}-workspace": workspace.pk, f"{prefix}-user": row.user_id}
        form[f"{prefix}-role"] = changes.get(row.user.username, row.role)
        if form[f"{prefix}-role"] == "gone":
            form |= {f"{prefix}-role": row.role, f"{prefix}-DELETE": "on"}
    return form


def test_a_team_is_made_and_gets_members(browser, cast: Cast):
    form = {
        "name": "others",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-user": cast.stranger.pk,
        "memberships-0-role": "manager",
    }
    assert browser.post("/admin/accounts/workspace/add/", form).status_code == 302
    assert Membership.objects.get(workspace__name="others").user == cast.stranger


def test_roles_change_but_a_manager_stays(browser, cast: Cast):
    url = f"/admin/accounts/workspace/{cast.team.pk}/change/"
    assert browser.post(url, members_form(cast.team, vera="editor", mika="gone")).status_code == 302
    assert dict(cast.team.memberships.values_list("user__username", "role")) == {
        "olive": "manager",
        "vera": "editor",
    }
    for change in ("viewer", "gone"):
        assert browser.post(url, members_form(cast.team, olive=change)).status_code == 200
    own = Workspace.objects.get(owner=cast.owner)
    url = f"/admin/accounts/workspace/{own.pk}/change/"
    assert browser.post(url, members_form(own, olive="gone")).status_code == 200
    assert own.memberships.count() == 1


def act(browser: Client, model: str, action: str, *rows) -> None:
    url = reverse(f"admin:{model}_changelist")
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    assert browser.post(url, form).status_code == 302


def test_tokens_and_links_are_revoked_here(browser, cast: Cast):
    token, _ = tokens.create_token(user=cast.owner, name="x")
    link, _ = links.create_link(envs=[cast.run], created_by=cast.owner)
    act(browser, "accounts_apitoken", "revoke", token)
    act(browser, "envs_sharelink", "revoke", link)
    for row in (token, link):
        row.refresh_from_db()
        assert row.revoked_at is not None


def test_a_sign_in_link_can_be_handed_out(browser, cast: Cast):
    act(browser, "accounts_user", "make_sign_in_link", cast.owner)
    page = browser.get("/admin/accounts/user/").content.decode()
    raw = page.split("/sign-in/")[1][:32]
    assert services.peek_sign_in_link(raw) == cast.owner
