"""How files are getting on, told to pages that follow them and to requests that wait for one: one look for all of them.

What matters is rows, so that every process of a cluster knows them. Where the work is done in this process, its news end the
pause between two looks.
"""

import asyncio
import contextlib
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from apps.accounts.principals import Principal
from apps.errors import Invalid
from apps.jobs.models import Job
from apps.windows.live import threads
from apps.windows.live.viewer import Following

from . import conversion, news, thumbnails
from .models import Asset, Rendition, Sample, Work
from .renditions import offered

log = logging.getLogger(__name__)

NAME = re.compile(r"[0-9a-f]{64}")
MOST_ASSETS = 500
#: Between two looks: while a request waits, and while pages only follow.
WAITED_S, FOLLOWED_S = 0.1, 0.5
#: How often a page that follows is asked whether it still does.
CHECK_S = 5.0
#: For so long a request waits for the job that makes what it asked for.
PATIENCE_S = 2.5


@dataclass(frozen=True, slots=True)
class State:
    """How the renditions of one asset stand."""

    state: str
    progress: float
    detail: str
    renditions: tuple[str, ...]
    duration: float | None
    width: int
    height: int
    #: The job that failed or was cancelled, and whose it is: that person may have it done again.
    job: int | None = None
    owner_id: int | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ("ready", "failed")

    def as_frame(self, sha256: str, user_id: int | None = None) -> dict[str, Any]:
        """What a page is told.

        Args:
            user_id: who looks, if they may have their own work done again.
        """
        frame: dict[str, Any] = {
            "t": "asset",
            "asset": sha256,
            "state": self.state,
            "progress": self.progress,
            "detail": self.detail,
            "renditions": list(self.renditions),
        }
        if self.duration is not None:
            frame["duration"] = self.duration
        if self.width:
            frame |= {"width": self.width, "height": self.height}
        if self.job is not None and self.owner_id == user_id is not None:
            frame["job"] = self.job
        return frame


MISSING = State("failed", 0.0, "There is no such file here.", (), None, 0, 0)


def states_of(sha256s: list[str]) -> dict[str, State]:
    """How these assets stand; those that are not there are left out. Three queries, however many they are."""
    made: dict[str, list[str]] = {}
    for sha256, name in Rendition.objects.filter(asset_id__in=sha256s).values_list("asset_id", "name"):
        made.setdefault(sha256, []).append(name)
    work = Job.objects.filter(task=conversion.TASK, key__in=sha256s)
    doing = {job.key: job for job in work.only("key", "state", "progress", "detail", "owner_id")}
    return {
        asset.pk: _state(asset, made.get(asset.pk, []), doing.get(asset.pk))
        for asset in Asset.objects.filter(pk__in=sha256s)
    }


def _state(asset: Asset, made: list[str], job: Job | None) -> State:
    is_played = asset.kind in conversion.PLAYED
    state, progress, detail = "queued", 0.0, ""
    if asset.work == Work.READY or (asset.work == Work.NONE and not is_played):
        state, progress = "ready", 1.0
    elif is_played and job is not None and job.state in (Job.State.QUEUED, Job.State.RUNNING):
        state, progress = job.state, job.progress
    elif asset.work == Work.FAILED:
        state, detail = "failed", asset.detail
    elif is_played and job is not None and job.state == Job.State.CANCELLED:
        state, detail = "failed", conversion.CANCELLED
    elif is_played and job is not None and job.state == Job.State.FAILED:
        state, detail = "failed", job.detail
    again = (job.pk, job.owner_id) if state == "failed" and job is not None else (None, None)
    size = (asset.width, asset.height)
    return State(state, progress, detail, tuple(offered(asset, made)), asset.duration, *size, *again)


class Watch:
    """The assets that somebody of this event loop waits for or follows."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self._wanted: Counter[str] = Counter()
        self._waited: Counter[str] = Counter()
        self._asked: list[str] = []
        self._changed = asyncio.Event()
        self._task: asyncio.Task | None = None

    async def until_made(self, sha256: str) -> State | None:
        """Have a picture made now, and wait for it, though not for ever. None: it took too long."""
        if not settings.PANEWALL.readonly:
            self._asked.append(sha256)
        self._waited[sha256] += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                async for states in self._follow([sha256]):
                    if (state := states.get(sha256)) is not None and state.is_over:
                        return state
        except TimeoutError:
            return None
        finally:
            self._waited -= Counter([sha256])
        return None

    async def tell(self, following: Following, sha256s: list[str]) -> None:
        """Send frames to a page until all of these are over."""
        told: dict[str, State] = {}
        user_id = _may_ask_anew(following.principal)
        async for states in self._follow(sha256s):
            for sha256 in sha256s:
                state = states.get(sha256, MISSING)
                if told.get(sha256) != state:
                    told[sha256] = state
                    await following.put(state.as_frame(sha256, user_id))
            if not following.is_wanted() or all(state.is_over for state in told.values()):
                return

    async def _follow(self, sha256s: list[str]) -> AsyncIterator[dict[str, State]]:
        """The states at the first look, and at each change; now and then though nothing changed."""
        self._wanted.update(sha256s)
        try:
            if self._task is None or self._task.done():
                self.states = {}  # what was seen before may be old
                self._task = asyncio.ensure_future(self._look())
            else:
                news.bell().set()
            changed = self._changed
            if self._asked or any(sha256 not in self.states for sha256 in sha256s):
                await changed.wait()
            while True:
                changed = self._changed
                yield self.states
                if changed is self._changed:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), CHECK_S)
        finally:
            self._wanted -= Counter(sha256s)

    async def _look(self) -> None:
        bell = news.bell()
        while self._wanted:
            bell.clear()
            asked, self._asked = self._asked, []
            wanted = list(self._wanted)
            try:
                if asked:
                    await threads.read(thumbnails.want, sorted(set(asked)))
                states = await threads.read(states_of, wanted)
            except Exception:
                log.exception("Files could not be looked at; trying again.")
                self._asked = asked + self._asked
                await asyncio.sleep(FOLLOWED_S)
                continue
            is_first = any(sha256 not in self.states for sha256 in wanted)
            if states != self.states or is_first or asked:
                self.states = states
                self._changed.set()
                self._changed = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), WAITED_S if self._waited else FOLLOWED_S)


_watches: "WeakKeyDictionary[asyncio.AbstractEventLoop, Watch]" = WeakKeyDictionary()


def watch() -> Watch:
    """The running loop's."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())


def _may_ask_anew(principal: Principal) -> int | None:
    """Who looks, if they may have their own work done again."""
    if settings.PANEWALL.readonly or principal.kind == "link" or principal.scope == "read":
        return None
    return principal.user_id


async def follow(following: Following) -> None:
    """``want … assets`` of the live wire."""
    wanted = following.wanted
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise Invalid("assets: Must be a list of names.")
    names = [name for name in dict.fromkeys(wanted[:MOST_ASSETS]) if NAME.fullmatch(name)]
    shown = await threads.read(_shown, following.env_ids, names)
    for name in names:
        if name not in shown:
            await following.put(MISSING.as_frame(name))
    if shown:
        await watch().tell(following, shown)


def _shown(env_ids: list[int], names: list[str]) -> list[str]:
    """Those that these envs show. What is old, and was never looked at, is asked for."""
    found = Asset.objects.filter(
        pk__in=Sample.objects.filter(window__env_id__in=env_ids, asset_id__in=names).values("asset_id")
    )
    assets = list(found)
    if not settings.PANEWALL.readonly:
        conversion.want([asset for asset in assets if asset.work == Work.NONE])
    return [asset.pk for asset in assets]
