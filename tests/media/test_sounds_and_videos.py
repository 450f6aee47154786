"""Sounds and videos: taken by their header, shown by windows of their kind, refused with a reason."""

import pytest

from apps.envs.models import Env
from apps.errors import Invalid, TooLarge
from apps.media import files, headers
from apps.media.models import Sample
from apps.windows.models import Window
from tests.support import sounds
from tests.windows.conftest import ann, desk  # noqa: F401  the same committer and writer


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (sounds.wav(), "audio/wav"),
        (sounds.mp3(), "audio/mpeg"),
        (sounds.mp3(tag=True), "audio/mpeg"),
        (sounds.flac(), "audio/flac"),
        (sounds.ogg(), "audio/ogg"),
        (sounds.ogg(b"\x01vorbis"), "audio/ogg"),
        (sounds.ogv(), "video/ogg"),
        (sounds.mp4(), "video/mp4"),
        (sounds.mp4(b"M4A "), "audio/mp4"),
        (sounds.webm(), "video/webm"),
        (sounds.avi(), "video/x-msvideo"),
    ],
)
def test_a_file_is_what_its_header_says(data, kind):
    assert headers.content_type(data) == kind
    assert files.describe(data) == (kind, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"\xff\xfb\x90\x00" + b"x" * 600,  # one frame, and then no other
        b"ID3\x04\x00\x00\xff\xff\xff\xff",
        sounds.wav()[:16],
        sounds.mp4(b"heic"),
        sounds.webm().replace(b"webm", b"matr"),
        b"OggS\x00\x02" + bytes(20) + bytes([1, 8]) + b"unknown!",
        b"MZ" + bytes(600),
        b"%PDF-1.7",
    ],
)
def test_anything_else_is_refused_with_what_is_taken(data):
    with pytest.raises(Invalid) as refusal:
        files.describe(data)
    assert refusal.value.code == "no_image"
    assert "WAV" in refusal.value.detail


def test_a_file_over_the_limit_is_refused(settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "media_bytes", 100)
    with pytest.raises(TooLarge, match="100"):
        files.describe(sounds.wav())


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_sound_makes_a_window_of_sounds_and_a_video_one_of_videos(desk, ann):  # noqa: F811
    put = {"do": "sample.put", "env": "run", "step": 3, "caption": "a beep"}
    assert not desk.send(
        ann, {**put, "win": "s", "image": sounds.wav()}, {**put, "win": "v", "image": sounds.webm()}
    ).errors
    assert dict(Window.objects.values_list("key", "kind")) == {"s": "audio", "v": "video"}
    op = next(op for op in desk.published[-1].ops if op[0] == "w" and op[2]["key"] == "s")
    (sample,) = op[2]["content"]["samples"]
    assert (sample["content_type"], sample["caption"], sample["step"]) == ("audio/wav", "a beep", 3)


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_window_of_sounds_takes_no_image_unless_it_is_replaced(desk, ann):  # noqa: F811
    put = {"do": "sample.put", "env": "run", "win": "w"}
    desk.send(ann, {**put, "image": sounds.wav()})
    ((_, error),) = desk.send(ann, {**put, "step": 1, "image": sounds.png()}).errors
    assert error["code"] == "wrong_kind"
    assert Sample.objects.get().asset.content_type == "audio/wav"
    assert not desk.send(ann, {**put, "image": sounds.png(), "replace": True}).errors
    assert Window.objects.get().kind == "image"
    assert Sample.objects.get().asset.content_type == "image/png"


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_fork_has_the_sounds_and_an_undone_close_brings_them_back(desk, ann):  # noqa: F811
    desk.send(ann, {"do": "sample.put", "env": "run", "win": "w", "image": sounds.wav()})
    desk.send(ann, {"do": "env.fork", "env": "run", "to": "copy"}, {"do": "env.clear", "env": "run"})
    copied = Window.objects.get(env=Env.objects.get(name="copy"))
    assert (copied.kind, copied.samples.get().asset.content_type) == ("audio", "audio/wav")
    closed = Window.objects.get(env=Env.objects.get(name="run"))
    assert not desk.send(ann, {"do": "window.restore", "env": "run", "id": closed.pk}).errors
    assert desk.published[-1].ops[0][2]["content"]["samples"]
