"""Snapshots: an env as it was at one moment, kept under a name, to come back to.

Everything is saved as it is sent, so a snapshot is no way to save work: it is a way to keep a state that later writes
would change. The content belongs to the app above, which registers how it is copied and exchanged.
"""

from typing import Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.principals import Principal
from apps.envs.models import Env, Snapshot
from apps.errors import NotFound, TooLarge
from apps.jobs.gate import write_transaction


class Content(Protocol):
    """What this app asks of the one that keeps windows."""

    def copy_env(self, source_id: int, target_id: int) -> tuple[int, int]:
        """Copy what an env shows; says its revision then, and how many windows there were."""

    def exchange(self, principal: Principal, *, env: Env, staged_id: int, former: Snapshot) -> None:
        """In one commit: what ``env`` shows goes to the copy of ``former``, what ``staged`` holds comes to it."""


content: Content | None = None


def list_snapshots(env: Env) -> QuerySet[Snapshot]:
    """The newest first."""
    return Snapshot.objects.filter(env=env).select_related("created_by")


def get_snapshot(env: Env, number: int) -> Snapshot:
    found = list_snapshots(env).filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no snapshot {number} of {env.name!r}.")
    return found


def save_snapshot(*, env: Env, name: str, by: Principal, is_automatic: bool = False) -> Snapshot:
    """Keep the env as it is now. Without a name it gets the date and time.

    Writers wait for no more than a small piece of the copying. Of snapshots that are made automatically the oldest go
    when there are more than ``limits.env_snapshots``.

    Raises:
        TooLarge: so many have been made by name, and nobody deletes those but people.
    """
    _check_room(env, is_automatic)
    copy = _hidden(env)
    revision, count = _content().copy_env(env.pk, copy.pk)
    with write_transaction():
        kept = Snapshot.objects.create(
            env=env,
            copy=copy,
            name=name or now_as_name(),
            is_automatic=is_automatic,
            revision=revision,
            window_count=count,
            created_by_id=by.user_id,
        )
    _forget_oldest(env)
    return kept


def save_if_changed(*, env: Env, by: Principal) -> Snapshot:
    """What visdom's ``save`` means here: a snapshot named by date and time, or the last one if nothing changed since."""
    last = list_snapshots(env).first()
    revision = Env.objects.values_list("revision", flat=True).get(pk=env.pk)
    if last is not None and last.revision == revision:
        return last
    return save_snapshot(env=env, name="", by=by, is_automatic=True)


def restore(*, env: Env, snapshot: Snapshot, by: Principal) -> Snapshot:
    """Make the env show what it showed then. What it shows now becomes a snapshot: the way back, which is returned."""
    staged = _hidden(env)
    _content().copy_env(snapshot.copy_id, staged.pk)
    former = Snapshot(
        env=env,
        copy=_hidden(env),
        name=f"Before the return to “{snapshot.name}”"[:200],
        is_automatic=True,
        created_by_id=by.user_id,
    )
    _content().exchange(by, env=env, staged_id=staged.pk, former=former)
    _forget_oldest(env)
    return former


def delete(*, snapshot: Snapshot) -> None:
    """Forget it. The content goes a piece at a time, in the background."""
    with write_transaction():
        Snapshot.objects.filter(pk=snapshot.pk).delete()
        Env.everything.filter(pk=snapshot.copy_id).update(updated_at=timezone.now())


def now_as_name() -> str:
    return f"{timezone.localtime():%Y-%m-%d %H:%M:%S}"


def _hidden(env: Env) -> Env:
    """An env that no door finds, for a copy of this one's content."""
    now = timezone.now()
    with write_transaction():
        return Env.everything.create(
            workspace_id=env.workspace_id,
            name=env.name,
            copy_of_id=env.pk,
            created_at=now,
            updated_at=now,
            deleted_at=now,
        )


def _check_room(env: Env, is_automatic: bool) -> None:
    most = settings.PANEWALL.limits.env_snapshots
    if not is_automatic and Snapshot.objects.filter(env=env, is_automatic=False).count() >= most:
        raise TooLarge(
            f"{env.name!r} has {most} snapshots with a name, which is the most allowed. Delete one first.",
            code="too_many_snapshots",
        )


def _forget_oldest(env: Env) -> None:
    most = settings.PANEWALL.limits.env_snapshots
    for old in Snapshot.objects.filter(env=env, is_automatic=True).order_by("-created_at", "-pk")[most:]:
        delete(snapshot=old)


def _content() -> Content:
    if content is None:
        raise RuntimeError("Nobody keeps windows: is apps.windows installed?")
    return content
