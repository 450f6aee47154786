"""Serializers and fields that take exactly what they document: no unknown names, no numbers for texts, nor texts for numbers.

A query is text; what reads it takes DRF's own fields for numbers.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know, by name: a misspelt option must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [name for name in data if name not in known]
            if unknown:
                allowed = ", ".join(sorted(known)) or "none"
                raise serializers.ValidationError(
                    {str(name): [f"Unknown field. Allowed: {allowed}."] for name in unknown[:20]}
                )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A string as it was sent: not trimmed, not made of a number."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of the words; DRF would also take what prints as one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number; not what prints as one, nor true and false."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, (str, bool)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false, and no word for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Finite(serializers.FloatField):
    """A number; not what prints as one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, (str, bool)):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JsonMap(serializers.Field):
    """A JSON object, kept as it is."""

    default_error_messages = {"not_a_map": "Expected an object, got {type}."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_a_map", type=_json_type(data))
        return data

    def to_representation(self, value: Any) -> Any:
        return value


def _json_type(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "null")
