"""Taking files in: the decoded header decides what a file is, and only then is it stored, once, under its hash."""

import hashlib
import io
import os
import tempfile
import time
import warnings
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef
from django.utils import timezone
from PIL import Image, UnidentifiedImageError

from apps.errors import Invalid, TooLarge
from apps.jobs.gate import write_transaction

from . import headers
from .models import Asset, Sample, asset_path

#: A file that was sent or named is kept this long without a window that shows it.
GRACE = timedelta(days=1)
#: How old the note of that may be before it is written again.
RENEWED_AFTER = timedelta(hours=1)
#: What a file is called while it is looked at once more before it goes.
ASIDE = ".aside"

#: Pillow's name → content type. What is not here is refused: it could hold scripts, or need a decoder we do not trust.
FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}


def describe(data: bytes) -> tuple[str, int, int]:
    """(content type, width, height) of a file, from its header; of sound and video the size is not read, and 0.

    Raises:
        Invalid: it is of no format that is taken, or broken.
        TooLarge: over the limits on bytes or pixels.
    """
    limits = settings.PANEWALL.limits
    kind = headers.content_type(data)
    if kind is None:
        return describe_image(data)
    if len(data) > limits.media_bytes:
        raise TooLarge(f"The file has {len(data):,} bytes; at most {limits.media_bytes:,} are allowed.")
    return kind, 0, 0


def describe_image(data: bytes) -> tuple[str, int, int]:
    """(content type, width, height) of an image; the pixels are checked to be there.

    Raises:
        Invalid, TooLarge: as ``describe``.
    """
    limits = settings.PANEWALL.limits
    if len(data) > limits.asset_bytes:
        raise TooLarge(f"The image has {len(data):,} bytes; at most {limits.asset_bytes:,} are allowed.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(FORMATS)) as image:
                width, height = image.size
                frames = getattr(image, "n_frames", 1)
                if width * height * frames > limits.asset_pixels:
                    raise TooLarge(
                        f"The image has {width} × {height} pixels in {frames} frames;"
                        f" at most {limits.asset_pixels:,} pixels are allowed."
                    )
                kind = FORMATS[str(image.format)]
                image.verify()
    except TooLarge:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(
            f"The image is too large: at most {limits.asset_pixels:,} pixels are allowed."
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Invalid(
            f"This is no readable image, sound or video. {', '.join(sorted(FORMATS))}, {headers.NAMES} are taken.",
            code="no_image",
            fields={"image": ["No readable image, sound or video."]},
        ) from error
    return kind, width, height


def store(data: bytes) -> Asset:
    """Check a file and keep it durably. The same bytes again are the same asset."""
    digest = hashlib.sha256(data).hexdigest()
    known = Asset.objects.filter(pk=digest).first()
    if known is not None and keep(known):
        return known
    kind, width, height = describe(data)
    _write(asset_path(digest), data)
    with write_transaction():
        asset, _ = Asset.objects.update_or_create(
            sha256=digest,
            defaults={"wanted_at": timezone.now()},
            create_defaults={"size": len(data), "content_type": kind, "width": width, "height": height},
        )
    return asset


def keep(asset: Asset) -> bool:
    """Somebody is about to show this asset: keep it for at least GRACE. False: it is gone, and must be sent again.

    The row is written seldom, and never waited for by those who just sent the file.
    """
    now = timezone.now()
    if asset.wanted_at > now - RENEWED_AFTER:
        return True
    with write_transaction():
        # Waits for a removal that has this row; then there is nothing to update.
        if not Asset.objects.filter(pk=asset.pk).update(wanted_at=now):
            return False
    return default_storage.exists(asset.path)


def remove_unused(limit: int = 500) -> int:
    """Remove assets that no window shows and nobody wanted for a while. Returns how many went.

    Safe against those who send the same file meanwhile: the file goes inside the transaction that removes its row, so
    that whoever finds no row finds no file either, and writes both.
    """
    long_ago = timezone.now() - GRACE
    unused = Asset.objects.filter(wanted_at__lt=long_ago).exclude(
        Exists(Sample.objects.filter(asset=OuterRef("pk")))
    )
    gone = 0
    for sha256 in list(unused.values_list("pk", flat=True)[:limit]):
        with write_transaction():
            if unused.filter(pk=sha256)._raw_delete(using=DEFAULT_DB_ALIAS):
                default_storage.delete(asset_path(sha256))
                gone += 1
    return gone


def remove_strays(limit: int = 500) -> int:
    """Remove files that never got a row, since the server stopped between the two. Returns how many went.

    A file that is sent again at this very moment has a new date: it gets its name back.
    """
    if not _is_folder():
        return 0
    before = time.time() - GRACE.total_seconds()
    gone = 0
    for path in Path(default_storage.path("assets")).glob("*/*"):
        if gone == limit:
            break
        if path.stat().st_mtime > before or Asset.objects.filter(pk=path.name).exists():
            continue
        aside = path.with_name(f"{path.name}{ASIDE}")
        os.replace(path, aside)
        if aside.stat().st_mtime > before:
            os.replace(aside, path)
        else:
            aside.unlink()
            gone += 1
    return gone


def _is_folder() -> bool:
    """Whether files lie in a folder, and not in a bucket."""
    return isinstance(storages["default"], FileSystemStorage)


def _write(name: str, data: bytes) -> None:
    """The whole file or none: written aside, synced, then given its name."""
    if not isinstance(
        default_storage._wrapped if hasattr(default_storage, "_wrapped") else default_storage,
        FileSystemStorage,
    ):
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(data))
        return
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, aside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name itself must survive a power cut
    finally:
        os.close(folder)
