"""``…/closed-windows/restore``: all windows that a clear closed, back at once."""

from apps.windows.models import Window
from tests.api.conftest import ENV, put, refused

RESTORE = f"{ENV}/closed-windows/restore"


def living(wall) -> list[str]:
    return sorted(Window.objects.living().filter(env__name="run").values_list("key", flat=True))


def test_what_a_clear_closed_comes_back_as_it_was(api, wall):
    member = api(wall.member)
    ids = list(Window.objects.values_list("pk", flat=True))
    assert member.post(f"{ENV}/clear").status_code == 200
    assert living(wall) == []
    answer = member.post(RESTORE, {"ids": ids}, format="json")
    assert (answer.status_code, answer.json()) == (200, {"restored": 2, "refused": {}})
    assert living(wall) == ["loss", "notes"]
    assert member.get(f"{ENV}/windows/loss").json()["traces"][0]["count"] == 5


def test_one_whose_key_was_taken_stays_closed_and_the_others_come_back(api, wall):
    member = api(wall.member)
    ids = {key: pk for pk, key in Window.objects.values_list("pk", "key")}
    member.post(f"{ENV}/clear")
    put(wall.member, {"do": "text.append", "win": "notes", "text": "new"})
    answer = member.post(RESTORE, {"ids": list(ids.values())}, format="json").json()
    assert answer["restored"] == 1
    assert list(answer["refused"]) == [str(ids["notes"])]
    assert living(wall) == ["loss", "notes"]


def test_only_editors_undo_and_only_in_envs_they_may_see(api, wall):
    ids = list(Window.objects.values_list("pk", flat=True))
    assert refused(api(wall.viewer).post(RESTORE, {"ids": ids}, format="json")) == (403, "forbidden")
    assert refused(api(wall.stranger).post(RESTORE, {"ids": ids}, format="json")) == (404, "not_found")
    for odd in ({}, {"ids": []}, {"ids": ["x"]}, {"ids": [0]}, {"ids": ids, "more": 1}):
        assert refused(api(wall.member).post(RESTORE, odd, format="json"))[0] == 400
