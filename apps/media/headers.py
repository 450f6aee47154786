"""What an audio or video file is, by its header: never by its name, nor by what its sender says.

Only the container is read. What is not known here is refused: it could hold scripts, or name other files, as playlists do.
"""

import mmap
import struct

#: A file in memory, or one on disk of which only what is looked at is read.
Content = bytes | mmap.mmap
#: What people are told is taken.
NAMES = "WAV, MP3, OGG, FLAC, AIFF, AU, AAC, CAF, AMR, MP4, WebM, AVI, OGV, MOV, MKV, 3GP, MPEG, TS, FLV, WMV, Y4M"
EBML = b"\x1aE\xdf\xa3"
#: The ids of ASF's header, and of the streams it may hold. Source: ASF specification, 10.1 to 10.4.
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
THEORA = b"\x80theora"
#: ISO base media files: the brand says what they are for.
AUDIO_BRANDS = {b"M4A ", b"M4B "}
FIRST_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
OTHER_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"crx ", b"jp2 ", b"jpx "}
#: An ID3 tag is passed over to find the sound behind it.
MOST_TAG_BYTES = 16 * 1024 * 1024


def content_type(data: Content) -> str | None:
    """The content type of an audio or video file; None: it is none that is known, or its header is broken."""
    for look in (_riff, _flac, _ogg, _iso, _quicktime, _matroska, _asf, _by_first_bytes, _mpeg, _aac, _mp3):
        if found := look(data):
            return found
    return None


def _riff(data: Content) -> str | None:
    if data[:4] not in (b"RIFF", b"RF64") or len(data) < 20:
        return None
    if data[8:12] == b"WAVE":
        return "audio/wav" if b"fmt " in data[12:4096] else None
    if data[8:12] == b"AVI " and data[12:16] == b"LIST":
        return "video/x-msvideo" if data[20:24] == b"hdrl" else None
    return None


def _flac(data: Content) -> str | None:
    # The first block is always the stream's description, 34 bytes long.
    return (
        "audio/flac" if data[:4] == b"fLaC" and data[4:5] in (b"\x00", b"\x80") and len(data) >= 42 else None
    )


def _ogg(data: Content) -> str | None:
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


def _iso(data: Content) -> str | None:
    if data[4:8] != b"ftyp" or len(data) < 16:
        return None
    (size,) = struct.unpack(">I", data[:4])
    brand = data[8:12]
    if not 16 <= size <= len(data) or brand in OTHER_BRANDS:
        return None
    if brand == b"qt  ":
        return "video/quicktime"
    if brand[:3] in (b"3gp", b"3g2"):
        return "video/3gpp"
    return "audio/mp4" if brand in AUDIO_BRANDS else "video/mp4"


def _quicktime(data: Content) -> str | None:
    """Older ones begin without a word about themselves, with one of a few boxes, and another follows."""
    if data[4:8] not in FIRST_BOXES or data.find(b"moov") < 0:
        return None
    (size,) = struct.unpack(">I", data[:4])
    return "video/quicktime" if size <= 1 or 8 <= size <= len(data) else None


def _matroska(data: Content) -> str | None:
    # DocType, element 0x4282, stands in the header, which is a few dozen bytes long.
    if data[:4] != EBML:
        return None
    if b"\x42\x82\x84webm" in data[:128]:
        return "video/webm"
    return "video/x-matroska" if b"\x42\x82\x88matroska" in data[:128] else None


def _asf(data: Content) -> str | None:
    if data[:16] != ASF or len(data) < 30:
        return None
    return "video/x-ms-wmv" if ASF_VIDEO in data[: 64 * 1024] else "audio/x-ms-wma"


def _by_first_bytes(data: Content) -> str | None:
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[:4] == b".snd" and len(data) >= 24:
        return "audio/basic"
    if data[:8] == b"caff\x00\x01\x00\x00":
        return "audio/x-caf"
    if data[:6] == b"#!AMR\n" or data[:9] == b"#!AMR-WB\n":
        return "audio/amr"
    if data[:4] == b"FLV\x01" and len(data) > 13:
        return "video/x-flv"
    if data[:10] == b"YUV4MPEG2 " and b"\n" in data[:256]:
        return "video/x-yuv4mpeg"
    return None


def _mpeg(data: Content) -> str | None:
    """Program streams begin with a pack, video streams with a sequence; transport streams repeat a byte in each packet."""
    if data[:4] == b"\x00\x00\x01\xba" and len(data) > 14:
        return "video/mpeg"
    if data[:4] == b"\x00\x00\x01\xb3" and len(data) > 12:
        return "video/mpeg"
    packets = len(data) // 188
    if packets >= 3 and all(data[188 * n] == 0x47 for n in range(min(packets, 8))):
        return "video/mp2t"
    return None


def _aac(data: Content) -> str | None:
    """ADTS frames, each of which says its length: several in a row. Source: ISO/IEC 13818-7, 6.2."""
    at = found = 0
    while found < 3 and len(data) >= at + 7:
        if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0 or data[at + 2] >> 2 & 15 > 12:
            return None
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if length < 7:
            return None
        at, found = at + length, found + 1
    return "audio/aac" if found and at <= len(data) else None


def _mp3(data: Content) -> str | None:
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


def _mpeg_frame(data: Content, at: int) -> int:
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
