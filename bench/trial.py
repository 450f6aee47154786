"""What a workload gets: the systems to run, the size of the trial, and where its figures go."""

import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .servers import Server
from .systems import SYSTEMS

Emit = Callable[[dict[str, Any]], None]


@dataclass
class Trial:
    """One pass over the workloads."""

    emit: Emit
    systems: list[str]
    quick: bool = False
    profile: pathlib.Path | None = None
    workload: str = ""
    _profiles: list[pathlib.Path] = field(default_factory=list)

    def pick(self, full: int, quick: int) -> int:
        """A size: that of a full run, or of a quick one."""
        return quick if self.quick else full

    def has(self, system: str) -> bool:
        return system in self.systems

    @contextlib.contextmanager
    def server(self, system: str, **options: Any) -> Iterator[Server]:
        """A fresh server of a system."""
        profile = None
        if self.profile is not None:
            profile = self.profile / "-".join([self.workload, system, *map(str, options.values())])
            profile.mkdir(parents=True, exist_ok=True)
        with Server(SYSTEMS[system], profile=profile, **options) as server:
            yield server

    def note(self, system: str, params: dict[str, Any], figures: dict[str, Any]) -> None:
        """One measurement."""
        line = {"workload": self.workload, "system": system, "params": params, "figures": figures}
        self.emit({**line, "at": time.strftime("%H:%M:%S", time.gmtime())})
