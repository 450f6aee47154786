"""`panewall.init` and the run it returns: numbers and media of one training, logged by step."""

from __future__ import annotations

import logging
import math
import operator
import os
import secrets
import threading
import time
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from panewall import address as addresses
from panewall import endings
from panewall import vitals as signs_of_life
from panewall.about import as_config, checked_notes, checked_tags, clean_text, merged, portable_config
from panewall.arrays import is_tensor
from panewall.errors import BadArgument, PanewallError, PanewallWarning
from panewall.media import SAMPLES, Media, as_media, is_picture
from panewall.sender import Sender, before_close, get_sender

logger = logging.getLogger("panewall")

NAME_CHARS = 300
CAPTION_CHARS = 10_000
CONNECT_S = 5.0
FINISH_S = 30.0
TOLD = 5  # bad items of one list of which a warning says what is wrong
_NUMBERS = (float, int)
_EXACT = 2**53
_LAST_TIME = 253_402_300_800  # the end of the year 9999, which no page's calendar goes beyond


class Run:
    """One training run, which is one env on the wall. Made by `panewall.init`.

    Its methods may be called from any thread. None of them raises for what the network or the server does.
    """

    def __init__(
        self, env: str, *, sender: Sender, config: dict[str, Any] | None, tags: list[str], notes: str = ""
    ) -> None:
        self.env = env
        self.sender = sender
        self.config = dict(config or {})
        self.tags = tags
        self._notes = notes
        self.status = "running"
        self._step: float = 0
        self._warned: set[tuple[str, str]] = set()
        self._put = sender.put_metrics
        self._pid = os.getpid()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where to watch this run."""
        workspace, slash, name = self.env.partition("/")
        base = self.sender.address.url
        if slash:
            return f"{base}/w/{quote(workspace, safe='')}/env/{quote(name, safe='')}"
        return f"{base}/env/{quote(self.env, safe='')}"

    @property
    def step(self) -> float:
        """The step of the last call of log."""
        return self._step

    def log(self, data: dict[str, Any], step: float | None = None, timestamp: float | None = None) -> None:
        """Log values under their names. Returns at once; a background thread sends them.

        Args:
            data: by name: numbers, booleans (0 and 1), tensors and numpy scalars of one element; `panewall.Image`, `Audio`, `Video`,
                `Text`, `Histogram`, `Table`, or a list of them; PIL images, matplotlib figures, DataFrames and texts as they
                are. Nested dicts join their names with ``/``. NaN and infinities are kept.
            step: the run's own count, usually optimizer updates; None is one more than the last. It may go back. Of numbers at one
                step the last one counts, media are added to those that are there. After 2**53, the last that is exact, there is no
                next one: a call without a step is then left out, with a warning.
            timestamp: seconds since 1970; None is now.

        A value of another kind is left out, with one warning for each name and kind of error, which names all such items of a list; the
        others of the call go in.
        """
        step = self._next_step() if step is None else self._checked_step(step)
        if step is None:
            return
        self._step = step
        now = time.time()
        if timestamp is not None:
            now = self._checked_time(timestamp, now)
        points: list[tuple[str, float]] = []
        try:
            for name, value in data.items():
                kind = type(value)
                if (
                    (kind is float or (kind is int and -_EXACT < value < _EXACT))
                    and type(name) is str
                    and 0 < len(name) <= NAME_CHARS
                ):
                    points.append((name, value))
                else:
                    self._log_other(name, value, step, points)
        except Exception as error:
            self._warn("", "data", f"log takes a dict of names and values: {error}")
        if points:
            self._put((self.env, step, now, points))

    def _log_other(
        self,
        name: Any,
        value: Any,
        step: float,
        points: list[tuple[str, float]],
        within: tuple[int, ...] = (),
    ) -> None:
        """The values that are not plain numbers. Nothing is raised. ``within``: the ids of the maps round it."""
        try:
            name = name if isinstance(name, str) else str(name)
            if not name or len(name) > NAME_CHARS:
                self._warn(name, "name", f"a name has 1 to {NAME_CHARS} characters; this one has {len(name)}")
            elif isinstance(value, Mapping):
                if id(value) in within:
                    raise ValueError("it holds itself")
                for inner, item in value.items():
                    self._log_other(f"{name}/{inner}", item, step, points, (*within, id(value)))
            elif isinstance(value, (list, tuple)):
                self._log_list(name, value, step, points)
            elif _is_numeric(value) or (media := as_media(value)) is None:
                points.append((name, as_number(value)))
            else:
                self._log_media(name, media, step)
        except Exception as error:
            self._warn(str(name), _kind_of(value, error), str(error))

    def _log_list(self, name: str, values: Any, step: float, points: list[tuple[str, float]]) -> None:
        """Media in their order; of numbers alone the last one counts. All bad items of one kind are told together."""
        if not values:
            self._warn(name, "empty", "an empty list has nothing to show")
            return
        if not any(not _is_numeric(value) and is_shown(value) for value in values):
            points.append((name, as_number(values[-1])))
            return
        if len(values) > SAMPLES:
            self._warn(name, "many", f"of {len(values)} values in one list the first {SAMPLES} are kept")
        bad: dict[str, list[tuple[str, str]]] = {}
        for place, value in enumerate(values[:SAMPLES]):
            try:
                media = as_media(value)
                if media is None:
                    raise TypeError(f"{type(value).__name__} stands among media")
                self._log_media(name, media, step)
            except Exception as error:
                item = f"{type(value).__name__.lower()} {place}"
                bad.setdefault(_kind_of(value, error), []).append((item, str(error)))
        for kind, items in bad.items():
            self._warn(name, kind, _left_out(items))

    def _log_media(self, name: str, media: Media, step: float) -> None:
        command: dict[str, Any] = {
            "do": "sample.put",
            "env": self.env,
            "win": name,
            "step": step,
            "index": "next",
            "image": media.made(),
        }
        if media.type is not None:
            command["type"] = media.type
        if media.caption:
            command["caption"] = clean_text(media.caption, CAPTION_CHARS)
        self.sender.put(command)

    def _next_step(self) -> float | None:
        """One more than the last; None, with a warning, where no such step is exact."""
        if self._step < _EXACT:
            return self._step + 1
        self._warn(
            "", "last step", "no step follows 2**53, so this call of log is left out; give a step of your own"
        )
        return None

    def _checked_step(self, step: Any) -> float | None:
        if type(step) is int and -_EXACT <= step <= _EXACT:
            return step
        try:
            number = _whole(step)
            if math.isfinite(number) and number == math.floor(number) and abs(number) <= _EXACT:
                return int(number)
            reason = f"a step is a whole number, not {number}"
        except Exception:
            reason = f"a step is a whole number, not {type(step).__name__}"
        self._warn("", "step", f"{reason}, at most 2**53; the next number is taken instead")
        return self._next_step()

    def _checked_time(self, timestamp: Any, now: float) -> float:
        try:
            number = as_number(timestamp)
            if 0 < number < _LAST_TIME and not isinstance(timestamp, bool):
                return number
        except Exception:
            pass
        self._warn(
            "timestamp",
            "timestamp",
            f"{timestamp!r} is not a time in seconds since 1970; now is taken instead",
        )
        return now

    def _take_up(self) -> None:
        """Count on from where the env stands."""
        try:
            rest = self.sender.require(CONNECT_S)
            self._step = int(rest.get(f"{rest.env_path(self.env)}/last-step")["step"] or 0)
        except (PanewallError, TypeError, KeyError) as error:
            self._warn("", "resume", f"its last step is not known, so steps begin at 1: {error}")

    def _warn(self, name: str, kind: str, text: str) -> None:
        """Once for each name and kind of trouble, and never as an exception."""
        if (name, kind) in self._warned:
            return
        self._warned.add((name, kind))
        called = name if len(name) <= NAME_CHARS else f"{name[:40]}…"
        text = f"{self.env}: {called!r} was not logged: {text}" if name else f"{self.env}: {text}"
        logger.warning("%s", text)
        try:
            warnings.warn(text, PanewallWarning, stacklevel=3)
        except Warning:
            pass

    def flush(self, timeout: float | None = 60.0) -> bool:
        """Wait until everything logged so far is stored on the server. True: it is."""
        return self.sender.flush(timeout)

    @property
    def notes(self) -> str:
        """What people should know of this run; set it to say so."""
        return self._notes

    @notes.setter
    def notes(self, text: str) -> None:
        self._notes = checked_notes(text)
        self.sender.put({"do": "env.update", "env": self.env, "notes": self._notes})

    def add_tags(self, *tags: Any) -> None:
        """Add words to find the run by: one or more, or a list of them."""
        words = checked_tags(tags)
        self.tags = list(dict.fromkeys([*self.tags, *words]))
        self.sender.put({"do": "env.update", "env": self.env, "add_tags": words})

    def remove_tags(self, *tags: Any) -> None:
        """Take tags away; those it does not have are no matter."""
        words = checked_tags(tags)
        self.tags = [tag for tag in self.tags if tag not in words]
        self.sender.put({"do": "env.update", "env": self.env, "remove_tags": words})

    def update_config(self, config: Any = None, **more: Any) -> None:
        """Say more of what the run was started with: merged into what is there, at every depth."""
        new = {**as_config(config), **more}
        self.config = merged(self.config, new)
        self.sender.put({"do": "env.update", "env": self.env, "config": portable_config(new)})

    def finish(self, status: str | int | None = "finished", *, timeout: float = FINISH_S) -> None:
        """End the run: everything is sent, for at most ``timeout`` seconds; then it waits on disk at the end of the process.

        Args:
            status: ``finished`` or ``failed``; or an exit code, of which 0 (or None) is ``finished``.
        """
        if status is None or (isinstance(status, int) and not isinstance(status, bool)):
            status = "failed" if status else "finished"
        if status not in ("finished", "failed"):
            raise BadArgument(f"a run's status is 'finished' or 'failed', not {status!r}")
        with self._lock:
            if self.status != "running":
                return
            self.status = status
        signs_of_life.vitals.forget(self)
        self.sender.put({"do": "env.finish", "env": self.env, "status": status})
        self.sender.flush(timeout)
        _forget(self)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        code = getattr(error, "code", 1) if isinstance(error, SystemExit) else int(kind is not None)
        self.finish("failed" if code else "finished", timeout=endings.most_wait_s() or FINISH_S)

    def __reduce__(self) -> Any:
        """A copy in another process logs to the same env; to end the run stays with this one."""
        return _joined, (self.env, self.sender.address, self.config, self.tags)

    def __repr__(self) -> str:
        return f"<panewall.Run {self.env!r} {self.status} at {self.url}>"


def _joined(env: str, address: addresses.Address, config: dict[str, Any], tags: list[str]) -> Run:
    return Run(env, sender=get_sender(address), config=config, tags=tags)


def _whole(value: Any) -> float:
    """One number, exactly as it is if it is whole: as a float, one just too large would be one that is not.

    Raises:
        TypeError: it is not one number.
    """
    try:
        return operator.index(value)
    except TypeError:
        return as_number(value)


def as_number(value: Any) -> float:
    """One number as a float.

    Raises:
        TypeError: it is not one number.
    """
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(f"{type(value).__name__} is not a number")
    if hasattr(value, "item"):
        count = value.numel() if is_tensor(value) else getattr(value, "size", 1)
        if count != 1 and not callable(count):
            raise TypeError(
                f"an array of {count} elements is not one number; panewall.Image or Histogram shows it"
            )
        value = value.item()
    if isinstance(value, (complex, str, bytes)):
        raise TypeError(f"{type(value).__name__} is not a number")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except TypeError:
        raise TypeError(f"{type(value).__name__} is neither a number nor anything that is shown") from None


def _kind_of(value: Any, error: Exception) -> str:
    """Which trouble it is: of the same kind under the same name people are told once."""
    return f"{type(value).__name__} {type(error).__name__}"


def _left_out(items: list[tuple[str, str]]) -> str:
    """Items of a list, at least one, each with what is wrong with it: of the first in full, of many more only which they are."""
    (first, why), *others = items[:TOLD]
    text = "; ".join([f"{first} of the list is left out: {why}", *(f"{item}: {why}" for item, why in others)])
    more = ", ".join(item for item, _ in items[TOLD:])
    return f"{text}; and {more}" if more else text


def _is_numeric(value: Any) -> bool:
    """Is it a number, an array or a tensor, asked without looking closer?"""
    kind = type(value)
    return kind in _NUMBERS or kind is bool or (kind.__module__ == "numpy" and not isinstance(value, str))


def is_shown(value: Any) -> bool:
    """Is it something to show at a step?"""
    try:
        return isinstance(value, (Media, str)) or is_picture(value)
    except Exception:  # of the value, which cannot even be looked at
        return False


# --- the module's own run ---

_current: Run | None = None
_running: list[Run] = []


def init(
    env: str | None = None,
    config: dict[str, Any] | None = None,
    tags: list[str] | str | None = None,
    server: str | None = None,
    token: str | None = None,
    *,
    notes: str | None = None,
    resume: bool = False,
    system_metrics: bool | float | None = None,
) -> Run:
    """Start a run, or go on with one: everything logged goes to this env.

    Args:
        env: its name; ``team/run`` puts it in the workspace of a team. None makes one up.
        config: what the run was started with, such as ``{"lr": 0.1}``; merged into what the env has.
        tags: words to find it by.
        server: address such as ``https://wall.example.org``; None is PANEWALL_SERVER, or this machine.
        token: an API token; None is PANEWALL_TOKEN, or the credentials file.
        notes: what people should know of it.
        resume: go on counting after the last step that the env has, for calls of log without one. The server is asked for it; where it is
            away, steps begin at 1, with a warning.
        system_metrics: how often, in seconds, the processor, memory, disk, network and graphics cards are logged as ``sys/…``. True is
            every 10 s, False never; None is PANEWALL_SYSTEM_METRICS, or True.

    An env that is there already goes on: what is logged is added to it, and it is running again. The server may be away: the run starts all the same, and what is logged waits.

    Raises:
        BadArgument: a name, the config or the address makes no sense.
        Unauthorized: the server is there and does not accept the token.

    Example:
        >>> with panewall.init(env="mnist", config={"lr": 0.1}) as run:
        ...     run.log({"loss": 0.31}, step=10)
    """
    global _current
    name = _env_name(env)
    words = checked_tags(tags)
    every_s = _interval(system_metrics)
    said = None if notes is None else checked_notes(notes)
    sender = get_sender(addresses.resolve(server, token=token))
    run = Run(name, sender=sender, config=as_config(config), tags=words, notes=said or "")
    command: dict[str, Any] = {"do": "env.create", "env": name, "status": "running"}
    if run.tags:
        command["tags"] = run.tags
    if said is not None:
        command["notes"] = said
    if sender.settle(CONNECT_S) == "unauthorized" and sender.problem is not None:
        raise sender.problem
    sender.put(command)
    if run.config:  # by itself, so that one that is refused takes nothing along
        sender.put({"do": "env.update", "env": name, "config": portable_config(run.config)})
    sender.put({"do": "env.alive", "env": name})
    endings.watch()
    _running.append(run)
    signs_of_life.vitals.watch(run, every_s=every_s)
    if resume:
        run._take_up()
    _current = run
    return run


def log(data: dict[str, Any], step: float | None = None, timestamp: float | None = None) -> None:
    """`Run.log` of the run that `panewall.init` started last."""
    if _current is None:
        raise PanewallError("panewall.log needs a run: call panewall.init() first.")
    _current.log(data, step, timestamp)


def flush(timeout: float | None = 60.0) -> bool:
    """`Run.flush` of the run that `panewall.init` started last. True: all of it is stored."""
    return True if _current is None else _current.flush(timeout)


def finish(status: str | int | None = "finished") -> None:
    """`Run.finish` of the run that `panewall.init` started last."""
    if _current is not None:
        _current.finish(status)


def _env_name(env: str | None) -> str:
    if env is None:
        return f"run-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    if not isinstance(env, str) or not env.strip() or len(env) > NAME_CHARS:
        raise BadArgument(f"an env's name is a text of 1 to {NAME_CHARS} characters, not {env!r:.80}")
    if clean_text(env, NAME_CHARS) != env:
        raise BadArgument(f"an env's name is a text that can be written, without NUL, not {env!r:.80}")
    return env


def _interval(asked: Any) -> float:
    """Seconds between two looks at the machine; 0: none. None is what the environment says."""
    if asked is None:
        named = os.environ.get("PANEWALL_SYSTEM_METRICS", "").strip().lower()
        asked = {"": True, "true": True, "on": True, "false": False, "off": False}.get(named, named)
    if isinstance(asked, bool):
        return signs_of_life.METRICS_S if asked and signs_of_life.is_first_of_its_job() else 0.0
    try:
        seconds = float(asked)
    except (TypeError, ValueError):
        seconds = math.nan
    if seconds != 0 and not 1 <= seconds <= 86_400:
        raise BadArgument(f"system_metrics is True, False or seconds from 1 to 86400, not {asked!r}")
    return seconds


def _forget(run: Run) -> None:
    global _current
    if run in _running:
        _running.remove(run)
    if _current is run:
        _current = _running[-1] if _running else None


def _finish_all() -> None:
    """At the end of the process: the runs that nobody finished. The senders flush after this."""
    for run in list(_running):
        if run._pid == os.getpid() and run.status == "running":
            run.status = "failed" if endings.has_failed() else "finished"
            run.sender.put({"do": "env.finish", "env": run.env, "status": run.status})
    _running.clear()


def _after_fork() -> None:
    """A child may log to the run, but its end is the parent's to tell."""
    _running.clear()
    if _current is not None:
        _current._lock = threading.Lock()


before_close.append(_finish_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
