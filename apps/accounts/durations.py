"""How long something lasts, as people write it on a command line: ``12h``, ``30d``, ``2w``, ``1y``, a date, ``never``."""

import re
from datetime import UTC, datetime, timedelta

from apps.errors import Invalid

UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
PATTERN = re.compile(r"(\d{1,6})([mhdwy])", re.ASCII)


def parse_expiry(text: str, *, now: datetime) -> datetime | None:
    """The moment that ``text`` means, counted from ``now``; None for never. A date without a zone is UTC.

    Raises:
        Invalid: it cannot be read.
    """
    text = text.strip().lower()
    if text in {"", "never"}:
        return None
    try:
        if match := PATTERN.fullmatch(text):
            return now + int(match[1]) * UNITS[match[2]]
        moment = datetime.fromisoformat(text.upper())
    except (ValueError, OverflowError):
        reason = f"{text[:40]!r} is no time: write 12h, 30d, 2w, 1y, a date such as 2030-01-31, or never."
        raise Invalid(reason, fields={"expires": [reason]}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
