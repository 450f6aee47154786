"""Making a picture of several envs: all of it, or what changed since an earlier one.

Everything is read in one database snapshot. Lines are thinned exactly as those of one env, from the same stored minima and
maxima, so a trace of a comparison is the trace of its env.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings

from apps.envs.models import Env
from apps.jobs.gate import read_snapshot

from ..documents import LIFE_S
from ..live import snapshot
from .merging import Source, merge
from .picture import EnvPart, Line, Picture

#: A line that grew by so many points since it was read, or in so many pieces, is read anew.
MOST_ADDED, MOST_PIECES = 2048, 256

Report = Callable[[float], None]


def render(
    env_ids: list[int], *, width_px: int, before: Picture | None = None, report: Report = lambda done: None
) -> Picture:
    """The present picture of some envs; those that are gone are left out.

    Args:
        env_ids: in the order chosen.
        width_px: lines are thinned for so many pixels.
        before: an earlier picture, of which all is used that still holds.
        report: called with how far it is, 0 to 1; may raise to stop.
    """
    began = time.thread_time()
    if before is not None and (before.width_px != width_px or time.time() - before.made_at > LIFE_S / 2):
        before = None  # the addresses of its documents will not live much longer
    known = {part.id: part for part in before.envs} if before is not None else {}
    lines = dict(before.lines) if before is not None else {}
    parts = []
    with read_snapshot() as using:
        rows = Env.objects.using(using).select_related("workspace").filter(pk__in=env_ids, deleted_at=None)
        envs = {env.pk: env for env in rows}
        room = settings.PANEWALL.limits.compare_bytes
        fresh = [env_id for env_id in dict.fromkeys(env_ids) if env_id in envs and env_id not in known]
        opened = snapshot.open_many(fresh, width_px=width_px, using=using)
        for number, env_id in enumerate(env_ids):
            report(number / len(env_ids))
            if (env := envs.get(env_id)) is None:
                continue
            part = known.get(env_id)
            if part is None:
                part = known[env_id] = _part_of(env, next(opened), lines, room=room)
            elif part.revision != env.revision:
                part = _read(env, part, lines, width_px=width_px, room=room)
            elif part.name != env.full_name:
                part = replace(part, name=env.full_name)
            room -= sum(lines[trace].byte_count for trace in part.have if trace in lines)
            parts.append(part)
    seen = {trace for part in parts for trace in part.have}
    lines = {trace: line for trace, line in lines.items() if trace in seen}
    sources = [Source(number, part.id, part.name, part.windows) for number, part in enumerate(parts)]
    merged = merge(sources, before=before.groups if before is not None else None)
    made_at = before.made_at if before is not None else time.time()
    cost_s = time.thread_time() - began
    return Picture(tuple(parts), merged.windows, merged.groups, lines, width_px, made_at, cost_s)


def _read(env: Env, before: EnvPart, lines: dict[int, Line], *, width_px: int, room: int) -> EnvPart:
    """One env as it is now, from what it was before."""
    have = {trace: held for trace, held in before.have.items() if not _is_worn(lines.get(trace))}
    caught = snapshot.catch_up(env.pk, revision=before.revision, have=have, width_px=width_px)
    assert caught is not None, "the env was there in the same database snapshot"
    return _part_of(env, caught, lines, room=room, before=before)


def _part_of(
    env: Env,
    caught: snapshot.Catchup,
    lines: dict[int, Line],
    *,
    room: int,
    before: EnvPart | None = None,
) -> EnvPart:
    """An env by what was read of it. ``lines`` takes up its points, as long as there is room for their bytes."""
    windows, sizes = {}, {}
    if before is not None and not caught.full:
        windows, sizes = dict(before.windows), dict(before.sizes)
    for op in caught.ops:
        match op[0]:
            case "w":
                windows[op[1]], sizes[op[1]] = op[2], snapshot.size_of(op[2])
            case "x":
                windows.pop(op[1], None)
                sizes.pop(op[1], None)
            case "a" | "l" | "g":
                line = lines[op[1]] = _grown(lines.get(op[1]), op, caught.have[op[1]], has_room=room > 0)
                room -= line.byte_count
    in_order = dict(sorted(windows.items(), key=lambda item: (item[1]["place"], item[0])))
    return EnvPart(env.pk, env.full_name, caught.revision, in_order, caught.have, sizes, env.colour)


def _is_worn(line: Line | None) -> bool:
    return line is not None and (line.added_count > MOST_ADDED or len(line.added) >= MOST_PIECES)


def _grown(line: Line | None, op: list, now: tuple[int, int], *, has_room: bool) -> Line:
    """A line after an op: more points behind those it has, or all of it anew.

    Where points are missing before those of the op, only their number is told; pages ask for such a line when it is on screen.
    """
    gen, count = now
    is_start = op[0] == "l" or (op[0] == "a" and op[3] == 0)
    if has_room and is_start:
        return Line(gen, count, op, byte_count=snapshot.size_of(op))
    if has_room and op[0] == "a" and line is not None and line.gen == gen and line.base[0] != "g":
        added_bytes = line.byte_count + snapshot.size_of(op)
        return Line(gen, count, line.base, (*line.added, op), line.added_count + op[4], added_bytes)
    return Line(gen, count, ["g", op[1], gen, count], byte_count=16)
