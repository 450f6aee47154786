"""How windows and traces are to look, as commands say it: read once, and remembered, since clients say the same with every append."""

import copy
from typing import Any

import msgpack

from .. import figures
from ..commands import Fields, Look

#: Most appends say nothing of what is there already.
NO_LOOK: dict[str, Any] = {"title": "", "opts": {}, "look": Look(), "trace": {}}
#: Looks read before, by what was sent; how many are kept, and of how many bytes at most.
_looks: dict[bytes, dict[str, Any]] = {}
LOOKS, LOOK_BYTES = 512, 4096


def decode_look(fields: Fields) -> dict[str, Any]:
    """``make``: what a missing window and trace are made from. Shared, since clients say the same with every append: not to be
    changed; ``fresh_look`` is."""
    make = fields.get("make")
    if not make:
        return NO_LOOK
    if not isinstance(make, dict):
        raise fields.refuse("make", "Must be a map.")
    try:
        key = msgpack.packb(make)
    except (TypeError, ValueError, OverflowError):
        return _read_look(fields, make)  # refused there, with the place
    known = _looks.get(key)
    if known is None:
        known = _read_look(fields, make)
        if len(key) <= LOOK_BYTES:
            if len(_looks) >= LOOKS:
                _looks.clear()
            _looks[key] = known
    return known


def fresh_look(make: dict[str, Any]) -> dict[str, Any]:
    """A look for a window to keep."""
    return copy.deepcopy(make)


def _read_look(fields: Fields, make: dict) -> dict[str, Any]:
    look = Fields(make)
    made = {
        "title": look.title() or "",
        "opts": look.map("opts"),
        "look": look.layout(),
        "trace": decode_set(fields, look.map("trace"), "make.trace"),
    }
    look.done()
    return made


def decode_set(fields: Fields, attrs: dict[str, Any], name: str) -> dict[str, Any]:
    """Attributes of a trace to change. Its name and its type are such as a trace may have."""
    if not attrs:
        return attrs
    fields.check_type(attrs, name)
    attrs = figures.upgrade_trace(attrs)
    label = attrs.get("name")
    if label is not None and not isinstance(label, str):
        attrs["name"] = label = str(label)
    if label is not None and len(label) > fields.limits.key_chars:
        raise fields.refuse(
            f"{name}.name", f"{len(label):,} characters; at most {fields.limits.key_chars} are allowed."
        )
    return attrs
