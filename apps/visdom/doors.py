"""The wire's addresses. The server's front door asks ``takes`` and hands over to ``serve``; sockets go to ``socket``."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from apps.errors import DomainError, NotFound
from apps.windows.live import threads

from . import cold, credentials, hot
from .requests import LARGE, Answer, Request, Scope, body_limit, known, parse, read_body, send_answer

__all__ = ["LARGE", "body_limit", "serve", "takes"]

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Answer]]

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
}
#: Addresses that pages share with the wire: their GET is a page.
ENV = "/env/"
LOG_IN = {"", "/"}


def takes(method: str, path: str) -> bool:
    """Whether this address (below the base address) is the wire's."""
    return path in HANDLERS or (method == "POST" and (path in LOG_IN or path.startswith(ENV)))


async def serve(scope: Scope, receive: Any, send: Any, path: str) -> None:
    try:
        if scope["method"] != "POST":
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
        answer = await cold.open_env(request, path.removeprefix(ENV))
    else:
        handler = HANDLERS.get(path)
        if handler is None:
            raise NotFound("There is nothing at this address.")
        answer = await handler(request)
    headers = dict(scope["headers"])
    if b"authorization" in headers and not credentials.cookie_of(headers):
        # The client's socket can show nothing but this cookie.
        answer.cookie = await threads.read(credentials.cookie_of_token, request.principal)
    return answer


_tries = credentials.Tries()


async def _log_in(scope: Scope, receive: Any, path: str) -> Answer:
    """``POST <base>``: user name and digest of a token → the cookie."""
    credentials.refuse_other_sites(dict(scope["headers"]))
    address = credentials.address_of(scope)
    _tries.check(address)
    message = await parse(await read_body(receive, body_limit(path)))
    username, digest = message.get("username"), message.get("password")
    if not isinstance(username, str) or not isinstance(digest, str):
        return Answer(b"Send username and password, the hex SHA-256 of an API token.", 400)
    try:
        cookie = await threads.read(credentials.log_in, username, digest)
    except DomainError as error:
        _tries.note(address)
        return Answer(error.detail.encode(), 400)
    return Answer(cookie=cookie)
