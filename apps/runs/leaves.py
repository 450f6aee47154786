"""A config as a flat list of names and values, as the runs table has columns for it."""

import json
import math
from typing import Any

from apps.runs.models import NAME_MAX

#: Leaves of one env that get a column; the others are in its config all the same.
MOST = 1000

Leaf = tuple[float | None, str | None]


def leaves_of(config: Any) -> dict[str, Leaf]:
    """``{"optim": {"lr": 0.1}, "tags": ["a"]}`` as ``{"optim/lr": (0.1, None), "tags": (None, '["a"]')}``.

    Keys nest by ``/``. A value is a number or a text; null is no value. Names that are too long are left out.
    """
    out: dict[str, Leaf] = {}
    waiting: list[tuple[str, Any]] = [("", config)] if isinstance(config, dict) else []
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting.extend(
                (f"{name}/{key}" if name else str(key), item) for key, item in reversed(value.items())
            )
        elif name and len(name) <= NAME_MAX and "\x00" not in name:
            leaf = leaf_of(value)
            if leaf is not None and (name in out or len(out) < MOST):
                out[name] = leaf
    return out


def leaf_of(value: Any) -> Leaf | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return None, str(value).lower()
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None, str(value)[:NAME_MAX]
        return (number, None) if math.isfinite(number) else (None, str(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return None, text.replace("\x00", "")[:NAME_MAX]


def find(config: Any, name: str) -> Any:
    """The value of ``optim/lr`` in a config whose keys may themselves contain slashes; None if there is none."""
    if not isinstance(config, dict):
        return None
    if name in config:
        return config[name]
    at = name.find("/")
    while at >= 0:
        inner = config.get(name[:at])
        if isinstance(inner, dict) and (found := find(inner, name[at + 1 :])) is not None:
            return found
        at = name.find("/", at + 1)
    return None
