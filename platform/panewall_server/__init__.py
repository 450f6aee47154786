"""The server's wiring: settings, doors, command line. Nothing here knows what a window is."""

import apps  # noqa: F401  bound before Celery puts the working directory first on sys.path
from panewall_server.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
