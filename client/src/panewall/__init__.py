"""Panewall's client: send plots, images, text and metrics from a training script to a wall of live windows.

    import panewall

    run = panewall.init(env="mnist", config={"lr": 0.1})
    run.log({"loss": 0.31, "sample": panewall.Image(picture), "weights": panewall.Histogram(w)}, step=10)

    vis = panewall.Visdom(env="main")      # a drop-in for visdom.Visdom
    vis.line([1, 3, 2])

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from panewall import errors
    from panewall.comparing import compare, pin_best_step
    from panewall.histograms import Histogram
    from panewall.media import Audio, Image, Text, Video
    from panewall.run import Run, finish, flush, init, log
    from panewall.tables import Table
    from panewall.visdom import Visdom

__version__ = "0.1.0"
__all__ = [
    "Audio",
    "Histogram",
    "Image",
    "Run",
    "Table",
    "Text",
    "Video",
    "Visdom",
    "compare",
    "errors",
    "finish",
    "flush",
    "init",
    "log",
    "pin_best_step",
]

logging.getLogger("panewall").addHandler(logging.NullHandler())

_HOMES = {
    "Audio": "panewall.media",
    "Histogram": "panewall.histograms",
    "Image": "panewall.media",
    "Run": "panewall.run",
    "Table": "panewall.tables",
    "Text": "panewall.media",
    "Video": "panewall.media",
    "Visdom": "panewall.visdom",
    "compare": "panewall.comparing",
    "finish": "panewall.run",
    "flush": "panewall.run",
    "init": "panewall.run",
    "log": "panewall.run",
    "pin_best_step": "panewall.comparing",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("panewall.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'panewall' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
