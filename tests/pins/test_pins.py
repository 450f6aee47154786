"""Pins are kept for each person and page, by what envs are and not by what they are called."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from apps.media.models import Pin, PinPage
from apps.windows.write import stop_committer
from tests.api.conftest import Cast, api, cast, make_cast, put, refused  # noqa: F401
from tests.pins.conftest import images, metric

A, B = "team/run", "team/other"


def pin(env: str = A, **more: Any) -> dict[str, Any]:
    plain = {"env": env, "scope": "panel", "card": "val", "step": 5, "source": "manual", "index": 1}
    return {**plain, "except": [], "best": None, **more}


BEST = {
    "metric": "loss",
    "mode": "min",
    "with_image": True,
    "tolerance": 20,
    "value": 0.25,
    "metric_step": 7,
    "distance": 2,
    "has_image": True,
    "alternative": {"step": 9, "exact": True, "within": 2},
}


def address(*envs: str) -> str:
    return f"/api/v1/pins?{urlencode([('env', env) for env in envs])}"


@pytest.fixture
def two(cast: Cast) -> Cast:  # noqa: F811
    cast.team.envs.create(name="other")
    return cast


def test_pins_come_back_as_they_were_for_the_page_in_any_order(api, two):  # noqa: F811
    viewer = api(two.viewer, scope="write")
    assert viewer.get(address(A, B)).json() == {"pins": [], "follow": None}
    pins = [
        pin(),
        pin(B, scope="page", card=None, **{"except": ["x"]}),
        pin(card="b", source="best", best=BEST),
    ]
    follow = {"metric": "loss", "mode": "min", "with_image": True, "tolerance": 20}
    kept = viewer.put(address(A, B), {"pins": pins, "follow": follow}, format="json")
    assert kept.json() == {"pins": pins, "follow": follow}
    assert viewer.get(address(B, A)).json() == {"pins": pins, "follow": follow}
    assert viewer.get(address(A)).json()["pins"] == [], "another page"
    assert api(two.member).get(address(A, B)).json()["pins"] == [], "another person"
    viewer.put(address(A, B), {"pins": pins[:1]}, format="json")
    assert viewer.get(address(A, B)).json() == {"pins": pins[:1], "follow": None}
    viewer.put(address(A, B), {"pins": []}, format="json")
    assert not PinPage.objects.exists()
    assert not Pin.objects.exists()


def test_renaming_keeps_them_deleting_hides_them(api, two):  # noqa: F811
    owner = api(two.owner)
    owner.put(address(A), {"pins": [pin()]}, format="json")
    two.team.envs.filter(name="run").update(name="renamed")
    assert owner.get(address("team/renamed")).json()["pins"] == [pin("team/renamed")]
    assert refused(owner.get(address(A))) == (404, "not_found")
    env = two.team.envs.get(name="renamed")
    two.team.envs.filter(pk=env.pk).delete()
    assert not Pin.objects.exists(), "gone for good with the env"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"env": "team/none"}, "pins.0.env"),
        ({"card": None}, "pins.0.card"),
        ({"source": "best"}, "pins.0.best"),
        ({"best": BEST}, "pins.0.best"),
        ({"step": 1.5}, "pins.0.step"),
        ({"step": 2**53 + 1}, "pins.0.step"),
        ({"step": "5"}, "pins.0.step"),
        ({"index": -1}, "pins.0.index"),
        ({"scope": "all"}, "pins.0.scope"),
        ({"colour": 1}, "pins.0.colour"),
    ],
)
def test_what_is_no_pin_is_refused_with_its_place(api, two, wrong, field):  # noqa: F811
    answer = api(two.owner).put(address(A), {"pins": [pin(**wrong)]}, format="json")
    assert refused(answer)[0] == 400
    assert field in answer.json()["fields"]


def test_two_pins_for_one_place_and_too_many_are_refused(api, two, settings, monkeypatch):  # noqa: F811
    owner = api(two.owner)
    twice = {"pins": [pin(), pin(step=6)]}
    assert refused(owner.put(address(A), twice, format="json")) == (400, "bad_pin")
    monkeypatch.setattr(settings.PANEWALL.limits, "pins", 1)
    assert refused(owner.put(address(A), twice, format="json")) == (413, "too_large")
    assert refused(owner.get("/api/v1/pins")) == (400, "invalid")
    monkeypatch.setattr(settings.PANEWALL.limits, "compare_envs", 1)
    assert refused(owner.get(address(A, B))) == (413, "too_large")


def test_pins_are_for_those_who_may_look(api, two, settings, monkeypatch):  # noqa: F811
    body = {"pins": [pin()]}
    assert refused(api(two.stranger).get(address(A))) == (404, "not_found")
    assert refused(api(two.stranger).put(address(A), body, format="json")) == (404, "not_found")
    assert refused(api(two.owner, scope="read").put(address(A), body, format="json")) == (403, "forbidden")
    assert refused(api(None).get(address(A))) == (401, "unauthorized")
    monkeypatch.setattr(settings.PANEWALL, "readonly", True)
    assert refused(api(two.owner).put(address(A), body, format="json")) == (403, "read_only")
    assert api(two.owner).get(address(A)).status_code == 200


def test_the_pages_not_touched_for_longest_are_forgotten(api, two, settings, monkeypatch):  # noqa: F811
    monkeypatch.setattr(settings.PANEWALL.limits, "pin_pages", 2)
    owner = api(two.owner)
    two.team.envs.create(name="third")
    for env in (A, B, "team/third"):
        owner.put(address(env), {"pins": [pin(env)]}, format="json")
    assert [len(owner.get(address(env)).json()["pins"]) for env in (A, B, "team/third")] == [0, 1, 1]


# --- the tolerance


def test_the_tolerance_is_a_persons_own_in_a_workspace(api, two):  # noqa: F811
    where = "/api/v1/preferences/best-step?workspace="
    owner, member = api(two.owner), api(two.member)
    assert owner.get(f"{where}team").json() == {"tolerance": 20}
    assert owner.put(f"{where}team", {"tolerance": 100_000}, format="json").json() == {"tolerance": 100_000}
    assert owner.get(f"{where}team").json() == {"tolerance": 100_000}
    assert owner.get(f"{where}owner").json() == {"tolerance": 20}
    assert member.get(f"{where}team").json() == {"tolerance": 20}
    for wrong in (-1, 100_001, 1.5, "20", None):
        assert refused(owner.put(f"{where}team", {"tolerance": wrong}, format="json"))[0] == 400
    assert refused(api(two.stranger).get(f"{where}team")) == (404, "not_found")


# --- best steps over REST


@pytest.fixture
def wall(transactional_db) -> Iterator[Cast]:
    made = make_cast()
    yield made
    stop_committer()


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_best_steps_are_answered_as_pins(wall, api):  # noqa: F811
    put(wall.owner, metric("loss", {0: 0.5, 50: 0.1, 100: 0.4}), *images("val", [45, 55]))
    put(wall.owner, metric("other", {0: 1.0}), env=B)
    asked = {"envs": [A, "run", B, "team/none"], "metric": "loss", "mode": "min", "with_image": True}
    viewer = api(wall.viewer, scope="read")
    answer = viewer.post("/api/v1/best-step", asked, format="json").json()
    best = {
        "metric": "loss",
        "mode": "min",
        "with_image": True,
        "tolerance": 20,
        "value": 0.1,
        "metric_step": 50,
        "distance": 5,
        "has_image": True,
        "alternative": {"step": 45, "exact": True, "within": 2},
    }
    assert answer["pins"] == [pin(step=55, source="best", index=None, best=best)]
    assert {(one["env"], one["card"], one["reason"]) for one in answer["missed"]} == {
        (B, None, "no_metric"),
        ("run", None, "no_env"),
        ("team/none", None, "no_env"),
    }
    plain = {**asked, "with_image": False, "mode": "max", "envs": [A]}
    (found,) = viewer.post("/api/v1/best-step", plain, format="json").json()["pins"]
    assert (found["scope"], found["card"], found["step"]) == ("page", None, 0)
    assert (found["best"]["has_image"], found["best"]["distance"]) == (False, 0)
    kept = api(wall.viewer).put(address(A), {"pins": answer["pins"]}, format="json")
    assert kept.json()["pins"] == answer["pins"]
    assert refused(viewer.post("/api/v1/best-step", {**asked, "tolerance": 100_001}, format="json"))[0] == 400
    assert refused(viewer.post("/api/v1/best-step", {**asked, "mode": "mean"}, format="json"))[0] == 400
    hidden = api(wall.stranger).post("/api/v1/best-step", asked, format="json").json()
    assert not hidden["pins"]
    assert {one["reason"] for one in hidden["missed"]} == {"no_env"}


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_share_link_brings_its_authors_pins_and_finds_best_steps(wall, api, client):  # noqa: F811
    put(wall.owner, metric("loss", {7: 0.1}), *images("val", [7]))
    owner = api(wall.owner)
    state = {"pins": [pin()], "follow": None}
    made = owner.post("/api/v1/envs/team/run/links", {"name": "x", "state": state}, format="json").json()
    path = made["url"].removeprefix("http://testserver")
    owner.put(address(A), {"pins": []}, format="json")
    assert client.get(f"{path}api/v1/pins?env={A}").json() == {"pins": [pin()], "follow": None}
    wall.team.envs.filter(name="run").update(name="renamed")
    assert client.get(f"{path}api/v1/pins?env=team/renamed").json()["pins"] == [pin("team/renamed")]
    assert client.get(f"{path}api/v1/pins?env={A}").status_code == 404
    body = {"envs": ["team/renamed"], "metric": "loss", "mode": "min"}
    found = client.post(f"{path}api/v1/best-step", body, content_type="application/json").json()
    assert [one["step"] for one in found["pins"]] == [7]
    kept = client.put(f"{path}api/v1/pins?env=team/renamed", {"pins": []}, content_type="application/json")
    assert kept.status_code == 403
    assert b"val" in client.get(path).content, "the page begins with them"


@pytest.mark.django_db
def test_what_a_link_carries_is_bounded(api, cast, settings, monkeypatch):  # noqa: F811
    monkeypatch.setattr(settings.PANEWALL.limits, "link_state_bytes", 100)
    links = "/api/v1/envs/team/run/links"
    answer = api(cast.owner).post(links, {"state": {"pins": ["x" * 100]}}, format="json")
    assert refused(answer) == (413, "too_large")
