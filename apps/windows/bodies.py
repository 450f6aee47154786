"""Requests of HTTP as ASGI hands them over, for doors in front of Django: read within bounds, and answered in one piece."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

from apps.errors import DomainError, Invalid, TooLarge

#: What a scope's extensions may hold: to be told how many bytes of the body were taken, so that no more of it comes than that.
TAKEN = "panewall.body.taken"
#: What was found out of a request's head, by who found it: a connection sends the same head again and again.
FACTS = "panewall.facts"
#: Where set, somebody else answers a request to which nothing is sent.
MAY_DECLINE = "panewall.may-decline"

Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]
Fact = TypeVar("Fact")


def of_head(scope: dict[str, Any], find: Callable[[dict[str, Any]], Fact]) -> Fact:
    """What ``find`` makes of the head of a request and of nothing else, found once for all requests with this head."""
    facts = scope.get(FACTS)
    if facts is None:
        return find(scope)
    fact = facts.get(find)
    if fact is None:
        fact = facts[find] = find(scope)
    return fact


def bounded(receive: Receive, limit: int) -> Receive:
    """``receive`` that counts: a body need not say at its start how long it is."""
    size = 0

    async def count() -> dict:
        nonlocal size
        event = await receive()
        size += len(event.get("body", b""))
        if size > limit:
            raise TooLarge(f"The body is over {limit:,} bytes.")
        return event

    return count


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises as ``pieces``."""
    parts, size = [], 0
    while True:
        event = await receive()
        parts.append(_piece(event))
        size += len(parts[-1])
        if size > limit:
            raise TooLarge(f"The body is over {limit:,} bytes.")
        if not event.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def pieces(scope: dict[str, Any], receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives. Who asks for the next piece has taken the one before it.

    Raises:
        TooLarge: it has more than ``limit`` bytes; the rest is not read.
        Invalid: the connection ended inside it.
    """
    receive = bounded(receive, limit)
    taken = (scope.get("extensions") or {}).get(TAKEN)
    while True:
        event = await receive()
        piece = _piece(event)
        yield piece
        if taken is not None:
            taken(len(piece))
        if not event.get("more_body"):
            return


def _piece(event: dict[str, Any]) -> bytes:
    if event["type"] == "http.disconnect":
        raise Invalid("The connection closed inside the body.", code="malformed")
    return event.get("body", b"")


def headers_of(error: DomainError) -> list[tuple[bytes, bytes]]:
    """The headers that a refusal has of its own."""
    return [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]


async def answer(
    send: Send, status: int, kind: bytes, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """An answer that nobody keeps, and that no browser takes for another kind than it says."""
    told = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
