"""A window as visdom shows it: read over REST, with every point of its traces, in the shape users of `get_window_data` know."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import numpy as np

from panewall.arrays import is_typed, untyped
from panewall.errors import NotFound
from panewall.rest import MSGPACK, Rest

PAGE = 100
_TYPES = {"metric": "plot"}


def read_window(rest: Rest, env: str, win: str) -> dict[str, Any]:
    """One window.

    Raises:
        NotFound: there is none.
        PanewallError: the server said no, or nothing.
    """
    path = rest.window_path(env, win)
    window = rest.get(path, headers={"Accept": MSGPACK})
    opts = _numbers(window.get("opts") or {})
    shaped = {
        "command": "window",
        "version": window.get("revision", 1),
        "id": window["key"],
        "title": window.get("title") or "",
        "inflate": opts.get("inflate", True),
        "width": opts.get("width"),
        "height": opts.get("height"),
        "contentID": f"{window['id']}-{window.get('revision', 1)}",
        "type": _TYPES.get(window["kind"], window["kind"]),
        "i": window.get("place", 0),
        **{key: value for key, value in opts.items() if value is not None},
    }
    if window["kind"] in ("plot", "metric"):
        traces = [_trace(rest, path, trace) for trace in window.get("traces") or []]
        shaped["content"] = {"data": traces, "layout": _numbers(window.get("layout") or {})}
    elif window["kind"] == "text":
        shaped["content"] = window.get("content") or ""
    else:
        shaped.update(_images(rest, env, window.get("content") or {}, bool(opts.get("store_history"))))
    return shaped


def read_env(rest: Rest, env: str) -> dict[str, Any]:
    """All windows of an env by key, in their order."""
    found: dict[str, Any] = {}
    for window in pages(rest, f"{rest.env_path(env)}/windows"):
        try:
            found[window["key"]] = read_window(rest, env, window["key"])
        except NotFound:
            continue  # closed meanwhile
    return found


def pages(rest: Rest, path: str, **params: Any) -> Any:
    """The items of a list, page by page."""
    number = 1
    while True:
        body = rest.get(path, params={**params, "page": number, "page_size": PAGE})
        items = body.get("results", body.get("items", [])) if isinstance(body, dict) else body
        yield from items
        if not isinstance(body, dict) or not body.get("next") or not items:
            return
        number += 1


def _trace(rest: Rest, path: str, trace: dict[str, Any]) -> dict[str, Any]:
    shaped = _numbers(trace.get("attrs") or {})
    shaped.setdefault("name", trace.get("name"))
    shaped.setdefault("type", "scatter")
    if trace.get("columns"):
        data = rest.get(f"{path}/traces/{trace['index']}/data", headers={"Accept": MSGPACK})
        for name, column in (data.get("columns") or {}).items():
            values = _numbers(column)
            if name == "x" and trace.get("dates"):
                values = _dates(values)
            if name.startswith("marker."):
                shaped["marker"] = {**(shaped.get("marker") or {}), name[7:]: values}
            elif name != "t":
                shaped[name] = values
    return shaped


def _dates(milliseconds: Any) -> list[str | None]:
    """Dates as they were sent: ISO 8601."""
    times = np.asarray(milliseconds, dtype=np.float64)
    texts = np.where(np.isfinite(times), times, 0).astype("datetime64[ms]").astype(str)
    return [text if finite else None for text, finite in zip(texts.tolist(), np.isfinite(times).tolist())]


def _images(rest: Rest, env: str, content: dict[str, Any], history: bool) -> dict[str, Any]:
    samples = content.get("samples") or []
    shown = [
        {"src": _source(rest, env, sample), "caption": sample.get("caption")}
        for sample in (samples if history else samples[:1])
    ]
    if history:
        return {
            "type": "image_history",
            "content": shown,
            "selected": len(shown) - 1,
            "show_slider": True,
            "samples": samples,
        }
    return {"content": shown[0] if shown else {"src": None, "caption": None}, "samples": samples}


def _source(rest: Rest, env: str, sample: dict[str, Any]) -> str:
    data = rest.get(f"{rest.env_path(env)}/assets/{quote(str(sample['asset']), safe='')}")
    kind = sample.get("content_type") or "image/png"
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}" if isinstance(data, bytes) else ""


def _numbers(value: Any) -> Any:
    """Typed arrays as arrays again, at every depth."""
    if is_typed(value):
        return untyped(value)
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value
