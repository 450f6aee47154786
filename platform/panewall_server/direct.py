"""A short way for the small requests that programs and pages send again and again: their head is read in one go, and none of the web
server's request objects, queues and tasks are made for them. It takes a third of such a request's time.

Only what is plain is taken: one whole head in one piece, HTTP/1.1, a body of known length; and questions for small files. All else
goes the long way, which also refuses what is malformed, and a question that turns out to be another one goes it after all. `twisted_ends.py` and `uvicorn_ends.py` put it before the long ways of the two servers.
"""

import asyncio
import logging
import re
import types
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from apps.windows.bodies import FACTS, MAY_DECLINE
from apps.windows.bounds import config
from apps.windows.live.postbox import Reply
from panewall_server.door import is_quick

log = logging.getLogger(__name__)

#: Bytes of a body that comes this way.
LARGEST = 64 * 1024
#: And of a head. A client sends the same few again and again: a connection remembers so many.
LARGEST_HEAD, HEADS = 4096, 4
#: Bytes that a client may send ahead of an answer before it is no longer listened to.
AHEAD = 16 * 1024
#: How long the connection of a program is kept between two requests. An epoch may take long, and a client may not send anew what it
#: sent just as the connection was closed.
IDLE_S = 3600
#: Pages open a new one as soon as they want it.
PAGE_IDLE_S = 75
#: How long the rest of a body is waited for.
BODY_S = 60

_HEAD = re.compile(rb"(POST|GET) (/[!-~]*) HTTP/1\.1")
_BEGINNINGS = (b"POST /", b"GET /")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BARE = re.compile(rb"[\x00\r\n]")
#: Headers that ask for more than one answer to one body.
_OTHERS = {b"transfer-encoding", b"expect", b"upgrade", b"trailer", b"te"}
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}

_running: set[asyncio.Task] = set()


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    length: int
    #: As it came, of what may go the long way after all.
    raw: bytes = b""
    facts: dict[Any, Any] = field(default_factory=dict, compare=False)


def read_head(head: bytes) -> _Head | None:
    """The head of a request; None: it is not one of those that are taken here."""
    first, *lines = head.split(b"\r\n")
    target = _HEAD.fullmatch(first)
    if target is None:
        return None
    method, (path, _, query) = target[1].decode(), target[2].partition(b"?")
    if b"%" in path or not is_quick(method, path.decode("ascii").removeprefix(config().base_url)):
        return None
    headers, length, hosts = [], None, 0
    for line in lines:
        raw, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(raw):
            return None
        name, value = raw.lower(), value.strip(b" \t")
        if _BARE.search(value) or name in _OTHERS:
            return None
        if name == b"content-length":
            if length is not None or not value.isdigit() or len(value) > 9:
                return None
            length = int(value)
        elif name == b"host":
            hosts += 1
        elif name == b"connection" and value.lower() != b"keep-alive":
            return None
        if b"_" not in name:  # a proxy might set the same with a hyphen, and be overruled
            headers.append((name, value))
    if method == "GET":
        length = 0 if length is None else None
    if length is None or length > LARGEST or hosts != 1:
        return None
    return _Head(method, path, query, tuple(headers), length, head if method == "GET" else b"")


def start(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` at once as far as it goes without waiting, most often to its end. From the outcome of a batch it goes on the moment
    that it is there; what waits for anything else is a task of the loop from then on."""
    try:
        awaited = work.send(None)
    except StopIteration:
        return
    if isinstance(awaited, Reply):
        awaited.hear = partial(start, work)
        return
    task = asyncio.ensure_future(_rest(work, awaited))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _resumed(work, awaited)


@types.coroutine
def _resumed(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """What a task does with a coroutine, from the place where it waits for ``awaited``."""
    while True:
        try:
            sent = yield awaited
        except BaseException as error:
            step = partial(work.throw, error)
        else:
            step = partial(work.send, sent)
        try:
            awaited = step()
        except StopIteration:
            return


class Ends(Protocol):
    """What the short way needs of a connection."""

    def is_between(self) -> bool:
        """Whether the long way has no request at hand, whole or begun, and would take another."""

    def is_open(self) -> bool: ...

    def is_drained(self) -> bool:
        """Whether the socket took all that was written. The long way waits for that; files that nobody reads would pile up here."""

    def go_long(self, data: bytes) -> None: ...

    def addresses(self) -> tuple[list[Any], list[Any]]:
        """Of the client and of the server: host, port. Asked once."""

    def write(self, data: bytes) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def wait(self, seconds: float) -> None:
        """End the connection if nothing comes for so long."""


class ShortWay:
    """Takes what arrives on one connection. One request at a time, in their order, whichever way they take.

    Args:
        ends: the connection. It, and not this, lives as long as the connection does.
        application: asked as an ASGI application is.
    """

    __slots__ = ("_addresses", "_ahead", "_application", "_body", "_ends", "_head", "_heads", "is_answering")

    def __init__(self, ends: Ends, application: Any) -> None:
        self._ends, self._application = ends, application
        self._addresses: tuple[list[Any], list[Any]] | None = None
        self._heads: dict[bytes, _Head] = {}
        self._head: _Head | None = None  # of a request whose body is not whole
        self._body = self._ahead = b""
        self.is_answering = False

    def take(self, data: bytes) -> None:
        if self.is_answering:
            self._ahead += data
            if len(self._ahead) > AHEAD:
                self._ends.pause()
            return
        if self._head is None:
            end = data.find(b"\r\n\r\n") if data.startswith(_BEGINNINGS) and self._ends.is_between() else -1
            self._head = self._known(data[:end]) if 0 < end <= LARGEST_HEAD else None
            if self._head is None or (self._head.method == "GET" and not self._ends.is_drained()):
                self._head = None
                self._ends.go_long(data)
                return
            data = data[end + 4 :]
        self._body += data
        if len(self._body) >= self._head.length:
            self._serve(self._head)
        else:
            self._ends.wait(BODY_S)

    def _known(self, raw: bytes) -> _Head | None:
        head = self._heads.get(raw)
        # Of files each has a head of its own.
        if head is None and (head := read_head(raw)) is not None and head.method == "POST":
            if len(self._heads) >= HEADS:
                self._heads.clear()
            self._heads[raw] = head
        return head

    def _serve(self, head: _Head) -> None:
        body, self._ahead = self._body[: head.length], self._body[head.length :]
        self._head, self._body, self.is_answering = None, b"", True
        if self._addresses is None:
            self._addresses = self._ends.addresses()
        client, server = self._addresses
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": head.method,
            "path": head.path.decode("ascii"),
            "raw_path": head.path,
            "root_path": "",
            "scheme": "http",
            "query_string": head.query,
            "headers": list(head.headers),
            "client": client,
            "server": server,
            FACTS: head.facts,
        }
        start(self._run(scope, body) if head.method == "POST" else self._ask(scope, head.raw))

    async def _ask(self, scope: dict[str, Any], raw: bytes) -> None:
        """A question, which the long way answers if the application does not."""
        scope[MAY_DECLINE] = True
        if await self._answered(scope, b""):
            self._go_on(PAGE_IDLE_S)
            return
        self.is_answering = False
        if self._ends.is_open():
            self._ends.go_long(raw + b"\r\n\r\n" + self._come())

    async def _run(self, scope: dict[str, Any], body: bytes) -> None:
        await self._answered(scope, body)
        self._go_on(IDLE_S)

    async def _answered(self, scope: dict[str, Any], body: bytes) -> bool:
        """Whether the application answered."""
        whole: bytes | None = body
        head = b""

        async def receive() -> dict[str, Any]:
            nonlocal whole
            if whole is None:
                return {"type": "http.disconnect"}
            piece, whole = whole, None
            return {"type": "http.request", "body": piece, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = _answer_head(message["status"], message["headers"])
            elif self._ends.is_open():
                self._ends.write(head + message["body"])

        try:
            await self._application(scope, receive, send)
        except Exception:
            log.exception("%s %s failed.", scope["method"], scope["path"])
            text = b"The server made a mistake; it is in its log."
            await send(
                {
                    "type": "http.response.start",
                    "status": 500,
                    "headers": [(b"content-length", str(len(text)).encode())],
                }
            )
            await send({"type": "http.response.body", "body": text})
        return bool(head)

    def _go_on(self, idle_s: float) -> None:
        """Answered: what came meanwhile is next."""
        self.is_answering = False
        if not self._ends.is_open():
            return
        self._ends.wait(idle_s)
        if data := self._come():
            self.take(data)

    def _come(self) -> bytes:
        """What came ahead of an answer."""
        data, self._ahead = self._ahead, b""
        if len(data) > AHEAD:
            self._ends.resume()
        return data


def _answer_head(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    return b"HTTP/1.1 %d %b\r\n%bserver: panewall\r\n\r\n" % (
        status,
        _REASONS.get(status, b""),
        b"".join(lines),
    )
