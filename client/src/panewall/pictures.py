"""Pixels: from what training scripts hold to the bytes of a picture.

Two sets of rules live here. `picture` reads values as `panewall.Image` promises (floats by their range, NaN as 0); `visdom_pixels` and
`grid` follow visdom's `image` and `images`.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any, Callable

import numpy as np

from panewall.arrays import to_numpy
from panewall.errors import BadArgument
from panewall.files import read_path
from panewall.later import Later
from panewall.png import png

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 64_000_000
_CHANNELS = (1, 3, 4)
_ORIENTATION = 0x0112  # in EXIF
_AS_PNG = {
    "La": "LA",
    "RGBa": "RGBA",
    "PA": "RGBA",
}  # what Pillow's modes become that PNG has not; others become RGB
_OF_COLOURS = {"transparency", "icc_profile"}  # what a Pillow image says of its colours besides
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
)


def picture(data: Any, *, normalize: bool = False) -> bytes | Later:
    """An image file for anything that shows a picture. Pixels are looked at now, and packed later.

    Args:
        data: HxW, HxWxC or CxHxW numbers (C: 1, 3, 4), NxCxHxW for a grid, a torch tensor, a PIL image, a matplotlib
            figure, axes or pyplot, the path of an image file, or its bytes.
        normalize: stretch the numbers from their lowest to their highest.

    Raises:
        BadArgument: it is none of these, or too large.
    """
    if isinstance(data, str) or hasattr(data, "__fspath__"):
        return _checked_file(read_path(Path(data), MAX_BYTES), str(Path(data)))
    if isinstance(data, (bytes, bytearray, memoryview)):
        return _checked_file(bytes(data), "the bytes")
    if hasattr(data, "savefig") or hasattr(getattr(data, "figure", None), "savefig"):
        return _figure(data)
    if hasattr(data, "save") and hasattr(data, "getbands"):
        return _pillow(data, normalize=normalize)
    return packed_later(pixels(data, normalize=normalize))


def packed_later(array: np.ndarray) -> Later:
    """PNG of uint8 pixels as they are now."""
    kept = np.array(array, copy=True)
    return Later(lambda: png(kept), kept.nbytes)


def pixels(data: Any, *, normalize: bool = False) -> np.ndarray:
    """HxW or HxWxC (C: 3, 4) of uint8 for numbers of any type. Several pictures (NxCxHxW) become one grid."""
    array = numbers(data, "an image")
    given = array.shape
    if array.size == 0:
        raise BadArgument(f"an image of shape {array.shape} has no pixels")
    while array.ndim > 4 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 4:
        array = _tile(array)
    if array.ndim == 3:
        array = _channels_last(array)
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4)):
        raise BadArgument(f"an image has shape HxW, HxWxC or CxHxW with 1, 3 or 4 channels, not {given}")
    _check_size(*array.shape[:2])
    return as_bytes(array, normalize=normalize)


def _check_size(height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise BadArgument(f"an image of {height}x{width} is more than {MAX_PIXELS:,} pixels")


def numbers(data: Any, what: str) -> np.ndarray:
    """The value as an array of real numbers.

    Raises:
        BadArgument: it is none.
    """
    array = to_numpy(data)
    if not isinstance(array, np.ndarray):
        raise BadArgument(f"{what} cannot be made of {type(data).__name__}")
    if array.dtype.kind not in "fiub":
        raise BadArgument(f"{what} cannot be made of {array.dtype} values")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _channels_last(array: np.ndarray) -> np.ndarray:
    if array.shape[2] not in _CHANNELS and array.shape[0] in _CHANNELS:
        array = array.transpose(1, 2, 0)
    return array[:, :, 0] if array.shape[2] == 1 else array


def _tile(batch: np.ndarray) -> np.ndarray:
    """NxCxHxW or NxHxWxC as one picture, eight to a row, with 2 pixels between."""
    if batch.shape[1] not in _CHANNELS and batch.shape[3] in _CHANNELS:
        batch = batch.transpose(0, 3, 1, 2)
    if len(batch) == 1:
        return batch[0]
    if batch.size // batch.shape[1] > MAX_PIXELS:
        raise BadArgument(
            f"{len(batch)} images of {batch.shape[2]}x{batch.shape[3]} are more than {MAX_PIXELS:,} pixels"
        )
    return grid(batch, nrow=8, padding=2, fill=0.0)


def as_bytes(array: np.ndarray, *, normalize: bool = False) -> np.ndarray:
    """uint8 as it is, bool as 0 and 255, uint16 scaled down, the rest by its range; NaN is 0.

    Raises:
        BadArgument: there is no finite number in it.
    """
    return shading(array, normalize=normalize)(array)


def shading(array: np.ndarray, *, normalize: bool = False) -> Callable[[np.ndarray], np.ndarray]:
    """How the numbers of an array become bytes, as ``as_bytes`` says: for all of it, or for a part at a time (frames of a video).

    Raises:
        BadArgument: there is no finite number in it.
    """
    if array.dtype == bool:
        return lambda part: part.astype(np.uint8) * 255
    if array.dtype == np.uint8 and not normalize:
        return lambda part: part
    if array.dtype == np.uint16 and not normalize:
        return lambda part: (part >> 8).astype(np.uint8)
    low, high, has_gaps = _range(array)
    if math.isinf(high - low):
        raise BadArgument(f"the numbers of an image lie too far apart: {low} and {high}")
    if normalize or low < 0 or high > 255:
        scale, floor = (255 / (high - low) if high > low else 0.0), low
    else:
        scale, floor = (255.0 if high <= 1 and array.dtype.kind == "f" else 1.0), 0.0

    def shade(part: np.ndarray) -> np.ndarray:
        values = part.astype(np.float64)  # one copy, changed in place: a training waits for this
        if has_gaps:
            np.nan_to_num(values, copy=False, nan=0.0, posinf=high, neginf=low)
        if floor:
            values -= floor
        if scale != 1:
            values *= scale
        np.rint(values, out=values)
        np.clip(values, 0, 255, out=values)
        return values.astype(np.uint8)

    return shade


def _range(array: np.ndarray) -> tuple[float, float, bool]:
    """The lowest and the highest finite number, NaN counted as 0; and whether there are others than finite ones."""
    if array.dtype.kind != "f":
        return float(array.min()), float(array.max()), False
    if array.dtype.itemsize < 4:  # sums of halves overflow
        array = array.astype(np.float32)
    low, high = float(array.min()), float(array.max())
    if math.isfinite(low) and math.isfinite(high):
        return low, high, False
    finite = array[np.isfinite(array)]
    if not finite.size:
        raise BadArgument(f"all {array.size} numbers are NaN or infinite, which shows nothing")
    low, high = float(finite.min()), float(finite.max())
    return (min(low, 0.0), max(high, 0.0), True) if np.isnan(array).any() else (low, high, True)


def encode(array: np.ndarray, *, jpeg_quality: float | None = None) -> bytes:
    """PNG (or JPEG) of uint8 pixels, HxW or HxWxC."""
    if jpeg_quality is None:
        return png(array)
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(array))
    out = io.BytesIO()
    image.convert("RGB").save(out, format="JPEG", quality=round(jpeg_quality))
    return out.getvalue()


def _pillow(image: Any, *, normalize: bool) -> bytes | Later:
    """A picture of Pillow's, turned as its camera was held. One of floats or of 32-bit numbers follows the rules of arrays."""
    from PIL import ImageOps

    _check_size(image.height, image.width)
    if not image.height or not image.width:
        raise BadArgument(f"an image of {image.height}x{image.width} has no pixels")
    is_numbers = image.mode == "F" or (image.mode.startswith("I") and image.mode != "I;16")
    if normalize and image.mode not in ("1", "L", "RGB", "RGBA", "I;16") and not is_numbers:
        image = image.convert("RGBA" if image.mode in ("LA", "PA", "RGBa") else "RGB")
    if is_numbers or normalize:
        return packed_later(pixels(np.asarray(image), normalize=normalize))
    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    is_plain = image.mode in ("L", "RGB", "RGBA") and not _OF_COLOURS & image.info.keys()
    return packed_later(np.asarray(image)) if is_plain else _save(image)


def _save(image: Any) -> bytes:
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = image.convert(_AS_PNG.get(image.mode, "RGB"))
        image.info.pop("icc_profile", None)  # that of the colours it had
    out = io.BytesIO()
    image.save(out, format="PNG", compress_level=1)  # five times as fast as the default, and little larger
    return out.getvalue()


def _figure(data: Any) -> bytes:
    owner = data if hasattr(data, "savefig") else data.figure
    figure = owner.gcf() if hasattr(owner, "gcf") else owner
    if hasattr(figure, "get_size_inches"):
        width, height = figure.get_size_inches() * figure.dpi
        _check_size(int(height), int(width))
    out = io.BytesIO()
    owner.savefig(out, format="png")
    return out.getvalue()


def _checked_file(data: bytes, what: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise BadArgument(f"{what}: an image file may have {MAX_BYTES // 2**20} MB")
    if not image_type(data):
        raise BadArgument(f"{what}: not a PNG, JPEG, GIF, WebP, BMP or SVG image")
    return data


def image_type(data: bytes) -> str | None:
    """The kind of image by its first bytes."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!")) and b"<svg" in data[:4096].lower()):
        return "SVG"
    return None


# --- visdom's image and images ---


def visdom_pixels(image: np.ndarray) -> np.ndarray:
    """HxWxC of uint8 for a CxHxW (or HxW) array: floats up to 1 are stretched to 255, everything is clipped."""
    if image.ndim == 2:
        image = image[np.newaxis]
    if image.ndim != 3 or 0 in image.shape:
        raise BadArgument(f"an image has shape CxHxW or HxW, not {image.shape}")
    if image.shape[0] not in _CHANNELS and image.shape[2] in _CHANNELS:
        image = image.transpose(2, 0, 1)
    if image.shape[0] not in _CHANNELS:
        raise BadArgument(f"an image has 1, 3 or 4 channels, not {image.shape[0]}")
    if image.shape[0] == 1:
        image = np.repeat(image, 3, axis=0)
    return np.ascontiguousarray(visdom_bytes(image).transpose(1, 2, 0))


def visdom_bytes(image: np.ndarray) -> np.ndarray:
    """uint8 for numbers of any type and shape: floats up to 1 are stretched to 255, everything is clipped."""
    if image.dtype == np.uint8:
        return image
    if image.dtype == bool:
        return image.astype(np.uint8) * 255
    if image.dtype.kind == "f":
        image = np.nan_to_num(image.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
        if image.max() <= 1:
            image = image * 255.0
    elif image.dtype.kind not in "iu":
        raise BadArgument(f"an image cannot be made of {image.dtype} values")
    return np.clip(image, 0, 255).astype(np.uint8)


def grid(batch: np.ndarray, *, nrow: int = 8, padding: int = 2, fill: float = 1.0) -> np.ndarray:
    """BxCxHxW as one CxHxW picture, with the same padding on all sides of each."""
    count, channels, height, width = batch.shape
    columns = max(1, min(int(nrow), count))
    rows = -(-count // columns)
    tall, wide = height + 2 * padding, width + 2 * padding
    canvas = np.full((channels, tall * rows, wide * columns), fill, dtype=batch.dtype)
    for index in range(count):
        top = tall * (index // columns) + padding
        left = wide * (index % columns) + padding
        canvas[:, top : top + height, left : left + width] = batch[index]
    return canvas
