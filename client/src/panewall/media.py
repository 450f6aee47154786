"""`panewall.Image`: a picture to log."""

from __future__ import annotations

from typing import Any

from panewall.arrays import is_tensor

SAMPLES = 100  # images in one list


class Image:
    """One picture for `run.log`.

    Args:
        data: HxW, HxWxC or CxHxW numbers (1, 3 or 4 channels), a torch tensor, a PIL image, a matplotlib figure, the path of an
            image file, or its bytes. uint8 is taken as it is; floats between 0 and 1 as fractions, up to 255 as they are,
            anything else is stretched from its lowest to its highest value. NaN is 0.
        caption: shown below the picture.
        normalize: stretch numbers from the lowest to the highest in any case.

    The picture is encoded at once, so the array may be changed afterwards; a path is read when the image is logged.

    Example:
        >>> run.log({"sample": panewall.Image(picture, caption="epoch 3")}, step=3)
    """

    def __init__(self, data: Any, caption: str | None = None, *, normalize: bool = False) -> None:
        self.caption = None if caption is None else str(caption)
        self._normalize = normalize
        self._bytes: bytes | None = None
        self._error: Exception | None = None
        self._data: Any = data
        if not isinstance(data, str) and not hasattr(data, "__fspath__"):
            self._encode()

    def _encode(self) -> None:
        from panewall.pictures import picture

        try:
            self._bytes = picture(self._data, normalize=self._normalize)
        except Exception as error:  # told when it is logged: making an Image never stops a training
            self._error = error
        self._data = None

    def encoded(self) -> bytes:
        """The bytes of the image file.

        Raises:
            Exception: whatever kept the data from becoming a picture.
        """
        if self._bytes is None and self._error is None:
            self._encode()
        if self._error is not None:
            raise self._error
        assert self._bytes is not None
        return self._bytes

    def __repr__(self) -> str:
        size = (
            "unreadable" if self._error else "unread" if self._bytes is None else f"{len(self._bytes)} bytes"
        )
        return f"panewall.Image({size}{f', caption={self.caption!r}' if self.caption else ''})"


def is_picture(value: Any) -> bool:
    """Would `Image(value)` make sense of it without being told that it is one?"""
    return (hasattr(value, "save") and hasattr(value, "getbands")) or (
        hasattr(value, "savefig") and not is_tensor(value)
    )


__all__ = ["SAMPLES", "Image", "is_picture"]
