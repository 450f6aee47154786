"""One commit's worth of changes: what handlers write through, and what pages are told afterwards."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env

from . import deltas
from .bounds import limits
from .models import Window
from .series import columns as col
from .series import read, store
from .state import EnvState, TraceState, WindowState


@dataclass(slots=True)
class EnvDelta:
    """What one commit changed in one env, as ops of the live wire."""

    env_id: int
    revision: int
    ops: list


@dataclass(slots=True)
class _Growth:
    """A trace that got points: they begin at ``offset``."""

    env: EnvState
    trace: TraceState
    offset: int


@dataclass
class Transaction:
    """Handed to every handler. ``env`` and ``principal`` are those of the command at hand."""

    cursor: Any
    now: datetime
    envs: dict[int, EnvState] = field(default_factory=dict)
    env: EnvState | None = None
    principal: Principal | None = None

    def __post_init__(self) -> None:
        self.limits = limits()
        self._changed: dict[int, tuple[EnvState, WindowState]] = {}
        self._whole: set[int] = set()
        self._growing: dict[int, _Growth] = {}
        self._ops: dict[int, list] = {}
        self._extra: dict[int, list] = {}
        self._meta: set[int] = set()

    # --- what handlers say

    def split_name(self, name: str) -> tuple[int, str]:
        """(workspace id, env name), if the principal may make envs there."""
        assert self.principal is not None
        workspace, env_name = access.split_name(self.principal, name)
        access.require(self.principal, "edit", workspace)
        return workspace.pk, env_name

    def save_window(self, env: EnvState, window: WindowState, body: bytes) -> None:
        """Write the window's row, and tell."""
        window.revision = env.revision
        Window.objects.filter(pk=window.id).update(
            kind=window.kind,
            title=window.title,
            body=body,
            revision=env.revision,
            text_length=window.text_length,
            updated_at=self.now,
        )
        self._changed[window.id] = (env, window)

    def touch_window(self, env: EnvState, window: WindowState) -> None:
        """Its look changed, its row but for the revision did not."""
        self._changed[window.id] = (env, window)

    def touch_row(self, env: EnvState, window: WindowState) -> None:
        """What hangs on it changed and is told apart; returning pages must hear of it."""
        if window.revision != env.revision:
            window.revision = env.revision
            stamp = connection.ops.adapt_datetimefield_value(self.now)
            self.cursor.execute(
                "UPDATE windows_window SET revision = %s, updated_at = %s WHERE id = %s",
                (env.revision, stamp, window.id),
            )

    def window_changed(self, env: EnvState, window: WindowState, *, whole: bool = False) -> None:
        """``whole``: pages know nothing of it, so they must fetch the data too."""
        self._changed[window.id] = (env, window)
        if whole:
            self._whole.add(window.id)

    def window_gone(self, env: EnvState, window: WindowState) -> None:
        self._changed.pop(window.id, None)
        for trace in window.traces:
            self._growing.pop(trace.id, None)
            if trace.series.fresh_count:
                store.flush(self.cursor, trace.series)
        self._ops.setdefault(env.id, []).append(["x", window.id, window.key])

    def env_changed(self, env: EnvState) -> None:
        self._meta.add(env.id)

    def nothing_to_tell(self, env: EnvState) -> None:
        """Its revision moves on, and pages have nothing to draw: told so, they need not look for what they missed."""
        self._extra.setdefault(env.id, [])

    def env_gone(self, env: EnvState) -> None:
        self._extra.setdefault(env.id, []).append(["gone"])

    def tell(self, env: EnvState, op: list) -> None:
        """Send an op of another app's with this commit, after the windows."""
        self._extra.setdefault(env.id, []).append(op)

    def appending(self, env: EnvState, trace: TraceState) -> None:
        """Points are about to be accepted at the trace's end."""
        if trace.id not in self._growing:
            self._growing[trace.id] = _Growth(env, trace, trace.series.count)

    def appending_to(self, trace: TraceState) -> None:
        assert self.env is not None
        self.appending(self.env, trace)

    def replaced(self, env: EnvState, trace: TraceState) -> None:
        """All its points are about to go."""
        self._growing[trace.id] = _Growth(env, trace, 0)

    def dropped(self, trace: TraceState) -> None:
        self._growing.pop(trace.id, None)

    def merge_steps(self, env: EnvState, trace: TraceState, points: col.Columns) -> None:
        """Write points by step, anywhere in the trace."""
        self.appending(env, trace)
        growth = self._growing[trace.id]
        growth.offset = min(growth.offset, store.merge_steps(self.cursor, trace.series, points))

    # --- what the committer does at the end

    def finish(self) -> list[EnvDelta]:
        """Write accepted points and changed revisions; say what each env's pages must hear."""
        for env, window in self._changed.values():
            self.touch_row(env, window)
        data: dict[int, list] = {}
        tails: store.TailRows = []
        for growth in self._growing.values():
            data.setdefault(growth.env.id, []).append(self._write(growth, tails))
        store.insert_tails(self.cursor, tails)
        touched = {env.id for env, _ in self._changed.values()} | set(data) | set(self._ops) | self._meta
        return [
            EnvDelta(env.id, env.revision, self._env_ops(env, data.get(env.id, [])))
            for env in self.envs.values()
            if env.id in touched or env.id in self._extra
        ]

    def _write(self, growth: _Growth, tails: store.TailRows) -> list:
        """The op of a trace's new points. Their row is added to ``tails`` where nothing is read back before it is written."""
        series = growth.trace.series
        whole = growth.offset == series.count - series.fresh_count
        points = col.join(series.fresh, series.columns) if whole and series.fresh else None
        store.flush(self.cursor, series, None if points is None else tails)
        if points is None:
            if series.count - growth.offset > deltas.MOST_POINTS:
                return ["g", series.id, series.generation, series.count]
            points = read.points(self.cursor, series, growth.offset, series.count)
        return deltas.points_op(series, growth.offset, points)

    def _env_ops(self, env: EnvState, data: list) -> list:
        ops = list(self._ops.get(env.id, []))
        if env.id in self._meta:
            ops.append(env_op(env.id))
        mine = [window for owner, window in self._changed.values() if owner.id == env.id]
        ops += window_ops(mine)
        for window in mine:
            if window.id in self._whole:
                ops += [
                    ["g", t.id, t.series.generation, t.series.count] for t in window.traces if t.is_series
                ]
        return ops + data + self._extra.get(env.id, [])


def env_op(env_id: int, using: str = "default") -> list:
    """``e``: the env itself."""
    row = Env.objects.using(using).select_related("workspace").get(pk=env_id)
    return [
        "e",
        {
            "name": row.name,
            "workspace": row.workspace.name,
            "status": row.status,
            "status_at": None if row.status_at is None else row.status_at.timestamp(),
            "config": row.config,
            "tags": row.tags,
            "notes": row.notes,
            "colour": row.colour,
            "revision": row.revision,
        },
    ]


def window_ops(windows: list[WindowState], using: str = "default") -> list:
    """``w`` ops of many windows; what other apps keep is asked for once per kind."""
    content: dict[int, Any] = {}
    for kind, look_up in deltas.contents.items():
        ids = [window.id for window in windows if window.kind == kind]
        if ids:
            content |= look_up(ids, using)
    return [deltas.window_op(window, content.get(window.id)) for window in windows]
