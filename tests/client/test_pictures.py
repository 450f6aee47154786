"""What becomes a picture, and with which pixels."""

import base64
import io

import numpy as np
import pytest
from PIL import Image as Pillow

import panewall
from panewall import pictures
from panewall.errors import BadArgument


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Pillow.open(io.BytesIO(data)))


def shown(data, **options) -> np.ndarray:
    return opened(panewall.Image(data, **options).encoded())


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((4, 6), (4, 6)),
        ((4, 6, 1), (4, 6)),
        ((1, 4, 6), (4, 6)),
        ((4, 6, 3), (4, 6, 3)),
        ((3, 4, 6), (4, 6, 3)),
        ((4, 4, 6), (4, 6, 4)),
        ((4, 6, 4), (4, 6, 4)),
        ((3, 3, 3), (3, 3, 3)),
        ((1, 3, 4, 6), (4, 6, 3)),
        ((10, 3, 4, 6), (16, 80, 3)),
    ],
)
def test_shapes(shape, size):
    assert shown(np.zeros(shape, np.uint8)).shape == size


@pytest.mark.parametrize(
    ("values", "pixels"),
    [
        (np.array([[0, 1]], np.uint8), [0, 1]),
        (np.array([[0, 65535]], np.uint16), [0, 255]),
        (np.array([[0, 32768]], ">u2"), [0, 128]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0.0, 0.5, 1.0]]), [0, 128, 255]),
        (np.array([[0.0, 100.0, 200.0]]), [0, 100, 200]),
        (np.array([[0.0, 500.0, 1000.0]]), [0, 128, 255]),
        (np.array([[-1.0, 0.0, 1.0]]), [0, 128, 255]),
        (np.array([[0, 1, 200]]), [0, 1, 200]),
        (np.array([[np.nan, 1.0]]), [0, 255]),
        (np.array([[0.0, np.inf, -np.inf, 1.0]]), [0, 255, 0, 255]),
        (np.array([[0.5, 0.5]], np.float16), [128, 128]),
        (np.array([[-5.0, -5.0]]), [0, 0]),
        (np.ma.array([[0.5, 1.0]], mask=[[True, False]]), [0, 255]),
        (np.ma.array([[7, 9]], mask=[[True, False]], dtype=np.uint8), [0, 9]),
    ],
)
def test_values(values, pixels):
    assert shown(values)[0].tolist() == pixels


def test_normalize_stretches_in_any_case():
    assert shown(np.array([[10, 20]], np.uint8), normalize=True)[0].tolist() == [0, 255]


def test_normalize_stretches_colours_and_not_places_in_a_palette():
    picture = Pillow.new("P", (2, 1))
    picture.putpalette([10, 10, 10, 20, 20, 20])
    picture.putpixel((1, 0), 1)
    assert shown(picture, normalize=True)[0, :, 0].tolist() == [0, 255]


def test_pil_images_paths_and_bytes_arrive_as_they_are(tmp_path):
    picture = Pillow.new("RGBA", (2, 3), (1, 2, 3, 4))
    assert shown(picture)[0, 0].tolist() == [1, 2, 3, 4]
    path = tmp_path / "a.jpg"
    Pillow.new("RGB", (2, 3)).save(path)
    assert panewall.Image(str(path)).encoded() == path.read_bytes()
    assert panewall.Image(path).encoded() == path.read_bytes()
    assert panewall.Image(path.read_bytes()).encoded() == path.read_bytes()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    assert panewall.Image(svg).encoded() == svg


def test_a_pil_image_of_32_bit_numbers_follows_the_rules_of_arrays():
    picture = Pillow.fromarray(np.array([[0, 100, 255]], np.int32))
    assert picture.mode == "I" and shown(picture)[0].tolist() == [0, 100, 255]


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("I;16B", 32768, 128),
        ("I;16L", 32768, 128),
        ("RGBa", (100, 50, 0, 128), [199, 99, 0, 128]),
        ("La", (64, 128), [127, 128]),
        ("CMYK", (0, 255, 255, 0), [255, 0, 0]),
    ],
)
def test_a_pil_image_of_a_rarer_mode_keeps_its_colours(mode, colour, seen):
    assert shown(Pillow.new(mode, (2, 2), colour))[0, 0].tolist() == seen


def test_what_a_pil_image_says_of_its_colours_goes_along():
    picture = Pillow.new("RGB", (2, 2), (1, 2, 3))
    picture.info.update(transparency=(1, 2, 3), icc_profile=b"a profile")
    made = Pillow.open(io.BytesIO(panewall.Image(picture).encoded()))
    assert made.info["icc_profile"] == b"a profile" and made.convert("RGBA").getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("size", [(0, 0), (5, 0), (9000, 9000)])
def test_a_pil_image_of_no_pixels_or_too_many_is_no_picture(size):
    with pytest.raises(BadArgument, match="pixels"):
        panewall.Image(Pillow.new("1", size)).encoded()


def test_anything_that_is_a_path_is_one(tmp_path):
    class Place:
        def __fspath__(self) -> str:
            return str(tmp_path / "a.png")

    Pillow.new("L", (2, 3)).save(tmp_path / "a.png")
    assert panewall.Image(Place()).encoded() == (tmp_path / "a.png").read_bytes()


def test_a_figure_of_too_many_pixels_is_not_drawn():
    figures = pytest.importorskip("matplotlib.figure")
    with pytest.raises(BadArgument, match="pixels"):
        panewall.Image(figures.Figure(figsize=(90, 90), dpi=100)).encoded()


def test_a_matplotlib_figure_or_its_axes():
    figures = pytest.importorskip("matplotlib.figure")
    figure = figures.Figure(figsize=(1, 1), dpi=50)
    axes = figure.subplots()
    assert shown(figure).shape[:2] == (50, 50)
    assert shown(axes).shape[:2] == (50, 50)


def test_a_torch_tensor_follows_the_rules_of_arrays():
    torch = pytest.importorskip("torch")
    assert shown(torch.tensor([[0.0, 0.5]], requires_grad=True))[0].tolist() == [0, 128]
    assert shown(torch.zeros(3, 4, 6, dtype=torch.bfloat16)).shape == (4, 6, 3)


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((2, 3, 5)),
        np.zeros((0, 3)),
        np.array(["a"]),
        np.full((2, 2), np.nan),
        np.array([[-1.7e308, 1.7e308]]),
        np.ones((2, 2), complex),
        object(),
        b"no image",
        np.zeros(7),
        None,
    ],
)
def test_what_is_no_picture_is_told_when_it_is_used(data):
    image = panewall.Image(data)
    with pytest.raises(BadArgument):
        image.encoded()


def test_a_shape_is_told_as_it_was_given():
    with pytest.raises(BadArgument, match=r"not \(6, 2, 20, 30\)"):
        panewall.Image(np.zeros((6, 2, 20, 30))).encoded()


def test_a_missing_file_is_told_when_it_is_used(tmp_path):
    image = panewall.Image(tmp_path / "none.png")
    with pytest.raises(BadArgument, match="cannot be read"):
        image.encoded()


def test_the_array_may_change_after_the_image_is_made():
    array = np.zeros((2, 2), np.uint8)
    image = panewall.Image(array)
    array[:] = 255
    assert opened(image.encoded()).max() == 0


# --- visdom's image and images ---


def pixels_of(answer) -> np.ndarray:
    source = answer[0]["data"][0]["content"]["src"]
    return opened(base64.b64decode(source.partition(",")[2]))


def test_image_is_what_visdom_sends(vis):
    message, endpoint = vis.image(np.zeros((3, 4, 5)), opts={"caption": "c"})
    assert endpoint == "events" and "layout" not in message
    assert message["opts"] == {"caption": "c", "width": 5, "height": 4}
    assert message["data"][0]["type"] == "image" and message["data"][0]["content"]["caption"] == "c"
    assert message["data"][0]["content"]["src"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("image", "pixel"),
    [
        (np.full((3, 1, 1), 0.5), [127, 127, 127]),
        (np.full((1, 1), 7, np.uint8), [7, 7, 7]),
        (np.full((1, 1, 1), 300), [255, 255, 255]),
        (np.full((3, 1, 1), -4.0), [0, 0, 0]),
        (np.full((3, 1, 1), np.nan), [0, 0, 0]),
        (np.full((3, 1, 1), True), [255, 255, 255]),
        (np.full((4, 1, 1), 9, np.uint8), [9, 9, 9, 9]),
        (np.full((5, 7, 3), 9, np.uint8), [9, 9, 9]),
    ],
)
def test_image_values(vis, image, pixel):
    assert pixels_of(vis.image(image))[0, 0].tolist() == pixel


def test_jpeg_and_history(vis):
    message, endpoint = vis.image(
        np.zeros((3, 4, 4)), win="w", opts={"jpgquality": 50, "store_history": True}
    )
    assert endpoint == "update" and message["data"][0]["type"] == "image_history"
    assert message["data"][0]["content"]["src"].startswith("data:image/jpeg;base64,")
    assert vis.image(np.zeros((3, 4, 4)), opts={"store_history": True})[1] == "events"


@pytest.mark.parametrize("image", [np.zeros((2, 3, 5)), np.zeros(4), "picture", np.zeros((3, 0, 2))])
def test_bad_images_are_refused(vis, image):
    with pytest.raises(AssertionError):
        vis.image(image)


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_a_grid_has_the_same_padding_on_all_sides(vis, padding):
    tiles = np.zeros((3, 1, 2, 2), np.uint8)
    grid = pixels_of(vis.images(tiles, nrow=2, padding=padding))
    size = 2 + 2 * padding
    assert grid.shape == (2 * size, 2 * size, 3)
    dark = np.argwhere(grid[:, :, 0] == 0)
    assert len(dark) == 12 and dark.min() == padding
    assert grid[-1, -1, 0] == 255


def test_a_list_of_images_is_a_grid(vis):
    assert pixels_of(vis.images([np.zeros((3, 2, 2)), np.ones((3, 2, 2))])).shape == (6, 12, 3)
    assert pixels_of(vis.images(np.zeros((3, 2, 2)))).shape == (2, 2, 3)


def test_image_types_by_their_first_bytes():
    assert pictures.image_type(b"RIFF1234WEBPVP8 ") == "WEBP"
    assert pictures.image_type(b"\xef\xbb\xbf<?xml version='1.0'?><svg>") == "SVG"
    assert pictures.image_type(b"<html><svg>") is None
