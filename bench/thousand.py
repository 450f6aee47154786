"""A thousand windows in one env, in Chromium: until they are usable, and what a filter takes. ``python -m bench.thousand``.

Beside the workloads, because visdom has nothing to compare with. Prints a line of JSON with milliseconds; medians and the least.
"""

import json
import shutil
import statistics
import sys

from playwright.sync_api import Page, sync_playwright

from .children import child
from .figures import rounded
from .servers import Server
from .systems import SYSTEMS
from .systems.panewall import OWNER, PASSWORD
from .workloads.opening import BROWSERS, FLAGS

WINDOWS = 1000
POINTS = 200
TURNS = 7
FILTERS = ("1", "^.*7$", "no such title", "")

# From the beginning of the navigation until each pane has its frame and those on screen are drawn.
USABLE = """async (count) => {
  for (;;) {
    const panes = [...document.querySelectorAll('[data-win]')];
    const seen = panes.filter((pane) => {
      const box = pane.getBoundingClientRect();
      return box.top < innerHeight && box.bottom > 0;
    });
    const isDrawn = (pane) => Number(pane.querySelector('[data-drawn-points]')?.dataset.drawnPoints) > 0;
    if (panes.length === count && seen.every(isDrawn)) return performance.now();
    await new Promise(requestAnimationFrame);
  }
}"""

# From a change of the filter until the frame with what is left of it has been handed over to be shown.
FILTER = """async (text) => {
  const field = document.querySelector('#filter');
  const begun = performance.now();
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(null);
  }));
  const took = performance.now() - begun;
  await new Promise((done) => setTimeout(done, 500));
  return took;
}"""


def main() -> int:
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        print("Chromium is not installed: `make chromium`", file=sys.stderr)
        return 1
    with Server(SYSTEMS["panewall"]) as server, sync_playwright() as playwright:
        with child(server, "windows", kind="http", env="wide", count=WINDOWS, points=POINTS) as load:
            load.ask()
        context = playwright.chromium.launch_persistent_context(
            server.folder / "chromium",
            executable_path=executable,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
        )
        print(json.dumps(measured(context.pages[0], f"http://127.0.0.1:{server.site.port}")))
        context.close()
    return 0


def measured(page: Page, home: str) -> dict[str, object]:
    page.goto(f"{home}/accounts/login/")
    page.fill("input[name=login]", OWNER)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{home}/")
    usable = []
    for _ in range(TURNS):
        page.goto(f"{home}/", wait_until="networkidle")
        page.goto(f"{home}/w/{OWNER}/env/wide", wait_until="commit")
        usable.append(page.evaluate(USABLE, WINDOWS))
    filters: dict[str, list[float]] = {text: [] for text in FILTERS}
    for _ in range(TURNS):
        for text in FILTERS:
            filters[text].append(page.evaluate(FILTER, text))
    return {
        "windows": WINDOWS,
        "usable_ms": rounded(statistics.median(usable)),
        "usable_least_ms": rounded(min(usable)),
        "usable_first_ms": rounded(usable[0]),
        "filter_ms": {text: rounded(statistics.median(took)) for text, took in filters.items()},
        "drawn": page.locator("[data-drawn-points]").count(),
    }


if __name__ == "__main__":
    sys.exit(main())
