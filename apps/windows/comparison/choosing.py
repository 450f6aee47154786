"""Which envs a comparison is of: the names asked for, as far as they may be seen."""

from dataclasses import dataclass, field

from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.envs.pages import find_envs


@dataclass(slots=True)
class Choice:
    """``envs`` in the order chosen, each once; ``left_out``: names of none, or of none that may be seen."""

    envs: list[Env] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def choose(principal: Principal, names: list[str]) -> Choice:
    """What of ``names`` (``env`` or ``workspace/env``) the asker may compare, by the one access rule."""
    choice = Choice()
    seen: set[int] = set()
    found = find_envs(principal, names)
    for name in dict.fromkeys(names):
        if (env := found.get(name)) is None:
            choice.left_out.append(name)
        elif env.pk not in seen:
            seen.add(env.pk)
            choice.envs.append(env)
    return choice
