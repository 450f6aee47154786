"""Drawings, sounds and films: what is read, how it is encoded, and what is refused."""

import base64
import io
import sys
import wave

import numpy as np
import pytest

from panewall import films
from panewall.errors import BadArgument, MissingPackage
from tests.client.oracle import answer, open_oracle

DRAWING = "<?xml version='1.0'?>\n<svg width='10pt' height=\"20pt\"><rect width='3'/></svg>\n<!-- end -->"


def content(message):
    (item,) = message[0]["data"]
    assert item["type"] == "text"
    return item["content"]


def file_in(html: str) -> tuple[str, bytes]:
    """Content type and bytes of the file in a player."""
    kind, _, body = html.partition('src="data:')[2].partition('"')[0].partition(";base64,")
    return kind, base64.b64decode(body)


# --- drawings ---


def test_a_drawing_comes_from_a_text_or_a_file(vis, tmp_path):
    (tmp_path / "a.svg").write_text(DRAWING, encoding="utf-8")
    bare = DRAWING[DRAWING.index("<svg") : DRAWING.index("</svg>") + 6]
    for message in (
        vis.svg(DRAWING),
        vis.svg(svgstr=DRAWING),
        vis.svg(svgfile=tmp_path / "a.svg"),
        vis.svg(svgfile=str(tmp_path / "a.svg")),
        vis.svg(DRAWING.encode()),
    ):
        assert content(message) == bare


def test_a_file_that_is_no_drawing_is_refused(vis, tmp_path):
    (tmp_path / "a.svg").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "a.svg", tmp_path / "none.svg", tmp_path):
        with pytest.raises(BadArgument, match="cannot be read"):
            vis.svg(svgfile=path)


def test_matplotlib_draws_into_a_pane_of_its_size(vis):
    figures = pytest.importorskip("matplotlib.figure")
    figure = figures.Figure(figsize=(2, 1), dpi=72)
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4])
    for plot in (figure, axes):
        message = vis.matplot(plot, opts={"title": "t"})
        assert message[0]["opts"] == {"title": "t", "height": 1.4 * 72, "width": 1.35 * 144}
        assert content(message).startswith("<svg ") and 'width="144pt"' in content(message)
    assert vis.matplot(figure, opts={"width": 5})[0]["opts"]["width"] == 5


def test_a_resizable_drawing_fills_its_pane(vis):
    figures = pytest.importorskip("matplotlib.figure")
    drawing = content(vis.matplot(figures.Figure(figsize=(2, 1)), opts={"resizable": True}))
    root = drawing[: drawing.index(">")]
    assert " width=" not in root and " height=" not in root and "viewBox=" in root


def test_what_cannot_be_drawn_is_refused(vis):
    with pytest.raises(BadArgument):
        vis.matplot("figure")


# --- sounds ---


@pytest.mark.parametrize(
    "tensor",
    [
        np.array([0.5, -1.0, 0.25]),
        np.array([[0.5, -1.0], [0.25, 0.0]]),
        np.array([1, 2, 3]),
        np.sin(np.arange(500.0)),
    ],
)
def test_the_wav_file_is_the_one_visdom_makes(vis, tensor):
    opts = {"sample_frequency": 8000}
    how, theirs = answer(open_oracle(), "audio", tensor.copy(), opts=dict(opts))
    assert how == "sends"
    ours = vis.audio(tensor, opts=opts)
    assert file_in(content(ours)) == file_in(theirs[0]["data"][0]["content"])
    assert ours[0]["opts"] == theirs[0]["opts"]


def test_silence_and_gaps_are_sound(vis):
    for samples in (np.zeros(4), np.array([np.nan, 1.0])):
        kind, data = file_in(content(vis.audio(samples)))
        with wave.open(io.BytesIO(data)) as file:
            assert (file.getframerate(), file.getnframes()) == (44100, len(samples))
        assert kind == "audio/wav"


@pytest.mark.parametrize(
    ("name", "kind"), [("a.wav", "wav"), ("a.mp3", "mp3"), ("b.OGG", "ogg"), ("c.flac", "flac")]
)
def test_sound_files_are_taken_as_they_are(vis, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"sound")
    assert file_in(content(vis.audio(audiofile=str(tmp_path / name)))) == (f"audio/{kind}", b"sound")


@pytest.mark.parametrize("frequency", [0, -1, "fast"])
def test_a_sound_has_a_frequency(vis, frequency):
    with pytest.raises(AssertionError):
        vis.audio(np.ones(3), opts={"sample_frequency": frequency})


# --- films ---


def decoded(data: bytes) -> np.ndarray:
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(data)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def a_film(**options) -> np.ndarray:
    """Eight frames that are blue (as OpenCV has it) and get darker."""
    frames = np.zeros((8, 32, 48, 3), np.uint8)
    frames[..., 0] = 200 - 20 * np.arange(8)[:, None, None]
    return frames


@pytest.mark.parametrize("encoder", ["av", "imageio_ffmpeg"])
def test_frames_become_a_film_that_browsers_play(vis, monkeypatch, encoder):
    pytest.importorskip("av")
    pytest.importorskip(encoder)
    if encoder != "av":
        monkeypatch.setattr(films, "_by_av", films._by_imageio)
    message = vis.video(a_film(), opts={"fps": 10})
    kind, data = file_in(content(message))
    assert kind == "video/mp4" and data[4:8] == b"ftyp"
    shown = decoded(data)
    assert shown.shape == (8, 32, 48, 3)
    assert shown[0, 16, 24].argmax() == 2 and shown[0, 16, 24, 2] > shown[-1, 16, 24, 2] > 30
    assert message[0]["opts"] == {"fps": 10, "loop": False, "autoplay": False}


@pytest.mark.parametrize(
    ("tensor", "dim"),
    [
        (a_film().astype(float) / 255, "LxHxWxC"),
        (a_film().transpose(0, 3, 1, 2), "LxCxHxW"),
        (a_film()[..., :1], "LxHxWxC"),
        (a_film()[:, :31, :47], "LxHxWxC"),
        (a_film().astype(np.int64), "LxHxWxC"),
        (a_film().tolist(), "LxHxWxC"),
    ],
)
def test_frames_of_other_numbers_and_orders(vis, tensor, dim):
    shown = decoded(file_in(content(vis.video(tensor, dim)))[1])
    assert shown.shape == (8, 32, 48, 3)
    assert shown[0].max() > 150


@pytest.mark.parametrize(
    ("tensor", "dim"),
    [
        (np.zeros((1, 4, 4, 5)), "LxHxWxC"),
        (np.zeros((0, 4, 4, 3)), "LxHxWxC"),
        (np.zeros((4, 4, 3)), "LxHxWxC"),
        (np.zeros((1, 4, 4, 3)), "LxWxHxC"),
        ("film", "LxHxWxC"),
    ],
)
def test_bad_films_are_refused(vis, tensor, dim):
    with pytest.raises(AssertionError):
        vis.video(tensor, dim)


def test_without_an_encoder_the_extra_is_named(vis, monkeypatch):
    for name in ("av", "imageio_ffmpeg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackage, match=r"panewall\[video\]"):
        vis.video(a_film())


@pytest.mark.parametrize(
    ("name", "kind"), [("a.mp4", "mp4"), ("a.ogv", "ogg"), ("a.avi", "avi"), ("a.webm", "webm")]
)
def test_film_files_are_taken_as_they_are(vis, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"film")
    message = vis.video(videofile=tmp_path / name, opts={"loop": True, "autoplay": True})
    assert file_in(content(message)) == (f"video/{kind}", b"film")
    assert content(message).startswith("<video controls autoplay loop>")


@pytest.mark.parametrize("name", ["none.mp4", "a.zip", "mp4"])
def test_other_files_are_refused(vis, tmp_path, name):
    with pytest.raises(AssertionError):
        vis.video(videofile=tmp_path / name)
    with pytest.raises(AssertionError):
        vis.audio(audiofile=tmp_path / name)
