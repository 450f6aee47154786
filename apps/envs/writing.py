"""The way from here into the write path, which belongs to the app above: it registers itself as ``writer``.

Envs' content changes there and nowhere else, so that every change has a revision and reaches open pages.
"""

from collections.abc import Callable
from typing import Any

from apps.accounts.principals import Principal
from apps.errors import DomainError

Command = dict[str, Any]
writer: Callable[[Principal, list[Command]], list[dict[str, Any] | None]] | None = None


def run(principal: Principal, command: Command) -> None:
    """Run one command of docs/protocol.md. Raises the refusal, if it is refused."""
    if writer is None:
        raise RuntimeError("No write path is registered: is apps.windows installed?")
    (error,) = writer(principal, [command])
    if error is not None:
        raise DomainError(error["detail"], code=error["code"], fields=error.get("fields"))
