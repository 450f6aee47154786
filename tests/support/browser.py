"""A real Chromium, driven by Playwright: Debian's, or whatever lies on PATH."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.server import OWNER, PASSWORD, Server

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is not installed: `make chromium` (as root), or `apt-get install chromium`"
# It runs as root in CI, and asks nobody outside for anything.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    executable = find_chromium()
    assert executable, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(
    page: Page, server: Server, *, username: str = OWNER, password: str = PASSWORD, then: str = "/"
) -> None:
    """Sign in by the form, as a person does, and end on the page ``then``."""
    page.goto(f"{server.url}/accounts/login/?next={then}")
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{server.url}{then}")
