"""Bytes that are made when they are sent, in the sender's thread: a training does not wait for a picture to be packed."""

from __future__ import annotations

from typing import Callable


class Later:
    """What is to become a file.

    Args:
        make: makes it, of data that nobody else changes.
        nbytes: how much memory that data takes meanwhile.
    """

    __slots__ = ("_make", "nbytes")

    def __init__(self, make: Callable[[], bytes], nbytes: int) -> None:
        self._make = make
        self.nbytes = nbytes

    def __bytes__(self) -> bytes:
        return self._make()
