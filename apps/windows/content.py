"""What windows of plain data may hold: property tables, networks and embeddings.

A page draws what is stored without asking further, so what it could not draw is refused here, with the place and the reason.
"""

import math
from collections.abc import Callable
from typing import Any

from apps.errors import Invalid, TooLarge

from .bounds import limits

PROPERTY_TYPES = ("text", "number", "button", "checkbox", "select")
POINT_KEYS = {"group", "name", "label", "position", "idx"}
Scalar = str | int | float | bool | None


def check(kind: str, content: Any) -> dict[str, Any]:
    """``content`` as a window of ``kind`` holds it. It was made plain before (``Fields.plain``).

    Raises:
        Invalid, TooLarge: naming the field and what is allowed.
    """
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise _refuse("content", "Must be a map.")
    return _CHECKS[kind](content)


def check_points(points: Any, where: str = "points") -> list[dict[str, Any]]:
    """Points of an embedding, as ``{group, name, label, position: [x, y], idx}``."""
    for place, point in enumerate(_maps(points, where)):
        at = f"{where}[{place}]"
        if unknown := set(point) - POINT_KEYS:
            raise _refuse(f"{at}.{min(unknown)[:100]}", "There is no such field.")
        position = point.get("position")
        if not isinstance(position, list) or len(position) != 2 or not all(map(_is_number, position)):
            raise _refuse(f"{at}.position", "Must be two finite numbers.")
        for key, value in point.items():
            if key != "position" and not isinstance(value, Scalar):
                raise _refuse(f"{at}.{key}", "Must be a text or a number.")
    return points


def shown(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Content as pages get it. Of an embedding they need to know that there is a way back, not what lies there."""
    content = body.get("content", {})
    return {**content, "has_previous": bool(body.get("previous"))} if kind == "embeddings" else content


def _properties(content: dict[str, Any]) -> dict[str, Any]:
    _only(content, {"items"})
    for place, item in enumerate(_maps(content.get("items", []), "content.items")):
        at = f"content.items[{place}]"
        if item.get("type") not in PROPERTY_TYPES:
            raise _refuse(f"{at}.type", f"Must be one of {', '.join(PROPERTY_TYPES)}.")
        if not isinstance(item.get("name"), Scalar):
            raise _refuse(f"{at}.name", "Must be a text.")
        if not isinstance(item.get("value"), Scalar):
            raise _refuse(f"{at}.value", "Must be a text, a number, or true or false.")
        if item["type"] == "select":
            values = item.get("values")
            if not isinstance(values, list) or not all(isinstance(value, Scalar) for value in values):
                raise _refuse(f"{at}.values", "Must be a list of texts.")
    return {"items": content.get("items", [])}


def _network(content: dict[str, Any]) -> dict[str, Any]:
    _only(content, {"nodes", "edges"})
    nodes, edges = (
        _maps(content.get("nodes", []), "content.nodes"),
        _maps(content.get("edges", []), "content.edges"),
    )
    names: set[Any] = set(range(len(nodes)))
    for place, node in enumerate(nodes):
        for key in ("name", "label", "club"):
            if not isinstance(node.get(key), Scalar):
                raise _refuse(f"content.nodes[{place}].{key}", "Must be a text or a number.")
        names.add(node.get("name"))
    for place, edge in enumerate(edges):
        if not isinstance(edge.get("label"), Scalar):
            raise _refuse(f"content.edges[{place}].label", "Must be a text or a number.")
        for end in ("source", "target"):
            if not isinstance(edge.get(end), str | int) or edge[end] not in names:
                raise _refuse(f"content.edges[{place}].{end}", "Must be the name or the place of a node.")
    return {"nodes": nodes, "edges": edges}


def _embeddings(content: dict[str, Any]) -> dict[str, Any]:
    """Points, or the word that they are being made. ``previous``: the levels above, the last one nearest."""
    _only(content, {"data", "isLoading", "selected", "has_previous", "previous"})
    out: dict[str, Any] = {}
    if "data" in content or not content.get("isLoading"):
        out["data"] = check_points(content.get("data", []), "content.data")
    else:
        out["isLoading"] = True
    if content.get("selected") is not None:
        out["selected"] = check_selected(content["selected"])
    levels = content.get("previous") or []
    if not isinstance(levels, list) or len(levels) > limits().embedding_levels:
        raise _refuse("content.previous", f"Must be a list of at most {limits().embedding_levels} levels.")
    if levels:
        out["previous"] = [
            check_points(points, f"content.previous[{place}]") for place, points in enumerate(levels)
        ]
    return out


def check_selected(selected: Any) -> dict[str, Any]:
    if not isinstance(selected, dict):
        raise _refuse("content.selected", "Must be a map such as {html, entityId}.")
    return selected


_CHECKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "properties": _properties,
    "network": _network,
    "embeddings": _embeddings,
}


def _maps(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _refuse(where, "Must be a list of maps.")
    most = limits().content_items
    if len(value) > most:
        raise TooLarge(f"{where}: {len(value):,} of them; at most {most:,} are allowed.")
    return value


def _only(content: dict[str, Any], known: set[str]) -> None:
    if unknown := set(content) - known:
        raise _refuse(f"content.{min(unknown)[:100]}", "There is no such field.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})
