"""The systems that are measured, by name."""

from .base import Site, System, Viewer, Writer
from .panewall import Panewall
from .visdom import Visdom

SYSTEMS: dict[str, System] = {system.name: system for system in (Visdom(), Panewall())}

__all__ = ["SYSTEMS", "Site", "System", "Viewer", "Writer"]
