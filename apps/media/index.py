"""Which samples windows hold, as pages get it: one op a window, columns of numbers, read by one query for all of them.

A card with a hundred envs and a hundred steps each is ten thousand samples; a page needs all their places to draw its slider,
and none of their bytes. A page that has a window's list already says so by its mark, and gets what came after it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import numpy as np
from django.conf import settings
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from apps.jobs.gate import read_snapshot
from apps.windows.commands import FILE_KINDS, pack_array
from apps.windows.models import Window as WindowRow

from .models import Sample

#: Windows asked for in one query; databases bound the terms of one.
BATCH = 200
_MARK = re.compile(r"(\d{1,9})\.(-?\d{1,19})\.(\d{1,10})\.(\d{1,19})\.(\d{1,17})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page was told last of a window: how many samples, up to where, the newest row, and when the latest of them was logged."""

    count: int
    step: int
    index: int
    row: int
    logged_us: int

    def __str__(self) -> str:
        return f"{self.count}.{self.step}.{self.index}.{self.row}.{self.logged_us}"

    @classmethod
    def of(cls, rows: list[tuple]) -> Self:
        return cls(
            count=len(rows),
            step=rows[-1][1],
            index=rows[-1][2],
            row=max(row[9] for row in rows),
            logged_us=max(_microseconds(row[8]) for row in rows),
        )

    def then(self, added: "Mark") -> "Mark":
        """Of both, one behind the other."""
        return Mark(
            count=self.count + added.count,
            step=added.step,
            index=added.index,
            row=max(self.row, added.row),
            logged_us=max(self.logged_us, added.logged_us),
        )

    @classmethod
    def read(cls, text: Any) -> "Mark | None":
        """A mark that a page sent back; None where it is none."""
        found = _MARK.fullmatch(text) if isinstance(text, str) else None
        return cls(*map(int, found.groups())) if found else None


def read(env_ids: list[int], window_ids: list[int], message: Mapping[str, Any]) -> list:
    """``i`` ops of the living windows of files among these that belong to these envs.

    ``message`` may have ``marks``: what of a window came after its mark, if nothing before that changed, is all that is told of it.
    """
    marks = marks_of(message)
    ops: list = []
    with read_snapshot() as using:
        for at in range(0, len(window_ids), BATCH):
            part = window_ids[at : at + BATCH]
            windows = WindowRow.objects.using(using).living().filter(kind__in=FILE_KINDS, env_id__in=env_ids)
            held: dict[int, list[tuple]] = {
                pk: [] for pk in windows.filter(pk__in=part).order_by("pk").values_list("pk", flat=True)
            }
            added = _added({window: marks[window] for window in held if window in marks}, using)
            for row in _rows([window for window in held if window not in added], using):
                held[row[0]].append(row)
            ops += [
                ["i", window, _added_columns(added[window], marks[window])]
                if window in added
                else ["i", window, {**_columns(rows), **({"mark": str(Mark.of(rows))} if rows else {})}]
                for window, rows in held.items()
            ]
    return ops


def marks_of(message: Mapping[str, Any]) -> dict[int, Mark]:
    """{window: mark}, what is none left out: that window is told whole."""
    sent = message.get("marks")
    if not isinstance(sent, dict) or len(sent) > 10_000:
        return {}
    return {
        int(window): mark
        for window, text in sent.items()
        if str(window).isdecimal() and len(str(window)) < 20 and (mark := Mark.read(text)) is not None
    }


def _added(marks: Mapping[int, Mark], using: str) -> dict[int, list[tuple]]:
    """The samples that came behind the marks; windows in which anything else changed are left out."""
    samples = Sample.objects.using(using).filter(window_id__in=list(marks))
    counts = dict(samples.order_by().values_list("window_id").annotate(Count("pk")))
    is_new = Q(pk__in=[])
    for window, mark in marks.items():
        # One that took another's place has its row, and a later time.
        latest = _EPOCH + timedelta(microseconds=mark.logged_us)
        is_new |= Q(window_id=window) & (Q(pk__gt=mark.row) | Q(logged_at__gt=latest))
    added: dict[int, list[tuple]] = {window: [] for window in marks}
    for row in samples.filter(is_new).order_by("window_id", "step", "index").values_list(*COLUMNS):
        added[row[0]].append(row)
    most = settings.PANEWALL.limits.index_samples
    return {
        window: rows
        for window, rows in added.items()
        if marks[window].count + len(rows) == counts.get(window, 0) <= most
        and all(row[1:3] > (marks[window].step, marks[window].index) for row in rows[:1])
    }


def _added_columns(rows: list[tuple], mark: Mark) -> dict[str, Any]:
    now = mark.then(Mark.of(rows)) if rows else mark
    return {**_columns(rows), "from": mark.count, "mark": str(now)}


COLUMNS = (
    *("window_id", "step", "index", "asset_id", "asset__width", "asset__height"),
    *("asset__content_type", "caption", "logged_at", "pk"),
)


def _rows(window_ids: list[int], using: str) -> Any:
    """The last samples of each window, in their order, with how far from its end each lies."""
    most = settings.PANEWALL.limits.index_samples
    samples = Sample.objects.using(using).filter(window_id__in=window_ids)
    if samples.count() > most:
        backwards = Window(
            RowNumber(), partition_by="window_id", order_by=[F("step").desc(), F("index").desc()]
        )
        samples = samples.annotate(place=backwards).filter(place__lte=most)
    return samples.order_by("window_id", "step", "index").values_list(*COLUMNS).iterator(chunk_size=5000)


def _columns(rows: list[tuple]) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    types = [kinds.setdefault(row[6], len(kinds)) for row in rows]
    return {
        "n": len(rows),
        "step": _typed([row[1] for row in rows], "<i8"),
        "index": _typed([row[2] for row in rows], "<i4"),
        "asset": bytes.fromhex("".join(row[3] for row in rows)),
        "width": _typed([row[4] for row in rows], "<i4"),
        "height": _typed([row[5] for row in rows], "<i4"),
        "type": _typed(types, "u1"),
        "types": list(kinds),
        "captions": {str(place): row[7] for place, row in enumerate(rows) if row[7]},
        "logged": _typed([row[8].timestamp() for row in rows], "<f8"),
    }


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _typed(values: list, dtype: str) -> dict[str, Any]:
    return pack_array(np.array(values, dtype=dtype))
