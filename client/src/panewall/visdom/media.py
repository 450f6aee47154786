"""Pictures, texts, drawings, sounds and films."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall import drawings, films, pictures, sounds
from panewall.arrays import to_numpy
from panewall.files import File
from panewall.options import checked, demand
from panewall.visdom.drawing import Drawing


class Media(Drawing):
    def image(
        self, img: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """A picture of shape (C, H, W) or (H, W), C being 1, 3 or 4: bytes, or floats up to 1.

        With ``opts.store_history`` it becomes the next step of its window, otherwise it replaces what was there.
        """
        opts = checked(opts)
        array = to_numpy(img)
        demand(isinstance(array, np.ndarray), f"img must be an array, not {type(img).__name__}")
        pixels = pictures.visdom_pixels(array)
        opts.setdefault("width", int(pixels.shape[1]))
        opts.setdefault("height", int(pixels.shape[0]))
        quality = opts.get("jpgquality")
        file = File(
            pictures.encode(pixels, jpeg_quality=quality), f"image/{'png' if quality is None else 'jpeg'}"
        )
        content = {"src": file, "caption": opts.get("caption")}
        if not opts.get("store_history"):
            return self._show("image", content, opts, win, env)
        return self._show("image_history", content, opts, win, env, "events" if win is None else "update")

    def images(
        self,
        tensor: Any,
        nrow: int = 8,
        padding: int = 2,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Several pictures of shape (B, C, H, W), or a list of equal ones, as one grid with ``nrow`` in a row."""
        array = to_numpy(tensor)
        demand(isinstance(array, np.ndarray), f"tensor must be an array, not {type(tensor).__name__}")
        if array.ndim == 4:
            demand(len(array) > 0, "there is no picture in tensor")
            demand(padding >= 0 and int(nrow) > 0, "padding must not be negative, and nrow at least 1")
            if array.shape[1] == 1:
                array = np.repeat(array, 3, axis=1)
            if array.dtype == np.int8:  # has no white for the padding
                array = array.astype(np.int16)
            fill = 1.0 if array.dtype.kind == "f" else 255
            array = pictures.grid(array, nrow=nrow, padding=int(padding), fill=fill)
        return self.image(array, win=win, env=env, opts=opts)

    def text(
        self,
        text: Any,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
        append: bool = False,
    ) -> Any:
        """HTML, shown in a sandbox of its own. ``append`` adds it below what the window has; a missing one is made."""
        return self._show("text", text, checked(opts), win, env, "update" if append else "events")

    def svg(
        self,
        svgstr: str | None = None,
        svgfile: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """A drawing, from a text or a file that holds ``<svg …> … </svg>``."""
        return self._show("text", drawings.svg_of(svgstr, svgfile), checked(opts), win, env)

    def matplot(
        self,
        plot: Any,
        opts: dict[str, Any] | None = None,
        env: str | None = None,
        win: str | None = None,
    ) -> Any:
        """A figure of matplotlib, its axes, or pyplot itself, as SVG. ``opts.resizable`` lets it fill its pane."""
        opts = checked(opts)
        drawing = drawings.figure_svg(plot)
        for side, pixels in drawings.size_of(drawing).items():
            opts.setdefault(side, pixels)
        if opts.get("resizable"):
            drawing = drawings.resizable(drawing)
        return self.svg(drawing, win=win, env=env, opts=opts)

    def audio(
        self,
        tensor: Any = None,
        audiofile: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """A sound.

        Args:
            tensor: samples, shape (N,) or (N, 2), of any range; ``opts.sample_frequency`` (44100) of them make a second.
            audiofile: the path of a WAV, MP3, OGG or FLAC file.
        """
        opts = checked(opts)
        opts.setdefault("sample_frequency", 44100)
        player = sounds.sound(tensor, audiofile, opts["sample_frequency"])
        opts["height"], opts["width"] = 80, 330
        return self._show("text", player, opts, win, env)

    def video(
        self,
        tensor: Any = None,
        dim: str = "LxHxWxC",
        videofile: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """A film.

        Args:
            tensor: frames, shape (L, H, W, C) or as ``dim`` says; C is 1, or 3 for BGR. Bytes, or floats from 0 to 1.
            dim: ``LxHxWxC`` or ``LxCxHxW``.
            videofile: the path of an MP4, OGV, AVI or WebM file.
            opts: also ``fps`` (25), ``loop``, ``autoplay``.

        Raises:
            MissingPackage: frames need PyAV or imageio-ffmpeg, of the extra ``panewall[video]``.
        """
        opts = checked(opts)
        for key, value in (("fps", 25), ("loop", False), ("autoplay", False)):
            opts.setdefault(key, value)
        return self._show("text", films.film(tensor, dim, videofile, opts), opts, win, env)
