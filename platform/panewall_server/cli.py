"""``panewall-server``: serve, and the commands for people, tokens and workspaces. Other words go to Django's command line
(``panewall-server check``, ``migrate`` …)."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from apps.accounts import commands as accounts
from panewall_server import transfer, visdom_options

if TYPE_CHECKING:
    from panewall_server.conf import Config

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panewall_server.settings")

app = typer.Typer(
    help="Panewall: a team's wall of live windows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.user_app, name="user")
app.add_typer(accounts.token_app, name="token")
app.add_typer(accounts.workspace_app, name="workspace")
app.add_typer(accounts.sessions_app, name="sessions")
transfer.add_to(app)

#: Words of ours; any other first word is a Django command.
OURS = {"serve", "worker", "beat", "doctor", "user", "token", "workspace", "sessions", *transfer.WORDS}


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.  [default: 8097]")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(envvar="PANEWALL_DATA_DIR", help="Database, files and keys.")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Path prefix, such as /wall.")] = None,
    readonly: Annotated[bool, typer.Option("--readonly", help="Refuse every write at every door.")] = False,
    bind_local: Annotated[bool, typer.Option("--bind-local", help="The same as --host 127.0.0.1.")] = False,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error.  [default: info]")
    ] = None,
    open_local: Annotated[
        bool,
        typer.Option("--open-local", help="Let visdom programs on this machine in without a login."),
    ] = False,
    server: Annotated[str, typer.Option(help="daphne, or uvicorn where it is installed.")] = "daphne",
) -> None:
    """Start the server, and print one line once it answers."""
    options = {
        "HOST": "127.0.0.1" if bind_local else host,
        "PORT": port,
        "DATA_DIR": data_dir,
        "BASE_URL": base_url,
        "READONLY": readonly or None,
        "LOG_LEVEL": log_level,
        "OPEN_LOCAL": open_local or None,
    }
    for name, value in options.items():
        if value is not None:
            os.environ[f"PANEWALL_{name}"] = str(value)
    if server not in ("daphne", "uvicorn"):
        raise typer.BadParameter("Must be daphne or uvicorn.", param_hint="--server")
    from panewall_server import serving

    kind: Literal["daphne", "uvicorn"] = "uvicorn" if server == "uvicorn" else "daphne"
    raise typer.Exit(serving.serve(kind))


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, help="Processes that work.")] = 2,
) -> None:
    """Do the work off the request path, in a cluster. (A server on its own does it in threads.)"""
    _celery("worker", "--pool", "prefork", "--concurrency", str(concurrency))


@app.command()
def beat() -> None:
    """Ask for the work that is due now and then, in a cluster. Run one."""
    _celery("beat", "--schedule", str(_cluster().data_dir / "schedule"), "--pidfile", "")


def _celery(*words: str) -> None:
    config = _cluster()
    from panewall_server import celery_app

    celery_app.start([*words, "--loglevel", config.log_level])


def _cluster() -> "Config":
    from panewall_server.conf import Config

    config = Config()
    if config.is_embedded:
        typer.echo(
            "panewall-server: this is for clusters; set PANEWALL_REDIS_URL and PANEWALL_DATABASE_URL. A server on its own"
            " works in threads.",
            err=True,
        )
        raise typer.Exit(2)
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return config


@app.command()
def doctor(
    data_dir: accounts.DataDir = None,
    as_json: accounts.Json = False,
) -> None:
    """Print every setting, and check that the server could start with them."""
    if data_dir is not None:
        os.environ["PANEWALL_DATA_DIR"] = str(data_dir)
    from panewall_server import checks

    settings, problems = checks.examine()
    if as_json:
        typer.echo(json.dumps({"settings": settings, "problems": problems}))
    else:
        for name, value in settings.items():
            typer.echo(f"{name:24} {value}")
        for problem in problems:
            typer.echo(f"PROBLEM: {problem}", err=True)
        if not problems:
            typer.echo("All is well.")
    raise typer.Exit(1 if problems else 0)


def main() -> None:
    words = sys.argv[1:]
    if words and words[0] == "serve":
        translated, notes = visdom_options.translate(words[1:])
        for note in notes:
            typer.echo(f"panewall-server: {note}", err=True)
        app(args=["serve", *translated])
    if words and not words[0].startswith("-") and words[0] not in OURS:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    else:
        app()
