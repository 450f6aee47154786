"""What opening costs: a line of a million points in a real browser, and an env of a hundred windows."""

import base64
import shutil
import statistics

from ..children import child
from ..figures import rounded
from ..servers import Server
from ..systems.panewall import OWNER, PASSWORD
from ..trial import Trial

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
FIRST_FRAME = "performance.getEntriesByName('panewall:first-frame')[0]?.startTime"


def open_line(trial: Trial) -> None:
    """A line of a million points: for visdom the time until all has come over the socket; for Panewall that, and the time to the
    first full frame in Chromium with a warm cache."""
    points = trial.pick(1_000_000, 100_000)
    for system in trial.systems:
        kind = "http" if system == "visdom" else "socket"
        with (
            trial.server(system) as server,
            child(server, "appender", kind=kind, env="line", sizes=[points]),
            child(server, "opener", env="line") as opener,
        ):
            _opened(trial, system, opener, trial.pick(5, 2), {"points": points, "in": "socket"})
            if system == "panewall":
                _in_browser(trial, server, points)


def open_env(trial: Trial) -> None:
    """An env of 100 windows of 1000 points: time and bytes until all has come over the socket."""
    count = trial.pick(100, 20)
    for system in trial.systems:
        with trial.server(system) as server:
            with child(server, "windows", kind="http", env="wide", count=count, points=1000) as load:
                load.ask()
            with child(server, "opener", env="wide") as opener:
                _opened(trial, system, opener, trial.pick(15, 3), {"windows": count, "points": 1000})


def _opened(trial: Trial, system: str, opener, times: int, params: dict) -> None:  # noqa: ANN001
    opener.ask({"go": 1})
    opened = [opener.ask({"go": 1}) for _ in range(times)]
    figures = {
        "open_ms": rounded(statistics.median(o["took_s"] for o in opened), 1e3),
        "bytes": opened[0]["bytes"],
        "windows": opened[0]["windows"],
        "points": opened[0]["points"],
    }
    trial.note(system, params, figures)


def _in_browser(trial: Trial, server: Server, points: int) -> None:
    from playwright.sync_api import sync_playwright

    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        raise RuntimeError("Chromium is not installed: `make chromium`")
    home = f"http://127.0.0.1:{server.site.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(f"{home}/accounts/login/")
        page.fill("input[name=login]", OWNER)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{home}/")
        page.close()
        frames, socket_bytes, requests = [], [], []
        warm = 3
        for turn in range(warm + trial.pick(9, 2)):
            page = context.new_page()
            received = {"socket": 0, "http": 0, "requests": 0}
            devtools = context.new_cdp_session(page)
            devtools.send("Network.enable")
            devtools.on("Network.webSocketFrameReceived", lambda event, to=received: _count_frame(event, to))
            devtools.on("Network.loadingFinished", lambda event, to=received: _count_request(event, to))
            page.goto(f"{home}/w/{OWNER}/env/line", wait_until="commit")
            page.wait_for_function(FIRST_FRAME, polling=20, timeout=30_000)
            if turn >= warm:
                frames.append(page.evaluate(FIRST_FRAME))
                socket_bytes.append(received["socket"])
                requests.append(received)
            drawn = page.locator("[data-drawn-points]").first.get_attribute("data-drawn-points")
            page.close()
        browser.close()
    figures = {
        "first_frame_ms": rounded(statistics.median(frames)),
        "first_frame_least_ms": rounded(min(frames)),
        "first_frame_most_ms": rounded(max(frames)),
        "bytes": statistics.median(socket_bytes),
        "http_bytes": statistics.median(r["http"] for r in requests),
        "http_requests": statistics.median(r["requests"] for r in requests),
        "drawn_points": int(drawn or 0),
    }
    trial.note("panewall", {"points": points, "in": "chromium"}, figures)


def _count_frame(event: dict, to: dict) -> None:
    response = event["response"]
    payload = response["payloadData"]
    to["socket"] += len(base64.b64decode(payload)) if response["opcode"] == 2 else len(payload.encode())


def _count_request(event: dict, to: dict) -> None:
    to["http"] += int(event.get("encodedDataLength", 0))
    to["requests"] += 1
