"""A brake for runaway scripts: so many requests a minute, for each token or person on its own."""

from tests.api.conftest import refused


def test_a_runaway_token_is_told_when_to_come_back_and_others_go_on(api, cast, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "api_per_minute", 3)
    runaway, other = api(cast.owner), api(cast.owner)
    answers = [runaway.get("/api/v1/me") for _ in range(8)]  # over a minute's turn: four go in each, at most
    slowed = answers[-1]
    assert refused(slowed) == (429, "throttled")
    assert 1 <= int(slowed["Retry-After"]) <= 60
    assert other.get("/api/v1/me").status_code == 200


def test_making_secrets_is_slower_than_reading(api, cast, settings, monkeypatch):
    monkeypatch.setattr(settings.PANEWALL.limits, "secrets_per_minute", 1)
    owner = api(cast.owner)
    answers = [owner.post("/api/v1/tokens", {"name": "x"}).status_code for _ in range(4)]
    assert answers[0] == 201
    assert 429 in answers
    assert owner.get("/api/v1/tokens").status_code == 200
