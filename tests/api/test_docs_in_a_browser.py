"""``/api/docs`` in a real Chromium: it shows every operation and can try them, under the strict policy of all pages."""

from playwright.sync_api import Page, expect

from tests.support.server import Server


def test_a_signed_in_person_reads_and_tries_the_api(server: Server, owner_page: Page):
    owner_page.goto(f"{server.url}/api/docs")
    expect(owner_page.locator(".opblock").first).to_be_visible(timeout=20_000)
    assert owner_page.locator(".opblock").count() > 30
    make = owner_page.locator("#operations-envs-create_env")
    make.locator(".opblock-summary-control").click()
    make.get_by_text("Try it out").click()
    make.locator("textarea").first.fill('{"name": "from the docs"}')
    make.locator("button.execute").click()  # sends the session and its CSRF token
    expect(make.locator(".live-responses-table .response-col_status").last).to_contain_text("201")
    expect(make.locator(".live-responses-table")).to_contain_text("from the docs")
