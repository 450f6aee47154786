"""Bodies of HTTP as ASGI hands them over, for doors in front of Django: read within bounds, and answered in one piece."""

from collections.abc import Awaitable, Callable, Iterable

from apps.errors import Invalid, TooLarge

Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]


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
    """The whole body.

    Raises:
        TooLarge: it has more than ``limit`` bytes; the rest is not read.
        Invalid: the connection ended inside it.
    """
    receive, parts = bounded(receive, limit), []
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Invalid("The connection closed inside the body.", code="malformed")
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


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
