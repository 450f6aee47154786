"""``sample.put``, and what the write path must know of files when windows are copied, emptied or purged.

The file decides the kind of window: an image, a sound, a video; or its sender does, for data that has no header.
"""

import re
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Q, Subquery

from apps.errors import Invalid, NotFound
from apps.windows import building, copying, deltas, tasks
from apps.windows.commands import FILE_KINDS, Fields, register
from apps.windows.mismatch import wrong_kind
from apps.windows.models import Window
from apps.windows.state import EnvState, WindowState
from apps.windows.transaction import Transaction

from . import files
from .models import Asset, Sample

NAME = re.compile(r"[0-9a-f]{64}")
NEXT = "next"  # the step after the window's last, the index after the last of its step
FARTHEST = 2**53
LAST_INDEX = 10_000
#: Plain SQL, since every push comes here. The last ones are found at the end of the index over (window, step, index): as cheap
#: on a long history as on a short one.
LAST_STEP = "SELECT step FROM media_sample WHERE window_id = %s ORDER BY step DESC LIMIT 1"
LAST_OF_STEP = (
    'SELECT "index" FROM media_sample WHERE window_id = %s AND step = %s ORDER BY "index" DESC LIMIT 1'
)
PUT = (
    'INSERT INTO media_sample (window_id, step, "index", asset_id, caption, logged_at)'
    ' VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (window_id, step, "index")'
    " DO UPDATE SET asset_id = excluded.asset_id, caption = excluded.caption, logged_at = excluded.logged_at"
)
CAME = {
    "image": "an image",
    "audio": "a sound",
    "video": "a video",
    "histogram": "a histogram",
    "table": "a table",
    "document": "a text with a step",
}
#: Windows asked for at once; databases bound the terms of a query.
BATCH = 200


def _decode(fields: Fields) -> dict[str, Any]:
    """Stores the file: bytes are durable before the command that shows them is written."""
    args: dict[str, Any] = {
        "win": fields.key("win"),
        "step": None if fields.get("step") == NEXT else fields.integer("step", default=0, low=-FARTHEST),
        "index": None if fields.get("index") == NEXT else fields.integer("index", default=0, high=LAST_INDEX),
        "caption": fields.text("caption", limit=10_000, default="")
        if fields.get("caption") is not None
        else "",
        "title": fields.title(),
        "opts": fields.map("opts"),
        "replace": fields.flag("replace"),
        "is_named": False,
    }
    image, known = fields.get("image"), fields.get("asset")
    said = fields.text("type", limit=200) if fields.get("type") is not None else None
    if isinstance(image, bytes):
        args["file"] = files.take(image, said)
    elif isinstance(known, str):
        asset = Asset.objects.filter(pk=known).first() if NAME.fullmatch(known) else None
        if asset is None or not files.keep(asset):
            raise _unknown(known)
        args["file"], args["is_named"] = files.Stored.of(asset), True
    else:
        raise fields.refuse("image", "Send the file as bytes, or name an asset.")
    return args


def sample_put(
    tx: Transaction,
    env: EnvState,
    *,
    win: str,
    step: int | None,
    index: int | None,
    file: files.Stored,
    caption: str,
    title: str | None,
    opts: dict,
    replace: bool,
    is_named: bool,
) -> None:
    """``step`` None: after the window's last; ``index`` None: after the last of its step. ``is_named``: the file itself did not come
    with the command."""
    if is_named and (tx.principal is None or not files.may_name(tx.principal, file.sha256)):
        raise _unknown(file.sha256)
    window = env.window(win)
    kind = file.kind
    if window is not None and window.kind != kind and not replace:
        raise wrong_kind(window, CAME[kind])
    place = _after(tx, LAST_STEP, window) if step is None else step
    at = index if index is not None else 0 if replace else _after(tx, LAST_OF_STEP, window, place)
    if place > FARTHEST:
        raise _refuse("step", f"Step {FARTHEST} is the last one there can be.")
    if at > LAST_INDEX:
        raise _refuse("index", f"A step holds at most {LAST_INDEX + 1:,} samples.")
    merged = building.merge_map(window.body.get("opts", {}) if window else {}, opts)
    body = {"opts": merged, "layout": {}}
    packed = building.pack_body(body, [])
    is_new = window is None
    if window is None:
        window = building.new_window(tx, env, win)
    elif window.kind != kind:
        building.empty_window(tx, window)
    label = title if title is not None else window.title
    if (window.kind, window.body, window.title) != (kind, body, label):
        is_new = True
        window.kind, window.body, window.title = kind, body, label
    if replace:
        Sample.objects.filter(window_id=window.id).exclude(step=place, index=at).delete()
    owner_id = tx.principal.user_id if tx.principal is not None else None
    files.rows(tx.cursor, [file], tx.now, owner_id=owner_id, about=win)
    stamp = connection.ops.adapt_datetimefield_value(tx.now)
    tx.cursor.execute(PUT, (window.id, place, at, file.sha256, caption, stamp))
    if is_new:
        tx.save_window(env, window, packed)
    else:
        tx.touch_row(env, window)
        tx.tell(env, ["s", window.id, {**describe(place, at, file, caption), "replace": replace}])


def _after(tx: Transaction, last: str, window: WindowState | None, *where: int) -> int:
    """One more than what ``last`` finds; 0 where there is nothing yet."""
    if window is None:
        return 0
    tx.cursor.execute(last, (window.id, *where))
    row = tx.cursor.fetchone()
    return 0 if row is None else row[0] + 1


def _unknown(asset: str) -> NotFound:
    return NotFound(f"There is no asset {asset!r:.80}; upload it first.", fields={"asset": ["Unknown."]})


def _refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})


def describe(step: int, index: int, asset: Asset | files.Stored, caption: str) -> dict[str, Any]:
    """A sample as pages get it."""
    return {
        "step": step,
        "index": index,
        "asset": asset.sha256,
        "url": f"assets/{asset.sha256}",
        "width": asset.width,
        "height": asset.height,
        "caption": caption,
        "content_type": asset.content_type,
    }


def contents(window_ids: list[int], using: str) -> dict[int, dict[str, Any]]:
    """What windows of files hold: the samples of their last step. However long their history is, that alone is read."""
    newest = Sample.objects.filter(window_id=OuterRef("pk")).order_by("-step").values("step")[:1]
    held: dict[int, list[dict[str, Any]]] = {}
    for at in range(0, len(window_ids), BATCH):
        windows = Window.objects.using(using).filter(pk__in=window_ids[at : at + BATCH])
        last = dict(windows.order_by().annotate(last=Subquery(newest)).values_list("pk", "last"))
        places = Q(pk__in=[])
        for window, step in last.items():
            if step is not None:
                places |= Q(window_id=window, step=step)
        rows = Sample.objects.using(using).filter(places).select_related("asset")
        for sample in rows.order_by("window_id", "step", "index"):
            said = describe(sample.step, sample.index, sample.asset, sample.caption)
            held.setdefault(sample.window_id, []).append(said)
    return {window: {"samples": samples} for window, samples in held.items()}


def copy(moved: dict[int, int]) -> None:
    for sample in Sample.objects.filter(window_id__in=moved):
        sample.pk, sample.window_id = None, moved[sample.window_id]
        sample.save(force_insert=True)


def remove(window_ids: list[int]) -> None:
    Sample.objects.filter(window_id__in=window_ids).delete()


register("sample.put", decode=_decode, apply=sample_put)
deltas.contents.update(dict.fromkeys(FILE_KINDS, contents))
building.fork_hooks.append(copy)
building.reset_hooks.append(remove)
tasks.purge_hooks.append(remove)
copying.tables["window"].append(copying.Table(Sample, ("window_id", "step", "index"), piece=128))
