"""Calls that plot nothing: envs, windows, connection, events, logs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from panewall import events
from panewall.errors import BadArgument, PanewallError
from panewall.options import demand, layout_of
from panewall.visdom.connection import Connection


class Control(Connection):
    # --- windows ---

    def close(self, win: str | None = None, env: str | None = None) -> Any:
        """Close a window, or all windows of the env."""
        return self._send({"win": win, "eid": env}, endpoint="close", create=False)

    def win_exists(self, win: str, env: str | None = None) -> bool | None:
        """Is there such a window? None when the server gives no answer."""
        answer = self._ask_about(win, env, "win_exists")
        return {"true": True, "false": False}.get(answer) if isinstance(answer, str) else None

    def win_hash(self, win: str, env: str | None = None) -> str | None:
        """32 hexadecimal digits that change with the window; None when there is none, or no answer."""
        answer = self._ask_about(win, env, "win_hash")
        return answer if isinstance(answer, str) and len(answer) == 32 else None

    def _ask_about(self, win: Any, env: str | None, endpoint: str) -> Any:
        demand(win is not None, "win must not be None")
        try:
            return self._send({"win": win, "eid": env}, endpoint=endpoint, quiet=True)
        except BadArgument:
            raise
        except (ConnectionError, PanewallError):
            return None

    def get_window_data(self, win: str | None = None, env: str | None = None) -> Any:
        """A window, or all of an env by id, as JSON text in visdom's shape, with every point. Empty if there is none."""
        return self._send({"win": win, "eid": env}, endpoint="win_data", create=False)

    def set_window_data(self, data: Any, win: str | None = None, env: str | None = None) -> Any:
        """Make a window what `get_window_data` said, or an env: then windows that are not in ``data`` are closed.

        Args:
            data: JSON text, or what it says.
        """
        text = data if isinstance(data, str) else json.dumps(data)
        return self._send({"win": win, "eid": env, "data": text}, endpoint="win_data", create=False)

    def update_window_opts(self, win: str, opts: dict[str, Any], env: str | None = None) -> Any:
        """Change title, axes, legend and the like of a window; its data stays."""
        opts = dict(opts)
        return self._send(
            {"win": win, "eid": env, "layout": layout_of(opts), "opts": opts}, endpoint="update"
        )

    # --- envs ---

    def get_env_list(self) -> Any:
        """The names of all envs; those of other workspaces as ``workspace/name``."""
        if self.offline:
            return list(self.env_list)
        answer = self._send({}, endpoint="env_state", quiet=True)
        return json.loads(answer) if isinstance(answer, str) else answer

    def delete_env(self, env: str) -> Any:
        """Delete an env. It can be restored on its page for a while."""
        demand(isinstance(env, str), "env must be a string")
        return self._send({"eid": env}, endpoint="delete_env")

    def save(self, envs: list[str]) -> Any:
        """Keep envs as they are now, as snapshots one can return to on their pages. (What was sent is stored in any case.)

        Returns:
            The names that exist, as JSON text.
        """
        demand(isinstance(envs, list), "envs must be a list of names")
        demand(all(isinstance(env, str) for env in envs), "envs must be a list of names")
        return self._send({"data": envs}, endpoint="save")

    def fork_env(self, prev_eid: str, eid: str) -> Any:
        """Copy an env under a new name, which is returned.

        Raises:
            NotFound: there is no env to copy.
            Refused: the name is taken.
        """
        demand(isinstance(prev_eid, str) and isinstance(eid, str), "the names of envs are strings")
        return self._send({"prev_eid": prev_eid, "eid": eid}, endpoint="fork_env")

    # --- connection ---

    def check_connection(self, timeout_seconds: float = 0) -> bool:
        """Does the server answer? Waits for at most this long."""
        sender = self._sender
        if sender is None:
            return False
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                sender.require(max(1.0, deadline - time.monotonic()))
                return True
            except PanewallError:
                if time.monotonic() >= deadline:
                    return False
            time.sleep(0.1)

    def setup_socket(self, polling: bool = False) -> None:
        """Begin to listen for events, which the first handler does by itself."""
        self.use_socket = not self.offline

    def setup_polling(self) -> None:
        """The same: this client needs no polling."""
        self.setup_socket(polling=True)

    # --- logs ---

    def replay_log(self, log_filename: str) -> None:
        """Send every message of a log file in order."""
        with open(log_filename, encoding="utf-8") as log:
            for line in log:
                endpoint, msg = json.loads(line)
                self._send(msg, endpoint, from_log=True)

    # --- events ---

    def register_event_handler(
        self, handler: Callable[[dict[str, Any]], Any], target: str, env: str | None = None
    ) -> None:
        """Call ``handler`` with every event of the window ``target``: a key, a click, a change of a form, its closing.

        The event is a dict with ``event_type``, ``target``, ``eid``, ``pane_data`` (the window) and what belongs to its type.
        Handlers run one after the other, in a thread of their own; what one raises is printed.

        Args:
            env: the env of that window; None: the one where this client last put a window of that id, else its own.

        Example:
            >>> win = vis.properties([{"type": "button", "name": "Stop", "value": "Stop"}])
            >>> vis.register_event_handler(lambda event: print(event["event_type"]), win)
        """
        demand(callable(handler), "handler must be a function")
        demand(self.use_socket, "events need use_incoming_socket")
        self.event_handlers.setdefault(target, []).append(handler)
        self._handlers.bind(env or self._envs_of.get(target, self.env), target, handler)
        if self._sender is not None:
            events.listen(self._sender.address, self._handlers)

    def clear_event_handlers(self, target: str) -> None:
        """Forget the handlers of a window."""
        self.event_handlers[target] = []
        self._handlers.clear(target)
