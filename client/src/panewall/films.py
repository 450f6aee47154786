"""Video: frames are encoded on this machine, by PyAV or imageio; files are taken as they are."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from panewall.errors import MissingPackage
from panewall.files import Player, read_file
from panewall.options import demand
from panewall.pictures import visdom_bytes
from panewall.plots.values import numeric

TYPES = {"mp4": "mp4", "ogv": "ogg", "avi": "avi", "webm": "webm"}
DIMENSIONS = {"LxHxWxC": (0, 1, 2, 3), "LxCxHxW": (0, 2, 3, 1)}


def film(tensor: Any, dim: str, videofile: Any, opts: dict[str, Any]) -> Player:
    """The player for frames of shape L×H×W×C (or as ``dim`` says), or for a file.

    Raises:
        MissingPackage: there are frames, and nothing to encode them with.
    """
    demand(tensor is not None or videofile is not None, "video needs a tensor or a file")
    attributes = tuple(name for name in ("autoplay", "loop") if opts.get(name))
    if tensor is None:
        data, kind = read_file(videofile, TYPES, "video")
    else:
        data, kind = mp4(frames(tensor, dim), float(opts["fps"])), "mp4"
    return Player(data, f"video/{kind}", tag="video", attributes=attributes)


def frames(tensor: Any, dim: str) -> np.ndarray:
    """RGB frames, shape (L, H, W, 3), uint8, for grey ones or BGR ones, as OpenCV has them."""
    demand(dim in DIMENSIONS, f"dim is one of {', '.join(DIMENSIONS)}, not {dim!r}")
    array = numeric(tensor, "tensor")
    demand(array.ndim == 4, f"tensor has shape {array.shape}; {dim} is meant")
    array = array.transpose(DIMENSIONS[dim])
    demand(array.shape[3] in (1, 3), f"a frame has 1 or 3 channels, not {array.shape[3]}")
    demand(array.size > 0, "there is no frame in tensor")
    array = _shaded(array) if array.dtype.kind == "f" else visdom_bytes(array)
    return np.repeat(array, 3, axis=3) if array.shape[3] == 1 else array[..., ::-1]


def _shaded(array: np.ndarray) -> np.ndarray:
    """Floats are fractions of full brightness."""
    return (np.clip(np.nan_to_num(array), 0, 1) * 255).astype(np.uint8)


def mp4(pictures: np.ndarray, fps: float) -> bytes:
    """H.264 in an MP4 file that every browser plays: yuv420p, which wants even sizes (an odd last row or column is doubled)."""
    tall, wide = pictures.shape[1] % 2, pictures.shape[2] % 2
    pictures = np.ascontiguousarray(np.pad(pictures, ((0, 0), (0, tall), (0, wide), (0, 0)), mode="edge"))
    for encode in (_by_av, _by_imageio):
        try:
            return encode(pictures, fps)
        except ImportError:
            continue
    raise MissingPackage("a video of frames needs PyAV or imageio-ffmpeg: pip install 'panewall[video]'")


def _by_av(pictures: np.ndarray, fps: float) -> bytes:
    from fractions import Fraction

    import av

    out = io.BytesIO()
    with av.open(out, mode="w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def _by_imageio(pictures: np.ndarray, fps: float) -> bytes:
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        size = (pictures.shape[2], pictures.shape[1])
        writer = imageio_ffmpeg.write_frames(str(path), size, fps=fps, codec="libx264", macro_block_size=2)
        writer.send(None)
        for picture in pictures:
            writer.send(picture)
        writer.close()
        return path.read_bytes()
