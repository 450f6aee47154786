"""Sounds and videos as people meet them: played at once where the browser can, everywhere once they are made playable, stepped,
pinned, sought in; and pictures under two fingers.
"""

import hashlib
import io
import os
import re
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import content, pane_content
from tests.browser.walls import open_env, pane, send
from tests.support import films
from tests.support.browser import cookies_of_owner
from tests.support.server import Server
from tests.support.waiting import wait_for

MB = 1024 * 1024
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")


class Gate:
    """An ffmpeg that begins the long part of its work only once it may."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "open"
        self.program = folder / "ffmpeg"
        self.program.write_text(
            "#!/bin/sh\n"
            f'case "$*" in *faststart*) while [ ! -e "{self._file}" ]; do sleep 0.1; done ;; esac\n'
            f'exec "{films.program()}" "$@"\n'
        )
        self.program.chmod(0o755)

    def open(self) -> None:
        self._file.touch()

    def close(self) -> None:
        self._file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def server(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, whose videos become playable when the gate is opened."""
    folder = tmp_path_factory.mktemp("players")
    server = Server(folder, environ={"PANEWALL_FFMPEG": str(gate.program)}).start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def closed(gate: Gate) -> Iterator[None]:
    gate.close()
    yield
    gate.open()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    folder = tmp_path_factory.mktemp("films")
    return lambda *how, **more: films.film(folder, *how, **more)


@pytest.fixture
def wall(new_context: Callable[..., BrowserContext], server: Server) -> Page:
    context = new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies(cookies_of_owner(server))
    return context.new_page()


def playing(where: Locator) -> Locator:
    return where.locator("[data-playing]")


def made(kind: str) -> re.Pattern[str]:
    return re.compile(rf"/{kind}$")


def test_a_video_is_shown_as_it_came_until_what_every_browser_plays_is_ready(wall, server, gate, film, env):
    send(server, pane_content.sample(env, "film", film("webm", *VP8, seconds=2)))
    open_env(wall, server, env)
    here = pane(wall, "film")
    expect(playing(here)).to_have_attribute("data-playing", re.compile(r"/assets/[0-9a-f]{64}$"))
    player = here.locator("video")
    expect(player).to_have_js_property("readyState", 4)
    expect(here.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(here.locator(".progress")).to_have_text(re.compile(r"^\s*(waiting|\d+ %)$"))
    expect(player).to_have_attribute("poster", made("poster"))
    gate.open()
    expect(playing(here)).to_have_attribute("data-playing", made("mp4"))
    expect(here.get_by_role("progressbar")).to_have_count(0)
    expect(player).to_have_js_property("readyState", 4)
    player.evaluate("async (video) => { video.muted = true; await video.play(); }")
    wait_for(lambda: player.evaluate("(video) => video.currentTime > 0.2"), what="the film goes on")
    assert player.evaluate("(video) => [video.videoWidth, video.videoHeight]") == [160, 120]


def test_a_video_that_somebody_looks_at_is_not_taken_away(wall, server, gate, film, env):
    send(server, pane_content.sample(env, "film", film("webm", *VP8, seconds=3, size="176x120")))
    open_env(wall, server, env)
    here = pane(wall, "film")
    player = here.locator("video")
    expect(here.get_by_role("progressbar")).to_be_visible()
    player.evaluate(
        "async (video) => { video.muted = video.loop = true; await video.play(); }",
    )
    wait_for(lambda: player.evaluate("(video) => video.currentTime > 0.2"), what="the film goes on")
    before = playing(here).get_attribute("data-playing")
    gate.open()
    expect(here.get_by_role("progressbar")).to_have_count(0)
    assert playing(here).get_attribute("data-playing") == before
    assert player.evaluate("(video) => !video.paused && video.currentTime > 0")


def test_a_video_that_the_browser_does_not_know_says_so_and_plays_when_it_is_ready(
    wall, server, gate, film, env
):
    send(server, pane_content.sample(env, "film", film("avi", "-c:v", "mpeg4", "-c:a", "mp3", seconds=1)))
    open_env(wall, server, env)
    here = pane(wall, "film")
    expect(here.get_by_role("status").first).to_have_text("This is being made playable here.")
    expect(here.locator("video")).to_have_count(0)
    gate.open()
    expect(playing(here)).to_have_attribute("data-playing", made("mp4"))
    expect(here.locator("video")).to_have_js_property("readyState", 4)


def test_what_cannot_be_played_is_said_in_words(wall, server, gate, film, env):
    whole = film("avi", "-c:v", "mpeg4", sound=False, seconds=0.6)
    at = whole.index(b"movi") + 4
    send(
        server,
        pane_content.sample(env, "film", whole[:at] + os.urandom(len(whole) - at)),
        pane_content.sample(env, "silence", silence(8000 + os.getpid() % 1000)),
    )
    gate.open()
    open_env(wall, server, env)
    here = pane(wall, "film")
    expect(here.get_by_role("alert")).to_contain_text("This cannot be played here.")
    expect(here.get_by_role("alert")).to_contain_text("The file is stored and can be saved.")
    expect(here.get_by_role("button", name="Try again")).to_be_visible()
    expect(here.locator("video")).to_have_count(0)
    silent = pane(wall, "silence")
    silent.scroll_into_view_if_needed()
    expect(silent.get_by_role("alert")).to_contain_text("There is no sound in it")
    expect(silent.locator("audio")).to_have_count(0)


def silence(rate: int) -> bytes:
    """A WAV without a sample."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
    return out.getvalue()


def test_a_video_that_was_cancelled_says_so_and_is_made_playable_by_a_press_or_by_a_program(
    wall, server, gate, film, env
):
    data = film("avi", "-c:v", "mpeg4", sound=False, seconds=1.2)
    send(server, pane_content.sample(env, "film", data))
    open_env(wall, server, env)
    here = pane(wall, "film")
    expect(here.locator("[data-media-state=running]")).to_be_visible()
    with server.client() as program:
        job = job_of(program, data)
        for _ in range(2):
            assert program.post(f"/api/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
        expect(here.get_by_role("alert")).to_contain_text("It was cancelled.")
        assert program.post(f"/api/v1/jobs/{job}/retry").json()["state"] == "queued"
        expect(here.get_by_role("status").first).to_have_text("This is being made playable here.")
        program.post(f"/api/v1/jobs/{job}/cancel")
        expect(here.get_by_role("alert")).to_contain_text("It was cancelled.")
        gate.open()
        here.get_by_role("button", name="Try again").click()
        expect(playing(here)).to_have_attribute("data-playing", made("mp4"))
        expect(here.locator("video")).to_have_js_property("readyState", 4)
        assert program.post(f"/api/v1/jobs/{job}/cancel").json()["state"] == "done"
        assert program.post(f"/api/v1/jobs/{job}/retry").json()["code"] == "not_over"
    assert list((server.data_dir / "work").glob("*")) == []


def job_of(program: httpx.Client, data: bytes) -> int:
    name = hashlib.sha256(data).hexdigest()[:8]
    return next(row["id"] for row in program.get("/api/v1/jobs").json()["results"] if name in row["title"])


def test_seeking_asks_for_the_part_that_is_sought(wall, server, gate, film, env):
    """A film larger than what one answer holds: a place far in it is shown without all that lies before."""
    gate.open()
    data = film("mp4", *H264, "-movflags", "+faststart", "-g", "10", seconds=20, size="640x360", noise=60)
    assert len(data) > 20 * MB
    parts: list[int] = []

    def answered(response) -> None:
        if response.status == 206 and "/assets/" in response.url:
            parts.append(int(response.headers["content-range"].removeprefix("bytes ").partition("-")[0]))

    wall.on("response", answered)
    send(server, pane_content.sample(env, "film", data))
    open_env(wall, server, env)
    player = pane(wall, "film").locator("video")
    wait_for(lambda: player.evaluate("(video) => video.readyState >= 2"), what="the first picture")
    player.evaluate("(video) => { video.currentTime = 17; }")
    wait_for(
        lambda: player.evaluate("(video) => !video.seeking && video.readyState >= 2 && video.currentTime"),
        what="the place",
    )
    assert player.evaluate("(video) => video.currentTime") == pytest.approx(17, abs=0.1)
    assert any(first > len(data) * 3 // 4 for first in parts), parts


def test_a_sound_shows_its_waveform_and_a_press_goes_there(wall, server, gate, env):
    gate.open()
    send(server, pane_content.sample(env, "tone", pane_content.tone(4.0)))
    open_env(wall, server, env)
    here = pane(wall, "tone")
    drawn = here.locator("svg[data-waveform]")
    expect(drawn).not_to_have_attribute("data-waveform", "0")
    assert int(drawn.get_attribute("data-waveform") or 0) > 100
    # A tone of a quarter of the loudest: the outline goes as far up as down.
    low, high = drawn.locator("path").evaluate(
        "(path) => { const { y, height } = path.getBBox(); return [y, y + height]; }"
    )
    assert (50 - low) / 48 == pytest.approx(8000 / 32768, abs=0.03)
    assert high - 50 == pytest.approx(50 - low, abs=2)
    player = here.locator("audio")
    wait_for(lambda: player.evaluate("(audio) => audio.readyState >= 1"), what="the sound")
    box = drawn.bounding_box()
    assert box is not None
    wall.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    wait_for(
        lambda: player.evaluate("(audio) => audio.currentTime") == pytest.approx(3.0, abs=0.1),
        what="the place",
    )
    expect(drawn.locator("line")).to_have_attribute("x1", re.compile(r"^[1-9]"))


@pytest.fixture(scope="module")
def runs(server: Server, film: Callable[..., bytes]) -> list[str]:
    """Two runs with a sound and a film at each of three steps, no two alike."""
    for env, size in (("play_a", 160), ("play_b", 176)):
        for step in (0, 10, 20):
            clip = film("mp4", *H264, "-movflags", "+faststart", size=f"{size + step // 5}x120")
            send(
                server,
                pane_content.sample(env, "val/film", clip, step, caption=f"film {step}"),
                pane_content.sample(env, "val/tone", pane_content.tone(size / 200 + step / 10), step),
            )
    return ["play_a", "play_b"]


@pytest.mark.parametrize(("label", "player"), [("val/film", "video"), ("val/tone", "audio")])
def test_cards_of_sounds_and_films_are_stepped_and_pinned_as_pictures_are(
    wall, server, gate, runs, label, player
):
    gate.open()
    page = wall
    page.goto(f"{server.url}/compare?" + "&".join(f"env=owner/{env}" for env in runs))
    card = page.locator(f'[data-card="{label}"]')
    slider = card.get_by_role("slider", name="step")
    cell = lambda env: card.locator(f'[data-cell-env="owner/{env}"]')  # noqa: E731
    expect(slider).to_be_visible()
    slider.press("End")

    def told(env: str) -> float:
        """What tells the step of what is played: how wide the film is, how long the sound."""
        asked = "(media) => media.readyState >= 1 && (media.videoWidth || media.duration)"
        return wait_for(lambda: cell(env).locator(player).evaluate(asked), what=f"{label} of {env}")

    def wanted(env: str, step: int) -> float:
        base = {"play_a": 160, "play_b": 176}[env]
        return base + step // 5 if player == "video" else base / 200 + step / 10

    def shows(env: str, step: int) -> None:
        expect(cell(env)).to_have_attribute("data-step", str(step))
        wait_for(
            lambda: told(env) == pytest.approx(wanted(env, step), abs=0.01), what=f"step {step} of {env}"
        )

    for env in runs:
        shows(env, 20)
    slider.press("ArrowLeft")
    for env in runs:
        shows(env, 10)
    cell("play_a").hover()
    cell("play_a").get_by_role("button", name=re.compile(r"^pin ")).click()
    page.get_by_role("menuitem", name="Pin step 10 in this panel", exact=True).click()
    slider.press("Home")
    shows("play_b", 0)
    shows("play_a", 10)
    cell("play_a").hover()
    cell("play_a").get_by_role("button", name=re.compile(r"^unpin ")).click()
    shows("play_a", 0)


def test_two_fingers_zoom_a_picture_in_full_screen_and_one_moves_it(new_context, server, env):
    send(server, pane_content.sample(env, "val/one", content.png(content.gradient(400, 300))))
    send(server, pane_content.sample(f"{env}-b", "val/one", content.png(content.gradient(401, 300))))
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.add_cookies(cookies_of_owner(server))
    page = context.new_page()
    page.goto(f"{server.url}/compare?env=owner/{env}&env=owner/{env}-b")
    cell = page.locator(f'[data-card="val/one"] [data-cell-env="owner/{env}"]')
    expect(cell.locator(".stage img")).to_be_visible()
    cell.get_by_role("button", name="full screen").tap()
    full = page.locator("[data-full-screen]")
    image = full.locator(".stage img")
    expect(image).to_be_visible()
    fingers = Fingers(page)

    def lies() -> tuple[float, float, float]:
        return tuple(
            image.evaluate(
                "(image) => { const m = new DOMMatrix(image.style.transform); return [m.a, m.e, m.f]; }"
            )
        )

    fitted = wait_for(lambda: (now := lies()) and now[0] > 0 and now, what="the picture")
    box = full.locator(".stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers.move([(x - 40, y), (x + 40, y)], [(x - 120, y), (x + 120, y)])
    zoomed = wait_for(lambda: (now := lies()) and now[0] > fitted[0] * 2.5 and now, what="the zoom")
    assert zoomed[0] == pytest.approx(fitted[0] * 3, rel=0.1)
    shown = full.locator("[data-zoom]")
    wait_for(
        lambda: float(shown.inner_text().rstrip(" %")) == pytest.approx(lies()[0] * 100, abs=1),
        what="the zoom in words",
    )
    zoomed = lies()
    fingers.move([(x, y)], [(x + 60, y + 30)])
    moved = wait_for(lambda: (now := lies()) and now != zoomed and now, what="the move")
    assert moved[0] == pytest.approx(zoomed[0])
    assert (moved[1] - zoomed[1], moved[2] - zoomed[2]) == pytest.approx((60, 30), abs=8)
    fingers.move([(x - 120, y), (x + 120, y)], [(x - 30, y), (x + 30, y)])
    wait_for(lambda: lies()[0] < zoomed[0] / 2, what="the zoom out")
    expect(full).to_be_visible()


class Fingers:
    """Touches of a page, by Chromium's own input."""

    def __init__(self, page: Page) -> None:
        self._input = page.context.new_cdp_session(page)

    def move(self, start: list[tuple[float, float]], end: list[tuple[float, float]], pieces: int = 8) -> None:
        self._send("touchStart", start)
        for piece in range(1, pieces + 1):
            part = piece / pieces
            self._send(
                "touchMove",
                [
                    (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part)
                    for a, b in zip(start, end, strict=True)
                ],
            )
        self._send("touchEnd", [])

    def _send(self, kind: str, places: list[tuple[float, float]]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._input.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
