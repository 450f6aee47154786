"""``…/object`` and ``…/objects``: whole windows, read and written back over REST."""

import base64
import json
from urllib.parse import quote

from apps.media.models import Asset
from apps.windows.models import Window
from tests.api.conftest import ENV, put, refused
from tests.support import sounds


def object_url(key: str) -> str:
    return f"{ENV}/object?win={quote(key, safe='')}"


def test_a_window_is_read_whole_and_written_back(api, wall):
    obj = api(wall.viewer).get(object_url("loss")).json()
    assert (obj["id"], obj["type"], obj["title"]) == ("loss", "plot", "Loss")
    assert obj["content"]["data"][0]["y"] == [5, 4, None, 2, 1]
    answer = api(wall.member).put(object_url("loss"), obj, format="json")
    assert (answer.status_code, answer.json()["key"]) == (200, "loss")
    assert api(wall.viewer).get(object_url("loss")).json() == obj


def test_an_object_makes_a_window_under_the_key_of_its_address(api, wall):
    obj = {"id": "other", "type": "text", "content": "<i>new</i>", "title": "N"}
    assert api(wall.member).put(object_url("a/b ✓"), obj, format="json").status_code == 200
    assert api(wall.viewer).get(object_url("a/b ✓")).json()["content"] == "<i>new</i>"
    assert not Window.objects.filter(key="other").exists()


def test_all_of_an_env_comes_as_one_map(api, wall):
    def all_of_it() -> dict:
        return json.loads(b"".join(api(wall.viewer).get(f"{ENV}/objects").streaming_content))

    assert list(all_of_it()) == ["loss", "notes"]
    assert all_of_it()["notes"]["content"] == "<b>hello</b>"
    put(wall.owner, {"do": "env.clear"})
    assert all_of_it() == {}


def test_an_env_too_large_to_be_read_whole_is_refused_before_it_begins(api, wall, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "object_bytes", 90)
    assert refused(api(wall.viewer).get(f"{ENV}/objects")) == (413, "too_large")
    assert refused(api(wall.viewer).get(object_url("loss"))) == (413, "too_large")


def test_objects_of_others_look_missing_and_viewers_do_not_write(api, wall):
    text = {"id": "w", "type": "text", "content": "x"}
    assert refused(api(wall.stranger).get(object_url("loss"))) == (404, "not_found")
    assert refused(api(wall.stranger).get(f"{ENV}/objects")) == (404, "not_found")
    assert refused(api(wall.stranger).put(object_url("w"), text, format="json")) == (404, "not_found")
    image = {"id": "w", "type": "image", "content": {"src": "data:image/png;base64,"}}
    image["content"]["src"] += base64.b64encode(sounds.png(99)).decode()
    assert refused(api(wall.viewer).put(object_url("w"), image, format="json")) == (403, "forbidden")
    assert not Asset.objects.exists()


def test_what_is_no_window_changes_nothing(api, wall):
    member, frame = api(wall.member), {"src": "data:image/png;base64,AAAA"}
    good = {"src": "data:image/png;base64," + base64.b64encode(sounds.png()).decode()}
    for obj in (
        [],
        {"type": "hologram"},
        {"type": "plot", "content": 3},
        {"type": "image_history", "content": [good, frame]},
        {"type": "text", "content": "x", "title": "x" * 2000},
    ):
        answer = member.put(object_url("notes"), obj, format="json")
        assert answer.status_code in (400, 413), obj
        refused(answer)
    assert api(wall.viewer).get(object_url("notes")).json()["content"] == "<b>hello</b>"
