"""Audio: samples become a WAV file by the standard library, files are taken as they are."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np

from panewall.files import Player, read_file
from panewall.options import demand, is_number
from panewall.plots.values import numeric

TYPES = {"wav": "wav", "mp3": "mp3", "ogg": "ogg", "flac": "flac"}


def sound(tensor: Any, audiofile: Any, frequency: Any) -> Player:
    """The player for samples of shape (N,) or (N, 2), or for a file.

    Args:
        frequency: samples a second.
    """
    demand(tensor is not None or audiofile is not None, "audio needs a tensor or a file")
    if tensor is None:
        data, kind = read_file(audiofile, TYPES, "audio")
        return Player(data, f"audio/{kind}", tag="audio")
    return Player(wav(numeric(tensor, "tensor"), frequency), "audio/wav", tag="audio")


def wav(samples: np.ndarray, frequency: Any) -> bytes:
    """16-bit WAV; the loudest sample gets the full range."""
    demand(
        samples.ndim == 1 or (samples.ndim == 2 and samples.shape[1] == 2),
        f"tensor has shape {samples.shape}; (N,) or (N, 2) is meant",
    )
    demand(is_number(frequency) and frequency > 0, "opts.sample_frequency must be a number above 0")
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    loudest = np.abs(values).max(initial=0.0)
    if loudest > 0:
        values = values / loudest
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.ndim)
        file.setsampwidth(2)
        file.setframerate(int(frequency))
        file.writeframes((values * 32767).astype("<i2").tobytes())
    return out.getvalue()
