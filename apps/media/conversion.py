"""Sounds and videos as every browser plays them, with a poster and a waveform: a job for each file, done by ffmpeg.

The page shows the original at once where its browser can; what is made here takes its place when it is ready. The asset's row
says what is to be done. Its job says how that is getting on, belongs to whoever sent the file, and can be cancelled and done again.
"""

import json
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from celery import current_app
from django.conf import settings
from django.db import transaction

from apps.jobs import services as jobs
from apps.jobs.gate import write_transaction
from apps.jobs.models import Job

from . import ffmpeg, news, storing
from .files import Stored, on_shown, on_work
from .models import Asset, Rendition, Work, rendition_path
from .renditions import M4A, MP4, POSTER, WAVEFORM, WEBP
from .waveform import RATE, Outline

log = logging.getLogger(__name__)

TASK = "apps.media.tasks.convert"
CANCELLED = "It was cancelled."
PLAYED = ("audio", "video")
#: Between two reports, which are writes.
REPORT_S = 1.0
#: What of a job's progress is over before the long part begins.
FIRST_PART = 0.1
POSTER_PX, VIDEO_PX = 640, 1920
#: Makes pixels square, as those of a picture are, where they are wider or narrower in a video.
SQUARE = "scale=w='max(1,trunc(iw*sar))':h=ih,setsar=1,"
PLAIN = ["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"]
FAST_START = ["-movflags", "+faststart", "-f", "mp4"]
#: Sounds that every browser plays as they are: content type → codecs.
PLAYABLE = {
    "audio/wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"},
    "audio/mpeg": {"mp3"},
    "audio/mp4": {"aac"},
    "audio/aac": {"aac"},
    "audio/flac": {"flac"},
}
#: Pixels of a frame up to which browsers play H.264 everywhere (level 5.1). Source: ITU-T H.264, table A-1, MaxFS.
PLAYED_PIXELS = 36_864 * 256
#: Containers whose streams can be taken over as they are.
COPIED = {"video/mp4", "video/quicktime", "video/x-matroska", "video/3gpp"}

_turn = threading.Lock()


def note_work(new: list[Stored], owner_id: int | None, about: str) -> None:
    """New sounds and videos came in the transaction at hand."""
    for file in new:
        if file.kind in PLAYED:
            transaction.on_commit(partial(_enqueue, file.sha256, file.kind, owner_id, about), robust=True)


def want(assets: list[Asset]) -> None:
    """Have those converted that came before there was anything to convert them."""
    for asset in assets:
        if asset.kind in PLAYED:
            with write_transaction():
                Asset.objects.filter(pk=asset.pk, work=Work.NONE).update(work=Work.QUEUED)
            _enqueue(asset.pk, asset.kind, None, "")


def note_place(file: Stored, owner_id: int | None, about: str) -> None:
    """A file that was uploaded before it was shown: its job is called by what its sender shows it in first; where somebody else
    shows it, is not for the sender to know. In the transaction at hand."""
    if file.kind in PLAYED:
        job = Job.objects.filter(task=TASK, key=file.sha256, owner_id=owner_id)
        unnamed = job.filter(title=_title(file.sha256, file.kind, ""))
        unnamed.update(title=_title(file.sha256, file.kind, about))


def _enqueue(sha256: str, kind: str, owner_id: int | None, about: str) -> None:
    title = _title(sha256, kind, about)
    jobs.enqueue_once(task=TASK, key=sha256, arguments={"asset": sha256}, owner_id=owner_id, title=title)


def _title(sha256: str, kind: str, about: str) -> str:
    what = f"{kind.capitalize()} of {about}"[:280] if about else kind.capitalize()
    return f"{what} ({sha256[:8]})"


def sweep() -> int:
    """Ask again for what no job stands for. Returns how many there were."""
    played = Asset.objects.filter(content_type__regex=r"^(audio|video)/")
    lost = [*played.filter(work=Work.NONE)[:100]]
    queued = list(played.filter(work=Work.QUEUED)[:1000])
    known = set(Job.objects.filter(task=TASK, key__in=[a.pk for a in queued]).values_list("key", flat=True))
    lost += [asset for asset in queued if asset.pk not in known]
    want(lost)
    return len(lost)


def take(job_id: int) -> None:
    """Do a job, unless this process is at another one: of those one runs at a time, and then asks for the next."""
    if not _turn.acquire(blocking=False):
        return
    try:
        with jobs.running(job_id) as job:
            if job is not None:
                convert(job)
    except (ffmpeg.Failed, ffmpeg.NotInstalled):
        return  # the job's row says it, to whom it concerns
    finally:
        _turn.release()
        # This very one, if it was cancelled and asked for anew meanwhile.
        waiting = Job.objects.filter(task=TASK, state=Job.State.QUEUED).order_by("created_at")
        if (following := waiting.first()) is not None:
            current_app.send_task(TASK, args=[following.pk], retry=False)


def convert(job: Job) -> None:
    """Make what belongs to a sound or a video.

    Raises:
        Failed, NotInstalled: the asset's row says why, too.
        Cancelled
    """
    asset = Asset.objects.filter(pk=job.arguments["asset"]).first()
    if asset is None or asset.work == Work.READY:
        return
    _note(asset, work=Work.QUEUED, detail="")
    try:
        with storing.opened(asset.path) as source, _folder() as folder:
            _Conversion(job, asset, source, folder).run()
    except FileNotFoundError as error:
        _note(asset, work=Work.FAILED, detail="The file is gone.")
        raise ffmpeg.Failed("The file is gone.") from error
    except (ffmpeg.Failed, ffmpeg.NotInstalled) as error:
        _note(asset, work=Work.FAILED, detail=str(error))
        raise
    except jobs.Cancelled:
        if Job.objects.filter(pk=job.pk, state=Job.State.CANCELLED).exists():
            _note(asset, work=Work.FAILED, detail=CANCELLED)
        raise
    _note(asset, work=Work.READY, detail="")


def _note(asset: Asset, **facts: object) -> None:
    with write_transaction():
        Asset.objects.filter(pk=asset.pk).update(**facts)
    for name, value in facts.items():
        setattr(asset, name, value)
    news.tell()


class _Conversion:
    """One file on its way: what is in it, and what is made of it, in the order in which pages want it."""

    def __init__(self, job: Job, asset: Asset, source: IO[bytes], folder: Path) -> None:
        self.job, self.asset, self.source, self.folder = job, asset, source, folder
        self.limits = settings.PANEWALL.limits
        self._reported_at = 0.0
        self._progress = 0.0

    def run(self) -> None:
        self._report(0.0)
        held = self.held = ffmpeg.look(self.source, self.asset.content_type)
        most = self.limits.media_seconds
        if held.duration is not None and held.duration > most:
            raise ffmpeg.Failed(
                f"It is {held.duration / 3600:.1f} hours long; at most {most / 3600:.1f} are made playable."
            )
        has_pictures = bool(held.video) and self.asset.kind == "video"
        _note(
            self.asset,
            duration=held.duration,
            width=held.width if has_pictures else 0,
            height=held.height if has_pictures else 0,
        )
        if has_pictures:
            self._make_poster()
        if held.audio:
            self._make_waveform()
        self._report(FIRST_PART)
        if has_pictures:
            self._make_mp4()
        elif held.audio not in PLAYABLE.get(self.asset.content_type, ()):
            self._make_m4a()

    def _make_poster(self) -> None:
        file = self.folder / POSTER
        at = min(1.0, (self.held.duration or 0.0) / 10)
        for second in (at, 0.0):
            picture = ["-map", "0:v:0", "-ss", f"{second:.3f}", "-frames:v", "1"]
            picture += ["-vf", SQUARE + _fitted(POSTER_PX)]
            self._ffmpeg([*picture, "-c:v", "libwebp", "-quality", "80", "-f", "webp", str(file)])
            if file.exists() and file.stat().st_size:
                self._keep(POSTER, file, WEBP)
                return
        raise ffmpeg.Failed("There is no picture in it that can be read.")

    def _make_waveform(self) -> None:
        channels = self.held.channels
        outline = Outline(channels)

        def take(data: bytes) -> None:
            outline.add(data)
            self._report(self._progress)

        wave = ["-map", "0:a:0", "-ac", str(channels), "-ar", str(RATE)]
        wave += ["-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"]
        self._ffmpeg(wave, on_data=take)
        if not outline.duration and not self.asset.width:
            _note(self.asset, duration=0.0)
            raise ffmpeg.Failed("There is no sound in it: it is over as soon as it begins.")
        file = self.folder / WAVEFORM
        file.write_text(json.dumps(outline.as_json(), separators=(",", ":")))
        self._keep(WAVEFORM, file, "application/json")
        if self.held.duration is None:
            _note(self.asset, duration=outline.duration)

    def _make_mp4(self) -> None:
        """Streams that every browser plays are taken over as they are; where all are, in an MP4, the original stays."""
        held, content_type = self.held, self.asset.content_type
        has_known_pictures = (
            held.video == "h264"
            and held.pixels in ("yuv420p", "yuvj420p")
            and held.width * held.height <= PLAYED_PIXELS
        )
        has_known_sound = held.audio in ("", "aac")
        if has_known_pictures and has_known_sound and content_type == "video/mp4":
            return
        if has_known_pictures and content_type in COPIED:
            coding = ["-c:v", "copy"]
        else:
            coding = ["-vf", _fitted(VIDEO_PX) + ",format=yuv420p", "-fpsmax", "60"]
            coding += ["-c:v", "libx264", "-preset", "superfast", "-crf", "23"]
            coding += ["-maxrate", "8M", "-bufsize", "16M"]
        is_copied = has_known_sound and content_type in COPIED
        coding += ["-c:a", "copy"] if is_copied else _sound("128k")
        self._make_long(MP4, ["-map", "0:v:0", "-map", "0:a:0?", *coding], "video/mp4")

    def _make_m4a(self) -> None:
        self._make_long(M4A, ["-map", "0:a:0", "-vn", *_sound("160k")], "audio/mp4")

    def _make_long(self, name: str, arguments: list[str], content_type: str) -> None:
        file = self.folder / name
        duration = self.held.duration or self.asset.duration

        def hear(second: float) -> None:
            part = min(1.0, second / duration) if duration else 0.0
            self._report(FIRST_PART + (1 - FIRST_PART) * part)

        self._ffmpeg([*arguments, *FAST_START, str(file)], on_time=hear)
        size = file.stat().st_size if file.exists() else 0
        if size < 1000:
            raise ffmpeg.Failed("There is nothing in it that can be played.")
        if size > 0.99 * settings.PANEWALL.ffmpeg_output_bytes:
            raise ffmpeg.Failed("What would be made of it is larger than there is room for.")
        self._keep(name, file, content_type)

    def _ffmpeg(
        self,
        arguments: list[str],
        *,
        on_time: Callable[[float], None] | None = None,
        on_data: Callable[[bytes], None] | None = None,
    ) -> None:
        config = settings.PANEWALL
        bounds = ["-t", str(self.limits.media_seconds), "-fs", str(config.ffmpeg_output_bytes)]
        ffmpeg.run(
            self.source,
            self.asset.content_type,
            [*PLAIN, *bounds, *arguments],
            most_s=config.ffmpeg_s,
            on_time=on_time,
            on_data=on_data,
        )

    def _keep(self, name: str, file: Path, content_type: str) -> None:
        """The file in its place, and then the row that tells of it."""
        size = storing.bring(rendition_path(self.asset.pk, name), file)
        with write_transaction():
            if Asset.objects.select_for_update().filter(pk=self.asset.pk).exists():
                Rendition.objects.update_or_create(
                    asset=self.asset, name=name, defaults={"size": size, "content_type": content_type}
                )
        news.tell()

    def _report(self, progress: float) -> None:
        """Say how far it is, now and then; stops the work that nobody wants any more."""
        self._progress = max(self._progress, progress)
        if time.monotonic() - self._reported_at > REPORT_S:
            self._reported_at = time.monotonic()
            jobs.report(self.job, self._progress)


def _fitted(longest_px: int) -> str:
    """A filter that makes pictures fit, never larger, with even sides."""
    return (
        f"scale=w='max(2,min({longest_px},iw))':h='max(2,min({longest_px},ih))'"
        ":force_original_aspect_ratio=decrease:force_divisible_by=2"
    )


def _sound(rate: str) -> list[str]:
    return ["-c:a", "aac", "-b:a", rate, "-ac", "2", "-ar", "48000"]


@contextmanager
def _folder() -> Iterator[Path]:
    """Where ffmpeg writes."""
    home = storing.work_folder()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        yield Path(folder)


def remove_leavings() -> None:
    """What a conversion left that was cut short."""
    before = time.time() - 24 * 3600
    for folder in storing.work_folder().glob("tmp*"):
        if folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)


on_work.append(note_work)
on_shown.append(note_place)
