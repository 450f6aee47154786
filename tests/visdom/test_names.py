"""What an env's name with a slash means on the wire, and that it goes on meaning it."""

import json

import pytest

from tests.visdom.conftest import Wire


@pytest.fixture
def team(server, env):
    """A team of the owner's."""
    name = f"team-{env}"
    server.command("workspace", "create", name, "--manager", "owner")
    return name


def test_a_workspace_of_mine_comes_before_the_slash(wire, team):
    full = f"{team}/run"
    assert wire.say(f"/env/{full}", eid=full) == ""
    assert wire.line("w", [1], eid=full) == "w"
    assert wire.say("/win_exists", win="w", eid=full) == "true"
    listed = json.loads(wire.say("/env_state"))
    assert full in listed
    assert full.replace("/", "_") not in listed
    # What is listed opens what it names.
    assert json.loads(wire.say("/win_data", win="w", eid=full))["id"] == "w"
    # visdom's own rule holds for what comes after.
    assert wire.line("w", [1], eid=f"{team}/a/b") == "w"
    assert f"{team}/a_b" in json.loads(wire.say("/env_state"))


def test_any_other_slash_is_an_underscore(wire, env):
    for name in (f"{env}/run/1", f"/{env}", f"{env}//x"):
        assert wire.line("w", [1], eid=name) == "w"
        assert wire.say("/win_exists", win="w", eid=name.replace("/", "_")) == "true"
        assert wire.append("w", [2], [1], eid=name) == "w"
        assert name.replace("/", "_") in json.loads(wire.say("/env_state"))


def test_a_name_goes_on_meaning_what_it_meant(server, wire, env):
    name = f"later-{env}/run"
    assert wire.line("w", [1], eid=name) == "w"
    server.command("workspace", "create", f"later-{env}", "--manager", "owner")
    assert wire.say("/win_exists", win="w", eid=name) == "true"
    assert wire.append("w", [2], [1], eid=name) == "w"
    assert f"later-{env}_run" in json.loads(wire.say("/env_state"))
    # A name that was never written to means the workspace from now on.
    assert wire.line("w", [1], eid=f"later-{env}/other") == "w"
    assert f"later-{env}/other" in json.loads(wire.say("/env_state"))


def test_one_only_looks_and_nothing_is_settled(server, wire, env):
    name = f"soon-{env}/run"
    assert wire.say("/win_exists", win="w", eid=name) == "false"
    server.command("workspace", "create", f"soon-{env}", "--manager", "owner")
    assert wire.line("w", [1], eid=name) == "w"
    assert name in json.loads(wire.say("/env_state"))


def test_a_token_of_one_workspace_is_at_home_there(server, team, http):
    import httpx

    made = server.command(
        "token", "create", "--user", "owner", "--workspace", team, "--scope", "write", "--name", "t", "--json"
    )
    token = json.loads(made.stdout)["token"]
    with httpx.Client(base_url=server.url, auth=("owner", token)) as client:
        wire = Wire(client, "run")
        assert wire.line("w", [1]) == "w"
        assert json.loads(wire.say("/env_state")) == ["run"]
    with httpx.Client(base_url=server.url, cookies=dict(http.cookies)) as owner:
        assert Wire(owner, f"{team}/run").say("/win_exists", win="w") == "true"
