"""Who sends one unknown token after the other has to wait, at every door; whose token is known does not.

Counted in each process for itself: nobody guesses 40 random characters, so this is to save the database, and the count
need not be exact.
"""

import hashlib
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from apps.errors import Throttled, Unauthorized

#: The code of a secret that nobody has.
UNKNOWN = "token_unknown"


class Guesses:
    """Unknown secrets by address: so many at once, and one more each second.

    A secret that was good before is looked up whatever its address has done, so that programs that run beside whoever guesses
    go on; a new one has to wait with the others.
    """

    AT_ONCE = 60
    #: Addresses, and good secrets, that are remembered; of more those not seen for the longest time are forgotten.
    MOST = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used_until: OrderedDict[str, float] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()

    @contextmanager
    def guard(self, address: str | None, secret: str) -> Iterator[None]:
        """Round the look-up of a secret that came from ``address`` (None: from this very process).

        Raises:
            Throttled: too many unknown ones came from there; this one is not looked up.
        """
        if address is None:
            yield
            return
        slot = hashlib.sha256(secret.encode()).digest()  # raw secrets stay out of memory
        where = network_of(address)
        self._check(where, slot)
        try:
            yield
        except Unauthorized as error:
            if error.code == UNKNOWN:
                self._note(where, slot)
            raise
        with self._lock:
            _remember(self._good, slot, None, self.MOST)

    def _check(self, where: str, slot: bytes) -> None:
        with self._lock:
            if slot in self._good:
                return
            wait_s = self._used_until.get(where, 0.0) - self._clock() - self.AT_ONCE + 1
        if wait_s > 0:
            detail = (
                "Too many unknown tokens came from this address. Come back later, with one that is known."
            )
            raise Throttled(detail, wait_s=wait_s)

    def _note(self, where: str, slot: bytes) -> None:
        with self._lock:
            self._good.pop(slot, None)
            used = max(self._used_until.get(where, 0.0), self._clock()) + 1
            _remember(self._used_until, where, used, self.MOST)


def _remember(kept: OrderedDict[Any, Any], key: str | bytes, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


guesses = Guesses()


def address_of(peer: str, forwarded: str) -> str:
    """Where a request comes from, as far as the proxies in front are trusted to say.

    Args:
        peer: who opened the connection.
        forwarded: the header ``X-Forwarded-For``, empty where there is none.
    """
    count = settings.PANEWALL.trusted_proxies
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    return hops[-min(count, len(hops))] if count and hops else peer


def network_of(address: str) -> str:
    """What one sender has: an IPv4 address, or a whole /64 of IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
