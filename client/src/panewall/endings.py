"""How the program ended: an exception that nobody caught, an exit code, or a request to terminate.

Asked at its end, for the status of the runs that nobody finished.
"""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any, Callable

TERMINATED_S = 5.0  # whoever asks to terminate does not wait long before it kills

_hook: Callable[..., None] | None = None
_exit: Callable[..., Any] | None = None
_failed = False
_terminated = False


def watch() -> None:
    """Begin to notice. May be called again: others' hooks that came since are kept."""
    _watch_exceptions()
    _watch_exit()
    _watch_termination()


def has_failed() -> bool:
    """Did the program end as it should not have?"""
    return _failed or _terminated


def most_wait_s() -> float | None:
    """How long the end may take, where somebody waits for it."""
    return TERMINATED_S if _terminated else None


def _watch_exceptions() -> None:
    global _hook
    if _hook is not None and sys.excepthook is _hook:
        return
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        global _failed
        _failed = True
        before(kind, error, trace)

    _hook = hook
    sys.excepthook = hook


def _watch_exit() -> None:
    """`sys.exit` with a code other than 0: the interpreter keeps it from everybody."""
    global _exit
    if _exit is not None and sys.exit is _exit:
        return
    before: Callable[..., Any] = sys.exit

    def leave(status: Any = None, /) -> Any:
        global _failed
        if threading.current_thread() is threading.main_thread():
            _failed = status not in (None, 0)
        before(status)

    _exit = leave
    sys.exit = leave  # type: ignore[assignment]


def _watch_termination() -> None:
    """SIGTERM, which ends a program without a word, becomes an exit, unless the program has its own way with it."""
    if threading.current_thread() is not threading.main_thread():
        return
    try:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminate)
    except (ValueError, OSError):
        pass


def _terminate(number: int, frame: Any) -> None:
    global _terminated
    _terminated = True
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # asked twice, it ends at once
    raise SystemExit(128 + number)
