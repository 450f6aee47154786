"""``…/layout``: everybody's own arrangement of an env they may see."""

import pytest

from tests.api.conftest import ENV, refused

LAYOUT = {"loss": {"x": 0, "y": 0, "w": 6, "h": 4}, "a/b ?": {"x": 6, "y": 0, "w": 6, "h": 4}}


def test_a_viewer_keeps_a_layout_of_their_own(api, cast):
    viewer = api(cast.viewer)
    assert viewer.get(f"{ENV}/layout").json() == {"layout": {}, "looks": {}, "updated_at": None}
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


def test_what_a_person_changed_on_figures_is_kept_beside_the_places(api, cast):
    viewer = api(cast.viewer)
    looks = {"loss": {"layout": {"title.text": "mine"}, "traces": {"train": {"line.width": 3}}}}
    viewer.put(f"{ENV}/layout", {"layout": LAYOUT})
    assert viewer.put(f"{ENV}/layout", {"looks": looks}).json()["layout"] == LAYOUT
    viewer.put(f"{ENV}/layout", {"layout": {}})
    assert viewer.get(f"{ENV}/layout").json()["looks"] == looks
    assert api(cast.owner).get(f"{ENV}/layout").json()["looks"] == {}
    assert refused(viewer.put(f"{ENV}/layout", {"looks": {"loss": 3}})) == (400, "invalid")
    large = {"loss": {"layout": {"title.text": "x" * 300_000}}}
    assert refused(viewer.put(f"{ENV}/layout", {"looks": large})) == (413, "too_large")
    assert viewer.get(f"{ENV}/layout").json()["looks"] == looks


def test_a_comparison_is_arranged_for_its_envs_in_any_order_by_each_person(api, cast):
    cast.team.envs.create(name="other")
    viewer = api(cast.viewer)
    path = "/api/v1/comparison-layout?env=team/run&env=team/other"
    assert viewer.get(path).json() == {"layout": {}, "looks": {}, "updated_at": None}
    viewer.put(path, {"layout": LAYOUT})
    turned = "/api/v1/comparison-layout?env=team/other&env=team/run&env=team/gone"
    assert viewer.get(turned).json()["layout"] == LAYOUT
    cast.team.envs.filter(name="other").update(name="renamed")
    assert viewer.get(path.replace("other", "renamed")).json()["layout"] == LAYOUT
    assert api(cast.owner).get(path.replace("other", "renamed")).json()["layout"] == {}
    assert viewer.get("/api/v1/comparison-layout?env=team/run").json()["layout"] == {}
    assert refused(api(cast.stranger).get(path)) == (404, "not_found")
