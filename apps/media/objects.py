"""Samples inside the objects of windows (apps.windows.objects): files as data URIs.

visdom has an image or a list of images; sounds and videos are texts that hold a player.
"""

import base64
import binascii
import html
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.files.storage import default_storage
from django.db.models import Sum

from apps.errors import Invalid
from apps.windows import objects
from apps.windows.models import Window
from apps.windows.objects import Commands, Object

from .models import Asset, Sample
from .structured import STRUCTURED

PLAYED = re.compile(r'<source src="(data:(?:audio|video)/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=]*)"')


def write_images(window: Window, body: Object, using: str) -> Object:
    """One image, or all of a history. A frame's step and index stand beside it where they are not just its place."""
    samples, opts = _samples(window, using), body.get("opts", {})
    if not opts.get("store_history") and len(samples) <= 1:
        return {
            "type": "image",
            "content": _frame(0, samples[0]) if samples else {"src": "", "caption": None},
        }
    return {
        "type": "image_history",
        "content": [_frame(place, sample) for place, sample in enumerate(samples)],
        "selected": max(0, len(samples) - 1),
        "show_slider": opts.get("show_slider", True),
        "store_history": bool(opts.get("store_history")),
    }


def write_players(window: Window, body: Object, using: str) -> Object:
    """A text with a player for each file, as visdom's programs send sounds and videos."""
    samples, opts = _samples(window, using), body.get("opts", {})
    flags = "".join(f" {flag}" for flag in ("autoplay", "loop") if opts.get(flag))
    players = [
        f'<{window.kind} controls{flags}><source src="{data_uri(sample.asset)}"'
        f' type="{html.escape(sample.asset.content_type)}"></{window.kind}>'
        for sample in samples
    ]
    kept = [{"step": s.step, "index": s.index, "caption": s.caption} for s in samples]
    return {
        "type": "text",
        "content": objects.BREAK.join(players),
        "panewall": {"kind": window.kind, "samples": kept},
    }


def read_images(head: Object, obj: Object) -> Commands:
    """``image`` and ``image_history``: the window as new, and its frames."""
    content, opts = obj.get("content"), dict(head["opts"])
    if obj.get("type") == "image_history":
        opts.setdefault("store_history", True)
    frames = content if isinstance(content, list) else [content]
    commands: Commands = [{"do": "window.put", **head, "opts": opts, "kind": "image"}]
    for place, frame in enumerate(frames):
        if not isinstance(frame, dict):
            raise _refuse("content", "Must be a map of src and caption, or a list of them.")
        if frame.get("src"):
            where = {"step": frame.get("step", place), "index": frame.get("index", 0)}
            commands.append(_put(head, frame["src"], {**where, "caption": frame.get("caption")}))
    return commands


def read_players(head: Object, obj: Object) -> Commands | None:
    """A text that this server made of sounds or videos, as those; None: it is another text."""
    ours, content = obj.get("panewall"), obj.get("content")
    if (
        not isinstance(ours, dict)
        or ours.get("kind") not in ("audio", "video")
        or not isinstance(content, str)
    ):
        return None
    kept, sources = ours.get("samples"), PLAYED.findall(content)
    if not isinstance(kept, list) or len(kept) != len(sources):
        return None
    if not all(isinstance(sample, dict) for sample in kept):
        return None
    put = {"do": "window.put", **head, "kind": ours["kind"]}
    return [put, *(_put(head, source, sample) for source, sample in zip(sources, kept, strict=True))]


def write_structured(window: Window, body: Object, using: str) -> Object:
    """Histograms, tables and texts of steps: as a text that shows the last one, with all of them beside it."""
    samples = _samples(window, using)
    kept = [
        {"step": s.step, "index": s.index, "caption": s.caption, "src": data_uri(s.asset)} for s in samples
    ]
    last = ""
    if samples:
        with default_storage.open(samples[-1].asset.path, "rb") as file:
            last = f"<pre>{html.escape(file.read().decode())}</pre>"
    return {"type": "text", "content": last, "panewall": {"kind": window.kind, "samples": kept}}


def read_structured(head: Object, obj: Object) -> Commands | None:
    """What ``write_structured`` made; None: it is another text."""
    ours = obj.get("panewall")
    if not isinstance(ours, dict) or ours.get("kind") not in STRUCTURED.values():
        return None
    kept = ours.get("samples")
    if not isinstance(kept, list) or not all(isinstance(sample, dict) for sample in kept):
        return None
    commands: Commands = [{"do": "window.put", **head, "kind": ours["kind"]}]
    for sample in kept:
        source = sample.get("src")
        said = (
            source.partition(",")[0].removeprefix("data:").removesuffix(";base64")
            if isinstance(source, str)
            else ""
        )
        commands.append({**_put(head, source, sample), "type": said})
    return commands


def data_uri(asset: Asset) -> str:
    with default_storage.open(asset.path, "rb") as file:
        return f"data:{asset.content_type};base64,{base64.b64encode(file.read()).decode()}"


def file_in(source: Any) -> bytes:
    """The bytes of a data URI.

    Raises:
        Invalid: it is none, or damaged.
    """
    head, comma, body = source.partition(",") if isinstance(source, str) else ("", "", "")
    if not comma or not head.startswith("data:"):
        raise _refuse("content.src", "Must be a data URI.")
    try:
        return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
    except (ValueError, binascii.Error) as error:
        raise _refuse("content.src", "The data URI is damaged.") from error


def weight(window: Window, using: str) -> int:
    """Bytes of a window's files, in base64."""
    samples = Sample.objects.using(using).filter(window_id=window.pk)
    return (samples.aggregate(size=Sum("asset__size"))["size"] or 0) * 4 // 3


def _samples(window: Window, using: str) -> list[Sample]:
    samples = Sample.objects.using(using).filter(window_id=window.pk)
    return list(samples.select_related("asset").order_by("step", "index"))


def _frame(place: int, sample: Sample) -> Object:
    frame: Object = {"src": data_uri(sample.asset), "caption": sample.caption or None}
    return (
        frame
        if (sample.step, sample.index) == (place, 0)
        else frame | {"step": sample.step, "index": sample.index}
    )


def _put(head: Object, source: Any, sample: Object) -> Object:
    caption = sample.get("caption")
    return {
        "do": "sample.put",
        "env": head["env"],
        "win": head["win"],
        "step": sample.get("step", 0),
        "index": sample.get("index", 0),
        "image": file_in(source),
        "caption": "" if caption is None else str(caption),
    }


def _refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})


objects.writers.update({"image": write_images, "audio": write_players, "video": write_players})
objects.writers.update(dict.fromkeys(STRUCTURED.values(), write_structured))
objects.readers.update({"image": [read_images], "image_history": [read_images]})
objects.readers["text"][:0] = [read_players, read_structured]
objects.weights.append(weight)
