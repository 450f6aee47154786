"""The smallest files of each kind of sound and video that is taken: headers are real, there is next to nothing behind them."""

import io
import struct
import wave

import numpy as np
from PIL import Image


def png(colour: int = 0, size: int = 4) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((size, size, 3), colour, dtype="u1")).save(out, "PNG")
    return out.getvalue()


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    return out.getvalue()


def mp3(*, tag: bool = False) -> bytes:
    """Two frames of layer III, 128 kbit/s at 44.1 kHz: 417 bytes each."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) if tag else b"") + frame * 2


def flac() -> bytes:
    return b"fLaC\x80\x00\x00\x22" + bytes(34)


def ogg(stream: bytes = b"OpusHead\x01") -> bytes:
    head = b"OggS\x00\x02" + bytes(20) + bytes([1, len(stream)]) + stream
    return head + b"OggS\x00\x00" + bytes(20) + bytes([1, 4]) + b"data"


def ogv() -> bytes:
    return ogg(b"\x80theora\x03\x02\x01")


def mp4(brand: bytes = b"isom") -> bytes:
    return struct.pack(">I", 20) + b"ftyp" + brand + bytes(4) + b"mp42" + struct.pack(">I", 8) + b"mdat"


def webm() -> bytes:
    return b"\x1aE\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04" + bytes(16)


def avi() -> bytes:
    return b"RIFF" + struct.pack("<I", 100) + b"AVI LIST" + struct.pack("<I", 92) + b"hdrlavih" + bytes(92)
