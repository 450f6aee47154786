"""The command line: people, tokens, workspaces, sessions."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from django.utils import timezone
from typer.testing import CliRunner

from apps.accounts import commands, services, tokens
from apps.accounts.durations import parse_expiry
from apps.accounts.models import ApiToken, Membership, User
from apps.errors import Invalid, Unauthorized
from tests.support.cast import Cast

app = typer.Typer()
for _name in ("user", "token", "workspace", "sessions"):
    app.add_typer(getattr(commands, f"{_name}_app"), name=_name)


@pytest.fixture
def run(db, monkeypatch):
    """``run("user", "list")``: what the command prints; ``code`` is what it must end with."""
    monkeypatch.setattr(commands, "set_up", lambda data_dir: None)

    def invoke(*arguments: str, code: int = 0, text: str | None = None):
        done = CliRunner().invoke(app, list(arguments), input=text)
        assert done.exit_code == code, done.output
        if code:
            return done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return invoke


def test_a_person_is_made_with_a_link_or_a_password(run):
    made = run("user", "create", "ann", "--email", "ann@example.org", "--json")
    assert made["username"] == "ann"
    assert services.peek_sign_in_link(made["sign_in_path"].removeprefix("/sign-in/")).username == "ann"
    made = run("user", "create", "bob", "--superuser", "--password-stdin", "--json", text="a wall\n")
    assert made["sign_in_path"] is None
    bob = User.objects.get(username="bob")
    assert bob.check_password("a wall")
    assert bob.is_superuser
    assert [row["username"] for row in run("user", "list", "--json")] == ["ann", "bob"]


def test_a_forgotten_password_is_got_round(run, cast: Cast):
    path = run("user", "sign-in-link", "olive", "--json")["sign_in_path"]
    assert services.use_sign_in_link(path.removeprefix("/sign-in/")) == cast.owner
    assert "no account yet" in run("user", "sign-in-link", code=1)


def test_a_token_is_made_listed_and_revoked(run, cast: Cast):
    made = run(
        *("token", "create", "--user", "mika", "--workspace", "team", "--scope", "read"),
        *("--name", "gpu-3", "--expires", "30d", "--json"),
    )
    assert set(made) == {"token", "id"}
    found = tokens.find_token(made["token"])
    assert (found.pk, found.user, found.workspace, found.scope) == (
        made["id"],
        cast.member,
        cast.team,
        "read",
    )
    assert timedelta(days=29) < found.expires_at - timezone.now() <= timedelta(days=30)
    (row,) = run("token", "list", "--user", "mika", "--json")
    assert (row["name"], row["workspace"], row["revoked_at"]) == ("gpu-3", "team", None)
    assert made["token"] not in run("token", "list")
    run("token", "revoke", str(made["id"]))
    with pytest.raises(Unauthorized):
        tokens.find_token(made["token"])


def test_without_json_the_token_alone_is_printed(run, cast: Cast):
    assert tokens.is_well_formed(run("token", "create", "--user", "mika").strip())


def test_a_token_can_be_revoked_by_itself(run, cast: Cast):
    _, raw = tokens.create_token(user=cast.member, name="x")
    run("token", "revoke", raw)
    assert ApiToken.objects.get().revoked_at is not None


def test_a_team_is_made_and_gets_members(run, cast: Cast):
    run("workspace", "create", "others", "--manager", "olive")
    told = run("workspace", "add-member", "others", "sten", "--role", "viewer", "--json")
    assert told == {"workspace": "others", "user": "sten", "role": "viewer"}
    listed = {row["name"]: row["members"] for row in run("workspace", "list", "--json")}
    assert listed["others"] == {"olive": "manager", "sten": "viewer"}
    run("workspace", "remove-member", "others", "sten")
    assert not Membership.objects.filter(workspace__name="others", user=cast.stranger).exists()


def test_everybody_is_signed_out(run, cast: Cast, as_user):
    as_user(cast.owner)
    assert run("sessions", "end-all", "--json") == {"ended": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "create", "OLIVE"),
        ("user", "create", "a/b"),
        ("token", "create", "--user", "nobody"),
        ("token", "create", "--user", "olive", "--workspace", "nowhere"),
        ("token", "create", "--user", "olive", "--scope", "all"),
        ("token", "create", "--user", "olive", "--expires", "soon"),
        ("token", "create", "--user", "olive", "--expires", "0d"),
        ("token", "revoke", "999"),
        ("workspace", "create", "team"),
        ("workspace", "add-member", "team", "nobody"),
        ("workspace", "add-member", "team", "sten", "--role", "boss"),
    ],
)
def test_a_refusal_is_one_line_and_changes_nothing(run, cast: Cast, arguments):
    before = (User.objects.count(), ApiToken.objects.count(), Membership.objects.count())
    said = run(*arguments, code=1)
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert before == (User.objects.count(), ApiToken.objects.count(), Membership.objects.count())


NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12h", NOW + timedelta(hours=12)),
        ("30d", NOW + timedelta(days=30)),
        ("2w", NOW + timedelta(weeks=2)),
        ("1y", NOW + timedelta(days=365)),
        ("2031-02-03", datetime(2031, 2, 3, tzinfo=UTC)),
        ("2031-02-03T04:05:06+00:00", datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("never", None),
        ("", None),
    ],
)
def test_a_time_is_written_in_several_ways(text, expected):
    assert parse_expiry(text, now=NOW) == expected


@pytest.mark.parametrize("text", ["soon", "-1d", "1.5d", "999999y", "2031-13-01", "30"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(Invalid):
        parse_expiry(text, now=NOW)


def test_a_colleague_is_invited_into_a_team(run, cast: Cast):
    told = run("user", "invite", "nora", "--workspace", "team", "--role", "viewer", "--json")
    assert told["sign_in_path"] in told["address"]
    assert Membership.objects.get(user__username="nora", workspace=cast.team).role == "viewer"
