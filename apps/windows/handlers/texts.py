"""Text is put behind text."""

from typing import Any

from apps.errors import TooLarge

from .. import building
from ..commands import Fields, register
from ..mismatch import wrong_kind
from ..models import TextPart, Window
from ..state import EnvState
from ..transaction import Transaction


def _decode_text_append(fields: Fields) -> dict[str, Any]:
    return {
        "win": fields.key("win"),
        "text": fields.text("text", limit=fields.limits.text_chars),
        "title": fields.title(),
        "opts": fields.map("opts"),
    }


def text_append(
    tx: Transaction, env: EnvState, *, win: str, text: str, title: str | None, opts: dict
) -> None:
    window = env.window(win)
    if window is not None and window.kind != Window.Kind.TEXT:
        raise wrong_kind(window, "a text")
    held = window.body if window is not None else {"opts": {}, "layout": {}}
    body = {**held, "opts": building.merge_map(held.get("opts", {}), opts)}
    packed = building.pack_body(body, [])
    length = window.text_length if window is not None else 0
    if length + len(text) > tx.limits.window_text_chars:
        raise TooLarge(
            f"Window {win!r} holds {length:,} characters; at most {tx.limits.window_text_chars:,} are allowed."
            " Put a new text."
        )
    if window is None:
        window = building.new_window(tx, env, win)
        window.kind = "text"
    window.body = body
    if title is not None:
        window.title = title
    last = TextPart.objects.filter(window_id=window.id).order_by("-no").values_list("no", flat=True).first()
    TextPart.objects.create(window_id=window.id, no=0 if last is None else last + 1, text=text)
    window.text_length += len(text) + (0 if last is None else len("<br>"))
    tx.save_window(env, window, packed)


register("text.append", decode=_decode_text_append, apply=text_append)
