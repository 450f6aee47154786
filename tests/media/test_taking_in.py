"""What comes in as a file: by what it is, within limits, whole; anything else is refused with a reason."""

import io
import struct
import zlib

import pytest
from PIL import Image

from apps.errors import Invalid, TooLarge
from apps.media import files, structured
from apps.media.structured import HISTOGRAM, TABLE, TEXT
from tests.media.conftest import encoded, noise

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" '


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(side: int) -> bytes:
    """A PNG of nothing, as large as one likes, in next to no bytes."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(1)
    rows = (
        b"".join(packer.compress(bytes((side // 8 + 1) * 100)) for _ in range(side // 100)) + packer.flush()
    )
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated(frames: int, side: int = 1) -> bytes:
    """A GIF of so many frames of one colour."""
    block = b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, side, side, 0)
    frame = block + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + frame * frames + b"\x3b"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_picture_that_breaks_off_is_refused(kind):
    whole = encoded(noise(64, 48), kind)
    assert files.describe(whole)[1:] == (64, 48)
    for part in (len(whole) // 2, 40, 12):
        with pytest.raises(Invalid) as refusal:
            files.describe(whole[:part])
        assert refusal.value.code == "no_image"


def test_a_bomb_is_refused_by_its_header():
    data = bomb(40_000)
    assert len(data) < 1_000_000
    with pytest.raises(TooLarge, match=r"40,000 × 40,000 pixels; at most 64,000,000"):
        files.describe(data)


def test_an_animated_bomb_is_refused_by_its_frames():
    with pytest.raises(TooLarge, match="in 300 frames"):
        files.describe(animated(300, 2000))
    with pytest.raises(TooLarge, match="more than 5,000 frames"):
        files.describe(animated(20_000))
    assert files.describe(animated(100)) == ("image/gif", 1, 1)
    frames = [noise(40, seed=n) for n in range(3)]
    frames = [frame.resize((200, 200)) for frame in frames]
    apng = encoded(frames[0], save_all=True, append_images=frames[1:])
    assert files.describe(apng) == ("image/png", 200, 200)
    head, _, rest = apng.partition(b"fcTL")
    with pytest.raises(TooLarge, match="more than 5,000 frames"):
        files.describe(head + b"fcTL" + rest + b"fcTL" * 40_000)


def test_limits_can_be_set(settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "asset_bytes", 1000)
    with pytest.raises(TooLarge, match="at most 1,000"):
        files.describe(encoded(noise(64)))
    monkeypatch.setattr(settings.PANEWALL.limits, "asset_pixels", 100)
    with pytest.raises(TooLarge, match="at most 100 pixels"):
        files.describe(encoded(Image.new("1", (11, 10))))


def test_the_size_is_that_of_the_picture_as_it_is_shown():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert files.describe(encoded(noise(60, 40), "JPEG", exif=exif.tobytes())) == ("image/jpeg", 40, 60)


def test_a_picture_too_large_to_decode_here_is_looked_through(monkeypatch):
    from apps.media import pictures

    monkeypatch.setattr(pictures, "DECODED_PIXELS", 100)
    monkeypatch.setattr(pictures, "DECODED_PNG_PIXELS", 100)
    for kind in ("PNG", "JPEG", "WEBP", "BMP"):
        whole = encoded(noise(64, 48), kind)
        assert files.describe(whole)[1:] == (64, 48)
        with pytest.raises(Invalid):
            files.describe(whole[: len(whole) // 10])


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        (b'width="30" height="20px"', (30, 20)),
        (b'width="1in" height="72pt"', (96, 96)),
        (b'viewBox="0 0 200 100"', (200, 100)),
        (b'viewBox="0,0,200,100" width="50"', (50, 25)),
        (b'width="100%" height="100%"', (300, 150)),
        (b"", (300, 150)),
        (b'width="nonsense" viewBox="a b c d"', (300, 150)),
    ],
)
def test_an_svg_is_measured(attributes, size):
    head = b'<?xml version="1.0"?>\n<!-- drawn --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">\n'
    assert files.describe(head + SVG + attributes + b"/>") == ("image/svg+xml", *size)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (SVG + b">", "breaks off"),
        (SVG + b"><g></svg>", "no XML"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG + b">&a;</svg>", "entities"),
        (b"<svg>no namespace</svg>", "begins with"),
        (SVG + b">" + b"<g>" * 600 + b"</g>" * 600 + b"</svg>", "deep"),
        (b'<?xml version="1.0"?><html><svg xmlns="http://www.w3.org/2000/svg"/></html>', "begins with"),
        (SVG + b'width="0" height="5"/>', "no pixels"),
        (SVG + b'viewBox="0 0 0 5"/>', "no pixels"),
        (SVG + b'><image href="http://elsewhere/a.png"/></svg>', "elsewhere"),
        (
            SVG + b'xmlns:x="http://www.w3.org/1999/xlink"><g><image x:href="a.png"/></g></svg>',
            "'a.png'",
        ),
        (SVG + b'><filter><feImage href="//elsewhere/a.png"/></filter></svg>', "elsewhere"),
    ],
)
def test_an_svg_that_no_browser_should_be_given_is_refused(data, why):
    with pytest.raises(Invalid, match=why):
        files.describe(data)


@pytest.mark.parametrize(
    "content",
    [
        b'<image href=" data:image/png;base64,AAAA"/>',
        b'<filter><feImage href="#part"/></filter>',
        b"<image/>",
        b'<a href="http://elsewhere/"><text>a link</text></a>',
        b"<script>alert(1)</script>",
    ],
)
def test_an_svg_of_which_nothing_is_missing_is_taken(content):
    assert files.describe(SVG + b">" + content + b"</svg>")[0] == "image/svg+xml"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (HISTOGRAM, b'{"counts": [1, 2.5], "edges": [0, 1, 2], "min": 0, "max": 2, "num": 3}'),
        (HISTOGRAM, b'{"counts": [0], "edges": [-1, 1]}'),
        (TABLE, b'{"columns": ["a", "b"], "rows": [[1, "x"], [null, true]]}'),
        (TABLE, b'{"columns": [], "rows": []}'),
        (TEXT, "ein Text, Schöner als zuvor".encode()),
        (TEXT, b""),
        ("text/plain", b"a text"),
    ],
)
def test_data_without_a_header_is_what_its_sender_says(kind, data):
    assert files.describe(data, kind) == (TEXT if kind == "text/plain" else kind, 0, 0)


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        (HISTOGRAM, b"{", "no JSON"),
        (HISTOGRAM, b"[]", "map"),
        (HISTOGRAM, b'{"counts": [NaN], "edges": [0, 1]}', "NaN"),
        (HISTOGRAM, b'{"counts": [], "edges": [0]}', "counts"),
        (HISTOGRAM, b'{"counts": [1], "edges": [0]}', "2 edges"),
        (HISTOGRAM, b'{"counts": [1, 1], "edges": [0, 1, 1]}', "rise"),
        (HISTOGRAM, b'{"counts": [-1], "edges": [0, 1]}', "negative"),
        (HISTOGRAM, b'{"counts": ["1"], "edges": [0, 1]}', r"counts\[0\]"),
        (HISTOGRAM, b'{"counts": [1], "edges": [0, 1], "num": "x"}', "num"),
        (HISTOGRAM, b'{"counts": [1], "edges": [0, 1], "more": 1}', "more"),
        (TABLE, b'{"columns": ["a"], "rows": [[1, 2]]}', r"rows\[0\]"),
        (TABLE, b'{"columns": ["a"], "rows": [[{}]]}', r"rows\[0\]"),
        (TABLE, b'{"columns": [1], "rows": []}', "columns"),
        (TABLE, b'{"columns": ["a"]}', "rows"),
        (TABLE, b"[" * 100_000, "no JSON"),
        (TABLE, b'{"columns": ["\\ud800"], "rows": []}', "half of a character"),
        (TEXT, b"\xff\xfe", "UTF-8"),
        (TEXT, b"a\x00b", "NUL"),
    ],
)
def test_what_a_page_could_not_draw_is_refused_with_the_place(kind, data, why):
    with pytest.raises(Invalid, match=why):
        files.describe(data, kind)


def test_tables_have_bounds():
    with pytest.raises(TooLarge, match="cells"):
        structured.check(b'{"columns": ["a"], "rows": [[1], [2]]}', TABLE, most_bytes=1000, most_cells=1)
    with pytest.raises(TooLarge, match="at most 3"):
        structured.check(b"four", TEXT, most_bytes=3, most_cells=1)
    histogram = b'{"counts": [1, 2], "edges": [0, 1, 2]}'
    with pytest.raises(TooLarge, match="counts"):
        structured.check(histogram, HISTOGRAM, most_bytes=1000, most_cells=1)


def test_a_name_or_a_type_says_nothing_of_a_picture():
    assert files.describe(encoded(noise(5)), "image/jpeg")[0] == "image/png"
    assert files.describe(encoded(noise(5), "BMP"), "application/octet-stream")[0] == "image/bmp"
    with pytest.raises(Invalid):
        files.describe(io.BytesIO(b"MZ" + bytes(100)).getvalue(), "image/png")
