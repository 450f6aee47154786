"""The count of unknown tokens by address: what it lets through, and what it remembers."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.guessing import UNKNOWN, Guesses, address_of, network_of
from apps.errors import Throttled, Unauthorized


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def wrong(guesses: Guesses, address: str, secret: str = "guess") -> None:
    """A look-up that finds nobody; raises Throttled where none is made."""
    with suppress(Unauthorized), guesses.guard(address, secret):
        raise Unauthorized("This server knows no such token.", code=UNKNOWN)


def right(guesses: Guesses, address: str, secret: str) -> None:
    with guesses.guard(address, secret):
        pass


@given(st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_no_address_gets_more_look_ups_than_its_share(pauses):
    """Each number is a pause before the next guess."""
    clock = Clock()
    guesses, looked_up = Guesses(clock), 0
    for pause in pauses:
        clock.now += pause
        with suppress(Throttled):
            wrong(guesses, "10.0.0.1")
            looked_up += 1
        assert looked_up <= Guesses.AT_ONCE + (clock.now - 100.0) + 1e-6


def exhausted(address: str = "10.0.0.1", clock: Clock | None = None) -> Guesses:
    guesses = Guesses(clock or Clock())
    right(guesses, address, "running")
    for _ in range(Guesses.AT_ONCE):
        wrong(guesses, address)
    return guesses


def test_a_token_that_was_good_goes_on_and_a_new_one_waits_as_long_as_it_is_told():
    clock = Clock()
    guesses = exhausted(clock=clock)
    right(guesses, "10.0.0.1", "running")
    with pytest.raises(Throttled) as refusal:
        right(guesses, "10.0.0.1", "new")
    right(guesses, "10.0.0.2", "new elsewhere")
    clock.now += int(refusal.value.headers["Retry-After"])
    right(guesses, "10.0.0.1", "new")


def test_a_token_that_was_good_and_is_no_more_waits_like_any_other():
    guesses = exhausted()
    wrong(guesses, "10.0.0.1", "running")
    with pytest.raises(Throttled):
        wrong(guesses, "10.0.0.1", "running")


def test_expired_and_revoked_tokens_are_no_guesses():
    guesses = Guesses(Clock())
    for _ in range(2 * Guesses.AT_ONCE):
        with pytest.raises(Unauthorized), guesses.guard("10.0.0.1", "old"):
            raise Unauthorized("The token has expired.", code="token_expired")


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(Guesses, "MOST", 50)
    guesses = Guesses(Clock())
    for number in range(500):
        wrong(guesses, f"10.0.{number // 256}.{number % 256}")
        right(guesses, "10.9.9.9", f"token {number}")
    assert (len(guesses._used_until), len(guesses._good)) == (50, 50)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("a name", "a name"),
    ],
)
def test_one_sender_is_an_address_or_a_network_of_version_6(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "10.0.0.9", "peer"),
        (1, "10.0.0.9, 10.0.0.1", "10.0.0.1"),
        (2, "10.0.0.1", "10.0.0.1"),
        (1, "", "peer"),
    ],
)
def test_an_address_is_believed_as_far_as_proxies_are(settings, monkeypatch, proxies, forwarded, address):
    monkeypatch.setattr(settings.PANEWALL, "trusted_proxies", proxies)
    assert address_of("peer", forwarded) == address
