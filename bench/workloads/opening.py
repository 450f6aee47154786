"""What opening costs: a line of a million points in a real browser, and an env of a hundred windows."""

import base64
import shutil
import statistics

from ..children import Child, child
from ..figures import rounded
from ..servers import Server
from ..systems.panewall import OWNER, PASSWORD
from ..trial import Trial

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# The page's own mark, in milliseconds since the navigation began. It is looked up seldom enough to cost nothing.
FIRST_FRAME = """() => new Promise((resolve) => {
  const look = () => {
    const mark = performance.getEntriesByName('panewall:first-frame')[0];
    if (mark) resolve(mark.startTime);
    else setTimeout(look, 25);
  };
  look();
})"""

# Where the time went: the navigation's own marks, and when each script was there.
STEPS = """() => {
  const [page] = performance.getEntriesByType('navigation');
  const steps = { response: page.responseEnd, interactive: page.domInteractive };
  for (const part of performance.getEntriesByType('resource')) {
    if (part.name.endsWith('.js')) steps[part.name.split('/').pop()] = part.responseEnd;
  }
  for (const mark of performance.getEntriesByType('mark')) steps[mark.name] = mark.startTime;
  return Object.fromEntries(Object.entries(steps).map(([name, at]) => [name, Math.round(at)]));
}"""
WARM = 4


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


def _opened(trial: Trial, system: str, opener: Child, times: int, params: dict) -> None:
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
    frames, received = [], []
    with sync_playwright() as playwright:
        # A profile on disk, as people have: scripts are kept there with what the engine made of them.
        context = playwright.chromium.launch_persistent_context(
            server.folder / "chromium",
            executable_path=executable,
            args=FLAGS,
            viewport={"width": 1280, "height": 800},
        )
        page = context.pages[0]
        page.goto(f"{home}/accounts/login/")
        page.fill("input[name=login]", OWNER)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{home}/")
        count = _Count()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.webSocketFrameReceived", count.frame)
        devtools.on("Network.loadingFinished", count.request)
        for turn in range(WARM + trial.pick(9, 3)):
            # From home to the env, as a click goes.
            page.goto(f"{home}/", wait_until="networkidle")
            count.begin()
            page.goto(f"{home}/w/{OWNER}/env/line", wait_until="commit")
            frame = page.evaluate(FIRST_FRAME)
            if turn >= WARM:
                frames.append(frame)
                received.append(vars(count).copy())
        drawn = page.locator("[data-drawn-points]").first.get_attribute("data-drawn-points")
        steps = page.evaluate(STEPS)
        context.close()
    figures = {
        "first_frame_ms": rounded(statistics.median(frames)),
        "first_frame_least_ms": rounded(min(frames)),
        "first_frame_most_ms": rounded(max(frames)),
        "bytes": statistics.median(each["socket_bytes"] for each in received),
        "http_bytes": statistics.median(each["http_bytes"] for each in received),
        "http_requests": statistics.median(each["requests"] for each in received),
        "drawn_points": int(drawn or 0),
        "last_one_step_by_step_ms": steps,
    }
    trial.note("panewall", {"points": points, "in": "chromium"}, figures)


class _Count:
    """What came over the network since it was last begun anew."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.socket_bytes = self.http_bytes = self.requests = 0

    def frame(self, event: dict) -> None:
        response = event["response"]
        payload = response["payloadData"]
        self.socket_bytes += (
            len(base64.b64decode(payload)) if response["opcode"] == 2 else len(payload.encode())
        )

    def request(self, event: dict) -> None:
        self.http_bytes += int(event.get("encodedDataLength", 0))
        self.requests += 1
