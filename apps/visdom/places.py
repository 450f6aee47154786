"""Where panes lie, between visdom's grid and ours: 100 narrow columns and rows of 15 pixels there, 12 and 40 pixels here."""

from collections.abc import Iterable
from typing import Any

THEIR_COLUMNS, OUR_COLUMNS = 100, 12
THEIR_ROW, OUR_ROW = 15, 40
LEAST_W, LEAST_H = 2, 3

Places = dict[str, dict[str, int]]


def from_items(items: Any) -> Places:
    """``{win: {x, y, w, h, …}}`` of an env's ``reload`` → places here. What cannot be read is left out."""
    out: Places = {}
    if not isinstance(items, dict):
        return out
    for win, item in items.items():
        if place := from_item(item):
            out[win] = place
    return out


def from_item(item: Any) -> dict[str, int] | None:
    if not isinstance(item, dict):
        return None
    numbers = [item.get(name) for name in "xywh"]
    known = [n for n in numbers if isinstance(n, int | float) and abs(n) < 1e6]
    if len(known) != len(numbers):
        return None
    x, y, w, h = known
    return {
        "x": max(0, min(OUR_COLUMNS - LEAST_W, round(x * OUR_COLUMNS / THEIR_COLUMNS))),
        "y": max(0, round(y * THEIR_ROW / OUR_ROW)),
        "w": max(LEAST_W, min(OUR_COLUMNS, round(w * OUR_COLUMNS / THEIR_COLUMNS))),
        "h": max(LEAST_H, round(h * THEIR_ROW / OUR_ROW)),
    }


def to_items(places: Any) -> dict[str, dict[str, Any]]:
    """The way back: what ``reload`` holds."""
    out = {}
    for win, place in places.items() if isinstance(places, dict) else ():
        if isinstance(place, dict) and all(isinstance(place.get(name), int | float) for name in "xywh"):
            out[win] = {
                "i": win,
                "x": place["x"] * THEIR_COLUMNS / OUR_COLUMNS,
                "y": place["y"] * OUR_ROW / THEIR_ROW,
                "w": place["w"] * THEIR_COLUMNS / OUR_COLUMNS,
                "h": place["h"] * OUR_ROW / THEIR_ROW,
                "moved": False,
                "static": False,
            }
    return out


def from_view(view: Any) -> Places:
    """``{win: [order, h, w]}`` of a saved view → places here, in reading order."""
    rows = []
    for win, entry in view.items() if isinstance(view, dict) else ():
        if isinstance(entry, list) and len(entry) == 3 and all(isinstance(n, int | float) for n in entry):
            place = from_item({"x": 0, "y": 0, "h": entry[1], "w": entry[2]})
            if place is not None:
                rows.append((entry[0], win, place))
    out: Places = {}
    x = y = tallest = 0
    for _, win, place in sorted(rows, key=lambda row: row[:2]):
        if x + place["w"] > OUR_COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        out[win] = {**place, "x": x, "y": y}
        x, tallest = x + place["w"], max(tallest, place["h"])
    return out


def to_view(places: Any) -> dict[str, list[float]]:
    """Places here → ``{win: [order, h, w]}``."""
    items = to_items(places)
    order: Iterable[str] = sorted(items, key=lambda win: (items[win]["y"], items[win]["x"], win))
    return {win: [n, items[win]["h"], items[win]["w"]] for n, win in enumerate(order)}
