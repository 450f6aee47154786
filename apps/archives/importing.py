"""Reading an archive back: everything in it is checked before anything is written, and is written as programs write.

An archive may come from anywhere. Its parts pass the same border as commands do, so it can bring in nothing that a
program could not have sent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from django.conf import settings
from rest_framework.exceptions import ValidationError

from apps.accounts.models import User, Workspace
from apps.accounts.principals import Principal
from apps.envs import access, arrangements
from apps.envs.api.serializers import LayoutIn, ViewIn
from apps.envs.models import Env
from apps.envs.names import check_env_name
from apps.errors import Conflict, DomainError, Invalid
from apps.media import files
from apps.media.structured import TYPE_OF
from apps.windows import commands, figures
from apps.windows.commands import (
    CONTENT_KINDS,
    FILE_KINDS,
    KINDS,
    POINT_ATTRIBUTES,
    Command,
    Fields,
    TraceInput,
)
from apps.windows.series.columns import Columns
from apps.windows.write import write

from .container import LAYOUT, SUMS, VIEWS, Reader

Progress = Callable[[float], None]
MIB = 1024 * 1024
#: Written in one batch: at most so many commands, and not many more bytes.
BATCH, BATCH_BYTES = 200, 2 * MIB


@dataclass(frozen=True)
class Imported:
    """The env that was made."""

    env: Env
    full_name: str
    windows: int


def import_archive(
    file: IO[bytes],
    *,
    principal: Principal,
    workspace: Workspace,
    name: str = "",
    progress: Progress = lambda part: None,
    begun: Callable[[Env], None] = lambda env: None,
) -> Imported:
    """Make a new env of an archive.

    Args:
        file: seekable.
        name: of the new env; "": as the archive says.
        progress: told how far it is, 0 to 1. What it raises ends the import.
        begun: told of the env when there is one.

    Raises:
        Invalid, TooLarge: the archive is none, damaged, of another version, or made to do harm.
        Conflict: there is an env of that name.
    """
    access.require(principal, "edit", workspace)
    archive = Reader(file, most_bytes=settings.PANEWALL.limits.archive_bytes)
    about = archive.manifest.get("env")
    about = about if isinstance(about, dict) else {}
    name = check_env_name(name or about.get("name"))
    full_name = f"{workspace.name}/{name}"
    if Env.objects.filter(workspace=workspace, name=name, deleted_at=None).exists():
        raise Conflict(
            f"There is an env {full_name!r} already. Import it under another name.",
            code="name_taken",
            fields={"name": ["This name is taken."]},
        )
    _verify(archive, progress)
    desk = _Desk(principal, full_name)
    desk.put({"do": "env.create", **_about(about)})
    desk.flush()
    env = access.find_env(principal, full_name, verb="edit")
    begun(env)
    try:
        count = _write(archive, desk, progress)
        _arrange(archive, env, principal)
    except BaseException:
        # Half an env would pass for the whole; it can be restored by whoever wants to look at it.
        write(principal, [{"do": "env.delete", "env": full_name}])
        raise
    return Imported(env, full_name, count)


def _verify(archive: Reader, progress: Progress) -> None:
    done = 0
    for name in archive.names:
        if name != SUMS:
            done += archive.verify(name)
            progress(0.4 * done / max(1, archive.size))


def _about(about: dict[str, Any]) -> dict[str, Any]:
    said = {key: about[key] for key in ("config", "tags", "notes") if about.get(key)}
    return said | {key: about[key] for key in ("status", "colour") if about.get(key) not in ("", None)}


def _write(archive: Reader, desk: "_Desk", progress: Progress) -> int:
    windows = sorted(name for name in archive.names if name.endswith("/window.msgpack"))
    if len(windows) != archive.manifest.get("windows"):
        raise Invalid("The archive is not whole: windows are missing.", code="damaged")
    for place, name in enumerate(windows):
        folder = name.removesuffix("/window.msgpack")
        for command in _window(archive, folder, desk.env, desk.principal.user_id):
            desk.put(command)
        progress(0.4 + 0.6 * (place + 1) / len(windows))
    desk.flush()
    return len(windows)


def _window(archive: Reader, folder: str, env: str, owner_id: int) -> Iterator[dict[str, Any] | Command]:
    """The commands that make one window."""
    limits = settings.PANEWALL.limits
    said = archive.packed(f"{folder}/window.msgpack", most=2 * limits.figure_bytes + MIB)
    kind, body = said.get("kind"), said.get("body")
    body = body if isinstance(body, dict) else {}
    if kind not in KINDS:
        raise Invalid(
            f"A window in the archive is of kind {kind!r:.40}, which this server does not know.",
            code="wrong_version",
        )
    win = said.get("key")
    put: dict[str, Any] = {
        "do": "window.put",
        "env": env,
        "win": win,
        "kind": kind,
        "title": said.get("title"),
        "opts": body.get("opts"),
        "layout": figures.as_sent(_map(body.get("layout")), body.get("titles") or ()),
    }
    if kind in CONTENT_KINDS:
        put["content"] = {**_map(body.get("content"))}
        if body.get("previous"):
            put["content"]["previous"] = body["previous"]
    texts = _count(said.get("texts"))
    if kind == "text":
        put["text"] = _text(archive, f"{folder}/{0:06}.text") if texts else ""
    traces: list[Any] = said["traces"] if isinstance(said.get("traces"), list) else []
    if traces and kind not in ("plot", "metric"):
        raise Invalid(f"A window of kind {kind} has no traces.", code="damaged")
    made = commands.decode(put)
    made.args["traces"] = [
        _trace(archive, f"{folder}/{index:04}", _map(trace)) for index, trace in enumerate(traces)
    ]
    yield made
    for part in range(1, texts):
        yield {
            "do": "text.append",
            "env": env,
            "win": win,
            "text": _text(archive, f"{folder}/{part:06}.text"),
        }
    for index, trace in enumerate(traces):
        for part in range(1, _count(_map(trace).get("parts"))):
            points = _points(archive, f"{folder}/{index:04}-{part:06}.points")
            yield _append(env, win, kind, index, bool(_map(trace).get("dates")), points)
    if kind in FILE_KINDS:
        for part in range(_count(said.get("samples"))):
            name = f"{folder}/{part:06}.samples"
            yield from _samples(archive, name, env, win, TYPE_OF.get(kind), owner_id)


def _trace(archive: Reader, name: str, said: dict[str, Any]) -> TraceInput:
    """One trace with the first part of its points."""
    fields = Fields({})
    label = said.get("name")
    label = Fields({"name": label}).key("name") if label else ""
    points: Columns | None = None
    if said.get("columns"):
        points = {"x": np.empty(0), "y": np.empty(0)}
        if _count(said.get("parts")):
            points = _points(archive, f"{name}-{0:06}.points")
    return TraceInput(label, fields.clean(_map(said.get("attrs")), "attrs"), points, bool(said.get("dates")))


def _points(archive: Reader, name: str) -> Columns:
    limits = settings.PANEWALL.limits
    raw = archive.packed(name, most=max(limits.figure_bytes, 64 * MIB))
    fields = Fields({})
    points: Columns = {}
    for column, value in raw.items():
        if column in ("x", "y", "z", "t"):
            points[column] = fields.numbers(f"{name}: {column}", value)
        elif column not in POINT_ATTRIBUTES:
            raise Invalid(f"{name} in the archive has an unknown column {column!r:.50}.", code="damaged")
        elif isinstance(value, dict):
            points[column] = fields.numbers(f"{name}: {column}", value)
        elif isinstance(value, list):
            points[column] = [fields.clean(item, column, 1) for item in value]
    if (
        len(points) != len(raw)
        or not {"x", "y"} <= set(points)
        or len({len(c) for c in points.values()}) != 1
    ):
        raise Invalid(f"{name} in the archive holds columns of different lengths.", code="damaged")
    return points


def _append(env: str, win: Any, kind: str, index: int, dates: bool, points: Columns) -> Command:
    if kind == "metric":
        series = {"step": _typed(points["x"]), "value": _typed(points["y"])}
        if "t" in points:
            series["time"] = _typed(points["t"])
        return commands.decode({"do": "metrics.log", "env": env, "series": {win: series}})
    fields = {name: _typed(points[name]) for name in ("x", "y", "z") if name in points}
    made = commands.decode({"do": "trace.append", "env": env, "win": win, "index": index, **fields})
    made.args["points"], made.args["dates"] = points, dates
    return made


def _samples(
    archive: Reader, name: str, env: str, win: Any, content_type: str | None, owner_id: int
) -> Iterator[dict[str, Any]]:
    rows = archive.packed(name, most=64 * MIB).get("samples")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, list) or len(row) != 4 or not isinstance(row[2], str):
            raise Invalid(f"{name} in the archive holds what is no sample.", code="damaged")
        step, index, asset, caption = row
        _bring(archive, asset, content_type, owner_id)
        yield {
            "do": "sample.put",
            "env": env,
            "win": win,
            "step": step,
            "index": index,
            "asset": asset,
            "caption": caption,
        }


def _bring(archive: Reader, asset: str, content_type: str | None, owner_id: int) -> None:
    """See to it that the server has the file, which is looked at like one that a program sends.

    The archive must hold its bytes: to know the name of a file is not to have it.
    """
    name = f"assets/{asset}"
    if name in archive.brought:
        return
    if not archive.has(name):
        raise Invalid(f"The archive lacks the file {asset!r:.80}.", code="damaged")
    data = archive.read(name, most=settings.PANEWALL.limits.media_bytes)
    if files.store(data, content_type, owner_id).pk != asset:
        raise Invalid(f"The archive is damaged: the file {asset} is not what its name says.", code="damaged")
    archive.brought.add(name)


def _arrange(archive: Reader, env: Env, principal: Principal) -> None:
    person = User.objects.get(pk=principal.user_id)
    views = archive.json(VIEWS, most=256 * MIB) if archive.has(VIEWS) else []
    layout = archive.json(LAYOUT, most=64 * MIB) if archive.has(LAYOUT) else {}
    try:
        for view in views if isinstance(views, list) else []:
            reader = ViewIn(data=view)
            reader.is_valid(raise_exception=True)
            arrangements.create_view(env=env, created_by=person, **reader.validated_data)
        if layout:
            kept = LayoutIn(data={"layout": layout})
            kept.is_valid(raise_exception=True)
            arrangements.save_layout(env=env, user_id=person.pk, layout=kept.validated_data["layout"])
    except ValidationError as error:
        raise Invalid("A view or layout in the archive is none.", code="damaged") from error


@dataclass
class _Desk:
    """Gathers commands into batches of a bearable size, and raises what is refused."""

    principal: Principal
    env: str
    waiting: list[Any] = field(default_factory=list)
    size: int = 0

    def put(self, command: dict[str, Any] | Command) -> None:
        if isinstance(command, dict):
            command = commands.decode({"env": self.env, **command})
        self.waiting.append(command)
        self.size += _weight(command)
        if len(self.waiting) >= BATCH or self.size >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        waiting, self.waiting, self.size = self.waiting, [], 0
        if not waiting:
            return
        for command, refused in zip(waiting, write(self.principal, waiting), strict=True):
            if refused:
                win = command.args.get("win")
                where = f"Window {win!r:.80}: " if win is not None else ""
                raise DomainError(
                    where + refused["detail"], code=refused["code"], fields=refused.get("fields")
                )


def _weight(command: Command) -> int:
    """Roughly its bytes."""
    traces = command.args.get("traces") or []
    columns = [c for t in traces if t.points for c in t.points.values()]
    columns += list((command.args.get("points") or {}).values())
    for points in (command.args.get("series") or {}).values():
        columns += list(points.values())
    return len(command.args.get("text") or "") + 8 * sum(map(len, columns)) + 500


def _text(archive: Reader, name: str) -> str:
    try:
        return archive.read(name, most=4 * settings.PANEWALL.limits.text_chars).decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} in the archive is no text.", code="damaged") from error


def _typed(column: Any) -> dict[str, Any]:
    return commands.pack_array(np.ascontiguousarray(column, "<f8"))


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000_000:
        raise Invalid("The archive is damaged: a number of parts is none.", code="damaged")
    return value
