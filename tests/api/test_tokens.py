"""``/tokens``: made, shown once, listed without their secret, revoked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.api.conftest import refused


def test_a_new_token_works_and_its_secret_is_shown_once(api, cast):
    owner = api(cast.owner)
    made = owner.post("/api/v1/tokens", {"name": "cluster", "scope": "write"})
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    raw = made.json()["token"]
    assert api(None).get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {raw}").json()["scope"] == "write"
    listed = owner.get("/api/v1/tokens")
    assert "cluster" in [row["name"] for row in listed.json()["results"]]
    assert raw not in listed.content.decode()


def test_a_revoked_token_opens_nothing(api, cast):
    owner = api(cast.owner)
    made = owner.post("/api/v1/tokens", {"name": "short"}).json()
    assert owner.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    response = api(None).get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {made['token']}")
    assert refused(response) == (401, "token_revoked")
    rows = owner.get("/api/v1/tokens").json()["results"]
    assert next(row for row in rows if row["id"] == made["id"])["revoked_at"]


def test_somebody_elses_token_looks_missing(api, cast):
    made = api(cast.owner).post("/api/v1/tokens", {"name": "mine"}).json()
    member = api(cast.member)
    assert refused(member.delete(f"/api/v1/tokens/{made['id']}")) == (404, "not_found")
    assert refused(member.delete("/api/v1/tokens/987654321")) == (404, "not_found")
    assert made["id"] not in [row["id"] for row in member.get("/api/v1/tokens").json()["results"]]


@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_lesser_token_makes_no_tokens(api, cast, scope):
    program = api(cast.owner, scope=scope)
    assert refused(program.post("/api/v1/tokens", {"name": "more", "scope": "admin"})) == (403, "forbidden")
    assert refused(program.get("/api/v1/tokens")) == (403, "forbidden")


def test_a_narrowed_token_makes_no_wider_one(api, cast):
    program = api(cast.owner, workspace=cast.team)
    assert refused(program.post("/api/v1/tokens", {"name": "more"})) == (403, "forbidden")


def test_a_token_can_be_narrowed_to_a_workspace_of_mine_only(api, cast):
    narrowed = api(cast.member).post("/api/v1/tokens", {"name": "team only", "workspace": "team"})
    assert narrowed.json()["workspace"] == "team"
    stranger = api(cast.stranger)
    hidden = stranger.post("/api/v1/tokens", {"name": "x", "workspace": "team"})
    missing = stranger.post("/api/v1/tokens", {"name": "x", "workspace": "nowhere"})
    assert refused(hidden) == refused(missing) == (404, "not_found")
    assert hidden.json()["detail"].replace("team", "") == missing.json()["detail"].replace("nowhere", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "scope": "root"}, "scope"),
        ({"name": "x", "scope": 1}, "scope"),
        ({"name": "x", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "user": 1}, "user"),
    ],
)
def test_a_wrong_field_is_named(api, cast, body, field):
    response = api(cast.owner).post("/api/v1/tokens", body)
    assert refused(response) == (400, "invalid")
    assert field in response.json()["fields"]


def test_a_token_can_expire(api, cast):
    soon = (timezone.now() + timedelta(days=30)).isoformat()
    made = api(cast.owner).post("/api/v1/tokens", {"name": "month", "expires_at": soon}).json()
    assert made["expires_at"][:10] == soon[:10]


def test_a_browser_needs_the_csrf_token_to_write(browser_of, cast):
    browser = browser_of(cast.owner)
    assert refused(browser.post("/api/v1/tokens", {"name": "forged"})) == (403, "csrf_failed")
    browser.get("/settings/tokens")  # a page with a form sets the cookie
    shown = browser.cookies["panewall_csrf"].value
    response = browser.post("/api/v1/tokens", {"name": "meant"}, HTTP_X_CSRFTOKEN=shown)
    assert response.status_code == 201
