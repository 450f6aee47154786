"""A server's first start: the owner's account, a way in for them, and a token for programs on this machine.

After it ``panewall.Visdom()`` on the same machine, by the same person, works with nothing to set up, while nobody
else gets in: the token lies in a file that only that person can read.
"""

import getpass
import json
import logging
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from apps.accounts import tokens
from apps.accounts.models import Scope, User
from apps.accounts.services.people import create_user, owner
from apps.accounts.services.ways_in import create_sign_in_link
from apps.errors import Unauthorized

log = logging.getLogger(__name__)

LOOPBACK = {"127.0.0.1", "localhost"}


class OwnerConfig(Protocol):
    """The settings a first start reads."""

    owner: str
    owner_password: SecretStr


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What to tell the person who started the server.

    ``sign_in_path`` (such as ``/sign-in/…``, without a base path) is None when the owner has a password.
    """

    username: str
    sign_in_path: str | None
    is_new: bool


def first_start(config: OwnerConfig) -> FirstStart | None:
    """Make the owner's account if there is none yet.

    An owner who has neither a password nor ever signed in gets a fresh link at each start: the first one may have
    scrolled away, or run out. None once somebody can sign in.
    """
    is_new = not User.objects.exists()
    if is_new:
        password = config.owner_password.get_secret_value()
        user = create_user(
            username=config.owner or system_user(), password=password or None, is_superuser=True
        )
    else:
        found = owner()
        if found is None or found.has_usable_password() or found.last_login is not None:
            return None
        user = found
    path = None if user.has_usable_password() else f"/sign-in/{create_sign_in_link(user=user)}"
    return FirstStart(username=user.username, sign_in_path=path, is_new=is_new)


def ensure_local_credentials(server_url: str) -> Path | None:
    """See to it that the credentials file of this machine's user opens the server at ``server_url``.

    An entry whose token still works stays. Returns the file if it was written, else None.
    """
    user = owner()
    if user is None:
        return None
    path = credentials_path()
    content = read_credentials(path)
    servers = content["servers"]
    urls = addresses_of(server_url)
    missing = [url for url in urls if not opens(servers.get(url))]
    if not missing:
        return None
    working = next((servers[url] for url in urls if url not in missing), None)
    if working is None:
        _, raw = tokens.create_token(user=user, name="this computer", scope=Scope.WRITE)
        working = {"token": raw, "user": user.username}
    for url in missing:
        servers[url] = working
    write_private(path, json.dumps(content, indent=2) + "\n")
    return path


def credentials_path() -> Path:
    named = os.environ.get("PANEWALL_CREDENTIALS")
    return Path(named).expanduser() if named else Path.home() / ".config" / "panewall" / "credentials.json"


def read_credentials(path: Path) -> dict:
    """The file's content; a file that cannot be understood is put aside, not overwritten."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(content.setdefault("servers", {}), dict):
            return content
    except FileNotFoundError:
        return {"servers": {}}
    except ValueError:
        pass
    aside = path.with_name(path.name + ".unreadable")
    os.replace(path, aside)
    log.warning("The credentials file %s could not be understood; it is now %s", path, aside)
    return {"servers": {}}


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made with mode 0600
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(fd)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def addresses_of(server_url: str) -> list[str]:
    """The address, and its twin: people write ``localhost`` and ``127.0.0.1`` for the same server."""
    parts = urlsplit(server_url.rstrip("/"))
    names = [parts.hostname or ""]
    if names[0] in LOOPBACK:
        names += sorted(LOOPBACK - set(names))
    port = f":{parts.port}" if parts.port else ""
    return [urlunsplit((parts.scheme, name + port, parts.path, "", "")) for name in names]


def opens(entry: object) -> bool:
    raw = entry.get("token") if isinstance(entry, dict) else None
    if not isinstance(raw, str):
        return False
    try:
        tokens.find_token(raw)
    except Unauthorized:
        return False
    return True


def system_user() -> str:
    """The system's name for whoever runs the server, as far as it can name a workspace."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number that has no name
        name = ""
    return re.sub(r"[^\w.@+-]", "_", name).strip(".")[:150] or "owner"
