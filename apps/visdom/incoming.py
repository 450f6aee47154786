"""From what visdom's clients send to commands: ``POST /events`` in full, and the parts that ``POST /update`` shares with it."""

import json
import uuid
from typing import Any

from apps.errors import Invalid
from apps.media.objects import file_in
from apps.windows import mismatch, objects

from .names import text_of

Raw = dict[str, Any]
#: Types of data that come alone, and are the window's content as they are; and what errors call them.
WHOLE = {
    "text": "a text",
    "image": "an image",
    "image_history": "an image",
    "properties": "properties",
    "network": "a network",
    "embeddings": "embeddings",
}
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
    """``data`` as a list of maps, each of a type that is a word or not said; empty where there is none."""
    data = message.get("data")
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise refuse("data", "Must be a list of maps.")
    for n, item in enumerate(data):
        kind = item.get("type")
        if kind is not None and not isinstance(kind, str):
            raise refuse(f"data[{n}].type", "Must be a text.")
    return data


def words_for(message: Raw) -> str:
    """What a message brings, as a reader of an error knows it."""
    if message.get("delete"):
        return "the removal of a trace"
    data = message.get("data")
    if isinstance(data, dict):
        return "a choice among embeddings"
    kind = (data[0].get("type") or "scatter") if data else "scatter"
    return WHOLE.get(kind) or mismatch.a_trace(kind)


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
    head: Raw = {"title": title_of(opts) or "", "opts": opts}
    kind = data[0].get("type")
    if kind in WHOLE:
        content: Any = data[0].get("content")
        if kind not in ("text", "properties") and not isinstance(content, dict):
            raise refuse("data[0].content", "Must be a map.")
        if kind in ("image", "image_history"):
            if not isinstance(content.get("src"), str):
                raise refuse("data[0].content.src", "Must be a data URI.")
            # Whether it keeps what was shown before is said by how it was sent.
            head["opts"] = {key: value for key, value in opts.items() if key != "store_history"}
        elif kind == "text":
            content = text_content(content)
        elif kind == "embeddings":
            content = {key: value for key, value in content.items() if key not in OWN_FIELDS}
        return objects.commands_from_object(env, {**head, "id": win, "type": kind, "content": content})
    layout = message.get("layout")
    if layout is not None and not isinstance(layout, dict):
        raise refuse("layout", "Must be a map.")
    put = {"do": "window.put", "env": env, "win": win, "kind": "plot", "layout": layout or {}, "traces": data}
    return [put | head]


def text_content(content: Any) -> str:
    """Anything may be shown as text."""
    if content is None:
        return ""
    if isinstance(content, dict | list):
        return json.dumps(content, ensure_ascii=False)
    return str(content)


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
        "image": file_in(content.get("src")),
        "caption": "" if caption is None else str(caption),
    }


def refuse(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", fields={field: [reason]})
