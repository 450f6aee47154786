"""The way of the wire's requests into the write path: answered when what they ask is durable."""

from typing import Any

from apps.accounts.principals import Principal
from apps.errors import DomainError
from apps.windows import write
from apps.windows.ingest import refuse_when_readonly


async def commit(principal: Principal, commands: list[Any], *, size: int = 0) -> list[dict | None]:
    """Write commands in one batch and wait until they are durable.

    Returns:
        One entry a command: None where it went in, else the error.

    Raises:
        DomainError: nothing was stored.
    """
    refuse_when_readonly()
    outcome = await write.commit(principal, commands, size=size)
    errors = dict(outcome.errors)
    return [errors.get(i) for i in range(len(commands))]


STATUS = {
    "not_found": 404,
    "window_missing": 404,
    "forbidden": 403,
    "read_only": 403,
    "too_large": 413,
    "name_taken": 409,
    "conflict": 409,
    "internal_error": 500,
}


def as_error(refused: dict) -> DomainError:
    """A refused command's entry as the error it was."""
    error = DomainError(refused["detail"], code=refused["code"], fields=refused.get("fields"))
    error.status = STATUS.get(refused["code"], 400)
    return error


async def commit_all(principal: Principal, commands: list[Any], *, size: int = 0) -> None:
    """``commit``; the first refusal is raised."""
    for refused in await commit(principal, commands, size=size):
        if refused is not None:
            raise as_error(refused)
