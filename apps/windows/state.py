"""What the committer remembers of the envs it writes to, so that an append reads nothing.

Good as long as the env's revision is the one remembered plus one when the committer takes it under lock: then
nobody else has written there meanwhile. Otherwise the env is forgotten and read anew.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import msgpack

from .models import Chunk, Tail, TextPart, Trace, Window
from .series import store
from .series.store import Series

#: Traces whose tails are kept in memory, over all envs: about 8 kB each.
MOST_TRACES = 20_000


@dataclass(slots=True)
class TraceState:
    """A living trace: its row, and its series with the tail loaded at first need."""

    id: int
    index: int
    name: str
    mode: str
    dates: bool
    attrs: bytes
    series: Series
    is_series: bool
    loaded: bool = False

    @classmethod
    def of(cls, row: Trace) -> "TraceState":
        series = Series(
            row.pk, list(row.columns), row.generation, row.sealed, row.chunks, row.monotone, row.aligned
        )
        series.stored = series.header
        return cls(
            row.pk, row.index, row.name, row.mode, row.dates, bytes(row.attrs), series, bool(row.columns)
        )

    def load(self, cursor: Any) -> Series:
        if not self.loaded:
            store.load_tail(cursor, self.series)
            self.loaded = True
        return self.series


@dataclass(slots=True)
class WindowState:
    """A living window with its traces in order."""

    id: int
    key: str
    kind: str
    title: str
    place: int
    revision: int
    body: dict[str, Any]
    text_length: int = 0
    traces: list[TraceState] = field(default_factory=list)

    @classmethod
    def of(cls, row: Window, traces: list[Trace]) -> "WindowState":
        return cls(
            row.pk,
            row.key,
            row.kind,
            row.title,
            row.place,
            row.revision,
            msgpack.unpackb(bytes(row.body)),
            row.text_length,
            [TraceState.of(trace) for trace in traces],
        )

    def find(self, name: str | None, index: int | None) -> TraceState | None:
        if name is not None:
            return next((t for t in self.traces if t.name == name), None)
        return next((t for t in self.traces if t.index == index), None)


@dataclass(slots=True)
class EnvState:
    """An env as of ``revision``. Windows are read when first named; None is "known to be missing"."""

    id: int
    workspace_id: int
    revision: int
    windows: dict[str, WindowState | None] = field(default_factory=dict)
    window_count: int | None = None
    next_place: int | None = None
    #: when its row was last marked as written to, by the monotonic clock
    stamped_at: float = -1e9

    def window(self, key: str) -> WindowState | None:
        if key not in self.windows:
            row = Window.objects.living().filter(env_id=self.id, key=key).first()
            self.windows[key] = WindowState.of(row, list(row.traces.all())) if row else None
        return self.windows[key]

    def count_windows(self) -> int:
        if self.window_count is None:
            self.window_count = Window.objects.living().filter(env_id=self.id).count()
        return self.window_count

    def take_place(self) -> int:
        if self.next_place is None:
            last = Window.objects.filter(env_id=self.id).order_by("-place").first()
            self.next_place = last.place + 1 if last else 0
        self.next_place += 1
        return self.next_place - 1

    @property
    def trace_count(self) -> int:
        return 1 + sum(len(w.traces) for w in self.windows.values() if w)


class EnvCache:
    """The least recently written envs are forgotten first."""

    #: Counting what is kept takes time that grows with it, so it is done once in so many commits.
    COUNTED_EVERY = 256

    def __init__(self) -> None:
        self._envs: OrderedDict[int, EnvState] = OrderedDict()
        self._commits = 0

    def get(self, env_id: int) -> EnvState | None:
        if env_id in self._envs:
            self._envs.move_to_end(env_id)
        return self._envs.get(env_id)

    def put(self, env: EnvState) -> None:
        self._envs[env.id] = env
        self._envs.move_to_end(env.id)

    def drop(self, env_id: int) -> None:
        self._envs.pop(env_id, None)

    def shrink(self) -> None:
        """Called after each commit."""
        self._commits += 1
        if self._commits % self.COUNTED_EVERY:
            return
        total = sum(env.trace_count for env in self._envs.values())
        while total > MOST_TRACES and len(self._envs) > 1:
            _, env = self._envs.popitem(last=False)
            total -= env.trace_count


def delete_traces(trace_ids: list[int]) -> None:
    """Remove traces with all their points, for good."""
    Tail.objects.filter(trace_id__in=trace_ids).delete()
    Chunk.objects.filter(trace_id__in=trace_ids).delete()
    Trace.objects.filter(pk__in=trace_ids)._raw_delete(using="default")


def delete_texts(window_ids: list[int]) -> None:
    TextPart.objects.filter(window_id__in=window_ids).delete()
