"""Frames as a film without loss: PNG pictures in an AVI file, which the server turns into what browsers play.

An AVI is a tree of chunks: four letters, the length, the content. Source: Microsoft, "AVI RIFF File Reference".
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from panewall.errors import BadArgument
from panewall.later import Later
from panewall.media import MEDIA_BYTES
from panewall.pictures import MAX_PIXELS, grid, numbers, shading
from panewall.png import png

_CHANNELS = (1, 3, 4)
_CODEC = b"MPNG"
_KEY_FRAME = 0x10
_HAS_INDEX = 0x10
MIN_RATE, MAX_RATE = 0.001, 1000


def film(data: Any, rate: Any) -> Later:
    """An AVI file of frames. They are looked at now, and packed later.

    Args:
        data: shape TxCxHxW, TxHxWxC, TxHxW or BxTxCxHxW (C: 1, 3, 4).
        rate: frames a second, 0.001 to 1000.

    Raises:
        BadArgument: it is no such thing, or too large.
    """
    try:
        rate = float(rate)
    except (TypeError, ValueError):
        rate = 0.0
    if not MIN_RATE <= rate <= MAX_RATE:
        raise BadArgument(f"rate is a number of frames a second from {MIN_RATE} to {MAX_RATE}")
    frames = ordered(numbers(data, "a video"))
    if frames[0, ..., 0].size > MAX_PIXELS:
        raise BadArgument(
            f"frames of {frames.shape[1]}x{frames.shape[2]} are more than {MAX_PIXELS:,} pixels"
        )
    shade = shading(frames)
    shaded = np.empty(frames.shape, np.uint8)
    for at, frame in enumerate(frames):
        shaded[at] = shade(frame)
    return Later(lambda: packed(shaded, rate), shaded.nbytes)


def packed(frames: np.ndarray, rate: float) -> bytes:
    """The file of TxHxWxC uint8.

    Raises:
        BadArgument: it is too large.
    """
    pictures, size = [], 0
    for frame in frames:
        picture = png(frame)
        pictures.append(picture)
        size += len(picture)
        if size > MEDIA_BYTES:
            raise BadArgument(f"a video has at most {MEDIA_BYTES // 2**20} MB; these frames are more")
    return avi(pictures, width=frames.shape[2], height=frames.shape[1], rate=rate)


def ordered(array: np.ndarray) -> np.ndarray:
    """Any of the shapes above as TxHxWxC; several films are tiled."""
    shape = array.shape
    if array.size == 0:
        raise BadArgument(f"a video of shape {shape} has no frames")
    if array.ndim == 5:
        array = _tiled(array)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim == 4 and array.shape[3] not in _CHANNELS and array.shape[1] in _CHANNELS:
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[3] not in _CHANNELS:
        raise BadArgument(f"a video has shape TxCxHxW, TxHxWxC or TxHxW with 1, 3 or 4 channels, not {shape}")
    return array


def _tiled(films: np.ndarray) -> np.ndarray:
    """BxTxCxHxW (or BxTxHxWxC) as TxCxHxW, eight to a row."""
    if films.shape[2] not in _CHANNELS and films.shape[4] in _CHANNELS:
        films = films.transpose(0, 1, 4, 2, 3)
    if len(films) == 1:
        return films[0]
    return np.stack([grid(films[:, at], nrow=8, padding=2, fill=0.0) for at in range(films.shape[1])])


def avi(pictures: list[bytes], *, width: int, height: int, rate: float) -> bytes:
    """The file for encoded pictures of one size."""
    scale = 1000
    most = max(map(len, pictures))
    main = struct.pack(
        "<14I",
        *(
            round(1e6 / rate),
            min(round(most * rate), 2**32 - 1),
            0,
            _HAS_INDEX,
            len(pictures),
            0,
            1,
            most,
            width,
            height,
        ),
        *(0, 0, 0, 0),
    )
    stream = struct.pack(
        "<4s4sIHHIIIIIIIIhhhh",
        *(b"vids", _CODEC, 0, 0, 0, 0, scale, round(rate * scale), 0, len(pictures), most, 0xFFFFFFFF, 0),
        *(0, 0, min(width, 0x7FFF), min(height, 0x7FFF)),
    )
    look = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, _CODEC, width * height * 3, 0, 0, 0, 0)
    frames, index, at = [], [], 4
    for picture in pictures:
        index.append(struct.pack("<4sIII", b"00dc", _KEY_FRAME, at, len(picture)))
        frames.append(_chunk(b"00dc", picture))
        at += len(frames[-1])
    headers = _list(
        b"hdrl", _chunk(b"avih", main), _list(b"strl", _chunk(b"strh", stream), _chunk(b"strf", look))
    )
    body = b"".join([b"AVI ", headers, _list(b"movi", *frames), _chunk(b"idx1", b"".join(index))])
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, content: bytes) -> bytes:
    return b"".join([name, struct.pack("<I", len(content)), content, b"\0" * (len(content) % 2)])


def _list(name: bytes, *chunks: bytes) -> bytes:
    return _chunk(b"LIST", b"".join([name, *chunks]))
