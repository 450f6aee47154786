"""One HTTP request of the wire, read; and its answer: plain text, never a page."""

from dataclasses import dataclass, field
from typing import Any

from apps.accounts.principals import Principal
from apps.errors import DomainError
from apps.windows import bodies, pace
from apps.windows.bounds import limits
from apps.windows.ingest import INLINE_BYTES, parse_json
from apps.windows.live import threads

from . import credentials, names

Scope = dict[str, Any]
TEXT, JSON = b"text/plain; charset=utf-8", b"application/json"
#: Addresses whose bodies hold windows.
LARGE = {"/events", "/update", "/win_data"}


@dataclass(slots=True)
class Answer:
    """What goes back. ``cookie``: the value to remember this client by."""

    body: bytes = b""
    status: int = 200
    kind: bytes = TEXT
    cookie: str | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    @classmethod
    def text(cls, text: str) -> "Answer":
        return cls(text.encode("utf-8", "replace"))

    @classmethod
    def refusal(cls, error: DomainError) -> "Answer":
        detail = error.detail.encode("utf-8", "replace")
        return cls(detail, error.status, headers=bodies.headers_of(error))


@dataclass(slots=True)
class Request:
    """A request that somebody known sent; ``message`` is its body."""

    scope: Scope
    path: str
    principal: Principal
    message: dict[str, Any]
    size: int

    async def env(self, field: str = "eid", *, remember: bool = False) -> str:
        """Our name of the env it is about."""
        return await self.named(names.eid_of(self.message, field), remember=remember)

    async def named(self, eid: str, *, remember: bool = False) -> str:
        return names.peek(self.principal, eid) or await threads.read(
            names.resolve, self.principal, eid, remember=remember
        )

    @property
    def is_large(self) -> bool:
        """Too large to be looked through on the event loop."""
        return self.size > INLINE_BYTES


def body_limit(path: str) -> int:
    """Bytes that a body may have at one of the wire's addresses."""
    return limits().body_bytes if path in LARGE else limits().form_bytes


async def parse(body: bytes) -> dict[str, Any]:
    """A body → map, whatever type it says it has. NaN and Infinity are understood."""
    if not body:
        return {}
    return parse_json(body) if len(body) <= INLINE_BYTES else await threads.decode(parse_json, body)


async def known(scope: Scope, path: str, receive: Any) -> Request:
    """The request, once it is clear who sends it."""
    principal = await credentials.find(scope)
    body = await bodies.read_body(receive, body_limit(path))
    await pace.keep(principal, len(body))
    return Request(scope, path, principal, await parse(body), len(body))


async def send_answer(scope: Scope, send: Any, answer: Answer) -> None:
    headers = list(answer.headers)
    if answer.cookie:
        headers.append((b"set-cookie", credentials.set_cookie(scope, answer.cookie)))
    await bodies.answer(send, answer.status, answer.kind, answer.body, headers)
