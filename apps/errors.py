"""The errors a user can be told about. Every door turns them into one shape: ``{"code", "detail", "fields"}``."""

import math

#: How to show who one is.
CHALLENGE = 'Bearer realm="panewall"'


class DomainError(Exception):
    """Something asked for cannot be done; ``detail`` says what is wrong, where, and the way out."""

    code = "invalid"
    status = 400

    def __init__(
        self, detail: str, *, code: str | None = None, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields or {}
        if code is not None:
            self.code = code

    def as_dict(self) -> dict:
        return {"code": self.code, "detail": self.detail, "fields": self.fields}

    @property
    def headers(self) -> dict[str, str]:
        """What every answer says of it in its headers: to show a token, or when to come back."""
        return {"WWW-Authenticate": CHALLENGE} if self.status == 401 else {}


class Invalid(DomainError):
    """A value of the wrong form or meaning."""


class Unauthorized(DomainError):
    """Nobody is known to be asking."""

    code, status = "unauthorized", 401


class Forbidden(DomainError):
    """Known, may look, but may not do this."""

    code, status = "forbidden", 403


class ReadOnly(DomainError):
    """The whole server refuses writes at the moment."""

    code, status = "read_only", 403


class NotFound(DomainError):
    """Missing, or hidden from the asker: the two look the same."""

    code, status = "not_found", 404


class Conflict(DomainError):
    """The name is taken, or the state has moved on."""

    code, status = "conflict", 409


class Throttled(DomainError):
    """Too much from one sender for now; ``wait_s`` says when to come back."""

    code, status = "throttled", 429

    def __init__(self, detail: str, *, wait_s: float = 1.0) -> None:
        super().__init__(detail)
        self.wait_s = wait_s

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(max(1, math.ceil(self.wait_s)))}


class TooLarge(DomainError):
    """Over a documented limit."""

    code, status = "too_large", 413
