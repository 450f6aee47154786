"""What asgi.py puts in front of Django: routing of the hot addresses, and the checks they share."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpResponse
from django.http.request import validate_host

import panewall_server
from apps.accounts import sessions
from apps.accounts.principals import Principal, peek_bearer, resolve_bearer
from apps.envs.links import resolve_link
from apps.errors import DomainError, Forbidden, Invalid, NotFound, TooLarge, Unauthorized
from apps.media import whole
from apps.media.receiving import receive_file
from apps.visdom import doors as visdom
from apps.visdom.credentials import asked_from, began_here
from apps.windows import bodies, ingest, listening, measures, pace, write
from apps.windows.bounds import limits
from apps.windows.live import threads
from apps.windows.live.socket import Live

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]

INGEST = "/api/v1/ingest"
SESSION = re.compile(r"/api/v1/ingest/session/([^/]{1,64})$")
ASSETS = "/api/v1/assets"
EVENTS = "/api/v1/events"
OBJECT = re.compile(r"/api/v1/envs/[^/]+/[^/]+/object$")
IMPORTS = re.compile(r"/api/v1/workspaces/[^/]+/imports$")
LIVE = "/ws/live"
SHARED_LIVE = re.compile(r"/s/([^/]{1,200})/ws/live$")
JSON, TEXT = b"application/json", b"text/plain; charset=utf-8"


class FrontDoor:
    """The server's one ASGI application."""

    def __init__(self, django: Callable[..., Awaitable[None]]) -> None:
        self._django = django
        self._live = Live(panewall_server.__version__)
        self._base = settings.PANEWALL.base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._socket(scope, receive, send)
            case "lifespan":
                await _lifespan(receive, send)

    # --- HTTP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._path(scope)
        if path is None:
            await _answer(send, 404, JSON, _body(NotFound(f"This server lives below {self._base}/.")))
            return
        if visdom.takes(scope["method"], path):
            await self._visdom(scope, receive, send, path)
            return
        hot = self._hot(scope["method"], path)
        headers: list[tuple[bytes, bytes]] = []
        try:
            declared = _content_length(scope)
            if declared > body_limit(path):
                raise TooLarge(
                    f"A body of {declared:,} bytes; at most {body_limit(path):,} are allowed here."
                )
            if hot is None:
                file = await whole.find(scope, path) if is_ours(scope) else None
                if file is not None:
                    await _send_file(send, file)
                    return
                if scope.get(bodies.MAY_DECLINE):
                    return
                await self._django(scope, bodies.bounded(receive, body_limit(path)), send)
                return
            check_host(scope)
            status, kind, body = await hot(scope, receive)
        except DomainError as error:
            status, kind, body, headers = error.status, JSON, _body(error), bodies.headers_of(error)
        except Exception:
            if hot is None:
                raise  # Django answers its own
            log.exception("%s %s failed.", scope["method"], path)
            mistake = DomainError("The server made a mistake; it is in its log.", code="server_error")
            status, kind, body = 500, JSON, _body(mistake)
        await _answer(send, status, kind, body, headers)

    def _hot(
        self, method: str, path: str
    ) -> Callable[[Scope, Receive], Awaitable[tuple[int, bytes, bytes]]] | None:
        """The handler of a hot address; None: it is Django's."""
        if path == INGEST and method == "POST":
            return _ingest
        if path == ASSETS and method == "POST":
            return _asset
        if path == EVENTS and method == "POST":
            return _events
        if method == "GET":
            if found := SESSION.match(path):
                return lambda scope, receive: _session(scope, found[1])
            if path == "/healthz":
                return _healthy
            if path == "/readyz":
                return _ready
            if path == "/metrics":
                return lambda scope, receive: _metrics(scope, self._live)
        return None

    async def _visdom(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """The wire of visdom's clients, which answers in plain text."""
        try:
            check_host(scope)
        except DomainError as error:
            await _answer(send, error.status, TEXT, error.detail.encode())
            return
        await visdom.serve(scope, receive, send, path, self._live.start)

    # --- sockets

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._path(scope)
        try:
            check_host(scope)
            if path == INGEST:
                raw = bearer_of(scope)
                await ingest.ingest_socket(scope, receive, send, lambda: find_token(raw, scope))
            elif path == LIVE or (path and SHARED_LIVE.match(path)):
                await self._serve_live(scope, receive, send, path)
            elif path in visdom.SOCKETS:
                await visdom.socket(scope, receive, send, path, self._live.start)
            else:
                raise NotFound("There is no socket at this address.")
        except DomainError as error:
            await _refuse_socket(scope, receive, send, error)

    async def _serve_live(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        shared = SHARED_LIVE.match(path)

        async def find() -> Principal | None:
            if shared:
                return await threads.read(resolve_link, shared[1])
            if _header(scope, b"authorization"):
                return await find_bearer(scope)
            return await find_session(scope)

        principal = await find()
        if principal is None:
            raise Unauthorized("Sign in, or send an API token.")
        await self._live.socket(scope, receive, send, principal, find)

    def _path(self, scope: Scope) -> str | None:
        """The path below the base address; None: not below it."""
        path = scope["path"]
        if not self._base:
            return path
        if path == self._base and scope.get("method") == "POST":
            return ""  # where visdom's clients log in
        return path[len(self._base) :] if path.startswith(self._base + "/") else None


# --- who is asking


async def find_bearer(scope: Scope) -> Principal:
    """The owner of the API token in the Authorization header. A session cookie is worth nothing here."""
    return await find_token(bearer_of(scope), scope)


def bearer_of(scope: Scope) -> str:
    scheme, _, raw = _header(scope, b"authorization").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not raw.strip():
        raise Unauthorized("Send an API token: Authorization: Bearer <token>.", code="token_missing")
    return raw.strip()


async def find_token(raw: str, scope: Scope) -> Principal:
    return peek_bearer(raw) or await threads.read(resolve_bearer, raw, asked_from(scope))


async def find_session(scope: Scope) -> Principal | None:
    """Whoever is signed in, if the page that opens the socket is ours."""
    origin, host = _header(scope, b"origin").decode("latin-1"), _header(scope, b"host").decode("latin-1")
    if urlsplit(origin).netloc.lower() != host.lower() and origin not in settings.CSRF_TRUSTED_ORIGINS:
        raise Forbidden("A page of another site may not open this socket.", code="foreign_origin")
    session = sessions.key_in(scope)
    return await threads.read(sessions.find_principal, session) if session else None


def is_ours(scope: Scope) -> bool:
    return bodies.of_head(scope, _is_for_us)


def _is_for_us(scope: Scope) -> bool:
    return _is_ours(_header(scope, b"host").decode("latin-1"))


def check_host(scope: Scope) -> None:
    if not is_ours(scope):
        raise Invalid(
            "This server does not answer to that host name.", code="unknown_host"
        ) from DisallowedHost()


@lru_cache(maxsize=256)
def _is_ours(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)


# --- hot addresses


async def _ingest(scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    principal = await find_bearer(scope)
    return await ingest.ingest_http(scope, await bodies.read_body(receive, body_limit(INGEST)), principal)


async def _session(scope: Scope, session: str) -> tuple[int, bytes, bytes]:
    return await ingest.session_http(session, await find_bearer(scope))


async def _asset(scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    """``POST /api/v1/assets``: a file's bytes → its name, to show by ``sample.put``."""
    principal = await find_bearer(scope)
    if principal.scope == "read":
        raise Forbidden("This token may only read.")
    ingest.refuse_when_readonly()
    kind = _header(scope, b"content-type").decode("latin-1")
    arriving = pace.kept(principal, bodies.pieces(scope, receive, body_limit(ASSETS)))
    asset = await receive_file(arriving, kind, principal.user_id)
    return (
        201,
        JSON,
        orjson.dumps(
            {
                "asset": asset.pk,
                "content_type": asset.content_type,
                "width": asset.width,
                "height": asset.height,
            }
        ),
    )


async def _events(scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    """``POST /api/v1/events``, for programs that no websocket reaches."""
    raw = bearer_of(scope)
    principal = await find_token(raw, scope)
    body = await bodies.read_body(receive, body_limit(EVENTS))
    message = ingest.parse_json(body) if body else {}
    heard = await listening.events_http(message, principal, lambda: find_token(raw, scope))
    return 200, JSON, orjson.dumps(heard, option=orjson.OPT_NON_STR_KEYS)


async def _healthy(scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    return 200, JSON, b'{"status":"ok"}'


async def _ready(scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    """Ready when the database answers."""
    try:
        await threads.read(_ask_database)
    except Exception as error:
        return 503, JSON, orjson.dumps({"status": "unavailable", "database": type(error).__name__})
    return 200, JSON, b'{"status":"ready","database":"ok"}'


async def _metrics(scope: Scope, live: Live) -> tuple[int, bytes, bytes]:
    """For programs on this machine, and for whoever shows a token that may do everything."""
    if _header(scope, b"authorization") or not began_here(scope, dict(scope["headers"])):
        principal = await find_bearer(scope)
        if principal.scope != "admin":
            raise Forbidden("This needs a token of scope admin.")
    waiting = write.committer().waiting
    more = [
        ("panewall_batches_waiting", "gauge", "Batches that are not committed yet.", waiting),
        *live.measures(),
    ]
    body = measures.commits.text() + measures.text(more)
    return 200, measures.CONTENT_TYPE, body.encode()


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


# --- small parts


def is_quick(method: str, path: str) -> bool:
    """Whether an address (below the base address) is asked again and again, and mostly answered in front of Django."""
    return whole.is_address(path) if method == "GET" else is_hot(method, path)


def is_hot(method: str, path: str) -> bool:
    """Whether an address (below the base address) is one that programs write to, again and again."""
    return method == "POST" and (path == INGEST or path in visdom.HOT)


def comes_in_pieces(method: str, path: str) -> bool:
    """Whether the body at an address (below the base address) is worked on while it arrives."""
    return method == "POST" and path == ASSETS


def body_limit(path: str) -> int:
    """Bytes that a request body may have at this address (below the base address)."""
    bounds = limits()
    if path == INGEST:
        return bounds.body_bytes
    if path in visdom.LARGE:
        return visdom.body_limit(path)
    if IMPORTS.match(path):
        return bounds.archive_bytes // 4
    if path == ASSETS:
        return max(bounds.asset_bytes, bounds.media_bytes)
    return bounds.object_bytes if OBJECT.match(path) else bounds.form_bytes


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _content_length(scope: Scope) -> int:
    raw = _header(scope, b"content-length")
    return int(raw) if raw.isdigit() else 0


def _body(error: DomainError) -> bytes:
    return orjson.dumps(error.as_dict())


async def _answer(
    send: Send, status: int, kind: bytes, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    await bodies.answer(send, status, kind, body, headers)


async def _send_file(send: Send, file: HttpResponse) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in file.items()]
    await send({"type": "http.response.start", "status": file.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": file.content})


async def _refuse_socket(scope: Scope, receive: Receive, send: Send, error: DomainError) -> None:
    """Answer the handshake with the error; Daphne is told by close code and reason (limited.py)."""
    if "websocket.http.response" in (scope.get("extensions") or {}):
        headers = [(b"content-type", JSON), *bodies.headers_of(error)]
        await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": _body(error)})
    else:
        await receive()
        await send({"type": "websocket.close", "code": 4000 + error.status, "reason": _body(error).decode()})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            from apps.windows.write import stop_committer

            stop_committer()
            await send({"type": "lifespan.shutdown.complete"})
            return
