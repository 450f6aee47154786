"""Where pictures are kept between the job that makes them and the pages that show them, and for the next refresh.

In the one-process shape that is this process's memory; in a cluster the shared cache, through which workers and servers meet.
A picture that got lost is made anew.
"""

import logging
import threading
from collections import OrderedDict
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache

from .picture import Key, Picture

log = logging.getLogger(__name__)
LIFE_S = 3600


def job_key(key: Key) -> str:
    """The name by which the jobs of a comparison are one job."""
    env_ids, width_px = key
    text = f"{'+'.join(map(str, env_ids))}@{width_px}"
    return text if len(text) <= 100 else sha256(text.encode()).hexdigest()


class Shelf:
    """Pictures in memory: those looked at last, as many as have room."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: OrderedDict[Key, Picture] = OrderedDict()

    def get(self, key: Key) -> Picture | None:
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def put(self, key: Key, picture: Picture) -> None:
        with self._lock:
            self._pictures[key] = picture
            self._pictures.move_to_end(key)
            total = sum(each.byte_count for each in self._pictures.values())
            while total > settings.PANEWALL.limits.compare_cache_bytes and len(self._pictures) > 1:
                _, dropped = self._pictures.popitem(last=False)
                total -= dropped.byte_count


shelf = Shelf()


def get(key: Key) -> Picture | None:
    if settings.PANEWALL.is_embedded:
        return shelf.get(key)
    try:
        return cache.get(_name(key)) or shelf.get(key)
    except Exception:
        log.warning("The shared cache does not answer; pictures are kept here alone.", exc_info=True)
        return shelf.get(key)


def put(key: Key, picture: Picture) -> None:
    if settings.PANEWALL.is_embedded:
        shelf.put(key, picture)
        return
    try:
        cache.set(_name(key), picture, LIFE_S)
    except Exception:
        log.warning("The shared cache does not answer; pictures are kept here alone.", exc_info=True)
        shelf.put(key, picture)


def _name(key: Key) -> str:
    return f"panewall.comparison:{settings.PANEWALL_VERSION}:{job_key(key)}"
