"""``panewall-server user|token|workspace|sessions …``: the command line's door to people and tokens.

Whoever can run it on the server's machine, as the server's user, may do all of it. It works on the data folder of a
running server: short transactions, and a moved access epoch that the server sees within a second.

Nothing of Django is imported before a command runs, so that ``--help`` answers at once.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.errors import DomainError

user_app = typer.Typer(help="Accounts of people.", no_args_is_help=True)
token_app = typer.Typer(help="API tokens for programs.", no_args_is_help=True)
workspace_app = typer.Typer(help="Workspaces of teams, and who is in them.", no_args_is_help=True)
sessions_app = typer.Typer(help="Who is signed in.", no_args_is_help=True)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", envvar="PANEWALL_DATA_DIR", help="The server's data folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


# -- user


@user_app.command("create")
def user_create(
    username: Annotated[str, typer.Argument(help="Also names the person's own workspace.")],
    email: Annotated[str, typer.Option(help="May be used to sign in.")] = "",
    password: Annotated[
        str, typer.Option(help="Seen by others in the list of processes: prefer the next.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from the first line of input.")
    ] = False,
    superuser: Annotated[bool, typer.Option(help="May do everything, in every workspace.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account. Without a password it gets a one-time sign-in link."""
    with ready(data_dir):
        from apps.accounts import services

        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        user = services.create_user(
            username=username, password=password or None, email=email, is_superuser=superuser
        )
        path = None if user.has_usable_password() else sign_in_path(user)
        tell(
            as_json,
            {**person(user), "sign_in_path": path},
            f"Made the account {user.username}.{sign_in_hint(path)}",
        )


@user_app.command("invite")
def user_invite(
    username: Annotated[str, typer.Argument(help="Also names the person's own workspace.")],
    email: Annotated[str, typer.Option(help="May be used to sign in.")] = "",
    workspace: Annotated[str, typer.Option(help="A team's workspace to let them into.")] = "",
    role: Annotated[str, typer.Option(help="What they may do there: viewer, editor or manager.")] = "editor",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account, let it into a team, and print the address to send: it signs in once, within a day."""
    with ready(data_dir):
        from django.conf import settings

        from apps.accounts import services

        team = services.get_workspace(workspace) if workspace else None
        user = services.create_user(username=username, password=None, email=email)
        if team is not None:
            services.add_member(workspace=team, user=user, role=role)
        path = sign_in_path(user)
        address = f"{settings.PANEWALL.public_url}{path}"
        where = "" if settings.PANEWALL.public_url else ", below the server's address"
        tell(
            as_json,
            {**person(user), "workspace": workspace or None, "sign_in_path": path, "address": address},
            f"Made the account {user.username}. Send them this, good once within a day{where}: {address}",
        )


@user_app.command("list")
def user_list(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List the accounts."""
    with ready(data_dir):
        from apps.accounts.models import User

        tell_all(as_json, [person(user) for user in User.objects.order_by("username")])


@user_app.command("sign-in-link")
def user_sign_in_link(
    username: Annotated[str, typer.Argument(help="Whom it signs in; default: the owner.")] = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make a link that signs somebody in once, within a day: for a forgotten password."""
    with ready(data_dir):
        from apps.accounts import services
        from apps.errors import NotFound

        user = services.get_user(username) if username else services.owner()
        if user is None:
            raise NotFound("There is no account yet: the first start of the server makes one.")
        path = sign_in_path(user)
        tell(as_json, {"username": user.username, "sign_in_path": path}, sign_in_hint(path).strip())


# -- token


@token_app.command("create")
def token_create(
    user: Annotated[str, typer.Option(help="Whose rights it carries.")],
    workspace: Annotated[str, typer.Option(help="The only workspace it opens.")] = "",
    scope: Annotated[str, typer.Option(help="read, write or admin.")] = "write",
    name: Annotated[str, typer.Option(help="What its owner knows it by.")] = "made on the command line",
    expires: Annotated[str, typer.Option(help="12h, 30d, 1y, a date, or never.")] = "never",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make a token. It is printed this once."""
    with ready(data_dir):
        from django.utils import timezone

        from apps.accounts import services, tokens
        from apps.accounts.durations import parse_expiry

        token, raw = tokens.create_token(
            user=services.get_user(user),
            name=name,
            scope=scope,
            workspace=services.get_workspace(workspace) if workspace else None,
            expires_at=parse_expiry(expires, now=timezone.now()),
        )
        tell(as_json, {"token": raw, "id": token.pk}, raw)


@token_app.command("list")
def token_list(
    user: Annotated[str, typer.Option(help="Only this person's.")] = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List the tokens, without their secrets."""
    with ready(data_dir):
        from apps.accounts import services
        from apps.accounts.models import ApiToken

        tokens = ApiToken.objects.select_related("user", "workspace")
        if user:
            tokens = tokens.filter(user=services.get_user(user))
        tell_all(
            as_json,
            [
                {
                    "id": token.pk,
                    "user": token.user.username,
                    "name": token.name,
                    "hint": token.hint,
                    "scope": token.scope,
                    "workspace": token.workspace.name if token.workspace else None,
                    "expires_at": token.expires_at,
                    "last_used_at": token.last_used_at,
                    "revoked_at": token.revoked_at,
                }
                for token in tokens
            ],
        )


@token_app.command("revoke")
def token_revoke(
    token: Annotated[str, typer.Argument(help="Its id or hint (see list), or the token itself.")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Stop a token. A running server refuses it within a second."""
    with ready(data_dir):
        from apps.accounts import tokens
        from apps.accounts.models import ApiToken
        from apps.errors import NotFound

        if token.isdecimal():
            found = ApiToken.objects.filter(pk=token)
        else:
            found = ApiToken.objects.filter(hint=token[: tokens.HINT_CHARS])
        row = found.first()
        if row is None:
            raise NotFound("There is no such token: `token list` shows their ids.")
        tokens.revoke_token(token=row)
        tell(as_json, {"id": row.pk, "revoked_at": row.revoked_at}, f"Revoked {row}.")


# -- workspace


@workspace_app.command("create")
def workspace_create(
    name: Annotated[str, typer.Argument()],
    manager: Annotated[str, typer.Option(help="Its first member, who may manage it.")] = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make a team's workspace."""
    with ready(data_dir):
        from apps.accounts import services

        user = services.get_user(manager) if manager else None
        workspace = services.create_team(name=name, manager=user)
        tell(as_json, {"id": workspace.pk, "name": workspace.name}, f"Made the workspace {workspace.name}.")


@workspace_app.command("add-member")
def workspace_add_member(
    workspace: Annotated[str, typer.Argument()],
    user: Annotated[str, typer.Argument()],
    role: Annotated[str, typer.Option(help="viewer, editor or manager.")] = "editor",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Let somebody into a workspace, or change their role in it."""
    with ready(data_dir):
        from apps.accounts import services

        member = services.add_member(
            workspace=services.get_workspace(workspace), user=services.get_user(user), role=role
        )
        told = {"workspace": member.workspace.name, "user": member.user.username, "role": member.role}
        tell(as_json, told, f"{told['user']} is {told['role']} in {told['workspace']}.")


@workspace_app.command("remove-member")
def workspace_remove_member(
    workspace: Annotated[str, typer.Argument()],
    user: Annotated[str, typer.Argument()],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Take somebody out of a workspace. What they wrote stays."""
    with ready(data_dir):
        from apps.accounts import services

        found, person_ = services.get_workspace(workspace), services.get_user(user)
        services.remove_member(workspace=found, user=person_)
        told = {"workspace": found.name, "user": person_.username}
        tell(as_json, told, f"{person_.username} is no longer in {found.name}.")


@workspace_app.command("list")
def workspace_list(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List the workspaces and their members."""
    with ready(data_dir):
        from apps.accounts.models import Workspace

        tell_all(
            as_json,
            [
                {
                    "id": workspace.pk,
                    "name": workspace.name,
                    "kind": workspace.kind,
                    "members": {member.user.username: member.role for member in workspace.memberships.all()},
                }
                for workspace in Workspace.objects.prefetch_related("memberships__user")
            ],
        )


# -- sessions


@sessions_app.command("end-all")
def sessions_end_all(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Sign everybody out of every browser. Tokens go on working."""
    with ready(data_dir):
        from apps.accounts import services

        ended = services.end_all_sessions()
        tell(as_json, {"ended": ended}, f"Ended {ended} sessions.")


# -- What they share


def set_up_django(data_dir: Path | None) -> None:
    """Load the settings for this data folder, and bring its database up to date if it is not."""
    if data_dir is not None:
        os.environ["PANEWALL_DATA_DIR"] = str(data_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panewall_server.settings")
    import django

    django.setup()
    from apps.accounts.migrating import migrate_if_behind

    migrate_if_behind()


# The server's command line may put its own set-up here when it mounts the commands.
set_up: Callable[[Path | None], None] = set_up_django


@contextmanager
def ready(data_dir: Path | None) -> Iterator[None]:
    """Django set up; a refusal becomes one line on standard error and exit code 1."""
    try:
        set_up(data_dir)
        yield
    except DomainError as refused:
        typer.echo(f"Error: {refused.detail}", err=True)
        raise typer.Exit(1) from None


def tell(as_json: bool, data: dict[str, Any], words: str) -> None:
    typer.echo(json.dumps(data, default=written) if as_json else words)


def tell_all(as_json: bool, rows: list[dict[str, Any]]) -> None:
    """Rows as JSON, or as a table with the keys as its head."""
    if as_json:
        typer.echo(json.dumps(rows, default=written))
        return
    if not rows:
        typer.echo("There are none.")
        return
    lines = [list(rows[0])] + [[cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def cell(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key} ({inner})" for key, inner in value.items()) or "-"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def person(user: Any) -> dict[str, Any]:
    return {
        "id": user.pk,
        "username": user.username,
        "email": user.email,
        "is_superuser": user.is_superuser,
        "is_active": user.is_active,
    }


def sign_in_path(user: Any) -> str:
    from django.conf import settings

    from apps.accounts import services

    return f"{settings.PANEWALL.base_url}/sign-in/{services.create_sign_in_link(user=user)}"


def sign_in_hint(path: str | None) -> str:
    return f" Sign in once, within a day, at the server's address with {path}" if path else ""
