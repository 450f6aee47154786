"""``…/views``: arrangements saved for everybody who may see the env."""

import pytest

from tests.api.conftest import ENV, refused

STATE = {"filter": "loss", "panes": {"loss": {"x": 0}}}


def test_an_editor_saves_a_view_and_a_viewer_opens_it(api, cast):
    made = api(cast.member).post(f"{ENV}/views", {"name": "for Monday", "state": STATE})
    assert made.status_code == 201
    opened = api(cast.viewer).get(f"{ENV}/views/for%20Monday").json()
    assert (opened["state"], opened["created_by"]) == (STATE, "member")
    listed = api(cast.viewer).get(f"{ENV}/views").json()
    assert [view["name"] for view in listed["results"]] == ["for Monday"]


def test_a_viewer_saves_none(api, cast):
    api(cast.owner).put(f"{ENV}/views/day", {"state": {}})
    viewer = api(cast.viewer)
    assert refused(viewer.post(f"{ENV}/views", {"name": "x", "state": {}})) == (403, "forbidden")
    assert refused(viewer.put(f"{ENV}/views/day", {"state": {}})) == (403, "forbidden")
    assert refused(viewer.delete(f"{ENV}/views/day")) == (403, "forbidden")


def test_a_hidden_view_looks_like_a_missing_one(api, cast):
    api(cast.owner).put(f"{ENV}/views/day", {"state": {}})
    hidden = api(cast.stranger).get(f"{ENV}/views/day")
    missing = api(cast.stranger).get("/api/v1/envs/team/none/views/day")
    assert refused(hidden) == refused(missing) == (404, "not_found")
    assert refused(api(cast.owner).get(f"{ENV}/views/night")) == (404, "not_found")


def test_a_taken_name_is_a_conflict_for_post_and_a_replacement_for_put(api, cast):
    owner = api(cast.owner)
    assert owner.put(f"{ENV}/views/day", {"state": {"a": 1}}).status_code == 201
    assert refused(owner.post(f"{ENV}/views", {"name": "day", "state": {}})) == (409, "conflict")
    assert owner.put(f"{ENV}/views/day", {"state": {"a": 2}}).status_code == 200
    assert owner.get(f"{ENV}/views/day").json()["state"] == {"a": 2}


def test_a_deleted_view_is_gone(api, cast):
    owner = api(cast.owner)
    owner.put(f"{ENV}/views/day", {"state": {}})
    assert owner.delete(f"{ENV}/views/day").status_code == 204
    assert refused(owner.get(f"{ENV}/views/day")) == (404, "not_found")


def test_who_holds_the_newest_view_is_not_sent_it_again(api, cast):
    owner = api(cast.owner)
    owner.put(f"{ENV}/views/day", {"state": STATE})
    tag = owner.get(f"{ENV}/views/day")["ETag"]
    again = owner.get(f"{ENV}/views/day", HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content) == (304, b"")
    owner.put(f"{ENV}/views/day", {"state": {}})
    assert owner.get(f"{ENV}/views/day", HTTP_IF_NONE_MATCH=tag).status_code == 200


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\nb", 3, None])
def test_a_name_that_is_no_address_is_refused(api, cast, name):
    response = api(cast.owner).post(f"{ENV}/views", {"name": name, "state": {}})
    assert refused(response) == (400, "invalid")
    assert "name" in response.json()["fields"]


@pytest.mark.parametrize("state", [None, [], "x", 1, True])
def test_a_state_is_a_map(api, cast, state):
    response = api(cast.owner).put(f"{ENV}/views/day", {"state": state})
    assert refused(response) == (400, "invalid")
    assert "state" in response.json()["fields"]


def test_listing_views_costs_as_much_for_one_as_for_thirty(api, cast, django_assert_num_queries):
    owner = api(cast.owner)
    owner.put(f"{ENV}/views/0", {"state": {}})
    with django_assert_num_queries(3):  # the env, the count, the page
        owner.get(f"{ENV}/views")
    for number in range(30):
        owner.put(f"{ENV}/views/{number}", {"state": {}})
    with django_assert_num_queries(3):
        assert owner.get(f"{ENV}/views").json()["count"] == 30
