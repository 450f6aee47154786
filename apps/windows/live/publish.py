"""From the committer's thread to the pages: to the hubs of this process directly, to other processes as a hint.

The hint is (env, revision) and nothing else; who lacks that revision reads it from the database.
"""

import asyncio
import logging
from collections.abc import Callable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from ..bounds import config
from ..transaction import EnvDelta
from .postbox import Postbox, postbox

log = logging.getLogger(__name__)

GROUP = "panewall.revisions"

_sink: Callable[[list[EnvDelta]], None] | None = None
_wants: Callable[[int], bool] | None = None
_loop: asyncio.AbstractEventLoop | None = None
_postbox: Postbox | None = None


def connect(
    loop: asyncio.AbstractEventLoop, sink: Callable[[list[EnvDelta]], None], wants: Callable[[int], bool]
) -> None:
    """``sink`` takes what is published in this process, on ``loop``; ``wants`` says, in any thread, of which envs.

    An env that nobody watches yet needs no telling: who begins to watch reads after that what was committed before.
    """
    global _loop, _postbox, _sink, _wants
    _loop, _postbox, _sink, _wants = loop, postbox(loop), sink, wants


def publish(deltas: list[EnvDelta]) -> None:
    """Called by the committer after each commit."""
    if _loop is not None and _postbox and _sink and _wants and not _loop.is_closed():
        wanted = [delta for delta in deltas if _wants(delta.env_id)]
        if wanted:
            _postbox.post(_sink, wanted)
    elif not config().is_embedded:
        # A worker or a command: nobody watches here, but somewhere somebody may.
        async_to_sync(hint)([(delta.env_id, delta.revision) for delta in deltas])


async def hint(revisions: list[tuple[int, int]]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(GROUP, {"type": "revisions", "revisions": revisions})
    except Exception:
        # What is committed stays committed, and the others' poll finds it a second later.
        log.warning("Other servers could not be told of a commit.", exc_info=True)
