"""What a workload gets: the systems to run, the size of the trial, and where its figures go."""

import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from .servers import Server
from .systems import SYSTEMS

T = TypeVar("T")
Emit = Callable[[dict[str, Any]], None]


@dataclass
class Trial:
    """One pass over the workloads."""

    emit: Emit
    systems: list[str]
    quick: bool = False
    profile: pathlib.Path | None = None
    workload: str = ""

    def pick(self, full: T, quick: T) -> T:
        """A size, or a choice: that of a full run, or of a quick one."""
        return quick if self.quick else full

    def has(self, system: str) -> bool:
        return system in self.systems

    @contextlib.contextmanager
    def server(self, system: str, **options: Any) -> Iterator[Server]:
        """A fresh server of a system."""
        profile = None
        if self.profile is not None:
            self.profile.mkdir(parents=True, exist_ok=True)
            number = len(list(self.profile.iterdir())) + 1
            profile = self.profile / "-".join(
                [f"{number:02d}", self.workload, system, *map(str, options.values())]
            )
            profile.mkdir()
        with Server(SYSTEMS[system], profile=profile, **options) as server:
            yield server

    def note(self, system: str, params: dict[str, Any], figures: dict[str, Any]) -> None:
        """One measurement."""
        line = {"workload": self.workload, "system": system, "params": params, "figures": figures}
        self.emit({**line, "at": time.strftime("%H:%M:%S", time.gmtime())})
