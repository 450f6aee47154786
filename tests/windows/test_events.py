"""What people do in windows reaches the programs that may edit the env, and nobody else."""

import queue
import threading

import pytest

from apps.accounts import services
from apps.accounts.principals import Principal
from apps.accounts.services import add_member, create_team
from apps.envs.models import Env
from apps.errors import DomainError, Forbidden, Invalid, NotFound, TooLarge
from apps.windows import events
from apps.windows.models import Window

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
CLICK = {"event_type": "Click", "image_coord": {"x": 1, "y": 2, "visibility": "visible"}}


class Ear:
    """A program that listens."""

    def __init__(self, principal: Principal) -> None:
        self.heard: queue.Queue[dict] = queue.Queue()
        self.handle = events.listen(principal, self.heard.put)

    def next(self) -> dict:
        return self.heard.get(timeout=10)


@pytest.fixture
def ear():
    made: list[Ear] = []

    def listen(principal: Principal) -> Ear:
        made.append(Ear(principal))
        return made[-1]

    yield listen
    for one in made:
        one.handle.close()
    finish()


@pytest.fixture(autouse=True)
def _fresh_rates(monkeypatch):
    monkeypatch.setattr(events, "_rates", events.Rates())


def finish() -> None:
    """Wait until all that was published so far is told."""
    done = threading.Event()
    events._teller.submit(done.set)
    assert done.wait(10)


def env_of(desk, who: Principal, name: str = "run", text: str = "hi") -> int:
    desk.send(who, {"do": "text.append", "env": name, "win": "w", "text": text, "title": "T"})
    return Env.objects.get(name=name, workspace__owner_id=who.user_id).pk


def test_an_event_comes_with_its_window(desk, ann, ear):
    env, mine = env_of(desk, ann), ear(ann)
    events.publish(env, "w", CLICK, by=ann)
    heard = mine.next()
    assert (
        heard.items() >= {**CLICK, "target": "w", "eid": "run", "env_name": "ann/run", "env_id": env}.items()
    )
    assert (heard["pane_data"]["content"], heard["pane_data"]["title"]) == ("hi", "T")


def test_somebody_elses_events_are_not_heard(desk, ann, bob, ear):
    mine, theirs = ear(ann), ear(bob)
    ann_env, bob_env = env_of(desk, ann, text="ann's"), env_of(desk, bob, text="bob's")
    events.publish(bob_env, "w", CLICK, by=bob)
    events.publish(ann_env, "w", CLICK, by=ann)
    assert mine.next()["pane_data"]["content"] == "ann's"
    assert theirs.next()["pane_data"]["content"] == "bob's"
    finish()
    assert mine.heard.empty()
    assert theirs.heard.empty()


def test_a_program_that_may_only_look_hears_nothing(desk, ann, bob, ear):
    team = create_team(name="team", manager=services.create_user(username="boss"))
    boss = Principal.of_user(team.memberships.get().user)
    for who, role in ((ann, "editor"), (bob, "viewer")):
        add_member(workspace=team, user=services.people.User.objects.get(pk=who.user_id), role=role)
    desk.send(boss, {"do": "text.append", "env": "team/run", "win": "w", "text": "x"})
    env = Env.objects.get(name="run").pk
    reader = Principal(kind="token", user_id=ann.user_id, username="ann", scope="read", token_id=1)
    editor, viewer, read_only = ear(ann), ear(bob), ear(reader)
    events.publish(env, "w", CLICK, by=ann)
    assert editor.next()["env_name"] == "team/run"
    finish()
    assert viewer.heard.empty()
    assert read_only.heard.empty()
    with pytest.raises(Forbidden):
        events.publish(env, "w", CLICK, by=bob)
    with pytest.raises(NotFound):
        events.publish(env, "w", CLICK, by=Principal.of_user(services.create_user(username="eve")))


def test_events_of_embeddings_come_without_the_window(desk, ann, ear):
    env, mine = env_of(desk, ann), ear(ann)
    events.publish(env, "w", {"event_type": "EntitySelected", "entityId": "e", "idx": 3}, by=ann)
    heard = mine.next()
    assert (heard["pane_data"], heard["entityId"], heard["idx"]) == (False, "e", 3)


def test_a_closed_window_is_told_as_it_was(desk, ann, ear):
    env, mine = env_of(desk, ann), ear(ann)
    desk.send(ann, {"do": "window.close", "env": "run", "win": "w"})
    events.announce_closed(ann, env, ["w"])
    heard = mine.next()
    assert (heard["event_type"], heard["pane_data"]["content"]) == ("close", "hi")
    events.publish(env, "w", CLICK, by=ann)
    assert mine.next()["pane_data"] is None


def test_a_window_too_large_is_left_out(desk, ann, ear, settings, monkeypatch):
    env, mine = env_of(desk, ann, text="x" * 5000), ear(ann)
    monkeypatch.setattr(settings.PANEWALL.limits, "event_pane_bytes", 1000)
    events.publish(env, "w", CLICK, by=ann)
    assert mine.next()["pane_data"] is None


def test_nothing_is_read_where_nobody_listens(desk, ann, django_assert_num_queries):
    env = env_of(desk, ann)
    with django_assert_num_queries(2):  # the env, and the right to it
        events.publish(env, "w", CLICK, by=ann)


def test_a_listener_that_left_hears_nothing_and_one_that_fails_harms_no_other(desk, ann, ear):
    env, left, mine = env_of(desk, ann), ear(ann), ear(ann)
    left.handle.close()
    broken = events.listen(ann, lambda event: 1 / 0)
    events.publish(env, "w", CLICK, by=ann)
    assert mine.next()["event_type"] == "Click"
    broken.close()
    finish()
    assert left.heard.empty()


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (None, Invalid),
        ([], Invalid),
        ({}, Invalid),
        ({"event_type": 3}, Invalid),
        ({"event_type": "x" * 41}, TooLarge),
        ({"event_type": "Click", "more": "x" * 300_000}, TooLarge),
        ({"event_type": "Click", "more": {1: 2}}, Invalid),
        ({"event_type": "Click", "more": b"x"}, Invalid),
    ],
)
def test_what_is_no_event_is_refused(event, error):
    with pytest.raises(error):
        events.check(event)


def test_a_page_cannot_say_what_the_server_says(desk, ann, ear):
    env, mine = env_of(desk, ann), ear(ann)
    forged = {
        "target": "other",
        "eid": "other",
        "env_id": 99,
        "env_name": "bob/x",
        "pane_data": {"content": "forged"},
    }
    events.publish(env, "w", {**CLICK, **forged}, by=ann)
    heard = mine.next()
    assert (heard["target"], heard["eid"], heard["env_id"], heard["env_name"]) == ("w", "run", env, "ann/run")
    assert heard["pane_data"]["content"] == "hi"


def test_a_flood_is_bounded(desk, ann, bob, ear, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "events_per_second", 5)
    env, mine = env_of(desk, ann), ear(ann)
    refused = []
    for number in range(100):
        try:
            events.publish(env, "w", {"event_type": "KeyPress", "key": str(number)}, by=ann)
        except TooLarge as error:
            refused.append(error.code)
    finish()
    heard = [mine.heard.get_nowait()["key"] for _ in range(mine.heard.qsize())]
    assert heard[:10] == [str(n) for n in range(10)]
    assert len(heard) + len(refused) == 100
    assert len(refused) > 50
    assert set(refused) == {"slow_down"}
    other = env_of(desk, bob)
    events.publish(other, "w", CLICK, by=bob)  # one person's flood is not another's


def test_a_page_names_a_window_of_the_env(desk, ann, bob, ear):
    mine, env, other = ear(ann), env_of(desk, ann), env_of(desk, bob)
    window = Window.objects.get(env_id=env)
    events.from_page(ann, env, window.pk, CLICK)
    assert mine.next()["target"] == "w"
    for env_id, window_id in ((env, Window.objects.get(env_id=other).pk), (env, 10**9)):
        with pytest.raises(DomainError) as refusal:
            events.from_page(ann, env_id, window_id, CLICK)
        assert refusal.value.code == "window_missing"
