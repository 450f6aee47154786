"""Starts a program in bounds: niced, with so much memory, time of the processor and size of file, and ending with its parent.

A program of its own, since a server of many threads must not run code between fork and exec.
Usage: launcher.py <memory bytes> <processor seconds> <file bytes> <program> <argument>…
"""

import os
import sys

NICENESS = 15


def main() -> None:
    memory, seconds, size = map(int, sys.argv[1:4])
    try:
        os.nice(NICENESS)
        import resource

        for kind, most in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, size),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (most, most))
    except (ImportError, OSError, ValueError):
        pass  # a system without these: the wall clock is watched by whoever started this
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig, sigkill = 1, 9
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, sigkill)
    os.execv(sys.argv[4], sys.argv[4:])


if __name__ == "__main__":
    main()
