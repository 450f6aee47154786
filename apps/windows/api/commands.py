"""REST's way into the write path: one command or a few, whose refusal becomes the answer."""

from typing import Any

from apps.accounts.api.base import ApiView
from apps.errors import DomainError
from apps.windows.ingest import prepare
from apps.windows.write import write

# Refusals come back as plain maps; their words say which status they deserve. All others are 400.
STATUSES = {
    "unauthorized": 401,
    "forbidden": 403,
    "read_only": 403,
    "not_found": 404,
    "window_missing": 404,
    "trace_missing": 404,
    "wrong_kind": 409,
    "ambiguous": 409,
    "conflict": 409,
    "name_taken": 409,
    "session_taken": 409,
    "too_large": 413,
    "internal_error": 500,
    "unavailable": 503,
}


def run(view: ApiView, do: str, env: str, **fields: Any) -> None:
    """Write one command as the caller of ``view``; committed when this returns.

    Raises:
        DomainError: what the write path said, with the status its code stands for.
    """
    _write(view, [{"do": do, "env": env, **fields}])


def run_all(view: ApiView, commands: list[Any]) -> None:
    """Write several commands in one transaction. They are decoded here, and one that cannot be refuses all.

    Raises:
        DomainError: as ``run``.
    """
    ready = prepare(commands)
    for command in ready:
        if isinstance(command, DomainError):
            raise command
    _write(view, ready)


def _write(view: ApiView, commands: list[Any]) -> None:
    for refused in write(view.principal, commands, idempotency_key=view.idempotency_key):
        if refused:
            error = DomainError(refused["detail"], code=refused["code"], fields=refused.get("fields"))
            error.status = STATUSES.get(error.code, 400)
            raise error
