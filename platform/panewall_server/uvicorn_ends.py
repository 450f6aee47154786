"""Uvicorn's connections: the short way of `direct.py` before its own, and there the head and the body of an answer in one piece.

It writes them apart, which wakes whoever waits for the answer twice, and hands the interpreter over twice to whatever other thread wants
it: half of the time of a small request.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from panewall_server.direct import ShortWay


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


class Connection(HttpToolsProtocol):
    """A connection whose plain small requests take the short way."""

    _raw: asyncio.Transport
    _short: ShortWay
    #: From the first byte of a request to its last, as Uvicorn's parser sees them.
    _is_reading = False
    _is_ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn's own
        self._raw, self._short = transport, ShortWay(self, self.app)
        super().connection_made(JoinedWrites(transport))  # type: ignore[arg-type]  # it passes everything else on

    def data_received(self, data: bytes) -> None:
        self._short.take(data)

    def on_message_begin(self) -> None:
        self._is_reading = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._is_reading = False
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server ends: whoever waits for an answer gets it first."""
        if self._short.is_answering:
            self._is_ending = True
        else:
            super().shutdown()

    # --- the ends of the short way

    def is_between(self) -> bool:
        return not self._is_reading and (self.cycle is None or self.cycle.response_complete)

    def is_open(self) -> bool:
        return not self._raw.is_closing()

    def is_drained(self) -> bool:
        return self._raw.get_write_buffer_size() == 0

    def go_long(self, data: bytes) -> None:
        super().data_received(data)

    def addresses(self) -> tuple[list[Any], list[Any]]:
        return list(self.client or ("", 0)), list(self.server or ("", 0))

    def write(self, data: bytes) -> None:
        self._raw.write(data)

    def pause(self) -> None:
        self.flow.pause_reading()

    def resume(self) -> None:
        self.flow.resume_reading()

    def wait(self, seconds: float) -> None:
        self._unset_keepalive_if_required()
        if self._is_ending:
            self._raw.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(seconds, self._nothing_came)

    def _nothing_came(self) -> None:
        """While an answer is being made that is no fault of the client's."""
        if self._short.is_answering:
            self.wait(self.timeout_keep_alive)
        else:
            self.timeout_keep_alive_handler()
