"""Receiving a file over HTTP: hashed and written while the rest of it arrives, so that little is left to be done at its end."""

import asyncio
from collections.abc import AsyncIterator

from apps.windows.live import threads

from . import files
from .models import Asset
from .storing import Arrival

#: Pieces are worked on in lots of so many bytes. What is smaller is taken as a whole.
LOT = 1024 * 1024


async def receive_file(pieces: AsyncIterator[bytes], content_type: str, owner_id: int | None) -> Asset:
    """The pieces of a file → its row, with its bytes durable. Raises as ``files.take``, and whatever ``pieces`` raises."""
    arrival = Arrival()
    writing: asyncio.Future[None] | None = None
    lot: list[bytes] = []
    size = 0
    try:
        async for piece in pieces:
            lot.append(piece)
            size += len(piece)
            if size >= LOT:
                if writing is not None:
                    await writing
                writing = asyncio.ensure_future(threads.decode(arrival.add, lot))
                lot, size = [], 0
        if writing is None:
            return await threads.decode(files.store, b"".join(lot), content_type, owner_id)
        await writing
        return await threads.decode(_finish, arrival, lot, content_type, owner_id)
    finally:
        await asyncio.shield(_end(arrival, writing))


def _finish(arrival: Arrival, lot: list[bytes], content_type: str, owner_id: int | None) -> Asset:
    arrival.add(lot)
    lot.clear()  # this may be done twice
    return files.store(arrival, content_type, owner_id)


async def _end(arrival: Arrival, writing: "asyncio.Future[None] | None") -> None:
    if writing is not None:
        await asyncio.wait([writing])
        await threads.decode(arrival.drop)
