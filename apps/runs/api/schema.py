"""Columns and filters in the words of OpenAPI, as exact as those allow: which ops a column takes follows from its kind."""

from typing import Any

from apps.runs.models import NAME_MAX
from apps.runs.names import AGGREGATES, FIELDS

COLUMN_MAX = NAME_MAX + 20
REST = r"[^\u0000]+"
FREE = rf"(config|tag):{REST}"
METRIC = f"metric:({'|'.join(AGGREGATES)}):{REST}"
TEXTS = "|".join(name for name, kind in FIELDS.items() if kind == "text")
DATES = "|".join(name for name, kind in FIELDS.items() if kind == "date")


def column(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^({pattern})$", "maxLength": COLUMN_MAX}


COLUMN = column(f"{'|'.join(FIELDS)}|{FREE}|{METRIC}")
TEXT = {"type": "string", "maxLength": 1000}
NUMBER = {"type": "number", "minimum": -1e300, "maximum": 1e300}
DATE = {"type": "string", "format": "date-time"}


def condition(pattern: str, ops: str, value: dict[str, Any] | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"column": column(pattern), "op": {"type": "string", "enum": ops.split()}}
    if value is not None:
        properties["value"] = value
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def pair(bound: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": bound, "minItems": 2, "maxItems": 2}


def junction(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "type": "object",
            "properties": {how: {"type": "array", "items": {"anyOf": parts}, "maxItems": 20}},
            "required": [how],
            "additionalProperties": False,
        }
        for how in ("all", "any")
    ]


CHOICES = {"type": "array", "items": TEXT, "maxItems": 1000}
CONDITIONS = [
    condition(f"{TEXTS}|tags|{FREE}", "contains not_contains = !=", TEXT),
    condition(f"{TEXTS}|tags|{FREE}", "any_of none_of", CHOICES),
    condition("tags", "all_of", CHOICES),
    condition(f"duration|config:{REST}|{METRIC}", "= != > >= < <=", NUMBER),
    condition(f"duration|config:{REST}|{METRIC}", "between not_between", pair(NUMBER)),
    condition(DATES, "> >= < <=", DATE),
    condition(DATES, "between not_between", pair(DATE)),
    condition(f"{'|'.join(FIELDS)}|{FREE}|{METRIC}", "exists not_exists", None),
]
FILTER = {"anyOf": [*CONDITIONS, *junction(CONDITIONS[:2])]}
