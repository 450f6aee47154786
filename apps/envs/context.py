"""What every page's template may say about the server."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def panewall(request: HttpRequest) -> dict[str, Any]:
    return {
        "panewall": {
            "base_url": settings.PANEWALL.base_url,
            "version": settings.PANEWALL_VERSION,
            "readonly": settings.PANEWALL.readonly,
        }
    }
