"""The wire's addresses. The server's front door asks ``takes`` and hands over to ``serve``; sockets go to ``socket``."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from apps.accounts.principals import Principal
from apps.errors import DomainError, NotFound, Unauthorized
from apps.windows import bodies
from apps.windows.live import threads

from . import cold, credentials, hot, polling, sessions
from .page import Page, pages
from .requests import LARGE, Answer, Request, Scope, body_limit, known, parse, send_answer
from .source import Source

__all__ = ["HOT", "LARGE", "SOCKETS", "body_limit", "serve", "socket", "takes"]

log = logging.getLogger(__name__)

#: How long a page's request may wait for what it asked to be sent.
PATIENCE_S = 2.0

Handler = Callable[[Request], Awaitable[Answer]]
Hubs = Callable[[], Any]

HANDLERS: dict[str, Handler] = {
    "/events": hot.events,
    "/update": hot.update,
    "/win_exists": hot.win_exists,
    "/close": cold.close,
    "/win_data": cold.win_data,
    "/win_hash": cold.win_hash,
    "/env_state": cold.env_state,
    "/save": cold.save,
    "/fork_env": cold.fork_env,
    "/delete_env": cold.delete_env,
    "/vis_socket_wrap": polling.source,
    "/socket_wrap": polling.page,
}
#: Those of a training loop.
HOT = {"/events", "/update", "/win_exists"}
SOCKETS = {"/vis_socket", "/socket"}
#: Addresses that pages share with the wire: their GET is a page.
ENV, COMPARE = "/env/", "/compare/"
#: Style sheets of visdom's own page.
USER = "/user/"
LOG_IN = {"", "/"}


def takes(method: str, path: str) -> bool:
    """Whether this address (below the base address) is the wire's."""
    if path in HANDLERS or (method == "GET" and path.startswith(USER)):
        return True
    return method == "POST" and (path in LOG_IN or path.startswith((ENV, COMPARE)))


async def serve(scope: Scope, receive: Any, send: Any, path: str, hubs: Hubs) -> None:
    """Answer one request. ``hubs`` gives what old pages watch envs by."""
    try:
        if scope["method"] == "GET" and path == "/socket_wrap":
            answer = await polling.open_page(scope, hubs)
        elif scope["method"] == "GET" and path.startswith(USER):
            answer = Answer(kind=b"text/css; charset=utf-8")  # a workspace has its own, see its settings
        elif scope["method"] != "POST":
            answer = Answer(b"Use POST.", 405, headers=[(b"allow", b"POST")])
        elif path in LOG_IN:
            answer = await _log_in(scope, receive, path)
        else:
            answer = await _serve(scope, receive, path)
    except DomainError as error:
        answer = Answer.refusal(error)
    except Exception:
        log.exception("POST %s failed.", path)
        answer = Answer(b"The server made a mistake; it is in its log.", 500)
    await send_answer(scope, send, answer)


async def _serve(scope: Scope, receive: Any, path: str) -> Answer:
    request = await known(scope, path, receive)
    if path.startswith(ENV):
        answer = await _env(request, path.removeprefix(ENV))
    elif path.startswith(COMPARE):
        answer = await _compare(request, path.removeprefix(COMPARE))
    else:
        handler = HANDLERS.get(path)
        if handler is None:
            raise NotFound("There is nothing at this address.")
        answer = await handler(request)
    if bodies.of_head(scope, credentials.Shown.by).logs_in:
        # The client's socket can show nothing but this cookie.
        answer.cookie = await threads.read(credentials.cookie_of_token, request.principal)
    return answer


async def _env(request: Request, eid: str) -> Answer:
    """A client makes an env if it is missing; a page has it sent to its socket."""
    if request.message.get("sid") is None:
        return await cold.open_env(request, eid)
    if page := _page(request):
        await _begin(page, page.load(eid))
    return Answer()


async def _compare(request: Request, eids: str) -> Answer:
    if page := _page(request):
        await _begin(page, page.compare(eids.split("+")))
    return Answer()


async def _begin(page: Page, work: Awaitable[None]) -> None:
    """What is small is on its way when the request is answered; of the rest a page that polls has to fetch the beginning."""
    await asyncio.wait({page.spawn(work)}, timeout=PATIENCE_S)


def _page(request: Request) -> Page | None:
    """The page that a request names, if it is the asker's own."""
    sid = request.message.get("sid")
    page = pages.get(sid) if isinstance(sid, str) else None
    return page if page is not None and page.principal.key == request.principal.key else None


async def socket(scope: Scope, receive: Any, send: Any, path: str, hubs: Hubs) -> None:
    """``/vis_socket`` and ``/socket``. Raises DomainError before the handshake is answered."""

    async def find() -> Principal:
        return await credentials.find(scope)

    principal = await find()
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    session = Source(principal, find) if path == "/vis_socket" else Page(principal, find, hubs)
    await sessions.serve(session, receive, send)


async def _log_in(scope: Scope, receive: Any, path: str) -> Answer:
    """``POST <base>``: user name and digest of a token → the cookie."""
    credentials.refuse_other_sites(dict(scope["headers"]))
    message = await parse(await bodies.read_body(receive, body_limit(path)))
    username, digest = message.get("username"), message.get("password")
    if not isinstance(username, str) or not isinstance(digest, str):
        return Answer(b"Send username and password, the hex SHA-256 of an API token.", 400)
    try:
        cookie = await threads.read(credentials.log_in, username, digest, credentials.asked_from(scope))
    except Unauthorized as error:
        return Answer(error.detail.encode(), 400)
    return Answer(cookie=cookie)
