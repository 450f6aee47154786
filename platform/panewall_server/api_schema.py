"""The OpenAPI document: what every view shares is described here once, so that no answer is undocumented."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from panewall_server.api import BearerAuthentication, PageSessionAuthentication
from panewall_server.api_hot_doors import hot_doors

NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53}
ENV_NAME = {"type": "string", "minLength": 1, "maxLength": 300, "pattern": r"^[^/\x00-\x1f\x7f]+$"}
PATH_PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "workspace": (
        {"type": "string", "minLength": 1, "maxLength": 150, "pattern": r"^[\w.@+-]+$"},
        "The workspace's name.",
    ),
    "env": (ENV_NAME, "The env's name, percent-encoded; it never contains a slash."),
    "win": (
        {"type": "string", "minLength": 1, "maxLength": 300},
        "The window's key, percent-encoded; any string. For `.`, `..` and the empty key see `…/window?win=`.",
    ),
    "name": (ENV_NAME | {"maxLength": 200}, "The view's name, percent-encoded."),
    "index": (NUMBER, "The trace's place in the window, from 0."),
    "id": (NUMBER, "The number the list gives."),
    "sha256": ({"type": "string", "pattern": "^[0-9a-f]{64}$"}, "The asset's SHA-256 in hexadecimal."),
}
# How many fields a change has: what a serializer's own validation says, in words of JSON Schema.
PROPERTIES = {
    "EnvChangeRequest": {"minProperties": 1, "maxProperties": 1},
    "WindowChangeRequest": {"minProperties": 1},
}
WRITES = {"post", "put", "patch", "delete"}
REFUSALS = {
    "400": "Something in the request has the wrong form; `fields` says what.",
    "401": "No valid token and no session.",
    "403": "You may look, but not do this; or the server is read-only (`read_only`).",
    "404": "Missing, or hidden from you.",
    "406": "No representation of the type you accept.",
    "409": "The name is taken, or the state has moved on.",
    "413": "Larger than a documented limit.",
    "415": "The body is not `application/json`.",
    "429": "Too many requests; `Retry-After` says when to come back.",
}
ERROR = {
    "type": "object",
    "description": "Every refusal has this shape.",
    "required": ["code", "detail", "fields"],
    "additionalProperties": True,
    "properties": {
        "code": {"type": "string", "description": "A stable word, such as `not_found`."},
        "detail": {"type": "string", "description": "What is wrong and the way out, for people."},
        "fields": {
            "type": "object",
            "description": "The reasons by field; dotted names reach into maps and lists.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token: `pw_…`, made on your tokens page.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = PageSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in browser; writes also send `X-CSRFToken`.",
        }


class Schema(AutoSchema):
    """One operation: parameters come from the serializer that also reads them, tags from the view."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "envs")]

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        """Readers need not know which of our classes take and which give: requests get a suffix of their own."""
        return type(serializer).__name__.removesuffix("Out").removesuffix("In")

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = [
            OpenApiParameter(name, form, OpenApiParameter.PATH, description=words)
            for name, (form, words) in PATH_PARTS.items()
            if f"{{{name}}}" in self.path
        ]
        query = getattr(self.view, "queries", {}).get(self.method)
        if query is not None:
            parameters.append(query)
        if self.method.lower() in WRITES and getattr(self.view, "takes_idempotency_key", False):
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[ -~]+$"},
                    OpenApiParameter.HEADER,
                    description="Makes a retry safe: the same key gets the first answer again.",
                )
            )
        return parameters


def describe_doors(result: dict, generator: Any, request: Any, public: bool) -> dict:
    """Finish the document: refusals of every operation, the server's address, and the doors beside Django."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    for name, schema in components["schemas"].items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False  # as StrictSerializer reads them
    for name, bounds in PROPERTIES.items():
        components["schemas"].get(name, {}).update(bounds)
    result["servers"] = [{"url": settings.PANEWALL.base_url or "/"}]
    result["tags"] = [{"name": name, "description": words} for name, words in TAGS.items()]
    result["paths"].update(hot_doors())
    for path, item in result["paths"].items():
        for method, operation in item.items():
            _need_body(operation)
            for status, words in REFUSALS.items():
                if is_possible(status, method, path, operation):
                    operation["responses"].setdefault(status, _refused(words))
    return result


def is_possible(status: str, method: str, path: str, operation: dict) -> bool:
    """Whether this operation can be refused in this way at all."""
    if status == "413":
        texts = [part for part in operation.get("parameters", []) if part["in"] == "query"]
        return method in WRITES or any({"maxLength", "maxItems"} & set(part["schema"]) for part in texts)
    if status == "415":
        return "requestBody" in operation
    return status != "409" or method in WRITES


def _need_body(operation: dict) -> None:
    """A change of nothing is refused, so its body is needed although no single field of it is."""
    for kind in operation.get("requestBody", {}).get("content", {}).values():
        if kind["schema"].get("$ref", "").rpartition("/")[2] in PROPERTIES:
            operation["requestBody"]["required"] = True


TAGS = {
    "you": "Who am I, and what may I see?",
    "envs": "Named sets of windows: one run or one dashboard.",
    "runs": "Envs of a workspace as a table: sorted, filtered, grouped.",
    "windows": "What an env shows, and the points behind it.",
    "archives": "Envs and windows as files, and envs from files.",
    "snapshots": "States of an env that one can come back to.",
    "arrangements": "One's own layout, and saved views for everybody.",
    "links": "Read-only public addresses.",
    "tokens": "Secrets for programs.",
    "jobs": "Work that goes on after the request that asked for it.",
    "ingest": "The way in for data; see the protocol's description for the commands.",
}


def _refused(words: str) -> dict:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
