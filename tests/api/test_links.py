"""``…/links``: public addresses of an env, made and taken back by those who manage it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.api.conftest import ENV, refused


@pytest.fixture
def link(api, cast) -> dict:
    return api(cast.owner).post(f"{ENV}/links", {"name": "for the paper"}).json()


def below(link: dict, rest: str) -> str:
    """An address of the shared page's own REST."""
    return link["url"].removeprefix("http://testserver") + rest


def test_a_link_is_shown_once_and_listed_without_its_secret(api, cast, link):
    listed = api(cast.owner).get(f"{ENV}/links")
    assert [row["name"] for row in listed.json()["results"]] == ["for the paper"]
    assert link["url"].rstrip("/").rpartition("/")[2] not in listed.content.decode()


def test_only_managers_see_and_make_links(api, cast, link):
    for person in (cast.member, cast.viewer):
        program = api(person)
        assert refused(program.get(f"{ENV}/links")) == (403, "forbidden")
        assert refused(program.post(f"{ENV}/links", {})) == (403, "forbidden")
        assert program.delete(f"{ENV}/links/{link['id']}").status_code in (403, 404)
    assert refused(api(cast.stranger).get(f"{ENV}/links")) == (404, "not_found")
    assert refused(api(cast.owner, scope="write").post(f"{ENV}/links", {})) == (403, "forbidden")


def test_below_the_link_the_env_is_read_without_credentials(api, cast, link):
    visitor = api(None)
    assert visitor.get(below(link, "api/v1/envs/team/run")).json()["full_name"] == "team/run"
    assert visitor.get(below(link, "api/v1/me")).json()["kind"] == "link"
    assert [row["name"] for row in visitor.get(below(link, "api/v1/envs")).json()["results"]] == ["run"]
    assert refused(visitor.get(below(link, "api/v1/envs/owner/main"))) == (404, "not_found")


def test_below_the_link_a_signed_in_owner_is_only_a_visitor(api, cast, link):
    owner = api(cast.owner)
    assert owner.get(below(link, "api/v1/me")).json()["username"] == ""
    assert refused(owner.get(below(link, "api/v1/envs/owner/main"))) == (404, "not_found")
    assert refused(owner.delete(below(link, "api/v1/envs/team/run/views/x"))) == (403, "forbidden")


def test_a_visitor_reads_nobodys_own_things(api, cast, link):
    visitor = api(None)
    assert refused(visitor.get(below(link, "api/v1/envs/team/run/layout"))) == (403, "forbidden")
    assert refused(visitor.get(below(link, "api/v1/envs/team/run/links"))) == (403, "forbidden")
    assert refused(visitor.get(below(link, "api/v1/tokens"))) == (403, "forbidden")
    assert visitor.get(below(link, "api/v1/workspaces")).json()["results"] == []
    api(cast.owner).put(f"{ENV}/views/day", {"state": {}})
    assert visitor.get(below(link, "api/v1/envs/team/run/views/day")).json()["created_by"] is None


def test_a_revoked_link_shows_nothing(api, cast, link):
    assert api(cast.owner).delete(f"{ENV}/links/{link['id']}").status_code == 204
    assert refused(api(None).get(below(link, "api/v1/envs/team/run"))) == (404, "not_found")


def test_a_link_dies_with_its_makers_role(api, cast, link):
    cast.team.memberships.filter(user=cast.owner).delete()
    assert refused(api(None).get(below(link, "api/v1/envs/team/run"))) == (404, "not_found")


def test_a_link_of_another_env_is_not_found_here(api, cast, link):
    assert refused(api(cast.owner).delete(f"/api/v1/envs/owner/main/links/{link['id']}")) == (
        404,
        "not_found",
    )


def test_a_link_cannot_begin_expired_nor_live_for_ever(api, cast):
    owner = api(cast.owner)
    for days in (-1, 100_000):
        when = (timezone.now() + timedelta(days=days)).isoformat()
        response = owner.post(f"{ENV}/links", {"expires_at": when})
        assert refused(response) == (400, "invalid")
        assert "expires_at" in response.json()["fields"]


def test_listing_links_costs_as_much_for_one_as_for_twenty(api, cast, link, django_assert_num_queries):
    owner = api(cast.owner)
    owner.get("/api/v1/me")
    with django_assert_num_queries(4):  # the env, my role, the count, the page
        owner.get(f"{ENV}/links")
    for _ in range(20):
        owner.post(f"{ENV}/links", {})
    owner.get("/api/v1/me")
    with django_assert_num_queries(4):
        assert owner.get(f"{ENV}/links").json()["count"] == 21
