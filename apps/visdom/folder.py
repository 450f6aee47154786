"""Reading what a visdom server saved: one JSON file for each env, and the saved views of all of them.

Files of all ages are met, and files that a server spoilt by writing over them. What cannot be read is said, and the
rest is read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Where a visdom server keeps its files if nobody says otherwise.
HOME = Path("~/.visdom")
VIEWS = Path("view") / "layouts.json"


@dataclass
class SavedEnv:
    """An env as it was saved: windows by id, in their order, and where the page had put them."""

    name: str
    windows: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def env_files(folder: Path) -> list[Path]:
    """The files that a visdom server would take for envs. Empty where there is no such folder."""
    try:
        return sorted(path for path in folder.iterdir() if ".json" in path.name and path.is_file())
    except OSError:
        return []


def read_envs(folder: Path) -> Iterator[SavedEnv]:
    for path in env_files(folder):
        yield read_env(path)


def read_env(path: Path) -> SavedEnv:
    saved = SavedEnv(path.name.replace(".json", ""))
    content, problem = _read(path)
    if problem:
        saved.problems.append(problem)
        return saved
    if content is None:
        saved.problems.append(
            "The file holds only “null”: a visdom server wrote that over an env it had not read."
        )
        return saved
    windows = content.get("jsons") if isinstance(content, dict) else None
    if not isinstance(windows, dict):
        saved.problems.append("The file holds no env: there is no map of windows (“jsons”) in it.")
        return saved
    for key, window in windows.items():
        if isinstance(window, dict):
            saved.windows[key] = as_written_today(key, window)
        else:
            saved.problems.append(f"Window {key!r:.100} is no map.")
    # Sorting is stable: of windows with one number, which is common, the first in the file stays first.
    ordered = sorted(saved.windows.items(), key=lambda item: _order(item[1].get("i")))
    saved.windows = dict(ordered)
    places = content.get("reload")
    saved.places = places if isinstance(places, dict) else {}
    return saved


def as_written_today(key: str, window: dict[str, Any]) -> dict[str, Any]:
    """A window as the newest visdom would have saved it: older ones left fields out, and had another word for it."""
    kind = window.get("type") or ("text" if isinstance(window.get("content"), str) else "plot")
    title = window.get("title")
    return {
        "version": 1,
        "inflate": True,
        "width": None,
        "height": None,
        **window,
        "command": "window",
        "id": key,
        "type": kind,
        "title": "" if title is None else str(title),
    }


def read_views(folder: Path) -> tuple[dict[str, dict[str, dict]], str]:
    """({env: {view: {window: [place in the order, height, width]}}}, what is wrong with the file)."""
    path = folder / VIEWS
    if not path.exists():
        return {}, ""
    content, problem = _read(path)
    if not problem and isinstance(content, str):  # some servers saved the text of it
        try:
            content = json.loads(content)
        except ValueError:
            content = None
    if problem or not isinstance(content, dict):
        return {}, problem or "The file holds no map of views."
    return {
        env: {name: places for name, places in views.items() if isinstance(places, dict)}
        for env, views in content.items()
        if isinstance(views, dict)
    }, ""


def _read(path: Path) -> tuple[Any, str]:
    try:
        # NaN and the like are no JSON, and are in the files all the same.
        return json.loads(path.read_bytes(), parse_constant=_constant), ""
    except OSError as error:
        return None, f"The file cannot be read: {error.strerror}."
    except UnicodeDecodeError:
        return None, "The file is no text."
    except json.JSONDecodeError as error:
        is_cut = error.msg.startswith("Unterminated") or error.pos >= len(error.doc.rstrip()) - 1
        end = "is cut off" if is_cut else "is no JSON"
        return None, f"The file {end} (line {error.lineno}, column {error.colno})."
    except RecursionError:
        return None, "The file is nested too deep."


def _constant(token: str) -> float | None:
    return None if token == "NaN" else float(token)


def _order(place: Any) -> float:
    return float(place) if isinstance(place, int | float) and not isinstance(place, bool) else float("inf")
