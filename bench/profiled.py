"""``panewall-server`` under cProfile: the main thread with its event loop, and each thread with a name worth knowing.

    python -m bench.profiled FOLDER serve --port 8097

leaves one ``<thread>.prof`` for each in FOLDER when the server ends. `bench/run --profile` starts servers so. With BENCH_CLOCK=cpu the times are
CPU time of each thread, without what it waited for: the disk, the socket, the other threads.
"""

import cProfile
import os
import pathlib
import sys
import threading
import time
from typing import Any

PROFILED = ("committer", "read", "decode", "lookup")


def main() -> None:
    folder = pathlib.Path(sys.argv.pop(1))
    plain_run = threading.Thread.run

    def run(thread: threading.Thread) -> None:
        if not thread.name.startswith(PROFILED):
            plain_run(thread)
            return
        _profiled(folder / f"{thread.name}.prof", plain_run, thread)

    threading.Thread.run = run  # type: ignore[method-assign, assignment]
    from panewall_server.cli import main as panewall_server

    _profiled(folder / "main.prof", panewall_server)


def _profiled(path: pathlib.Path, function: Any, *arguments: Any) -> None:
    clock = time.thread_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter
    profile = cProfile.Profile(clock)
    try:
        profile.runcall(function, *arguments)
    finally:
        profile.dump_stats(path)


main()
