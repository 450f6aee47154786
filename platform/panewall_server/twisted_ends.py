"""Daphne's connections, with the short way of `direct.py` before Twisted's own."""

from typing import Any

from twisted.web import http

from panewall_server.direct import ShortWay


def has_more(transport: Any) -> bool:
    """Whether some of what was written waits for the socket."""
    return bool(transport.dataBuffer or transport._tempDataBuffer)


def send_now(transport: Any, data: bytes) -> None:
    """Write to a socket: what it takes is gone when this returns, without a turn of the loop between."""
    if has_more(transport) or not transport.connected:
        transport.write(data)
        return
    taken = transport.writeSomeData(data)
    if not isinstance(taken, int):
        transport.write(data)  # the connection is lost; Twisted finds that out for itself
    elif taken < len(data):
        transport.write(data[taken:])


class Channel(http.HTTPChannel):
    """A connection whose plain small requests take the short way."""

    transport: Any
    _short: ShortWay | None = None

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  the name is Twisted's
        if self._short is None:
            self._short = ShortWay(self, self.factory.server.application)
        self._short.take(data)

    def timeoutConnection(self) -> None:  # noqa: N802  the name is Twisted's
        """Nothing came for long. While an answer is being made that is no fault of the client's."""
        if self._short is not None and self._short.is_answering:
            self.setTimeout(self.timeOut)
        else:
            super().timeoutConnection()

    # --- the ends of the short way

    def is_between(self) -> bool:
        return bool(not self.requests and not self._buffer and self.persistent)

    def is_open(self) -> bool:
        return self.transport is not None and bool(self.transport.connected)

    def is_drained(self) -> bool:
        return not has_more(self.transport)

    def go_long(self, data: bytes) -> None:
        super().dataReceived(data)

    def addresses(self) -> tuple[list[Any], list[Any]]:
        peer, host = self.transport.getPeer(), self.transport.getHost()
        return [peer.host, peer.port], [host.host, host.port]

    def write(self, data: bytes) -> None:
        send_now(self.transport, data)

    def pause(self) -> None:
        self.transport.pauseProducing()

    def resume(self) -> None:
        self.transport.resumeProducing()

    def wait(self, seconds: float) -> None:
        self.setTimeout(seconds)
