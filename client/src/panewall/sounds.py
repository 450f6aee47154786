"""Audio: samples become a WAV file by the standard library, files are taken as they are."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np

from panewall.files import Player, read_file
from panewall.options import demand, is_number
from panewall.pictures import numbers
from panewall.plots.values import numeric

MAX_RATE = 384_000
CHANNELS = 8
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
    return _wav((values * 32767).astype("<i2"), int(frequency))


def recording(data: Any, rate: Any) -> bytes:
    """16-bit WAV of samples, shape (N,) or (N, channels), as loud as they are.

    Args:
        data: floats from -1 to 1 (louder ones are scaled down together), or integers at their full range.
        rate: samples a second.

    Raises:
        BadArgument: it is no such thing.
    """
    demand(
        is_number(rate) and 1 <= rate <= MAX_RATE, f"rate is a number of samples a second up to {MAX_RATE}"
    )
    samples = numbers(data, "a sound")
    if samples.ndim == 2 and samples.shape[0] <= CHANNELS < samples.shape[1]:
        samples = samples.T  # (channels, N), as torchaudio has it
    fits = samples.ndim == 1 or (samples.ndim == 2 and 1 <= samples.shape[1] <= CHANNELS)
    demand(fits, f"a sound has shape (N,) or (N, channels) with up to {CHANNELS}, not {samples.shape}")
    demand(samples.size, "a sound needs at least one sample")
    if samples.dtype.kind in "iub":
        return _wav(_full_range(samples), int(rate))
    demand(not np.isnan(samples).all(), f"all {samples.size} samples are NaN, which is no sound")
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0)
    loudest = np.abs(values).max()
    return _wav((values / max(1.0, loudest) * 32767).astype("<i2"), int(rate))


def _full_range(samples: np.ndarray) -> np.ndarray:
    """Integers of any size as 16 bits. Those of 64 bits are most often small ones that nobody gave a type."""
    kind, bits = samples.dtype.kind, 8 * samples.dtype.itemsize
    if kind == "b":
        return samples.astype("<i2") * 32767
    if bits == 64:
        loudest = np.abs(samples.astype(np.float64)).max()
        return (samples * min(1.0, 32767 / max(1.0, loudest))).astype("<i2")
    values = samples.astype(np.int64) - (2 ** (bits - 1) if kind == "u" else 0)
    return (values << 16 - bits if bits < 16 else values >> bits - 16).astype("<i2")


def _wav(samples: np.ndarray, rate: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1] if samples.ndim == 2 else 1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples).tobytes())
    return out.getvalue()
