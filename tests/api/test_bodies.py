"""Bodies: strict JSON of a bounded size. What a database cannot hold is refused, not a server error."""

import re

import pytest

from tests.api.conftest import ENV, refused

VIEW = f"{ENV}/views/day"


def send(program, raw: bytes, kind: str = "application/json"):
    return program.put(VIEW, raw, content_type=kind)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff\xfe",
        b'{"state": {"a": NaN}}',
        b'{"state": {"a": -Infinity}}',
        b'{"state": {"a": 1e999}}',
        b'{"state": {"a": 9223372036854775808}}',
        b'{"state": {"a": ' + b"9" * 5000 + b"}}",
        b'{"state": {"a": "\\u0000"}}',
        b'{"state": {"\\u0000": 1}}',
        b'{"state": {"a": "\\ud800"}}',
        b'{"state": {"a": ' + b"[" * 200 + b"]" * 200 + b"}}",
        b'{"state": {"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}",
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_what_no_database_holds_is_refused(api, cast, raw):
    assert refused(send(api(cast.owner), raw)) == (400, "parse_error")
    assert refused(api(cast.owner).get(VIEW)) == (404, "not_found")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"5", b"null", b"true"])
def test_a_body_is_a_map(api, cast, raw):
    assert refused(send(api(cast.owner), raw)) == (400, "invalid")


def test_what_a_database_holds_comes_back_as_it_was(api, cast):
    state = {"big": 2**63 - 1, "small": -(2**63), "deep": [[[[1.5, None, True, "ünï ✓ 🎉"]]]], "": {}}
    owner = api(cast.owner)
    assert owner.put(VIEW, {"state": state}).status_code == 201
    assert owner.get(VIEW).json()["state"] == state


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_other_types_than_json_are_refused(api, cast, kind):
    assert refused(send(api(cast.owner), b"state=1", kind)) == (415, "unsupported_media_type")


def test_a_body_over_the_limit_is_refused_unread(api, cast, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "form_bytes", 100)
    response = send(api(cast.owner), b'{"state": {"a": "' + b"x" * 100 + b'"}}')
    assert refused(response) == (413, "too_large")
    assert "form_bytes" in response.json()["detail"]


def test_a_nul_in_an_address_finds_nothing(api, cast):
    assert refused(api(cast.owner).get(f"{ENV}/views/a%00b")) == (404, "not_found")
    assert api(cast.owner).get("/api/v1/envs?search=a%00b").status_code == 400
    assert api(cast.owner).get("/api/v1/envs/team/a%00b").status_code in (400, 404)


def test_an_action_takes_no_body_it_would_ignore(api, wall):
    assert refused(api(wall.owner).post(f"{ENV}/clear", {"windows": ["loss"]})) == (400, "invalid")
    assert api(wall.owner).get(f"{ENV}/windows").json()["count"] == 2


@pytest.mark.parametrize(
    ("method", "address", "body", "field"),
    [
        ("post", "/api/v1/tokens", {"name": "x" * 101}, "name"),
        ("post", "/api/v1/envs", {"name": "x" * 301}, "name"),
        ("post", f"{ENV}/views", {"name": "x" * 201, "state": {}}, "name"),
        ("patch", f"{ENV}/windows/loss", {"title": "x" * 1_000_000}, "title"),
        ("post", f"{ENV}/closed-windows/1/restore", {"as": "x" * 301}, "as"),
    ],
)
def test_a_text_over_its_limit_is_too_large_and_the_limit_is_said(api, cast, method, address, body, field):
    response = getattr(api(cast.owner), method)(address, body)
    assert refused(response) == (413, "too_large")
    assert re.search(r"\d+ characters", response.json()["fields"][field][0])


@pytest.mark.parametrize(
    ("method", "address", "body", "field"),
    [
        ("post", f"{ENV}/closed-windows/restore", {"ids": ["1"]}, "ids"),
        ("patch", ENV, {"colour": "3"}, "colour"),
        ("post", f"{ENV}/snapshots", {"if_changed": "true"}, "if_changed"),
        ("post", "/api/v1/workspaces/team/runs/query", {"limit": "5"}, "limit"),
        ("post", "/api/v1/workspaces/team/runs/query", {"sort": {"column": "name", "descending": 1}}, "sort"),
    ],
)
def test_a_text_is_no_number_and_a_number_no_flag(api, wall, method, address, body, field):
    response = getattr(api(wall.owner), method)(address, body, format="json")
    assert refused(response) == (400, "invalid")
    assert any(name.partition(".")[0] == field for name in response.json()["fields"]), response.json()
