"""Large files as they arrive. Daphne reads a whole body before the application sees the request; here the application gets it
piece by piece, and a sender is listened to no faster than its pieces are taken.
"""

from typing import Any

from daphne import http_protocol

from apps.windows.bodies import TAKEN

#: Bytes that may have arrived and not been taken.
AHEAD = 4 * 1024 * 1024
#: A smaller body is there at once.
SMALLEST = 256 * 1024


class _Elsewhere:
    """Stands for the body where Daphne looks for it. That it is closed keeps Daphne from reading it."""

    closed = True

    def tell(self) -> int:
        return 0

    def seek(self, place: int, whence: int = 0) -> None:
        pass

    def close(self) -> None:
        pass


class Arriving(http_protocol.WebRequest):
    """A request whose application may begin before its body is whole.

    An answer that comes before the end of the body waits for it: many clients read none until they have sent all.
    """

    channel: Any
    application_queue: Any
    _is_arriving = False
    _is_streamed = False
    _is_paused = False
    _untaken = 0

    def begin(self, length: int | None) -> None:
        """Let the application have the body as it arrives, if it is large, or nobody knows. The headers are there."""
        if length is not None and length < SMALLEST:
            return
        self._is_streamed = self._is_arriving = True
        self._answer: list[dict[str, Any]] = []
        self.content: Any = _Elsewhere()
        channel = self.channel
        super().requestReceived(channel._command, channel._path, channel._version)

    def extend(self, scope: dict[str, Any]) -> None:
        """Tell the application where to say that it took a piece."""
        if self._is_streamed:
            scope.setdefault("extensions", {})[TAKEN] = self._take

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  the name is Twisted's
        if not self._is_streamed:
            super().handleContentChunk(data)
        elif self.application_queue is not None and not self._answer:
            self._untaken += len(data)
            self.application_queue.put_nowait({"type": "http.request", "body": data, "more_body": True})
            if self._untaken > AHEAD and not self._is_paused:
                self._is_paused = True
                self.channel.transport.pauseProducing()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        if not self._is_streamed:
            super().requestReceived(command, path, version)
            return
        self._is_arriving = False
        if self.application_queue is not None:
            self.application_queue.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        answer, self._answer = self._answer, []
        for message in answer:
            super().handle_reply(message)

    def handle_reply(self, message: dict[str, Any]) -> None:
        if self._is_arriving:
            self._answer.append(message)
            self._go_on()  # the rest is read, and forgotten
        else:
            super().handle_reply(message)

    def _take(self, size: int) -> None:
        self._untaken -= size
        if self._untaken < AHEAD // 2:
            self._go_on()

    def _go_on(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if self.channel is not None:
                self.channel.transport.resumeProducing()
