"""Taking pictures in: what one is, how large, and that its pixels are there, without unpacking a bomb.

The header is believed about the size only, and only to refuse. What is small enough is then decoded; a file that breaks off
would be a broken picture on somebody's page.
"""

import io
import struct
import zlib

from PIL import Image, UnidentifiedImageError

from apps.errors import Invalid, TooLarge

from . import headers, svg

#: Pillow's name → content type. What is not here is refused: it could hold scripts, or need a decoder we do not trust.
FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
#: What people are told is taken.
TAKEN = f"{', '.join(sorted({*FORMATS, 'SVG'}))}, {headers.NAMES} are taken."

#: Pictures of more pixels are not decoded whole: their structure is checked, which takes no memory.
DECODED_PIXELS = 16_000_000
#: All of a PNG is under check sums, and decoding a large one takes twenty times as long as going over them.
DECODED_PNG_PIXELS = 150_000
#: EXIF's word for how the camera was held; from 5 on the picture lies on its side.
ORIENTATION, ON_ITS_SIDE = 0x0112, 5

# Sizes are checked here, against limits that can be set; Pillow's own check would warn at others.
Image.MAX_IMAGE_PIXELS = None

BROKEN = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError),
    *(LookupError, OverflowError, MemoryError, struct.error, zlib.error),
)


def describe(
    data: headers.Content, *, most_bytes: int, most_pixels: int, most_frames: int
) -> tuple[str, int, int]:
    """(content type, width, height) of a picture, as it is shown.

    Args:
        most_pixels: in all frames together.

    Raises:
        Invalid: it is of no format that is taken, or broken.
        TooLarge: over the limits.
    """
    if len(data) > most_bytes:
        raise TooLarge(f"The image has {len(data):,} bytes; at most {most_bytes:,} are allowed.")
    data = data[:]  # all of it, should it lie on disk
    if not data:
        raise _refuse(f"The file is empty. {TAKEN}")
    if svg.looks_like(data):
        return (svg.SVG, *svg.measure(data))
    try:
        with Image.open(io.BytesIO(data), formats=list(FORMATS)) as image:
            width, height = image.size
            _check_size(width, height, 1, most_pixels)
            frames = _count_frames(image, data, most_frames)
            if frames > most_frames:
                raise TooLarge(f"The image has more than {most_frames:,} frames, the most that are allowed.")
            _check_size(width, height, frames, most_pixels)
            kind = FORMATS[str(image.format)]
            turned = kind in ("image/jpeg", "image/webp") and image.getexif().get(ORIENTATION, 1)
            _check_pixels(image, data)
    except (TooLarge, Invalid):
        raise
    except BROKEN as error:
        known = not isinstance(error, UnidentifiedImageError)
        raise _refuse(
            "The image is damaged, or breaks off before its end."
            if known
            else f"This is no readable image, sound or video. {TAKEN}"
        ) from error
    if isinstance(turned, int) and ON_ITS_SIDE <= turned <= 8:
        width, height = height, width
    return kind, width, height


def _check_size(width: int, height: int, frames: int, most: int) -> None:
    if width < 1 or height < 1:
        raise _refuse("The image has no pixels.")
    if width * height * frames > most:
        where = f" in {frames:,} frames" if frames > 1 else ""
        raise TooLarge(
            f"The image has {width:,} × {height:,} pixels{where}; at most {most:,} pixels are allowed."
        )


def _count_frames(image: Image.Image, data: bytes, most: int) -> int:
    """Frames of an animation; counting stops above ``most``."""
    if image.format == "GIF":
        return _gif_frames(data, most)
    if image.format == "PNG":
        return max(1, min(data.count(b"fcTL"), most + 1))
    return int(getattr(image, "n_frames", 1))


def _gif_frames(data: bytes, most: int) -> int:
    """Walk over a GIF's blocks. Source: GIF89a specification, 17 to 27."""
    at = 13 + _table_bytes(data[10])
    frames = 0
    while True:
        mark = data[at]  # IndexError is caught as what it is: a file that breaks off
        if mark == 0x3B:
            break
        if mark == 0x21:
            at = _over_blocks(data, at + 2)
        elif mark == 0x2C:
            frames += 1
            if frames > most:
                return frames
            at = _over_blocks(data, at + 11 + _table_bytes(data[at + 9]))
        elif mark == 0:  # some programs leave a stray terminator
            at += 1
        else:
            raise ValueError("no block of a GIF")
        if at >= len(data) and frames:
            break  # the trailer is missing: every browser shows such a file
    if not frames:
        raise ValueError("a GIF without a picture")
    return frames


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _over_blocks(data: bytes, at: int) -> int:
    while length := data[at]:
        at += length + 1
        if at >= len(data):
            raise ValueError("a GIF that breaks off")
    return at + 1


def _check_pixels(image: Image.Image, data: bytes) -> None:
    """Raises one of BROKEN if pixels are missing."""
    width, height = image.size
    if width * height <= (DECODED_PNG_PIXELS if image.format == "PNG" else DECODED_PIXELS):
        image.load()
    elif image.format == "JPEG":
        image.draft(
            "RGB", (max(1, width // 8), max(1, height // 8))
        )  # an eighth is decoded in a fraction of the time
        image.load()
    elif image.format == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise OSError("a WebP that breaks off")
    elif image.format == "BMP" and len(data) < _bmp_bytes(data, width, height):
        raise OSError("a BMP that breaks off")
    else:
        image.verify()


def _bmp_bytes(data: bytes, width: int, height: int) -> int:
    """How long a BMP must be; of a packed one that cannot be told from its header."""
    bits, packing = struct.unpack_from("<HI", data, 28)
    start = int.from_bytes(data[10:14], "little")
    return start + (width * bits + 31) // 32 * 4 * height if packing in (0, 3) else start


def _refuse(why: str) -> Invalid:
    return Invalid(why, code="no_image", fields={"image": [why]})
