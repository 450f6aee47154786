"""Makes pictures smaller. A program of its own: it decodes what strangers sent, at a priority of its own and with bounded memory.

It is told on standard input and answers on standard output. Both ways a message is four bytes of length, so much JSON, and the
bytes whose lengths the JSON names. It ends when its input does.
"""

import io
import json
import os
import struct
import sys
from typing import Any

from PIL import Image, ImageOps

FORMATS = ["PNG", "JPEG", "GIF", "WEBP", "BMP"]
QUALITY, EFFORT = 80, 2
#: Frames of an animation that is made smaller are drawn one by one; its quality is not looked at as closely.
MOVING_QUALITY, MOVING_EFFORT = 60, 0


def main() -> None:
    confine(int(sys.argv[1]), int(sys.argv[2]))
    Image.MAX_IMAGE_PIXELS = None  # what came this far was measured when it was taken in
    read, write = sys.stdin.buffer, sys.stdout.buffer
    while head := read.read(4):
        asked = json.loads(read.read(struct.unpack(">I", head)[0]))
        data = read.read(asked["size"])
        try:
            made = paint(data, asked["widths"])
            said: dict[str, Any] = {"made": [[width, len(file), *size] for width, file, size in made]}
        except Exception as error:
            made, said = [], {"error": f"{type(error).__name__}: {error}"[:500]}
        answer = json.dumps(said).encode()
        write.write(struct.pack(">I", len(answer)) + answer)
        for _, file, _ in made:
            write.write(file)
        write.flush()


def confine(most_bytes: int, niceness: int) -> None:
    """Be so nice, take no more memory than this, and end with whoever started this."""
    try:
        os.nice(niceness)
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    except (ImportError, OSError, ValueError):
        pass  # a system without these: the wall clock is watched by whoever started this
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig, sigkill = 1, 9
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, sigkill)


def paint(data: bytes, widths: list[int]) -> list[tuple[int, bytes, tuple[int, int]]]:
    """[(width asked for, WebP, its size)] for each width, from the widest to the smallest."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if getattr(image, "n_frames", 1) > 1:
            return [(width, *_moving(image, width)) for width in sorted(widths, reverse=True)]
        widest = max(widths)
        image.draft("RGB", (widest, widest))
        picture = _eight_bits(ImageOps.exif_transpose(image))
    out = []
    for width in sorted(widths, reverse=True):
        picture.thumbnail((width, width), Image.Resampling.LANCZOS, reducing_gap=2.0)
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=QUALITY, method=EFFORT)
        out.append((width, file.getvalue(), picture.size))
    return out


def _moving(image: Image.Image, width: int) -> tuple[bytes, tuple[int, int]]:
    """All frames of an animation, smaller, each for as long as before."""
    frames, durations = [], []
    for number in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(number)
        frame = _eight_bits(image)
        frame.thumbnail((width, width), Image.Resampling.BILINEAR, reducing_gap=2.0)
        frames.append(frame)
        durations.append(int(image.info.get("duration") or 100))
    file = io.BytesIO()
    frames[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=int(image.info.get("loop") or 0),
        quality=MOVING_QUALITY,
        method=MOVING_EFFORT,
    )
    return file.getvalue(), frames[0].size


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture in the colours that WebP has; what is transparent stays so."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


if __name__ == "__main__":
    main()
