"""What the server tells Prometheus, and whom."""

import httpx

from tests.support.server import Server

PROXIED = {"X-Forwarded-For": "192.0.2.1"}


def read(server: Server, headers: dict[str, str] | None = None) -> dict[str, float]:
    answer = httpx.get(f"{server.url}/metrics", headers=headers)
    assert (answer.status_code, answer.headers["content-type"][:24]) == (200, "text/plain; version=0.0.")
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_commands_and_commits_are_counted(server: Server):
    before = read(server)
    commands = [{"do": "env.create", "env": "counted"}, {"do": "nonsense", "env": "counted"}]
    with server.client() as client:
        client.post("/api/v1/ingest", json={"commands": commands}).raise_for_status()
    after = read(server)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown["panewall_commands_total"] == 2
    assert grown["panewall_commands_refused_total"] == 1
    assert grown["panewall_commit_seconds_count"] == 1
    assert after['panewall_commit_seconds_bucket{le="+Inf"}'] == after["panewall_commit_seconds_count"]
    assert after["panewall_batches_waiting"] == 0


def test_from_elsewhere_it_takes_a_token_that_may_do_everything(server: Server):
    def status(**headers: str) -> int:
        return httpx.get(f"{server.url}/metrics", headers=PROXIED | headers).status_code

    assert status() == 401
    assert status(Authorization=f"Bearer {server.token(scope='write')}") == 403
    assert status(Authorization=f"Bearer {server.token()}") == 200
