"""Sounds, films, texts, histograms and tables: how they are encoded, and what of them is refused."""

import io
import json
import re
import wave

import numpy as np
import pytest
from PIL import Image as Pillow

import panewall
from panewall.errors import BadArgument, PanewallWarning
from panewall.frames import avi
from panewall.run import Run
from tests.client.test_run import Kept


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def run(kept):
    return Run("e", sender=kept, config=None, tags=[])


def heard(data, **options) -> tuple[int, np.ndarray]:
    with wave.open(io.BytesIO(panewall.Audio(data, **options).encoded())) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), samples.reshape(-1, file.getnchannels())


def told(made) -> dict:
    return json.loads(made.encoded())


# --- pictures ---


def test_an_animated_picture_and_a_drawing_come_as_they_are(tmp_path):
    path = tmp_path / "moves.gif"
    first, *others = (Pillow.new("L", (4, 4), shade) for shade in (0, 100, 200))
    first.save(path, save_all=True, append_images=others)
    assert panewall.Image(path).encoded() == path.read_bytes()
    drawing = tmp_path / "a.svg"
    drawing.write_text("<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    assert panewall.Image(str(drawing)).encoded() == drawing.read_bytes()


def test_a_photograph_stands_as_its_camera_was_held():
    held = Pillow.new("RGB", (2, 3))
    held.getexif()[0x0112] = 6
    shown = Pillow.open(io.BytesIO(panewall.Image(held).encoded()))
    assert shown.size == (3, 2)


def test_a_picture_of_floats_follows_the_rules_of_arrays():
    floats = Pillow.fromarray(np.array([[0.0, 1.0]], np.float32))
    assert floats.mode == "F"
    shown = np.asarray(Pillow.open(io.BytesIO(panewall.Image(floats).encoded())))
    assert shown.tolist() == [[0, 255]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_pixels_are_those_of_the_call_and_packed_when_they_are_sent(run, kept, dtype):
    pixels = np.zeros((4, 4), dtype)
    frames = np.zeros((2, 4, 4), dtype)
    held = Pillow.new("L", (4, 4))
    run.log({"array": panewall.Image(pixels), "film": panewall.Video(frames), "held": held})
    pixels[:], frames[:] = 1, 1
    held.putpixel((0, 0), 255)
    images = [command["image"] for command in kept.commands]
    assert not any(isinstance(image, bytes) for image in images)
    assert not np.asarray(Pillow.open(io.BytesIO(bytes(images[0])))).any()
    assert not np.stack(frames_of(bytes(images[1]))).any()
    assert not np.asarray(Pillow.open(io.BytesIO(bytes(images[2])))).any()


def test_a_batch_that_is_too_large_for_a_picture_is_refused_before_it_is_made():
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (4096, 3, 256, 256), (0, 0, 0, 0))
    with pytest.raises(BadArgument, match="pixels"):
        panewall.Image(huge).encoded()


# --- sounds ---


def test_sounds_keep_their_loudness():
    rate, samples = heard(np.array([0.0, 0.5, -1.0]), rate=8000)
    assert rate == 8000 and samples[:, 0].tolist() == [0, 16383, -32767]


def test_what_is_too_loud_is_scaled_down_together():
    assert heard([0.0, 2.0, -1.0])[1][:, 0].tolist() == [0, 32767, -16383]


@pytest.mark.parametrize(
    ("samples", "shape"),
    [
        (np.zeros((100, 2)), (100, 2)),
        (np.zeros((2, 100)), (100, 2)),
        (np.zeros((1, 100)), (100, 1)),
        (np.array([0, 255], np.uint8), (2, 1)),
        (np.array([True, False]), (2, 1)),
        (np.array([2**31 - 1], np.int32), (1, 1)),
        (np.array([1, 40_000]), (2, 1)),
        (np.array([np.nan, np.inf]), (2, 1)),
    ],
)
def test_sounds_of_any_numbers_and_channels(samples, shape):
    assert heard(samples)[1].shape == shape


def test_integers_have_their_full_range():
    assert heard(np.array([0, 128, 255], np.uint8))[1][:, 0].tolist() == [-32768, 0, 32512]
    assert heard(np.array([2**31 - 1, -(2**31)], np.int32))[1][:, 0].tolist() == [32767, -32768]


@pytest.mark.parametrize(
    "bad", [np.zeros((9, 9)), [], np.full(9, np.nan), "none.wav", b"", np.zeros(3, complex), object()]
)
def test_what_is_no_sound_is_told_when_it_is_logged(run, kept, bad):
    with pytest.warns(PanewallWarning, match="not logged"):
        run.log({"sound": panewall.Audio(bad), "loss": 1})
    assert not kept.commands and kept.points


@pytest.mark.parametrize("rate", [0, -1, "fast", 1e9, float("nan")])
def test_a_sound_has_a_rate(rate):
    with pytest.raises(BadArgument, match="rate"):
        panewall.Audio(np.zeros(3), rate=rate).encoded()


# --- films ---


def frames_of(data: bytes) -> list[np.ndarray]:
    """The pictures in an AVI file, found by its index, as any player finds them."""
    assert (
        data[:4] == b"RIFF" and data[8:12] == b"AVI " and int.from_bytes(data[4:8], "little") == len(data) - 8
    )
    movi = data.index(b"movi")
    index = data.rindex(b"idx1") + 8
    found = []
    for entry in (data[at : at + 16] for at in range(index, len(data), 16)):
        begin = movi + int.from_bytes(entry[8:12], "little") + 8
        picture = data[begin : begin + int.from_bytes(entry[12:16], "little")]
        found.append(np.asarray(Pillow.open(io.BytesIO(picture))))
    return found


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((5, 3, 8, 6), (8, 6, 3)),
        ((5, 8, 6, 3), (8, 6, 3)),
        ((5, 1, 8, 6), (8, 6)),
        ((5, 8, 6), (8, 6)),
        ((5, 8, 6, 4), (8, 6, 4)),
        ((1, 5, 3, 8, 6), (8, 6, 3)),
        ((2, 5, 3, 8, 6), (12, 20, 3)),
    ],
)
def test_films_of_all_shapes_are_kept_without_loss(shape, size):
    frames = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    shown = frames_of(panewall.Video(frames, rate=12.5).encoded())
    assert len(shown) == 5 and all(frame.shape == size for frame in shown)
    if shape == (5, 8, 6, 3):
        assert (np.stack(shown) == frames).all()


def test_all_frames_of_a_film_share_one_shade():
    frames = np.array([[[0.0, 1.0]], [[0.0, 1000.0]]])
    assert [frame.ravel().tolist() for frame in frames_of(panewall.Video(frames).encoded())] == [
        [0, 0],
        [0, 255],
    ]


def test_a_film_is_read_by_others(tmp_path):
    av = pytest.importorskip("av")
    frames = np.random.default_rng(0).integers(0, 255, (7, 16, 24, 3)).astype(np.uint8)
    with av.open(io.BytesIO(panewall.Video(frames, rate=10).encoded())) as container:
        stream = container.streams.video[0]
        assert (stream.average_rate, stream.width, stream.height) == (10, 24, 16)
        seen = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert (np.stack(seen) == frames).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((4, 4)),
        np.zeros((0, 8, 6)),
        np.zeros((5, 8, 6, 5)),
        np.full((2, 2, 2), np.nan),
        "none.mp4",
        5,
    ],
)
def test_what_is_no_film_is_told_when_it_is_logged(run, kept, bad):
    with pytest.warns(PanewallWarning, match="not logged"):
        run.log({"film": panewall.Video(bad)})
    assert not kept.commands


@pytest.mark.parametrize("rate", [0, -1, 1e-9, 1001, "fast", None, float("nan")])
def test_a_film_has_a_rate(rate):
    with pytest.raises(BadArgument, match="rate"):
        panewall.Video(np.zeros((2, 4, 4)), rate=rate).encoded()


def test_large_frames_may_follow_each_other_fast():
    picture = bytes(5_000_000)
    assert len(avi([picture] * 2, width=2000, height=2000, rate=1000)) > 2 * len(picture)


def test_files_of_sounds_and_films_come_as_they_are(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"a film")
    for made in (
        panewall.Video(path),
        panewall.Video(str(path)),
        panewall.Video(b"a film"),
        panewall.Audio(path),
    ):
        assert made.encoded() == b"a film"


# --- texts ---


def test_texts_are_texts_and_paths_are_files(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("für alle", encoding="utf-8")
    assert panewall.Text("a.txt").encoded() == b"a.txt"
    assert panewall.Text(path).encoded().decode() == "für alle"
    assert panewall.Text("half \ud800, nothing \x00").encoded().decode() == "half ?, nothing \ufffd"


@pytest.mark.parametrize("data", [5, None, ["a"]])
def test_what_is_no_text_is_told_as_what_it_is(data):
    with pytest.raises(BadArgument, match=f"a text cannot be made of {type(data).__name__}"):
        panewall.Text(data).encoded()


def test_a_text_of_a_loop_is_a_document_at_its_step(run, kept):
    run.log({"phase": "warm-up", "captions": ["a cat", panewall.Text("a dog", caption="c")]}, step=2)
    made = [(c["win"], c["image"], c["type"], c.get("caption")) for c in kept.commands]
    kind = "text/plain; charset=utf-8"
    assert made == [
        ("phase", b"warm-up", kind, None),
        ("captions", b"a cat", kind, None),
        ("captions", b"a dog", kind, "c"),
    ]


# --- histograms ---


def test_values_are_counted_between_their_lowest_and_highest():
    found = told(panewall.Histogram(np.array([[0.0, 1.0], [1.0, np.nan]]), bins=2))
    assert found == {"counts": [1, 2], "edges": [0.0, 0.5, 1.0], "min": 0.0, "max": 1.0, "num": 3}


def test_a_ready_histogram_is_taken_as_it_is():
    found = told(panewall.Histogram(([0, 3, 0], [0, 1, 2, 4])))
    assert found == {"counts": [0, 3, 0], "edges": [0, 1, 2, 4], "min": 1, "max": 2, "num": 3}
    assert told(panewall.Histogram(np.histogram([1, 2, 3], bins=4)))["num"] == 3


@pytest.mark.parametrize(
    ("data", "why"), [(([1, 2, 3], [0, 1]), "one more than"), ([1e308, -1e308], "too far apart")]
)
def test_a_histogram_that_cannot_be_is_refused_in_words(data, why):
    with pytest.raises(BadArgument, match=why):
        panewall.Histogram(data).made()


@pytest.mark.parametrize(
    "values", [[7], [1e300, 1e300], [1.0, 1.0 + 1e-16], [-1e-320, 1e-320], [2**60, 2**60 + 1]]
)
def test_edges_rise_however_near_the_values_lie(values):
    found = told(panewall.Histogram(values, bins=8))
    assert (np.diff(found["edges"]) > 0).all() and sum(found["counts"]) == found["num"]


@pytest.mark.parametrize(
    "data", [[], [np.nan], ["a"], ([1, -1], [0, 1, 2]), ([1, 1], [0, 0, 1]), ([1], [0, np.inf]), object()]
)
def test_what_cannot_be_counted_is_refused(data):
    with pytest.raises(BadArgument):
        panewall.Histogram(data).encoded()


@pytest.mark.parametrize("bins", [0, -1, 2.5, True, 10**9])
def test_bins_are_a_number_of_bins(bins):
    with pytest.raises(BadArgument, match="bins"):
        panewall.Histogram([1, 2], bins=bins).encoded()


# --- tables ---


@pytest.mark.parametrize(
    ("data", "options", "columns", "rows"),
    [
        ([[1, "a"], [2.5, None]], {"columns": ["n", "word"]}, ["n", "word"], [[1, "a"], [2.5, None]]),
        ([{"a": 1}, {"b": 2}], {}, ["a", "b"], [[1, None], [None, 2]]),
        ({"a": [1, 2], "b": [True, float("nan")]}, {}, ["a", "b"], [[1, True], [2, None]]),
        (np.eye(2), {"rows": ["x", "y"]}, ["", "0", "1"], [["x", 1, 0], ["y", 0, 1]]),
        (np.array([1, 2]), {}, ["0"], [[1], [2]]),
        ([1, "b"], {"columns": ["value"]}, ["value"], [[1], ["b"]]),
        (
            [[np.float32(0.5), np.inf, 10**30, 1j]],
            {},
            ["0", "1", "2", "3"],
            [[0.5, "inf", str(10**30), "1j"]],
        ),
        ([], {"columns": ["empty"]}, ["empty"], []),
        ([["\ud800"]], {"columns": ["\udcff"], "rows": ["r\ud800"]}, ["", "?"], [["r?", "?"]]),
    ],
)
def test_tables_of_many_things(data, options, columns, rows):
    assert told(panewall.Table(data, **options)) == {"columns": columns, "rows": rows}


def test_a_frame_is_a_table_with_or_without_a_word(run, kept):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"n": [1, 2], "when": pandas.to_datetime(["2026-01-02", None]), "x": ["a", None]}
    )
    wanted = {"columns": ["n", "when", "x"], "rows": [[1, "2026-01-02T00:00:00", "a"], [2, None, None]]}
    assert told(panewall.Table(frame)) == told(panewall.Table(dataframe=frame)) == wanted
    run.log({"frame": frame})
    assert json.loads(kept.commands[0]["image"]) == wanted
    assert kept.commands[0]["type"] == "application/vnd.panewall.table+json"


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ([[1, 2], [3]], {}),
        ([[1, 2]], {"columns": ["one"]}),
        ({"a": [1], "b": [1, 2]}, {}),
        ([[1]], {"rows": ["a", "b"]}),
        (np.zeros((2, 2, 2)), {}),
        (np.zeros((1000, 1000)), {}),
        ([], {}),
        (5, {}),
    ],
)
def test_what_is_no_table_is_refused(data, options):
    with pytest.raises(BadArgument):
        panewall.Table(data, **options).encoded()


# --- lists ---


def test_a_list_keeps_its_order_and_loses_only_what_is_bad(run, kept):
    good = [panewall.Image(np.zeros((2, 2)), caption=str(n)) for n in range(3)]
    with pytest.warns(PanewallWarning, match="left out") as caught:
        run.log(
            {"val/samples": [good[0], panewall.Image("none.png"), good[1], None, good[2]], "loss": 0.5},
            step=4,
        )
    assert len(caught) == 2
    assert [c["caption"] for c in kept.commands] == ["0", "1", "2"]
    assert {c["index"] for c in kept.commands} == {"next"} and kept.points[0][1] == 4


def test_all_bad_items_of_a_list_are_told_at_once_and_only_at_the_first_step(run, kept):
    good = panewall.Image(np.zeros((2, 2)))
    with pytest.warns(PanewallWarning) as caught:
        run.log({"a": [panewall.Image("one.png"), good, panewall.Image("two.png")], "loss": 1.0})
    (told,) = [str(one.message) for one in caught]
    assert re.search(
        r"'a' was not logged: image 0 of the list is left out: one\.png .*; image 2: two\.png", told
    )
    run.log(
        {"a": [good, panewall.Image("three.png")], "loss": 2.0}
    )  # a second warning would be an error here
    assert len(kept.commands) == 2 and len(kept.points) == 2


def test_a_list_of_nothing_but_bad_items_is_told_in_one_line_that_can_be_read(run, kept):
    with pytest.warns(PanewallWarning) as caught:
        run.log({"a": [panewall.Image(f"{n}.png") for n in range(100)]})
    (told,) = [str(one.message) for one in caught]
    assert "image 4: 4.png" in told and told.endswith(", image 98, image 99") and len(told) < 1_800


def test_trouble_of_another_kind_under_the_same_name_is_told_too(run, kept):
    class Odd(panewall.Image):
        def made(self):
            raise MemoryError("no room for it")

    good = panewall.Image(np.zeros((2, 2)))
    with pytest.warns(PanewallWarning, match=r"one\.png"):
        run.log({"a": [good, panewall.Image("one.png")], "b": panewall.Image("one.png")})
    Odd.__name__ = "Image"
    with pytest.warns(PanewallWarning, match="no room") as caught:
        run.log({"a": [good, Odd("x.png")], "b": Odd("x.png")})
    assert len(caught) == 2


def test_a_long_list_is_cut_with_one_warning(run, kept):
    pictures = [panewall.Image(np.zeros((1, 1)))] * 101
    with pytest.warns(PanewallWarning, match="first 100"):
        run.log({"many": pictures})
    run.log({"many": pictures})
    assert len(kept.commands) == 200


def test_a_caption_that_has_no_words_is_told_when_it_is_logged(run, kept):
    class Wordless:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    with pytest.warns(PanewallWarning, match="no words"):
        run.log({"x": panewall.Image(np.zeros((1, 1)), caption=Wordless()), "y": "text"})
    assert [command["win"] for command in kept.commands] == ["y"]


def test_captions_are_what_a_page_can_show(run, kept):
    run.log(
        {
            "x": panewall.Image(np.zeros((1, 1)), caption="a\x00b\ud800" + "c" * 20_000),
            "y": panewall.Image(np.zeros((1, 1)), caption=5),
        }
    )
    first, second = (command["caption"] for command in kept.commands)
    assert first.startswith("a\ufffdb?c") and len(first) == 10_000 and second == "5"
