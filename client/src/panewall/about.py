"""What is said of a run besides what it logs: config, tags and notes, in the form in which the server takes them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from panewall.arrays import portable
from panewall.errors import BadArgument

TAGS, TAG_CHARS = 100, 200
NOTES_CHARS = 10_000
DEEPEST = 60  # of a config


def clean_text(text: str, most: int) -> str:
    """What a database can hold of a text."""
    return text[:most].replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def portable_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config as a server keeps it, whatever is in it: what is no number, text, list or map becomes a text."""
    return _portable(config, ())


def _portable(value: Any, within: tuple[int, ...]) -> Any:
    """``within``: the ids of the maps and lists round it, which it may name again."""
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        if id(value) in within or len(within) == DEEPEST:
            return "…"
        within = (*within, id(value))
        if isinstance(value, Mapping):
            return {_words(key): _portable(item, within) for key, item in value.items()}
        return [_portable(item, within) for item in value]
    if isinstance(value, (float, np.floating)) and math.isinf(value):
        return str(float(value))
    if isinstance(value, (str, bytes)):
        return _words(value)
    try:
        made = portable(value, arrays=False)
    except Exception:
        return type(value).__name__
    return _portable(made, within) if isinstance(made, (str, list, dict)) else made


def _words(value: Any) -> str:
    text = str(value)
    return clean_text(text, len(text))


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    out = dict(old)
    for key, value in new.items():
        held = out.get(key)
        out[key] = merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return out


def checked_tags(tags: Any) -> list[str]:
    """Words, from one or several or lists of them."""
    given = [tags] if isinstance(tags, str) else list(tags or ())
    words: list[str] = []
    for item in given:
        words += (
            [item]
            if isinstance(item, str)
            else map(str, item)
            if isinstance(item, (list, tuple, set))
            else [str(item)]
        )
    words = list(dict.fromkeys(_words(word.strip()) for word in words if word.strip()))
    if len(words) > TAGS or any(len(word) > TAG_CHARS for word in words):
        raise BadArgument(f"a run has at most {TAGS} tags of at most {TAG_CHARS} characters")
    return words


def checked_notes(text: Any) -> str:
    text = "" if text is None else str(text)
    if len(text) > NOTES_CHARS:
        raise BadArgument(f"notes have at most {NOTES_CHARS} characters, not {len(text)}")
    return clean_text(text, NOTES_CHARS)


def as_config(config: Any) -> dict[str, Any]:
    """Namespaces, dataclasses, OmegaConf's and the like as a dict.

    Raises:
        BadArgument: it is no such thing.
    """
    if config is None:
        return {}
    if isinstance(config, dict):
        return config
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return dataclasses.asdict(config)
    if type(config).__module__.startswith("omegaconf"):
        from omegaconf import OmegaConf

        return dict(OmegaConf.to_container(config, resolve=True))
    items: Any = getattr(config, "items", None)
    if items is not None:
        return dict(items())
    if hasattr(config, "__dict__"):
        return dict(vars(config))
    raise BadArgument(f"config is a dict, not {type(config).__name__}")
