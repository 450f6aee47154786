"""``…/layout``: everybody's own arrangement of an env they may see."""

import pytest

from tests.api.conftest import ENV, refused

LAYOUT = {"loss": {"x": 0, "y": 0, "w": 6, "h": 4}, "a/b ?": {"x": 6, "y": 0, "w": 6, "h": 4}}


def test_a_viewer_keeps_a_layout_of_their_own(api, cast):
    viewer = api(cast.viewer)
    assert viewer.get(f"{ENV}/layout").json() == {"layout": {}, "updated_at": None}
    assert viewer.put(f"{ENV}/layout", {"layout": LAYOUT}).status_code == 200
    assert viewer.get(f"{ENV}/layout").json()["layout"] == LAYOUT
    assert api(cast.owner).get(f"{ENV}/layout").json()["layout"] == {}


def test_a_stranger_finds_no_env_to_arrange(api, cast):
    stranger = api(cast.stranger)
    assert refused(stranger.get(f"{ENV}/layout")) == (404, "not_found")
    assert refused(stranger.put(f"{ENV}/layout", {"layout": {}})) == (404, "not_found")


def test_a_token_for_reading_moves_no_pane(api, cast):
    program = api(cast.owner, scope="read")
    assert program.get(f"{ENV}/layout").status_code == 200
    assert refused(program.put(f"{ENV}/layout", {"layout": LAYOUT})) == (403, "forbidden")


@pytest.mark.parametrize(
    "layout",
    [
        None,
        [],
        {"loss": None},
        {"loss": {"x": 0, "y": 0, "w": 1}},
        {"loss": {"x": 0, "y": 0, "w": 0, "h": 1}},
        {"loss": {"x": -1, "y": 0, "w": 1, "h": 1}},
        {"loss": {"x": 0.5, "y": 0, "w": 1, "h": 1}},
        {"loss": {"x": True, "y": 0, "w": 1, "h": 1}},
        {"loss": {"x": 10**18, "y": 0, "w": 1, "h": 1}},
        {"k" * 301: {"x": 0, "y": 0, "w": 1, "h": 1}},
    ],
)
def test_a_layout_that_makes_no_sense_is_refused_and_the_old_one_stays(api, cast, layout):
    owner = api(cast.owner)
    owner.put(f"{ENV}/layout", {"layout": LAYOUT})
    response = owner.put(f"{ENV}/layout", {"layout": layout})
    assert refused(response) == (400, "invalid")
    assert "layout" in response.json()["fields"]
    assert owner.get(f"{ENV}/layout").json()["layout"] == LAYOUT
