"""The limits of the server, for code that asks for them with every command: Django's settings object is slow to ask."""

from functools import cache
from typing import Any

from django.conf import settings


@cache
def config() -> Any:
    """``settings.PANEWALL``, the same object."""
    return settings.PANEWALL


@cache
def limits() -> Any:
    """``settings.PANEWALL.limits``, the same object."""
    return settings.PANEWALL.limits
