"""One websocket to the ingest wire, driven by the sender's thread without ever blocking it.

The protocol itself is the `websockets` package's (its form without input and output), the socket is ours: so one thread can wait for
room to send, for acknowledgements and for new commands at once, and no second thread stands between an acknowledgement and
whoever waits for it.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import msgpack
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from panewall.address import Address
from panewall.errors import PanewallError, Unauthorized, Unreachable

HANDSHAKE_S = 10.0
RECEIVE_BYTES = 65536


class NoWebSocket(PanewallError):
    """The server (or a proxy before it) answers HTTP but does not upgrade to a websocket."""


class WebSocket:
    """An open connection. All methods are called by one thread at a time."""

    def __init__(self, address: Address, token: str | None, *, path: str = "/api/v1/ingest") -> None:
        """Connect and shake hands, within HANDSHAKE_S seconds.

        Raises:
            Unauthorized: the server does not accept the token.
            NoWebSocket: something answers, but not with a websocket.
            Unreachable: nothing answers.
        """
        self._out: deque[memoryview] = deque()
        self.messages: deque[dict[str, Any]] = deque()  # received, and not yet taken
        self._parts: list[bytes] = []
        self.closed: str | None = None
        self.ring: socket.socket | None = None  # another socket whose bytes end a wait
        self._poll = select.poll() if hasattr(select, "poll") else None
        self._wanted = 0
        self._watched: socket.socket | None = None
        self.heard_at = time.monotonic()
        self._would_block: tuple[type[BaseException], ...] = (BlockingIOError, InterruptedError)
        deadline = time.monotonic() + HANDSHAKE_S
        uri = parse_uri(address.websocket_url + path)
        self._protocol = ClientProtocol(uri, max_size=2**24)
        try:
            self._socket = self._open(address, HANDSHAKE_S)
        except OSError as error:
            raise Unreachable(f"No connection to {address.url}: {error}") from error
        try:
            request = self._protocol.connect()
            request.headers["User-Agent"] = "panewall"
            if token:
                if "Authorization" in request.headers:
                    del request.headers["Authorization"]
                request.headers["Authorization"] = f"Bearer {token}"
            self._protocol.send_request(request)
            self._collect()
            while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
                if time.monotonic() > deadline:
                    raise NoWebSocket(f"{address.url} did not answer the websocket handshake in time.")
                self.pump(timeout=0.2)
                if self.closed and self._protocol.handshake_exc is None:
                    raise Unreachable(f"{address.url} closed the connection: {self.closed}")
            refused = self._protocol.handshake_exc
            if refused is not None:
                raise _handshake_error(address, refused) from refused
        except BaseException:
            self._socket.close()
            raise

    def _open(self, address: Address, timeout: float) -> socket.socket:
        parts = urlsplit(address.url)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        named = address.proxy or _environment_proxy(parts.scheme, host)
        if named:
            connection = _tunnel(named, host, port, timeout)
        else:
            connection = socket.create_connection((host, port), timeout=timeout)
        if secure:
            import ssl

            bundle = os.environ.get("SSL_CERT_FILE")
            connection = ssl.create_default_context(cafile=bundle).wrap_socket(
                connection, server_hostname=host
            )
            self._would_block += (ssl.SSLWantReadError, ssl.SSLWantWriteError)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        return connection

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def backlog(self) -> bool:
        """Is something still waiting for room in the socket?"""
        return bool(self._out)

    def send(self, message: bytes) -> None:
        """Queue one binary message and send what the socket takes."""
        self._protocol.send_binary(message)
        self._collect()
        self._push()

    def pump(self, *, timeout: float) -> list[dict[str, Any]]:
        """Wait until something can be read or sent, or the ring rings; give the messages received."""
        if not self.messages:
            self.wait(timeout)
        messages = list(self.messages)
        self.messages.clear()
        return messages

    def wait(self, timeout: float) -> None:
        """Wait until something can be read or sent, or the ring rings; messages received are in ``messages``."""
        if self.closed is not None:
            return
        pending = getattr(self._socket, "pending", None)
        if pending is not None and pending():
            timeout = 0.0
        try:
            readable, writable, rung = self._wait(timeout)
        except (OSError, ValueError) as error:
            self.closed = str(error)
            return
        if rung:
            self._silence_ring()
        if writable:
            self._push()
        if readable or (pending is not None and pending()):
            self._pull()

    def _wait(self, timeout: float) -> tuple[bool, bool, bool]:
        """Until something happens: can the socket be read, can it be written, did the ring ring?"""
        if self._poll is None:  # Windows
            readers = [self._socket] if self.ring is None else [self._socket, self.ring]
            readable, writable, _ = select.select(
                readers, [self._socket] if self._out else [], [], max(0.0, timeout)
            )
            return self._socket in readable, bool(writable), self.ring in readable
        wanted = (select.POLLIN | select.POLLOUT) if self._out else select.POLLIN
        if wanted != self._wanted or self.ring is not self._watched:
            self._poll.register(self._socket, wanted)
            if self.ring is not None:
                self._poll.register(self.ring, select.POLLIN)
            self._wanted, self._watched = wanted, self.ring
        own = self._socket.fileno()
        readable = writable = rung = False
        for number, event in self._poll.poll(max(0.0, timeout) * 1000):
            if number == own:
                readable = bool(event & ~select.POLLOUT)
                writable = bool(event & select.POLLOUT)
            else:
                rung = True
        return readable, writable, rung

    def _silence_ring(self) -> None:
        try:
            while self.ring is not None and self.ring.recv(1024):
                pass
        except OSError:
            pass

    def _pull(self) -> None:
        while self.closed is None:
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except self._would_block:
                break
            except OSError as error:
                self.closed = str(error)
                break
            if not data:
                self.closed = "the server ended the connection"
                self._protocol.receive_eof()
                break
            self.heard_at = time.monotonic()
            self._protocol.receive_data(data)
            if len(data) < RECEIVE_BYTES and not hasattr(self._socket, "pending"):
                break
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        self._collect()
        self._push()

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.BINARY, Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                body = b"".join(self._parts)
                self._parts = []
                try:
                    message = msgpack.unpackb(body)
                except ValueError:
                    return
                if isinstance(message, dict):
                    self.messages.append(message)
        elif frame.opcode is Opcode.CLOSE:
            self.closed = self.closed or f"closed by the server ({self._protocol.close_code})"

    def _collect(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._out.append(memoryview(data))

    def _push(self) -> None:
        while self._out and self.closed is None:
            try:
                sent = self._socket.send(self._out[0])
            except self._would_block:
                return
            except OSError as error:
                self.closed = str(error)
                return
            if sent == len(self._out[0]):
                self._out.popleft()
            else:
                self._out[0] = self._out[0][sent:]

    def close(self) -> None:
        """Say goodbye if that goes at once, and let go."""
        try:
            if self.closed is None and self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                self._collect()
                self._push()
        except (WebSocketException, OSError):
            pass
        self._socket.close()
        self.closed = self.closed or "closed"

    def abandon(self) -> None:
        """Close this process's copy of the socket only: after a fork the connection is the parent's."""
        try:
            os.close(self._socket.detach())
        except OSError:
            pass
        self.closed = "left to the parent process"


def _environment_proxy(scheme: str, host: str) -> str | None:
    if not any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    return None if proxy_bypass(host) else getproxies().get(scheme)


def _tunnel(named: str, host: str, port: int, timeout: float) -> socket.socket:
    """A connection through a proxy, by CONNECT."""
    import http.client

    proxy = urlsplit(named if "://" in named else "http://" + named)
    tunnel = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 3128, timeout=timeout)
    tunnel.set_tunnel(host, port)
    try:
        tunnel.connect()
    except (OSError, http.client.HTTPException) as error:
        raise NoWebSocket(f"The proxy {proxy.hostname} makes no tunnel to {host}:{port}: {error}") from error
    return tunnel.sock


def _handshake_error(address: Address, refused: Exception) -> PanewallError:
    if isinstance(refused, InvalidStatus):
        status = refused.response.status_code
        if status == 401:
            return Unauthorized(no_token_text(address), code="unauthorized", status=401)
        if status in (429, 502, 503, 504):
            return Unreachable(f"{address.url} answered {status}.")
        return NoWebSocket(f"{address.url} answered {status} instead of a websocket.")
    return NoWebSocket(f"{address.url} does not speak websocket: {refused}")


def no_token_text(address: Address) -> str:
    """What to do when the server does not know this program."""
    if address.find_token():
        return f"{address.url} does not accept this token. Make one on its page 'Access tokens' and pass it as token=…"
    return (
        f"{address.url} wants a token, and none was found. Pass token=…, set PANEWALL_TOKEN, or sign in on the page, "
        "make one under 'Access tokens' and keep it in the credentials file."
    )
