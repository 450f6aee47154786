"""Which samples windows hold, as pages get it: one op a window, columns of numbers, read by one query for all of them.

A card with a hundred envs and a hundred steps each is ten thousand samples; a page needs all their places to draw its slider,
and none of their bytes.
"""

from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from apps.jobs.gate import read_snapshot
from apps.windows.commands import FILE_KINDS, pack_array
from apps.windows.models import Window as WindowRow

from .models import Sample

#: Windows asked for in one query; databases bound the terms of one.
BATCH = 500


def read(env_ids: list[int], window_ids: list[int]) -> list:
    """``i`` ops of the living windows of files among these that belong to these envs."""
    ops: list = []
    with read_snapshot() as using:
        for at in range(0, len(window_ids), BATCH):
            part = window_ids[at : at + BATCH]
            windows = WindowRow.objects.using(using).living().filter(kind__in=FILE_KINDS, env_id__in=env_ids)
            held: dict[int, list[tuple]] = {
                pk: [] for pk in windows.filter(pk__in=part).order_by("pk").values_list("pk", flat=True)
            }
            for row in _rows(list(held), using):
                held[row[0]].append(row)
            ops += [["i", window, _columns(rows)] for window, rows in held.items()]
    return ops


def _rows(window_ids: list[int], using: str) -> Any:
    """The last samples of each window, in their order, with how far from its end each lies."""
    most = settings.PANEWALL.limits.index_samples
    samples = Sample.objects.using(using).filter(window_id__in=window_ids)
    columns = (
        *("window_id", "step", "index", "asset_id", "asset__width", "asset__height"),
        *("asset__content_type", "caption", "logged_at"),
    )
    if samples.count() > most:
        backwards = Window(
            RowNumber(), partition_by="window_id", order_by=[F("step").desc(), F("index").desc()]
        )
        samples = samples.annotate(place=backwards).filter(place__lte=most)
    return samples.order_by("window_id", "step", "index").values_list(*columns).iterator(chunk_size=5000)


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


def _typed(values: list, dtype: str) -> dict[str, Any]:
    return pack_array(np.array(values, dtype=dtype))
