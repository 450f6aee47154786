"""``/me`` and ``/workspaces``: who a token is, and what it may see."""

from tests.api.conftest import refused


def test_nobody_is_told_how_to_sign_in(api, cast):
    response = api(None).get("/api/v1/me")
    assert refused(response) == (401, "unauthorized")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_says_whose_it_is_and_what_it_may(api, cast):
    me = api(cast.member, scope="read", workspace=cast.team).get("/api/v1/me").json()
    assert me == {
        "kind": "token",
        "username": "member",
        "scope": "read",
        "workspace": "team",
        "is_superuser": False,
        "read_only": False,
    }


def test_a_signed_in_browser_is_its_person(browser_of, cast):
    me = browser_of(cast.owner).get("/api/v1/me").json()
    assert (me["kind"], me["username"], me["scope"]) == ("user", "owner", "admin")


def test_an_unknown_token_is_refused_even_with_a_session(browser_of, cast):
    browser = browser_of(cast.owner)
    response = browser.get("/api/v1/me", HTTP_AUTHORIZATION="Bearer pw_nonsense")
    assert refused(response) == (401, "token_unknown")


def test_a_password_is_no_way_in(api, cast):
    import base64

    basic = base64.b64encode(b"owner:a wall of windows").decode()
    response = api(None).get("/api/v1/me", HTTP_AUTHORIZATION=f"Basic {basic}")
    assert refused(response) == (401, "unauthorized")


def test_workspaces_are_mine_with_my_role(api, cast):
    answer = api(cast.member).get("/api/v1/workspaces").json()
    assert [(row["name"], row["kind"], row["role"]) for row in answer["results"]] == [
        ("member", "personal", "manager"),
        ("team", "team", "editor"),
    ]


def test_a_role_is_never_more_than_the_tokens_scope(api, cast):
    answer = api(cast.owner, scope="read").get("/api/v1/workspaces").json()
    assert {row["role"] for row in answer["results"]} == {"viewer"}


def test_a_narrowed_token_sees_one_workspace(api, cast):
    answer = api(cast.owner, workspace=cast.team).get("/api/v1/workspaces").json()
    assert [row["name"] for row in answer["results"]] == ["team"]


def test_listing_workspaces_costs_as_much_for_two_as_for_twenty(
    api, cast, django_assert_num_queries, django_assert_max_num_queries
):
    from apps.accounts.services import create_team

    client = api(cast.owner)
    client.get("/api/v1/me")  # the token is known from here on
    with django_assert_num_queries(2):
        client.get("/api/v1/workspaces")
    for number in range(18):
        create_team(name=f"team{number}", manager=cast.owner)
    client.get("/api/v1/me")  # new roles empty the cache of principals
    with django_assert_num_queries(2):
        assert client.get("/api/v1/workspaces").json()["count"] == 20
