"""The way into the write path for code that waits: views, tasks, commands; and requests, on the event loop."""

import asyncio
import threading
import uuid
from functools import partial
from typing import Any

from apps.accounts.principals import Principal

from .committer import Batch, Committer, Outcome, owner_key
from .live.postbox import Reply, postbox
from .live.publish import publish

_lock = threading.Lock()
_committer: Committer | None = None
WAIT_S = 60.0


def committer() -> Committer:
    """This process's committer, started at first use."""
    global _committer
    with _lock:
        if _committer is None:
            _committer = Committer(publish)
            _committer.start()
        return _committer


def stop_committer() -> None:
    """Commit what waits and end; the next use starts another."""
    global _committer
    with _lock:
        running, _committer = _committer, None
    if running is not None:
        running.stop()


def write(
    principal: Principal, commands: list[Any], *, idempotency_key: str | None = None
) -> list[dict | None]:
    """Write commands and wait until they are durable.

    Args:
        commands: as docs/protocol.md describes them.
        idempotency_key: the same key of the same principal is applied once.

    Returns:
        One entry a command: None where it went in, else the error.

    Raises:
        DomainError: nothing was stored (code ``unavailable``), try again.
    """
    done, box = threading.Event(), []

    def tell(outcome: Outcome) -> None:
        box.append(outcome)
        done.set()

    session = idempotency_session(principal, idempotency_key) if idempotency_key else None
    committer().submit(Batch(principal, commands, tell, session=session, number=1, source=uuid.uuid4()))
    if not done.wait(WAIT_S):
        raise TimeoutError("The write was not committed in time; it may still be.")
    outcome = box[0]
    if outcome.failed:
        raise outcome.failed
    errors = dict(outcome.errors)
    return [errors.get(i) for i in range(len(commands))]


async def commit(
    principal: Principal,
    commands: list[Any],
    *,
    session: str | None = None,
    number: int = 0,
    size: int = 0,
    source: object = None,
) -> Outcome:
    """Write commands in one batch, and wait on the event loop until they are durable.

    Args: those of a `Batch`.

    Raises:
        DomainError: nothing was stored (code ``unavailable``), try again.
    """
    loop = asyncio.get_running_loop()
    reply = Reply(loop=loop)
    done = partial(postbox(loop).post, reply.tell)
    committer().submit(
        Batch(principal, commands, done, session=session, number=number, size=size, source=source)
    )
    outcome = await reply
    if outcome.failed is not None:
        raise outcome.failed
    return outcome


def idempotency_session(principal: Principal, key: str) -> str:
    """A key works as a session of one batch."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{owner_key(principal)}/{key}").hex
