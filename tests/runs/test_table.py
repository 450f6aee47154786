"""The runs table over REST: what a look at it answers."""

import math
import random
import threading

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.envs.models import Env
from apps.runs import looking, refreshing
from apps.runs.models import Known, Summary, TableLook
from apps.runs.table import Table, tables
from apps.runs.values import Texts
from apps.windows.series.buckets import CHUNK
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def names(answer: dict) -> list[str]:
    return [row["name"] for row in answer["results"]]


def test_a_metric_column_has_last_lowest_highest_with_their_steps_mean_and_count_of_finite_values(
    team, query
):
    team.log("a", loss=[3.0, math.nan, 1.0, math.inf, 2.0, math.nan])
    columns = [f"metric:{each}:loss" for each in ("last", "min", "max", "mean", "count")]
    (row,) = query(columns=columns)["results"]
    assert row["cells"] == [
        {"value": 2.0, "step": 4.0},
        {"value": 1.0, "step": 2.0},
        {"value": 3.0, "step": 0.0},
        {"value": 2.0, "step": None},
        {"value": 3.0, "step": None},
    ]


def test_what_is_logged_after_a_look_is_in_the_next_one(team, query):
    team.log("a", loss=[3.0])
    assert query(columns=["metric:last:loss"])["results"][0]["cells"] == [{"value": 3.0, "step": 0.0}]
    team.log("a", loss={1: 2.5})
    assert query(columns=["metric:last:loss"])["results"][0]["cells"] == [{"value": 2.5, "step": 1.0}]
    team.log("a", loss={1: 4.0})
    row = query(columns=["metric:last:loss", "metric:max:loss", "metric:count:loss"])["results"][0]
    assert [cell["value"] for cell in row["cells"]] == [4.0, 4.0, 2.0]
    team.do({"do": "window.close", "env": "team/a", "win": "loss"})
    assert query(columns=["metric:last:loss"])["results"][0]["cells"] == [None]


def test_summaries_equal_those_of_the_points_however_they_came(team, query):
    """Appends over several chunks, steps written again, steps in between: as if all were read at once."""
    chance = random.Random(4)
    written: dict[int, float] = {}
    for part in (
        range(0, CHUNK * 4 + 20, 2),
        range(CHUNK * 4 + 20, CHUNK * 6 + 10, 2),
        [10, CHUNK + 8],
        range(1, 600, 2),
        range(CHUNK * 6 + 10, CHUNK * 6 + 40),
    ):
        points = {step: chance.choice([math.nan, chance.gauss(0, 1), chance.gauss(0, 1)]) for step in part}
        written |= points
        team.log("a", loss=points)
        finite = {step: value for step, value in written.items() if math.isfinite(value)}
        columns = [f"metric:{each}:loss" for each in ("last", "min", "max", "mean", "count")]
        last, low, high, mean, count = query(columns=columns)["results"][0]["cells"]
        assert last == {"value": finite[max(finite)], "step": max(finite)}
        assert low == {
            "value": min(finite.values()),
            "step": min(s for s, v in finite.items() if v == min(finite.values())),
        }
        assert high["value"] == max(finite.values())
        assert mean["value"] == pytest.approx(sum(finite.values()) / len(finite))
        assert count["value"] == len(finite)


def test_runs_without_the_metric_stay_at_the_end_in_both_orders(team, query):
    team.log("low", loss=[1.0])
    team.log("none")
    team.log("high", loss=[2.0])
    team.log("nan", loss=[math.nan])
    up = query(sort={"column": "metric:last:loss"})
    down = query(sort={"column": "metric:last:loss", "descending": True})
    assert names(up) == ["low", "high", "nan", "none"]
    assert names(down) == ["high", "low", "nan", "none"]


def test_config_sorts_numbers_by_value_before_texts(team, query):
    for name, value in {"a": 10, "b": 9.5, "c": "auto", "d": None, "e": True}.items():
        team.log(name, config={"optim": {"lr": value}})
    answer = query(sort={"column": "config:optim/lr"}, columns=["config:optim/lr", "config:optim.lr"])
    assert names(answer) == ["b", "a", "c", "e", "d"]
    assert [row["cells"] for row in answer["results"]] == [[v, v] for v in (9.5, 10, "auto", True, None)]


def test_names_sort_as_people_do(team, query):
    for name in ("run_10", "Run_9", "run_1", "lr0.1", "lr0.03", "v1.10.2", "v1.9.3", "lr0.10"):
        team.log(name)
    expected = ["lr0.03", "lr0.1", "lr0.10", "run_1", "Run_9", "run_10", "v1.9.3", "v1.10.2"]
    assert names(query(sort={"column": "name"})) == expected


def test_a_new_name_takes_its_place_among_those_that_were_sorted_before(team, query):
    for name in ("run_2", "run_10", "a", "a1"):
        team.log(name)
    assert names(query(sort={"column": "name"})) == ["a", "a1", "run_2", "run_10"]
    for name in ("run_3", "a0.5", "Run_1", "b"):
        team.log(name)
    expected = ["a", "a0.5", "a1", "b", "Run_1", "run_2", "run_3", "run_10"]
    assert names(query(sort={"column": "name"})) == expected
    assert names(query(sort={"column": "name", "descending": True})) == expected[::-1]


def test_tables_of_crowded_workspaces_are_loaded_before_anybody_looks(team, query, monkeypatch):
    for name in ("a", "b", "c"):
        team.log(name)
    monkeypatch.setattr(looking, "CROWDED", 3)
    assert looking.load_tables(until=math.inf) == []
    monkeypatch.setattr(looking, "CROWDED", 2)
    assert looking.load_tables(until=0.0) == []  # no time is left
    assert len(looking.load_tables(until=math.inf)) == 1
    with CaptureQueriesContext(connection) as asked:
        assert names(query(sort={"column": "name"})) == ["a", "b", "c"]
    assert not [each for each in asked.captured_queries if "FROM runs_known" in each["sql"]]


def test_a_look_waits_for_no_more_than_the_piece_of_a_column_that_is_being_loaded(team, monkeypatch):
    for number in range(3):
        team.log(f"run_{number}")
    monkeypatch.setattr(looking, "CROWDED", 2)
    monkeypatch.setattr(looking, "TEXTS_AT_ONCE", 1)
    (table,) = looking.load_tables(until=math.inf)
    pieces, before_the_look = [], []

    def look() -> None:
        with table.lock:
            before_the_look.append(len(pieces))

    asker = threading.Thread(target=look)
    make_keys = Texts.make_keys

    def make(texts, most) -> bool:
        pieces.append(texts)
        if len(pieces) == 1:
            asker.start()
            wait_for(lambda: table.lock.is_wanted, what="somebody to look")
        return make_keys(texts, most)

    monkeypatch.setattr(Texts, "make_keys", make)
    looking.load_columns([table])
    asker.join()
    assert before_the_look == [1]
    assert len(pieces) > 3


def test_columns_of_crowded_tables_are_loaded_before_anybody_sorts_or_filters_by_them(
    team, query, monkeypatch
):
    for number, name in enumerate(("a", "b", "c")):
        team.log(name, loss=[number], config={"lr": number / 10})
    query(columns=["config:lr", "metric:min:loss"])
    tables.clear()
    monkeypatch.setattr(looking, "CROWDED", 2)
    looking.load_columns(looking.load_tables(until=math.inf))
    by_lr = {"all": [{"column": "config:lr", "op": ">", "value": 0.05}]}
    with CaptureQueriesContext(connection) as asked:
        assert names(query(filter=by_lr, sort={"column": "metric:min:loss", "descending": True})) == [
            "c",
            "b",
        ]
    assert not [each for each in asked.captured_queries if "WHERE column_id" in each["sql"]]


def test_columns_that_people_have_in_their_tables_are_loaded_first(team, query, monkeypatch):
    team.log("a", loss=[1], accuracy=[2], config={"lr": 0.1, "seed": 3})
    query(columns=["config:lr"])
    look = {"columns": ["tags", "metric:mean:accuracy", "config:seed", "no such column"]}
    TableLook.objects.create(user=team.viewer, workspace=team.workspace, look=look)
    likely = [str(name) for name in looking.likely_columns(team.workspace.pk)]
    assert likely[:2] == ["metric:mean:accuracy", "config:seed"]
    assert {"config:lr", "metric:last:loss"} < set(likely)


def test_what_was_just_logged_can_be_a_column_before_anybody_looked_at_its_row(team, as_person):
    client = as_person(team.owner)
    for number in range(2):
        team.log(f"run_{number}", config={f"key_{number}": 1}, **{f"metric_{number}": [1.0]})
        found = client.get("/api/v1/workspaces/team/runs/columns").json()
        assert (f"key_{number}" in found["config"], f"metric_{number}" in found["metrics"]) == (True, True)


FILTERS = [
        ({"column": "config:lr", "op": ">", "value": 0.1}, "c"),
        ({"column": "config:lr", "op": ">=", "value": 0.1}, "ac"),
        ({"column": "config:lr", "op": "=", "value": 0.1}, "a"),
        ({"column": "config:lr", "op": "!=", "value": 0.1}, "bcd"),
        ({"column": "config:lr", "op": "between", "value": [0, 0.1]}, "ab"),
        ({"column": "config:lr", "op": "exists"}, "abc"),
        ({"column": "config:lr", "op": "not_exists"}, "d"),
        ({"column": "config:lr", "op": "any_of", "value": [0.1, 1]}, "ac"),
        ({"column": "config:model", "op": "contains", "value": "NET"}, "ab"),
        ({"column": "config:model", "op": "not_contains", "value": "net"}, "cd"),
        ({"column": "config:model", "op": "none_of", "value": ["resnet", "vit"]}, "bd"),
        ({"column": "metric:min:loss", "op": "<", "value": 0.5}, "b"),
        ({"column": "metric:last:loss", "op": "<", "value": 0.5}, ""),
        ({"column": "tags", "op": "any_of", "value": ["best", "old"]}, "ab"),
        ({"column": "tags", "op": "all_of", "value": ["best", "fold:2"]}, "b"),
        ({"column": "tags", "op": "not_exists"}, "cd"),
        ({"column": "tag:fold", "op": "=", "value": "2"}, "b"),
        ({"column": "status", "op": "any_of", "value": ["finished"]}, "c"),
        ({"column": "name", "op": "any_of", "value": ["a", "d"]}, "ad"),
        ({"column": "created", "op": ">", "value": "2020-01-31"}, "abcd"),
        ({"column": "created", "op": "<", "value": "2020-01-31T12:00:00Z"}, ""),
        ({"column": "notes", "op": "contains", "value": "odd"}, "d"),
        ({"column": "owner", "op": "=", "value": "owner"}, "abcd"),
        (
            {"any": [{"column": "config:lr", "op": ">", "value": 0.5}, {"column": "name", "op": "=", "value": "d"}]},
            "cd",
        ),
        (
            {
                "all": [
                    {"any": [{"column": "name", "op": "=", "value": each} for each in "ab"]},
                    {"column": "tags", "op": "any_of", "value": ["old"]},
                ]
            },
            "a",
        ),
        ({"all": []}, "abcd"),
]  # fmt: skip


def test_filters_let_through_what_they_say(team, query):
    team.log("a", config={"lr": 0.1, "model": "resnet"}, tags=["old"], loss=[0.9])
    team.log("b", config={"lr": 0.01, "model": "UNet"}, tags=["best", "fold:2"], loss=[0.3, 0.8])
    team.log("c", config={"lr": 1, "model": "vit"}, loss=[2.0])
    team.log("d")
    team.do(
        {"do": "env.finish", "env": "team/c", "status": "finished"},
        {"do": "env.update", "env": "team/d", "notes": "an odd one"},
    )
    for condition, expected in FILTERS:
        answer = query(filter=condition, sort={"column": "name"})
        assert ("".join(names(answer)), answer["count"], answer["total"]) == (expected, len(expected), 4), (
            condition
        )


def test_words_are_searched_in_names(team, query):
    for name in ("resnet lr01", "resnet lr1", "vit lr01"):
        team.log(name)
    assert names(query(search="RES 01")) == ["resnet lr01"]


def test_a_search_says_how_many_it_would_find_outside_the_filter(team, query):
    for name in ("net_1", "net_2", "net_3", "other"):
        team.log(name, loss=[1.0])
    team.do({"do": "env.update", "env": "team/net_1", "tags": ["kept"]})
    kept = {"column": "tags", "op": "any_of", "value": ["kept"]}
    assert query(search="net", filter=kept)["elsewhere"] == 2
    assert query(search="net", only=["net_2", "other"])["elsewhere"] == 2
    assert query(search="net")["elsewhere"] == 0
    assert query(filter=kept)["elsewhere"] == 0  # nobody looks for anything


def test_chosen_runs_stand_first_in_the_order_of_the_others(team, query):
    for i, name in enumerate("abcd"):
        team.log(name, loss=[float(i)])
    sort = {"column": "metric:last:loss", "descending": False}
    assert names(query(sort=sort, first=["d", "b", "not there"])) == ["b", "d", "a", "c"]
    assert names(query(sort={**sort, "descending": True}, first=["a", "b"])) == ["b", "a", "d", "c"]
    assert names(query(sort=sort, first=["d"], only=["a", "d"])) == ["d", "a"]
    assert query(sort=sort, locate=["a", "c", "not there", "a"])["places"] == [0, 2, None, 0]
    assert query(sort=sort, first=["d"], only=["a", "d"], locate=["a", "c"], limit=0)["places"] == [1, None]
    for name, tag in zip("abcd", ("x", "y", "x", "y"), strict=True):
        team.do({"do": "env.update", "env": f"team/{name}", "tags": [tag]})
    assert names(query(sort=sort, group=["tags"], first=["c", "d"])) == ["c", "a", "d", "b"]


def test_groups_nest_and_keep_the_order_within(team, query):
    for name, lr, model in [
        ("a", 0.1, "x"),
        ("b", 0.01, "x"),
        ("c", 0.1, "x"),
        ("d", 0.1, "w"),
        ("e", None, "x"),
    ]:
        team.log(name, config={"model": model} | ({"lr": lr} if lr else {}))
    answer = query(group=["config:model", "config:lr"], sort={"column": "name", "descending": True})
    assert names(answer) == ["d", "b", "c", "a", "e"]
    assert [(g["depth"], g["value"], g["start"], g["count"]) for g in answer["groups"]] == [
        (0, "w", 0, 1), (1, 0.1, 0, 1),
        (0, "x", 1, 4), (1, 0.01, 1, 1), (1, 0.1, 2, 2), (1, None, 4, 1),
    ]  # fmt: skip


def test_groups_by_status_prefix_and_tag(team, query):
    team.log("resnet_1", tags=["fold:1"])
    team.log("resnet_2", tags=["other", "fold:2"])
    team.log("vit_1", tags=[])
    for column, expected in {
        "prefix": [("resnet", 2), ("vit", 1)],
        "tag:fold": [("1", 1), ("2", 1), (None, 1)],
        "status": [("", 3)],
        "owner": [("owner", 3)],
    }.items():
        assert [(g["value"], g["count"]) for g in query(group=[column])["groups"]] == expected


def test_an_empty_text_is_no_value(team, query):
    for name, value in {"a": "", "b": "x", "c": 1, "d": None}.items():
        team.log(name, config={"v": value})
    team.do({"do": "env.finish", "env": "team/b", "status": "finished"})
    for descending, expected in (False, ["c", "b", "d", "a"]), (True, ["b", "c", "d", "a"]):
        assert names(query(sort={"column": "config:v", "descending": descending})) == expected
        # Who never ran has no status.
        assert names(query(sort={"column": "status", "descending": descending}))[0] == "b"
    assert [g["value"] for g in query(group=["config:v"])["groups"]] == [1, "x", None]
    assert [g["value"] for g in query(group=["status"])["groups"]] == ["finished", ""]
    assert set(names(query(filter={"column": "config:v", "op": "exists"}))) == {"b", "c"}


def test_what_has_keys_of_its_own_has_no_value_but_theirs(team, query):
    for name, value in {"a": {"x": 1}, "b": 2, "c": {}}.items():
        team.log(name, config={"v": value})
    columns = ["config:v", "config:v/x"]
    answer = query(columns=columns, sort={"column": "config:v"})
    assert [(row["name"], row["cells"]) for row in answer["results"]] == [
        ("b", [2, None]),
        ("c", [{}, None]),
        ("a", [None, 1]),
    ]


def test_too_many_groups_are_refused_in_words(team, as_person, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "runs_groups", 2)
    for name in "abc":
        team.log(name)
    answer = as_person(team.owner).post(
        "/api/v1/workspaces/team/runs/query", {"group": ["name"]}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "too_many_groups"


def test_rows_come_in_parts(team, query):
    for i in range(7):
        team.log(f"run_{i}")
    answer = query(sort={"column": "name"}, offset=3, limit=2)
    assert names(answer) == ["run_3", "run_4"]
    assert answer["count"] == 7
    assert names(query(only=["run_5", "run_1", "elsewhere"], sort={"column": "name"})) == ["run_1", "run_5"]


def test_envs_that_go_and_come_back_are_noticed(team, query):
    team.log("a")
    team.log("b")
    assert query()["count"] == 2
    team.do({"do": "env.delete", "env": "team/a"})
    assert names(query()) == ["b"]
    team.do({"do": "env.restore", "env": "team/a"})
    team.do({"do": "env.rename", "env": "team/b", "to": "c"})
    assert sorted(names(query())) == ["a", "c"]


def test_another_stamp_says_that_something_changed(team, as_person):
    client = as_person(team.viewer)
    team.log("a")
    first = client.get("/api/v1/workspaces/team/runs/stamp")
    etag = first.headers["ETag"]
    assert (
        client.get("/api/v1/workspaces/team/runs/stamp", headers={"If-None-Match": etag}).status_code == 304
    )
    team.log("a", loss=[1.0])
    again = client.get("/api/v1/workspaces/team/runs/stamp", headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert again.json() != first.json()


def test_strangers_are_told_that_there_is_nothing(team, as_person):
    client = as_person(team.stranger)
    for method, door in (("post", "query"), ("get", "columns"), ("get", "stamp"), ("get", "table")):
        answer = getattr(client, method)(f"/api/v1/workspaces/team/runs/{door}", format="json")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_read_only_server_still_shows_the_table(team, query, monkeypatch):
    team.log("a")
    query()
    monkeypatch.setattr(settings.PANEWALL, "readonly", True)
    assert names(query()) == ["a"]


def test_columns_are_found_by_name(team, as_person, query):
    team.log("a", config={"optim": {"lr": 0.1}, "seed": 1}, val__loss=[1.0], train__loss=[1.0])
    query(columns=["config:seed"])
    client = as_person(team.viewer)
    every = client.get("/api/v1/workspaces/team/runs/columns").json()
    assert (every["config"], every["metrics"]) == (["optim/lr", "seed"], ["train/loss", "val/loss"])
    some = client.get("/api/v1/workspaces/team/runs/columns?search=val LOSS").json()
    assert (some["config"], some["metrics"], some["more"]) == ([], ["val/loss"], False)


REFUSED = [
    {"columns": ["nonsense"]},
    {"columns": ["metric:median:loss"]},
    {"sort": {"column": "config:"}},
    {"filter": {"column": "name", "op": ">", "value": 1}},
    {"filter": {"column": "config:lr", "op": ">", "value": "much"}},
    {"filter": {"column": "created", "op": ">", "value": "yesterday"}},
    {"filter": {"some": []}},
    {"filter": {"all": {}}},
    {"filter": {"column": "status", "op": "any_of", "value": "running"}},
    {"group": ["status"] * 6},
    {"limit": 201},
    {"offset": -1},
    {"unknown": 1},
]


def test_what_cannot_be_asked_is_refused_with_a_reason(team, as_person):
    client = as_person(team.owner)
    for asked in REFUSED:
        answer = client.post("/api/v1/workspaces/team/runs/query", asked, format="json")
        assert answer.status_code in (400, 413), asked
        assert answer.json()["detail"]


def test_each_person_keeps_a_table_of_their_own(team, as_person):
    door = "/api/v1/workspaces/team/runs/table"
    mine, theirs = as_person(team.owner), as_person(team.viewer)
    look = {"columns": ["config:lr"], "widths": {"config:lr": 90}}
    assert mine.get(door).json() == {"look": {}}
    assert mine.put(door, {"look": look}, format="json").json() == {"look": look}
    assert mine.get(door).json() == {"look": look}
    assert theirs.get(door).json() == {"look": {}}
    assert mine.put(door, {"look": {"columns": ["x" * 30_000]}}, format="json").status_code == 413


def test_what_a_look_could_not_wait_for_is_done_behind_it(team, query, monkeypatch):
    monkeypatch.setattr(looking, "PATIENCE_S", 0.0)
    monkeypatch.setattr(refreshing, "BATCH", 1)
    for i in range(4):
        team.log(f"run_{i}", loss=[float(i)])
    answer = query(sort={"column": "metric:last:loss"}, limit=1, columns=["metric:last:loss"])
    assert answer["behind"] > 0
    assert answer["results"][0]["cells"] != [None]
    from apps.jobs.models import Job
    from apps.runs.tasks import refresh_runs

    refresh_runs(Job.objects.get(task=refreshing.TASK).pk)
    answer = query(sort={"column": "metric:last:loss"}, columns=["metric:last:loss"])
    assert answer["behind"] == 0
    assert [row["cells"][0]["value"] for row in answer["results"]] == [0.0, 1.0, 2.0, 3.0]


def test_envs_at_rest_are_read_before_anybody_looks(team):
    team.log("a", loss=[1.0], config={"lr": 1})
    assert refreshing.refresh_rested() == 0
    assert refreshing.refresh_rested(quiet=refreshing.timedelta(0)) == Env.objects.count()
    assert Summary.objects.get().last == 1.0
    assert refreshing.refresh_rested(quiet=refreshing.timedelta(0)) == 0


def test_another_process_s_reading_is_taken_over(team, query):
    """Two tables of one workspace, as two servers have them."""
    team.log("a", loss=[1.0])
    query(sort={"column": "metric:last:loss"})
    here = tables.of(team.workspace.pk)
    team.log("a", loss={1: 7.0})
    refreshing.refresh([Env.objects.get(name="a").pk])
    with CaptureQueriesContext(connection) as captured:
        answer = query(sort={"column": "metric:last:loss"}, columns=["metric:last:loss"])
    assert answer["results"][0]["cells"][0]["value"] == 7.0
    assert not any("windows_" in each["sql"] for each in captured)
    assert here is tables.of(team.workspace.pk)


def test_a_look_asks_the_same_few_questions_whatever_the_number_of_envs(team, query):
    counts = []
    for more in (2, 12):
        for i in range(more):
            team.log(f"run_{more}_{i}", config={"lr": i}, loss=[1.0])
        asked = {
            "columns": ["config:lr", "metric:min:loss"],
            "sort": {"column": "config:lr"},
            "group": ["status"],
        }
        query(**asked)
        with CaptureQueriesContext(connection) as captured:
            query(**asked)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


def test_a_table_knows_an_env_again_after_it_was_forgotten(team, query):
    team.log("a", loss=[1.0])
    query(columns=["metric:last:loss"])
    Known.objects.all().delete()
    Summary.objects.all().delete()
    tables.clear()
    assert query(columns=["metric:last:loss"])["results"][0]["cells"] == [{"value": 1.0, "step": 0.0}]
    assert isinstance(tables.of(team.workspace.pk), Table)
