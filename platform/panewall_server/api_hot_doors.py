"""The OpenAPI document of the doors beside Django.

Ingest and asset uploads are served by ASGI applications (they are hot, see door.py), but people look for them in the
same document as for everything else.
"""

from typing import Any

from django.conf import settings

from apps.media.structured import STRUCTURED
from apps.windows.listening import MOST_WAITING, WAIT_S
from apps.windows.polled import PATIENCE_S


def hot_doors() -> dict[str, dict[str, Any]]:
    limits = settings.PANEWALL.limits
    refused_pairs = {
        "type": "array",
        "description": "`[index, error]` of each command that was refused; all others went in.",
        "items": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"anyOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Error"}]},
        },
    }
    commands = {
        "type": "array",
        "maxItems": limits.commands,
        "items": {
            "type": "object",
            "required": ["do", "env"],
            "properties": {
                "do": {"type": "string", "description": "`trace.append`, `metrics.log`, `text.append` …"},
                "env": {
                    "type": "string",
                    "description": "`name` in your own workspace, or `workspace/name`.",
                },
            },
            "additionalProperties": True,
        },
    }
    batch = {
        "type": "object",
        "properties": {
            "c": commands,
            "commands": commands,
            "session": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "n": {"type": "integer", "minimum": 1, "description": "The batch's number in its session."},
        },
    }
    outcome = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "e": refused_pairs},
    }
    bearer: list[dict[str, list[str]]] = [{"token": []}]
    return {
        "/api/v1/ingest": {
            "post": {
                "operationId": "ingest",
                "tags": ["ingest"],
                "summary": "Write a batch of commands",
                "description": (
                    "Acknowledged means committed. A command that is refused leaves its siblings alone. With `session` and `n` "
                    "(or an `Idempotency-Key`) a batch sent twice is applied once."
                    f"\n\nAt most {limits.body_bytes} bytes, {limits.commands} commands, {limits.points} points a command. "
                    "Also as `application/msgpack`; the answer has the type of the request."
                ),
                "security": bearer,
                "parameters": [
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": batch},
                        "application/msgpack": {"schema": {"type": "string", "format": "binary"}},
                    },
                },
                "responses": {
                    "200": {
                        "description": "At least one command went in.",
                        "content": {
                            "application/json": {"schema": outcome},
                            "application/msgpack": {"schema": {"type": "string", "format": "binary"}},
                        },
                    },
                    "400": {
                        "description": "Nothing went in: each command was refused, or the body could not be read.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "anyOf": [
                                        outcome | {"required": ["e"]},
                                        {"$ref": "#/components/schemas/Error"},
                                    ]
                                }
                            },
                            "application/msgpack": {"schema": {"type": "string", "format": "binary"}},
                        },
                    },
                },
            }
        },
        "/api/v1/ingest/session/{session}": {
            "get": {
                "operationId": "get_ingest_session",
                "tags": ["ingest"],
                "summary": "The last batch of a session that is committed",
                "security": bearer,
                "parameters": [
                    {
                        "name": "session",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "0 when nothing came in yet.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["last"],
                                    "properties": {"last": {"type": "integer", "minimum": 0}},
                                }
                            }
                        },
                    },
                },
            }
        },
        "/api/v1/events": {
            "post": {
                "operationId": "hear_events",
                "tags": ["ingest"],
                "summary": "Hear what people do in windows, where no websocket gets through",
                "description": (
                    "Without `listener`: begin to listen, and get its id. With it: the events that it heard behind number `after`, the "
                    f"oldest first; waits up to {WAIT_S:.0f} s for one. A listener that is not asked for {PATIENCE_S:.0f} s is gone, and so is what "
                    f"it heard; at most {MOST_WAITING} events wait for one."
                ),
                "security": bearer,
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "listener": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                                    "after": {
                                        "type": "integer",
                                        "minimum": 0,
                                        "maximum": 2**53,
                                        "description": "`last` of the answer before: those events arrived.",
                                    },
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "200": {
                        "description": "What was heard.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["listener", "events", "last"],
                                    "properties": {
                                        "listener": {"type": "string"},
                                        "events": {"type": "array", "items": {"type": "object"}},
                                        "last": {"type": "integer", "description": "the last event's number"},
                                    },
                                }
                            }
                        },
                    },
                    "404": {
                        "description": "There is no such listener (any more).",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                    },
                },
            }
        },
        "/api/v1/assets": {
            "post": {
                "operationId": "upload_asset",
                "tags": ["ingest"],
                "summary": "Store an image, a sound or a video, to be named in sample.put",
                "description": (
                    f"The raw bytes: of an image at most {limits.asset_bytes}, of a sound or a video at most "
                    f"{limits.media_bytes}. Stored once, whoever sends it. Its header says what it is; "
                    f"of histograms, tables and texts, which have none, `Content-Type` does: {', '.join(STRUCTURED)}."
                ),
                "security": bearer,
                "requestBody": {
                    "required": True,
                    "content": {
                        kind: {"schema": {"type": "string", "format": "binary"}}
                        for kind in ("image/*", "audio/*", "video/*")
                    },
                },
                "responses": {
                    "201": {
                        "description": "Stored, or here already.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["asset", "content_type", "width", "height"],
                                    "properties": {
                                        "asset": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                                        "content_type": {"type": "string"},
                                        "width": {"type": "integer", "description": "pixels"},
                                        "height": {"type": "integer", "description": "pixels"},
                                    },
                                }
                            }
                        },
                    },
                },
            }
        },
    }
