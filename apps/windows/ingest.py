"""The ingest wire: ASGI applications beside Django's, straight into the committer. See docs/protocol.md.

Only API tokens open these doors; the caller (the server's front door) has checked host, size and path.
"""

import asyncio
import json
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import msgpack
import orjson

from apps.accounts.principals import Principal
from apps.errors import Conflict, DomainError, Invalid, NotFound, ReadOnly, TooLarge

from . import commands, pace
from .bounds import config, limits
from .committer import Batch, Outcome, owner_key
from .listening import Listener
from .live import threads
from .live.outbox import Outbox
from .live.postbox import postbox
from .models import IngestSession
from .write import commit, committer, idempotency_session

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]

SESSION = re.compile(r"[0-9a-f]{32}")
#: Batches larger than this are checked in a thread of their own, so that they hold up neither loop nor committer.
INLINE_BYTES = 64 * 1024

#: Said of a batch on which the server failed before it came to the committer.
UNCHECKED = DomainError(
    "The server failed on this batch; connect anew and send it again.", code="unavailable"
)


def prepare(raws: list[Any]) -> list[Any]:
    """Decode commands ahead of the committer; a refusal takes the place of its command."""
    out: list[Any] = []
    for raw in raws:
        try:
            out.append(commands.decode(raw))
        except DomainError as error:
            out.append(error)
    return out


def check_commands(raws: Any) -> list[Any]:
    limit = limits().commands
    if not isinstance(raws, list):
        raise Invalid("c: Must be a list of commands.", fields={"c": ["Must be a list of commands."]})
    if len(raws) > limit:
        raise TooLarge(
            f"{len(raws):,} commands in a batch; at most {limit:,} are allowed.", fields={"c": ["Too many."]}
        )
    return raws


def is_heavy(raws: list[Any], size: int) -> bool:
    """Large ones and those with files are checked off the loop."""
    return size > INLINE_BYTES or any(isinstance(raw, dict) and raw.get("do") == "sample.put" for raw in raws)


async def decoded(raws: list[Any], size: int) -> list[Any]:
    """The commands as the committer takes them."""
    return await threads.decode(prepare, raws) if is_heavy(raws, size) else raws


def refuse_when_readonly() -> None:
    if config().readonly:
        raise ReadOnly("This server is read-only at the moment; nothing was changed.")


# --- websocket


Find = Callable[[], Awaitable[Principal]]


async def ingest_socket(scope: Scope, receive: Receive, send: Send, find: Find) -> None:
    """One client session's stream of batches. ``find`` says who sends it: asked with each batch (it is cached for a
    second), so that a token revoked or expired in the middle of a run stops it."""
    principal = await find()
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    outbox = Outbox(scope, send)
    connection = _Connection(principal, find, outbox)
    sender = asyncio.ensure_future(outbox.run())
    try:
        while (event := await receive())["type"] == "websocket.receive":
            try:
                await connection.on_frame(event.get("bytes") or b"")
            except DomainError as error:
                connection.put({"t": "error", "error": error.as_dict()})
                await outbox.drain()
                await send({"type": "websocket.close", "code": 4000 + error.status})
                break
    finally:
        connection.listener.close()
        sender.cancel()


class _Connection:
    """Acknowledgements go out in the order of commits."""

    def __init__(self, principal: Principal, find: Find, outbox: Outbox) -> None:
        self.principal = principal
        self._find = find
        self._outbox = outbox
        self._session: str | None = None
        self._postbox = postbox(asyncio.get_running_loop())
        self._pending = 0
        self._decoding: deque[tuple[asyncio.Future, Principal, int, int]] = deque()
        self._is_broken = False
        self._committer = committer()
        self.listener = Listener(find, self.put, outbox.drain)

    def put(self, message: dict) -> None:
        self._outbox.put(msgpack.packb(message))

    async def on_frame(self, data: bytes) -> None:
        if len(data) > limits().frame_bytes:
            raise TooLarge(f"A frame of {len(data):,} bytes; at most {limits().frame_bytes:,} are allowed.")
        message = unpack(data)
        kind = message.get("t")
        if kind == "batch":
            await self._on_batch(message, len(data))
        elif kind == "hello":
            await self._on_hello(message)
        elif kind == "listen":
            await self.listener.start(await self._find())
        elif kind == "ping":
            self.put({"t": "pong", "v": message.get("v")})
        else:
            raise Invalid(f"There is no message {kind!r:.40}.", code="unknown_message")

    async def _on_hello(self, message: dict) -> None:
        if self._session is not None:
            raise Invalid("hello was said already.")
        session = check_session(message.get("session"))
        last = await threads.read(last_batch, session, self.principal)
        self._session = session
        told = {
            n: getattr(limits(), n)
            for n in (
                "frame_bytes",
                "unacknowledged_bytes",
                "body_bytes",
                "commands",
                "points",
                "asset_bytes",
            )
        }
        self.put({"t": "welcome", "last": last, "limits": told})

    async def _on_batch(self, message: dict, size: int) -> None:
        if self._session is None:
            raise Invalid("Say hello before the first batch.")
        if self._is_broken:
            raise UNCHECKED
        refuse_when_readonly()
        self.principal = await self._find()
        await pace.keep(self.principal, size)
        number = check_number(message.get("n"))
        self._pending += size
        # A client that goes on regardless is cut off before it fills the server's memory.
        if self._pending > 4 * limits().unacknowledged_bytes:
            raise TooLarge("Too much is unacknowledged; wait for acknowledgements.", code="slow_down")
        raws = check_commands(message.get("c"))
        if not self._decoding and not is_heavy(raws, size):
            self._submit(self.principal, raws, number, size)
            return
        # While one batch is checked, and its files are stored, the next may be: they are submitted in their order.
        task = asyncio.ensure_future(decoded(raws, size))
        self._decoding.append((task, self.principal, number, size))
        task.add_done_callback(self._submit_decoded)

    def _submit_decoded(self, _: asyncio.Future) -> None:
        while self._decoding and self._decoding[0][0].done():
            task, principal, number, size = self._decoding.popleft()
            if task.cancelled() or self._is_broken:
                continue
            if (error := task.exception()) is not None:
                # What comes behind must not go in without it: the client hears nothing of them, and sends them again.
                self._is_broken = True
                log.error("A batch could not be checked.", exc_info=error)
                self.put({"t": "error", "error": UNCHECKED.as_dict()})
                continue
            self._submit(principal, task.result(), number, size)

    def _submit(self, principal: Principal, ready: list[Any], number: int, size: int) -> None:
        def done(outcome: Outcome) -> None:
            self._postbox.post(self._tell, number, outcome, size)

        self._committer.submit(
            Batch(principal, ready, done, session=self._session, number=number, size=size, source=self)
        )

    def _tell(self, number: int, outcome: Outcome, size: int) -> None:
        self._pending -= size
        if outcome.failed is not None:
            self.put({"t": "error", "error": outcome.failed.as_dict()})
        elif outcome.expected is not None:
            self.put({"t": "expected", "n": outcome.expected})
        elif outcome.errors:
            self.put({"t": "ack", "n": number, "e": outcome.errors})
        else:
            self.put({"t": "ack", "n": number})


# --- HTTP


async def ingest_http(scope: Scope, body: bytes, principal: Principal) -> tuple[int, bytes, bytes]:
    """``POST /api/v1/ingest`` → status, content type, body."""
    headers = dict(scope["headers"])
    kind = headers.get(b"content-type", b"application/json").split(b";")[0].strip().lower()
    if kind not in (b"application/msgpack", b"application/json", b"application/x-msgpack"):
        error = Invalid(
            "Content-Type must be application/json or application/msgpack.", code="unsupported_media_type"
        )
        return 415, b"application/json", orjson.dumps(error.as_dict())
    is_json = kind == b"application/json"
    try:
        status, answer = await _ingest(headers, body, principal, is_json)
    except DomainError as error:
        status, answer = error.status, error.as_dict()
    if is_json:
        return status, b"application/json", orjson.dumps(answer)
    return status, kind, msgpack.packb(answer)


async def _ingest(
    headers: dict[bytes, bytes], body: bytes, principal: Principal, is_json: bool
) -> tuple[int, dict]:
    refuse_when_readonly()
    await pace.keep(principal, len(body))
    parse = parse_json if is_json else unpack
    message = parse(body) if len(body) <= INLINE_BYTES else await threads.decode(parse, body)
    raws = check_commands(message.get("c", message.get("commands")))
    ready = await decoded(raws, len(body))
    session, number = None, 1
    if message.get("session") is not None:
        session, number = check_session(message["session"]), check_number(message.get("n"))
    elif key := headers.get(b"idempotency-key"):
        session = idempotency_session(principal, key.decode("latin-1"))
    outcome = await commit(principal, ready, session=session, number=number, size=len(body), source=session)
    if outcome.expected is not None:
        error = Conflict(f"Batch {outcome.expected} is expected, not {number}.", code="expected")
        return 409, {**error.as_dict(), "n": outcome.expected}
    answer: dict[str, Any] = {"e": outcome.errors} if outcome.errors else {}
    if message.get("session") is not None:
        answer["n"] = number
    return 400 if raws and len(outcome.errors) == len(raws) else 200, answer


async def session_http(session: str, principal: Principal) -> tuple[int, bytes, bytes]:
    """``GET /api/v1/ingest/session/<session>``."""
    try:
        answer: dict = {"last": await threads.read(last_batch, check_session(session), principal)}
        status = 200
    except DomainError as error:
        status, answer = error.status, error.as_dict()
    return status, b"application/json", orjson.dumps(answer)


# --- what both share


def last_batch(session: str, principal: Principal) -> int:
    """The highest committed batch of a session; 0 for one that is not known yet."""
    row = IngestSession.objects.filter(pk=session).first()
    if row is None:
        return 0
    if row.principal != owner_key(principal):
        raise NotFound("This session belongs to somebody else.", code="session_taken")
    return row.last_batch


def check_session(value: Any) -> str:
    if not isinstance(value, str) or not SESSION.fullmatch(value):
        raise Invalid(
            "session: Must be 32 hex digits.", fields={"session": ["Must be 32 lower-case hex digits."]}
        )
    return value


def check_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**62:
        raise Invalid(
            "n: Must be a whole number from 1 on.", fields={"n": ["Must be a whole number from 1 on."]}
        )
    return value


def unpack(data: bytes) -> dict:
    """MessagePack → map."""
    try:
        message = msgpack.unpackb(data, raw=False, strict_map_key=False)
    except Exception as error:
        raise Invalid(f"The frame is no MessagePack: {str(error)[:100]}", code="malformed") from error
    if not isinstance(message, dict):
        raise Invalid("A message is a map.", code="malformed")
    return message


def parse_json(data: bytes) -> dict:
    """JSON → map. NaN and Infinity, which JSON lacks and Python writes, are understood."""
    try:
        try:
            message = orjson.loads(data)
        except orjson.JSONDecodeError:
            message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The body is no JSON: {str(error)[:100]}", code="malformed") from error
    if not isinstance(message, dict):
        raise Invalid("A message is a map.", code="malformed")
    return message
