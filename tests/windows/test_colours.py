"""The colour of an env: what its name gives it, or what somebody chose for everybody."""

import pytest

from apps.envs.colours import colour_of_name
from apps.envs.models import Env
from apps.windows.live import snapshot

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


def colour(chosen: object) -> dict:
    return {"do": "env.update", "env": "run", "colour": chosen}


def the_run(name: str = "run") -> Env:
    return Env.objects.get(name=name)


def test_a_name_gives_the_same_colour_here_and_on_pages():
    names = ["ada/main", "ada/resnet_lr01", "team/größe 🙂", ""]
    assert [colour_of_name(name) for name in names] == [
        7,
        5,
        2,
        5,
    ]  # as in frontend/src/lib/envColour.test.ts


def test_a_chosen_colour_is_told_to_pages_and_can_be_taken_back(desk, ann):
    desk.send(ann, {"do": "env.create", "env": "run"}, colour(3))
    caught = snapshot.catch_up(the_run().pk)
    assert caught is not None and caught.ops[0][1]["colour"] == 3
    desk.send(ann, {"do": "env.update", "env": "run", "notes": "unchanged"})
    assert the_run().colour == 3
    desk.send(ann, colour(None))
    assert the_run().colour is None


@pytest.mark.parametrize("odd", [10, -1, "3", 2.0, True, [1]])
def test_what_is_no_colour_is_refused_by_name(desk, ann, odd):
    [[_, refusal]] = desk.send(ann, {"do": "env.create", "env": "run"}, colour(odd)).errors
    assert (refusal["code"], list(refusal["fields"])) == ("invalid", ["colour"])
    assert the_run().colour is None


def test_an_env_keeps_its_colour_under_another_name_and_a_copy_has_its_own(desk, ann):
    desk.send(ann, {"do": "env.create", "env": "run"}, {"do": "env.fork", "env": "run", "to": "copy"})
    desk.send(ann, {"do": "env.rename", "env": "run", "to": "renamed"})
    assert the_run("renamed").colour == colour_of_name("ann/run")
    assert the_run("copy").colour is None
