"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], *, what: str, timeout_s: float = 10.0, every_s: float = 0.02) -> T:
    """Return the first truthy answer of ``condition``; fail with ``what`` if there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {timeout_s} s in vain for {what}; the last answer was {answer!r}.")
        time.sleep(every_s)
