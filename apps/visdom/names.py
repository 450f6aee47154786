"""Names as visdom's clients write them, in ours: an env's name may hold slashes, any key may be a number.

``team/run`` is env ``run`` of workspace ``team`` where the asker may see such a workspace; any other slash becomes ``_``, as
visdom does it. A name once mapped so stays so.
"""

import time
from typing import Any

from apps.accounts.models import Workspace
from apps.accounts.principals import Principal
from apps.envs.access import visible_workspaces
from apps.envs.models import ENV_NAME_MAX
from apps.errors import Invalid
from apps.jobs.gate import write_transaction

from .models import MappedName

#: How long a name with a slash is believed to mean what it meant.
TRUST_S = 1.0
DEFAULT_ENV = "main"

_known: dict[tuple[Principal, str], tuple[float, str]] = {}


def text_of(value: Any, field: str) -> str:
    """A key as text; numbers are taken as their digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Invalid(f"{field}: Must be a text.", fields={field: ["Must be a text."]})


def eid_of(message: dict, field: str = "eid") -> str:
    """The env a message is about, as its client calls it."""
    value = message.get(field)
    return DEFAULT_ENV if value is None else text_of(value, field)


def peek(principal: Principal, eid: str) -> str | None:
    """Our name for ``eid`` where that takes no look at the database; else None."""
    if "/" not in eid:
        return eid
    known = _known.get((principal, eid))
    return known[1] if known and known[0] > time.monotonic() else None


def resolve(principal: Principal, eid: str, *, remember: bool = False) -> str:
    """Our name for ``eid``: ``name`` or ``workspace/name``. Sync ORM.

    Args:
        remember: something is about to be written there, so what it means now it means from now on.
    """
    if "/" not in eid:
        return eid
    first, _, rest = eid.partition("/")
    flat = eid.replace("/", "_")
    at_home = home(principal)
    kept = (
        at_home is not None
        and MappedName.objects.filter(workspace_id=at_home, name=eid[:ENV_NAME_MAX]).exists()
    )
    if not kept and visible_workspaces(principal).filter(name=first).exists():
        name = f"{first}/{rest.replace('/', '_')}"
    else:
        name = flat
        if remember and not kept and at_home is not None and len(eid) <= ENV_NAME_MAX:
            with write_transaction():
                MappedName.objects.get_or_create(workspace_id=at_home, name=eid)
        elif not kept:
            return name  # not to be believed for long: the next one may write
    if len(_known) > 10_000:
        _known.clear()
    _known[principal, eid] = (time.monotonic() + TRUST_S, name)
    return name


def home(principal: Principal) -> int | None:
    """The workspace that bare names lie in."""
    if principal.workspace_id is not None:
        return principal.workspace_id
    own = Workspace.objects.filter(kind=Workspace.Kind.PERSONAL, owner_id=principal.user_id)
    return own.values_list("pk", flat=True).first()
