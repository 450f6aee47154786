"""Running ffmpeg on what strangers sent: in bounds, able to read one open file and nothing else.

The file is handed over as standard input, so ffmpeg is allowed no protocol that opens anything by a name; its format must be
the one that was found when the file was taken in, which is never a list of other files.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from apps.jobs import errors

LAUNCHER = Path(__file__).with_name("launcher.py")
#: Content type → ffmpeg's names of the formats it may be read as.
FORMATS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "mov",
    "audio/aiff": "aiff",
    "audio/basic": "au",
    "audio/x-caf": "caf",
    "audio/amr": "amr",
    "audio/aac": "aac",
    "audio/x-ms-wma": "asf",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/ogg": "ogg",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpeg,mpegvideo",
    "video/mp2t": "mpegts",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "asf",
    "video/x-yuv4mpeg": "yuv4mpegpipe",
}
#: Pixels of one frame; a decoder keeps a dozen of them.
MOST_FRAME_PIXELS = 36_000_000
#: ffmpeg's last words are kept, for the reason it gives.
WORDS = 2000
PROBE_S = 30.0
#: Lines that say nothing of the file.
UNSAID = ("At least one output file", "Error opening input", "Error opening output", "AVOption")
#: A line of which ffmpeg says how grave it is.
GRAVE = re.compile(r"\[(warning|error|fatal|panic)\] (.*)")
TOO_LARGE = re.compile(r"Picture size (\d+)x(\d+) exceeds")

DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
STREAM = re.compile(r"Stream #0:(\d+)[^:]*: (Video|Audio): (\w+)(.*)")
SIZE = re.compile(r"[ ,](\d{1,6})x(\d{1,6})[ ,\[]")


class NotInstalled(errors.Failed):
    """There is no ffmpeg; says what to do."""


class Failed(errors.Failed):
    """ffmpeg could not do it; says why."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a file. A codec is "" where there is no such stream."""

    duration: float | None
    video: str
    pixels: str
    width: int
    height: int
    audio: str
    #: Of the sound; more than two are mixed into two where that matters.
    channels: int


def locate(named: str) -> str:
    """Where ffmpeg is.

    Args:
        named: what the setting ``ffmpeg`` says.

    Raises:
        NotInstalled
    """
    if named:
        if found := shutil.which(named):
            return found
        raise NotInstalled(f"PANEWALL_FFMPEG names {named}, which is no program.")
    try:
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        pass
    if found := shutil.which("ffmpeg"):
        return found
    raise NotInstalled(
        "There is no ffmpeg on the server, so this file stays as it was sent. Whoever runs the server can install it:"
        " pip install 'panewall-server[media]'."
    )


def look(source: IO[bytes], content_type: str) -> Contents:
    """What is in a file.

    Raises:
        NotInstalled, Failed
    """
    words = run(source, content_type, [], most_s=PROBE_S, is_look=True)
    duration = None
    if match := DURATION.search(words):
        duration = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
    video = audio = pixels = ""
    width = height = channels = 0
    for _, kind, codec, rest in STREAM.findall(words):
        if kind == "Audio" and not audio:
            audio = codec
            channels = 1 if re.search(r"\b(mono|1 channels)\b", rest) else 2
        elif kind == "Video" and not video and "attached pic" not in rest:
            size = SIZE.search(rest)
            if size is None:
                continue
            video, width, height = codec, int(size[1]), int(size[2])
            found = re.search(r"\b(yuvj?4\w+|nv12|gray\w*|rgb\w*|bgr\w*|gbr\w*|pal8|argb|rgba)", rest)
            pixels = found[1] if found else ""
    large = TOO_LARGE.search(words)
    if large and not video and content_type.startswith("video/"):
        raise Failed(
            f"Its frames have {int(large[1]):,} × {int(large[2]):,} pixels; at most {MOST_FRAME_PIXELS:,} are read."
        )
    if not video and not audio:
        raise Failed(f"There is neither sound nor picture in it that can be read{_reason(words)}.")
    return Contents(duration, video, pixels, width, height, audio, channels)


def run(
    source: IO[bytes],
    content_type: str,
    arguments: list[str],
    *,
    most_s: float,
    on_time: Callable[[float], None] | None = None,
    on_data: Callable[[bytes], None] | None = None,
    is_look: bool = False,
) -> str:
    """Run ffmpeg on an open file. Returns its words.

    Args:
        arguments: what comes behind the input: filters, codecs, the file to write.
        most_s: seconds until it is ended.
        on_time: told how many seconds of the file are done, about twice a second; may raise to stop.
        on_data: given what ffmpeg writes to its output, which is then no file.
        is_look: no output is asked for, so ffmpeg ends with an error after it has said what is in the file.

    Raises:
        NotInstalled, Failed, and what ``on_time`` raises.
    """
    config = settings.PANEWALL
    bounds = [config.ffmpeg_memory_bytes, config.ffmpeg_cpu_s, config.ffmpeg_output_bytes]
    command = [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, bounds), locate(config.ffmpeg)]
    command += ["-hide_banner", "-nostdin", "-loglevel", "level+info" if is_look else "level+error", "-y"]
    command += ["-protocol_whitelist", "fd", "-format_whitelist", FORMATS[content_type]]
    command += ["-max_pixels", str(MOST_FRAME_PIXELS), "-probesize", "20M", "-analyzeduration", "20M"]
    command += ["-i", "fd:"]
    if on_time is not None:
        command += ["-stats_period", "0.5", "-progress", "pipe:1"]
    command += arguments
    source.seek(0)
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=words)
        began = time.monotonic()
        clock = threading.Timer(most_s, process.kill)
        clock.daemon = True
        clock.start()
        try:
            _listen(process, on_time, on_data)
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            clock.cancel()
            if process.stdout is not None:
                process.stdout.close()
        words.seek(0)
        said = words.read(64 * 1024).decode(errors="replace")
    if time.monotonic() - began >= most_s:
        raise Failed(f"It takes more than {most_s:,.0f} seconds.")
    if code and not is_look:
        raise Failed(_why(code, said))
    return said


def _listen(
    process: "subprocess.Popen[bytes]",
    on_time: Callable[[float], None] | None,
    on_data: Callable[[bytes], None] | None,
) -> None:
    assert process.stdout is not None
    if on_time is not None:
        for line in process.stdout:
            key, _, value = line.partition(b"=")
            if key == b"out_time_us" and value.strip().lstrip(b"-").isdigit():
                on_time(max(0.0, int(value) / 1e6))
        return
    while piece := process.stdout.read(64 * 1024):
        if on_data is not None:
            on_data(piece)


def _why(code: int, said: str) -> str:
    if code in (-9, -24, 137, 152):  # killed, or out of processor time
        return "It needs more time or memory than there is for one file."
    if code in (-25, 153) or "File too large" in said:
        return "What would be made of it is larger than there is room for."
    if "Cannot allocate memory" in said:
        return "It needs more memory than there is for one file."
    return f"ffmpeg cannot read it{_reason(said)}."


def _reason(said: str) -> str:
    """ffmpeg's own last word on it, in brackets: an error if there is one, else a warning."""
    found = [(how, words.strip()) for how, words in GRAVE.findall(said[-WORDS:])]
    found = [(how, words) for how, words in found if not any(unsaid in words for unsaid in UNSAID)]
    lines = [words for how, words in found if how != "warning"] or [words for _, words in found]
    return f" ({lines[-1][:200].rstrip('.')})" if lines else ""
