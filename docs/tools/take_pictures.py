"""Take the pictures of the docs anew, from the demo on a server of its own.

    .venv/bin/python docs/tools/take_pictures.py [seconds of training]

Needs Chromium, as the browser tests do.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.browser import open_chromium, sign_in  # noqa: E402
from tests.support.server import Server  # noqa: E402
from tests.support.waiting import wait_for  # noqa: E402

WALL = ROOT / "docs" / "images" / "wall.png"
SIZE = {"width": 1440, "height": 900}
ENV = "digits_mlp48"


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", environ={"PANEWALL_OWNER": "ada"}).start()
        demo = subprocess.Popen(
            [sys.executable, ROOT / "examples" / "digits.py", "--env", ENV, "--seconds", str(seconds)],
            env=os.environ | {"PANEWALL_SERVER": server.url, "PANEWALL_CREDENTIALS": str(server.credentials)},
        )
        try:
            with open_chromium() as browser:
                page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
                sign_in(page, server, username="ada")
                take_wall(page, server, demo)
        finally:
            demo.kill()
            demo.wait()
            server.stop()


def take_wall(page: Page, server: Server, demo: subprocess.Popen) -> None:
    """The wall at the end of the training, as a page shows it that watched all of it."""
    address = f"{server.url}/w/ada/env/{ENV}"
    wait_for(lambda: page.request.get(address).ok, what="the demo to begin", timeout_s=60)
    page.goto(address)
    expect(page.locator("[data-kind=metric]")).to_have_count(3, timeout=30_000)
    demo.wait()
    expect(page.get_by_text("finished", exact=True)).to_be_visible()
    page.mouse.move(720, 22)
    page.screenshot(path=WALL)
    print(f"{WALL}: {WALL.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
