"""A storage of the test's own, and files of every sort: small real ones, and bad ones."""

import io
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import films
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
    films.program()
    yield partial(films.film, home)
    shutil.rmtree(home, ignore_errors=True)
