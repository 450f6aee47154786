"""Taking files in: the decoded header decides what a file is, and only then is it stored, once, under its hash."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.accounts.principals import Principal
from apps.envs import access
from apps.envs.models import Env
from apps.errors import TooLarge
from apps.jobs.gate import write_transaction

from . import headers, pictures, storing, structured
from .models import (
    Asset,
    Rendition,
    Sample,
    Sending,
    Work,
    asset_path,
    kind_of,
    rendition_folder,
    rendition_path,
)

#: A file that was sent or named is kept this long without a window that shows it.
GRACE = timedelta(days=1)
#: How old the note of that may be before it is written again.
RENEWED_AFTER = timedelta(hours=1)
#: Plain SQL, since every push comes here: Django's own way to it takes longer than the push.
INSERT = (
    "INSERT INTO media_asset"
    " (sha256, size, content_type, width, height, work, created_at, wanted_at, due_at, detail)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '')"
    " ON CONFLICT (sha256) DO UPDATE SET wanted_at = excluded.wanted_at"
)
#: Pictures whose longer side is at most this are never made smaller.
SMALLEST_PX = 320
#: Told of new files of which something is to be made: ([file], whose they are, what shows them), inside the transaction
#: that writes their rows.
on_work: list[Callable[[list["Stored"], int | None, str], None]] = []
#: Told of a file that has its row already, who shows it now, and where.
on_shown: list[Callable[["Stored", int | None, str], None]] = []


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the storage. Its row is written by whoever shows it, see ``rows``."""

    sha256: str
    size: int
    content_type: str
    width: int
    height: int
    #: which kind of window shows it
    kind: str
    #: whether somebody's row for it was there already
    is_known: bool

    @classmethod
    def of(cls, asset: Asset, kind: str | None = None) -> "Stored":
        return cls(
            asset.pk,
            asset.size,
            asset.content_type,
            asset.width,
            asset.height,
            kind or asset.kind,
            is_known=True,
        )

    @property
    def work(self) -> str:
        """What is to be done with it, if it is new."""
        return Work.QUEUED if is_worth_work(self.content_type, self.width, self.height) else Work.NONE


def is_worth_work(content_type: str, width: int, height: int) -> bool:
    """Whether renditions are made of such a file."""
    if content_type.startswith(("audio/", "video/")):
        return True
    return content_type in pictures.FORMATS.values() and max(width, height) > SMALLEST_PX


def describe(data: headers.Content, content_type: str | None = None) -> tuple[str, int, int]:
    """(content type, width, height) of a file, from its header; of sound and video the size is not read, and 0.

    Args:
        content_type: what its sender says it is. Believed of data without a header only, which is then read through.

    Raises:
        Invalid: it is of no format that is taken, or broken.
        TooLarge: over the limits on bytes or pixels.
    """
    limits = settings.PANEWALL.limits
    if (said := structured.known(content_type)) is not None:
        structured.check(data, said, most_bytes=limits.sample_data_bytes, most_cells=limits.content_items)
        return said, 0, 0
    kind = headers.content_type(data)
    if kind is None:
        return pictures.describe(
            data,
            most_bytes=limits.asset_bytes,
            most_pixels=limits.asset_pixels,
            most_frames=limits.asset_frames,
        )
    if len(data) > limits.media_bytes:
        raise TooLarge(f"The file has {len(data):,} bytes; at most {limits.media_bytes:,} are allowed.")
    return kind, 0, 0


def take(file: bytes | storing.Arrival, content_type: str | None = None) -> Stored:
    """Check a file and keep its bytes durably; the same bytes again are the same file.

    Its row is left to the transaction that shows it, so that a push costs one transaction and not two. A file that
    never gets one is removed after a while.
    """
    digest = file.sha256 if isinstance(file, storing.Arrival) else hashlib.sha256(file).hexdigest()
    said = structured.known(content_type)
    known = Asset.objects.filter(pk=digest).first()
    is_known = known is not None and keep(known)
    if known is not None and is_known and said in (None, known.content_type):
        return Stored.of(known)
    if isinstance(file, storing.Arrival):
        with file.content() as data:
            kind, width, height = describe(data, content_type)
        if not is_known:
            file.keep(asset_path(digest))
        size = file.size
    else:
        kind, width, height = describe(file, content_type)
        if not is_known:
            storing.write(asset_path(digest), file)
        size = len(file)
    return Stored(digest, size, kind, width, height, kind_of(kind), is_known)


def store(
    file: bytes | storing.Arrival, content_type: str | None = None, owner_id: int | None = None
) -> Asset:
    """``take`` a file and write its row, and that whoever sent it may name it."""
    taken = take(file, content_type)
    with write_transaction(), connection.cursor() as cursor:
        rows(cursor, [taken], timezone.now(), owner_id=owner_id)
        if owner_id is not None:
            Sending.objects.bulk_create(
                [Sending(asset_id=taken.sha256, user_id=owner_id)], ignore_conflicts=True
            )
    return Asset.objects.get(pk=taken.sha256)


def rows(
    cursor: Any, taken: Iterable[Stored], now: datetime, *, owner_id: int | None = None, about: str = ""
) -> None:
    """The rows of files that were taken, inside the caller's transaction. Rows that are there stay as they are.

    Args:
        owner_id: who may see, cancel and repeat the work on them.
        about: what shows them, in words.
    """
    new = []
    for file in taken:
        if not file.is_known:
            new.append(file)
        elif about:
            for tell in on_shown:
                tell(file, owner_id, about)
    if not new:
        return
    stamp = connection.ops.adapt_datetimefield_value(now)
    for file in new:
        facts = (file.sha256, file.size, file.content_type, file.width, file.height, file.work)
        cursor.execute(INSERT, (*facts, stamp, stamp, stamp))
    work = [file for file in new if file.work]
    for hear in on_work if work else ():
        hear(work, owner_id, about)


def keep(asset: Asset) -> bool:
    """Somebody is about to show this asset: keep it for at least GRACE. False: it is gone, and must be sent again.

    The row is written seldom, and never waited for by those who just sent the file.
    """
    now = timezone.now()
    if asset.wanted_at > now - RENEWED_AFTER:
        return True
    with write_transaction():
        # Waits for a removal that has this row; then there is nothing to update.
        if not Asset.objects.filter(pk=asset.pk).update(wanted_at=now):
            return False
    return default_storage.exists(asset.path)


def may_name(principal: Principal, sha256: str) -> bool:
    """Whether somebody may show this asset by its name: who sent it or sees it anyway. To know its name is not to have it."""
    if Sending.objects.filter(asset_id=sha256, user_id=principal.user_id).exists():
        return True
    return shown_in(access.visible_envs(principal), sha256).exists()


def shown_in(envs: QuerySet[Env], sha256: str) -> QuerySet[Sample]:
    """Where these envs show an asset."""
    return Sample.objects.filter(asset_id=sha256, window__env__in=envs.values("pk"))


def remove_unused(limit: int = 500) -> int:
    """Remove assets that no window shows and nobody wanted for a while. Returns how many went.

    Safe against those who send the same file meanwhile: the file goes inside the transaction that removes its row, so
    that whoever finds no row finds no file either, and writes both.
    """
    long_ago = timezone.now() - GRACE
    unused = Asset.objects.filter(wanted_at__lt=long_ago).exclude(
        Exists(Sample.objects.filter(asset=OuterRef("pk")))
    )
    gone = 0
    for sha256 in list(unused.values_list("pk", flat=True)[:limit]):
        with write_transaction():
            if unused.filter(pk=sha256)._raw_delete(using=DEFAULT_DB_ALIAS):
                made = Rendition.objects.filter(asset_id=sha256)
                for name in list(made.values_list("name", flat=True)):
                    default_storage.delete(rendition_path(sha256, name))
                made._raw_delete(using=DEFAULT_DB_ALIAS)
                Sending.objects.filter(asset_id=sha256)._raw_delete(using=DEFAULT_DB_ALIAS)
                storing.drop_folder(rendition_folder(sha256))
                default_storage.delete(asset_path(sha256))
                gone += 1
    return gone


def remove_strays(limit: int = 500) -> int:
    """Remove files that never got a row, since the server stopped between the two. Returns how many went.

    A file that is sent again at this very moment has a new date: it gets its name back.
    """
    if not storing.is_folder():
        return 0
    before = time.time() - GRACE.total_seconds()
    home = Path(default_storage.path(""))
    gone = 0
    for path in (*home.glob("assets/*/*"), *home.glob("renditions/*/*/*")):
        if gone == limit:
            break
        if path.stat().st_mtime > before or _has_row(path):
            continue
        aside = path.with_name(f"{path.name}{storing.ASIDE}")
        os.replace(path, aside)
        if aside.stat().st_mtime > before:
            os.replace(aside, path)
        else:
            aside.unlink()
            gone += 1
    return gone


def _has_row(path: Path) -> bool:
    if path.parts[-4:-3] == ("renditions",):
        return Rendition.objects.filter(asset_id=path.parent.name, name=path.name).exists()
    return Asset.objects.filter(pk=path.name).exists()
