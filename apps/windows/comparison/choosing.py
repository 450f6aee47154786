"""Which envs a comparison is of: the names asked for, as far as they may be seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.envs.pages import find_envs


@dataclass(slots=True)
class Choice:
    """``envs`` in the order chosen, each once; ``left_out``: names of none, or of none that may be seen; ``ids``: which env a name meant."""

    envs: list[Env] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)


def choose(principal: Principal, names: list[str], known: Mapping[str, int] | None = None) -> Choice:
    """What of ``names`` (``env`` or ``workspace/env``) the asker may compare, by the one access rule.

    ``known``: ids of the envs that these names meant when they were asked for. One that has another name by now is the same env.
    """
    choice = Choice()
    seen: set[int] = set()
    found = find_envs(principal, names)
    if known:
        there = (
            access.seen_by(principal, Env.objects.living())
            .select_related("workspace")
            .in_bulk(known.values())
        )
        found |= {name: there[pk] for name, pk in known.items() if pk in there}
    for name in dict.fromkeys(names):
        if (env := found.get(name)) is None:
            choice.left_out.append(name)
            continue
        choice.ids[name] = env.pk
        if env.pk not in seen:
            seen.add(env.pk)
            choice.envs.append(env)
    return choice
