"""The unmodified visdom package, asked what it would send for a call."""

import base64
import io
import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image

from panewall.arrays import plain


def open_oracle() -> Any:
    """visdom's own client, sending nothing; the test is skipped where the package is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it and what it imports are older than this Python
        visdom = pytest.importorskip("visdom", reason="the package visdom 0.2.4 is the oracle of this test")
        return visdom.Visdom(send=False, use_incoming_socket=False)


def answer(client: Any, method: str, *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """``("sends", [message, endpoint])`` as JSON holds them, with pictures as pixels, or ``("raises", the kind of error)``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = getattr(client, method)(*args, **kwargs)
        except Exception as error:
            return "raises", type(error)
    return "sends", pixels_of(plain(list(made))) if isinstance(made, tuple) else made


def pixels_of(value: Any) -> Any:
    """The same with each picture as its type and pixels: how tightly it is packed does not matter."""
    if isinstance(value, dict):
        return {key: pixels_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [pixels_of(item) for item in value]
    if not isinstance(value, str) or not value.startswith("data:image/"):
        return value
    head, _, body = value.partition(",")
    return [head, np.asarray(Image.open(io.BytesIO(base64.b64decode(body)))).tolist()]
