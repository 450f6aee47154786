"""A workspace looks as its managers want, and its style sheet does nothing but style."""

import pytest

from apps.accounts import services
from apps.accounts.models import Workspace
from apps.envs import links
from tests.support.cast import admin_person, as_user, cast  # noqa: F401  fixtures

CSS = ".pane { border-color: teal }\n@import url(https://evil.example/x.css);\n</style><script>alert(1)</script>"
URL = "/w/team/style.css"


@pytest.fixture
def owner(as_user, cast):  # noqa: F811
    return as_user(cast.owner)


def save(browser, style: str, workspace: str = "team"):
    return browser.post("/settings/style", {"workspace": workspace, "style": style})


def test_a_manager_writes_it_and_members_pages_get_it(owner, as_user, cast):  # noqa: F811
    assert save(owner, CSS).status_code == 302
    assert Workspace.objects.get(name="team").style == CSS
    answer = as_user(cast.viewer).get(URL)
    assert answer.content.decode() == CSS
    assert CSS.splitlines()[0] in owner.get("/settings/style?workspace=team").content.decode()


def test_it_is_css_and_nothing_else_to_any_browser(owner):
    save(owner, CSS)
    headers = owner.get(URL).headers
    assert headers["Content-Type"] == "text/css; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"


def test_the_pages_it_is_for_load_nothing_from_other_hosts(owner):
    """What a sheet may bring in is bound by the page's policy."""
    save(owner, CSS)
    policy = owner.get("/w/team/env/run_1").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if " " in rule.strip())
    assert rules["default-src"] == "'none'"
    for kind in ("style-src", "img-src", "font-src", "connect-src", "media-src", "frame-src"):
        assert "http" not in rules[kind]
        assert "*" not in rules[kind]


def test_the_page_of_an_env_brings_its_workspaces_sheet(owner):
    """And asks for none where there is none."""
    assert URL not in owner.get("/w/team/env/run_1").content.decode()
    save(owner, CSS)
    assert f'href="{URL}"' in owner.get("/w/team/env/run_1").content.decode()


def test_an_unwritten_sheet_is_empty_and_not_missing(owner):
    answer = owner.get(URL)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_sheet_that_is_held_is_not_sent_again(owner):
    save(owner, CSS)
    tag = owner.get(URL).headers["ETag"]
    assert owner.get(URL, HTTP_IF_NONE_MATCH=tag).status_code == 304
    save(owner, "")
    assert owner.get(URL, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_strangers_see_none(as_user, cast, owner):  # noqa: F811
    save(owner, CSS)
    assert as_user(cast.stranger).get(URL).status_code == 404
    assert as_user(cast.stranger).get("/w/none/style.css").status_code == 404
    assert as_user(None).get(URL).status_code in (302, 401, 404)


@pytest.mark.parametrize("who", ["member", "viewer", "stranger"])
def test_only_managers_write_it(as_user, cast, who):  # noqa: F811
    assert save(as_user(getattr(cast, who)), CSS).status_code == 400
    assert Workspace.objects.get(name="team").style == ""


def test_a_visitor_of_a_share_link_gets_the_sheet_by_the_link_alone(owner, as_user, cast):  # noqa: F811
    save(owner, CSS)
    _, raw = links.create_link(envs=[cast.run], created_by=cast.owner, name="x")
    visitor = as_user(None)
    assert visitor.get(f"/s/{raw}/style.css").content.decode() == CSS
    assert visitor.get("/s/" + "x" * 32 + "/style.css").status_code == 404
    assert f"/s/{raw}/style.css" in visitor.get(f"/s/{raw}/").content.decode()


@pytest.mark.parametrize("style", ["x" * (64 * 1024 + 1), "a\x00b", "a\x1b[0m"])
def test_what_is_no_style_is_refused_with_words(owner, style):
    answer = save(owner, style)
    assert answer.status_code == 400
    assert Workspace.objects.get(name="team").style == ""


def test_every_account_has_a_page_for_it(as_user, cast):  # noqa: F811
    assert services.get_workspace("sten").style == ""
    page = as_user(cast.stranger).get("/settings/style").content.decode()
    assert 'value="sten"' in page
    assert "team" not in page
