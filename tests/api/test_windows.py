"""``…/windows``: listed, read, given another look, closed, brought back."""

import msgpack
import pytest

from tests.api.conftest import ENV, put, refused, window_url


def test_windows_come_in_their_order_and_are_found_by_key_or_kind(api, wall):
    viewer = api(wall.viewer)
    rows = viewer.get(f"{ENV}/windows").json()["results"]
    assert [(row["key"], row["kind"], row["title"]) for row in rows] == [
        ("loss", "plot", "Loss"),
        ("notes", "text", ""),
    ]
    assert [row["key"] for row in viewer.get(f"{ENV}/windows?kind=text").json()["results"]] == ["notes"]
    assert [row["key"] for row in viewer.get(f"{ENV}/windows?win=loss").json()["results"]] == ["loss"]


def test_one_window_is_read_with_its_look_and_traces(api, wall):
    window = api(wall.viewer).get(window_url("loss")).json()
    assert (window["key"], window["kind"], window["title"]) == ("loss", "plot", "Loss")
    (trace,) = window["traces"]
    assert (trace["index"], trace["name"], trace["count"]) == (0, "train", 5)


def test_a_window_comes_as_messagepack_too(api, wall):
    put(
        wall.member,
        {
            "do": "window.put",
            "win": "map",
            "kind": "plot",
            "traces": [{"type": "heatmap", "z": [[1, 2], [3, 4]]}],
        },
    )
    response = api(wall.viewer).get(window_url("map"), HTTP_ACCEPT="application/msgpack")
    assert response["Content-Type"] == "application/msgpack"
    assert msgpack.unpackb(response.content)["key"] == "map"


def test_a_hidden_window_looks_like_a_missing_one(api, wall):
    assert refused(api(wall.stranger).get(window_url("loss"))) == (404, "not_found")
    assert refused(api(wall.stranger).delete(window_url("loss"))) == (404, "not_found")
    assert refused(api(wall.owner).get(window_url("none")))[0] == 404
    assert refused(api(wall.owner).patch(window_url("none"), {"title": "x"}))[0] == 404
    assert refused(api(wall.owner).delete(window_url("none")))[0] == 404


@pytest.mark.parametrize(
    "key", ["a/b", "what?", "100 %", "#1", "ünïcode ✓", "a//b", "line\nbreak", "x" * 300, " "]
)
def test_any_key_has_an_address(api, wall, key):
    put(wall.member, {"do": "text.append", "win": key, "text": "hi"})
    assert api(wall.viewer).get(window_url(key)).json()["key"] == key
    assert api(wall.member).patch(window_url(key), {"title": "t"}).json()["title"] == "t"
    assert api(wall.member).delete(window_url(key)).status_code == 204


def test_a_look_is_merged_key_by_key_and_null_removes(api, wall):
    member = api(wall.member)
    member.patch(window_url("loss"), {"opts": {"a": 1, "b": 2}})
    changed = member.patch(window_url("loss"), {"title": "New", "opts": {"a": None, "c": 3}}).json()
    assert changed["title"] == "New"
    assert changed["opts"] == {"b": 2, "c": 3}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"titel": "x"}, "titel"),
        ({"title": 5}, "title"),
        ({"opts": []}, "opts"),
        ({"layout": "wide"}, "layout"),
        ({"opts": None}, "opts"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_changes(api, wall, body, field):
    response = api(wall.member).patch(window_url("loss"), body)
    assert refused(response) == (400, "invalid")
    assert field in response.json()["fields"]
    assert api(wall.viewer).get(window_url("loss")).json()["title"] == "Loss"


def test_nothing_to_change_is_said(api, wall):
    assert refused(api(wall.member).patch(window_url("loss"), {})) == (400, "invalid")


def test_a_viewer_closes_and_changes_nothing(api, wall):
    viewer = api(wall.viewer)
    assert refused(viewer.patch(window_url("loss"), {"title": "x"})) == (403, "forbidden")
    assert refused(viewer.delete(window_url("loss"))) == (403, "forbidden")
    assert viewer.get(f"{ENV}/windows").json()["count"] == 2


def test_a_retried_close_is_answered_as_the_first(api, wall):
    member, key = api(wall.member), {"HTTP_IDEMPOTENCY_KEY": "close-1"}
    assert member.delete(window_url("loss"), **key).status_code == 204
    put(wall.member, {"do": "text.append", "win": "loss", "text": "a new window of that key"})
    assert member.delete(window_url("loss"), **key).status_code == 204
    assert member.get(window_url("loss")).json()["content"] == "a new window of that key"


def test_a_key_used_for_another_window_swallows_nothing(api, wall):
    member, key = api(wall.member), {"HTTP_IDEMPOTENCY_KEY": "the same"}
    assert member.delete(window_url("loss"), **key).status_code == 204
    assert member.patch(window_url("notes"), {"title": "New"}, **key).json()["title"] == "New"
    assert member.delete(window_url("notes"), **key).status_code == 204
    assert member.get(f"{ENV}/windows").json()["count"] == 0


def test_a_closed_window_comes_back_under_its_own_key_or_another(api, wall):
    member = api(wall.member)
    assert member.delete(window_url("loss")).status_code == 204
    (closed,) = member.get(f"{ENV}/windows?deleted=true").json()["results"]
    assert closed["deleted_at"]
    put(wall.member, {"do": "text.append", "win": "loss", "text": "taken"})
    assert refused(member.post(f"{ENV}/closed-windows/{closed['id']}/restore"))[0] == 409
    restored = member.post(f"{ENV}/closed-windows/{closed['id']}/restore", {"as": "old loss"})
    assert (restored.status_code, restored.json()["key"]) == (200, "old loss")
    assert member.get(window_url("old loss")).json()["traces"][0]["count"] == 5


def test_a_window_of_another_env_is_not_restored_from_here(api, wall):
    member = api(wall.member)
    member.delete(window_url("loss"))
    (closed,) = member.get(f"{ENV}/windows?deleted=true").json()["results"]
    response = member.post(f"/api/v1/envs/member/main/closed-windows/{closed['id']}/restore")
    assert refused(response)[0] == 404


def test_listing_costs_as_much_for_two_windows_as_for_fifty(api, wall, django_assert_num_queries):
    viewer = api(wall.viewer)
    viewer.get("/api/v1/me")
    with django_assert_num_queries(3):  # the env, the count, the page
        viewer.get(f"{ENV}/windows")
    put(wall.member, *({"do": "text.append", "win": f"w{n}", "text": "x"} for n in range(48)))
    with django_assert_num_queries(3):
        assert len(viewer.get(f"{ENV}/windows").json()["results"]) == 50
