"""How jobs are getting on, for whoever waits for one: at once in this process, through the channel layer in others.

News may get lost, as everything on a channel layer may. Who waits looks at the row now and then as well.
"""

import logging
from collections.abc import Callable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

log = logging.getLogger(__name__)

GROUP = "panewall.jobs"

#: (job id, state, progress from 0 to 1), called in whatever thread has the news.
Listener = Callable[[int, str, float], None]
_listeners: set[Listener] = set()


def listen(listener: Listener) -> Callable[[], None]:
    """Hear of all jobs of this process, until the returned function is called."""
    _listeners.add(listener)
    return lambda: _listeners.discard(listener)


def tell(job_id: int, state: str, progress: float) -> None:
    """Called in a worker's thread or process after each change of a job."""
    hear(job_id, str(state), progress)
    if settings.PANEWALL.is_embedded:
        return
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        message = {"type": "job", "job": job_id, "state": str(state), "progress": progress}
        async_to_sync(layer.group_send)(GROUP, message)
    except Exception:
        log.warning("Other servers could not be told of a job.", exc_info=True)


def hear(job_id: int, state: str, progress: float) -> None:
    """News from another process, or of this one."""
    for listener in list(_listeners):
        listener(job_id, state, progress)
