"""The comparisons that pages of this process look at: each is drawn by a job, and drawn again when its envs moved on.

A look at the revisions of all compared envs now and then says when; writers are never asked anything. How often one comparison
follows is bounded twice: in time, and by what drawing it takes. Everything here runs on the server's event loop.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgpack
from django.conf import settings

from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.errors import Conflict, DomainError
from apps.jobs import news
from apps.jobs import services as jobs
from apps.jobs.models import Job

from . import keeping, tasks
from .frames import parts_of
from .picture import Key, Picture

log = logging.getLogger(__name__)

LOOK_S = 0.25
#: A job that nobody took for so long is done here: no worker is there, or none hears of it.
PATIENCE_S = 2.0
ASK_S = 0.5
AFTER_FAILURE_S = 10.0
#: What a job costs besides drawing: its row and its way.
ROW_COST_S = 0.005
NEWS_KEPT = 256

Read = Callable[..., Awaitable[Any]]
News = tuple[str, float]


class Watcher(Protocol):
    """What a comparison knows of a viewer."""

    def on_frame(self, env_id: int, revision: int, frame: bytes) -> None: ...

    def on_job(self, number: int, job: int, state: str, progress: float) -> None: ...

    def on_other_envs(self, number: int) -> None: ...

    def on_failure(self, number: int, error: DomainError) -> None: ...


class Comparison:
    """Some envs as one, while somebody looks. ``number`` stands where other frames name an env; it is negative."""

    def __init__(self, number: int, key: Key, envs: list[Env], asker: Principal, home: "Comparisons") -> None:
        self.number, self.key = number, key
        self.watchers: set[Watcher] = set()
        self.picture: Picture | None = None
        self.failure: DomainError | None = None
        #: Set once there is a picture, or a reason why there is none.
        self.ready = asyncio.Event()
        self._title = f"Comparison of {', '.join(env.full_name for env in envs)}"
        self._owner_id = asker.user_id
        self._home = home
        self._next_at = 0.0
        self._task: asyncio.Task | None = asyncio.ensure_future(self._work(self._begin))

    @property
    def env_ids(self) -> list[int]:
        return list(self.key[0])

    def look(self, revisions: dict[int, int]) -> None:
        """Follow the envs if they moved on and it is time."""
        if self._task is not None or self.picture is None or time.monotonic() < self._next_at:
            return
        present = {env_id: revisions[env_id] for env_id in self.key[0] if env_id in revisions}
        if present != self.picture.revisions:
            self._task = asyncio.ensure_future(self._work(self._draw))

    def resume(self) -> None:
        """Somebody asks for it again after a failure."""
        if self.failure is not None and self._task is None:
            self.failure = None
            self.ready.clear()
            self._task = asyncio.ensure_future(self._work(self._draw))

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _work(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except asyncio.CancelledError:
            raise
        except DomainError as error:
            self._fail(error)
        except Exception:
            log.exception("The comparison of envs %s failed.", self.env_ids)
            self._fail(
                DomainError("The server failed to compare these envs. Try again.", code="internal_error")
            )
        finally:
            self._task = None
            self.ready.set()

    async def _begin(self) -> None:
        """The picture that is kept, if it is of now; else a new one."""
        kept = await self._home.read(keeping.get, self.key)
        if kept is not None and kept.revisions == await self._home.read(revisions_of, self.env_ids):
            self._show(kept, [])
        else:
            await self._draw()

    async def _draw(self) -> None:
        began = time.monotonic()
        before = self.picture
        if settings.PANEWALL.readonly:  # nothing is written there, not even rows of jobs
            picture = await self._home.read(_draw_here, self.key)
        else:
            await self._have_it_done()
            picture = await self._home.read(keeping.get, self.key) or await self._home.read(
                _draw_here, self.key
            )
        limits = settings.PANEWALL
        pause_s = max(limits.compare_refresh_ms / 1000, (picture.cost_s + ROW_COST_S) / limits.compare_share)
        self._next_at = began + pause_s
        if before is not None and set(before.revisions) != set(picture.revisions):
            self.picture = picture
            for watcher in list(self.watchers):
                watcher.on_other_envs(self.number)
            return
        frames = [] if before is None else await self._home.read(_frames, self.number, picture, before)
        self._show(picture, frames)

    def _show(self, picture: Picture, frames: list[bytes]) -> None:
        self.picture = picture
        self.ready.set()
        for frame in frames:
            for watcher in list(self.watchers):
                watcher.on_frame(self.number, picture.revision, frame)

    async def _have_it_done(self) -> None:
        """Ask for the job and wait for its end.

        Raises:
            DomainError: it failed or was cancelled.
        """
        asked_at = time.monotonic()
        job: Job = await self._home.read(
            jobs.enqueue_once,
            task=tasks.TASK,
            key=keeping.job_key(self.key),
            arguments={"envs": self.env_ids, "width": self.key[1]},
            owner_id=self._owner_id,
            title=self._title,
        )
        while True:
            state, progress = await self._home.hear(job.pk, since=asked_at)
            self._tell(job.pk, state, progress)
            if state == Job.State.DONE:
                return
            if state == Job.State.CANCELLED:
                raise Conflict("This comparison was cancelled. Ask for it again to see it.", code="cancelled")
            if state == Job.State.FAILED:
                raise DomainError("The server failed to compare these envs. Try again.", code="job_failed")
            if state == Job.State.QUEUED and time.monotonic() - asked_at > PATIENCE_S:
                await self._home.read(tasks.compare, job.pk)
            asked_at = asked_at if state == Job.State.QUEUED else time.monotonic()

    def _tell(self, job_id: int, state: str, progress: float) -> None:
        if self.picture is None:
            for watcher in list(self.watchers):
                watcher.on_job(self.number, job_id, state, progress)

    def _fail(self, error: DomainError) -> None:
        self._next_at = time.monotonic() + AFTER_FAILURE_S
        if self.picture is not None and error.code != "cancelled":
            return  # what is shown stays, and is followed again later
        self.picture = None
        self.failure = error
        self.ready.set()
        for watcher in list(self.watchers):
            watcher.on_failure(self.number, error)


class Comparisons:
    """The comparisons of this process."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self._by_key: dict[Key, Comparison] = {}
        self._by_number: dict[int, Comparison] = {}
        self._last_number = 0
        self._news: OrderedDict[int, tuple[float, News]] = OrderedDict()
        self._waiting: dict[int, asyncio.Event] = {}
        self._tasks: list[asyncio.Task] = []
        self._loop = asyncio.get_running_loop()

    def watch(self, envs: list[Env], width_px: int, watcher: Watcher, asker: Principal) -> Comparison:
        self._start()
        key: Key = (tuple(env.pk for env in envs), width_px)
        comparison = self._by_key.get(key)
        if comparison is None:
            self._last_number -= 1
            comparison = Comparison(self._last_number, key, envs, asker, self)
            self._by_key[key] = self._by_number[comparison.number] = comparison
        else:
            comparison.resume()
        comparison.watchers.add(watcher)
        return comparison

    def unwatch(self, number: int, watcher: Watcher) -> None:
        comparison = self._by_number.get(number)
        if comparison is not None:
            comparison.watchers.discard(watcher)
            if not comparison.watchers:
                comparison.close()
                del self._by_number[number], self._by_key[comparison.key]

    async def hear(self, job_id: int, *, since: float) -> News:
        """News of a job as soon as there is any that came after ``since``, else how its row stands."""
        event = self._waiting.setdefault(job_id, asyncio.Event())
        try:
            if (news_of := self._fresh(job_id, since)) is None:
                event.clear()
                try:
                    await asyncio.wait_for(event.wait(), ASK_S)
                except TimeoutError:
                    return await self.read(_state_of, job_id)
                news_of = self._fresh(job_id, since)
            return news_of or await self.read(_state_of, job_id)
        finally:
            self._waiting.pop(job_id, None)

    def _fresh(self, job_id: int, since: float) -> News | None:
        at, found = self._news.get(job_id, (0.0, ("", 0.0)))
        return found if at > since else None

    def _start(self) -> None:
        if self._tasks:
            return
        news.listen(self._hear_in_a_thread)
        self._tasks = [self._loop.create_task(self._follow())]
        if not settings.PANEWALL.is_embedded:
            self._tasks.append(self._loop.create_task(self._listen()))

    def _hear_in_a_thread(self, job_id: int, state: str, progress: float) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._heard, job_id, state, progress)

    def _heard(self, job_id: int, state: str, progress: float) -> None:
        self._news[job_id] = (time.monotonic(), (state, progress))
        self._news.move_to_end(job_id)
        while len(self._news) > NEWS_KEPT:
            self._news.popitem(last=False)
        if (event := self._waiting.get(job_id)) is not None:
            event.set()

    async def _follow(self) -> None:
        """Look at the revisions of all compared envs, again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            wanted = {env_id for comparison in self._by_key.values() for env_id in comparison.key[0]}
            if not wanted:
                continue
            try:
                revisions = await self.read(revisions_of, sorted(wanted))
                for comparison in list(self._by_key.values()):
                    comparison.look(revisions)
            except Exception:
                log.exception("The envs of comparisons could not be looked at; trying again.")
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        """Hear from workers in other processes."""
        from channels.layers import get_channel_layer

        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(news.GROUP, channel)
                while True:
                    message = await layer.receive(channel)
                    self._heard(message["job"], message["state"], message["progress"])
            except asyncio.CancelledError:
                raise
            except Exception:
                log.warning("The channel layer failed; rows of jobs are looked at meanwhile.", exc_info=True)
                await asyncio.sleep(1)


def revisions_of(env_ids: list[int]) -> dict[int, int]:
    """Where the living among these envs stand."""
    return dict(Env.objects.filter(pk__in=env_ids, deleted_at=None).values_list("pk", "revision"))


def _state_of(job_id: int) -> News:
    """How a job stands by its row; one whose worker fell silent waits for another."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return Job.State.CANCELLED, 0.0
    is_left = job.state == Job.State.RUNNING and not job.is_held(tasks.SILENT_AFTER)
    return Job.State.QUEUED if is_left else job.state, job.progress


def _draw_here(key: Key) -> Picture:
    env_ids, width_px = key
    picture = tasks.render(list(env_ids), width_px=width_px, before=keeping.get(key))
    keeping.put(key, picture)
    return picture


def _frames(number: int, picture: Picture, before: Picture) -> list[bytes]:
    """What brings every page from one picture to the next, packed once for all."""
    ops = picture.changes(before)
    if not ops:
        return []
    head = head_of(number, picture) | {"full": False}
    return [msgpack.packb(head | part) for part in parts_of(ops)]


def head_of(number: int, picture: Picture) -> dict[str, Any]:
    """What all snapshots of a comparison begin with."""
    return {
        "t": "snap",
        "env": number,
        "name": "+".join(part.name for part in picture.envs),
        "rev": picture.revision,
        "role": "viewer",
        "envs": [
            {"n": n, "id": part.id, "name": part.name, "colour": part.colour}
            for n, part in enumerate(picture.envs)
        ],
    }
