"""What a share link carries, told to a visitor: in the names of now, and nothing of envs that are left out."""

import re
from typing import Any

#: The key of a pane of a comparison: kind, how it was found, title or key, and which of that name it is.
COMPARED = re.compile(r"[a-z]+:(?:title|key):(.*?)(?:#\d+)?$", re.DOTALL)
METRIC = "metric:"


def as_called_now(state: dict, names: dict[str, str], *, only: str | None) -> dict:
    """A link's state with the envs in it called as they are now; what it says of others is left out.

    Args:
        names: by what they were called when the link was made.
        only: the env of a link to one, of which all is, whatever it says.
    """
    now = dict(state)
    if isinstance(pins := state.get("pins"), list):
        found = [(only or names.get(str(pin.get("env"))), pin) for pin in pins if isinstance(pin, dict)]
        now["pins"] = [{**pin, "env": name} for name, pin in found if name]
    steps = _map(state.get("steps"))
    if cards := _map(steps.get("cards")):
        now["steps"] = {**steps, "cards": {label: _card(card, names) for label, card in cards.items()}}
    return now


def without_unknown(state: dict, windows: set[str]) -> dict:
    """A state of a comparison without what may be of windows that only an env had which is left out.

    Args:
        windows: titles and keys of the windows that are left.
    """

    def known(part: Any) -> dict:
        return {label: value for label, value in _map(part).items() if is_of(label, windows)}

    steps, metrics, follow = (_map(state.get(name)) for name in ("steps", "metrics", "follow"))
    now = {name: value for name, value in state.items() if name in ("wall", "pins")}
    now["layout"] = known(state.get("layout"))
    now["steps"] = {name: steps[name] for name in ("scope", "sample") if name in steps}
    now["steps"]["cards"] = known(steps.get("cards"))
    page = {name: value for name, value in _map(metrics.get("page")).items() if _says_known(value, windows)}
    now["metrics"] = {"page": page, "panes": known(metrics.get("panes"))}
    if "pins" in state:
        now["pins"] = [_spared(pin, windows) for pin in state["pins"]]
        now["follow"] = follow if follow.get("metric") in windows else None
    return now


def is_of(label: str, windows: set[str]) -> bool:
    found = COMPARED.match(label)
    return label in windows or (found is not None and found[1] in windows)


def _says_known(setting: Any, windows: set[str]) -> bool:
    is_metric = isinstance(setting, str) and setting.startswith(METRIC)
    return not is_metric or setting.removeprefix(METRIC) in windows


def _spared(pin: dict, windows: set[str]) -> dict:
    cards = [card for card in pin.get("except") or [] if isinstance(card, str) and is_of(card, windows)]
    return {**pin, "except": cards}


def _card(card: Any, names: dict[str, str]) -> Any:
    if not isinstance(card, dict) or not isinstance(samples := card.get("samples"), dict):
        return card
    return {**card, "samples": {names[env]: at for env, at in samples.items() if env in names}}


def _map(value: Any) -> dict:
    return value if isinstance(value, dict) else {}
