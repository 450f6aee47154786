"""What a page tells the server of a person's doing."""

from typing import Any

import msgpack
from playwright.sync_api import Page


class Told:
    """The events that a page has told the server."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._events: list[dict[str, Any]] = []
        page.on("websocket", lambda socket: socket.on("framesent", self._take))

    def _take(self, payload: str | bytes) -> None:
        message = msgpack.unpackb(payload) if isinstance(payload, bytes) else {}
        if message.get("t") == "event":
            self._events.append(message["event"])

    def __call__(self) -> list[dict[str, Any]]:
        self._page.evaluate("0")  # lets the page's news of until now come in
        return self._events
