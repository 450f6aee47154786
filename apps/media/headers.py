"""What an audio or video file is, by its header: never by its name, nor by what its sender says.

Only the container is read. What is not known here is refused: it could hold scripts, or need a player that no browser has.
"""

import struct

#: What people are told is taken.
NAMES = "WAV, MP3, OGG, FLAC, MP4, WebM, AVI, OGV"
EBML = b"\x1aE\xdf\xa3"
THEORA = b"\x80theora"
#: ISO base media files: the brand says what they are for.
AUDIO_BRANDS = {b"M4A ", b"M4B "}
OTHER_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"crx ", b"jp2 ", b"jpx "}
#: An ID3 tag is passed over to find the sound behind it.
MOST_TAG_BYTES = 16 * 1024 * 1024


def content_type(data: bytes) -> str | None:
    """The content type of an audio or video file; None: it is none that is known, or its header is broken."""
    for look in (_riff, _flac, _ogg, _iso, _webm, _mp3):
        if found := look(data):
            return found
    return None


def _riff(data: bytes) -> str | None:
    if data[:4] not in (b"RIFF", b"RF64") or len(data) < 20:
        return None
    if data[8:12] == b"WAVE":
        return "audio/wav" if b"fmt " in data[12:4096] else None
    if data[8:12] == b"AVI " and data[12:16] == b"LIST":
        return "video/x-msvideo" if data[20:24] == b"hdrl" else None
    return None


def _flac(data: bytes) -> str | None:
    # The first block is always the stream's description, 34 bytes long.
    return (
        "audio/flac" if data[:4] == b"fLaC" and data[4:5] in (b"\x00", b"\x80") and len(data) >= 42 else None
    )


def _ogg(data: bytes) -> str | None:
    """Each stream begins on a page of its own, before any data: they say whether there are pictures."""
    at, found = 0, None
    while data[at : at + 4] == b"OggS" and len(data) >= at + 27:
        if not data[at + 5] & 2:  # no more streams begin
            break
        count = data[at + 26]
        begin = at + 27 + count
        head = data[begin : begin + 8]
        if head[:7] == THEORA:
            return "video/ogg"
        if head[:7] == b"\x01vorbis" or head[:8] in (b"OpusHead", b"Speex   ") or head[:5] == b"\x7fFLAC":
            found = "audio/ogg"
        at = begin + sum(data[at + 27 : begin])
    return found


def _iso(data: bytes) -> str | None:
    if data[4:8] != b"ftyp" or len(data) < 16:
        return None
    (size,) = struct.unpack(">I", data[:4])
    brand = data[8:12]
    if not 16 <= size <= len(data) or brand in OTHER_BRANDS:
        return None
    return "audio/mp4" if brand in AUDIO_BRANDS else "video/mp4"


def _webm(data: bytes) -> str | None:
    # DocType, element 0x4282, stands in the header, which is a few dozen bytes long.
    return "video/webm" if data[:4] == EBML and b"\x42\x82\x84webm" in data[:128] else None


def _mp3(data: bytes) -> str | None:
    at = 0
    if data[:3] == b"ID3" and len(data) > 10:
        if max(data[6:10]) > 127:
            return None
        size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
        if size > MOST_TAG_BYTES:
            return None
        at = 10 + size
        while at < len(data) and data[at] == 0:  # padding
            at += 1
    length = _mpeg_frame(data, at)
    if not length:
        return None
    # A second frame where the first ends: two bytes alike could be anything.
    follows = data[at + length : at + length + 4]
    return (
        "audio/mpeg" if len(follows) < 4 or _mpeg_frame(data, at + length) or follows[:3] == b"TAG" else None
    )


def _mpeg_frame(data: bytes, at: int) -> int:
    """The length of the MPEG audio frame that begins here; 0: none does. Source: ISO/IEC 11172-3, 2.4.1.3."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate_index, sample_index = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 0 or rate_index in (0, 15) or sample_index == 3:
        return 0
    is_first = version == 3
    if layer == 1:  # III, the common one
        rates = _V1_L3 if is_first else _V2_L3
    elif layer == 2:
        rates = _V1_L2 if is_first else _V2_L3
    else:
        rates = _V1_L1 if is_first else _V2_L1
    sample_rate = (44100, 48000, 32000)[sample_index] >> {3: 0, 2: 1, 0: 2}[version]
    rate, padding = rates[rate_index - 1] * 1000, head[2] >> 1 & 1
    if layer == 3:
        return (12 * rate // sample_rate + padding) * 4
    return (72 if layer == 1 and not is_first else 144) * rate // sample_rate + padding


_V1_L1: tuple[int, ...] = tuple(range(32, 449, 32))
_V1_L2: tuple[int, ...] = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_V1_L3: tuple[int, ...] = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_V2_L1: tuple[int, ...] = (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_V2_L3: tuple[int, ...] = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
