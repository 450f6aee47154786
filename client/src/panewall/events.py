"""Events from pages (clicks, keys, changed properties, closed panes) for the handlers that programs register.

One connection of its own hears them, beside the one that sends, so that listening costs sending nothing. It is opened with the
first handler, comes back by itself, and is one for all clients of the same server and token in a process. Where no websocket can
be had they are asked for over HTTP. Handlers run one after
the other in one thread; what they raise is printed.
"""

from __future__ import annotations

import logging
import os
import queue
import random
import threading
import time
import traceback
import weakref
from typing import Any, Callable

from panewall.address import Address
from panewall.batch import pack
from panewall.errors import PanewallError, Unauthorized, refusal
from panewall.rest import Rest
from panewall.websocket import NoWebSocket, WebSocket, no_token_text

logger = logging.getLogger("panewall")

Event = dict  # dict[str, Any]
Handler = Callable[[Event], Any]

READY_S = 5.0
BACKOFF_S = (0.5, 30.0)
REFUSED_S = 10.0
SILENCE_S = 20.0
POLL_S = 40.0  # the server answers after 20 s where nothing happens
WAITING = 1000  # events; more are lost, the oldest first


class Handlers:
    """The handlers of one client, each bound to an env and a window."""

    def __init__(self) -> None:
        self._bound: list[tuple[str, str, Handler]] = []

    def bind(self, env: str, target: str, handler: Handler) -> None:
        self._bound = [*self._bound, (env, target, handler)]

    def clear(self, target: str) -> None:
        """Forget the handlers of a window, in whichever env."""
        self._bound = [bound for bound in self._bound if bound[1] != target]

    def __call__(self, event: Event) -> None:
        """Run those that wait for this event, in the order in which they were registered."""
        names = (event.get("eid"), event.get("env_name"))
        for env, target, handler in self._bound:
            if target != event.get("target") or env not in names:
                continue
            try:
                handler({**event, "eid": env})
            except Exception:
                traceback.print_exc()


class Listener:
    """The connection that hears the events of one server, for this process."""

    def __init__(self, address: Address, first: Handlers) -> None:
        self._address = address
        self._clients: weakref.WeakSet[Handlers] = weakref.WeakSet([first])
        self._waiting: queue.Queue[Event | None] = queue.Queue(WAITING)
        self._settled = threading.Event()  # the first attempt has an outcome
        self._hears = False
        self._process = os.getpid()
        for work, name in ((self._listen, "panewall-listen"), (self._handle, "panewall-handlers")):
            threading.Thread(target=work, name=name, daemon=True).start()

    @property
    def is_mine(self) -> bool:
        """Do its threads run in this process? A forked child has none of them."""
        return self._process == os.getpid()

    def add(self, handlers: Handlers) -> None:
        """Tell these handlers, too."""
        self._clients.add(handlers)

    def settle(self) -> bool:
        """Wait for the first attempt to listen. True: the server tells by now, so nothing that happens from here on is missed."""
        self._settled.wait(READY_S)
        return self._hears

    def _is_over(self) -> bool:
        """End when no client is left that could have handlers."""
        with _lock:
            if len(self._clients):
                return False
            if _listeners.get(self._address) is self:
                del _listeners[self._address]
        self._take(None)
        return True

    def _listen(self) -> None:
        failures = 0
        while not self._is_over():
            low, high = BACKOFF_S
            try:
                if self._hear():
                    failures = 0
            except NoWebSocket as reason:
                logger.info("no websocket (%s); asking for events over HTTP", reason)
                if self._poll():
                    failures = 0
            except Unauthorized:
                low = REFUSED_S
            except PanewallError as error:
                logger.debug("events are not heard: %s", error)
            except Exception:
                logger.exception("listening for events failed, and goes on")
            self._hears = False
            self._settled.set()
            time.sleep(min(high, low * 2 ** min(failures, 8)) * random.uniform(0.5, 1.0))
            failures += 1

    def _hear(self) -> bool:
        """Until the connection ends. True: the server had listened."""
        connection = WebSocket(self._address, self._address.find_token())
        heard = False
        try:
            connection.send(pack({"t": "listen"}))
            asked_at = time.monotonic()
            while connection.closed is None and len(self._clients):
                for message in connection.pump(timeout=1.0):
                    kind = message.get("t")
                    if kind == "listening":
                        heard = True
                        self._hears = True
                        self._settled.set()
                    elif kind == "event" and isinstance(message.get("event"), dict):
                        self._take(message["event"])
                    elif kind == "error":
                        return heard
                now = time.monotonic()
                silent = now - connection.heard_at
                if silent > 3 * SILENCE_S:
                    return heard
                if silent > SILENCE_S and now - asked_at > SILENCE_S:
                    asked_at = now
                    connection.send(pack({"t": "ping", "v": 1}))
        finally:
            connection.close()
        return heard

    def _poll(self) -> bool:
        """Ask for events over HTTP until that fails, or nobody is left to tell. True: the server had listened."""
        rest, asked, heard = Rest(self._address), {}, False
        try:
            while len(self._clients):
                status, answer = rest.ask("POST", "/api/v1/events", json=asked, timeout=POLL_S)
                if status == 401:
                    raise Unauthorized(no_token_text(self._address), code="unauthorized", status=401)
                if status != 200 or not isinstance(answer, dict):
                    logger.debug("events are not heard: %s", refusal(status, answer))
                    return heard
                asked = {"listener": answer["listener"], "after": answer["last"]}
                heard = self._hears = True
                self._settled.set()
                for event in answer["events"]:
                    self._take(event)
        except PanewallError as error:
            if isinstance(error, Unauthorized):
                raise
            logger.debug("events are not heard: %s", error)
        finally:
            rest.close()
        return heard

    def _take(self, event: Event | None) -> None:
        while True:
            try:
                self._waiting.put_nowait(event)
                return
            except queue.Full:
                try:
                    self._waiting.get_nowait()
                except queue.Empty:
                    pass

    def _handle(self) -> None:
        while self._handle_next():
            pass

    def _handle_next(self) -> bool:
        """One event. (Between two, nothing here holds a client whose program let go of it.)"""
        event = self._waiting.get()
        if event is not None:
            for handlers in list(self._clients):
                handlers(event)
        return event is not None


_listeners: dict[Address, Listener] = {}
_lock = threading.Lock()


def listen(address: Address, handlers: Handlers) -> bool:
    """See that these handlers hear of events, from now on and for as long as they live.

    Returns:
        False when the server could not be reached yet; it is tried again, in the background.
    """
    with _lock:
        listener = _listeners.get(address)
        if listener is None or not listener.is_mine:
            listener = _listeners[address] = Listener(address, handlers)
        listener.add(handlers)
    return listener.settle()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
