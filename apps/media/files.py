"""Taking files in: the decoded header decides what a file is, and only then is it stored, once, under its hash."""

import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from PIL import Image, UnidentifiedImageError

from apps.errors import Invalid, TooLarge
from apps.jobs.gate import write_transaction

from .models import Asset, asset_path

#: Pillow's name → content type. What is not here is refused: it could hold scripts, or need a decoder we do not trust.
FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}


def describe(data: bytes) -> tuple[str, int, int]:
    """(content type, width, height) of an image, from its header; the pixels are checked to be there.

    Raises:
        Invalid: no image of an allowed format, or a broken one.
        TooLarge: over the limits on bytes or pixels.
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
            f"This is no readable image. {', '.join(sorted(FORMATS))} are taken.",
            code="no_image",
            fields={"image": ["No readable image."]},
        ) from error
    return kind, width, height


def store(data: bytes) -> Asset:
    """Check an image and keep it durably. The same bytes again are the same asset."""
    digest = hashlib.sha256(data).hexdigest()
    known = Asset.objects.filter(pk=digest).first()
    if known is not None:
        return known
    kind, width, height = describe(data)
    _write(asset_path(digest), data)
    with write_transaction():
        asset, _ = Asset.objects.get_or_create(
            sha256=digest,
            defaults={"size": len(data), "content_type": kind, "width": width, "height": height},
        )
    return asset


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
