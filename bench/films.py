"""A minute of 720p as cameras and libraries write it, made by ffmpeg: what `bench.videos` sends."""

import pathlib
import secrets
import subprocess
from dataclasses import dataclass

from apps.media import ffmpeg

SECONDS, SIZE, RATE = 60, "1280x720", 30
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
# 4:4:4, which no browser plays.
FULL = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p")
VP8, OPUS = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"), ("-c:a", "libopus")
MPEG4, AAC, MP3 = ("-c:v", "mpeg4"), ("-c:a", "aac"), ("-c:a", "libmp3lame")


@dataclass(frozen=True)
class Kind:
    """One film.

    Attributes:
        megabit: of pictures, a second.
        noise: how much of it lies over the test picture; each frame has its own, which nothing makes small.
        coding: ffmpeg's words for the codecs.
        source: the film whose streams are taken over.
    """

    name: str
    megabit: float
    noise: int
    coding: tuple[str, ...]
    source: str = ""


WHOLE = Kind("46.mp4", 6.0, 24, (*H264, *AAC, "-movflags", "+faststart"))
KINDS = (
    Kind("5.webm", 0.5, 0, (*VP8, *OPUS)),
    Kind("20.avi", 2.6, 12, (*MPEG4, *MP3)),
    Kind("46.avi", 6.0, 24, (*MPEG4, *MP3)),
    Kind("46.mkv", 6.0, 24, (*FULL, *AAC)),
    WHOLE,
    Kind("46.mov", 6.0, 24, ("-c", "copy"), source=WHOLE.name),
    Kind("46-last.mp4", 6.0, 24, ("-c", "copy"), source=WHOLE.name),  # its index comes last
)


def film(folder: pathlib.Path, kind: Kind, *, seconds: int = SECONDS) -> pathlib.Path:
    """The file, made if it is not there."""
    path = folder / kind.name
    if path.exists():
        return path
    command = [ffmpeg.locate(""), "-y", "-loglevel", "fatal"]
    if kind.source:
        command += ["-i", str(film(folder, WHOLE, seconds=seconds)), *kind.coding]
    else:
        noise = f",noise=alls={kind.noise}:allf=t" if kind.noise else ""
        command += ["-f", "lavfi", "-i", f"testsrc2=s={SIZE}:r={RATE}:d={seconds}{noise}"]
        command += ["-f", "lavfi", "-i", f"sine=d={seconds}", *kind.coding, "-b:v", f"{kind.megabit}M"]
    subprocess.run([*command, str(path)], check=True)
    return path


def another(path: pathlib.Path) -> bytes:
    """The film as a file that no server has seen: with a few bytes at its end that players pass over."""
    more = secrets.token_bytes(16)
    if path.suffix in (".mp4", ".mov"):
        more = b"\x00\x00\x00\x18free" + more  # a box of nothing
    elif path.suffix in (".mkv", ".webm"):
        more = b"\xec\x90" + more  # Void, 16 bytes
    else:
        more = b"JUNK\x10\x00\x00\x00" + more
    return path.read_bytes() + more
