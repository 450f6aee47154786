"""Runs side by side: the address of the page, and pins at their best steps."""

import uuid

import numpy as np
import pytest

import panewall
from panewall.errors import BadArgument, Unreachable
from tests.support.server import OWNER


@pytest.fixture
def runs(server, token):
    name = f"env-{uuid.uuid4().hex[:8]}"
    made = [
        panewall.init(f"{name}-{number}", server=server.url, token=token, system_metrics=False)
        for number in range(2)
    ]
    for number, run in enumerate(made):
        for step, value in enumerate([3.0, 1.0, 2.0]):
            run.log({"val/loss": value + number}, step=10 * step)
            run.log({"val/sample": panewall.Image(np.full((2, 2), step, np.uint8))}, step=10 * step + 3)
    yield made
    for run in made:
        run.finish()


def test_the_page_of_several_runs(server, runs):
    names = [f"{OWNER}/{run.env}" for run in runs]
    comparison = panewall.compare(runs)
    assert str(comparison) == comparison.url == f"{server.url}/compare?env={names[0]}&env={names[1]}"
    assert (
        panewall.compare([names[0], runs[1], runs[1].env], server=server.url, token=server.token()).url
        == comparison.url
    )


def test_runs_are_pinned_at_their_best_steps_with_an_image(server, runs):
    pinned = panewall.pin_best_step(runs, "val/loss")
    assert [(pin["env"], pin["card"], pin["step"]) for pin in pinned.pins] == [
        (f"{OWNER}/{run.env}", "val/sample", 13) for run in runs
    ]
    with server.client() as client:
        page = [("env", f"{OWNER}/{run.env}") for run in runs]
        kept = client.get("/api/v1/pins", params=page).json()
    assert len(kept["pins"]) == 2 and kept["follow"] is None
    highest = panewall.pin_best_step(runs, "val/loss", mode="max", with_image=False, follow=True)
    assert {pin["step"] for pin in highest.pins} == {0}
    with server.client() as client:
        assert client.get("/api/v1/pins", params=page).json()["follow"]["mode"] == "max"


def test_where_there_is_no_best_step_the_reason_is_told(runs):
    nothing = panewall.pin_best_step(runs, "val/accuracy")
    assert nothing.pins == [] and {missed["reason"] for missed in nothing.missed} == {"no_metric"}


def test_what_cannot_be_compared(server, token, runs):
    with pytest.raises(BadArgument, match="no runs"):
        panewall.compare([])
    with pytest.raises(BadArgument, match="mode"):
        panewall.pin_best_step(runs, "val/loss", mode="lowest")
    with pytest.raises(Unreachable):
        panewall.compare(["a"], server="http://127.0.0.1:9", token="t")
