"""``/vis_socket``: events go to the client whose handlers wait for them. It never says anything itself."""

from typing import Any

from apps.windows import events
from apps.windows.live import threads

from .cold import dumps, home_name
from .sessions import Session

ALIVE = '{"command": "alive", "data": "vis_alive"}'


class Source(Session):
    """A client. It hears the events of the envs that it may edit, under the names by which it knows them."""

    _handle: events.Handle | None = None
    _home = ""

    async def open(self) -> None:
        await self._listen()  # first, so that whoever is told it is alive misses nothing from then on
        self.put(ALIVE)
        await super().open()

    async def on_look(self) -> None:
        if self._handle is not None and self._handle.principal != self.principal:
            await self._listen()

    async def on_message(self, message: dict[str, Any]) -> None:
        if message.get("cmd") == "echo":
            self.put(message)

    def close(self) -> None:
        super().close()
        self._end_listening()

    async def _listen(self) -> None:
        self._home = await threads.read(home_name, self.principal)
        self._end_listening()
        if not self.is_closed:
            self._handle = events.listen(self.principal, self._hear)

    def _end_listening(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _hear(self, event: events.Event) -> None:
        """Called in the thread that tells events."""
        workspace, _, name = event["env_name"].partition("/")
        told = {key: value for key, value in event.items() if key not in ("env_id", "env_name")}
        told["eid"] = name if workspace == self._home else event["env_name"]
        text = dumps(told).decode()
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._put_heard, text)

    def _put_heard(self, text: str) -> None:
        if not self.is_closed:
            self.put(text)
