"""From what visdom's clients send to commands: ``POST /events`` in full, and the parts that ``POST /update`` shares with it."""

import base64
import binascii
import json
import uuid
from typing import Any

from apps.errors import Invalid

from .names import text_of

Raw = dict[str, Any]
#: Kinds of content that a window holds as one plain map.
CONTENT = {"properties", "network", "embeddings"}
#: What embeddings windows say of themselves, and no client need say.
OWN_FIELDS = {"has_previous", "old_content"}


def window_key(message: Raw) -> str:
    """The window a message is about; one without a name gets a new one."""
    win = message.get("win")
    return f"window_{uuid.uuid4().hex}" if win is None else text_of(win, "win")


def opts_of(message: Raw) -> Raw:
    """``opts``; a null in it says nothing."""
    opts = message.get("opts")
    if opts is None:
        return {}
    if not isinstance(opts, dict):
        raise refuse("opts", "Must be a map.")
    return {key: value for key, value in opts.items() if value is not None}


def title_of(opts: Raw) -> str | None:
    title = opts.get("title")
    if isinstance(title, dict):  # plotly's own form
        title = title.get("text")
    return None if title is None else str(title)


def data_of(message: Raw) -> list[Raw]:
    """``data`` as a list of maps; empty where there is none."""
    data = message.get("data")
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise refuse("data", "Must be a list of maps.")
    return data


def put_commands(env: str, win: str, message: Raw) -> list[Raw]:
    """The commands that make or replace the window of a ``POST /events``.

    Raises:
        Invalid: naming the field and what is allowed.
    """
    if message.get("func") is not None:
        raise refuse("func", "The Lua client is not served.")
    data, opts = data_of(message), opts_of(message)
    if not data:
        raise refuse("data", "Must hold at least one map.")
    first = data[0]
    put: Raw = {"do": "window.put", "env": env, "win": win, "title": title_of(opts) or "", "opts": opts}
    match first.get("type"):
        case "text":
            return [put | {"kind": "text", "text": text_content(first.get("content"))}]
        case "image" | "image_history" as kind:
            # Whether it keeps what was shown before is said by how it was sent.
            put["opts"] = {key: value for key, value in opts.items() if key != "store_history"}
            if kind == "image_history":
                put["opts"]["store_history"] = True
            return [put | {"kind": "image"}, sample_command(env, win, first.get("content"), step=0)]
        case str() as kind if kind in CONTENT:
            return [put | {"kind": kind, "content": plain_content(kind, first.get("content"))}]
    layout = message.get("layout")
    if layout is not None and not isinstance(layout, dict):
        raise refuse("layout", "Must be a map.")
    return [put | {"kind": "plot", "layout": layout or {}, "traces": data}]


def text_content(content: Any) -> str:
    """Anything may be shown as text."""
    if content is None:
        return ""
    if isinstance(content, dict | list):
        return json.dumps(content, ensure_ascii=False)
    return str(content)


def plain_content(kind: str, content: Any) -> Raw:
    """Content of properties (a list on the wire), networks and embeddings."""
    if kind == "properties":
        return {"items": content}
    if not isinstance(content, dict):
        raise refuse("data[0].content", "Must be a map.")
    return {key: value for key, value in content.items() if key not in OWN_FIELDS}


def sample_command(env: str, win: str, content: Any, *, step: int) -> Raw:
    """``sample.put`` of an image as visdom's clients send it: ``{src: data URI, caption}``."""
    if not isinstance(content, dict):
        raise refuse("data[0].content", "Must be a map of src and caption.")
    caption = content.get("caption")
    return {
        "do": "sample.put",
        "env": env,
        "win": win,
        "step": step,
        "image": image_bytes(content.get("src")),
        "caption": "" if caption is None else str(caption),
    }


def image_bytes(src: Any) -> bytes:
    """The file in a data URI."""
    field = "data[0].content.src"
    if not isinstance(src, str) or not src.startswith("data:"):
        raise refuse(field, "Must be a data URI, such as data:image/png;base64,….")
    head, comma, body = src.partition(",")
    if not comma or not head.endswith(";base64"):
        raise refuse(field, "Must be a data URI in base64.")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise refuse(field, "Is not base64.") from error


def refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})
