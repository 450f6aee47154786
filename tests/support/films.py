"""Short films of a test picture and a tone, as ffmpeg writes them."""

import subprocess
from pathlib import Path

import pytest

from apps.media import ffmpeg


def program() -> str:
    """Where ffmpeg is; a test that needs it is skipped where there is none."""
    try:
        return ffmpeg.locate("")
    except ffmpeg.NotInstalled as error:
        pytest.skip(str(error))


def film(
    folder: Path,
    suffix: str,
    *coding: str,
    seconds: float = 0.5,
    size: str = "160x120",
    sound: bool = True,
    noise: int = 0,
) -> bytes:
    """``film(folder, "avi", "-c:v", "mpeg4")``"""
    path = folder / f"film.{suffix}"
    drawn = f"testsrc2=s={size}:r=10:d={seconds}"
    if noise:
        drawn += f",noise=alls={noise}:allf=t"
    sources = ["-f", "lavfi", "-i", drawn]
    if sound:
        sources += ["-f", "lavfi", "-i", f"sine=d={seconds}"]
    command = [program(), "-y", "-loglevel", "error", *sources, *coding, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path.read_bytes()
