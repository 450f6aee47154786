"""A real Chromium, driven by Playwright: Debian's, or whatever lies on PATH.

Its build without windows comes first: it draws and runs the same pages, and takes two thirds of the processor time.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

from tests.support.server import OWNER, PASSWORD, Server

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
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


def note_faults(context: BrowserContext, faults: list[str]) -> None:
    """Write down what no page of ours may do: ask another host, break its own policy, or throw."""

    def request(asked: Request) -> None:
        address = urlsplit(asked.url)
        if address.scheme not in ("data", "blob") and address.hostname not in ("127.0.0.1", "localhost"):
            faults.append(f"a request to another host: {asked.url}")

    def console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(f"a breach of the content security policy: {message.text}")

    context.on("request", request)
    context.on("console", console)
    context.on("weberror", lambda thrown: faults.append(f"an error nobody caught: {thrown.error}"))


def cookies_of_owner(server: Server) -> list[Any]:
    """The owner signed in as by the form, without a browser; once for all tests, unless one of them signs out."""
    kept = server.session
    if kept is None or httpx.get(f"{server.url}/api/v1/me", cookies=kept).status_code != 200:
        with signed_in(server) as client:
            kept = server.session = dict(client.cookies)
    return [{"name": name, "value": value, "url": server.url} for name, value in kept.items()]


@contextmanager
def signed_in(server: Server, *, username: str = OWNER, password: str = PASSWORD) -> Iterator[httpx.Client]:
    """A person signed in by the form, without a browser."""
    with httpx.Client(base_url=server.url, follow_redirects=True, timeout=30) as client:
        secrets = re.findall(
            r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/accounts/login/").text
        )
        said = {"csrfmiddlewaretoken": secrets[0], "login": username, "password": password}
        answer = client.post("/accounts/login/", data=said, headers={"Referer": server.url})
        assert answer.status_code == 200 and answer.url.path == "/", answer.text[:2000]
        yield client


def sign_in(
    page: Page, server: Server, *, username: str = OWNER, password: str = PASSWORD, then: str = "/"
) -> None:
    """Sign in by the form, as a person does, and end on the page ``then``."""
    page.goto(f"{server.url}/accounts/login/?next={then}")
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{server.url}{then}")
