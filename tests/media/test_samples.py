"""``sample.put``: where a sample goes, what its window becomes, and that its bytes are there before anybody sees it."""

import json

import msgpack
import pytest
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.envs.models import Env
from apps.media import handlers, index
from apps.media.models import Asset, Sample
from apps.media.structured import HISTOGRAM, STRUCTURED, TABLE, TEXT
from apps.windows import objects
from apps.windows.commands import decode, unpack_array
from apps.windows.models import Window
from tests.support import sounds

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])

HISTOGRAM_DATA = b'{"counts":[1,2],"edges":[0,1,2]}'
TABLE_DATA = b'{"columns":["a"],"rows":[[1]]}'


def put(win: str = "w", env: str = "run", **more: object) -> dict:
    return {"do": "sample.put", "env": env, "win": win, "image": sounds.png(), **more}


def places(win: str = "w") -> list[tuple[int, int]]:
    return list(Sample.objects.filter(window__key=win).values_list("step", "index"))


def refusal(outcome) -> dict:
    ((_, error),) = outcome.errors
    return error


def test_next_goes_on_after_the_last_of_its_step(desk, ann):
    desk.send(
        ann, *[put(step=step, index="next", image=sounds.png(n)) for n, step in enumerate((5, 5, 3, 5, 3))]
    )
    assert places() == [(3, 0), (3, 1), (5, 0), (5, 1), (5, 2)]
    desk.send(ann, put(step="next", index="next"))
    assert places()[-1] == (6, 0)


def test_the_same_place_again_takes_the_new_file(desk, ann):
    desk.send(ann, put(step=1, caption="old"), put(step=1, image=sounds.png(9), caption="new"))
    sample = Sample.objects.get()
    assert (sample.caption, sample.asset_id) == (
        "new",
        Asset.objects.order_by("created_at", "pk").get(pk=sample.asset_id).pk,
    )
    assert desk.published[-1].ops[-1][2]["caption"] == "new"


def test_steps_lie_anywhere_that_is_exact_and_come_in_any_order(desk, ann):
    for step in (2**53, 7, -(2**53), 0, 7):
        assert not desk.send(ann, put(step=step)).errors
    assert places() == [(-(2**53), 0), (0, 0), (7, 0), (2**53, 0)]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"step": 2**53 + 1}, "step"),
        ({"step": -(2**53) - 1}, "step"),
        ({"step": 1.5}, "step"),
        ({"step": "7"}, "step"),
        ({"step": True}, "step"),
        ({"step": None}, "step"),
        ({"index": -1}, "index"),
        ({"index": 10_001}, "index"),
        ({"index": "last"}, "index"),
        ({"image": b""}, "image"),
        ({"image": "text"}, "image"),
        ({"type": 7}, "type"),
        ({"type": HISTOGRAM, "image": b"{}"}, "counts"),
    ],
)
def test_what_is_no_place_or_no_file_is_refused_by_name_and_its_siblings_go_in(desk, ann, more, field):
    outcome = desk.send(ann, put("a"), put("b", **more), put("c"))
    ((number, error),) = outcome.errors
    assert (number, list(error["fields"])) == (1, [field])
    assert set(Window.objects.values_list("key", flat=True)) == {"a", "c"}


def test_there_is_no_step_and_no_index_after_the_last_one(desk, ann):
    desk.send(ann, put(step=2**53), put("full", index=10_000))
    assert "step" in refusal(desk.send(ann, put(step="next")))["fields"]
    assert "index" in refusal(desk.send(ann, put("full", index="next")))["fields"]


@pytest.mark.parametrize(
    ("content_type", "data"), [(HISTOGRAM, HISTOGRAM_DATA), (TABLE, TABLE_DATA), (TEXT, b"step 1")]
)
def test_data_of_a_step_makes_a_window_of_its_kind(desk, ann, content_type, data):
    assert not desk.send(ann, put(image=data, type=content_type, step=4, caption="c")).errors
    window = Window.objects.get()
    assert window.kind == STRUCTURED[content_type]
    (sample,) = desk.published[-1].ops[0][2]["content"]["samples"]
    assert (sample["content_type"], sample["step"]) == (content_type, 4)
    with default_storage.open(window.samples.get().asset.path) as file:
        assert file.read() == data
    assert refusal(desk.send(ann, put(step=5)))["code"] == "wrong_kind"


def test_the_same_bytes_can_be_a_text_here_and_a_histogram_there(desk, ann):
    desk.send(
        ann,
        put("t", image=HISTOGRAM_DATA, type=TEXT),
        put("h", image=HISTOGRAM_DATA, type=HISTOGRAM),
    )
    assert dict(Window.objects.values_list("key", "kind")) == {"t": "document", "h": "histogram"}
    assert Asset.objects.count() == 1
    assert refusal(desk.send(ann, put("x", image=b"no json", type=HISTOGRAM)))["code"] == "invalid"


@pytest.mark.parametrize(
    ("content_type", "data"), [(HISTOGRAM, HISTOGRAM_DATA), (TABLE, TABLE_DATA), (TEXT, b"<b>1</b>")]
)
def test_a_window_of_data_is_read_whole_and_written_back(desk, ann, content_type, data):
    desk.send(ann, *[put(image=data, type=content_type, step=step, caption=f"{step}") for step in (1, 7)])
    read = json.loads(json.dumps(objects.window_object(Window.objects.get())))
    desk.send(ann, *objects.commands_from_object("copy", read))
    copy = Window.objects.get(env=Env.objects.get(name="copy"))
    assert json.loads(json.dumps(objects.window_object(copy))) == read


def test_no_sample_is_seen_before_its_bytes_are_stored(desk, ann, monkeypatch):
    stored = []
    write = handlers.files.storing.write

    def note(name: str, data: bytes) -> None:
        assert not Sample.objects.exists()
        write(name, data)
        stored.append(name)

    monkeypatch.setattr(handlers.files.storing, "write", note)
    command = decode(put())
    assert len(stored) == 1
    assert not Asset.objects.exists()
    desk.send(ann, command)
    assert Sample.objects.get().asset.path == stored[0]


def test_the_hundredth_push_asks_the_database_as_little_as_the_first(desk, ann):
    """Neither more statements, nor a look at rows of the history."""
    desk.send(ann, put(step="next", index="next"))

    def cost() -> list[str]:
        command = decode(put(step="next", index="next", image=sounds.png(len(places()))))
        with CaptureQueriesContext(connection) as told:
            desk.committer._commit([_batch(ann, command)])
        return [query["sql"].split(" ")[0] for query in told.captured_queries]

    second = cost()
    for step in range(98):
        desk.send(ann, put(step=step + 2, image=sounds.png(step)))
    assert cost() == second
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            window = Window.objects.get().pk
            cursor.execute(f"EXPLAIN QUERY PLAN {handlers.LAST_STEP}", [window])
            (plan,) = cursor.fetchall()
            assert "USING COVERING INDEX" in plan[3]
            assert "TEMP B-TREE" not in plan[3]


def _batch(who, command):
    from apps.windows.committer import Batch

    return Batch(who, [command], lambda outcome: None)


# --- the index of samples


def columns(op: list) -> dict:
    said = op[2]
    read = {name: unpack_array(said[name]).tolist() for name in ("step", "index", "width", "type", "logged")}
    return {
        **said,
        **read,
        "asset": [said["asset"][n : n + 32].hex() for n in range(0, len(said["asset"]), 32)],
    }


def test_the_index_tells_all_samples_of_a_window_in_order(desk, ann):
    desk.send(
        ann,
        put(step=-3, caption="first"),
        put(step=2**53, image=sounds.png(1, 6)),
        put(step=5, index=1),
        put(step=5, index=0, caption="later"),
        {"do": "text.append", "env": "run", "win": "t", "text": "no samples"},
        put("beeps", image=sounds.wav()),
        put("none"),
        {"do": "window.close", "env": "run", "win": "none"},
    )
    env = Env.objects.get(name="run")
    ids = {window.key: window.pk for window in Window.objects.all()}
    told = {
        op[1]: columns(op)
        for op in msgpack.unpackb(msgpack.packb(index.read([env.pk], list(ids.values()), {})))
    }
    assert set(told) == {ids["w"], ids["beeps"]}
    seen = told[ids["w"]]
    assert list(zip(seen["step"], seen["index"], strict=True)) == [(-3, 0), (5, 0), (5, 1), (2**53, 0)]
    assert seen["width"] == [4, 4, 4, 6]
    assert (seen["n"], seen["types"], seen["type"]) == (4, ["image/png"], [0] * 4)
    assert seen["captions"] == {"0": "first", "1": "later"}
    rows = Sample.objects.filter(window=ids["w"])
    assert seen["asset"] == [row.asset_id for row in rows]
    assert seen["logged"] == pytest.approx([row.logged_at.timestamp() for row in rows])


def test_windows_of_other_envs_are_not_told(desk, ann, bob):
    desk.send(ann, put())
    desk.send(bob, put(env="mine"))
    mine = Env.objects.get(name="mine")
    assert [op[1] for op in index.read([mine.pk], list(Window.objects.values_list("pk", flat=True)), {})] == [
        Window.objects.get(env=mine).pk
    ]


def test_many_windows_of_many_steps_take_as_many_queries_as_one(desk, ann):
    desk.send(ann, put())
    asset, env = Asset.objects.get(), Env.objects.get(name="run")
    windows = Window.objects.bulk_create(Window(env=env, key=f"{n}", kind="image") for n in range(20))
    Sample.objects.bulk_create(
        Sample(window=window, step=step, asset=asset) for window in windows for step in range(50)
    )
    with CaptureQueriesContext(connections["snapshot"]) as for_one:
        (one,) = index.read([env.pk], [windows[0].pk], {})
    with CaptureQueriesContext(connections["snapshot"]) as for_all:
        all_of_them = index.read([env.pk], [window.pk for window in windows], {})
    assert len(for_all) == len(for_one) <= 5
    assert (one[2]["n"], len(all_of_them), sum(op[2]["n"] for op in all_of_them)) == (50, 20, 1000)


def test_of_a_very_long_history_the_last_are_told(desk, ann, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "index_samples", 3)
    desk.send(ann, *[put(step=step) for step in range(5)], put("short"))
    env = Env.objects.get(name="run")
    long, short = Window.objects.get(key="w").pk, Window.objects.get(key="short").pk
    told = {op[1]: columns(op)["step"] for op in index.read([env.pk], [long, short], {})}
    assert told == {long: [2, 3, 4], short: [0]}


def test_a_window_shows_its_last_step_and_reads_no_more_than_that(desk, ann, django_assert_num_queries):
    desk.send(ann, *[put(step=step, index=i) for step in (1, 9, 4) for i in (0, 1)], put("other", step=2))
    ids = list(Window.objects.values_list("pk", flat=True))
    with django_assert_num_queries(2):
        held = handlers.contents(ids, "default")
    assert {tuple((s["step"], s["index"]) for s in held[pk]["samples"]) for pk in ids} == {
        ((9, 0), (9, 1)),
        ((2, 0),),
    }


class Listener:
    """A page that keeps what it was told of a window, and asks on by its mark."""

    def __init__(self) -> None:
        self.list: list[tuple] = []
        self.mark: str | None = None
        self.told = 0

    def ask(self) -> None:
        window = Window.objects.get(key="w")
        marks = {} if self.mark is None else {window.pk: self.mark}
        (op,) = index.read([window.env_id], [window.pk], {"marks": marks})
        said = columns(op)
        told = list(zip(said["step"], said["index"], said["asset"], strict=True))
        self.list = self.list[: said.get("from", 0)] + told
        self.mark, self.told = said["mark"], len(told)


def held() -> list[tuple]:
    return list(Sample.objects.filter(window__key="w").values_list("step", "index", "asset_id"))


def test_whoever_knows_the_beginning_is_told_only_what_came_behind_it(desk, ann):
    page = Listener()
    desk.send(ann, *[put(step=step) for step in range(5)])
    page.ask()
    desk.send(ann, put(step=5), put(step="next", index="next"))
    page.ask()
    assert (page.told, page.list) == (2, held())
    page.ask()
    assert (page.told, page.list) == (0, held())


@pytest.mark.parametrize(
    "changes",
    [
        [{"step": 2, "image": sounds.png(9)}],
        [{"step": 2, "index": 1}],
        [{"step": 9}, {"step": 1, "index": 4}],
        [{"step": 4, "image": sounds.png(9)}],
        [{"step": 9, "replace": True}],
    ],
    ids=["another file", "in between", "behind and between", "the last one", "all gone but one"],
)
def test_whatever_else_changed_the_list_becomes_what_it_is(desk, ann, changes):
    page = Listener()
    desk.send(ann, *[put(step=step) for step in range(5)])
    page.ask()
    for change in changes:
        desk.send(ann, put(**change))
    page.ask()
    assert page.list == held()


@pytest.mark.parametrize("mark", ["", "1.2", "x" * 1000, 7, None, "9999999999.0.0.0.0", "-1.0.0.0.0"])
def test_who_sends_no_mark_is_told_all(desk, ann, mark):
    desk.send(ann, put())
    window = Window.objects.get(key="w")
    (op,) = index.read([window.env_id], [window.pk], {"marks": {window.pk: mark}})
    assert (op[2]["n"], "from" in op[2]) == (1, False)


def test_a_mark_of_another_window_is_worth_nothing(desk, ann):
    desk.send(ann, *[put(step=step) for step in range(3)], put("other", step=0))
    page = Listener()
    page.ask()
    other = Window.objects.get(key="other")
    (op,) = index.read([other.env_id], [other.pk], {"marks": {other.pk: page.mark}})
    assert (op[2]["n"], "from" in op[2]) == (1, False)
