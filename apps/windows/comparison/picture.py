"""A comparison as it stands: what the job made of some envs, and how a page comes from what it has to that.

A picture is never changed; the next one shares with it what stayed the same, so that what changed is found by looking at
identities.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..live.merge import merge as merge_ops
from .merging import Group, Look

Key = tuple[tuple[int, ...], int]


@dataclass(frozen=True, slots=True)
class EnvPart:
    """One env as the picture saw it. ``have``: the points seen, {trace id: (generation, count)}."""

    id: int
    name: str
    revision: int
    windows: dict[int, Look]
    have: dict[int, tuple[int, int]]
    #: bytes of each window's look, roughly
    sizes: dict[int, int]
    #: which of the ten was chosen for the env, if any was
    colour: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one trace: as they were read last, and the ops that came since."""

    gen: int
    count: int
    base: list
    added: tuple[list, ...] = ()
    added_count: int = 0
    byte_count: int = 0

    @property
    def ops(self) -> list[list]:
        return [self.base, *self.added]


@dataclass(frozen=True, slots=True)
class Picture:
    """What some envs look like as one, at some width."""

    envs: tuple[EnvPart, ...]
    windows: dict[int, Look]
    groups: dict[str, Group]
    lines: dict[int, Line]
    width_px: int
    made_at: float
    #: what making it took, in seconds of work
    cost_s: float = 0.0

    @property
    def revision(self) -> int:
        return sum(part.revision for part in self.envs)

    @property
    def revisions(self) -> dict[int, int]:
        return {part.id: part.revision for part in self.envs}

    def ops(
        self, windows: Mapping[int, int] | None = None, have: Mapping[int, tuple[int, int]] | None = None
    ) -> list:
        """What a page lacks that holds these windows (id: rev) and points (trace: generation, count)."""
        held, known = windows or {}, have or {}
        changed = [number for number, look in self.windows.items() if held.get(number) != look["rev"]]
        afresh = self._traces_of(changed)
        ops = self._looks([gone for gone in held if gone not in self.windows or gone in changed], changed)
        for trace, line in self.lines.items():
            if trace in afresh or known.get(trace) != (line.gen, line.count):
                ops += _joined(line.ops)
        return ops

    def changes(self, before: "Picture") -> list:
        """What brings a page from an earlier picture of the same envs to this one."""
        changed = [number for number, look in self.windows.items() if before.windows.get(number) != look]
        # A page drops the traces of a window that goes: where some moved to another window, both are told anew.
        moved = [
            number
            for number in changed
            if _ids(self.windows[number]) != _ids(before.windows.get(number, {"traces": []}))
        ]
        afresh = self._traces_of(moved)
        gone = [number for number in before.windows if number not in self.windows]
        ops = self._looks([*gone, *(number for number in moved if number in before.windows)], changed)
        for trace, line in self.lines.items():
            old = before.lines.get(trace)
            if old is None or trace in afresh or (old is not line and old.base is not line.base):
                ops += _joined(line.ops)
            elif old is not line:
                ops += _joined([op for op in line.added if _end(op) > old.count])
        return ops if len(ops) > 1 or before.env_op() != ops[0] else []

    def _looks(self, closed: list[int], told: list[int]) -> list:
        ops: list = [self.env_op(), *(["x", number, ""] for number in closed)]
        return ops + [["w", number, self._at_present(self.windows[number])] for number in told]

    def _traces_of(self, numbers: list[int]) -> set[int]:
        return {trace for number in numbers for trace in _ids(self.windows[number])}

    def env_op(self) -> list:
        """The comparison itself, told like an env."""
        return [
            "e",
            {
                "name": " + ".join(part.name for part in self.envs),
                "workspace": "",
                "status": "",
                "config": {},
                "tags": [],
                "revision": self.revision,
            },
        ]

    def _at_present(self, look: Look) -> Look:
        """A look is as old as its window's last change; what it says of points must be of now."""
        traces = [
            {**trace, "gen": line.gen, "count": line.count}
            if (line := self.lines.get(trace["id"]))
            else trace
            for trace in look["traces"]
        ]
        return {**look, "traces": traces}

    @property
    def byte_count(self) -> int:
        """Roughly what it takes in memory."""
        looks = sum(sum(part.sizes.values()) for part in self.envs)
        return 2 * looks + sum(line.byte_count for line in self.lines.values())


def _ids(look: Look) -> list[int]:
    return [trace["id"] for trace in look["traces"]]


def _end(op: list) -> int:
    return op[3] + op[4] if op[0] == "a" else op[3]


def _joined(ops: Iterable[list]) -> list:
    """Ops of one trace with appended points end to end."""
    ops = list(ops)
    if len(ops) < 2:
        return ops
    first = 1 if ops[0][0] == "l" else 0
    return ops[:first] + (
        merge_ops([list(op) for op in ops[first:]]) if len(ops) - first > 1 else ops[first:]
    )
