"""Bringing a visdom folder in, through the one write path; safe to repeat.

Of each window is kept what the file said and what it was here after that. So a later run can tell which of the two
changed: what changed in the file only is renewed, what changed here is left alone.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from apps.accounts.models import User, Workspace
from apps.accounts.principals import Principal
from apps.envs import arrangements
from apps.envs.models import Env, View
from apps.envs.names import check_env_name
from apps.errors import DomainError
from apps.jobs.gate import write_transaction
from apps.windows.models import Window
from apps.windows.objects import commands_from_object, window_object
from apps.windows.write import write

from . import folder, places
from .imported import ImportedWindow

#: Fields that say nothing of what a window shows.
PASSING = {"contentID", "version", "i", "command"}


@dataclass
class EnvReport:
    """What became of one env."""

    file: str
    env: str
    new: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    views: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What became of all of them."""

    envs: list[EnvReport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def count(self, what: str) -> int:
        return sum(len(getattr(env, what)) for env in self.envs)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def import_folder(
    source: Path,
    *,
    user: User,
    workspace: Workspace,
    overwrite: bool = False,
    progress: Callable[[str], None] = lambda name: None,
) -> Report:
    """Bring in every env of a visdom folder, as ``user``.

    Args:
        overwrite: windows and views that are here already become what the file says, whatever they are now.
        progress: called with the name of each file before it is read.
    """
    report = Report()
    views, problem = folder.read_views(source)
    if problem:
        report.problems.append(f"{folder.VIEWS}: {problem}")
    for path in folder.env_files(source):
        progress(path.name)
        saved = folder.read_env(path)
        told = EnvReport(path.name, f"{workspace.name}/{saved.name}", problems=saved.problems)
        report.envs.append(told)
        if saved.windows or not saved.problems:
            try:
                _import_env(saved, views.get(saved.name, {}), told, user, workspace, overwrite)
            except DomainError as refused:
                told.problems.append(refused.detail)
    return report


def _import_env(
    saved: folder.SavedEnv,
    views: dict[str, dict],
    told: EnvReport,
    user: User,
    workspace: Workspace,
    overwrite: bool,
) -> None:
    check_env_name(saved.name)
    principal = Principal.of_user(user)
    _run(principal, [{"do": "env.create", "env": told.env}])
    env = Env.objects.select_related("workspace").get(workspace=workspace, name=saved.name, deleted_at=None)
    for key, said in saved.windows.items():
        try:
            _import_window(env, key, said, told, principal, overwrite)
        except DomainError as refused:
            told.failed[key] = refused.detail
    _import_places(env, saved.places, told, user, overwrite)
    for name, order in views.items():
        _import_view(env, name, order, told, user, overwrite)


def _import_window(
    env: Env, key: str, said: dict[str, Any], told: EnvReport, principal: Principal, overwrite: bool
) -> None:
    source, here = digest(said), _present(env, key)
    known = ImportedWindow.objects.filter(env=env, key=key).first()
    if not overwrite and _is_left(known, source, here, said, key, told):
        return
    if here is not None and known is not None and (known.source, known.result) == (source, digest(here)):
        told.equal.append(key)
        return
    _run(principal, commands_from_object(told.env, said))
    now = _present(env, key)
    with write_transaction():
        ImportedWindow.objects.update_or_create(
            env=env, key=key, defaults={"source": source, "result": digest(now)}
        )
    (told.new if here is None else told.renewed).append(key)


def _is_left(
    known: ImportedWindow | None,
    source: str,
    here: dict[str, Any] | None,
    said: dict[str, Any],
    key: str,
    told: EnvReport,
) -> bool:
    """Whether nothing is to be written; says why."""
    if known is None:
        if here is None:
            return False
        if digest(here) == source:
            told.equal.append(key)
        else:
            told.left[key] = "There is another window of this name."
        return True
    if here is None:
        told.left[key] = "It was closed here since it came."
    elif digest(here) == known.result:
        if source != known.source:
            return False
        told.equal.append(key)
    else:
        told.left[key] = "It was changed here since it came."
    return True


def _import_places(env: Env, items: dict, told: EnvReport, user: User, overwrite: bool) -> None:
    """Where the page had put the panes becomes the person's own layout, if they have none yet."""
    layout = places.from_items(items)
    if layout and (overwrite or arrangements.get_layout(env=env, user_id=user.pk) is None):
        arrangements.save_layout(env=env, user_id=user.pk, layout=layout)


def _import_view(env: Env, name: str, order: dict, told: EnvReport, user: User, overwrite: bool) -> None:
    layout = places.from_view(order)
    if not layout:  # visdom has an empty "current" for each env
        return
    kept = " ".join(name.replace("/", "_").split())[:200]
    if kept in ("", ".", ".."):
        told.problems.append(f"View {name!r:.100} has a name that none can have here.")
        return
    state = {"layout": layout, "filter": ""}
    known = View.objects.filter(env=env, name=kept).first()
    if known is not None and known.state == state:
        return
    if known is not None and not overwrite:
        told.problems.append(f"View {kept!r:.100} is here already, and differs. It was left as it is.")
        return
    arrangements.save_view(env=env, name=kept, state=state, created_by=user)
    told.views.append(kept)


def _present(env: Env, key: str) -> dict[str, Any] | None:
    window = Window.objects.living().filter(env=env, key=key).first()
    return None if window is None else window_object(window)


def digest(window: dict[str, Any] | None) -> str:
    """What a window shows, as one short text."""
    shown = {name: value for name, value in (window or {}).items() if name not in PASSING}
    try:
        text = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number of more than 64 bits
        text = json.dumps(shown, sort_keys=True).encode()
    return hashlib.sha256(text).hexdigest()


def _run(principal: Principal, commands: list[dict[str, Any]]) -> None:
    for refused in write(principal, commands):
        if refused:
            raise DomainError(refused["detail"], code=refused["code"], fields=refused.get("fields"))
