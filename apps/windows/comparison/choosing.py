"""Which envs a comparison is of: the names asked for, as far as they may be seen."""

from dataclasses import dataclass, field

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.errors import DomainError


@dataclass(slots=True)
class Choice:
    """``envs`` in the order chosen, each once; ``left_out``: names of none, or of none that may be seen."""

    envs: list[Env] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def choose(principal: Principal, names: list[str]) -> Choice:
    """What of ``names`` (``env`` or ``workspace/env``) the asker may compare, by the one access rule."""
    choice = Choice()
    seen: set[int] = set()
    for name in dict.fromkeys(names):
        try:
            env = access.find_env(principal, name)
        except DomainError:
            choice.left_out.append(name)
            continue
        if env.pk not in seen:
            seen.add(env.pk)
            choice.envs.append(env)
    return choice
