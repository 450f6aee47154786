"""A hundred runs of a hundred steps in one card, in Chromium, and the cost of opening a long history. ``python -m bench.gallery``.

Beside the workloads, because visdom has nothing to compare with. Prints a line of JSON: milliseconds until the first picture and until
all on screen are shown, how many pictures were asked for that nobody sees, how long a step of the slider takes until its frame is
handed over, and the bytes that opening 100 steps of 1024 x 1024 images brings, all of the page included.
"""

import argparse
import io
import json
import shutil
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import httpx
import msgpack
import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, CDPSession, Page, Request, sync_playwright

from .figures import rounded
from .servers import Server
from .systems import SYSTEMS
from .systems.panewall import OWNER, PASSWORD
from .workloads.opening import BROWSERS, FLAGS

SIDE, LARGE_SIDE = 384, 1024
TURNS = 5
WALK = 10

# From the beginning of the navigation until the first picture, and all that are on screen, can be seen.
SHOWN = """async () => {
  let first = null;
  for (;;) {
    const cells = [...document.querySelectorAll('[data-card] [data-cell-env]')];
    const room = cells[0]?.closest('.cells').getBoundingClientRect();
    const seen = cells.filter((cell) => {
      const box = cell.getBoundingClientRect();
      return box.top < Math.min(innerHeight, room.bottom) && box.bottom > Math.max(0, room.top);
    });
    const shown = seen.filter((cell) => cell.querySelector('.stage img')?.naturalWidth);
    if (shown.length > 0) first ??= performance.now();
    if (seen.length > 0 && shown.length === seen.length) {
      return { first, all: performance.now(), seen: seen.map((cell) => cell.dataset.cellEnv) };
    }
    await new Promise(requestAnimationFrame);
  }
}"""

# One step of the slider, until the frame with the next pictures has been handed over to be shown.
STEP = """async (by) => {
  const card = document.querySelector('[data-card]');
  const slider = card.querySelector('input[type=range]');
  const images = () => [...card.querySelectorAll('.stage img')].map((image) => image.src);
  const before = images();
  const begun = performance.now();
  slider.value = Number(slider.value) + by;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  for (;;) {
    await new Promise(requestAnimationFrame);
    const now = images();
    if (now.length === before.length && now.every((src, i) => src !== before[i])) break;
    if (performance.now() - begun > 5000) return null;
  }
  await new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(null);
  });
  return performance.now() - begun;
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--envs", type=int, default=100)
    parser.add_argument(
        "--steps", type=int, default=100, help="of each run, and of the history of large images"
    )
    asked = parser.parse_args()
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        print("Chromium is not installed: `make chromium`", file=sys.stderr)
        return 1
    with Server(SYSTEMS["panewall"]) as server, sync_playwright() as playwright:
        home = f"http://127.0.0.1:{server.site.port}"
        with httpx.Client(
            base_url=home, headers={"Authorization": f"Bearer {server.site.token}"}, timeout=120
        ) as client:
            fill(client, asked.envs, asked.steps)
        context = playwright.chromium.launch_persistent_context(
            server.folder / "chromium",
            executable_path=executable,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
        )
        sign_in(context.pages[0], home)
        figures = {
            "steps": asked.steps,
            **many(context, home, asked.envs, asked.steps),
            **long(context, home),
        }
        print(json.dumps(figures))
        context.close()
    return 0


def fill(client: httpx.Client, envs: int, steps: int) -> None:
    """Pictures of each run and step, no two the same, and a history of large ones that hardly compress."""
    with ThreadPoolExecutor(2) as pool:
        for step in range(steps):
            images = pool.map(lambda env, step=step: smooth(env, step), range(envs))
            put(client, [(f"run_{env:03}", "val/samples", step, data) for env, data in enumerate(images)])
    rng = np.random.default_rng(0)
    for step in range(steps):
        noise = rng.integers(0, 256, (LARGE_SIDE, LARGE_SIDE, 3), dtype=np.uint8)
        put(client, [("long", "val/large", step, encoded(noise, "PNG"))])


def put(client: httpx.Client, samples: list[tuple[str, str, int, bytes]]) -> None:
    commands = [
        {"do": "sample.put", "env": env, "win": win, "step": step, "index": 0, "image": data}
        for env, win, step, data in samples
    ]
    for start in range(0, len(commands), 20):
        answer = client.post(
            "/api/v1/ingest",
            content=msgpack.packb({"c": commands[start : start + 20]}),
            headers={"Content-Type": "application/msgpack", "Accept": "application/msgpack"},
        )
        answer.raise_for_status()
        refused = msgpack.unpackb(answer.content).get("e")
        if refused:
            raise RuntimeError(f"The server refused pictures: {refused[:2]}")


def smooth(env: int, step: int) -> bytes:
    """What networks draw: soft shapes, other ones in each run and step."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    planes = [
        np.sin(x * (3 + env % 7) + step / 9 + k) * np.cos(y * (2 + step % 5) + env + k) for k in range(3)
    ]
    return encoded(((np.stack(planes, axis=-1) + 1) * 127.5).astype(np.uint8), "JPEG")


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **({"compress_level": 1} if kind == "PNG" else {}))
    return out.getvalue()


def sign_in(page: Page, home: str) -> None:
    page.goto(f"{home}/accounts/login/")
    page.fill("input[name=login]", OWNER)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{home}/")


def many(context: BrowserContext, home: str, envs: int, steps: int) -> dict[str, object]:
    names = [f"{OWNER}/run_{env:03}" for env in range(envs)]
    address = f"{home}/compare?{urlencode([('env', name) for name in names])}"
    page = context.new_page()
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/assets/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    turns = []
    for _ in range(TURNS):
        page.goto(f"{home}/", wait_until="networkidle")
        asked.clear()
        page.goto(address, wait_until="commit")
        turns.append(page.evaluate(SHOWN))
    page.wait_for_load_state("networkidle")
    seen = turns[-1]["seen"]
    asked_for = {url.split("/f/")[1].split("/")[0] for url in asked}
    # Back once, so that what is measured is here; then back and forth over it.
    fetched = []
    for _ in range(min(WALK, steps - 1)):
        page.wait_for_timeout(150)
        fetched.append(page.evaluate(STEP, -1))
    walked = [page.evaluate(STEP, by) for by in (1, -1) for _ in fetched]
    taken = [took for took in walked if took is not None]
    page.close()
    return {
        "envs": envs,
        "first_picture_ms": rounded(statistics.median(turn["first"] for turn in turns)),
        "on_screen_ms": rounded(statistics.median(turn["all"] for turn in turns)),
        "first_picture_cold_ms": rounded(turns[0]["first"]),
        "on_screen_cold_ms": rounded(turns[0]["all"]),
        "cells_on_screen": len(seen),
        "off_screen_requests": max(0, len(asked_for) - len(seen)),
        "step_ms": rounded(statistics.median(taken)),
        "step_most_ms": rounded(max(taken)),
        "step_to_new_ms": rounded(statistics.median([took for took in fetched if took is not None])),
    }


def long(context: BrowserContext, home: str) -> dict[str, object]:
    page = context.new_page()
    wire = context.new_cdp_session(page)
    counted = Bytes(wire)
    wire.send("Network.clearBrowserCache")
    page.goto(f"{home}/w/{OWNER}/env/long", wait_until="commit")
    shown = page.evaluate(SHOWN)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    page.close()
    return {
        "history_side": LARGE_SIDE,
        "history_ms": rounded(shown["all"]),
        "history_mb": round(counted.all / 1e6, 3),
        "history_pictures_mb": round(counted.pictures / 1e6, 3),
    }


class Bytes:
    """What comes over the wire to one page."""

    def __init__(self, wire: CDPSession) -> None:
        self.all = self.pictures = 0
        self._urls: dict[str, str] = {}
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", self._sent)
        wire.on("Network.loadingFinished", self._finished)
        wire.on("Network.webSocketFrameReceived", self._frame)

    def _sent(self, event: dict) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict) -> None:
        self.all += event["encodedDataLength"]
        if "/assets/" in self._urls.get(event["requestId"], ""):
            self.pictures += event["encodedDataLength"]

    def _frame(self, event: dict) -> None:
        self.all += len(event["response"]["payloadData"]) * 3 // 4  # base64


if __name__ == "__main__":
    sys.exit(main())
