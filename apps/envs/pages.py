"""A page shows a set of envs: one, or those of a comparison, in any order. What people keep for a page goes by the envs' ids, so that
renaming one changes nothing."""

import hashlib
from collections.abc import Iterable

from django.db.models import Q

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.errors import DomainError, NotFound


def find_envs(principal: Principal, names: Iterable[str]) -> dict[str, Env | None]:
    """The envs of these names (``env`` or ``workspace/env``) that the asker may see, in few queries; None: there is none."""
    parsed: dict[str, tuple[str | None, str] | None] = {}
    for name in dict.fromkeys(names):
        try:
            parsed[name] = access.parse_name(name)
        except DomainError:
            parsed[name] = None
    parts = [part for part in parsed.values() if part is not None]
    here = access.seen_by(principal, Env.objects.living()).select_related("workspace")
    found: dict[tuple[str | None, str], Env] = {}
    if full := [(workspace, name) for workspace, name in parts if workspace is not None]:
        wanted = Q(
            workspace__name__in={workspace for workspace, _ in full}, name__in={name for _, name in full}
        )
        found |= {(env.workspace.name, env.name): env for env in here.filter(wanted)}
    if bare := [name for workspace, name in parts if workspace is None]:
        found |= {(None, env.name): env for env in here.filter(access.at_home(principal), name__in=bare)}
    return {name: None if part is None else found.get(part) for name, part in parsed.items()}


def page_envs(principal: Principal, names: Iterable[str]) -> list[Env]:
    """The envs of a page, each once.

    Raises:
        NotFound: one of them is missing or hidden.
    """
    envs: dict[int, Env] = {}
    for name, env in find_envs(principal, names).items():
        if env is None:
            raise NotFound(f"There is no env {name[:300]!r} that you may see.")
        envs[env.pk] = env
    return list(envs.values())


def page_key(envs: Iterable[Env]) -> str:
    ids = ",".join(str(pk) for pk in sorted({env.pk for env in envs}))
    return hashlib.sha256(ids.encode()).hexdigest()
