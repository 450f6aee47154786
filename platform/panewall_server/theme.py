"""The one script that stands in pages themselves: it chooses light or dark before anything is painted. The policy allows it by its hash."""

import base64
import hashlib

from panewall_server.paths import RESOURCES

#: As templates/base.html includes it.
SCRIPT = (RESOURCES / "templates" / "parts" / "theme.js").read_bytes()
SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(SCRIPT).digest()).decode()}'"
