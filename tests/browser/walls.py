"""What tests of walls do over and over: write to an env, open its page, look at a pane."""

from playwright.sync_api import Locator, Page, expect

from tests.browser import content
from tests.support.server import Server

ONLINE = "[data-connection=online]"


def send(server: Server, *commands: dict) -> None:
    with server.client() as client:
        content.send(client, *commands)


def open_env(page: Page, server: Server, env: str, query: str = "") -> None:
    page.goto(f"{server.url}/w/owner/env/{env}{query}")
    expect(page.locator(ONLINE)).to_be_visible()


def pane(page: Page, key: str) -> Locator:
    return page.locator(f'[data-win="{key}"]')
