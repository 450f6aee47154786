"""Places of listeners that poll: whoever is alone may have them all, and nobody keeps others out."""

import pytest

from apps.accounts.principals import Principal
from apps.errors import Throttled
from apps.windows import polled
from apps.windows.polled import Polled

PLACES = 12


class Listener:
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Room:
    """All places of one kind, and what each person was given."""

    def __init__(self) -> None:
        self.polled: Polled[Listener] = Polled()
        self.given: dict[str, list[tuple[str, Principal]]] = {}

    def come(self, name: str, token: int = 1) -> None:
        person = Principal(kind="token", user_id=ord(name[0]), username=name, token_id=token)
        sid = f"{name}-{len(self.given.setdefault(name, []))}"
        self.polled.add(sid, person, Listener())
        self.given[name].append((sid, person))

    def held(self, name: str) -> list[int]:
        """Which of those that came are still there."""
        return [i for i, (sid, who) in enumerate(self.given[name]) if self.polled.find(sid, who)]


@pytest.fixture
def room(monkeypatch) -> Room:
    monkeypatch.setattr(polled, "MOST", PLACES)
    return Room()


def fill(room: Room, name: str) -> None:
    for number in range(PLACES):
        room.come(name, token=number)  # a token of its own each: it is the person who counts


def test_one_person_may_have_all_places_and_then_no_more(room):
    fill(room, "ann")
    assert len(room.held("ann")) == PLACES
    with pytest.raises(Throttled):
        room.come("ann", token=99)
    assert len(room.held("ann")) == PLACES


def test_others_get_their_share_from_whoever_has_most_and_not_more(room):
    fill(room, "ann")
    for _ in range(PLACES // 2):
        room.come("bob")
    with pytest.raises(Throttled):
        room.come("bob")
    assert (len(room.held("ann")), len(room.held("bob"))) == (PLACES // 2, PLACES // 2)
    room.come("cyd")
    assert len(room.held("cyd")) == 1


def test_it_is_the_one_longest_silent_that_goes(room):
    fill(room, "ann")
    asked = [i for i in range(PLACES) if i != 5 and room.polled.find(*room.given["ann"][i])]
    room.come("bob")
    assert room.held("ann") == asked


def test_nobody_finds_the_listener_of_another_token(room):
    room.come("ann", token=1)
    ((sid, _),) = room.given["ann"]
    assert room.polled.find(sid, Principal(kind="token", user_id=ord("a"), token_id=2)) is None
