"""The best step of envs: where a metric is lowest or highest, and which picture lies nearest to it.

Plain: each env at the metric's best step, whatever there is to see. With image: each env, in each of its cards, at the picture
nearest to the best point that has one within the tolerance. A worse point with a picture wins over a better one without.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from django.db import connections

from apps.envs.models import Env
from apps.jobs.gate import read_snapshot
from apps.windows.models import Trace, Window
from apps.windows.series import store
from apps.windows.series.extremes import Ranges, Search
from apps.windows.state import TraceState

Mode = Literal["min", "max"]
#: Kinds of windows whose samples can be looked at step by step, and so be pinned.
PICTURES = (Window.Kind.IMAGE, Window.Kind.VIDEO, Window.Kind.AUDIO)
#: Windows asked for in one query; databases bound the terms of one.
BATCH = 500


@dataclass(slots=True, frozen=True)
class Asked:
    """What to look for. ``tolerance``: steps between a point of the metric and its picture, at most."""

    metric: str
    mode: Mode
    with_image: bool
    tolerance: int


@dataclass(slots=True, frozen=True)
class Found:
    """Where to pin an env; in one card, or with ``card`` None on the whole page."""

    env: Env
    card: str | None
    step: int
    metric_step: int
    value: float
    has_image: bool
    alternative: dict[str, Any] | None = None

    @property
    def distance(self) -> int:
        return abs(self.step - self.metric_step)


@dataclass(slots=True, frozen=True)
class Missed:
    """Why an env, or one of its cards, gets no pin."""

    env: Env
    card: str | None
    reason: Literal["no_metric", "no_points", "no_images", "out_of_reach"]


@dataclass(slots=True)
class Result:
    found: list[Found] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)


def best_steps(envs: list[Env], asked: Asked) -> Result:
    """Where each of these envs is best, in their order; every env is in ``found`` or in ``missed``.

    Reads one moment of the database. What it costs grows with the stored rows it must look into, not with the points of the
    metric, and hardly with the pictures.
    """
    result = Result()
    with read_snapshot() as using, connections[using].cursor() as cursor:
        traces = _traces(envs, asked.metric, using)
        with_metric = [env for env in envs if env.pk in traces]
        windows = _picture_windows(with_metric, using)
        steps = _steps(cursor, windows) if asked.with_image else {}
        for env in envs:
            if env.pk not in traces:
                result.missed.append(Missed(env, None, "no_metric"))
                continue
            series = TraceState.of(traces[env.pk]).series
            store.load_tail(cursor, series)
            search = Search(cursor, series, highest=asked.mode == "max")
            if asked.with_image:
                _with_image(env, search, steps.get(env.pk, {}), asked.tolerance, result)
            else:
                _plain(env, search, cursor, windows, result)
    return result


def _plain(env: Env, search: Search, cursor: Any, windows: "Windows", result: Result) -> None:
    place = search.everywhere()
    if place is None:
        result.missed.append(Missed(env, None, "no_points"))
        return
    step = int(place[0])
    mine = [window for window, (env_id, _) in windows.items() if env_id == env.pk]
    result.found.append(Found(env, None, step, step, place[1], _has_sample(cursor, mine, step)))


def _with_image(
    env: Env, search: Search, cards: dict[str, np.ndarray], tolerance: int, result: Result
) -> None:
    if search.everywhere() is None:
        result.missed.append(Missed(env, None, "no_points"))
        return
    if not cards:
        result.missed.append(Missed(env, None, "no_images"))
    known: dict[bytes, tuple[float, float] | None] = {}  # pictures are mostly logged together
    for card, steps in cards.items():
        key = steps.tobytes()
        if key not in known:
            known[key] = search.within(Ranges.around(steps, tolerance))
        place = known[key]
        if place is None:
            result.missed.append(Missed(env, card, "out_of_reach"))
            continue
        metric_step = int(place[0])
        nearest, alternative = nearest_picture(steps, metric_step, tolerance)
        result.found.append(Found(env, card, nearest, metric_step, place[1], True, alternative))


def nearest_picture(steps: np.ndarray, metric_step: int, tolerance: int) -> tuple[int, dict[str, Any] | None]:
    """The step nearest to ``metric_step``, of two equally near the later one; and the nearest other within reach.

    Args:
        steps: int64, shape (n,), rising, each once; at least one lies within ``tolerance``.

    Returns:
        The step, and if more than one lies within ``tolerance`` a map: ``step`` of the nearest other, whether it is ``exact`` a tie, and
        how many lie ``within`` reach.
    """
    low, high = np.searchsorted(steps, [metric_step - tolerance, metric_step + tolerance + 1])
    at = int(np.searchsorted(steps, metric_step))
    near = sorted(
        (int(step) for step in steps[max(low, at - 2) : min(high, at + 2)]),
        key=lambda step: (abs(step - metric_step), -step),
    )
    if len(near) == 1:
        return near[0], None
    chosen, other = near[:2]
    exact = abs(chosen - metric_step) == abs(other - metric_step)
    return chosen, {"step": other, "exact": exact, "within": int(high - low)}


# --- reading

#: {id: (env id, label)}
Windows = dict[int, tuple[int, str]]


def _traces(envs: Iterable[Env], metric: str, using: str) -> dict[int, Trace]:
    """The metric's trace of each env that has it, by the env's id."""
    traces = Trace.objects.using(using).filter(
        window__env__in=[env.pk for env in envs],
        window__key=metric,
        window__kind=Window.Kind.METRIC,
        window__deleted_at=None,
        mode=Trace.Mode.STEP,
    )
    return {trace.window.env_id: trace for trace in traces.select_related("window").defer("window__body")}


def _picture_windows(envs: Iterable[Env], using: str) -> Windows:
    windows = Window.objects.using(using).living().filter(env__in=[env.pk for env in envs], kind__in=PICTURES)
    rows = windows.order_by("place", "pk").values_list("pk", "env_id", "title", "key")
    return {pk: (env, title or key) for pk, env, title, key in rows}


def _steps(cursor: Any, windows: Windows) -> dict[int, dict[str, np.ndarray]]:
    """By env and card the steps with something to show, rising, each once. Windows of one label are one card."""
    steps: dict[int, list[int]] = {}
    ids = list(windows)
    for at in range(0, len(ids), BATCH):
        part = ids[at : at + BATCH]
        cursor.execute(
            "SELECT DISTINCT window_id, step FROM media_sample"
            f" WHERE window_id IN ({', '.join(['%s'] * len(part))}) ORDER BY window_id, step",
            part,
        )
        for window, step in cursor.fetchall():
            steps.setdefault(window, []).append(step)
    cards: dict[int, dict[str, np.ndarray]] = {}
    for window, (env, label) in windows.items():
        if window in steps:
            mine = cards.setdefault(env, {})
            here = np.array(steps[window], dtype=np.int64)
            mine[label] = np.union1d(mine[label], here) if label in mine else here
    return cards


def _has_sample(cursor: Any, windows: list[int], step: int) -> bool:
    for at in range(0, len(windows), BATCH):
        part = windows[at : at + BATCH]
        marks = ", ".join(["%s"] * len(part))
        cursor.execute(
            f"SELECT 1 FROM media_sample WHERE window_id IN ({marks}) AND step = %s LIMIT 1", [*part, step]
        )
        if cursor.fetchone():
            return True
    return False
