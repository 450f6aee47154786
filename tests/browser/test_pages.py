"""The server's own pages: they behave as the wall does, without a line of script in their HTML but one."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.server import Server

THEME = (Path(__file__).parents[2] / "templates" / "parts" / "theme.js").read_text(encoding="utf-8")


def test_the_theme_chosen_on_a_page_holds_on_the_wall(owner_page: Page, server: Server):
    owner_page.goto(server.url)
    owner_page.locator("summary[aria-label=Theme]").click()
    owner_page.get_by_role("menuitemradio", name="Dark").click()
    expect(owner_page.locator("html")).to_have_attribute("data-theme", "dark")
    owner_page.goto(f"{server.url}/w/owner/env/main")
    expect(owner_page.locator("html")).to_have_attribute("data-theme", "dark")
    owner_page.get_by_role("button", name="Theme", exact=True).click()
    expect(owner_page.get_by_role("menuitemradio", name="Dark")).to_be_checked()


def test_a_new_token_is_shown_once_and_can_be_copied_and_revoked(owner_page: Page, server: Server):
    owner_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    owner_page.goto(f"{server.url}/settings/tokens")
    owner_page.get_by_label("Name").fill("night shift")
    owner_page.get_by_role("button", name="Make token").click()
    token = owner_page.get_by_label("New token").input_value()
    owner_page.get_by_role("button", name="Copy").click()
    expect(owner_page.get_by_role("button", name="Copied")).to_be_visible()
    assert owner_page.evaluate("navigator.clipboard.readText()") == token

    owner_page.goto(f"{server.url}/settings/tokens")
    expect(owner_page.get_by_label("New token")).to_have_count(0)
    revoke = owner_page.get_by_role("button", name="Revoke night shift")
    owner_page.once("dialog", lambda question: question.dismiss())
    revoke.click()
    expect(revoke).to_be_visible()
    owner_page.once("dialog", lambda question: question.accept())
    revoke.click()
    expect(revoke).to_have_count(0)
    expect(owner_page.get_by_text("The token “night shift” is revoked.")).to_be_visible()


def test_the_slash_key_searches_and_escape_closes_menus(owner_page: Page, server: Server):
    owner_page.goto(server.url)
    owner_page.keyboard.press("/")
    expect(owner_page.get_by_role("searchbox")).to_be_focused()
    account = owner_page.get_by_label("Account of owner")
    account.click()
    owner_page.keyboard.press("ArrowDown")
    expect(owner_page.get_by_role("link", name="Access tokens")).to_be_focused()
    owner_page.keyboard.press("Escape")
    expect(owner_page.get_by_role("link", name="Access tokens")).to_be_hidden()
    expect(account).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/w/owner/env/main"])
def test_signing_out_works_from_every_menu(owner_page: Page, server: Server, path: str):
    owner_page.goto(server.url + path)
    owner_page.get_by_label("Account of owner").first.click()
    owner_page.get_by_role("button", name="Sign out").or_(
        owner_page.get_by_role("menuitem", name="Sign out")
    ).click()
    owner_page.wait_for_url(re.compile("/accounts/login/"))
    owner_page.goto(server.url)
    expect(owner_page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_no_page_has_a_script_or_handler_in_its_html_but_the_choice_of_its_theme(
    owner_page: Page, server: Server
):
    for path in (
        "/",
        "/settings/tokens",
        "/settings/links",
        "/accounts/logout/",
        "/w/owner/env/main",
        "/nowhere",
    ):
        html = owner_page.request.get(server.url + path).text()
        for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", html, re.DOTALL):
            is_plain = "src=" in attributes or 'type="application/json"' in attributes
            assert is_plain or body == THEME, (path, body[:80])
        assert not re.search(r"<[^>]+\son[a-z]+\s*=", html), path
        assert "<style" not in html, path
