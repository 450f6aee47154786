"""``…/links``: public addresses of an env, made and taken back by those who manage it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Workspace
from apps.accounts.services import add_member, create_team
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
    with django_assert_num_queries(5):  # the env, my role, the count, the page, what they show
        owner.get(f"{ENV}/links")
    for _ in range(20):
        owner.post(f"{ENV}/links", {})
    owner.get("/api/v1/me")
    with django_assert_num_queries(5):
        assert owner.get(f"{ENV}/links").json()["count"] == 21


# -- Several envs, and views


@pytest.fixture
def other(cast) -> str:
    """An env of another workspace, which the owner manages, too."""
    lab = create_team(name="lab", manager=cast.owner)
    lab.envs.create(name="run")
    return "lab/run"


def test_a_link_of_several_envs_is_made_listed_and_revoked(api, cast, other):
    owner = api(cast.owner)
    asked = {"envs": [other, "team/run"], "name": "both", "state": {"filter": "val"}}
    made = owner.post("/api/v1/links", asked, format="json")
    assert made.status_code == 201
    assert (made.json()["envs"], made.json()["others"], made.json()["view"]) == ([other, "team/run"], 0, "")
    visitor = api(None)
    names = {row["full_name"] for row in visitor.get(below(made.json(), "api/v1/envs")).json()["results"]}
    assert names == {other, "team/run"}
    alone = owner.post(f"{ENV}/links", {"name": "one"}, format="json").json()
    listed = {row["name"]: row["envs"] for row in owner.get("/api/v1/links").json()["results"]}
    assert listed == {"both": [other, "team/run"], "one": ["team/run"]}
    for address in (f"/api/v1/links?env={other}&env=team/run", "/api/v1/envs/lab/run/links"):
        assert [row["name"] for row in owner.get(address).json()["results"]] == ["both"]
    for id in (made.json()["id"], alone["id"]):
        assert owner.delete(f"/api/v1/links/{id}").status_code == 204
    assert refused(visitor.get(below(made.json(), "api/v1/envs"))) == (404, "not_found")
    assert all(row["revoked_at"] for row in owner.get("/api/v1/links").json()["results"])


def test_every_env_of_a_link_must_be_ones_own_to_give_away(api, cast, other):
    cast.team.memberships.filter(user=cast.member).update(role="manager")
    asked = {"envs": ["team/run", other]}
    assert refused(api(cast.member).post("/api/v1/links", asked, format="json")) == (404, "not_found")
    add_member(workspace=Workspace.objects.get(name="lab"), user=cast.member, role="editor")
    assert refused(api(cast.member).post("/api/v1/links", asked, format="json")) == (403, "forbidden")
    assert refused(api(cast.owner, scope="write").post("/api/v1/links", asked, format="json"))[0] == 403


def test_who_manages_one_env_of_a_link_learns_of_it_and_not_of_the_others(api, cast, other):
    made = api(cast.owner).post("/api/v1/links", {"envs": [other, "team/run"]}, format="json").json()
    cast.team.memberships.filter(user=cast.member).update(role="manager")
    manager = api(cast.member)
    for address in ("/api/v1/links", f"{ENV}/links"):
        answer = manager.get(address)
        assert [(row["envs"], row["others"]) for row in answer.json()["results"]] == [(["team/run"], 1)]
        assert "lab" not in answer.content.decode()
    assert api(cast.viewer).get("/api/v1/links").json()["results"] == []
    assert refused(api(cast.viewer).delete(f"/api/v1/links/{made['id']}")) == (404, "not_found")
    assert refused(api(cast.owner, scope="write").get("/api/v1/links")) == (403, "forbidden")
    assert manager.delete(f"/api/v1/links/{made['id']}").status_code == 204


def test_a_link_leads_to_a_view(api, cast):
    owner = api(cast.owner)
    assert refused(owner.post(f"{ENV}/links", {"view": "day"}, format="json")) == (404, "not_found")
    owner.put(f"{ENV}/views/day", {"state": {"filter": "loss"}}, format="json")
    made = owner.post(f"{ENV}/links", {"view": "day"}, format="json").json()
    assert made["view"] == "day"
    visitor = api(None)
    assert visitor.get(below(made, "api/v1/envs/team/run/views/day")).json()["state"] == {"filter": "loss"}


def test_below_a_link_nobody_makes_lists_or_revokes_links(api, cast, link):
    owner = api(cast.owner)
    assert refused(owner.get(below(link, "api/v1/links"))) == (403, "forbidden")
    answer = owner.post(below(link, "api/v1/links"), {"envs": ["team/run"]}, format="json")
    assert refused(answer) == (403, "forbidden")
    assert refused(owner.delete(below(link, f"api/v1/links/{link['id']}"))) == (404, "not_found")
