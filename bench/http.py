"""A keep-alive HTTP/1.1 client on one socket of this machine.

It costs a few tens of microseconds a request, so what it measures is the server. It knows what the bench needs:
replies with a length and chunked ones.
"""

import socket


class HTTP:
    """One connection, made with the first request."""

    def __init__(self, port: int, *, headers: dict[str, str] | None = None, timeout_s: float = 300.0) -> None:
        self.port, self.timeout_s = port, timeout_s
        self._more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._socket: socket.socket | None = None
        self._buffer = b""

    def request(
        self, method: str, path: str, body: bytes = b"", *, content_type: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body of the reply."""
        self.send(method, path, body, content_type=content_type)
        return self.receive()

    def send(
        self, method: str, path: str, body: bytes = b"", *, content_type: str = "application/json"
    ) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), self.timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._buffer = b""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{self._more}\r\n"
        )
        self._socket.sendall(head.encode() + body)

    def receive(self) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            body = self._take(int(lower[at + 15 :].split(b"\r\n", 1)[0]))
        elif b"transfer-encoding: chunked" in lower:
            body = self._take_chunks()
        else:
            body, self._buffer = self._buffer, b""
        if b"connection: close" in lower:
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _fill(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._buffer += data

    def _take(self, length: int) -> bytes:
        parts, missing = [self._buffer], length - len(self._buffer)
        while missing > 0:
            self._buffer = b""
            self._fill()
            parts.append(self._buffer)
            missing -= len(self._buffer)
        whole = b"".join(parts)
        self._buffer = whole[length:]
        return whole[:length]

    def _take_chunks(self) -> bytes:
        out = []
        while True:
            while b"\r\n" not in self._buffer:
                self._fill()
            size, _, self._buffer = self._buffer.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            out.append(self._take(length + 2)[:-2])
            if length == 0:
                return b"".join(out)
