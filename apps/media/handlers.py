"""``sample.put``, and what the write path must know of files when windows are copied, emptied or purged.

The file decides the kind of window: an image, a sound or a video.
"""

import re
from typing import Any

from django.db.models import Max

from apps.errors import Invalid, NotFound
from apps.windows import copying, deltas, handlers, tasks
from apps.windows.commands import FILE_KINDS, Fields, register
from apps.windows.state import EnvState, WindowState
from apps.windows.transaction import Transaction

from . import files
from .models import Asset, Sample

NAME = re.compile(r"[0-9a-f]{64}")
NEXT = "next"  # the step after the window's last


def _decode(fields: Fields) -> dict[str, Any]:
    """Stores the file: bytes are durable before the command that shows them is written."""
    args: dict[str, Any] = {
        "win": fields.key("win"),
        "step": NEXT if fields.get("step") == NEXT else fields.integer("step", default=0, low=-(2**53)),
        "index": fields.integer("index", default=0, high=10_000),
        "caption": fields.text("caption", limit=10_000, default="")
        if fields.get("caption") is not None
        else "",
        "title": fields.title(),
        "opts": fields.map("opts"),
        "replace": fields.flag("replace"),
    }
    image, known = fields.get("image"), fields.get("asset")
    if isinstance(image, bytes):
        args["asset"] = files.store(image).pk
    elif isinstance(known, str):
        args["asset"] = known
        asset = Asset.objects.filter(pk=known).first() if NAME.fullmatch(known) else None
        if asset is None or not files.keep(asset):
            raise _missing(known)
    else:
        raise fields.refuse("image", "Send the file as bytes, or name an asset.")
    return args


def _missing(asset: str) -> NotFound:
    return NotFound(f"There is no asset {asset!r:.80}; upload it first.", fields={"asset": ["Unknown."]})


def sample_put(
    tx: Transaction,
    env: EnvState,
    *,
    win: str,
    step: int | str,
    index: int,
    asset: str,
    caption: str,
    title: str | None,
    opts: dict,
    replace: bool,
) -> None:
    window = env.window(win)
    place = _next_step(window) if isinstance(step, str) else step
    file = Asset.objects.filter(pk=asset).first()
    if file is None:
        raise _missing(asset)
    kind = file.kind
    if window is not None and window.kind != kind and not replace:
        raise Invalid(f"Window {win!r} is of kind {window.kind}, not {kind}.", code="wrong_kind")
    merged = handlers.merge_map(window.body.get("opts", {}) if window else {}, opts)
    body = {"opts": merged, "layout": {}}
    packed = handlers.pack_body(body, [])
    is_new = window is None
    if window is None:
        window = handlers.new_window(tx, env, win)
    elif window.kind != kind:
        handlers.empty_window(tx, window)
    label = title if title is not None else window.title
    if (window.kind, window.body, window.title) != (kind, body, label):
        is_new = True
        window.kind, window.body, window.title = kind, body, label
    if replace:
        Sample.objects.filter(window_id=window.id).exclude(step=place, index=index).delete()
    Sample.objects.update_or_create(
        window_id=window.id,
        step=place,
        index=index,
        defaults={"asset": file, "caption": caption, "logged_at": tx.now},
    )
    if is_new:
        tx.save_window(env, window, packed)
    else:
        tx.touch_row(env, window)
        tx.tell(env, ["s", window.id, {**describe(place, index, file, caption), "replace": replace}])


def _next_step(window: WindowState | None) -> int:
    last = (
        None
        if window is None
        else Sample.objects.filter(window_id=window.id).aggregate(last=Max("step"))["last"]
    )
    return 0 if last is None else last + 1


def describe(step: int, index: int, asset: Asset, caption: str) -> dict[str, Any]:
    """A sample as pages get it."""
    return {
        "step": step,
        "index": index,
        "asset": asset.pk,
        "url": f"assets/{asset.pk}",
        "width": asset.width,
        "height": asset.height,
        "caption": caption,
        "content_type": asset.content_type,
    }


def contents(window_ids: list[int], using: str) -> dict[int, dict[str, Any]]:
    """What windows of files hold: the samples of their last step."""
    last: dict[int, list[Sample]] = {}
    rows = Sample.objects.using(using).filter(window_id__in=window_ids).select_related("asset")
    for sample in rows.order_by("window_id", "step", "index"):
        held = last.setdefault(sample.window_id, [])
        if held and held[0].step != sample.step:
            held.clear()
        held.append(sample)
    return {
        window: {"samples": [describe(s.step, s.index, s.asset, s.caption) for s in samples]}
        for window, samples in last.items()
    }


def copy(moved: dict[int, int]) -> None:
    for sample in Sample.objects.filter(window_id__in=moved):
        sample.pk, sample.window_id = None, moved[sample.window_id]
        sample.save(force_insert=True)


def remove(window_ids: list[int]) -> None:
    Sample.objects.filter(window_id__in=window_ids).delete()


register("sample.put", decode=_decode, apply=sample_put)
deltas.contents.update(dict.fromkeys(FILE_KINDS, contents))
handlers.fork_hooks.append(copy)
handlers.reset_hooks.append(remove)
tasks.purge_hooks.append(remove)
copying.tables["window"].append(copying.Table(Sample, ("window_id", "step", "index"), piece=128))
