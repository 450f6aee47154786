"""The workloads, by name, in the order they run. Each is a function of a `Trial`."""

from collections.abc import Callable

from ..trial import Trial
from . import comparing, lasting, opening, unmodified, viewing, writing

WORKLOADS: dict[str, Callable[[Trial], None]] = {
    "append": writing.append,
    "writers": writing.writers,
    "unmodified": unmodified.unmodified,
    "unmodified-writers": unmodified.writers,
    "log": writing.log,
    "arrays": writing.arrays,
    "viewers": viewing.viewers,
    "viewers-paced": viewing.viewers_paced,
    "neighbour": writing.neighbour,
    "open-line": opening.open_line,
    "open-env": opening.open_env,
    "compare": comparing.compare,
    "stalled": viewing.stalled,
    "kill": lasting.kill,
    "idle": lasting.idle,
}
