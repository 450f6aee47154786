"""A storage of the test's own, and files of every sort: small real ones, and bad ones."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apps.media import ffmpeg
from tests.windows.conftest import ann, bob, desk  # noqa: F401  the same committer and writers


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    return tmp_path / "files"


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int = 0, *, seed: int = 0) -> Image.Image:
    """A picture that no codec makes small."""
    shape = (height or width, width, 3)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype="u1"))


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """``film("avi", "-c:v", "mpeg4")``: half a second of test picture and tone, as ffmpeg writes it."""
    home = tmp_path_factory.mktemp("films")
    try:
        program = ffmpeg.locate("")
    except ffmpeg.NotInstalled as error:
        pytest.skip(str(error))

    def make(
        suffix: str, *coding: str, seconds: float = 0.5, size: str = "160x120", sound: bool = True
    ) -> bytes:
        path = home / f"film.{suffix}"
        sources = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=10:d={seconds}"]
        if sound:
            sources += ["-f", "lavfi", "-i", f"sine=d={seconds}"]
        command = [program, "-y", "-loglevel", "error", *sources, *coding, str(path)]
        subprocess.run(command, check=True, timeout=60)
        return path.read_bytes()

    yield make
    shutil.rmtree(home, ignore_errors=True)
