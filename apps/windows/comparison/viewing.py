"""The live wire's comparisons, spoken to one socket: ``compare``, and what of the other messages names a comparison."""

import asyncio
import contextlib
import logging
from typing import Any

import msgpack
from django.conf import settings

from apps.errors import DomainError, Invalid, NotFound, TooLarge

from ..live import questions, snapshot
from ..live.viewer import Subscription, Viewer, readers
from .choosing import choose
from .frames import parts_of
from .hub import Comparison, Comparisons, head_of
from .merging import place_files

log = logging.getLogger(__name__)

NARROWEST_PX, WIDEST_PX = 64, 8192
MOST_WINDOWS = 20_000


class ComparingViewer(Viewer):
    """A viewer that watches comparisons as well as envs. They are told apart by the sign of their numbers."""

    def __init__(self, *args: Any, comparisons: Comparisons, **options: Any) -> None:
        super().__init__(*args, **options)
        self._comparisons = comparisons
        #: With what was asked for, and which envs its names meant then.
        self._asked: dict[int, tuple[Comparison, dict, dict[str, int]]] = {}

    async def on_message(self, message: Any) -> None:
        kind = message.get("t") if isinstance(message, dict) else None
        if kind == "compare":
            await self._compare(message)
        elif kind in ("unsub", "want") and _is_comparison(message.get("env")):
            number = message["env"]
            if kind == "unsub":
                self._drop(number)
            elif number in self._asked:
                self._want_of(number, message)
            else:
                raise NotFound("This socket watches no such comparison.", fields={"env": ["Compare first."]})
        else:
            await super().on_message(message)

    # --- the comparison's side

    def on_job(self, number: int, job: int, state: str, progress: float) -> None:
        subscription = self._subscriptions.get(number)
        if subscription is not None:
            known = {"env": number, "name": subscription.name}
            self._put({"t": "job", **known, "job": job, "state": str(state), "progress": progress})

    def on_other_envs(self, number: int) -> None:
        """Envs came or went: what is left is another comparison."""
        _, message, known = self._asked[number]
        fresh = {name: value for name, value in message.items() if name not in ("have", "windows")}
        task = asyncio.ensure_future(self._compare(fresh, known))
        self._wants.add(task)
        task.add_done_callback(self._wants.discard)

    def on_failure(self, number: int, error: DomainError) -> None:
        subscription = self._subscriptions.get(number)
        if subscription is not None:
            self._drop(number)
            self._refuse(number, subscription.name, error)

    # --- inside

    async def _may_see(self, env_id: int, subscription: Subscription) -> bool:
        if env_id not in self._asked:
            return await super()._may_see(env_id, subscription)
        comparison, message, known = self._asked[env_id]
        choice = await self._read(choose, self.principal, message["envs"], known)
        if [env.pk for env in choice.envs] != comparison.env_ids and choice.envs:
            self.on_other_envs(env_id)
        return bool(choice.envs)

    def _drop(self, env_id: int) -> None:
        if env_id not in self._asked:
            super()._drop(env_id)
            return
        del self._asked[env_id]
        subscription = self._subscriptions.pop(env_id, None)
        if subscription is not None and subscription.task not in (None, asyncio.current_task()):
            subscription.task.cancel()
        self._comparisons.unwatch(env_id, self)

    async def _compare(self, message: dict, known: dict[str, int] | None = None) -> None:
        names, width_px = _names(message), _width(message)
        name = message.get("name")
        if not isinstance(name, str) or len(name) > 20_000:
            name = "+".join(names)
        choice = await self._read(choose, self.principal, names, known)
        before = [number for number, each in self._subscriptions.items() if number < 0 and each.name == name]
        if not choice.envs:
            for number in before:
                self._drop(number)
            self._refuse(None, name, NotFound("None of these envs is there for you to see."))
            return
        if not before and len(self._subscriptions) >= self._limits.subscriptions:
            self._refuse(
                None, name, TooLarge(f"One socket watches at most {self._limits.subscriptions} envs.")
            )
            return
        comparison = self._comparisons.watch(choice.envs, width_px, self, self.principal)
        for number in before:
            if number != comparison.number:
                self._drop(number)
        if (same := self._subscriptions.get(comparison.number)) is not None and same.task is not None:
            same.task.cancel()
        subscription = Subscription(comparison, name)  # type: ignore[arg-type]  # stands where an env does
        self._subscriptions[comparison.number] = subscription
        self._asked[comparison.number] = (comparison, message, {**(known or {}), **choice.ids})
        opening = self._open_comparison(comparison, subscription, message, choice.left_out)
        subscription.task = asyncio.ensure_future(opening)

    async def _open_comparison(
        self, comparison: Comparison, subscription: Subscription, message: dict, left_out: list[str]
    ) -> None:
        """Send what the page lacks, then what was held back meanwhile."""
        try:
            await comparison.ready.wait()
            if comparison.failure is not None:
                self.on_failure(comparison.number, comparison.failure)
                return
            picture = comparison.picture
            assert picture is not None, "it is ready and did not fail"
            windows = _windows(message)
            ops = await self._read(picture.ops, windows, snapshot.have_of(message) if windows else {})
            head = head_of(comparison.number, picture) | {"name": subscription.name, "full": not windows}
            if left_out:
                head["left_out"] = left_out
            for part in parts_of(ops):
                await self._push_when_room(msgpack.packb(head | part))
            subscription.revision = picture.revision
            held, subscription.held = subscription.held or [], None
            for revision, frame in held:
                if revision > picture.revision:
                    self._push(frame)
            if subscription.lagging:
                self._on_ack(self._acknowledged)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("A comparison could not be opened for a viewer.")
            failed = DomainError("The server failed to compare these envs. Try again.", code="internal_error")
            self.on_failure(comparison.number, failed)

    def _want_of(self, number: int, message: dict) -> None:
        if len(self._wants) >= 256:
            raise TooLarge("Too many requests at once; wait for their answers.")
        comparison, *_ = self._asked[number]
        if self._follow(number, comparison.env_ids, message):
            return
        task = asyncio.ensure_future(self._answer_of(comparison, message))
        self._wants.add(task)
        task.add_done_callback(self._wants.discard)

    async def _answer_of(self, comparison: Comparison, message: dict) -> None:
        frame: dict[str, Any] = {"t": "data", "env": comparison.number, "req": message.get("req"), "ops": []}
        try:
            asked = {name: _integers(message, name) for name in ("windows", "traces", *readers)}
            bounds = {name: _optional_number(message, name) for name in ("x0", "x1")}
            width_px = _width(message, least=16)
            frame["ops"] = await self._read(_data, comparison.env_ids, message, asked, bounds, width_px)
        except DomainError as error:
            frame["error"] = error.as_dict()
        await self._push_when_room(msgpack.packb(frame))


def _data(
    env_ids: list[int], message: dict, asked: dict[str, list[int]], bounds: dict, width_px: int
) -> list:
    """Ops of windows and traces, looked for in these envs only."""
    ops: list = []
    for name, read in readers.items():
        if asked[name]:
            ops += read(env_ids, asked[name], message)
    for env_id in env_ids if asked["windows"] else ():
        for op in snapshot.read_window_ops(env_id, asked["windows"]):
            ops.append([*op[:2], {**op[2], "content": place_files(op[2]["content"], env_id)}])
    ops += questions.answer(env_ids, message, traces=asked["traces"], bounds=bounds, width_px=width_px)
    return ops


def _is_comparison(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number < 0


def _names(message: dict) -> list[str]:
    names = message.get("envs")
    most = settings.PANEWALL.limits.compare_envs
    if not isinstance(names, list) or not all(isinstance(name, str) and len(name) <= 1000 for name in names):
        raise Invalid("envs: Must be a list of names.", fields={"envs": ["Must be a list of names."]})
    if not 1 <= len(names) <= most:
        reason = f"Must be 1 to {most} names."
        raise TooLarge(f"envs: {reason}", fields={"envs": [reason]})
    return names


def _width(message: dict, least: int = NARROWEST_PX) -> int:
    """The power of two at or above the width asked for, so that pages of about the same size share a comparison."""
    width = message.get("width") or 1024
    if isinstance(width, bool) or not isinstance(width, int):
        raise Invalid("width: Must be a whole number.", fields={"width": ["Must be a whole number."]})
    return 1 << (min(WIDEST_PX, max(least, width)) - 1).bit_length()


def _windows(message: dict) -> dict[int, int]:
    """{window id: rev} of what the page holds; what is not of this form is taken as nothing held."""
    return _pairs(message.get("windows"))


def _pairs(value: Any) -> dict[int, int]:
    out: dict[int, int] = {}
    if isinstance(value, dict) and len(value) <= MOST_WINDOWS:
        for name, number in value.items():
            with contextlib.suppress(TypeError, ValueError):
                out[int(name)] = int(number)
    return out


def _integers(message: dict, name: str) -> list[int]:
    value = message.get(name) or []
    if not isinstance(value, list) or len(value) > 10_000 or not all(type(item) is int for item in value):
        raise Invalid(
            f"{name}: Must be a list of ids.", fields={name: ["Must be a list of at most 10 000 ids."]}
        )
    return [item for item in value if 0 <= item < 2**63]


def _optional_number(message: dict, name: str) -> float | None:
    value = message.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Invalid(f"{name}: Must be a number.", fields={name: ["Must be a number."]})
    return value
