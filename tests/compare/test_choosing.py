"""Which envs a comparison is of."""

import pytest

from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.windows.comparison.choosing import choose
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db


def test_choosing_a_hundred_envs_asks_as_little_as_choosing_two(cast: Cast, django_assert_max_num_queries):
    Env.objects.bulk_create(Env(workspace=cast.team, name=f"seed_{number}") for number in range(100))
    names = [f"team/seed_{number}" for number in reversed(range(100))]
    with django_assert_max_num_queries(2):
        choice = choose(Principal.of_user(cast.viewer), names)
    assert [env.full_name for env in choice.envs] == names


def test_envs_of_others_and_what_cannot_be_a_name_are_left_out(cast: Cast):
    choice = choose(Principal.of_user(cast.stranger), ["team/run_1", "a/b/c", ""])
    assert (choice.envs, choice.left_out) == ([], ["team/run_1", "a/b/c", ""])


def test_an_env_that_is_named_twice_is_there_once(cast: Cast):
    choice = choose(Principal.of_user(cast.member), ["main", "mika/main", "team/run_1"])
    assert [env.full_name for env in choice.envs] == ["mika/main", "team/run_1"]
