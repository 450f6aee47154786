"""What this process has done since it began, in the text form that Prometheus reads."""

import threading
from bisect import bisect_left
from collections.abc import Iterable

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

#: name, type (counter or gauge), what it means, value
Measure = tuple[str, str, str, float]


class Commits:
    """Counts what the committer did. One thread writes, any may read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.groups = self.batches = self.commands = self.refused = 0
        self.seconds = 0.0
        self.slower = [0] * (len(BUCKETS_S) + 1)

    def note(self, *, batches: int, commands: int, refused: int, seconds: float) -> None:
        with self._lock:
            self.groups += 1
            self.batches += batches
            self.commands += commands
            self.refused += refused
            self.seconds += seconds
            self.slower[bisect_left(BUCKETS_S, seconds)] += 1

    def text(self) -> str:
        with self._lock:
            counts, seconds, groups = list(self.slower), self.seconds, self.groups
            plain: list[Measure] = [
                ("panewall_batches_total", "counter", "Batches of commands that came in.", self.batches),
                ("panewall_commands_total", "counter", "Commands in them.", self.commands),
                ("panewall_commands_refused_total", "counter", "Commands that were refused.", self.refused),
            ]
        name = "panewall_commit_seconds"
        lines = [
            f"# HELP {name} How long the commit of a group of batches took.",
            f"# TYPE {name} histogram",
        ]
        below = 0
        for bound, count in zip((*BUCKETS_S, "+Inf"), counts, strict=True):
            below += count
            lines.append(f'{name}_bucket{{le="{bound}"}} {below}')
        lines += [f"{name}_sum {seconds:.6f}", f"{name}_count {groups}"]
        return text(plain) + "\n".join(lines) + "\n"


def text(measures: Iterable[Measure]) -> str:
    return "".join(
        f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n"
        for name, kind, meaning, value in measures
    )


commits = Commits()
