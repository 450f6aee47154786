"""What a server says on a plain connection, one answer after the other."""

import socket


class Answers:
    """Reads answers off a connection, one after the other."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire, self.held = wire, b""

    def next(self) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in self.held:
            self._more()
        head, _, self.held = self.held.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        status = int(lines[0].split()[1])
        if status == 100:
            return self.next()
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        while len(self.held) < length:
            self._more()
        body, self.held = self.held[:length], self.held[length:]
        return status, body

    def _more(self) -> None:
        part = self.wire.recv(65536)
        assert part, f"the connection ended after {self.held!r}"
        self.held += part
