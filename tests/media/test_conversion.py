"""Sounds and videos become what every browser plays; what cannot is said in words, and nothing else of the server is reached."""

import io
import json
import re
import wave
from itertools import pairwise

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.media import conversion, ffmpeg, files, tasks, thumbnails, watching
from apps.media.models import Asset, Rendition
from tests.media.conftest import encoded, noise
from tests.support import sounds

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


def converted(data: bytes) -> Asset:
    """A file that was sent and whose job was done."""
    asset = files.store(data)
    tasks.convert(Job.objects.get(task=conversion.TASK, key=asset.pk).pk)
    asset.refresh_from_db()
    return asset


def state(asset: Asset) -> watching.State:
    return watching.states_of([asset.pk])[asset.pk]


def read(asset: Asset, name: str) -> bytes:
    with default_storage.open(Rendition.objects.get(asset=asset, name=name).path) as file:
        return file.read()


@pytest.mark.parametrize(
    ("suffix", "coding"),
    [
        ("avi", ["-c:v", "mpeg4", "-c:a", "mp3"]),
        ("mkv", ["-c:v", "libvpx", "-c:a", "libopus"]),
        ("mov", ["-c:v", "prores", "-c:a", "pcm_s16le"]),
        ("flv", ["-c:v", "flv1", "-ar", "44100"]),
        ("ts", ["-c:v", "mpeg2video"]),
        ("wmv", ["-c:v", "wmv2", "-c:a", "wmav2"]),
        ("y4m", ["-an", "-pix_fmt", "yuv444p"]),
    ],
)
def test_whatever_ffmpeg_reads_becomes_what_browsers_play(film, suffix, coding):
    asset = converted(film(suffix, *coding))
    assert (asset.work, asset.detail) == ("ready", "")
    assert (asset.width, asset.height) == (160, 120)
    with default_storage.open(Rendition.objects.get(asset=asset, name="mp4").path) as file:
        made = ffmpeg.look(file.file, "video/mp4")
    assert (made.video, made.pixels, made.audio) == ("h264", "yuv420p", "" if suffix == "y4m" else "aac")
    assert read(asset, "poster")[8:12] == b"WEBP"
    wanted = ["poster", "mp4"] if suffix == "y4m" else ["poster", "mp4", "waveform"]
    assert state(asset).renditions == tuple(wanted)


def test_an_mp4_that_browsers_play_stays_as_it_is_and_a_mov_only_changes_its_wrapping(film, monkeypatch):
    coding = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    asset = converted(film("mp4", *coding))
    assert state(asset).renditions == ("poster", "mp4", "waveform")
    assert not Rendition.objects.filter(asset=asset, name="mp4").exists()
    copied = []
    real = ffmpeg.run
    monkeypatch.setattr(ffmpeg, "run", lambda *a, **k: (copied.append("copy" in a[2]), real(*a, **k))[1])
    assert converted(film("mov", *coding)).work == "ready"
    assert any(copied)


@pytest.mark.parametrize(
    ("suffix", "coding", "copied"),
    [
        ("mp4", ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"], "-c:v"),
        ("mkv", ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libopus"], "-c:v"),
        ("mp4", ["-c:v", "libx264", "-pix_fmt", "yuv444p", "-c:a", "aac"], "-c:a"),
        ("mp4", ["-c:v", "libx265", "-pix_fmt", "yuv420p", "-c:a", "aac"], "-c:a"),
    ],
)
def test_of_two_streams_only_the_one_that_browsers_may_not_play_is_made_anew(
    film, monkeypatch, suffix, coding, copied
):
    asked = []
    real = ffmpeg.run
    monkeypatch.setattr(ffmpeg, "run", lambda *a, **k: (asked.append(a[2]), real(*a, **k))[1])
    asset = converted(film(suffix, *coding))
    (long,) = (arguments for arguments in asked if "+faststart" in arguments)
    assert [name for name, value in pairwise(long) if value == "copy"] == [copied]
    with default_storage.open(Rendition.objects.get(asset=asset, name="mp4").path) as file:
        made = ffmpeg.look(file.file, "video/mp4")
    assert (made.video, made.pixels, made.audio) == ("h264", "yuv420p", "aac")


def test_a_picture_too_large_for_some_browsers_is_made_smaller(film, monkeypatch):
    monkeypatch.setattr(conversion, "PLAYED_PIXELS", 100 * 100)
    asset = converted(film("mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"))
    assert Rendition.objects.filter(asset=asset, name="mp4").exists()


def test_a_sound_gets_a_waveform_and_an_m4a_where_browsers_need_one(film):
    sound = ["-map", "1:a"]
    wav = converted(film("wav", *sound))
    assert state(wav).renditions == ("m4a", "waveform")
    assert not Rendition.objects.filter(asset=wav, name="m4a").exists()
    outline = json.loads(read(wav, "waveform"))
    assert outline["duration"] == pytest.approx(0.5, abs=0.05)
    assert max(high for _, high in outline["peaks"]) == pytest.approx(0.125, abs=0.02)
    aiff = converted(film("aiff", *sound))
    with default_storage.open(Rendition.objects.get(asset=aiff, name="m4a").path) as file:
        assert ffmpeg.look(file.file, "audio/mp4").audio == "aac"


def test_a_sound_whose_channels_cancel_each_other_has_a_waveform():
    left = np.sin(np.arange(8000) * 0.1)
    loud = np.round(np.stack([left, -left], 1) * 16384).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(loud.tobytes())
    outline = json.loads(read(converted(file.getvalue()), "waveform"))
    assert outline["duration"] == pytest.approx(1, abs=0.01)
    low, high = np.array(outline["peaks"])[5:-5].T
    assert high.min() == pytest.approx(0.5, abs=0.03)
    assert low.max() == pytest.approx(-0.5, abs=0.03)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (sounds.mp4(), "moov"),
        (sounds.webm(), ""),
        (b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp42" + b"\x00\x00\x00\x08free" * 50, "moov"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(data, why):
    asset = converted(data)
    assert asset.work == "failed"
    assert why in asset.detail
    job = Job.objects.get(key=asset.pk)
    assert state(asset) == watching.State("failed", 0.0, asset.detail, (), None, 0, 0, job.pk, None)
    assert (job.state, job.detail) == (Job.State.FAILED, asset.detail)


def test_a_sound_of_nothing_says_so():
    asset = converted(sounds.wav()[:-800])
    assert (asset.work, state(asset).duration) == ("failed", 0)
    assert "There is no sound in it" in asset.detail


def test_reasons_are_those_of_the_file_and_not_what_ffmpeg_says_besides(film):
    huge = converted(film("mkv", "-c:v", "ffv1", "-frames:v", "1", size="8000x4600"))
    assert huge.detail == "Its frames have 8,000 × 4,600 pixels; at most 36,000,000 are read."
    for data in (
        film("mkv", "-c:v", "mpeg4")[:300],
        film("mp4", "-c:v", "mpeg4", "-movflags", "frag_keyframe+empty_moov")[:300],
    ):
        detail = converted(data).detail
        assert detail.startswith("There is neither sound nor picture in it that can be read")
        assert not re.search(r"repeated|max_pixels|DURATION|\[(error|fatal|warning)\]", detail), detail


def test_a_poster_is_as_wide_as_its_video_is_shown(film):
    wide = converted(film("mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-vf", "setsar=2/1"))
    with default_storage.open(Rendition.objects.get(asset=wide, name="poster").path) as file:
        assert Image.open(file).size == (320, 120)


def test_a_file_that_breaks_off_gives_what_it_has(film):
    whole = film("mkv", "-c:v", "libvpx", "-c:a", "libopus", seconds=2)
    assert converted(whole[: len(whole) // 2]).work == "ready"


def test_a_list_that_names_other_files_is_refused_when_it_comes_and_never_followed(tmp_path):
    from apps.errors import Invalid

    secret = tmp_path / "secret.wav"
    secret.write_bytes(sounds.wav())
    lists = [
        f"ffconcat version 1.0\nfile '{secret}'\n",
        f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        f'<?xml version="1.0"?><MPD><BaseURL>file://{secret}</BaseURL></MPD>',
        f"[playlist]\nFile1={secret}\n",
    ]
    for text in lists:
        with pytest.raises(Invalid):
            files.store(text.encode())
        path = tmp_path / "list"
        path.write_text(text)
        for content_type in ffmpeg.FORMATS:  # as if one had been mistaken for a video
            with path.open("rb") as file, pytest.raises(ffmpeg.Failed):
                ffmpeg.look(file, content_type)


def test_ffmpeg_may_open_nothing_by_its_name(film, tmp_path):
    """Its input is an open file. A reference out of it needs a protocol, and it has none."""
    path = tmp_path / "other.avi"
    path.write_bytes(film("avi", "-c:v", "mpeg4"))
    listed = tmp_path / "list.ffconcat"
    listed.write_text(f"ffconcat version 1.0\nfile '{path.name}'\n")
    with listed.open("rb") as file, pytest.MonkeyPatch.context() as patch:
        patch.setitem(ffmpeg.FORMATS, "video/x-msvideo", "concat,avi")
        with pytest.raises(ffmpeg.Failed):
            ffmpeg.look(file, "video/x-msvideo")


def test_a_server_without_ffmpeg_says_what_to_install(settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL, "ffmpeg", "/nowhere/ffmpeg")
    asset = converted(sounds.wav())
    assert asset.work == "failed"
    assert "/nowhere/ffmpeg" in asset.detail


def test_what_takes_too_long_or_grows_too_large_is_ended(film, settings, monkeypatch):
    long = film("avi", "-c:v", "mpeg4", seconds=20, size="320x240")
    monkeypatch.setattr(settings.PANEWALL, "ffmpeg_output_bytes", 50_000)
    assert "larger than there is room" in converted(long).detail
    monkeypatch.setattr(settings.PANEWALL, "ffmpeg_output_bytes", 10**9)
    monkeypatch.setattr(settings.PANEWALL.limits, "media_seconds", 10)
    assert "hours long" in converted(long + b"\0").detail


def test_a_conversion_is_cancelled_while_it_runs_and_done_again(film, monkeypatch):
    asset = files.store(film("avi", "-c:v", "mpeg4", seconds=3))
    job = Job.objects.get(key=asset.pk)
    monkeypatch.setattr(conversion, "REPORT_S", 0.0)
    seen = []
    report = jobs.report

    def cancelling(running, progress):
        seen.append(state(asset).state)
        if progress >= conversion.FIRST_PART:
            jobs.cancel(job=running)
        report(running, progress)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "report", cancelling)
        tasks.convert(job.pk)
    assert seen[-1] == "running"
    assert (state(asset).state, state(asset).detail) == ("failed", conversion.CANCELLED)
    assert "mp4" not in state(asset).renditions
    jobs.retry(job=job)
    assert state(asset).state == "queued"
    tasks.convert(job.pk)
    assert state(asset).state == "ready"


def test_one_that_is_cancelled_and_at_once_asked_for_anew_begins_anew(film, monkeypatch):
    """Its worker notices at the next report, and only then is there a worker for it."""
    asset = files.store(film("avi", "-c:v", "mpeg4", seconds=3))
    job = Job.objects.get(key=asset.pk)
    monkeypatch.setattr(conversion, "REPORT_S", 0.0)
    asked = []
    monkeypatch.setattr(conversion.current_app, "send_task", lambda task, args, **_: asked.append(args[0]))
    report = jobs.report

    def hasty(running, progress):
        jobs.cancel(job=job)
        jobs.retry(job=job)
        report(running, progress)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "report", hasty)
        tasks.convert(job.pk)
    assert (state(asset).state, state(asset).progress, asked) == ("queued", 0.0, [job.pk, job.pk])
    tasks.convert(job.pk)
    assert state(asset).state == "ready"


def test_one_that_was_cancelled_before_it_began_stays_undone():
    asset = files.store(sounds.wav())
    job = Job.objects.get(key=asset.pk)
    jobs.cancel(job=job)
    tasks.convert(job.pk)
    assert (state(asset).state, state(asset).detail) == ("failed", conversion.CANCELLED)


def test_what_a_crash_left_without_a_job_is_found(film):
    asset = files.store(film("wav", "-map", "1:a"))
    Job.objects.all().delete()
    tasks.look_for_work()
    tasks.convert(Job.objects.get(key=asset.pk).pk)
    assert state(asset).state == "ready"


def test_the_job_is_of_the_person_who_sent_the_file(desk, ann):
    desk.send(ann, {"do": "sample.put", "env": "run", "win": "beeps", "image": sounds.wav()})
    job = Job.objects.get(task=conversion.TASK)
    assert job.owner_id == ann.user_id
    assert job.title.startswith("Audio of beeps")


def test_its_name_tells_the_sender_of_no_window_of_somebody_else(desk, ann):
    asset = files.store(sounds.wav(), owner_id=None)
    desk.send(ann, {"do": "sample.put", "env": "run", "win": "secret", "asset": asset.pk})
    assert Job.objects.get(key=asset.pk).title == f"Audio ({asset.pk[:8]})"


def test_what_was_made_goes_with_its_file(film, folder):
    asset = converted(film("avi", "-c:v", "mpeg4"))
    assert list(folder.glob("renditions/*/*/mp4"))
    Asset.objects.update(wanted_at=asset.created_at - 2 * files.GRACE)
    tasks.remove_unused()
    assert not Rendition.objects.exists()
    assert not [path for path in folder.glob("**/*") if path.is_file()]


def test_a_bucket_does_as_well_as_a_folder(film, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    video = converted(film("avi", "-c:v", "mpeg4"))
    assert state(video).renditions == ("poster", "mp4", "waveform")
    picture = files.store(encoded(noise(400)))
    tasks.paint(Job.objects.get(task=thumbnails.TASK).pk)
    assert state(picture).renditions == ("w320", "w640", "w1280")
    assert read(picture, "w320")[8:12] == b"WEBP"
    Job.objects.all().delete()
    Asset.objects.update(work="queued")
    assert converted_again(video).work == "ready"  # over what is there
    Asset.objects.update(wanted_at=video.created_at - 2 * files.GRACE)
    tasks.remove_unused()
    assert default_storage.listdir("")[0] == ["assets", "renditions"]
    assert not default_storage.exists(video.path)
    assert not Rendition.objects.exists()


def converted_again(asset: Asset) -> Asset:
    tasks.look_for_work()
    tasks.convert(Job.objects.get(task=conversion.TASK, key=asset.pk).pk)
    asset.refresh_from_db()
    return asset


def test_at_a_start_after_a_kill_work_goes_on(film):
    """The queue is gone, and the row says that somebody is at it."""
    asset = files.store(film("wav", "-map", "1:a"))
    job = Job.objects.get(key=asset.pk)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, heard_at=timezone.now(), attempts=1)
    tasks.convert(job.pk)
    assert state(asset).state == "running"
    jobs.recover()
    tasks.convert(job.pk)
    assert state(asset).state == "ready"


def test_one_conversion_runs_at_a_time_and_asks_for_the_next(film, monkeypatch):
    first, second = files.store(film("wav", "-map", "1:a")), files.store(film("aiff", "-map", "1:a"))
    asked = []
    monkeypatch.setattr(conversion.current_app, "send_task", lambda task, args, **_: asked.append(args[0]))
    one, other = Job.objects.get(key=first.pk), Job.objects.get(key=second.pk)
    convert = conversion.convert

    def meanwhile(job):
        tasks.convert(other.pk)
        assert state(second).state == "queued"
        convert(job)

    monkeypatch.setattr(conversion, "convert", meanwhile)
    tasks.convert(one.pk)
    assert (state(first).state, asked) == ("ready", [other.pk])
