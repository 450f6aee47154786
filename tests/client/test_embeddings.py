"""Embeddings: vectors on a plane, and answers to those who look closer."""

import sys

import numpy as np
import pytest

from panewall import Visdom, projection
from panewall.errors import MissingPackage

FEATURES = np.random.default_rng(3).normal(size=(24, 6)) + 8 * np.eye(6)[np.repeat(range(4), 6)]
LABELS = list(np.repeat(list("abcd"), 6))


class Recorded(Visdom):
    """Keeps messages instead of sending them."""

    def __init__(self):
        self.sent: list[tuple[str, dict]] = []
        super().__init__(send=False)

    def _send(self, msg, endpoint="events", quiet=False, from_log=False, create=True):
        self.sent.append((endpoint, msg))
        return msg["win"] or "made"


@pytest.fixture
def vis() -> Recorded:
    return Recorded()


@pytest.fixture
def places(monkeypatch) -> None:
    """Places without the time t-SNE takes."""
    monkeypatch.setattr("panewall.visdom.forms.on_a_plane", lambda features: features[:, :2])


def contents(vis):
    return [
        msg["data"][0]["content"] if isinstance(msg["data"], list) else msg["data"] for _, msg in vis.sent
    ]


def test_first_the_window_is_there_and_then_its_points(vis, places):
    assert vis.embeddings(FEATURES, LABELS, opts={"title": "t"}) == "made"
    loading, shown = contents(vis)
    assert loading == {"isLoading": True}
    assert shown["data"][7] == {
        "group": 1,
        "name": "Entity 7",
        "label": "b",
        "position": FEATURES[7, :2].tolist(),
        "idx": 7,
    }
    assert [msg["win"] for _, msg in vis.sent] == [None, "made"]
    assert [(endpoint, msg["opts"]) for endpoint, msg in vis.sent] == [("events", {"title": "t"})] * 2
    kept = vis.win_data["made"]
    assert kept["labels"] == LABELS and kept["env"] == "main" and kept["features"].shape == (24, 6)


def event(**fields):
    return {"target": "made", "eid": "main", "pane_data": False, **fields}


def hear(vis, **fields):
    vis.sent.clear()
    for handler in vis.event_handlers["made"]:
        handler(event(**fields))
    (endpoint, message), *more = vis.sent
    assert not more and endpoint == "update" and (message["win"], message["eid"]) == ("made", "main")
    return message["data"]


def test_a_vector_is_described_when_somebody_points_at_it(vis, places):
    vis.embeddings(FEATURES, LABELS, data_getter=lambda index: f"<b>{index}</b>", data_type="html")
    change = hear(vis, event_type="EntitySelected", entityId="Entity 5", idx="5")
    assert change == {
        "update_type": "EntitySelected",
        "selected": {"html": "<b>5</b>", "entityId": "Entity 5"},
    }


def test_without_a_getter_its_label_is_shown(vis, places):
    vis.embeddings(FEATURES, ["<i>"] * 24)
    change = hear(vis, event_type="EntitySelected", entityId="e", idx=5)
    assert change["selected"]["html"] == "<p>&lt;i&gt;</p>"


def test_a_region_gets_a_plane_of_its_own(vis, places):
    vis.embeddings(FEATURES, LABELS)
    change = hear(vis, event_type="RegionSelected", selectedIdxs=[3, "9", 20])
    assert change["update_type"] == "RegionSelected"
    assert [(point["idx"], point["name"], point["group"]) for point in change["points"]] == [
        (3, "Entity 3", 0),
        (9, "Entity 9", 1),
        (20, "Entity 20", 3),
    ]
    assert vis.win_data["made"]["points"] == change["points"]


def test_other_events_are_for_other_handlers(vis, places):
    vis.embeddings(FEATURES, LABELS)
    vis.sent.clear()
    (handler,) = vis.event_handlers["made"]
    handler(event(event_type="KeyPress", key="a"))
    handler({**event(event_type="EntitySelected", idx=0), "target": "another"})
    assert vis.sent == []


def test_drawing_again_does_not_answer_twice(vis, places):
    vis.embeddings(FEATURES, LABELS, win="made")
    heard = []
    vis.register_event_handler(heard.append, "made")
    vis.embeddings(FEATURES[:3], LABELS[:3], win="made")
    vis.sent.clear()
    for handler in vis.event_handlers["made"]:
        handler(event(event_type="EntitySelected", entityId="e", idx=0))
    assert len(vis.sent) == len(heard) == 1


@pytest.mark.parametrize(
    ("features", "labels", "options"),
    [
        (FEATURES, LABELS[:3], {}),
        (FEATURES, "abc", {}),
        (FEATURES, 5, {}),
        ("vectors", LABELS, {}),
        (FEATURES, LABELS, {"data_type": "image"}),
    ],
)
def test_bad_embeddings_are_refused_before_anything_is_sent(vis, features, labels, options):
    with pytest.raises(AssertionError):
        vis.embeddings(features, labels, **options)
    assert vis.sent == []


# --- the plane itself ---


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (2, 3), (3, 1), (5, 2), (24, 6)])
def test_any_number_of_vectors_has_places(shape):
    pytest.importorskip("sklearn")
    places = projection.on_a_plane(np.random.default_rng(0).normal(size=shape))
    assert places.shape == (shape[0], 2) and np.isfinite(places).all()
    if shape[0] > 3:
        assert places.min(axis=0).tolist() == [-1, -1] and places.max(axis=0).tolist() == [1, 1]


def test_close_vectors_stay_close():
    pytest.importorskip("sklearn")
    places = projection.on_a_plane(FEATURES)
    groups = places.reshape(4, 6, 2)
    centres = groups.mean(axis=1)
    within = np.linalg.norm(groups - centres[:, None], axis=2).mean()
    between = np.linalg.norm(centres[:, None] - centres[None], axis=2)[np.triu_indices(4, 1)].min()
    assert within < between / 3
    assert (projection.on_a_plane(FEATURES) == places).all()


def test_equal_vectors_have_places_too():
    pytest.importorskip("sklearn")
    assert np.isfinite(projection.on_a_plane(np.zeros((4, 2)))).all()


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(MissingPackage, match=r"panewall\[embeddings\]"):
        projection.on_a_plane(FEATURES)


def test_without_scikit_learn_a_window_that_loads_for_ever_is_not_made(vis, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(MissingPackage):
        vis.embeddings(FEATURES, LABELS)
    assert vis.sent == []
