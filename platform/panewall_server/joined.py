"""Uvicorn with the head and the body of an answer in one piece. It writes them apart, which wakes whoever waits for the answer twice, and
hands the interpreter over twice to whatever other thread wants it: half of the time of a small request.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class JoinedWrites:
    """A transport that keeps the head of an answer until the next write, or until the loop has nothing else to do in this turn."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            asyncio.get_running_loop().call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)


class Protocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # which one depends on what is installed
    def connection_made(self, transport: Any) -> None:
        super().connection_made(JoinedWrites(transport))
