"""Signs of life of running runs, and how the machine is doing, in one thread that no training waits for.

Every run says now and then that it lives, so that the server can tell a run that was killed from one that takes long. The machine's
numbers are metrics ``sys/…`` like any others; their step is the number of seconds since the env was made.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from panewall.errors import PanewallError
from panewall.machine import Machine

if TYPE_CHECKING:
    from panewall.run import Run

logger = logging.getLogger("panewall")

ALIVE_S = 15.0
METRICS_S = 10.0


class Watched:
    """One run, and when it is due."""

    def __init__(self, run: Run, every_s: float) -> None:
        self.run = run
        self.every_s = every_s  # 0: no metrics of the machine
        self.began = time.time()
        self.begun_with_env = False
        now = time.monotonic()
        self.alive_at = now + ALIVE_S
        self.metrics_at = now + every_s if every_s else float("inf")

    @property
    def due_at(self) -> float:
        return min(self.alive_at, self.metrics_at)


class Vitals:
    """The thread of this process and the runs it speaks for."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._machine: Machine | None = None

    def watch(self, run: Run, *, every_s: float) -> None:
        """Speak for a run until ``forget``."""
        with self._wake:
            self._watched[id(run)] = Watched(run, every_s)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._go, name="panewall-vitals", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:  # the interpreter is ending and starts no more threads
                    self._thread = None
            self._wake.notify()

    def forget(self, run: Run) -> None:
        with self._wake:
            self._watched.pop(id(run), None)
            self._wake.notify()

    def _go(self) -> None:
        while True:
            with self._wake:
                if not self._watched:
                    self._thread = None
                    return
                wait = min(watched.due_at for watched in self._watched.values()) - time.monotonic()
                if wait > 0:
                    self._wake.wait(wait)
                now = time.monotonic()
                due = [watched for watched in self._watched.values() if watched.due_at <= now]
            for watched in due:
                try:
                    self._speak_for(watched, now)
                except Exception:
                    logger.exception("the signs of life of %s met an error and go on", watched.run.env)

    def _speak_for(self, watched: Watched, now: float) -> None:
        run = watched.run
        is_online = run.sender.state == "online"
        if watched.alive_at <= now:
            watched.alive_at = now + ALIVE_S
            if is_online:  # a sign of life that comes late is none
                run.sender.put({"do": "env.alive", "env": run.env})
        if watched.metrics_at <= now:
            watched.metrics_at = now + watched.every_s
            if is_online and not watched.begun_with_env:
                watched.begun_with_env = True
                watched.began = _made_at(run) or watched.began
            if self._machine is None:
                self._machine = Machine()
            at = time.time()
            points = self._machine.numbers()
            if points and run.status == "running":
                run.sender.put_metrics((run.env, max(0, round(at - watched.began)), at, points))


def _made_at(run: Run) -> float | None:
    """When the run's env was made, so that a run that is taken up again goes on counting."""
    try:
        env: Any = run.sender.rest.get(run.sender.rest.env_path(run.env))
        return min(time.time(), datetime.fromisoformat(env["created_at"].replace("Z", "+00:00")).timestamp())
    except (PanewallError, KeyError, ValueError, AttributeError):
        return None


def is_first_of_its_job() -> bool:
    """Of many processes of one job that log to one env, the first one tells of the machine."""
    return all(os.environ.get(name, "0") in ("", "0") for name in ("RANK", "SLURM_PROCID"))


vitals = Vitals()


def after_fork() -> None:
    """A child is not the run: the parent speaks on for it."""
    global vitals
    vitals = Vitals()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
