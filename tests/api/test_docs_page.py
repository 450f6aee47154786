"""``/api/docs`` and ``/api/v1/schema/``: to read and to try, without any other host."""

import re

import pytest


@pytest.fixture
def owner(browser_of, cast):
    return browser_of(cast.owner)


def test_the_page_asks_no_other_host_and_runs_nothing_inline(owner):
    page = owner.get("/api/docs")
    assert page.status_code == 200
    html = page.content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert len(addresses) >= 4
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_its_script_is_a_file_of_its_own(owner):
    html = owner.get("/api/docs").content.decode()
    address = re.findall(r'src="([^"]*script=[^"]*)"', html)[0]
    script = owner.get(address)
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()
    assert "http://" not in script.content.decode().replace("http://www.w3.org", "")


def test_the_document_comes_as_json_or_yaml(owner):
    assert owner.get("/api/v1/schema/").json()["info"]["title"] == "Panewall"
    assert owner.get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi").content.startswith(
        b"openapi:"
    )


def test_the_document_knows_its_ways_in(owner):
    document = owner.get("/api/v1/schema/").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert {"token": []} in document["paths"]["/api/v1/envs"]["get"]["security"]
    assert document["servers"] == [{"url": "/"}]
