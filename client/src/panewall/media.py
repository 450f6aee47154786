"""What `run.log` shows besides numbers: pictures, sounds, films and texts, each a file at a step.

Data is read at once, so that arrays may change afterwards; a path is read when it is logged. What is wrong with it is told then,
too: making one of these never stops a training. Pixels are packed when they are sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from panewall.arrays import is_tensor
from panewall.later import Later

SAMPLES = 100  # in one list
MEDIA_BYTES = 256 * 2**20
TEXT_TYPE = "text/plain; charset=utf-8"


class Media:
    """A file at a step, with a caption. What is encoded, and how, is told by the kinds of it.

    ``type`` is the content type of data that has no header to tell it, and None of files.
    """

    type: str | None = None

    def __init__(self, data: Any, caption: str | None) -> None:
        self.caption: str | None = None
        self._made: bytes | Later | None = None
        self._error: Exception | None = None
        self._data: Any = data
        try:
            self.caption = None if caption is None else str(caption)
            if not self._is_path(data):
                self._take()
        except Exception as error:  # told when it is logged
            self._error = error

    def _is_path(self, data: Any) -> bool:
        return isinstance(data, str) or hasattr(data, "__fspath__")

    def _encode(self, data: Any) -> bytes | Later:
        raise NotImplementedError

    def _take(self) -> None:
        try:
            self._made = self._encode(self._data)
        except Exception as error:  # told when it is logged, too
            self._error = error
        self._data = None

    def made(self) -> bytes | Later:
        """The file, or what it is made of when it is sent.

        Raises:
            Exception: whatever kept the data from becoming one.
        """
        if self._made is None and self._error is None:
            self._take()
        if self._error is not None:
            raise self._error
        assert self._made is not None
        return self._made

    def encoded(self) -> bytes:
        """The bytes of the file. Raises as ``made``."""
        return bytes(self.made())

    def __repr__(self) -> str:
        made = self._made
        size = "unreadable" if self._error else "unread" if made is None else f"{weight(made)} bytes"
        caption = f", caption={self.caption!r}" if self.caption else ""
        return f"panewall.{type(self).__name__}({size}{caption})"


def weight(made: bytes | Later) -> int:
    return made.nbytes if isinstance(made, Later) else len(made)


class Image(Media):
    """One picture for `run.log`.

    Args:
        data: HxW, HxWxC or CxHxW numbers (1, 3 or 4 channels), a torch tensor, several as NxCxHxW for a grid, a PIL image, a
            matplotlib figure, the path of an image file, or its bytes. uint8 is taken as it is; floats between 0 and 1 as
            fractions, up to 255 as they are, anything else is stretched from its lowest to its highest value. NaN is 0.
        caption: shown below the picture.
        normalize: stretch numbers from the lowest to the highest in any case.

    Example:
        >>> run.log({"sample": panewall.Image(picture, caption="epoch 3")}, step=3)
    """

    def __init__(self, data: Any, caption: str | None = None, *, normalize: bool = False) -> None:
        self._normalize = normalize
        super().__init__(data, caption)

    def _encode(self, data: Any) -> bytes | Later:
        from panewall.pictures import picture

        return picture(data, normalize=self._normalize)


class Audio(Media):
    """A sound for `run.log`.

    Args:
        data: samples of shape (N,) or (N, channels), the path of a file, or its bytes (WAV, MP3, OGG, FLAC, M4A). Integers
            are taken at their full range, floats from -1 to 1; louder floats are scaled down so that none is cut.
        rate: samples a second, of arrays.
        caption: shown below the player.
    """

    def __init__(self, data: Any, rate: float = 48_000, caption: str | None = None) -> None:
        self._rate = rate
        super().__init__(data, caption)

    def _encode(self, data: Any) -> bytes:
        from panewall.sounds import recording

        return read_bytes(data) or recording(data, self._rate)


class Video(Media):
    """A film for `run.log`.

    Args:
        data: frames of shape TxCxHxW, TxHxWxC or TxHxW (C: 1, 3, 4), several films of one length as BxTxCxHxW for a grid, the
            path of a file, or its bytes (MP4, WebM, AVI, OGV, MOV, GIF). Numbers are shaded as those of an `Image`.
        rate: frames a second, of arrays.
        caption: shown below the player.

    Frames are sent without loss, and the server makes of them what browsers play.
    """

    def __init__(self, data: Any, rate: float = 30, caption: str | None = None) -> None:
        self._rate = rate
        super().__init__(data, caption)

    def _encode(self, data: Any) -> bytes | Later:
        from panewall.frames import film

        return read_bytes(data) or film(data, self._rate)


class Text(Media):
    """A text for `run.log`.

    Args:
        data: the text, or the ``pathlib.Path`` of a file in UTF-8.
        caption: shown below it.
    """

    type = TEXT_TYPE

    def __init__(self, data: Any, caption: str | None = None) -> None:
        super().__init__(data, caption)

    def _is_path(self, data: Any) -> bool:
        return hasattr(data, "__fspath__")

    def _encode(self, data: Any) -> bytes:
        from panewall.errors import BadArgument

        if isinstance(data, str):
            text = data
        else:
            try:
                found = read_bytes(data)
                if found is None:
                    raise BadArgument(f"a text cannot be made of {type(data).__name__}")
                text = found.decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadArgument(f"a text is in UTF-8: {error}") from error
        if not text:
            raise BadArgument("an empty text has nothing to show")
        return text.replace("\x00", "\ufffd").encode("utf-8", "replace")


def read_bytes(data: Any) -> bytes | None:
    """The bytes of a file by its path or its bytes; None for anything else.

    Raises:
        BadArgument: it cannot be read, is empty, or too large.
    """
    from panewall.errors import BadArgument
    from panewall.files import read_path

    if isinstance(data, str) or hasattr(data, "__fspath__"):
        path = Path(data)
        data = read_path(path, MEDIA_BYTES)
        if not data:
            raise BadArgument(f"{path} is empty")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        return None
    data = bytes(data)
    if not 0 < len(data) <= MEDIA_BYTES:
        raise BadArgument(f"a file has 1 byte to {MEDIA_BYTES // 2**20} MB, not {len(data)} bytes")
    return data


def is_picture(value: Any) -> bool:
    """Would `Image(value)` make sense of it without being told that it is one?"""
    return (hasattr(value, "save") and hasattr(value, "getbands")) or (
        (hasattr(value, "savefig") or hasattr(getattr(value, "figure", None), "savefig"))
        and not is_tensor(value)
    )


def as_media(value: Any) -> Media | None:
    """What shows a value that is not a number: a picture, a text, a table; None: nothing does."""
    if isinstance(value, Media):
        return value
    if isinstance(value, str):
        return Text(value)
    if is_picture(value):
        return Image(value)
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):
        from panewall.tables import Table

        return Table(value)
    return None


__all__ = ["SAMPLES", "Audio", "Image", "Media", "Text", "Video", "as_media", "is_picture"]
