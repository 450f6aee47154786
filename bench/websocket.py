"""A small websocket client, cheap enough that a hundred of them fit into one process.

It follows RFC 6455 as far as a bench needs: client handshake, masked frames out, whole and fragmented frames in,
pong on ping. A thread for each viewer of a general client would cost more than the server under test.
"""

import base64
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class WebSocket:
    """One connection to this machine. ``bytes_in`` counts all that came after the handshake."""

    def __init__(
        self, port: int, path: str, *, headers: dict[str, str] | None = None, timeout_s: float = 300.0
    ) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Origin: http://127.0.0.1:{port}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._buffer = bytearray()
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(f"no websocket: {head[:200]!r}")
        self._buffer = bytearray(rest)
        self.bytes_in = len(rest)
        self._parts: list[bytes] = []
        self._ready: list[bytes] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, payload: bytes, *, opcode: int = BINARY) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        # A mask of zeros is a valid one, and saves the masking.
        self._socket.sendall(head + b"\0\0\0\0" + payload)

    def receive(self) -> bytes:
        """The next message; waits for it."""
        while not self._ready:
            self._ready = self._parse()
            if not self._ready:
                self.bytes_in += self._fill()
        return self._ready.pop(0)

    def pump(self) -> list[bytes]:
        """Read once; the messages that are whole now."""
        self.bytes_in += self._fill()
        ready, self._ready = self._ready + self._parse(), []
        return ready

    def _fill(self) -> int:
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed the websocket")
        self._buffer += data
        return len(data)

    def _parse(self) -> list[bytes]:
        messages, buffer, at = [], self._buffer, 0
        while len(buffer) - at >= 2:
            length, head = buffer[at + 1] & 0x7F, 2
            if length >= 126:
                head = 4 if length == 126 else 10
                if len(buffer) - at < head:
                    break
                length = int.from_bytes(buffer[at + 2 : at + head], "big")
            if len(buffer) - at < head + length:
                break
            first = buffer[at]
            payload = bytes(memoryview(buffer)[at + head : at + head + length])
            at += head + length
            message = self._take(first, payload)
            if message is not None:
                messages.append(message)
        if at:
            del buffer[:at]
        return messages

    def _take(self, first: int, payload: bytes) -> bytes | None:
        opcode = first & 0x0F
        if opcode == CLOSE:
            raise ConnectionError(f"the server closed the websocket: {payload[:100]!r}")
        if opcode == PING:
            self.send(payload, opcode=PONG)
            return None
        if opcode == PONG:
            return None
        if opcode in (TEXT, BINARY):
            self._parts = []
        self._parts.append(payload)
        if not first & 0x80:
            return None
        message = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        return message
