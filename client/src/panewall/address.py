"""Where the server is and which token opens it: arguments first, then the environment, then the credentials file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from panewall.errors import BadArgument

DEFAULT_URL = "http://127.0.0.1:8097"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Address:
    """One server as this client reaches it.

    ``url`` has scheme, host, port and base path without a final slash. ``token`` is the one given in code; None means
    "look it up", which happens at each connection, so that a credentials file written later is found.
    """

    url: str
    token: str | None = None
    proxy: str | None = None

    def find_token(self) -> str | None:
        return self.token or os.environ.get("PANEWALL_TOKEN") or stored_token(self.url)

    @property
    def websocket_url(self) -> str:
        return "ws" + self.url[len("http") :]


def resolve(server: str | None = None, *, token: str | None = None, proxy: str | None = None) -> Address:
    """The address for ``server`` (``http://host:port/base``), or for PANEWALL_SERVER, or for this machine.

    Raises:
        BadArgument: the address is not one of a web server.
    """
    text = (server or os.environ.get("PANEWALL_SERVER") or DEFAULT_URL).strip()
    if "://" not in text:
        text = "http://" + text
    parts = urlsplit(text)
    try:
        valid = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        valid = False
    if not valid:
        raise BadArgument(f"{text!r} is not the address of a server, such as https://wall.example.org")
    netloc = parts.netloc.rpartition("@")[2]
    if token is None and parts.password:
        token = unquote(parts.password)
    return Address(f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}", token or None, proxy)


def credentials_path() -> Path:
    named = os.environ.get("PANEWALL_CREDENTIALS")
    return Path(named).expanduser() if named else Path.home() / ".config" / "panewall" / "credentials.json"


def stored_token(url: str) -> str | None:
    """The token that the credentials file holds for a server; the names of this machine count as one."""
    try:
        servers = json.loads(credentials_path().read_text(encoding="utf-8"))["servers"]
        entries = {_same(key): value for key, value in servers.items()}
        return entries[_same(url)]["token"] or None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _same(url: str) -> str:
    parts = urlsplit(url.rstrip("/"))
    host = "localhost" if parts.hostname in _LOOPBACK else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}:{port}{parts.path}"
