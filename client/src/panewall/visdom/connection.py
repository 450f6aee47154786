"""What every method of `Visdom` stands on: where the server is, and how a message gets there."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import traceback
import warnings
from typing import Any
from urllib.parse import unquote, urlsplit

from panewall import address as addresses
from panewall import answers
from panewall.arrays import plain
from panewall.errors import BadArgument, PanewallError, Unreachable
from panewall.events import Handlers
from panewall.options import demand
from panewall.rest import Rest
from panewall.sender import get_sender
from panewall.wire import Wire

logger = logging.getLogger("panewall")

CONNECT_S = 5.0
ANSWER_S = 30.0
NAME_CHARS = 300
WINDOWS = 10_000  # whose env is remembered
PLOTTING = ("events", "update")  # endpoints whose messages are logged

_ids = threading.Lock()
_last_id = 0


def new_window_id() -> str:
    """`window_` and the hexadecimal time in units of 10⁻⁷ s, never twice in a process."""
    global _last_id
    with _ids:
        _last_id = max(int(time.time() * 1e7), _last_id + 1)
        return f"window_{_last_id:x}"


class Connection:
    """The interface of `visdom.Visdom`, on a Panewall server.

    Args:
        server: scheme and host; without them the address in PANEWALL_SERVER, or this machine.
        port: of the server.
        base_url: path prefix of the server.
        env: where windows go by default; ``team/run`` is env ``run`` in the workspace ``team``.
        send: False makes every call return its message and endpoint instead of sending it.
        raise_exceptions: False prints what goes wrong in calls that need an answer, instead of raising it.
        use_incoming_socket: False refuses event handlers.
        log_to_filename: append each message to this file, as a JSON line.
        username, password: the password is an API token.
        token: an API token; without it PANEWALL_TOKEN, or the credentials file.
        proxies: for HTTP, as requests takes them.
        offline: send nothing, only log to the file.

    ``endpoint``, ``ipv6`` and ``use_polling`` are accepted because visdom has them.

    Raises:
        BadArgument: an argument makes no sense.
        Unauthorized: the server is there and does not accept the token. (A server that is away is no error.)

    Example:
        >>> vis = panewall.Visdom(env="main")
        >>> vis.line([1, 3, 2], opts={"title": "loss"})
        'window_3fc80…'
    """

    def __init__(
        self,
        server: str = "http://localhost",
        endpoint: str = "events",
        port: int = 8097,
        base_url: str = "/",
        ipv6: bool = True,
        http_proxy_host: str | None = None,
        http_proxy_port: int | None = None,
        env: str = "main",
        send: bool = True,
        raise_exceptions: bool | None = None,
        use_incoming_socket: bool = True,
        log_to_filename: str | None = None,
        username: str | None = None,
        password: str | None = None,
        proxies: dict[str, str] | None = None,
        offline: bool = False,
        use_polling: bool = False,
        *,
        token: str | None = None,
    ) -> None:
        demand(isinstance(base_url, str), "base_url must be a string")
        base_url = "" if base_url == "/" else base_url
        demand(not base_url or base_url.startswith("/"), "base_url must start with a slash")
        demand(not base_url.endswith("/"), "base_url must not end with a slash")
        demand(not username or password, "a username goes with a password: an API token")
        demand(not offline or log_to_filename, "offline needs log_to_filename")
        if http_proxy_host or http_proxy_port:
            warnings.warn(
                "http_proxy_host and http_proxy_port are replaced by proxies",
                DeprecationWarning,
                stacklevel=2,
            )
        is_default = (server, port, base_url) == ("http://localhost", 8097, "")
        self.server, self.port = _server_and_port(str(server), port)
        parts = urlsplit(self.server)
        self.server_base_name = parts.netloc
        self.endpoint = endpoint
        self.base_url = base_url
        self.ipv6 = ipv6
        self.env = _checked_env(env)
        self.env_list = {self.env}
        self.send = send
        self.raise_exceptions = True if raise_exceptions is None else bool(raise_exceptions)
        self.log_to_filename = log_to_filename
        self.username = username
        self.password = hashlib.sha256(password.encode("utf-8")).hexdigest() if password else None
        self.proxies = proxies
        self.offline = offline
        self.use_socket = bool(use_incoming_socket or use_polling) and not offline
        self.http_proxy_host = http_proxy_host
        self.http_proxy_port = http_proxy_port
        self.event_handlers: dict[str, list[Any]] = {}
        self.win_data: dict[str, Any] = {}
        self._envs_of: dict[str, str] = {}
        self._begin()
        self._sender = None
        if offline or not send:
            return
        secret = token or password or (unquote(parts.password) if parts.password else None)
        proxy = (proxies or {}).get(parts.scheme)
        if proxy is None and http_proxy_host:
            proxy = f"{http_proxy_host}:{http_proxy_port or 3128}"
        named = None if is_default else f"{self.server}:{self.port}{base_url}"
        address = addresses.resolve(named, token=secret, proxy=proxy)
        if is_default:
            found = urlsplit(address.url)
            self.server, self.port = _server_and_port(address.url, 443 if found.scheme == "https" else 80)
            self.server_base_name = urlsplit(self.server).netloc
            self.base_url = found.path
        self._sender = get_sender(address)
        self._sender.on_refused(self._note_refused)
        if self._sender.settle(CONNECT_S) == "unauthorized" and self._sender.problem is not None:
            raise self._sender.problem
        self._send({"eid": self.env}, endpoint="env/" + self.env, quiet=True)

    def _begin(self) -> None:
        """What belongs to this process alone."""
        self._handlers = Handlers()
        self._log_lock = threading.Lock()
        self._wire = Wire()

    def __getstate__(self) -> dict[str, Any]:
        """For copies in other processes: all but what belongs to this one. Events are heard where handlers were registered."""
        state = {
            key: value
            for key, value in self.__dict__.items()
            if key not in ("_log_lock", "_wire", "_handlers")
        }
        state.update(event_handlers={}, win_data={})
        state["_sender"] = None if self._sender is None else self._sender.address
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()
        if state["_sender"] is not None:
            self._sender = get_sender(state["_sender"])
            self._sender.on_refused(self._note_refused)

    @property
    def socket_alive(self) -> bool:
        """Is the connection to the server up?"""
        return self._sender is not None and self._sender.state == "online"

    @property
    def socket_connection_achieved(self) -> bool:
        """Was it ever?"""
        return self._sender is not None and self._sender.stats["connections"] > 0

    @property
    def session(self) -> Any:
        """The HTTP client that calls with an answer use; None where nothing is sent."""
        return None if self._sender is None else self._sender.rest._http()

    def flush(self, timeout: float | None = 60.0) -> bool:
        """Wait until everything sent so far is stored on the server. True: it is."""
        return True if self._sender is None else self._sender.flush(timeout)

    # --- messages ---

    def _send(
        self,
        msg: dict[str, Any],
        endpoint: str = "events",
        quiet: bool = False,
        from_log: bool = False,
        create: bool = True,
    ) -> Any:
        """Send one of visdom's messages, such as raw Plotly data.

        Args:
            msg: with ``data``, ``layout``, ``opts``, ``win``, ``eid`` as the endpoint has them.
            endpoint: ``events``, ``update``, ``close``, ``win_exists``, …

        Returns:
            The window's id for plots, else what visdom's server would answer.

        Example:
            >>> vis._send({"data": [{"type": "bar", "x": ["a", "b"], "y": [3, 5]}], "layout": {}, "win": "bars"})
            'bars'
        """
        return self._deliver(msg, endpoint, quiet=quiet, from_log=from_log, create=create)

    def _deliver(
        self,
        msg: dict[str, Any],
        endpoint: str,
        *,
        quiet: bool = False,
        from_log: bool = False,
        create: bool = True,
        layout: dict[str, Any] | None = None,
        given: dict[str, Any] | None = None,
    ) -> Any:
        if msg.get("eid") is None:
            msg["eid"] = self.env
        _checked_env(msg["eid"])
        self.env_list.add(msg["eid"])
        if not self.send:
            return plain(msg), endpoint
        if create and (("win" in msg and msg["win"] is None) or ("win" not in msg and endpoint == "events")):
            msg["win"] = new_window_id()
        if msg.get("win") is not None:
            msg["win"] = _checked_win(msg["win"])
            if endpoint in PLOTTING:
                self._note_env(msg["win"], msg["eid"])
        if not from_log and self.log_to_filename and endpoint in PLOTTING:
            self._log(msg, endpoint)
        if self.offline:
            return msg["win"] if endpoint in PLOTTING and msg.get("win") is not None else True
        try:
            if type(self)._handle_post is not Connection._handle_post:
                url = f"{self.server}:{self.port}{self.base_url}/{endpoint}"
                return self._handle_post(url, data=json.dumps(plain(msg)))
            return self._perform(endpoint, msg, layout=layout, given=given)
        except BadArgument:
            raise
        except (PanewallError, ConnectionError):
            if self.raise_exceptions:
                raise
            if not quiet:
                traceback.print_exc()
            return False

    def _note_env(self, win: str, env: str) -> None:
        """Where a window went last: a handler that names no env means that one."""
        if self._envs_of.get(win) != env:
            if len(self._envs_of) >= WINDOWS:
                self._envs_of.clear()
            self._envs_of[win] = env

    def _handle_post(self, url: str, data: Any = None) -> Any:
        """One message to one of visdom's addresses. Subclasses override it to change the transport."""
        msg = {} if data is None else json.loads(data) if isinstance(data, (str, bytes)) else dict(data)
        path = urlsplit(url).path
        if self.base_url and path.startswith(self.base_url):
            path = path[len(self.base_url) :]
        msg.setdefault("eid", self.env)
        return self._perform(unquote(path.strip("/")), msg)

    def _perform(
        self,
        endpoint: str,
        msg: dict[str, Any],
        *,
        layout: dict[str, Any] | None = None,
        given: dict[str, Any] | None = None,
    ) -> Any:
        """What visdom's server would do and answer."""
        answer = answers.ENDPOINTS.get(endpoint)
        if answer is not None:
            self._wire.hear(endpoint, msg)
            return answer(self._rest(), msg)
        sender = self._sender
        if sender is None:
            raise Unreachable("this client was made to send nothing")
        for command in self._wire.commands(endpoint, msg, layout=layout, given=given):
            sender.put(command)
        return msg["win"] if endpoint in PLOTTING else ""

    def _log(self, msg: dict[str, Any], endpoint: str) -> None:
        with self._log_lock, open(str(self.log_to_filename), "a", encoding="utf-8") as log:
            log.write(json.dumps([endpoint, plain(msg)]) + "\n")

    def _note_refused(self, command: dict[str, Any], error: dict[str, Any]) -> None:
        """What the server did not take is not what a later call should build on."""
        win = command.get("win")
        if isinstance(win, str):
            self._wire.forget(str(command.get("env")), win)

    def _rest(self) -> Rest:
        if self._sender is None:
            raise Unreachable("this client was made to send nothing")
        return self._sender.require(ANSWER_S)


def _server_and_port(server: str, port: int) -> tuple[str, int]:
    """Scheme and host (with user and token, if they are in it), and the port: one inside ``server`` wins."""
    parts = urlsplit(server if "://" in server else f"http://{server}")
    host, colon, digits = parts.netloc.rpartition(":")
    if colon and digits.isdigit():
        return f"{parts.scheme}://{host}", int(digits)
    return f"{parts.scheme}://{parts.netloc}", port


def _checked_env(env: Any) -> str:
    demand(
        isinstance(env, str) and 0 < len(env) <= 2 * NAME_CHARS + 1, "env must be a name, not {!r:.80}", env
    )
    return str(env)


def _checked_win(win: Any) -> str:
    demand(not isinstance(win, (bytes, dict, list)), "win must be a string, not {}", type(win).__name__)
    win = str(win)
    demand(len(win) <= NAME_CHARS, "win has {} characters; {} are allowed", len(win), NAME_CHARS)
    return win
