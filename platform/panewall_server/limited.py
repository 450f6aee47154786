"""Daphne with bounds: a body over its limit is refused at its header, before a byte of it is kept."""

import orjson
from daphne import http_protocol
from django.conf import settings

from apps.errors import TooLarge
from panewall_server.door import body_limit


class LimitedRequest(http_protocol.WebRequest):
    """Daphne reads whole bodies before the application sees a request; this one looks at their size first."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802  the name is Twisted's
        super().gotLength(length)
        path = self.channel._path.decode("latin-1").partition("?")[0].removeprefix(settings.PANEWALL.base_url)
        self._limit = body_limit(path)
        self._received = 0
        if length is not None and length > self._limit:
            self._refuse(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self._received += len(data)
        if self._received > self._limit:
            self._refuse(self._received)
        else:
            super().handleContentChunk(data)

    def _refuse(self, size: int) -> None:
        error = TooLarge(f"A body of {size:,} bytes or more; at most {self._limit:,} are allowed here.")
        body = orjson.dumps(error.as_dict())
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        self.channel.loseConnection()


def install() -> None:
    """Make Daphne use it."""
    http_protocol.WebRequest = LimitedRequest
