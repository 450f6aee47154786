"""Signing in and out, the one-time link, the tokens page, read-only servers: through the browser's door."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from apps.accounts import services, sessions, tokens
from apps.accounts.models import ApiToken, SignInLink, User
from apps.accounts.principals import Principal
from tests.support.cast import PASSWORD, Cast

LOGIN = "/accounts/login/"
TOKENS = "/settings/tokens"


def signed_in_as(browser: Client) -> str | None:
    user = browser.get(TOKENS).wsgi_request.user
    return user.username if user.is_authenticated else None


@pytest.mark.parametrize("login", ["olive", "olive@example.org"])
def test_people_sign_in_by_name_or_address(cast: Cast, login):
    browser = Client()
    response = browser.post(LOGIN, {"login": login, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in_as(browser) == "olive"


def test_a_wrong_password_and_an_unknown_name_look_the_same(cast: Cast):
    answers = [
        Client().post(LOGIN, {"login": login, "password": "wrong"}).context["form"].non_field_errors()
        for login in ("olive", "nobody")
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]) == 1


def test_guessing_is_throttled_even_with_the_right_password_at_last(cast: Cast):
    browser = Client()
    for _ in range(8):
        browser.post(LOGIN, {"login": "olive", "password": "wrong"})
    browser.post(LOGIN, {"login": "olive", "password": PASSWORD})
    assert signed_in_as(browser) is None


def test_a_switched_off_account_does_not_sign_in(cast: Cast):
    cast.owner.is_active = False
    cast.owner.save()
    browser = Client()
    browser.post(LOGIN, {"login": "olive", "password": PASSWORD})
    assert signed_in_as(browser) is None


def test_nobody_signs_up(db):
    browser = Client()
    browser.post("/accounts/signup/", {"username": "ann", "password1": PASSWORD, "email": "a@example.org"})
    assert not User.objects.exists()
    assert "password1" not in browser.get("/accounts/signup/").content.decode()


def test_signing_in_leads_to_no_other_host(cast: Cast):
    answer = Client().post(f"{LOGIN}?next=https://evil.example/", {"login": "olive", "password": PASSWORD})
    assert answer["Location"] == "/"


def test_looking_at_the_sign_out_page_signs_nobody_out(cast: Cast, as_user):
    browser = as_user(cast.owner)
    browser.get("/accounts/logout/")
    assert signed_in_as(browser) == "olive"
    browser.post("/accounts/logout/")
    assert signed_in_as(browser) is None


def test_the_admins_sign_in_is_the_throttled_one(db):
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


@pytest.mark.parametrize("path", ["/", TOKENS, "/settings/links", "/w/team/env/run_1", "/env/run_1"])
def test_pages_are_closed_to_those_who_are_not_signed_in(path, cast: Cast):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


def test_people_change_their_password_and_stay_signed_in(cast: Cast, as_user):
    browser, elsewhere = as_user(cast.owner), as_user(cast.owner)
    new = "another wall of glass"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert browser.get("/accounts/password/change/").status_code == 200
    assert browser.post("/accounts/password/change/", form).status_code == 302
    cast.owner.refresh_from_db()
    assert cast.owner.check_password(new)
    assert signed_in_as(browser) == "olive"
    assert signed_in_as(elsewhere) is None


def test_an_owner_without_a_password_sets_one(admin_person, as_user):
    admin_person.set_password(None)
    admin_person.save()
    browser = as_user(admin_person)
    assert browser.get("/accounts/password/change/")["Location"] == "/accounts/password/set/"
    new = "another wall of glass"
    browser.post("/accounts/password/set/", {"password1": new, "password2": new})
    admin_person.refresh_from_db()
    assert admin_person.check_password(new)


def test_people_see_where_they_are_signed_in(cast: Cast):
    browser = Client()
    browser.post(LOGIN, {"login": "olive", "password": PASSWORD})
    assert browser.get("/accounts/sessions/").status_code == 200


# -- The one-time link


def test_a_preview_of_the_link_does_not_use_it_up(cast: Cast):
    raw = services.create_sign_in_link(user=cast.owner)
    for method in ("get", "head", "get"):
        preview = Client()
        assert getattr(preview, method)(f"/sign-in/{raw}").status_code == 200
        assert signed_in_as(preview) is None
    browser = Client()
    assert browser.post(f"/sign-in/{raw}")["Location"] == "/"
    assert signed_in_as(browser) == "olive"


def test_the_link_signs_in_once(cast: Cast):
    raw = services.create_sign_in_link(user=cast.owner)
    Client().post(f"/sign-in/{raw}")
    late = Client()
    for answer in (late.get(f"/sign-in/{raw}"), late.post(f"/sign-in/{raw}")):
        assert answer.status_code == 404
        assert "no longer works" in answer.content.decode()
    assert signed_in_as(late) is None


def test_a_link_that_is_too_old_or_of_a_switched_off_account_does_not_work(cast: Cast):
    raw = services.create_sign_in_link(user=cast.owner)
    SignInLink.objects.update(expires_at="2020-01-01T00:00Z")
    assert Client().post(f"/sign-in/{raw}").status_code == 404
    raw = services.create_sign_in_link(user=cast.owner)
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert Client().post(f"/sign-in/{raw}").status_code == 404


def test_the_page_of_the_link_is_kept_by_nobody(cast: Cast):
    raw = services.create_sign_in_link(user=cast.owner)
    answer = Client().get(f"/sign-in/{raw}")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


# -- Sessions


def test_a_socket_can_ask_who_a_session_belongs_to(cast: Cast, as_user):
    browser = as_user(cast.owner)
    key = browser.session.session_key
    assert sessions.find_principal(key) == Principal.of_user(cast.owner)
    cast.owner.set_password("another wall")
    cast.owner.save()
    assert sessions.find_principal(key) is None


@pytest.mark.parametrize("key", [None, "", "x", "x" * 5000, "\x00", "é"])
def test_no_session_is_nobody(key, db):
    assert sessions.find_principal(key) is None


def test_ending_all_sessions_signs_everybody_out(cast: Cast, as_user):
    browsers = [as_user(cast.owner), as_user(cast.member)]
    assert services.end_all_sessions() == 2
    assert [signed_in_as(browser) for browser in browsers] == [None, None]
    assert not Session.objects.exists()


# -- The tokens page


def make(browser: Client, **fields):
    return browser.post(
        TOKENS, {"name": "gpu-3", "scope": "write", "workspace": "", "expires": "30", **fields}
    )


def test_a_new_token_is_shown_once(cast: Cast, as_user):
    browser = as_user(cast.member)
    raw = make(browser, workspace="team").context["new_token"]
    found = tokens.find_token(raw)
    assert (found.user, found.workspace, found.scope, found.name) == (
        cast.member,
        cast.team,
        "write",
        "gpu-3",
    )
    assert found.expires_at is not None
    again = browser.get(TOKENS).content.decode()
    assert raw not in again
    assert found.hint in again
    assert not any(raw in row.session_data for row in Session.objects.all())


def test_a_token_may_live_for_ever(cast: Cast, as_user):
    raw = make(as_user(cast.member), expires="").context["new_token"]
    assert tokens.find_token(raw).expires_at is None


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("scope", "all"), ("workspace", "team"), ("expires", "1000000")]
)
def test_the_page_says_which_field_is_wrong(cast: Cast, as_user, field, value):
    answer = make(as_user(cast.stranger), **{field: value})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["new_token"] is None
    assert not ApiToken.objects.exists()


def test_one_sees_and_revokes_ones_own_tokens_only(cast: Cast, as_user):
    token, raw = tokens.create_token(user=cast.owner, name="secret-gpu")
    stranger, owner = as_user(cast.stranger), as_user(cast.owner)
    assert "secret-gpu" not in stranger.get(TOKENS).content.decode()
    assert stranger.post(TOKENS, {"revoke": token.pk}).status_code == 404
    assert stranger.post(TOKENS, {"revoke": "x"}).status_code == 404
    assert tokens.find_token(raw) == token
    assert owner.post(TOKENS, {"revoke": token.pk}).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "secret-gpu" not in [row.name for row in owner.get(TOKENS).context["tokens"]]


def test_forms_need_the_forms_own_token(cast: Cast):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    assert make(browser).status_code == 403
    assert not ApiToken.objects.exists()


# -- A read-only server, and headers


@pytest.fixture
def readonly(settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL, "readonly", True)


def test_a_read_only_server_refuses_every_form_but_lets_people_in_and_out(cast: Cast, readonly):
    browser = Client()
    browser.post(LOGIN, {"login": "olive", "password": PASSWORD})
    assert signed_in_as(browser) == "olive"
    answer = make(browser)
    assert answer.status_code == 403
    assert "read-only" in answer.content.decode()
    assert not ApiToken.objects.exists()
    browser.post("/accounts/logout/")
    assert signed_in_as(browser) is None


def test_a_read_only_server_refuses_the_admin(admin_person, as_user, readonly):
    answer = as_user(admin_person).post("/admin/accounts/user/add/", {"username": "ann"})
    assert answer.status_code == 403
    assert not User.objects.filter(username="ann").exists()


def test_pages_carry_the_headers_of_a_careful_server(cast: Cast, as_user):
    headers = as_user(cast.owner).get("/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "private, no-store"


def test_a_missing_page_says_so(cast: Cast, as_user):
    answer = as_user(cast.owner).get("/nothing/here")
    assert answer.status_code == 404
    assert "nothing here that you can see" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("/settings", "/settings/tokens"),
        ("/settings/", "/settings/tokens"),
        ("/settings/links/?page=2", "/settings/links?page=2"),
        ("/w", "/"),
        ("/w/", "/"),
        ("/w/team", "/w/team/runs"),
        ("/w/team/", "/w/team/runs"),
        ("/w/team/env", "/w/team/runs"),
        ("/w/team/env/", "/w/team/runs"),
        ("/w/team/runs/", "/w/team/runs"),
        ("/w/team/env/run_1/?win=a%26b", "/w/team/env/run_1?win=a%26b"),
        ("/runs", "/w/olive/runs"),
        ("/env", "/"),
        ("/compare/", "/"),
        ("/api", "/api/docs"),
        ("/api/", "/api/docs"),
        ("/api/docs/", "/api/docs"),
        ("/api/v1", "/api/docs"),
        ("/api/v1/", "/api/docs"),
    ],
)
def test_an_address_with_too_little_or_a_slash_too_much_leads_to_the_page(cast: Cast, as_user, typed, page):
    answer = as_user(cast.owner).get(typed, follow=True, headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, page)


@pytest.mark.parametrize("path", ["/w/team", "/w/team/env", "/w/nobody", "/nothing/"])
def test_no_other_address_leads_anywhere(cast: Cast, as_user, path):
    answer = as_user(cast.stranger).get(path, follow=True)
    assert answer.status_code == 404


def test_whoever_is_not_signed_in_comes_to_the_page_they_typed_after_signing_in(cast: Cast):
    answer = Client().get("/settings", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/settings"


def test_a_missing_address_of_rest_answers_in_the_one_shape(cast: Cast, as_user):
    answer = as_user(cast.owner).get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
