"""A config as columns."""

import pytest

from apps.runs.leaves import find, leaves_of


def test_keys_nest_by_slashes():
    config = {"optim": {"lr": 0.1, "betas": [0.9, 0.99]}, "seed": 3, "amp": False, "note": None, "empty": {}}
    assert leaves_of(config) == {
        "optim/lr": (0.1, None),
        "optim/betas": (None, "[0.9, 0.99]"),
        "seed": (3.0, None),
        "amp": (None, "false"),
        "empty": (None, "{}"),
    }


@pytest.mark.parametrize("name", ["optim/lr", "a/b/c", "plain"])
def test_a_leaf_is_found_by_its_name(name):
    config = {"optim": {"lr": 1}, "a/b": {"c": 2}, "plain": 3}
    assert find(config, name) == {"optim/lr": 1, "a/b/c": 2, "plain": 3}[name]


def test_odd_configs_have_the_columns_they_can():
    assert leaves_of([1, 2]) == {}
    assert leaves_of({"x" * 400: 1, "": 2, "big": 10**400, "inf": float("inf")}).keys() == {"big", "inf"}
    assert find({"a": 1}, "a/b") is None
