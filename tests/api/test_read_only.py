"""A read-only server answers questions and refuses every write, at every address."""

import pytest

from tests.api.conftest import ENV, refused


@pytest.fixture
def read_only(settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL, "readonly", True)


def test_reading_goes_on_and_me_says_why_writing_does_not(api, cast, read_only):
    owner = api(cast.owner)
    assert owner.get("/api/v1/me").json()["read_only"] is True
    assert owner.get(ENV).status_code == 200
    assert owner.get(f"{ENV}/links").status_code == 200


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("post", "/api/v1/envs"),
        ("patch", ENV),
        ("delete", ENV),
        ("post", f"{ENV}/fork"),
        ("post", f"{ENV}/clear"),
        ("post", f"{ENV}/restore"),
        ("patch", f"{ENV}/windows/loss"),
        ("delete", f"{ENV}/windows/loss"),
        ("post", f"{ENV}/closed-windows/1/restore"),
        ("put", f"{ENV}/layout"),
        ("post", f"{ENV}/views"),
        ("put", f"{ENV}/views/day"),
        ("delete", f"{ENV}/views/day"),
        ("post", f"{ENV}/links"),
        ("delete", f"{ENV}/links/1"),
        ("post", "/api/v1/tokens"),
        ("delete", "/api/v1/tokens/1"),
    ],
)
def test_every_write_is_refused(api, cast, read_only, method, address):
    assert refused(getattr(api(cast.owner), method)(address, {})) == (403, "read_only")
