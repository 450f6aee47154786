"""Writing one env to a file: as it is at one moment, a window at a time, whatever the size of the whole."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

import msgpack
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from apps.envs.models import Env, PaneLayout, View
from apps.jobs.gate import read_snapshot
from apps.media.models import Sample, asset_path
from apps.windows.models import TextPart, Trace, Window
from apps.windows.series import read, store
from apps.windows.state import TraceState

from . import container


@dataclass(frozen=True)
class Form:
    """A kind of file that an env can be written as."""

    content_type: str
    ending: str
    write: Callable[[Env, IO[bytes], int | None], None]


#: By name. Other apps add theirs.
forms: dict[str, Form] = {}


def export(env: Env, file: IO[bytes], *, form: str, user_id: int | None) -> None:
    """Write ``env`` to ``file``. ``user_id``: whose layout goes along."""
    forms[form].write(env, file, user_id)


def write_archive(env: Env, file: IO[bytes], user_id: int | None) -> None:
    """The archive of container.py. What is written meanwhile is not in it."""
    with container.Writer(file) as out:
        _write_env(out, env, user_id)


forms["panewall"] = Form("application/zip", "panewall.zip", write_archive)


def _write_env(out: container.Writer, env: Env, user_id: int | None) -> None:
    with read_snapshot() as using:
        row = Env.objects.using(using).select_related("workspace").get(pk=env.pk)
        windows = Window.objects.using(using).living().filter(env=env).order_by("place", "pk")
        numbers = list(windows.values_list("pk", flat=True))
        out.json(
            container.MANIFEST,
            {
                "format": container.FORMAT,
                "version": container.VERSION,
                "made_by": f"panewall {settings.PANEWALL_VERSION}",
                "made_at": timezone.now().isoformat(timespec="seconds"),
                "env": {
                    "workspace": row.workspace.name,
                    "name": row.name,
                    "config": row.config,
                    "tags": row.tags,
                    "notes": row.notes,
                    "status": row.status,
                    "colour": row.colour,
                },
                "windows": len(numbers),
            },
        )
        views = View.objects.using(using).filter(env=env).order_by("name")
        out.json(container.VIEWS, [{"name": view.name, "state": view.state} for view in views])
        kept = PaneLayout.objects.using(using).filter(env=env, user_id=user_id or 0).first()
        out.json(container.LAYOUT, kept.layout if kept else {})
        assets: set[str] = set()
        for number, pk in enumerate(numbers):
            assets |= _write_window(out, f"windows/{number:06}", windows.get(pk=pk), using)
    # Files never change, and one that a window shows, if only in this archive's moment, is kept for a day at least.
    for sha256 in sorted(assets):
        with default_storage.open(asset_path(sha256)) as source:
            out.copy(f"assets/{sha256}", cast(IO[bytes], source))


def _write_window(out: container.Writer, folder: str, window: Window, using: str) -> set[str]:
    traces = list(Trace.objects.using(using).filter(window=window).order_by("index"))
    heads = [_write_trace(out, f"{folder}/{t.index:04}", t, using) for t in traces]
    texts = TextPart.objects.using(using).filter(window=window).order_by("no")
    text_count = 0
    for text_count, text in enumerate(texts.values_list("text", flat=True).iterator(chunk_size=16), 1):
        out.raw(f"{folder}/{text_count - 1:06}.text", text.encode())
    assets, parts = _write_samples(out, folder, window, using)
    out.packed(
        f"{folder}/window.msgpack",
        {
            "key": window.key,
            "kind": window.kind,
            "title": window.title,
            "body": msgpack.unpackb(bytes(window.body)),
            "traces": heads,
            "texts": text_count,
            "samples": parts,
        },
    )
    return assets


def _write_trace(out: container.Writer, name: str, trace: Trace, using: str) -> dict[str, Any]:
    series = TraceState.of(trace).series
    part = 0
    with connections[using].cursor() as cursor:
        store.load_tail(cursor, series)
        for start in range(0, series.count, container.PART):
            points = read.points(cursor, series, start, min(series.count, start + container.PART))
            out.packed(
                f"{name}-{part:06}.points",
                {column: container.pack_column(value) for column, value in points.items()},
            )
            part += 1
    return {
        "name": trace.name,
        "mode": trace.mode,
        "columns": trace.columns,
        "dates": trace.dates,
        "attrs": msgpack.unpackb(bytes(trace.attrs)),
        "count": series.count,
        "parts": part,
    }


def _write_samples(out: container.Writer, folder: str, window: Window, using: str) -> tuple[set[str], int]:
    rows = Sample.objects.using(using).filter(window=window).order_by("step", "index")
    assets: set[str] = set()
    held: list[list] = []
    part = 0
    for row in rows.values_list("step", "index", "asset_id", "caption").iterator(chunk_size=1000):
        assets.add(row[2])
        held.append(list(row))
        if len(held) == container.SAMPLES:
            out.packed(f"{folder}/{part:06}.samples", {"samples": held})
            held, part = [], part + 1
    if held:
        out.packed(f"{folder}/{part:06}.samples", {"samples": held})
        part += 1
    return assets, part


class Following:
    """An export that is read while it is written.

    The writer goes at its own speed into a file without a name, so that a slow reader holds up no database; the reader
    follows behind it.
    """

    def __init__(self, env: Env, *, form: str, user_id: int | None) -> None:
        self._file = tempfile.TemporaryFile(dir=_scratch())  # noqa: SIM115  it lives as long as this
        self._ready = threading.Condition()
        self._written = 0
        self._is_over, self._is_unwanted = False, False
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(env, form, user_id), name="export", daemon=True
        )
        self._thread.start()

    def parts(self) -> Iterator[bytes]:
        at = 0
        try:
            while True:
                with self._ready:
                    while at >= self._written and not self._is_over:
                        self._ready.wait()
                    end = self._written
                    if at >= end:
                        break
                data = _read_at(self._file, at, min(container.BLOCK, end - at))
                at += len(data)
                yield data
            if self._error is not None:
                # A body that ends early is all that can still be said: chunks without an end are an error to readers.
                raise self._error
        finally:
            # Never waits: this may run on the event loop, when a connection is lost.
            with self._ready:
                self._is_unwanted = True
                if self._is_over:
                    self._file.close()

    def _run(self, env: Env, form: str, user_id: int | None) -> None:
        try:
            export(env, cast(IO[bytes], self), form=form, user_id=user_id)
        except BaseException as error:
            self._error = error
        finally:
            connections.close_all()
            with self._ready:
                self._is_over = True
                self._ready.notify_all()
                if self._is_unwanted:
                    self._file.close()

    # --- what the writer sees: a file that can only be written to

    def write(self, data: Any) -> int:
        if self._is_unwanted:
            raise BrokenPipeError("Nobody reads this export any more.")
        count = _write_at(self._file, data, self._written)
        with self._ready:
            self._written += count
            self._ready.notify_all()
        return count

    def flush(self) -> None:
        pass


def _read_at(file: IO[bytes], at: int, count: int) -> bytes:
    return os.pread(file.fileno(), count, at)


def _write_at(file: IO[bytes], data: Any, at: int) -> int:
    view, done = memoryview(data).cast("B"), 0
    while done < len(view):
        done += os.pwrite(file.fileno(), view[done:], at + done)
    return done


def _scratch() -> str:
    """Beside the data: there is room for it, unlike in many a /tmp, which may be memory."""
    folder = settings.PANEWALL.data_dir / "scratch"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(folder)
