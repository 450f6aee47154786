"""What can go wrong, as a tree.

    PanewallError
    ├── BadArgument          also an AssertionError and a ValueError: a plotting call was given something it cannot draw
    │   └── BadNodes         also a RuntimeError: a graph whose nodes are not numbered 0 to n-1
    ├── MissingPackage       also a RuntimeError: an optional package is needed for this call
    ├── Unreachable          also a ConnectionError: no answer from the server in time
    └── Refused              the server said no; ``code``, ``detail``, ``fields``, ``status``
        ├── Unauthorized     also a RuntimeError: no token, or one the server does not know (401)
        ├── Forbidden        the token's rights are too small, or the server is read-only (403)
        └── NotFound         no such env or window, or one that may not be seen (404)

Plotting calls and ``log`` raise only ``BadArgument``: what the network does to them is repaired in the background and
told through ``PanewallWarning``.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BadArgument",
    "BadNodes",
    "Forbidden",
    "MissingPackage",
    "NotFound",
    "PanewallError",
    "PanewallWarning",
    "Refused",
    "Unauthorized",
    "Unreachable",
    "refusal",
]


class PanewallWarning(UserWarning):
    """Something did not reach the wall as it was meant to; the training goes on."""


class PanewallError(Exception):
    """The base of all errors of this package."""


class BadArgument(PanewallError, AssertionError, ValueError):
    """A call was given something it cannot use. It is an AssertionError because visdom raises those."""


class BadNodes(BadArgument, RuntimeError):
    """The nodes of a graph are not numbered 0 to n-1. visdom raises a RuntimeError for it."""


class MissingPackage(PanewallError, RuntimeError):
    """An optional package is needed for this call."""


class Unreachable(PanewallError, ConnectionError):
    """The server gave no answer in time."""


class Refused(PanewallError):
    """The server said no; ``code`` is its reason in a word, ``detail`` in a sentence."""

    def __init__(
        self, detail: str, *, code: str = "invalid", fields: dict[str, Any] | None = None, status: int = 400
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.fields = fields or {}
        self.status = status


class Unauthorized(Refused, RuntimeError):
    """There is no token for this server, or one that it does not accept."""


class Forbidden(Refused):
    """The token may not do this."""


class NotFound(Refused):
    """There is no such thing, or it may not be seen with this token."""


_BY_STATUS: dict[int, type[Refused]] = {401: Unauthorized, 403: Forbidden, 404: NotFound}


def refusal(status: int, body: Any) -> Refused:
    """The exception for an answer of the server with an error status."""
    kind = _BY_STATUS.get(status, Refused)
    if not isinstance(body, dict):
        return kind(f"The server answered {status}.", code=f"http_{status}", status=status)
    return kind(
        str(body.get("detail") or f"The server answered {status}."),
        code=str(body.get("code") or f"http_{status}"),
        fields=body.get("fields") if isinstance(body.get("fields"), dict) else None,
        status=status,
    )
