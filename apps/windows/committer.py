"""The committer: one thread per process that writes what all connections send, many batches in one transaction.

A batch is acknowledged after its commit and never before. A group that fails is rolled back and done again batch by
batch, so that one bad batch harms no other.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any

import msgpack
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.errors import Conflict, DomainError, NotFound

from . import commands
from .bounds import limits
from .commands import Command
from .measures import commits
from .models import IngestSession
from .state import EnvCache, EnvState
from .statements import Writing
from .transaction import EnvDelta, Transaction

log = logging.getLogger(__name__)

#: Outcomes of batches with refused commands are kept for this many batches of a session.
REMEMBERED = 256
#: How long the right to write to an env is believed.
TRUST_S = 1.0
#: Commands that make the env they name.
MAKERS = {
    "env.create",
    "window.put",
    "trace.append",
    "trace.replace",
    "trace.put",
    "heatmap.grow",
    "text.append",
    "metrics.log",
    "sample.put",
}
#: Commands after which a name may mean another env.
RENAMERS = {"env.delete", "env.rename", "env.restore", "env.fork"}
Errors = list[tuple[int, dict]]


def owner_key(principal: Principal) -> str:
    """Whose sessions these are: a person's, whichever token they come with, so that a new one can go on after an old."""
    return f"user:{principal.user_id}"


@dataclass(slots=True)
class Outcome:
    """What became of a batch. ``expected`` says that a number was skipped; ``failed`` that nothing was stored."""

    errors: Errors = field(default_factory=list)
    expected: int | None = None
    failed: DomainError | None = None


@dataclass(slots=True, eq=False)
class Batch:
    """Commands that came together. ``done`` is called in the committer's thread, after the commit."""

    principal: Principal
    commands: list[Any]
    done: Callable[[Outcome], None]
    session: str | None = None
    number: int = 0
    size: int = 0
    source: object = None


class Committer:
    """Takes batches from any thread, commits them in groups, tells ``publish`` what changed."""

    def __init__(self, publish: Callable[[list[EnvDelta]], None]) -> None:
        self._publish = publish
        #: From all threads; None: stop when all is committed.
        self._inbox: SimpleQueue[Batch | None] = SimpleQueue()
        # From here on the committer's own.
        self._waiting: dict[object, deque[Batch]] = {}
        self._count = 0
        self._stopping = False
        self._envs = EnvCache()
        self._sessions: dict[str, tuple[int, str, dict[int, Errors]]] = {}
        self._names: dict[tuple[Principal, str], tuple[float, int]] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Commit what was submitted, then end."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def submit(self, batch: Batch) -> None:
        """Take a batch; ``batch.done`` will be told. Batches of one source keep their order."""
        self._inbox.put(batch)

    @property
    def waiting(self) -> int:
        """Batches that were submitted and are in no group yet. For any thread."""
        return self._inbox.qsize() + self._count

    def _run(self) -> None:
        while self._gather():
            group = self._take()
            began = time.perf_counter()
            try:
                outcomes, deltas = self._commit(group)
            except Exception:
                if len(group) > 1:
                    log.info(
                        "A group of %d batches failed; doing them one by one.", len(group), exc_info=True
                    )
                outcomes, deltas = self._one_by_one(group)
            commits.note(
                batches=len(group),
                commands=sum(len(batch.commands) for batch in group),
                refused=sum(len(outcome.errors) for outcome in outcomes),
                seconds=time.perf_counter() - began,
            )
            for batch, outcome in zip(group, outcomes, strict=True):
                self._tell(batch.done, outcome)
            if deltas:
                self._tell(self._publish, deltas)
        connection.close()

    def _gather(self) -> bool:
        """Take in what was submitted, and wait where nothing was. False: all is done, and it is time to stop."""
        while True:
            try:
                batch = self._inbox.get(block=not (self._waiting or self._stopping))
            except Empty:
                return bool(self._waiting)
            if batch is None:
                self._stopping = True
                continue
            self._waiting.setdefault(batch.source or batch, deque()).append(batch)
            self._count += 1

    def _tell(self, hear: Callable[[Any], None], news: Any) -> None:
        """Whoever cannot listen any more (a loop that closed) must not end this thread."""
        try:
            hear(news)
        except Exception:
            log.exception("What was committed could not be told.")

    def _take(self) -> list[Batch]:
        """The next group: one batch of each source in turn, up to the limits."""
        bounds = limits()
        group: list[Batch] = []
        commands, size = 0, 0
        while self._waiting and commands < bounds.group_commands and size < bounds.group_bytes:
            for source in list(self._waiting):
                queue = self._waiting[source]
                batch = queue.popleft()
                if not queue:
                    del self._waiting[source]
                group.append(batch)
                commands += len(batch.commands)
                size += batch.size
                if commands >= bounds.group_commands or size >= bounds.group_bytes:
                    break
        if self._waiting:
            # Whoever was served goes to the back.
            for source in {id(b.source or b): b.source or b for b in group}.values():
                if source in self._waiting:
                    self._waiting[source] = self._waiting.pop(source)
        self._count -= len(group)
        return group

    def _one_by_one(self, group: list[Batch]) -> tuple[list[Outcome], list[EnvDelta]]:
        outcomes, deltas = [], []
        for batch in group:
            outcome, changed = self._alone(batch)
            outcomes.append(outcome)
            deltas += changed
        return outcomes, deltas

    def _alone(self, batch: Batch) -> tuple[Outcome, list[EnvDelta]]:
        """One batch in its own transaction. A command on which the server fails is refused, the others go in."""
        poison: Errors = []
        while True:
            try:
                outcomes, deltas = self._commit([batch], poison)
                return outcomes[0], deltas
            except _Poison as error:
                log.exception("Command %d (%s) failed.", error.number, error.do)
                why = DomainError(
                    "The server failed on this command; it was not stored.", code="internal_error"
                )
                poison.append((error.number, why.as_dict()))
            except Exception as error:
                log.exception("A batch could not be stored.")
                close_old_connections()
                why = DomainError(
                    f"The batch could not be stored ({type(error).__name__}). Nothing of it was; send it again later.",
                    code="unavailable",
                )
                why.status = 503
                return Outcome(failed=why), []

    def _commit(
        self, group: list[Batch], poison: Errors | None = None
    ) -> tuple[list[Outcome], list[EnvDelta]]:
        """One transaction. ``poison``: commands of the only batch that are known to fail."""
        work = _Work(self, group, dict(poison or []))
        try:
            with Writing() as cursor:
                work.run(cursor)
        except BaseException:
            for env_id in work.touched:
                self._envs.drop(env_id)
            self._names.clear()
            for batch in group:
                self._sessions.pop(batch.session or "", None)
            raise
        for session, known in work.sessions.items():
            if len(self._sessions) > 10_000:
                self._sessions.clear()
            self._sessions[session] = known
        self._envs.shrink()
        return work.outcomes, work.deltas


class _Poison(Exception):
    """The server fails on a command, for a reason that is no fault of its sender's."""

    def __init__(self, number: int, do: str) -> None:
        super().__init__(do)
        self.number, self.do = number, do


class _Work:
    """One group on its way into the database, in the one order of locks: sessions, envs, windows, traces."""

    def __init__(self, owner: Committer, group: list[Batch], poison: dict[int, dict]) -> None:
        self.owner, self.group, self.poison = owner, group, poison
        self.outcomes = [Outcome() for _ in group]
        self.deltas: list[EnvDelta] = []
        self.sessions: dict[str, tuple[int, str, dict[int, Errors]]] = {}
        self.touched: set[int] = set()
        self.believed: set[int] = set()
        #: Envs that this work made, and those in which a command went in.
        self.made: set[int] = set()
        self.used: set[int] = set()

    def run(self, cursor: Any) -> None:
        self.cursor, self.now = cursor, timezone.now()
        fresh = self._pass_sessions()
        tx = Transaction(cursor, self.now)
        part: list[tuple[int, int, Command]] = []
        for i in fresh:
            for number, raw in enumerate(self.group[i].commands):
                command = self._decode(i, number, raw)
                if command is None:
                    continue
                part.append((i, number, command))
                if command.do in RENAMERS:
                    # What follows may mean another env by the same name.
                    self._run_part(tx, part)
                    self.owner._names.clear()
                    part = []
        self._run_part(tx, part)
        if unused := self.made - self.used:
            self._unmake(tx, unused)
        self.deltas = tx.finish()
        self._save_outcomes(fresh)

    @cached_property
    def stamp(self) -> Any:
        """Now, as raw SQL of this database takes it. Not every commit has to say it."""
        return connection.ops.adapt_datetimefield_value(self.now)

    def _run_part(self, tx: Transaction, part: list[tuple[int, int, Command]]) -> None:
        plan = []
        for i, number, command in part:
            try:
                plan.append((i, number, command, self._find_env(self.group[i].principal, command)))
            except DomainError as error:
                self.outcomes[i].errors.append((number, error.as_dict()))
        missing = sorted({env_id for *_, env_id in plan} - set(tx.envs))
        if missing:
            tx.envs |= self._lock(missing)
        for i, number, command, env_id in plan:
            tx.env, tx.principal = tx.envs[env_id], self.group[i].principal
            self._apply(tx, i, number, command)

    def _decode(self, i: int, number: int, raw: Any) -> Command | None:
        if number in self.poison:
            self.outcomes[i].errors.append((number, self.poison[number]))
            return None
        try:
            if isinstance(raw, DomainError):  # checked before, and refused
                raise raw
            return raw if isinstance(raw, Command) else commands.decode(raw)
        except DomainError as error:
            self.outcomes[i].errors.append((number, error.as_dict()))
        except Exception as error:
            raise _Poison(number, "decode") from error
        return None

    # --- exactly once

    def _pass_sessions(self) -> list[int]:
        """Which batches of the group are new: the numbers of sessions move on, under their rows' locks."""
        fresh = [i for i, batch in enumerate(self.group) if batch.session is None]
        by_session: dict[str, list[int]] = {}
        for i, batch in enumerate(self.group):
            if batch.session is not None:
                by_session.setdefault(batch.session, []).append(i)
        for session in sorted(by_session):
            fresh += self._pass_session(session, by_session[session])
        return sorted(fresh)

    def _pass_session(self, session: str, members: list[int]) -> list[int]:
        remembered = self.owner._sessions.get(session)
        known = remembered or self._read_session(session, members[0])
        new, last = self._judge(known, members)
        # A number that seems skipped may have gone in at another server.
        is_doubtful = remembered is not None and any(self.outcomes[i].expected is not None for i in members)
        if is_doubtful or (new and not self._advance(session, known[0], last)):
            known = self._read_session(session, members[0])
            new, last = self._judge(known, members)
            if new and not self._advance(session, known[0], last):
                raise IntegrityError(f"Session {session} moved while its row was locked.")
        self.sessions[session] = (last, known[1], known[2])
        return new

    def _judge(self, known: tuple[int, str, dict[int, Errors]], members: list[int]) -> tuple[list[int], int]:
        last, principal, refused = known
        new = []
        for i in members:
            batch, outcome = self.group[i], Outcome()
            self.outcomes[i] = outcome
            if owner_key(batch.principal) != principal:
                outcome.failed = Conflict("This session belongs to somebody else.", code="session_taken")
            elif batch.number <= last:
                outcome.errors = refused.get(batch.number, [])
            elif batch.number > last + 1:
                outcome.expected = last + 1
            else:
                new.append(i)
                last = batch.number
        return new, last

    def _read_session(self, session: str, member: int) -> tuple[int, str, dict[int, Errors]]:
        principal = owner_key(self.group[member].principal)
        row, _ = IngestSession.objects.select_for_update().get_or_create(
            id=session, defaults={"principal": principal, "updated_at": self.now}
        )
        refused = msgpack.unpackb(bytes(row.refused), strict_map_key=False) if row.refused else {}
        return row.last_batch, row.principal, {n: [tuple(e) for e in errors] for n, errors in refused.items()}

    def _advance(self, session: str, was: int, last: int) -> bool:
        self.cursor.execute(
            "UPDATE windows_ingestsession SET last_batch = %s, updated_at = %s WHERE id = %s AND last_batch = %s",
            [last, self.stamp, session, was],
        )
        return self.cursor.rowcount == 1

    def _save_outcomes(self, fresh: list[int]) -> None:
        """Remember what was refused, for a client that asks again. Seldom anything."""
        changed: set[str] = set()
        for i in fresh:
            batch = self.group[i]
            if batch.session is not None and self.outcomes[i].errors:
                last, principal, refused = self.sessions[batch.session]
                kept = {n: errors for n, errors in refused.items() if n > last - REMEMBERED}
                kept[batch.number] = self.outcomes[i].errors
                self.sessions[batch.session] = (last, principal, kept)
                changed.add(batch.session)
        for session in changed:
            IngestSession.objects.filter(pk=session).update(refused=msgpack.packb(self.sessions[session][2]))

    # --- commands

    def _find_env(self, principal: Principal, command: Command) -> int:
        """The env a command names, if the principal may write there; made if the command makes envs."""
        if command.do == "env.restore":
            return access.find_env(principal, command.env, verb="edit", deleted=True).pk
        slot, now = (principal, command.env), time.monotonic()
        known = self.owner._names.get(slot)
        if known and known[0] > now:
            self.believed.add(known[1])
            return known[1]
        try:
            env_id = access.find_env(principal, command.env, verb="edit").pk
        except NotFound:
            if command.do not in MAKERS:
                raise
            env_id = self._make_env(principal, command.env)
        if len(self.owner._names) > 10_000:
            self.owner._names.clear()
        self.owner._names[slot] = (now + TRUST_S, env_id)
        return env_id

    def _make_env(self, principal: Principal, name: str) -> int:
        workspace, env_name = access.split_name(principal, name)
        access.require(principal, "edit", workspace)
        # Two processes may meet here: the name is unique among the living, and the later one takes what is there.
        with transaction.atomic():
            env, is_new = Env.objects.get_or_create(
                workspace=workspace,
                name=env_name,
                deleted_at=None,
                defaults={"created_by_id": principal.user_id},
            )
        if is_new:
            self.made.add(env.pk)
        return env.pk

    def _unmake(self, tx: Transaction, env_ids: set[int]) -> None:
        """Take back envs that were made for commands which were all refused."""
        self.owner._names.clear()
        for env_id in env_ids:
            tx.envs.pop(env_id, None)
            self.owner._envs.drop(env_id)
        Env.objects.filter(pk__in=env_ids).delete()

    def _lock(self, env_ids: list[int]) -> dict[int, EnvState]:
        """Take the envs' next revisions, and with them their rows' locks until the commit. ``env_ids`` are in order."""
        self.touched.update(env_ids)
        if len(env_ids) > 1 and connection.features.has_select_for_update:
            # An UPDATE takes rows as it finds them; this takes them in the one order.
            marks = ", ".join(["%s"] * len(env_ids))
            self.cursor.execute(
                f"SELECT id FROM envs_env WHERE id IN ({marks}) ORDER BY id FOR UPDATE", env_ids
            )
        now, envs = time.monotonic(), {}
        # When an env was last written to is known to the second: that column has an index to keep.
        known = {env_id: self.owner._envs.get(env_id) for env_id in env_ids}
        stale = {env_id for env_id, env in known.items() if env is None or now - env.stamped_at >= 1.0}
        rows: dict[int, tuple] = {}
        if fresh := [env_id for env_id in env_ids if env_id not in stale]:
            rows |= self._advance_envs(fresh, "")
        if stale:
            rows |= self._advance_envs(sorted(stale), ", updated_at = %s", self.stamp)
        for env_id in env_ids:
            row, env = rows.get(env_id), known[env_id]
            if row is None or (row[1] is not None and env_id in self.believed):
                # Another process deleted it since its name was looked up.
                self.owner._names.clear()
                raise DatabaseError(f"Env {env_id} was deleted meanwhile.")
            revision, _, workspace_id = row
            if env is None or env.revision != revision - 1:
                env = EnvState(env_id, workspace_id, revision)
            env.revision = revision
            if env_id in stale:
                env.stamped_at = now
            self.owner._envs.put(env)
            envs[env_id] = env
        return envs

    def _advance_envs(self, env_ids: list[int], more: str, *values: Any) -> dict[int, tuple]:
        """{id: (revision, deleted_at, workspace id)}"""
        marks = ", ".join(["%s"] * len(env_ids))
        self.cursor.execute(
            f"UPDATE envs_env SET revision = revision + 1{more} WHERE id IN ({marks})"
            " RETURNING id, revision, deleted_at, workspace_id",
            [*values, *env_ids],
        )
        return {row[0]: row[1:] for row in self.cursor.fetchall()}

    def _apply(self, tx: Transaction, i: int, number: int, command: Command) -> None:
        assert tx.env is not None
        env = tx.env
        try:
            commands.handler(command.do)(tx, env, **command.args)
            self.used.add(env.id)
        except DomainError as error:
            self.outcomes[i].errors.append((number, error.as_dict()))
        except DatabaseError:
            raise
        except Exception as error:
            raise _Poison(number, command.do) from error
