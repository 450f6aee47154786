"""Envs with a metric and pictures at given steps, written as programs write."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image

from apps.accounts import services
from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.windows.write import stop_committer, write


def picture(colour: int = 0) -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 3), (colour % 256, 40, 90)).save(out, "PNG")
    return out.getvalue()


def metric(name: str, points: dict[int, float] | list[tuple[int, float]]) -> dict:
    """A command that logs these points in this order; a step that comes twice has the later value."""
    pairs = list(points.items()) if isinstance(points, dict) else points
    series = {name: {"step": [step for step, _ in pairs], "value": [value for _, value in pairs]}}
    return {"do": "metrics.log", "series": series}


def images(card: str, steps: list[int], **more: object) -> list[dict]:
    return [
        {"do": "sample.put", "win": card, "step": step, "index": 0, "image": picture(), **more}
        for step in steps
    ]


Log = Callable[..., Env]


@pytest.fixture
def ann(transactional_db) -> Principal:
    return Principal.of_user(services.create_user(username="ann"))


@pytest.fixture
def log(ann: Principal) -> Iterator[Log]:
    """``log("run", command, …)`` writes into an env of ann's, and returns it."""

    def put(env: str, *commands: dict) -> Env:
        refusals = write(ann, [{"env": env, **command} for command in commands])
        assert refusals == [None] * len(commands)
        return Env.objects.get(name=env, workspace__name="ann")

    yield put
    stop_committer()
