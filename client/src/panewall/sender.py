"""The background sender: whatever is logged or drawn goes out in order, once, without holding up the training.

A call appends to a queue and returns. One daemon thread per process and server takes from the queue, merges small commands, packs them into
numbered batches and keeps each until the server has committed it:

    call → queue → coalescer → batches: ready → in flight → acknowledged
                                   ↘ spool on disk ↗   (when memory is full, and at exit)

Numbers rise by one within a session, and the server applies each number once, so a batch is simply sent again after any trouble. While the
thread waits for the first command it sleeps on a lock, which a call can release without giving up the interpreter; while
acknowledgements are due it waits on the socket, and calls need not wake it at all. What a caller flushes meanwhile, it sends by itself: see `loan.py`.
"""

from __future__ import annotations

import atexit
import logging
import os
import random
import socket
import sys
import threading
import time
import uuid
import warnings
import weakref
from collections import deque
from typing import Any, Callable

from panewall import endings
from panewall.address import Address
from panewall.batch import Batch, files_of, groups, join, name_of, nothing, pack, pack_command, window_of
from panewall.coalesce import Coalescer
from panewall.drain import Drain
from panewall.errors import Forbidden, PanewallError, PanewallWarning, Unauthorized, Unreachable
from panewall.inbox import Flush, Inbox
from panewall.loan import Loan
from panewall.rest import MSGPACK, Rest
from panewall.split import nbytes, split, weigh
from panewall.spool import Spool, server_folder
from panewall.websocket import NoWebSocket, WebSocket, no_token_text

logger = logging.getLogger("panewall")

MEMORY_BYTES = 64 * 2**20
SPOOL_BYTES = 2**30
EXIT_S = 30.0
OFFLINE_EXIT_S = 5.0  # at exit, how long a server that is away may take to come back
QUEUE_ITEMS = 200_000  # a caller that is this far ahead waits for the packing
FRAME_BYTES = 2**20
WINDOW_BYTES = 4 * 2**20
UPLOADED_S = 1800.0  # for so long a file that was uploaded is not sent again
UPLOADS = 10_000  # of which it is remembered
LINGER_S = 0.015  # the shortest time between two batches nobody waits for
GATHER_ITEMS = 2000  # taken from the queue in one go, so that the training thread gets its turn
BACKOFF_S = (0.1, 15.0)
REFUSED_BACKOFF_S = 5.0
STEADY_S = 30.0  # a connection that lasted this long was no failure
SILENCE_S = 30.0  # no word for this long while acknowledgements are due: ask; twice as long: reconnect
WEBSOCKET_AGAIN_S = 60.0
BESIDE_S = 1.0  # so long after a caller flushed by itself, another one is likely to
ASLEEP_S = 5.0  # between two looks at a connection that nobody uses


def _megabytes(name: str, default: int) -> int:
    try:
        return int(float(os.environ[name]) * 2**20)
    except (KeyError, ValueError):
        return default


class Sender:
    """Delivers commands to one server. See the module for how.

    Args:
        address: the server and the token.
        memory_bytes: batches kept in memory; beyond it they wait on disk. PANEWALL_MEMORY_MB sets the default.
        spool_bytes: batches kept on disk; beyond it new ones are dropped, with a warning. PANEWALL_SPOOL_MB.
    """

    def __init__(
        self, address: Address, *, memory_bytes: int | None = None, spool_bytes: int | None = None
    ) -> None:
        self.address = address
        self.memory_bytes = memory_bytes or _megabytes("PANEWALL_MEMORY_MB", MEMORY_BYTES)
        self.spool_bytes = spool_bytes or _megabytes("PANEWALL_SPOOL_MB", SPOOL_BYTES)
        self.rest = Rest(address)
        self._listeners: list[weakref.WeakMethod[Any]] = []
        self._begin()

    def _begin(self) -> None:
        """The state of a new session."""
        self.session = uuid.uuid4().hex
        self.state = "new"  # then online, offline or unauthorized
        self.problem: PanewallError | None = None
        self._counts = dict.fromkeys(
            [
                "commands",
                "batches",
                "bytes",
                "acknowledged",
                "refused",
                "dropped",
                "spooled",
                "connections",
                "posts",
            ],
            0,
        )
        self._inbox = Inbox()
        self._queue = self._inbox.items
        self._loan: Loan | None = None
        self._gathered = Coalescer()
        self._uploads: dict[str, float] = {}
        self._ready: deque[Batch] = deque()
        self._flying: deque[Batch] = deque()
        self._flying_bytes = 0
        self._memory = 0
        self._number = 0
        self._acknowledged = 0
        self._shift = (
            0  # batches on disk are numbered as in the first session; this is what the others are behind
        )
        self._spool = Spool(
            server_folder(self.address.url), session=self.session, limit_bytes=self.spool_bytes
        )
        self._waiters: deque[tuple[int, Flush]] = deque()
        self._warned: set[Any] = set()
        self._socket: WebSocket | None = None
        self._over_http = False
        self._frame_bytes = FRAME_BYTES
        self._window_bytes = WINDOW_BYTES
        self._retry_at = 0.0
        self._tried_at = 0.0
        self._failures = 0
        self._online_since = 0.0
        self._poisoned = 0
        self._lost = False  # something was dropped since the last flush
        self._next_send = 0.0
        self._asked_at = 0.0
        self._due_since = 0.0  # since when acknowledgements are due without a pause
        self._attempt: deque[Any] | None = None
        self._acknowledged_then = 0  # when the attempt began: posts may go on meanwhile
        self._drain: Drain | None = None
        self._bell = threading.Lock()
        self._bell.acquire()
        self._ring: tuple[socket.socket, socket.socket] | None = None
        self._sleeping = True
        self._dozing = False
        self._polling = False
        self._closing = False
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._settled = threading.Event()

    # --- what callers use ---

    def put_metrics(self, item: tuple[str, float, float, list[tuple[str, float]]]) -> None:
        """Queue the values of one call of log: (env, step, time, [(name, value), …]), all floats and strings."""
        self._queue.append(item)
        if self._sleeping:
            self._wake()
        elif len(self._queue) > QUEUE_ITEMS:
            self._hold_back()

    def put(self, command: dict[str, Any]) -> None:
        """Queue one command of the wire. It must not be changed afterwards."""
        self._inbox.put(command)
        if self._sleeping:
            self._wake()
        elif self._inbox.nbytes > self.memory_bytes or len(self._queue) > QUEUE_ITEMS:
            self._hold_back()

    def flush(self, timeout: float | None = None, *, quick: bool = False) -> bool:
        """Wait until everything queued so far is committed. True: it is.

        Args:
            timeout: seconds; None waits for as long as it takes.
            quick: give up as soon as the server is found to be away.
        """
        if threading.current_thread() is self._thread or self.state == "closed":
            return False
        until = None if timeout is None else time.monotonic() + timeout
        waiter = Flush(quick=quick)
        self._queue.append(waiter)
        loan, is_done = self._loan, False
        try:
            is_done = loan is not None and loan.flush(timeout)
        finally:
            if not is_done or self._inbox.is_awaited:
                self._rouse()
        left_s = -1 if until is None else max(0.0, until - time.monotonic())
        return waiter.done.acquire(timeout=left_s) and waiter.durable

    def on_refused(self, method: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        """Call a bound method, as long as its object lives, with each refused command and the error."""
        self._listeners.append(weakref.WeakMethod(method))

    def settle(self, timeout: float) -> str:
        """Start, and wait until the first attempt to connect has an outcome: the state after it."""
        self._rouse()
        self._settled.wait(timeout)
        return self.state

    def require(self, timeout: float = 30.0) -> Rest:
        """For calls that need an answer: everything before them is committed, then this is where to ask.

        Raises:
            Unreachable: the server is away, or did not commit in time.
            Unauthorized: it does not accept the token.
        """
        if self.flush(timeout, quick=True) or isinstance(self.problem, Forbidden):
            return self.rest  # a server that takes nothing may still be read
        if self.state == "unauthorized" and self.problem is not None:
            raise self.problem
        if self.state == "online":
            raise Unreachable(f"{self.address.url} did not commit what was sent within {timeout:g} s.")
        raise Unreachable(str(self.problem or f"{self.address.url} cannot be reached."))

    @property
    def stats(self) -> dict[str, Any]:
        """Counters since the start of this process, and what is waiting now."""
        return {
            **self._counts,
            "state": self.state,
            "over_http": self._over_http,
            "queued": len(self._queue),
            "memory_bytes": self._memory + self._gathered.size,
            "spool_bytes": self._spool.size,
            "session": self.session,
            "last": self._number if (loan := self._loan) is None else loan.number,
        }

    def close(self, timeout: float = EXIT_S) -> bool:
        """Flush for at most ``timeout`` seconds, put what is left on disk, and stop. True: nothing was left."""
        if self.state == "closed" or (self._thread is None and not self._queue):
            return not self._queue
        deadline = time.monotonic() + timeout
        durable = False
        waiter = Flush(quick=False)
        self._queue.append(waiter)
        self._rouse()
        away_since: float | None = None
        while not durable and time.monotonic() < deadline:
            if waiter.done.acquire(timeout=0.05):
                durable = waiter.durable
                break
            if self.state in ("offline", "unauthorized"):
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > OFFLINE_EXIT_S:
                    break
            else:
                away_since = None
        if durable and self._drain is not None:
            self._drain.join(max(0.0, deadline - time.monotonic()))
        self._closing = True
        self._rouse()
        if self._thread is not None:
            self._thread.join(10.0)
        return durable

    def after_fork(self) -> None:
        """In the child: a new session, nothing of the parent's, and the parent's connection left alone."""
        connection, ring, spool = self._socket, self._ring, self._spool
        self._begin()
        self.rest.after_fork()
        if connection is not None:
            connection.abandon()
        for end in ring or ():
            end.close()
        spool.forget()

    # --- waking ---

    def _wake(self) -> None:
        """A command came while the thread was asleep. (Nothing here gives up the interpreter.)"""
        self._sleeping = False
        if self._thread is None:
            self._start()
        self._strike()

    def _rouse(self) -> None:
        """Somebody waits: whatever the thread is waiting for, it should look at the queue now."""
        if self._thread is None:
            self._start()
        if self._sleeping or self._dozing:
            self._sleeping = False
            self._strike()
        ring = self._ring
        if self._polling and ring is not None:
            try:
                ring[1].send(b"!")
            except OSError:
                pass  # full: it will wake up

    def _strike(self) -> None:
        try:
            self._bell.release()
        except RuntimeError:
            pass  # it was struck already

    def _start(self) -> None:
        with self._start_lock:
            if self._thread is not None:
                return
            self._ring = socket.socketpair()
            for end in self._ring:
                end.setblocking(False)
            self._thread = threading.Thread(target=self._run, name="panewall-sender", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # the interpreter is ending and starts no more threads
                self.state = "closed"
                return
            _finish_with_worker_process()

    def _hold_back(self) -> None:
        """A caller that is faster than packing and disk waits for them, in short steps."""
        until = time.monotonic() + 5.0
        while time.monotonic() < until and self._thread is not None and self._thread.is_alive():
            time.sleep(0.001)
            if self._inbox.nbytes <= self.memory_bytes and len(self._queue) <= QUEUE_ITEMS // 2:
                return

    # --- the thread ---

    def _run(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except Exception:
                logger.exception("the sender met an unforeseen error and goes on")
                self._lose_connection("an unforeseen error")
                time.sleep(0.1)
        try:
            self._end()
        except Exception:
            logger.exception("what was left could not be kept")

    def _turn(self) -> None:
        more = self._gather()
        now = time.monotonic()
        if self._socket is None:
            self._connect(now)
        if self._seal_is_due(now):
            self._seal()
            self._next_send = now + LINGER_S
        if self._socket is not None:
            self._transmit(self._socket)
        elif self._over_http:
            more = self._post_next() or more
        if more:
            time.sleep(0)  # the callers' turn
            if self._socket is not None and self._flying:
                self._listen(self._socket, 0.0)
            return
        self._rest_a_while()

    def _rest_a_while(self) -> None:
        connection = self._socket
        now = time.monotonic()
        linger = max(0.0, self._next_send - now) if len(self._gathered) else LINGER_S
        if connection is not None and (self._flying or connection.backlog):
            self._polling = True
            if not self._inbox.is_awaited:
                self._listen(connection, linger)
            self._polling = False
            self._watch_silence(connection)
            return
        if connection is not None or self._over_http:
            if len(self._gathered):
                self._doze(linger)
                return
            if self._ready or not self._spool.is_empty:
                return
            self._sleep(connection)
            return
        self._doze(min(0.2, self._retry_at - now) if self._attempt is None else 0.2)

    def _doze(self, seconds: float) -> None:
        """Wait, unless somebody begins to wait for us."""
        self._dozing = True
        if not self._inbox.is_awaited and seconds > 0:
            self._bell.acquire(timeout=seconds)
        self._dozing = False

    def _sleep(self, connection: WebSocket | None) -> None:
        """Nothing is due. Until something is, callers who flush send by themselves, where all is as usual."""
        loan: Loan | None = None
        if connection is not None and not self._poisoned and not self._lost:
            loan = self._loan = Loan(self._inbox, connection, self._number, self._counts)
        self._dozing = True  # whoever cannot have the loan strikes the bell
        struck, uses, beside_until = True, 0, 0.0
        while True:
            # beside callers who flush, commands need not wake us: we look in now and then
            beside = loan is not None and time.monotonic() < beside_until
            self._sleeping = not beside
            if beside or not self._queue:
                struck = self._bell.acquire(timeout=LINGER_S if beside else ASLEEP_S)
            self._sleeping = False
            if loan is None:
                break
            is_back = loan.is_back()
            if is_back and (self._queue or self._closing or loan.is_unfinished or not (struck or beside)):
                break
            if not is_back or loan.uses != uses:
                uses, beside_until = loan.uses, time.monotonic() + BESIDE_S
            if is_back:
                loan.lend_again()
        self._dozing = False
        if loan is not None:
            self._take_over(loan)
        if connection is not None and not struck:
            self._listen(connection, 0.0)  # pings, or the news that the server went

    def _take_over(self, loan: Loan) -> None:
        """Go on from where callers left off."""
        self._loan = None
        self._number = loan.number
        if loan.number > self._acknowledged:
            self._failures = 0
            self._note_committed(loan.number)
        batch, taken = loan.batch, loan.taken
        if batch is None:
            self._queue.extendleft(reversed(taken))
        elif batch.number <= loan.number:
            loan.finish()
        else:
            self._number = batch.number
            self._memory += batch.size
            self._counts["commands"] += batch.count
            self._note_sent(batch)
            self._waiters.extend((batch.number, item) for item in taken if type(item) is Flush)
            self._inbox.note_taken(loan.taken_bytes)
        if loan.is_torn:
            loan.connection.closed = loan.connection.closed or "a flush was interrupted"

    # --- queue → batches ---

    def _gather(self) -> bool:
        """Take from the queue. True: there was more than one helping."""
        queue, gathered = self._queue, self._gathered
        taken_bytes = 0
        more = True
        for _ in range(GATHER_ITEMS):
            try:
                item = queue.popleft()
            except IndexError:
                more = False
                break
            if type(item) is Flush:
                self._note_flush(item)
            elif len(item) == 4:
                gathered.add_metrics(item)
            else:
                gathered.add(item[0], item[1])
                taken_bytes += item[1]
            if gathered.size > self._frame_bytes:
                self._seal()
        self._inbox.note_taken(taken_bytes)
        return more

    def _note_flush(self, waiter: Flush) -> None:
        self._seal()
        lost, self._lost = self._lost, False
        if lost or self._acknowledged >= self._number:
            waiter.release(durable=not lost)
            return
        self._waiters.append((self._number, waiter))
        if self._socket is None and not self._over_http and self._attempt is None:
            self._retry_at = min(self._retry_at, self._tried_at + 0.5)

    def _seal_is_due(self, now: float) -> bool:
        if not len(self._gathered):
            return False
        if self._gathered.size > self._frame_bytes // 2:
            return True
        if self._socket is None and not self._over_http:
            return now >= self._next_send + 0.2
        room = not self._ready and self._flying_bytes < self._window_bytes // 2
        return room and now >= self._next_send

    def _seal(self) -> None:
        """Everything gathered becomes batches."""
        if not len(self._gathered):
            return
        packed: list[Any] = []
        for command in self._gathered.take():
            self._counts["commands"] += 1
            try:
                parts = list(split(command, weigh(command), frame_bytes=self._frame_bytes))
            except (TypeError, ValueError, KeyError):
                parts = [command]  # not what it should be: the server says what is wrong with it
            for part in parts:
                packed.extend(self._packed(part))
        for group in groups(packed, frame_bytes=self._frame_bytes):
            files = tuple(file for _, file in group if file is not None)
            self._store(Batch(self._number + 1, join([body for body, _ in group]), len(group), files))

    def _packed(self, command: dict[str, Any]) -> list[Any]:
        """The command, packed; of several metrics those that can be."""
        try:
            return [pack_command(command)]
        except Exception as error:
            series = command.get("series") or {}
            if len(series) > 1:
                alone = [{**command, "series": {name: columns}} for name, columns in series.items()]
                return [found for one in alone for found in self._packed(one)]
            self._counts["dropped"] += 1
            self._warn(
                ("pack", name_of(command)),
                f"{name_of(command)} could not be packed and is left out: {error}",
            )
            return []

    def _store(self, batch: Batch) -> None:
        if self._spool.is_empty and self._memory + batch.size <= self.memory_bytes:
            self._ready.append(batch)
            self._memory += batch.size
            self._number = batch.number
            return
        batch.number += self._shift
        try:
            kept = self._spool.append(batch)
            reason = f"the spool's {self.spool_bytes // 2**20} MB are full"
        except OSError as error:
            kept, reason = False, f"the spool cannot be written: {error}"
        if kept:
            self._number += 1
            self._counts["spooled"] += 1
            self._warn(
                "spool", f"{self.address.url} is too far behind or away; data waits in {self._spool.folder}."
            )
            return
        self._counts["dropped"] += batch.count
        self._lost = True
        self._warn("full", f"Data is being lost: memory is full and {reason} ({self._spool.folder}).")

    # --- connecting ---

    def _connect(self, now: float) -> None:
        if self._attempt is None:
            if now < self._retry_at:
                return
            self._tried_at = now
            self._acknowledged_then = self._acknowledged
            attempt: deque[Any] = deque()
            self._attempt = attempt
            try:
                threading.Thread(
                    target=self._open, args=(attempt,), name="panewall-connect", daemon=True
                ).start()
            except RuntimeError:  # the interpreter is ending and starts no more threads
                self._open(attempt)
        if not self._attempt:
            return
        outcome = self._attempt.popleft()
        self._attempt = None
        if isinstance(outcome, tuple):
            self._welcome(*outcome)
        elif isinstance(outcome, NoWebSocket):
            self._try_http(outcome)
        else:
            self._fail(outcome)

    def _open(self, attempt: deque[Any]) -> None:
        """Connect and say hello: runs beside the sender, so that a server that does not answer holds up nothing."""
        session = self.session
        try:
            connection = WebSocket(self.address, self.address.find_token())
            from panewall import __version__

            connection.send(pack({"t": "hello", "session": session, "client": f"panewall/{__version__}"}))
            deadline = time.monotonic() + 10.0
            welcome: dict[str, Any] | None = None
            while welcome is None and connection.closed is None and time.monotonic() < deadline:
                for message in connection.pump(timeout=0.2):
                    if message.get("t") in ("welcome", "error"):
                        welcome = message
            if welcome is None:
                connection.close()
                raise Unreachable(
                    f"{self.address.url} did not welcome this client: {connection.closed or 'silence'}"
                )
            if self._closing:
                connection.close()
            attempt.append((connection, welcome, session))
        except PanewallError as error:
            attempt.append(error)
        except Exception as error:
            attempt.append(Unreachable(f"{self.address.url}: {error}"))
        self._rouse()

    def _welcome(self, connection: WebSocket, welcome: dict[str, Any], session: str) -> None:
        if session != self.session:  # begun anew meanwhile
            connection.close()
            return
        if welcome.get("t") != "welcome":
            connection.close()
            self._server_error(welcome.get("error"))
            return
        limits = welcome.get("limits") or {}
        self._frame_bytes = int(limits.get("frame_bytes") or FRAME_BYTES)
        self._window_bytes = int(limits.get("unacknowledged_bytes") or WINDOW_BYTES)
        self._socket = connection
        connection.ring = self._ring[0] if self._ring is not None else None
        self._over_http = False
        last = int(welcome.get("last") or 0)
        self._online(max(last, self._acknowledged) if last >= self._acknowledged_then else last)

    def _online(self, last: int) -> None:
        self._counts["connections"] += 1
        if self.state == "offline" and "away" in self._warned:
            logger.info("%s is back", self.address.url)
        self._warned -= {"away", "unauthorized"}
        self.state, self.problem = "online", None
        self._online_since = time.monotonic()
        self._continue_after(last)
        self._settled.set()
        if self._drain is None:
            self._drain = Drain(self.rest, but=self.session, warn=self._warn)
            self._drain.start()

    def _try_http(self, reason: NoWebSocket) -> None:
        """The websocket cannot be had: perhaps a proxy is in the way. Does HTTP work?"""
        try:
            status, body = self.rest.ask("GET", f"/api/v1/ingest/session/{self.session}", timeout=10.0)
        except Unreachable as error:
            self._fail(error)
            return
        if status == 401:
            self._fail(Unauthorized(no_token_text(self.address), code="unauthorized", status=401))
        elif status == 200 and isinstance(body, dict):
            logger.info("no websocket (%s); sending over HTTP", reason)
            self._over_http = True
            self._retry_at = time.monotonic() + WEBSOCKET_AGAIN_S
            self._online(int(body.get("last") or 0))
        else:
            self._fail(
                Unreachable(f"{self.address.url} is not a Panewall server, or one in trouble: {reason}")
            )

    def _fail(self, error: PanewallError) -> None:
        self._failures += 1
        self._over_http = False
        self.problem = error
        low, high = BACKOFF_S
        if isinstance(error, Unauthorized):
            self.state = "unauthorized"
            low = REFUSED_BACKOFF_S
            self._warn("unauthorized", f"{error} What is sent waits.")
        else:
            self.state = "offline"
            if self._failures > 3 or isinstance(error, Forbidden) or not self._settled.is_set():
                said = str(error).rstrip(".")
                self._warn("away", f"{said}. What is sent waits, in memory and then on disk.")
        pause = min(high, low * 2 ** min(self._failures - 1, 10)) * random.uniform(0.5, 1.0)
        self._retry_at = time.monotonic() + pause
        self._settled.set()
        for entry in [entry for entry in self._waiters if entry[1].quick]:
            self._waiters.remove(entry)
            entry[1].release(durable=False)

    def _lose_connection(self, reason: str) -> None:
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()
        self._over_http = False
        self.state = "offline"
        self.problem = Unreachable(f"The connection to {self.address.url} was lost: {reason}")
        self._rewind(0)
        now = time.monotonic()
        if now - self._online_since > STEADY_S:
            self._failures = 0
        low, high = BACKOFF_S
        self._retry_at = now + min(high, low * 2 ** min(self._failures, 10)) * random.uniform(0.0, 1.0)
        self._failures += 1

    def _server_error(self, error: Any) -> None:
        """The server said why it will not go on with this connection."""
        error = error if isinstance(error, dict) else {}
        code = str(error.get("code") or "error")
        detail = str(error.get("detail") or "no reason given")
        self._lose_connection(detail)
        if "session" in code:
            self._new_session()
        elif code in ("read_only", "forbidden"):
            self._fail(Forbidden(f"{self.address.url} takes nothing: {detail}", code=code, status=403))
            return
        self._poisoned += 1
        self._warn(("error", code), f"{self.address.url} ended the connection: {detail} ({code})")
        self._retry_at = time.monotonic() + min(BACKOFF_S[1], 0.5 * 2 ** min(self._poisoned, 6))

    def _watch_silence(self, connection: WebSocket) -> None:
        silent = time.monotonic() - max(connection.heard_at, self._due_since)
        if connection.closed is not None or silent < SILENCE_S:
            return
        if silent > 2 * SILENCE_S:
            self._lose_connection(f"no word for {silent:.0f} s")
        elif self._asked_at < max(connection.heard_at, self._due_since):
            self._asked_at = time.monotonic()
            connection.send(pack({"t": "ping", "v": 1}))

    # --- batches → server ---

    def _transmit(self, connection: WebSocket) -> None:
        if connection.closed is not None:
            self._lose_connection(connection.closed)
            return
        while connection.closed is None:
            batch = self._next_ready()
            if batch is None:
                return
            if self._flying and self._flying_bytes + len(batch.body) > self._window_bytes:
                return
            frame = batch.frame()
            if len(frame) > self._frame_bytes or (batch.files and not batch.uploaded) or self._poisoned >= 3:
                if self._flying and len(frame) > self._frame_bytes:
                    return  # its number comes after theirs
                if not self._upload(batch):
                    return
                frame = batch.frame()  # without what the server did not take
                if len(frame) > self._frame_bytes or self._poisoned >= 3:
                    if self._flying:
                        return
                    self._post(batch)
                    continue
            self._ready.popleft()
            self._note_sent(batch)
            connection.send(frame)

    def _note_sent(self, batch: Batch) -> None:
        """Its acknowledgement is due."""
        if not self._flying:
            self._due_since = time.monotonic()
        self._flying.append(batch)
        self._flying_bytes += len(batch.body)
        self._counts["batches"] += 1
        self._counts["bytes"] += len(batch.body)

    def _next_ready(self) -> Batch | None:
        """The next batch to send, still in ``_ready``; from the spool when memory has none."""
        if not self._ready and not self._spool.is_empty:
            batch = self._spool.read()
            if batch is not None:
                batch.number -= self._shift
                self._ready.append(batch)
                self._memory += batch.size
        return self._ready[0] if self._ready else None

    def _listen(self, connection: WebSocket, timeout: float) -> None:
        for message in connection.pump(timeout=timeout):
            kind = message.get("t")
            if kind == "ack":
                self._take_acknowledgement(int(message["n"]), message.get("e") or [])
            elif kind == "expected":
                self._continue_after(int(message["n"]) - 1)
            elif kind == "error":
                self._server_error(message.get("error"))
            if connection is not self._socket:
                return  # what follows was said to a session that is over
        if connection.closed is not None and connection is self._socket:
            self._lose_connection(connection.closed)

    def _post_next(self) -> bool:
        """Over HTTP: send one batch. True: there may be more to do at once."""
        batch = self._next_ready()
        if batch is None or not self._upload(batch):
            return False
        self._post(batch)
        return True

    def _post(self, batch: Batch) -> None:
        """One batch by POST, with the session and number it has. It is the first of ``_ready``."""
        self._counts["posts"] += 1
        try:
            status, body = self.rest.ask(
                "POST",
                "/api/v1/ingest",
                content=batch.post(self.session),
                headers={"Content-Type": MSGPACK, "Accept": MSGPACK},
                timeout=60.0 + len(batch.body) / 2**20,
            )
        except Unreachable as error:
            self._lose_connection(str(error))
            self._fail(error)
            return
        self._judge(batch, status, body if isinstance(body, dict) else {})

    def _judge(self, batch: Batch, status: int, body: dict[str, Any]) -> None:
        if status == 409 and body.get("code") == "expected" and "n" in body:
            self._continue_after(int(body["n"]) - 1)
        elif status < 400 or (status == 400 and "e" in body):
            self._ready.popleft()
            self._note_sent(batch)
            self._poisoned = 0
            self._take_acknowledgement(batch.number, body.get("e") or [])
        elif status == 401:
            self._lose_connection("the token is no longer accepted")
            self._fail(Unauthorized(no_token_text(self.address), code="unauthorized", status=401))
        elif status == 403:
            self._lose_connection("it takes nothing")
            detail = body.get("detail") or "no reason given"
            self._fail(Forbidden(f"{self.address.url} takes nothing: {detail}", code="forbidden", status=403))
        elif status in (408, 425, 429) or status >= 500:
            self._lose_connection(f"it answered {status}")
            self._fail(
                Unreachable(
                    f"{self.address.url} answered {status}: {body.get('detail') or 'no reason given'}"
                )
            )
        elif not body.get("code"):  # not the server's own answer: a proxy, or another page at its address
            self._lose_connection(f"it answered {status}")
            self._fail(Unreachable(f"{self.address.url} answered {status} to a batch."))
        elif "session" in body["code"] or batch.count == 0:
            self._new_session()  # it is somebody else's, or does not even take a placeholder
        else:
            detail = body.get("detail") or f"it answered {status}"
            self._counts["dropped"] += batch.count
            self._warn(
                ("batch", body.get("code")),
                f"{batch.count} commands are left out, the server cannot take them: {detail}",
            )
            self._memory -= batch.size
            batch.body, batch.count, batch.files = nothing(), 0, ()
            self._memory += batch.size
            self._poisoned = 0

    def _upload(self, batch: Batch) -> bool:
        """Upload the large files of a batch. False: that did not go now."""
        if batch.uploaded or not batch.files:
            return True
        for digest, data, kind in batch.files:
            if time.monotonic() - self._uploads.get(digest, -UPLOADED_S) < UPLOADED_S:
                continue
            try:
                status, body = self.rest.upload(data, kind)
            except Unreachable as error:
                self._lose_connection(str(error))
                self._fail(error)
                return False
            if status in (401, 408, 425, 429) or status >= 500:
                self._lose_connection(f"it answered {status} to an upload")
                self._fail(Unreachable(f"{self.address.url} answered {status} to an upload."))
                return False
            if status >= 400:
                detail = body.get("detail") if isinstance(body, dict) else status
                self._memory -= batch.size
                gone = batch.leave_out(digest)
                self._memory += batch.size
                self._counts["refused"] += len(gone)
                self._warn(
                    ("upload", status, *(name_of(command) for command in gone)),
                    f"{files_of(gone)}, {len(data) // 1024} kB, was refused: {detail}",
                )
                continue
            if len(self._uploads) >= UPLOADS:
                self._uploads.clear()
            self._uploads[digest] = time.monotonic()
            if isinstance(body, dict) and body.get("asset") not in (None, digest):
                self._warn(("upload", "digest"), "An uploaded file arrived changed.")
        batch.uploaded = True
        return True

    # --- what the server has ---

    def _take_acknowledgement(self, number: int, errors: list[Any]) -> None:
        while self._flying and self._flying[0].number <= number:
            batch = self._flying.popleft()
            self._flying_bytes -= len(batch.body)
            self._memory -= batch.size
            self._counts["acknowledged"] += batch.count
            if batch.number == number and errors and batch.count and self._tell_refused(batch, errors):
                self._seal()  # what goes again belongs to the same flush
                self._waiters = deque((max(due, self._number), waiter) for due, waiter in self._waiters)
        self._poisoned = self._failures = 0
        self._note_committed(number)

    def _note_committed(self, number: int) -> None:
        if number <= self._acknowledged:
            return
        self._acknowledged = number
        self._spool.acknowledged(number + self._shift)
        waiters = self._waiters
        while waiters and waiters[0][0] <= number:
            waiters.popleft()[1].release(durable=True)

    def _rewind(self, number: int) -> None:
        """Everything in flight from ``number`` on is to be sent again."""
        again = [batch for batch in self._flying if batch.number >= number]
        self._ready.extendleft(reversed(again))
        for batch in again:
            self._flying.pop()
            self._flying_bytes -= len(batch.body)

    def _continue_after(self, last: int) -> None:
        """The server has everything up to ``last`` and expects the next number."""
        self._rewind(last + 1)
        while self._flying:
            self._take_acknowledgement(self._flying[0].number, [])
        while self._ready and self._ready[0].number <= last:
            batch = self._ready.popleft()
            self._memory -= batch.size
            self._counts["acknowledged"] += batch.count
        first = self._next_ready()
        if last < self._acknowledged or last > self._number or (first and first.number > last + 1):
            self._new_session()  # the server lost this session, or the disk a batch of it
        else:
            self._note_committed(last)

    def _new_session(self) -> None:
        """Number what is not committed from 1 on, in a session of its own."""
        self._rewind(0)
        first = self._next_ready()
        gone = self._number if first is None else first.number - 1
        logger.warning("%s does not know this session any more; going on in a new one", self.address.url)
        self.session = uuid.uuid4().hex
        for batch in self._ready:
            batch.number -= gone
        self._shift += gone
        self._number -= gone
        self._acknowledged = 0
        self._waiters = deque((number - gone, waiter) for number, waiter in self._waiters)
        if self._socket is not None or self._over_http:
            self._lose_connection("a new session begins")

    def _tell_refused(self, batch: Batch, errors: list[Any]) -> bool:
        """Warn about refused commands. True: parts of some were queued again, because only a part can be bad."""
        commands = batch.commands()
        again = False
        for index, error in errors:
            if not 0 <= index < len(commands):
                continue
            command = commands[index]
            series: Any = command.get("series")
            if command.get("do") == "metrics.log" and isinstance(series, dict) and len(series) > 1:
                for name, columns in series.items():  # one by one: the good ones go in
                    self._gathered.add({**command, "series": {name: columns}}, nbytes(columns))
                again = True
                continue
            if command.get("do") == "env.alive":
                continue  # the env is gone, and whatever is logged to it says so or makes it anew
            self._counts["refused"] += 1
            if not isinstance(error, dict):
                error = {"code": "refused", "detail": str(error)}
            fields: Any = error.get("fields") or {}
            reasons = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
            self._warn(
                ("refused", error.get("code"), command.get("env"), window_of(command)),
                f"{name_of(command)} was refused: {error.get('detail')}{f' ({reasons})' if reasons else ''}",
            )
            for reference in list(self._listeners):
                listener = reference()
                if listener is None:
                    self._listeners.remove(reference)
                    continue
                try:
                    listener(command, error)
                except Exception:
                    logger.exception("a listener for refusals failed")
        return again

    def _warn(self, key: Any, text: str) -> None:
        """Say it once: to the log, and as a warning where those do not raise."""
        if key in self._warned:
            return
        self._warned.add(key)
        logger.warning("%s", text)
        try:
            warnings.warn(text, PanewallWarning, stacklevel=2)
        except Warning:
            pass  # warnings are errors here; this thread has nobody to raise to

    # --- the end ---

    def _end(self) -> None:
        """Keep what was not committed, for the next process."""
        while self._gather():
            pass
        self._seal()
        self._rewind(0)
        for _, waiter in self._waiters:
            waiter.release(durable=False)
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        left = [batch for batch in self._ready if not batch.spooled]
        if left:
            try:
                for batch in left:
                    batch.number += self._shift
                self._spool.keep(left)
                self._warn(
                    "left",
                    f"{len(left)} batches wait in {self._spool.folder}; the next program that reaches "
                    f"{self.address.url} sends them.",
                )
            except OSError as error:
                lost = sum(batch.count for batch in left)
                self._counts["dropped"] += lost
                self._warn(
                    "lost",
                    f"{lost} commands are lost: {self.address.url} did not take them, and they cannot be kept on disk either: {error}",
                )
        self._spool.close()
        self.rest.close()
        for end in self._ring or ():
            end.close()
        self._ring = None
        self.state = "closed"


# --- one sender per server, token and process ---

_senders: dict[Address, Sender] = {}
_registry_lock = threading.Lock()
before_close: list[
    Callable[[], None]
] = []  # called at the end of the process, while things can still be sent


def get_sender(address: Address) -> Sender:
    """The sender of this process for an address."""
    with _registry_lock:
        sender = _senders.get(address)
        if sender is None or sender.state == "closed":
            sender = _senders[address] = Sender(address)
        return sender


def close_all(timeout: float | None = None) -> None:
    """Flush and end every sender: the end of the process."""
    if timeout is None:
        try:
            timeout = float(os.environ.get("PANEWALL_EXIT_TIMEOUT", EXIT_S))
        except ValueError:
            timeout = EXIT_S
    for last_words in before_close:
        last_words()
    timeout = min(timeout, endings.most_wait_s() or timeout)
    deadline = time.monotonic() + timeout
    for sender in list(_senders.values()):
        sender.close(max(0.5, deadline - time.monotonic()))


def _after_fork() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    for sender in _senders.values():
        sender.after_fork()


def _finish_with_worker_process() -> None:
    """Processes of `multiprocessing` end without atexit; its own finalizers run there."""
    util = sys.modules.get("multiprocessing.util")
    process = sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(None, close_all, exitpriority=10)


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
