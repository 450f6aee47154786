"""Database and file reads for code on the event loop: a few threads whose connections stay open."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections

_readers = ThreadPoolExecutor(max_workers=3, thread_name_prefix="reads")
# As many as a browser asks at a time.
_files = ThreadPoolExecutor(max_workers=6, thread_name_prefix="files")
_decoders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="decodes")


async def read(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``call`` in a reading thread."""
    return await asyncio.get_running_loop().run_in_executor(_readers, lambda: _guarded(call, args, kwargs))


async def read_file(call: Callable[..., Any], *args: Any) -> Any:
    """Reading a file that somebody may see; where files are kept may be far away."""
    return await asyncio.get_running_loop().run_in_executor(_files, lambda: _guarded(call, args, {}))


async def decode(call: Callable[..., Any], *args: Any) -> Any:
    """Work on large input, off the loop: parsing, checking and storing files."""
    return await asyncio.get_running_loop().run_in_executor(_decoders, lambda: _guarded(call, args, {}))


def _guarded(call: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
    try:
        return call(*args, **kwargs)
    except (OperationalError, InterfaceError):
        # A connection that broke (a restarted database) must not be used again; what is called here may be done twice.
        close_old_connections()
        return call(*args, **kwargs)
    except DatabaseError:
        close_old_connections()
        raise
