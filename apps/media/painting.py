"""The painter as seen from here: a program that is kept while there is work, and replaced when it fails or takes too long."""

import atexit
import contextlib
import json
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).with_name("painter.py")
#: Enough for the largest picture that is taken, unpacked, and its copies.
MOST_BYTES = 2 * 1024**3
PATIENCE_S = 90.0
#: Without work for so long, it goes.
IDLE_S = 30.0


class Failed(Exception):
    """A picture could not be made smaller; says why."""


class Ended(Exception):
    """The painter is gone, in the middle of a picture."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture made smaller: for which width, its bytes, its size in pixels."""

    width: int
    data: bytes
    size: tuple[int, int]


class Painter:
    """Used from any thread; one picture at a time."""

    def __init__(self, niceness: int) -> None:
        self._niceness = niceness
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._used_at = 0.0

    def paint(self, data: bytes, widths: list[int]) -> list[Painted]:
        """The picture at each of these widths, the widest first.

        Raises:
            Failed: it cannot be read, or not in the time and memory there are.
        """
        with self._lock:
            is_old = self._process is not None
            try:
                return self._paint(data, widths)
            except Ended:
                if is_old:  # it may have ended for a reason of its own, such as a machine short of memory
                    with contextlib.suppress(Ended):
                        return self._paint(data, widths)
                raise Failed("The picture needs more time or memory than there is for one.") from None
            finally:
                self._used_at = time.monotonic()

    def _paint(self, data: bytes, widths: list[int]) -> list[Painted]:
        process = self._running()
        clock = threading.Timer(PATIENCE_S, process.kill)
        clock.daemon = True
        clock.start()
        try:
            return self._ask(process, data, widths)
        except (OSError, struct.error, ValueError, EOFError) as error:
            self._end()
            raise Ended from error
        finally:
            clock.cancel()

    def close(self) -> None:
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):  # what was on its way to it
                    if pipe is not None:
                        pipe.close()
            self._process = None

    def _ask(self, process: "subprocess.Popen[bytes]", data: bytes, widths: list[int]) -> list[Painted]:
        assert process.stdin is not None and process.stdout is not None
        asked = json.dumps({"size": len(data), "widths": widths}).encode()
        process.stdin.write(struct.pack(">I", len(asked)) + asked)
        process.stdin.write(data)
        process.stdin.flush()
        head = process.stdout.read(4)
        if not head:
            raise EOFError
        said = json.loads(process.stdout.read(struct.unpack(">I", head)[0]))
        if "error" in said:
            raise Failed(f"The picture cannot be made smaller ({said['error']}).")
        return [
            Painted(width, process.stdout.read(size), (across, down))
            for width, size, across, down in said["made"]
        ]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            command = [sys.executable, "-I", str(PROGRAM), str(MOST_BYTES), str(self._niceness)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            watch = threading.Timer(IDLE_S, self._end_when_idle)
            watch.daemon = True
            watch.start()
        return self._process

    def _end_when_idle(self) -> None:
        left = self._used_at + IDLE_S - time.monotonic()
        if left <= 0:
            self.close()
            return
        watch = threading.Timer(left + 0.1, self._end_when_idle)
        watch.daemon = True
        watch.start()


#: Of what is made ahead nobody may notice anything.
painter = Painter(niceness=15)
#: For people who wait: a program as nice as the other one gets next to nothing of a machine that is loading a page.
prompt_painter = Painter(niceness=2)
atexit.register(painter.close)
atexit.register(prompt_painter.close)
