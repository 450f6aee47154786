"""Where and with what a run was made: figures mean nothing without it."""

import os
import pathlib
import platform
import sqlite3
import subprocess
import time
from typing import Any

import psutil

from .systems import SYSTEMS

ROOT = pathlib.Path(__file__).resolve().parent.parent


def about(systems: list[str]) -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "chromium": _said("chromium", "--version"),
        "commit": _said("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*"),
        "versions": {name: SYSTEMS[name].versions() for name in systems},
    }


def _processor() -> str:
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _said(*argv: str) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
