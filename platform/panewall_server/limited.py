"""Daphne with bounds, words and a short way out: a body over its limit is refused at its header, before a byte of it is
kept; a socket that is refused is told why; and a frame for a socket goes out at once.
"""

from http import HTTPStatus
from typing import Any

import orjson
from autobahn.websocket.types import ConnectionDeny
from daphne import http_protocol, server, ws_protocol
from django.conf import settings
from twisted.internet import reactor

from apps.errors import TooLarge
from apps.windows.live.outbox import WRITE
from panewall_server import arriving, flow, twisted_ends
from panewall_server.door import body_limit, comes_in_pieces

_reactor: Any = reactor  # Twisted finds it when it is imported, which no type checker can follow

#: How long a sender of too much has to read the answer.
LINGER_S = 2.0


class LimitedRequest(flow.Paced, arriving.Arriving):
    """Daphne reads whole bodies before the application sees a request; this one looks at their size first."""

    _base = settings.PANEWALL.base_url

    def gotLength(self, length: int | None) -> None:  # noqa: N802  the name is Twisted's
        super().gotLength(length)
        # The application parses forms; that Twisted parsed them too would only cost time.
        self._parsePOSTFormSubmission = False
        path = self.channel._path.decode("latin-1").partition("?")[0].removeprefix(self._base)
        self._limit = body_limit(path)
        self._received, self._is_refused = 0, False
        if length is not None and length > self._limit:
            self._refuse(length)
        elif comes_in_pieces(self.channel._command.decode("latin-1"), path):
            self.begin(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self._is_refused:
            return
        self._received += len(data)
        if self._received > self._limit:
            self._refuse(self._received)
        else:
            super().handleContentChunk(data)

    def process(self) -> None:
        if not self._is_refused:
            super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        if not self._is_refused:
            super().handle_reply(message)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        if not self._is_refused:
            super().requestReceived(command, path, version)

    def _refuse(self, size: int) -> None:
        self._is_refused = True
        error = TooLarge(f"A body of {size:,} bytes or more; at most {self._limit:,} are allowed here.")
        body = orjson.dumps(error.as_dict())
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        # Closing at once, with bytes unread, would reset the connection and take the answer with it.
        _reactor.callLater(LINGER_S, self.channel.loseConnection)


class AnsweringSocket(ws_protocol.WebSocketProtocol):
    """Daphne answers every refused handshake 403; here the close code (4401) says the status, its reason is the body."""

    _refusal = b""
    maxMessagePayloadSize: int

    def onConnect(self, request: Any) -> Any:  # noqa: N802
        self.failByDrop = False  # who sends too large a frame is told so (1009) before the connection ends
        return super().onConnect(request)

    def sendMessage(self, *args: Any, **kwargs: Any) -> None:  # noqa: N802
        # The limit is for what comes in; a window may be larger than any frame a client may send.
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = limit

    def write(self, payload: bytes) -> None:
        """Send a binary frame. What the socket takes is gone when this returns: no task and no turn of the loop between."""
        if self.state == self.STATE_OPEN:
            twisted_ends.send_now(self.transport, _frame_head(len(payload)) + payload)

    def handle_reply(self, message: dict[str, Any]) -> None:
        is_refused = message.get("type") == "websocket.close" and self.state == self.STATE_CONNECTING
        if not (is_refused and message.get("reason")):
            super().handle_reply(message)
            return
        self._refusal = message["reason"].encode()
        status = HTTPStatus(message["code"] - 4000)
        self.handshake_deferred.errback(ConnectionDeny(code=status.value, reason=status.phrase))
        del self.handshake_deferred
        self.server.protocol_disconnected(self)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:  # noqa: N802, N803
        headers = [("Connection", "close"), ("Content-Length", len(self._refusal)), *(responseHeaders or [])]
        if self._refusal:
            headers.append(("Content-Type", "application/json"))
        super().sendHttpErrorResponse(code, reason, headers)
        self.sendData(self._refusal)


def _frame_head(size: int) -> bytes:
    """What goes before the payload of a whole binary frame (RFC 6455, 5.2), unmasked as servers send it."""
    if size < 126:
        return bytes((0x82, size))
    if size < 65536:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")


class Server(server.Server):
    """Tells the application of the short way out."""

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "websocket":
            scope["extensions"] = {WRITE: protocol.write}
        else:
            protocol.extend(scope)
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        await super().handle_reply(protocol, message)
        if message.get("more_body"):
            await protocol.room()


class Factory(http_protocol.HTTPFactory):
    """Connections that know the short way for small requests, and no access log: Twisted words its lines even where there is none."""

    protocol = twisted_ends.Channel

    def log(self, request: http_protocol.WebRequest) -> None:
        pass


def install() -> None:
    """Make Daphne use them."""
    http_protocol.WebRequest = LimitedRequest
    server.HTTPFactory = Factory
    ws_protocol.WebSocketFactory.protocol = AnsweringSocket
