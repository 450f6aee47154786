"""``/envs``: listed, made, renamed, forked, cleared, deleted, restored."""

import pytest

from apps.envs.models import Env
from tests.api.conftest import ENV, put, refused


def names(response) -> list[str]:
    return [row["full_name"] for row in response.json()["results"]]


def test_everybody_lists_the_envs_they_may_see(api, cast):
    assert set(names(api(cast.viewer).get("/api/v1/envs"))) == {"team/run", "viewer/main"}
    assert names(api(cast.stranger).get("/api/v1/envs")) == ["stranger/main"]
    assert names(api(cast.owner, workspace=cast.team).get("/api/v1/envs")) == ["team/run"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=RU", ["team/run"]),
        ("search=baseline", ["team/run"]),
        ("search=team run", ["team/run"]),
        ("search=team nothing", []),
        ("workspace=TEAM", ["team/run"]),
        ("workspace=stranger", []),
        ("status=failed", []),
        ("deleted=true", []),
    ],
)
def test_a_list_is_narrowed_by_words_workspace_and_status(api, cast, query, found):
    assert names(api(cast.owner).get(f"/api/v1/envs?{query}")) == found


def test_pages_follow_each_other(api, cast):
    for number in range(7):
        cast.team.envs.create(name=f"run{number}")
    owner = api(cast.owner)
    seen, address = [], "/api/v1/envs?workspace=team&page_size=3"
    while address:
        page = owner.get(address)
        assert page.json()["count"] == 8
        seen += names(page)
        address = page.json()["next"]
    assert len(seen) == len(set(seen)) == 8
    assert names(owner.get("/api/v1/envs?page=9")) == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page_size=201", "page_size=0", f"page={10**30}", "serach=x", "deleted=5"]
)
def test_a_query_that_makes_no_sense_is_refused_by_name(api, cast, query):
    response = api(cast.owner).get(f"/api/v1/envs?{query}")
    assert refused(response) == (400, "invalid")
    assert list(response.json()["fields"]) == [query.partition("=")[0]]


def test_listing_costs_as_much_for_two_envs_as_for_forty(api, cast, django_assert_num_queries):
    owner = api(cast.owner)
    owner.get("/api/v1/me")
    with django_assert_num_queries(2):  # the count, the page
        owner.get("/api/v1/envs")
    for number in range(40):
        cast.team.envs.create(name=f"run{number}")
    with django_assert_num_queries(2):
        assert len(owner.get("/api/v1/envs").json()["results"]) == 42


def test_one_env_says_all_of_itself(api, cast):
    env = api(cast.viewer).get(ENV).json()
    assert env["config"] == {"lr": 0.1}
    assert env["tags"] == ["baseline"]
    assert (env["workspace"], env["name"], env["status"]) == ("team", "run", "")


def test_a_hidden_env_looks_like_a_missing_one(api, wall):
    stranger = api(wall.stranger)
    for method in ("get", "delete"):
        hidden = getattr(stranger, method)(ENV)
        missing = getattr(stranger, method)("/api/v1/envs/team/none")
        nowhere = getattr(stranger, method)("/api/v1/envs/none/none")
        assert refused(hidden) == refused(missing) == refused(nowhere) == (404, "not_found")
    assert refused(stranger.patch(ENV, {"name": "mine"})) == (404, "not_found")
    assert refused(stranger.post("/api/v1/envs", {"name": "run", "workspace": "team"})) == (404, "not_found")
    assert refused(stranger.post("/api/v1/envs", {"name": "run", "workspace": "none"})) == (404, "not_found")


def test_changing_a_missing_env_makes_none(api, wall):
    member, none = api(wall.member), "/api/v1/envs/team/none"
    for response in (
        member.delete(none),
        member.patch(none, {"name": "x"}),
        member.patch(none, {"status": "failed"}),
        member.post(f"{none}/fork", {"to": "x"}),
        member.post(f"{none}/clear"),
        member.post(f"{none}/restore"),
        member.delete(f"{none}/windows/loss"),
        member.patch(f"{none}/windows/loss", {"title": "x"}),
        member.post(f"{none}/closed-windows/1/restore"),
    ):
        assert refused(response) == (404, "not_found")
    assert not Env.objects.filter(name__in=["none", "x"]).exists()


def test_a_new_env_is_201_and_a_known_one_is_added_to(api, wall):
    member = api(wall.member)
    made = member.post(
        "/api/v1/envs", {"name": "next", "workspace": "team", "tags": ["a"], "config": {"x": 1}}
    )
    assert (made.status_code, made.json()["full_name"]) == (201, "team/next")
    again = member.post(
        "/api/v1/envs", {"name": "next", "workspace": "team", "tags": ["b"], "config": {"y": 2}}
    )
    assert again.status_code == 200
    assert (again.json()["tags"], again.json()["config"]) == (["a", "b"], {"x": 1, "y": 2})


def test_an_env_without_a_workspace_is_my_own(api, wall):
    assert api(wall.member).post("/api/v1/envs", {"name": "x"}).json()["full_name"] == "member/x"
    narrowed = api(wall.member, workspace=wall.team)
    assert narrowed.post("/api/v1/envs", {"name": "y"}).json()["full_name"] == "team/y"


def test_a_viewer_changes_nothing(api, wall):
    viewer = api(wall.viewer)
    assert refused(viewer.post("/api/v1/envs", {"name": "x", "workspace": "team"})) == (403, "forbidden")
    assert refused(viewer.patch(ENV, {"name": "x"})) == (403, "forbidden")
    assert refused(viewer.post(f"{ENV}/clear")) == (403, "forbidden")
    assert refused(viewer.delete(ENV)) == (403, "forbidden")
    assert refused(api(wall.owner, scope="read").delete(ENV)) == (403, "forbidden")
    assert Env.objects.living().filter(name="run").exists()


def test_a_renamed_env_keeps_what_it_holds(api, wall):
    renamed = api(wall.member).patch(ENV, {"name": "best run"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "best run")
    assert refused(api(wall.member).get(ENV)) == (404, "not_found")
    windows = api(wall.member).get("/api/v1/envs/team/best%20run/windows").json()
    assert [row["key"] for row in windows["results"]] == ["loss", "notes"]


def test_a_taken_name_is_a_conflict(api, wall):
    put(wall.member, {"do": "env.create"}, env="team/other")
    response = api(wall.member).patch(ENV, {"name": "other"})
    assert refused(response) == (409, "name_taken")
    assert refused(api(wall.member).post(f"{ENV}/fork", {"to": "other"})) == (409, "name_taken")


def test_a_run_can_be_ended(api, wall):
    assert api(wall.member).patch(ENV, {"status": "failed"}).json()["status"] == "failed"
    assert names(api(wall.member).get("/api/v1/envs?status=failed")) == ["team/run"]
    response = api(wall.member).patch(ENV, {"status": "failed", "name": "both"})
    assert refused(response) == (400, "invalid")


def test_people_change_what_is_said_of_a_run(api, wall):
    member = api(wall.member)
    said = {"add_tags": ["good"], "remove_tags": ["baseline"], "notes": "Keep it.", "config": {"seed": 1}}
    env = member.patch(ENV, said).json()
    assert (env["tags"], env["notes"]) == (["good"], "Keep it.")
    assert env["config"] == {"lr": 0.1, "seed": 1}
    assert member.patch(ENV, {"tags": ["a", "b"]}).json()["tags"] == ["a", "b"]
    assert refused(api(wall.viewer).patch(ENV, {"notes": "mine"})) == (403, "forbidden")
    for bad in ({}, {"notes": 5}, {"tags": "a"}, {"config": []}, {"note": "x"}):
        assert refused(member.patch(ENV, bad)) == (400, "invalid")
    for large in ({"notes": "n" * 10_001}, {"tags": ["t" * 201]}):
        assert refused(member.patch(ENV, large)) == (413, "too_large")
    assert member.get(ENV).json()["notes"] == "Keep it."


def test_a_fork_is_a_copy_that_goes_its_own_way(api, wall):
    forked = api(wall.member).post(f"{ENV}/fork", {"to": "copy", "workspace": "member"})
    assert (forked.status_code, forked.json()["full_name"]) == (201, "member/copy")
    api(wall.member).post("/api/v1/envs/member/copy/clear")
    assert api(wall.member).get("/api/v1/envs/member/copy/windows").json()["count"] == 0
    assert api(wall.member).get(f"{ENV}/windows").json()["count"] == 2


def test_a_fork_into_a_workspace_that_is_not_mine_is_refused(api, wall):
    response = api(wall.member).post(f"{ENV}/fork", {"to": "copy", "workspace": "stranger"})
    assert refused(response) == (404, "not_found")


def test_a_deleted_env_can_be_restored_under_another_name(api, wall):
    member = api(wall.member)
    assert member.delete(ENV).status_code == 204
    assert refused(member.get(ENV)) == (404, "not_found")
    assert names(member.get("/api/v1/envs?deleted=true")) == ["team/run"]
    put(wall.member, {"do": "env.create"})  # somebody takes the name meanwhile
    assert refused(member.post(f"{ENV}/restore")) == (409, "name_taken")
    restored = member.post(f"{ENV}/restore", {"as": "old run"})
    assert (restored.status_code, restored.json()["name"]) == (200, "old run")
    assert member.get("/api/v1/envs/team/old%20run/windows").json()["count"] == 2


def test_a_retry_with_the_same_key_is_the_same_write(api, wall):
    member = api(wall.member)
    key = {"HTTP_IDEMPOTENCY_KEY": "rename-1"}
    assert member.patch(ENV, {"name": "once"}, **key).status_code == 200
    put(wall.member, {"do": "env.create"})  # a new env of the old name: a second rename would hit it
    assert member.patch(ENV, {"name": "once"}, **key).status_code == 200
    assert Env.objects.living().filter(workspace=wall.team, name__in=["run", "once"]).count() == 2
    assert refused(member.patch(ENV, {"name": "x"}, HTTP_IDEMPOTENCY_KEY="k" * 201)) == (400, "invalid")


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\nb", "a\x00b", 7, None, ["a"]])
def test_a_name_that_no_env_can_have_is_refused(api, cast, name):
    response = api(cast.owner).post("/api/v1/envs", {"name": name})
    assert response.status_code == 400
    assert refused(response)[1] in ("invalid", "parse_error")


def test_who_holds_the_newest_state_is_not_sent_it_again(api, wall):
    member = api(wall.member)
    tag = member.get(ENV)["ETag"]
    assert member.get(ENV, HTTP_IF_NONE_MATCH=tag).status_code == 304
    put(wall.member, {"do": "text.append", "win": "notes", "text": "more"})
    assert member.get(ENV, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_an_env_gets_a_colour_for_everybody(api, wall):
    member = api(wall.member)
    assert member.patch(ENV, {"colour": 4}).json()["colour"] == 4
    named = {
        row["name"]: row["colour"] for row in api(wall.viewer).get("/api/v1/env-names").json()["results"]
    }
    assert named["run"] == 4
    assert member.patch(ENV, {"colour": None}).json()["colour"] is None
    assert refused(member.patch(ENV, {"colour": 10})) == (400, "invalid")
    assert refused(api(wall.viewer).patch(ENV, {"colour": 1}))[0] == 403
