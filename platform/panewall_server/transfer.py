"""``panewall-server import-visdom|export|import|backup|restore``: what comes into a data folder, and what leaves it.

All but ``restore`` work while the server runs on the folder: what they write goes the way of all writes, in short
transactions, and the server's pages show it within a second.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.accounts import commands as accounts

if TYPE_CHECKING:
    from apps.accounts.models import User, Workspace
    from panewall_server.conf import Config

WORDS = {"import-visdom", "export", "import", "backup", "restore"}

User_ = Annotated[str, typer.Option("--user", help="As whom.  [default: the owner]")]
Workspace_ = Annotated[
    str, typer.Option("--workspace", help="Into which workspace.  [default: the user's own]")
]


def add_to(app: typer.Typer) -> None:
    app.command("import-visdom")(import_visdom)
    app.command("export")(export)
    app.command("import")(import_archive)
    app.command("backup")(backup)
    app.command("restore")(restore)


def import_visdom(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Such as ~/.visdom.")
    ],
    workspace: Workspace_ = "",
    user: User_ = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also what is here and differs becomes what the files say.")
    ] = False,
    as_json: accounts.Json = False,
    data_dir: accounts.DataDir = None,
) -> None:
    """Bring in the envs and views that a visdom server saved. Doing it again changes nothing that is equal."""
    with accounts.ready(data_dir), closing_committer():
        from apps.visdom import importer
        from apps.visdom.folder import env_files

        person, home = who_and_where(user, workspace)
        folder = folder.expanduser()
        with bar(len(env_files(folder)), "Reading") as step:
            report = importer.import_folder(
                folder, user=person, workspace=home, overwrite=overwrite, progress=lambda _: step(1)
            )
        accounts.tell(as_json, report.as_dict(), in_words(report))
        if report.problems or any(env.problems or env.failed for env in report.envs):
            raise typer.Exit(0 if any(env.new or env.equal or env.renewed for env in report.envs) else 1)


def in_words(report: Any) -> str:
    lines = []
    for env in report.envs:
        parts = [
            f"{len(getattr(env, name))} {word}"
            for name, word in (
                ("new", "new"),
                ("renewed", "renewed"),
                ("equal", "unchanged"),
                ("left", "left"),
            )
            if getattr(env, name)
        ]
        lines.append(f"{env.env}: {', '.join(parts) or 'no windows'}")
        lines += [f"  left {key!r:.80}: {why}" for key, why in env.left.items()]
        lines += [f"  SKIPPED {key!r:.80}: {why}" for key, why in env.failed.items()]
        lines += [f"  SKIPPED {env.file}: {problem}" for problem in env.problems]
    lines += [f"SKIPPED {problem}" for problem in report.problems]
    if report.count("left"):
        lines.append("What was left differs from what is here; --overwrite takes it all the same.")
    new, renewed, equal = (report.count(name) for name in ("new", "renewed", "equal"))
    if not report.envs:
        lines.append("There are no envs in this folder.")
    elif not new and not renewed:
        lines.append(f"Nothing was changed: {equal} windows are here as they are in the files.")
    else:
        lines.append(f"{new} windows came in, {renewed} were renewed, {equal} were here already.")
    return "\n".join(lines)


def export(
    env: Annotated[str, typer.Argument(help="Its name, or workspace/name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; - for standard output.")],
    format: Annotated[
        str,
        typer.Option(help="panewall: everything, to import again. visdom: one JSON file as visdom saves it."),
    ] = "panewall",
    user: User_ = "",
    as_json: accounts.Json = False,
    data_dir: accounts.DataDir = None,
) -> None:
    """Write one env to a file."""
    with accounts.ready(data_dir):
        from apps.accounts.principals import Principal
        from apps.archives import exporting
        from apps.envs import access

        person, _ = who_and_where(user, "")
        found = access.find_env(Principal.of_user(person), env)
        if format not in exporting.forms:
            raise typer.BadParameter("Must be panewall or visdom.", param_hint="--format")
        if str(output) == "-":
            exporting.export(found, sys.stdout.buffer, form=format, user_id=person.pk)
            return
        aside = output.with_name(f"{output.name}.part")
        try:
            with aside.open("wb") as file:
                exporting.export(found, file, form=format, user_id=person.pk)
            aside.replace(output)
        finally:
            aside.unlink(missing_ok=True)
        told = {"env": found.full_name, "format": format, "file": str(output), "bytes": output.stat().st_size}
        accounts.tell(as_json, told, f"Wrote {found.full_name} to {output} ({told['bytes']:,} bytes).")


def import_archive(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `export` wrote.")],
    name: Annotated[str, typer.Option(help="What the env shall be called.  [default: as it was]")] = "",
    workspace: Workspace_ = "",
    user: User_ = "",
    as_json: accounts.Json = False,
    data_dir: accounts.DataDir = None,
) -> None:
    """Bring an env back from a Panewall archive."""
    with accounts.ready(data_dir), closing_committer():
        from apps.accounts.principals import Principal
        from apps.archives import importing

        person, home = who_and_where(user, workspace)
        with file.open("rb") as source, bar(1000, "Reading") as step:
            done = 0

            def progress(part: float) -> None:
                nonlocal done
                step(int(part * 1000) - done)
                done = int(part * 1000)

            made = importing.import_archive(
                source, principal=Principal.of_user(person), workspace=home, name=name, progress=progress
            )
        told = {"env": made.full_name, "windows": made.windows}
        accounts.tell(as_json, told, f"Made the env {made.full_name} with {made.windows} windows.")


def backup(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as panewall.tar.")],
    as_json: accounts.Json = False,
    data_dir: accounts.DataDir = None,
) -> None:
    """Write the whole data folder to one file, while the server runs. It opens every door: keep it closed."""
    with refusals(), bar(1000, "Copying") as step:
        from panewall_server import backups

        done = 0

        def tell(copied: int, of: int) -> None:
            nonlocal done
            now = 1000 * copied // max(1, of)
            step(now - done)
            done = now

        made = backups.back_up(config_of(data_dir), output.expanduser().absolute(), tell=tell)
    accounts.tell(as_json, made, f"Wrote {made['file']} ({made['bytes']:,} bytes, {made['files']} files).")


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put aside what the folder holds already.")
    ] = False,
    as_json: accounts.Json = False,
    data_dir: accounts.DataDir = None,
) -> None:
    """Put a backup into a data folder. Refused while a server uses the folder."""
    with refusals():
        from apps.errors import Conflict
        from panewall_server import backups, serving

        config = config_of(data_dir)
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = serving.hold(config.data_dir)
        if lock is None:
            raise Conflict(f"A server uses the data folder {config.data_dir}. Stop it first.")
        with lock:
            made = backups.restore(config, source.expanduser().absolute(), replace=replace)
    accounts.tell(
        as_json, made, f"Restored {made['data_dir']} as it was at {made['made_at']}. Start the server on it."
    )


# -- What they share


def who_and_where(user: str, workspace: str) -> "tuple[User, Workspace]":
    from apps.accounts import services
    from apps.accounts.models import Workspace
    from apps.errors import NotFound

    person = services.get_user(user) if user else services.owner()
    if person is None:
        raise NotFound("There is no account yet: the first start of the server makes one.")
    if workspace:
        return person, services.get_workspace(workspace)
    own = Workspace.objects.filter(kind=Workspace.Kind.PERSONAL, owner=person).first()
    if own is None:
        raise NotFound(f"{person.username} has no workspace of their own; name one with --workspace.")
    return person, own


def config_of(data_dir: Path | None) -> "Config":
    import os

    if data_dir is not None:
        os.environ["PANEWALL_DATA_DIR"] = str(data_dir)
    from panewall_server.conf import Config

    return Config()


@contextmanager
def refusals() -> Iterator[None]:
    """For commands that need no Django: a refusal becomes one line, as in ``accounts.ready``."""
    from apps.errors import DomainError

    try:
        yield
    except DomainError as refused:
        typer.echo(f"Error: {refused.detail}", err=True)
        raise typer.Exit(1) from None


@contextmanager
def closing_committer() -> Iterator[None]:
    """What was written is committed before the process ends."""
    from apps.windows.write import stop_committer

    try:
        yield
    finally:
        stop_committer()


@contextmanager
def bar(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    with typer.progressbar(length=length, label=label, file=sys.stderr) as shown:
        yield shown.update
