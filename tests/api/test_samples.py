"""``…/samples``: every step of a window of files."""

from urllib.parse import quote

from tests.api.conftest import ENV, put, refused, window_url
from tests.support import sounds


def samples_url(key: str) -> str:
    return f"{ENV}/samples?win={quote(key, safe='')}"


def test_all_steps_are_listed_in_their_order(api, wall):
    for step in (2, 0, 1):
        for index in (1, 0):
            image = sounds.png(10 * step + index)
            put(
                wall.member,
                {
                    "do": "sample.put",
                    "win": "p",
                    "step": step,
                    "index": index,
                    "image": image,
                    "caption": f"{step}",
                },
            )
    page = api(wall.viewer).get(samples_url("p")).json()
    assert page["count"] == 6
    assert [(row["step"], row["index"]) for row in page["results"]] == [
        (s, i) for s in range(3) for i in (0, 1)
    ]
    row = page["results"][0]
    assert (row["caption"], row["content_type"], row["width"], row["height"]) == ("0", "image/png", 4, 4)
    assert api(wall.viewer).get(f"{ENV}/{row['url']}").status_code == 200
    one = api(wall.viewer).get(f"{samples_url('p')}&step=1&index=1").json()["results"]
    assert [(row["step"], row["index"]) for row in one] == [(1, 1)]
    assert len(api(wall.viewer).get(f"{samples_url('p')}&page_size=4&page=2").json()["results"]) == 2


def test_a_window_whose_name_ends_like_an_address_is_found_by_its_name(api, wall):
    put(wall.member, {"do": "sample.put", "win": "val/samples", "step": 1, "image": sounds.png(1)})
    assert api(wall.viewer).get(window_url("val/samples")).json()["kind"] == "image"
    assert [row["step"] for row in api(wall.viewer).get(samples_url("val/samples")).json()["results"]] == [1]
    assert refused(api(wall.viewer).get(f"{ENV}/samples")) == (400, "invalid")


def test_a_window_of_another_kind_has_none(api, wall):
    assert api(wall.viewer).get(samples_url("loss")).json()["results"] == []


def test_samples_of_a_hidden_window_look_missing(api, wall):
    assert refused(api(wall.stranger).get(samples_url("loss"))) == (404, "not_found")
    assert refused(api(wall.viewer).get(samples_url("none")))[0] == 404


def test_content_is_changed_over_rest(api, wall):
    items = [{"type": "text", "name": "a", "value": "1"}]
    put(wall.member, {"do": "window.put", "win": "p", "kind": "properties", "content": {"items": items}})
    changed = api(wall.member).patch(window_url("p"), {"content": {"items": []}}, format="json")
    assert changed.json()["content"] == {"items": []}
    answer = api(wall.member).patch(window_url("loss"), {"content": {"items": []}}, format="json")
    assert refused(answer) == (409, "wrong_kind")
