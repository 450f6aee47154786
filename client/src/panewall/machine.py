"""How the machine is doing: processor, memory, disk, network and graphics cards, as metrics named ``sys/…``.

From psutil where it is installed, else from Linux's /proc; graphics cards from pynvml, else from ``nvidia-smi``. What cannot be had is
left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import Any, Callable

MB = 2**20
Points = list  # list[tuple[str, float]]
_SMI = "utilization.gpu,memory.used,memory.total,power.draw,temperature.gpu"


class Machine:
    """Remembers the counters of the last look: shares and rates are of the time since then."""

    def __init__(self) -> None:
        self._cpu = _cpu_seconds()
        self._process = time.process_time()
        self._network = _network_bytes()
        self._at = time.monotonic()
        self._cards = _find_cards()

    def numbers(self) -> Points:
        """All that can be had now."""
        points: Points = []
        now = time.monotonic()
        passed, self._at = max(1e-3, now - self._at), now
        for part in (self._processor, self._memory, self._disk, self._traffic, self._gpus):
            try:
                points += part(passed)
            except Exception:
                continue
        return points

    def _processor(self, passed: float) -> Points:
        points: Points = []
        process = time.process_time()
        points.append(("sys/cpu.process_percent", 100 * max(0.0, process - self._process) / passed))
        self._process = process
        cpu = _cpu_seconds()
        if cpu is not None and self._cpu is not None and cpu[1] > self._cpu[1]:
            busy = (cpu[0] - self._cpu[0]) / (cpu[1] - self._cpu[1])
            points.append(("sys/cpu.percent", 100 * min(1.0, max(0.0, busy))))
        self._cpu = cpu
        return points

    def _memory(self, passed: float) -> Points:
        found = _memory_bytes()
        if found is None:
            return []
        used, total, mine = found
        return [
            ("sys/memory.percent", 100 * used / total),
            ("sys/memory.used_mb", used / MB),
            ("sys/memory.process_mb", mine / MB),
        ]

    def _disk(self, passed: float) -> Points:
        usage = shutil.disk_usage(os.getcwd())
        return [
            ("sys/disk.percent", 100 * usage.used / max(1, usage.total)),
            ("sys/disk.free_mb", usage.free / MB),
        ]

    def _traffic(self, passed: float) -> Points:
        before, self._network = self._network, _network_bytes()
        if before is None or self._network is None:
            return []
        received, sent = (max(0, now - then) for now, then in zip(self._network, before))
        return [
            ("sys/network.received_kb_s", received / 1024 / passed),
            ("sys/network.sent_kb_s", sent / 1024 / passed),
        ]

    def _gpus(self, passed: float) -> Points:
        if self._cards is None:
            return []
        try:
            return self._cards()
        except Exception:
            self._cards = None  # a driver that fails once fails every time, and slowly
            return []


def _cpu_seconds() -> tuple[float, float] | None:
    """(busy, all) since the start of the machine."""
    try:
        import psutil

        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        return total - idle, total
    except ImportError:
        pass
    try:
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [float(field) for field in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return None
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _memory_bytes() -> tuple[float, float, float] | None:
    """(used, all, of this process)"""
    try:
        import psutil

        memory = psutil.virtual_memory()
        return memory.total - memory.available, memory.total, psutil.Process().memory_info().rss
    except ImportError:
        pass
    found: dict[str, float] = {}
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                name, _, value = line.partition(":")
                found[name] = float(value.split()[0]) * 1024
        with open("/proc/self/statm", encoding="ascii") as file:
            mine = float(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
    total = found["MemTotal"]
    return total - found.get("MemAvailable", found.get("MemFree", 0.0)), total, mine


def _network_bytes() -> tuple[float, float] | None:
    """(received, sent) by all but the loopback interface."""
    try:
        import psutil

        cards = psutil.net_io_counters(pernic=True)
        outside = [card for name, card in cards.items() if not name.startswith("lo")]
        return sum(card.bytes_recv for card in outside), sum(card.bytes_sent for card in outside)
    except ImportError:
        pass
    except Exception:
        return None
    received = sent = 0.0
    try:
        with open("/proc/net/dev", encoding="ascii") as file:
            for line in list(file)[2:]:
                name, _, rest = line.partition(":")
                if name.strip() != "lo":
                    fields = rest.split()
                    received, sent = received + float(fields[0]), sent + float(fields[8])
    except (OSError, ValueError, IndexError):
        return None
    return received, sent


def _find_cards() -> Callable[[], Points] | None:
    """How to ask NVIDIA's graphics cards; None: there are none to ask."""
    try:
        import pynvml

        pynvml.nvmlInit()
        if pynvml.nvmlDeviceGetCount():
            return lambda: _by_pynvml(pynvml)
    except Exception:
        pass
    return _by_nvidia_smi if shutil.which("nvidia-smi") else None


def _by_pynvml(nvml: Any) -> Points:
    points: Points = []
    for number in range(nvml.nvmlDeviceGetCount()):
        card = nvml.nvmlDeviceGetHandleByIndex(number)
        memory = nvml.nvmlDeviceGetMemoryInfo(card)
        watts = nvml.nvmlDeviceGetPowerUsage(card) / 1000
        heat = nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU)
        busy = nvml.nvmlDeviceGetUtilizationRates(card).gpu
        points += _card(number, busy, memory.used / MB, memory.total / MB, watts, heat)
    return points


def _by_nvidia_smi() -> Points:
    ask = ["nvidia-smi", f"--query-gpu={_SMI}", "--format=csv,noheader,nounits"]
    done = subprocess.run(
        ask, capture_output=True, text=True, timeout=5, check=True, stdin=subprocess.DEVNULL
    )
    points: Points = []
    for number, line in enumerate(done.stdout.splitlines()):
        points += _card(number, *(_number(field) for field in line.split(",")))
    return points


def _number(field: str) -> float | None:
    """None for what a card does not tell: "[N/A]"."""
    try:
        return float(field)
    except ValueError:
        return None


def _card(
    number: int,
    busy: float | None,
    used_mb: float | None,
    total_mb: float | None,
    watts: float | None,
    heat: float | None,
) -> Points:
    share = 100 * used_mb / total_mb if used_mb is not None and total_mb else None
    found = {
        "percent": busy,
        "memory_percent": share,
        "memory_mb": used_mb,
        "power_w": watts,
        "temperature_c": heat,
    }
    return [(f"sys/gpu.{number}.{name}", float(value)) for name, value in found.items() if value is not None]
