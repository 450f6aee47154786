"""``/vis_socket``: events go to the client whose handlers wait for them. It never says anything itself."""

import json
from typing import Any

from apps.envs.models import Env
from apps.errors import NotFound
from apps.windows.live import threads

from .cold import name_for
from .sessions import Session

ALIVE = '{"command": "alive", "data": "vis_alive"}'


class Source(Session):
    """A client. It hears the events of the envs that it may edit."""

    _handle: Any = None

    async def open(self) -> None:
        self.put(ALIVE)
        await super().open()
        self._listen()

    def _listen(self) -> None:
        try:
            from apps.windows import events
        except ImportError:
            return
        self._handle = events.listen(self.principal, self._hear)

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    async def on_message(self, message: dict[str, Any]) -> None:
        if message.get("cmd") == "echo":
            self.put(message)

    def _hear(self, event: dict[str, Any]) -> None:
        """Called in any thread."""
        self.loop.call_soon_threadsafe(self._heard, event)

    def _heard(self, event: dict[str, Any]) -> None:
        if not self.is_closed:
            self.spawn(self._tell(event))

    async def _tell(self, event: dict[str, Any]) -> None:
        """Under the name by which this client knows the env."""
        self.principal = await self._find()
        eid = await threads.read(_name, self.principal, event["env_id"])
        told = {key: value for key, value in event.items() if key != "env_id"}
        self.put(json.dumps({**told, "eid": eid}))


def _name(principal: Any, env_id: int) -> str:
    env = Env.objects.select_related("workspace").filter(pk=env_id).first()
    if env is None:
        raise NotFound("The env is gone.")
    return name_for(principal, env)
