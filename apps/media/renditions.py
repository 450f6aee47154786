"""What is made of assets, under which names, and what is answered to each name."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import pictures
from .models import Asset, Rendition, Work

#: Names of smaller pictures, and their longer side in pixels.
WIDTHS = {"w320": 320, "w640": 640, "w1280": 1280}
POSTER, MP4, M4A, WAVEFORM = "poster", "mp4", "m4a", "waveform"
NAMES = (*WIDTHS, POSTER, MP4, M4A, WAVEFORM)
WEBP = "image/webp"
#: A light original may be so many times as large as what was asked for: browsers must unpack it.
MOST_LARGER = 4


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it is sent."""

    path: str
    size: int
    content_type: str
    etag: str

    @classmethod
    def of(cls, file: Asset | Rendition) -> "Served":
        if isinstance(file, Asset):
            return cls(file.path, file.size, file.content_type, f'"{file.sha256}"')
        return cls(file.path, file.size, file.content_type, f'"{file.asset_id}-{file.name}"')


def can_shrink(asset: Asset) -> bool:
    """Whether it is a picture of which smaller ones are made; an SVG is of any size."""
    return asset.content_type in pictures.FORMATS.values()


def widths_of(asset: Asset) -> list[int]:
    """The longer sides, in pixels, at which a picture is worth making."""
    longer = max(asset.width, asset.height)
    return [width for width in WIDTHS.values() if width < longer] if can_shrink(asset) else []


def is_worth_keeping(asset: Asset, width: int, size: int) -> bool:
    """Whether a smaller picture saves anything: if it is heavier than the original, that is answered instead."""
    return size < asset.size or max(asset.width, asset.height) > MOST_LARGER * width


def is_original(asset: Asset, name: str) -> bool:
    """Whether the asset itself is the answer to a name of which no file was made."""
    if name in WIDTHS:
        if asset.kind != "image":
            return False
        return WIDTHS[name] not in widths_of(asset) or asset.work in (Work.READY, Work.FAILED)
    if asset.work != Work.READY:
        return False
    has_pictures = asset.kind == "video" and asset.width > 0
    return (name == MP4 and has_pictures) or (
        name == M4A and asset.kind in ("audio", "video") and not has_pictures
    )


def offered(asset: Asset, made: Iterable[str]) -> list[str]:
    """The names under which something can be fetched now."""
    held = set(made)
    return [name for name in NAMES if name in held or is_original(asset, name)]
