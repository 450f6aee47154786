"""All names at once, for the tree beside a wall."""

from apps.envs.models import Env
from tests.support.cast import Cast

NAMES = "/api/v1/env-names"


def names(answer) -> list[str]:
    return [f"{row['workspace']}/{row['name']}" for row in answer.json()["results"]]


def test_everybody_gets_the_names_they_may_see(cast: Cast, as_user):
    assert sorted(names(as_user(cast.viewer).get(NAMES))) == ["team/run_1", "vera/main"]
    assert names(as_user(cast.stranger).get(NAMES)) == ["sten/main"]


def test_thousands_of_envs_come_in_one_answer_with_a_query_or_two(
    cast: Cast, as_user, django_assert_max_num_queries
):
    Env.objects.bulk_create(Env(workspace=cast.team, name=f"sweep_{number}") for number in range(2000))
    browser = as_user(cast.viewer)
    with django_assert_max_num_queries(6):
        answer = browser.get(NAMES)
    assert answer.json()["count"] == len(names(answer)) == 2002
    assert set(answer.json()["results"][0]) == {"workspace", "name", "status", "updated_at", "colour"}


def test_a_list_that_is_already_held_is_not_sent_again(cast: Cast, as_user):
    browser = as_user(cast.viewer)
    held = browser.get(NAMES).headers["ETag"]
    assert browser.get(NAMES, headers={"If-None-Match": held}).status_code == 304
    Env.objects.create(workspace=cast.team, name="new")
    assert browser.get(NAMES, headers={"If-None-Match": held}).status_code == 200


def test_nobody_unknown_gets_names(client, db):
    assert client.get(NAMES).status_code == 401
