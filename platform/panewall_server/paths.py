"""Where templates and static files lie: beside platform/ in a checkout, inside the package in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_checkout = PACKAGE.parent.parent
IS_CHECKOUT = (_checkout / "manage.py").is_file()
RESOURCES = _checkout if IS_CHECKOUT else PACKAGE
