"""`panewall.Visdom`: a drop-in for `visdom.Visdom`.

Each method builds visdom's own message (so `send=False`, logs and subclasses that override `_send` see what they know) and hands
it to `_send`; `panewall.wire` makes commands of it, `panewall.sender` delivers them. A plotting call returns at once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
import time
import traceback
import warnings
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from panewall import address as addresses
from panewall import pictures, plots, shape
from panewall.arrays import plain, to_numpy
from panewall.errors import BadArgument, MissingPackage, NotFound, PanewallError, Unreachable
from panewall.options import checked, demand
from panewall.options import layout as layout_of
from panewall.rest import Rest
from panewall.sender import get_sender
from panewall.wire import Wire
from panewall.wire import same as _same

logger = logging.getLogger("panewall")

CONNECT_S = 5.0
ANSWER_S = 30.0
NAME_CHARS = 300

_ids = threading.Lock()
_last_id = 0


def new_window_id() -> str:
    """`window_` and the hexadecimal time in units of 10⁻⁷ s, never twice in a process."""
    global _last_id
    with _ids:
        _last_id = max(int(time.time() * 1e7), _last_id + 1)
        return f"window_{_last_id:x}"


class Visdom:
    """The interface of `visdom.Visdom`, on a Panewall server.

    Args:
        server: scheme and host; without them the address in PANEWALL_SERVER, or this machine.
        port: of the server.
        base_url: path prefix of the server.
        env: where windows go by default; ``team/run`` is env ``run`` in the workspace ``team``.
        send: False makes every call return its message and endpoint instead of sending it.
        raise_exceptions: False prints what goes wrong in calls that need an answer, instead of raising it.
        log_to_filename: append each message to this file, as a JSON line.
        username, password: the password is an API token.
        token: an API token; without it PANEWALL_TOKEN, or the credentials file.
        proxies: for HTTP, as requests takes them.
        offline: send nothing, only log to the file.

    ``endpoint``, ``ipv6``, ``use_incoming_socket`` and ``use_polling`` are accepted because visdom has them.

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
        self.use_socket = bool(use_incoming_socket) and not offline
        self.http_proxy_host = http_proxy_host
        self.http_proxy_port = http_proxy_port
        self.event_handlers: dict[str, list[Any]] = {}
        self.win_data: dict[str, Any] = {}
        self._log_lock = threading.Lock()
        self._last_layout: tuple[dict[str, Any], bool, dict[str, Any]] = ({}, False, {})
        self._wire = Wire(self._window_or_none)
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

    def __getstate__(self) -> dict[str, Any]:
        """For copies in other processes: all but what belongs to this one."""
        state = {key: value for key, value in self.__dict__.items() if key not in ("_log_lock", "_wire")}
        state["_sender"] = None if self._sender is None else self._sender.address
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._log_lock = threading.Lock()
        self._wire = Wire(self._window_or_none)
        if state["_sender"] is not None:
            self._sender = get_sender(state["_sender"])
            self._sender.on_refused(self._note_refused)

    # --- sending ---

    @property
    def socket_alive(self) -> bool:
        """Is the connection to the server up?"""
        return self._sender is not None and self._sender.state == "online"

    @property
    def socket_connection_achieved(self) -> bool:
        return self._sender is not None and self._sender.stats["connections"] > 0

    @property
    def session(self) -> Any:
        """The HTTP client that calls with an answer use."""
        return self._rest()._http()

    def flush(self, timeout: float | None = 60.0) -> bool:
        """Wait until everything sent so far is stored on the server. True: it is."""
        return True if self._sender is None else self._sender.flush(timeout)

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
        if not from_log and self.log_to_filename and endpoint in ("events", "update"):
            self._log(msg, endpoint)
        if self.offline:
            return msg.get("win", True)
        try:
            if type(self)._handle_post is not Visdom._handle_post:
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
        if endpoint == "win_exists":
            return "true" if self._exists(str(msg["win"]), msg["eid"]) else "false"
        if endpoint == "win_data" and "data" not in msg:
            return self._window_json(msg.get("win"), msg["eid"])
        if endpoint == "env_state":
            return json.dumps(self._env_names())
        if endpoint == "save":
            names = set(self._env_names())
            return json.dumps([name for name in msg.get("data") or [] if name in names])
        sender = self._sender
        if sender is None:
            raise Unreachable("this client was made to send nothing")
        for command in self._wire.commands(endpoint, msg, layout=layout, given=given):
            sender.put(command)
        if endpoint in ("events", "update"):
            return msg["win"]
        return msg["eid"] if endpoint == "fork_env" else ""

    def _log(self, msg: dict[str, Any], endpoint: str) -> None:
        with self._log_lock, open(str(self.log_to_filename), "a", encoding="utf-8") as log:
            log.write(json.dumps([endpoint, plain(msg)]) + "\n")

    def _note_refused(self, command: dict[str, Any], error: dict[str, Any]) -> None:
        """What the server did not take is not what a later call should build on."""
        win = command.get("win")
        if isinstance(win, str) and str(command.get("do", "")).startswith(("window.", "sample.", "trace.")):
            self._wire.forget(str(command.get("env")), win)

    def replay_log(self, log_filename: str) -> None:
        """Send every message of a log file in order."""
        with open(log_filename, encoding="utf-8") as log:
            for line in log:
                endpoint, msg = json.loads(line)
                self._send(msg, endpoint, from_log=True)

    # --- reading ---

    def _rest(self) -> Rest:
        if self._sender is None:
            raise Unreachable("this client was made to send nothing")
        return self._sender.require(ANSWER_S)

    def _window_or_none(self, env: str, win: str) -> Any:
        try:
            return shape.read_window(self._rest(), env, win)
        except NotFound:
            return None

    def _exists(self, win: str, env: str) -> bool:
        rest = self._rest()
        if not win:
            return False
        try:
            return bool(
                rest.get(f"{rest.env_path(env)}/windows", params={"win": win, "page_size": 1})["count"]
            )
        except NotFound:
            return False

    def _window_json(self, win: Any, env: str) -> str:
        rest = self._rest()
        try:
            found = shape.read_env(rest, env) if win is None else shape.read_window(rest, env, str(win))
        except NotFound:
            return ""
        return json.dumps(plain(found))

    def _env_names(self) -> list[str]:
        rest = self._rest()
        own = rest.workspace
        return [
            env["name"] if env["workspace"] == own else f"{env['workspace']}/{env['name']}"
            for env in shape.pages(rest, "/api/v1/envs")
        ]

    def win_exists(self, win: str, env: str | None = None) -> bool | None:
        """Is there such a window? None when the server gives no answer."""
        demand(win is not None, "win must not be None")
        try:
            answer = self._send({"win": win, "eid": env}, endpoint="win_exists", quiet=True)
        except (ConnectionError, PanewallError) as error:
            if isinstance(error, BadArgument):
                raise
            return None
        return {"true": True, "false": False}.get(answer) if isinstance(answer, str) else None

    def get_window_data(self, win: str | None = None, env: str | None = None) -> Any:
        """A window, or all of an env by id, as JSON text in visdom's shape, with every point. Empty if there is none."""
        return self._send({"win": win, "eid": env}, endpoint="win_data", create=False)

    def get_env_list(self) -> Any:
        """The names of all envs; those of other workspaces as ``workspace/name``."""
        if self.offline:
            return list(self.env_list)
        answer = self._send({}, endpoint="env_state", quiet=True)
        return json.loads(answer) if isinstance(answer, str) else answer

    def check_connection(self, timeout_seconds: float = 0) -> bool:
        """Does the server answer? Waits for at most this long."""
        if self._sender is None:
            return False
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                self._sender.require(max(1.0, deadline - time.monotonic()))
                return True
            except PanewallError:
                if time.monotonic() >= deadline:
                    return False
            time.sleep(0.1)

    # --- envs and windows ---

    def close(self, win: str | None = None, env: str | None = None) -> Any:
        """Close a window, or all windows of the env."""
        return self._send({"win": win, "eid": env}, endpoint="close", create=False)

    def delete_env(self, env: str) -> Any:
        """Delete an env. It can be restored on its page for a while."""
        demand(isinstance(env, str), "env must be a string")
        return self._send({"eid": env}, endpoint="delete_env")

    def save(self, envs: list[str]) -> Any:
        """visdom's way to keep envs. Here everything is kept at once; the names that exist are returned, as JSON text."""
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
        if self._sender is None:
            return self._send({"prev_eid": prev_eid, "eid": eid}, endpoint="fork_env")
        self.env_list.add(eid)
        rest = self._rest()
        workspace, slash, name = eid.partition("/")
        rest.demand(
            "POST",
            f"{rest.env_path(prev_eid)}/fork",
            json={"to": name, "workspace": workspace} if slash else {"to": eid},
        )
        return eid

    def update_window_opts(self, win: str, opts: dict[str, Any], env: str | None = None) -> Any:
        """Change title, axes, legend and the like of a window; its data stays."""
        opts = dict(opts)
        return self._send(
            {"win": win, "eid": env, "layout": layout_of(opts), "opts": opts}, endpoint="update"
        )

    # --- plots ---

    def _plot(self, msg: dict[str, Any], endpoint: str = "events", **more: Any) -> Any:
        """Hand a plot's message on: plainly to those who override `_send`, with its arrays otherwise."""
        if type(self)._send is not Visdom._send:
            return self._send(plain(msg), endpoint=endpoint)
        return self._deliver(msg, endpoint, **more)

    def scatter(
        self,
        X: Any,
        Y: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
        update: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Points in two or three dimensions.

        Args:
            X: shape (N, 2) or (N, 3). With ``update`` and ``name`` also (N,), and Y then holds the y of each.
            Y: shape (N,), labels from 1 on: a trace for each.
            update: ``append`` adds points, ``replace`` exchanges them, ``remove`` takes the trace ``name`` away.
            name: the trace to update, made if missing.

        Returns:
            The window's id.
        """
        if update == "remove":
            return self._remove(win, env, name, opts)
        demand(update is None or win is not None, "an update needs win")
        X = plots.array_of(X, "X")
        if update and name is not None and X.ndim == 1:
            Y = plots.array_of(Y, "Y")
            demand(
                Y.ndim == 1 and len(Y) == len(X), f"X has {len(X)} values and Y {Y.shape}; as many are meant"
            )
            return self._points([X, Y], None, win, env, checked(opts), update, name)
        demand(X.ndim == 2, f"X has shape {X.shape}; (N, 2) or (N, 3) is meant")
        demand(X.shape[1] in (2, 3), f"X has {X.shape[1]} columns; 2 or 3 are meant")
        columns = [X[:, index] for index in range(X.shape[1])]
        return self._points(columns, plots.labels_of(Y, len(X)), win, env, checked(opts), update, name)

    def line(
        self,
        Y: Any,
        X: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
        update: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Lines.

        Args:
            Y: shape (N,), or (N, M) for M lines.
            X: shape (N,) or as Y; None spaces the points evenly from 0 to 1. Needed for updates.
            update, name: as for `scatter`.

        Returns:
            The window's id.
        """
        if update == "remove":
            return self._remove(win, env, name, opts)
        demand(update is None or X is not None, "an update needs X")
        demand(update is None or win is not None, "an update needs win")
        columns, labels = plots.line_columns(Y, X)
        opts = checked(opts)
        given = dict(opts)
        opts.setdefault("markers", False)
        opts.setdefault("fillarea", False)
        opts["mode"] = "lines+markers" if opts["markers"] else "lines"
        return self._points(columns, labels, win, env, opts, update, name, given=given)

    def _points(
        self,
        columns: list[np.ndarray],
        labels: np.ndarray | None,
        win: str | None,
        env: str | None,
        opts: dict[str, Any],
        update: str | None,
        name: str | None,
        *,
        given: dict[str, Any] | None = None,
    ) -> Any:
        given = dict(opts) if given is None else given
        opts = plots.scatter_options(opts)
        traces = plots.scatter_traces(columns, labels, opts, name=None if name is None else str(name))
        is_3d = len(columns) == 3
        msg: dict[str, Any] = {"data": traces, "win": win, "eid": env, "layout": {}, "opts": opts}
        if not update:
            msg["layout"] = layout_of(opts, is_3d=is_3d)
            return self._plot(msg)
        layout = self._repeated_layout(opts, is_3d=is_3d)
        demand(name is None or len(traces) == 1, "name goes with one trace, not with several labels")
        msg.update(name=None if name is None else str(name), append=update == "append")
        for key in ("markercolor", "linecolor", "dash", "textlabels"):
            given.pop(key, None)  # they belong to the points of this call
        return self._plot(msg, "update", layout=layout, given=given)

    def _repeated_layout(self, opts: dict[str, Any], *, is_3d: bool) -> dict[str, Any]:
        """The layout for these options. A training loop appends with the same ones over and over."""
        if _same(self._last_layout[:2], (opts, is_3d)):
            return self._last_layout[2]
        made = layout_of(opts, is_3d=is_3d)
        self._last_layout = (dict(opts), is_3d, made)
        return made

    def _remove(self, win: str | None, env: str | None, name: str | None, opts: Any) -> Any:
        demand(win is not None, "remove needs win")
        demand(name is not None, "remove needs the name of a trace")
        demand(opts is None, "remove takes no opts")
        return self._plot({"data": [], "name": str(name), "delete": True, "win": win, "eid": env}, "update")

    def heatmap(
        self,
        X: Any,
        win: str | None = None,
        env: str | None = None,
        update: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """A table of numbers as colours.

        Args:
            X: shape (rows, columns); NaN stays empty, or shows ``opts.nancolor``.
            update: ``replace``, ``remove``, or ``appendRow``, ``appendColumn``, ``prependRow``, ``prependColumn`` to grow it.
        """
        allowed = (None, "replace", "remove", *plots.GROWTH)
        demand(update in allowed, f"update is one of {', '.join(map(str, allowed))}, not {update!r}")
        if update == "remove":
            demand(win is not None, "remove needs win")
            return self._plot({"data": [], "delete": True, "win": win, "eid": env}, "update")
        opts = checked(opts)
        traces = plots.heatmap_traces(X, opts)
        msg: dict[str, Any] = {
            "data": traces,
            "win": win,
            "eid": env,
            "layout": layout_of(opts),
            "opts": opts,
        }
        if update is None:
            return self._plot(msg)
        demand(win is not None, "an update needs win")
        layout = msg["layout"]
        msg.update(layout={}, append=update != "replace", updateDir=update)
        return self._plot(msg, "update", layout=layout)

    def bar(
        self,
        X: Any,
        Y: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Bars: X of shape (N,), or (N, M) for M bars in each of N groups; Y their places."""
        opts = checked(opts)
        opts.setdefault("stacked", False)
        traces = plots.bar_traces(X, Y, opts)
        return self._plot({"data": traces, "win": win, "eid": env, "layout": layout_of(opts), "opts": opts})

    def histogram(
        self, X: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """How often values occur, in ``opts.numbins`` bars (at most 30 by default)."""
        opts = checked(opts)
        counts, places = plots.histogram_bars(X, opts)
        if len(counts) == 1:  # bar() would take a single number for no bars at all
            opts.setdefault("stacked", False)
            trace = {"y": counts, "x": opts.get("rownames") or places, "type": "bar"}
            return self._plot(
                {"data": [trace], "win": win, "eid": env, "layout": layout_of(opts), "opts": opts}
            )
        return self.bar(counts, places, win=win, env=env, opts=opts)

    def plotlyplot(self, figure: Any, win: str | None = None, env: str | None = None) -> Any:
        """A figure made with plotly, or the same as a dict.

        Raises:
            MissingPackage: plotly is not installed.
        """
        try:
            from plotly.utils import PlotlyJSONEncoder
        except ImportError as error:
            raise MissingPackage("plotlyplot needs plotly: pip install plotly") from error
        made = json.loads(json.dumps(figure, cls=PlotlyJSONEncoder))
        demand(
            isinstance(made, dict) and isinstance(made.get("data"), list), "figure must be a plotly figure"
        )
        layout = made.get("layout") or {}
        title = layout.get("title")
        if isinstance(title, dict):
            title = title.get("text")
        return self._send(
            {
                "data": made["data"],
                "layout": layout,
                "win": win,
                "eid": env,
                "opts": {"title": title} if title else {},
            }
        )

    # --- pictures and text ---

    def image(
        self, img: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """A picture of shape (C, H, W) or (H, W), C being 1, 3 or 4: bytes, or floats up to 1.

        With ``opts.store_history`` it becomes the next step of its window, otherwise it replaces what was there.
        """
        opts = checked(opts)
        array = to_numpy(img)
        demand(isinstance(array, np.ndarray), f"img must be an array, not {type(img).__name__}")
        pixels = pictures.visdom_pixels(array)
        opts.setdefault("width", int(pixels.shape[1]))
        opts.setdefault("height", int(pixels.shape[0]))
        quality = opts.get("jpgquality")
        data = pictures.encode(pixels, jpeg_quality=quality)
        source = f"data:image/{'png' if quality is None else 'jpeg'};base64,{base64.b64encode(data).decode('ascii')}"
        history = bool(opts.get("store_history"))
        item = {
            "content": {"src": source, "caption": opts.get("caption")},
            "type": "image_history" if history else "image",
        }
        endpoint = "update" if history and win is not None else "events"
        return self._plot({"data": [item], "win": win, "eid": env, "opts": opts}, endpoint)

    def images(
        self,
        tensor: Any,
        nrow: int = 8,
        padding: int = 2,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Several pictures of shape (B, C, H, W), or a list of equal ones, as one grid with ``nrow`` in a row."""
        array = to_numpy(tensor)
        demand(isinstance(array, np.ndarray), f"tensor must be an array, not {type(tensor).__name__}")
        if array.ndim == 4:
            demand(len(array) > 0, "there is no picture in tensor")
            demand(padding >= 0 and int(nrow) > 0, "padding must not be negative, and nrow at least 1")
            if array.shape[1] == 1:
                array = np.repeat(array, 3, axis=1)
            fill = 1.0 if array.dtype.kind == "f" else 255
            array = pictures.grid(array, nrow=nrow, padding=int(padding), fill=fill)
        return self.image(array, win=win, env=env, opts=opts)

    def text(
        self,
        text: Any,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
        append: bool = False,
    ) -> Any:
        """HTML, shown in a sandbox of its own. ``append`` adds it below what the window has."""
        opts = checked(opts)
        demand(not append or win is not None, "append needs win")
        data = [{"content": text if isinstance(text, str) else str(text), "type": "text"}]
        return self._plot(
            {"data": data, "win": win, "eid": env, "opts": opts}, "update" if append else "events"
        )


def _server_and_port(server: str, port: int) -> tuple[str, int]:
    """Scheme and host (with user and token, if they are in it), and the port: one inside ``server`` wins."""
    parts = urlsplit(server if "://" in server else f"http://{server}")
    host, colon, digits = parts.netloc.rpartition(":")
    if colon and digits.isdigit():
        return f"{parts.scheme}://{host}", int(digits)
    return f"{parts.scheme}://{parts.netloc}", port


def _checked_env(env: Any) -> str:
    demand(
        isinstance(env, str) and 0 < len(env) <= 2 * NAME_CHARS + 1, f"env must be a name, not {env!r:.80}"
    )
    return str(env)


def _checked_win(win: Any) -> str:
    demand(not isinstance(win, (bytes, dict, list)), f"win must be a string, not {type(win).__name__}")
    win = str(win)
    demand(len(win) <= NAME_CHARS, f"win has {len(win)} characters; {NAME_CHARS} are allowed")
    return win
