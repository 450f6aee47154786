"""Word within this process that something was made, for those who wait. Who waits looks at the rows now and then as well."""

import asyncio
from weakref import WeakKeyDictionary

_bells: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event]" = WeakKeyDictionary()


def bell() -> asyncio.Event:
    """This event loop's bell: rung whenever something was made, until whoever hears it clears it."""
    return _bells.setdefault(asyncio.get_running_loop(), asyncio.Event())


def tell() -> None:
    """Called in any thread."""
    for loop, event in list(_bells.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)
