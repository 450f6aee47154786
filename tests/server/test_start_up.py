"""``panewall-server serve``: each option does what it says, on a real process; visdom's start scripts go on working."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from panewall_server import checks, visdom_options
from panewall_server.conf import Config
from tests.conftest import StartServer
from tests.support.server import Server
from tests.support.waiting import wait_for

HOME = Path(__file__).parent.parent / "port" / "visdom_home"
ROOT = Path(__file__).parent.parent.parent


def serve(server: Server, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected to give up at once."""
    return subprocess.run(
        [*server.program, "serve", *arguments],
        env={**server.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_options_say_where_the_server_listens_and_what_it_logs(start_server: StartServer, tmp_path: Path):
    """Base URL, data folder, log level, and a module of its own to run."""
    folder = tmp_path / "elsewhere"
    server = start_server(
        is_first=True,
        arguments=(
            "--base-url",
            "/wall",
            "--data-dir",
            str(folder),
            "--log-level",
            "ERROR",
            "--bind-local",
            "--open-local",
        ),
    )
    assert server.url == f"http://127.0.0.1:{server.port}/wall"
    assert (folder / "panewall.sqlite3").exists()
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").status_code == 404
    assert server.log == f"Panewall is ready at {server.url}\n"  # a warning is less than an error


def test_commands_on_a_new_folder_take_turns_with_the_server_that_starts(tmp_path: Path):
    """As a start script does: the server in the background, and at once a token for a program."""
    server = Server(tmp_path / "new")
    command = [*server.program, "user", "list", "--json"]
    others = [
        subprocess.Popen(
            command, env=server.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        server.start()
        answers = [other.communicate(timeout=60) for other in others]
        assert [other.returncode for other in others] == [0, 0], answers
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    finally:
        server.stop()


def test_a_read_only_server_shows_and_refuses(start_server: StartServer):
    server = start_server()
    with server.client() as program:
        command = {"do": "text.append", "env": "run", "win": "a", "text": "x"}
        assert program.post("/api/v1/ingest", json={"commands": [command]}).status_code == 200
        server.stop()
        server.arguments = ("--readonly",)
        server.start()
        assert program.post("/api/v1/ingest", json={"commands": [command]}).json()["code"] == "read_only"
        for path, body in (("snapshots", {"name": "x"}), ("clear", {})):
            assert program.post(f"/api/v1/envs/owner/run/{path}", json=body).json()["code"] == "read_only"
        imports = program.post("/api/v1/workspaces/owner/imports", content=b"x")
        assert imports.json()["code"] == "read_only"
        assert program.get("/api/v1/envs/owner/run/export").status_code == 200


def test_runs_tables_that_are_slow_at_first_are_loaded_at_the_start(start_server: StartServer):
    server = start_server(arguments=("--log-level", "debug"))
    # None is crowded here; tests/runs has those that are.
    wait_for(lambda: "runs tables loaded ahead: 0" in server.log, what="tables to be looked for")


def test_start_scripts_of_visdom_start_this_server(start_server: StartServer, tmp_path: Path):
    """Options in visdom's spelling are taken or explained; the folder it wrote is offered once, and left alone."""
    home = tmp_path / "home"
    shutil.copytree(HOME, home / ".visdom")
    before = sorted(path.read_bytes() for path in home.rglob("*.json"))
    words = (
        "-base_url",
        "/plots",
        "-logging_level",
        "30",
        "-eager_data_loading",
        "-env_path",
        "/tmp/x",
        "-enable_login",
    )
    server = start_server(is_first=True, arguments=words, environ={"HOME": str(home)})
    assert server.url.endswith("/plots")
    for note in ("-eager_data_loading is not needed", "import-visdom /tmp/x", "-enable_login is not needed"):
        assert note in server.log
    offer = (
        "There are 2 envs of visdom in ~/.visdom. To bring them in: panewall-server import-visdom ~/.visdom\n"
    )
    assert server.log.count(offer) == 1
    with server.client() as program:
        assert program.get("/api/v1/envs").json()["count"] == 1
    assert sorted(path.read_bytes() for path in home.rglob("*.json")) == before
    server.stop()
    server.start()
    assert server.log.count(offer) == 1


def test_the_open_door_is_an_option_with_a_warning(start_server: StartServer):
    server = start_server(arguments=("--open-local",))
    assert "--open-local: any program on this machine" in server.log


def test_help_names_every_option():
    done = subprocess.run(
        [sys.executable, "-m", "panewall_server", "serve", "--help"],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "TERM": "dumb", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    page = (ROOT / "docs" / "admin.md").read_text()
    for option in (
        *("--host", "--port", "--data-dir", "--base-url", "--readonly", "--bind-local"),
        *("--log-level", "--open-local", "--server"),
    ):
        assert option in done.stdout, option
        assert f"`{option}" in page, f"docs/admin.md says nothing of {option}"


@pytest.mark.parametrize(
    ("words", "ours", "notes"),
    [
        (["-port", "9000"], ["--port", "9000"], 0),
        (["-port=9000", "-readonly"], ["--port=9000", "--readonly"], 0),
        (["--port", "9000", "--host", "::1"], ["--port", "9000", "--host", "::1"], 0),
        (["--base_url", "/x", "-bind_local"], ["--base-url", "/x", "--bind-local"], 0),
        (["-logging_level", "INFO"], ["--log-level", "INFO"], 0),
        (["--hostname", "h", "-env_path=/e", "-force_new_cookie"], [], 3),
        (["-eager_data_loading", "-use_frontend_client_polling"], [], 2),
    ],
)
def test_visdoms_words_and_ours(words: list[str], ours: list[str], notes: int):
    translated, told = visdom_options.translate(words)
    assert (translated, len(told)) == (ours, notes)


@pytest.mark.parametrize(
    ("word", "level"), [("INFO", "info"), ("10", "debug"), ("Warn", "warning"), ("critical", "error")]
)
def test_log_levels_in_other_words(word: str, level: str):
    assert Config(log_level=word).log_level == level


@pytest.mark.parametrize(
    "arguments", [["--log-level", "loud"], ["--port", "99999"], ["--base-url", "wall"], ["--nonsense"]]
)
def test_an_option_that_cannot_be_is_named(server: Server, arguments: list[str]):
    refused = serve(server, *arguments)
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert arguments[0].strip("-").replace("-", "_").split("_")[0] in refused.stderr.lower()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused_with_advice(monkeypatch, tmp_path: Path, kind: str):
    """SQLite loses data there; PostgreSQL does not mind."""
    monkeypatch.setattr(checks, "file_system", lambda folder: kind)
    [problem] = checks.problems(Config(data_dir=tmp_path))
    assert kind in problem
    assert "--data-dir" in problem
    assert "PANEWALL_DATABASE_URL" in problem
    assert checks.problems(Config(data_dir=tmp_path, database_url="postgresql://x/y")) == []


def test_the_file_system_of_a_folder_is_read_from_the_mounts(monkeypatch, tmp_path: Path):
    mounts = "/dev/sda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n//nas/my\\040data /mnt/my\\040data cifs rw 0 0\n"
    monkeypatch.setattr(checks.Path, "read_text", lambda self, *_: mounts)
    assert checks.file_system(Path("/home/ann/data")) == "nfs4"
    assert checks.file_system(Path("/mnt/my data/x")) == "cifs"
    assert checks.file_system(Path("/homework")) == "ext4"


# --- a whole folder in a file, and back


@pytest.fixture
def filled(start_server: StartServer) -> Server:
    server = start_server()
    with server.client() as program:
        command = {"do": "trace.append", "env": "run", "win": "w", "trace": "t", "y": [1, 2, 3]}
        assert program.post("/api/v1/ingest", json={"commands": [command]}).status_code == 200
    return server


def test_a_backup_of_a_running_server_brings_everything_back(
    filled: Server, start_server: StartServer, tmp_path: Path
):
    file = tmp_path / "wall.tar"
    token = filled.token()
    told = json.loads(filled.command("backup", str(file), "--json").stdout)
    assert told["bytes"] == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["wall.tar"]
    running = filled.command("restore", str(file), check=False)
    assert (running.returncode, "Stop it first" in running.stderr) == (1, True)
    folder = tmp_path / "restored"
    filled.command("restore", str(file), "--data-dir", str(folder))
    taken = filled.command("restore", str(file), "--data-dir", str(folder), check=False)
    assert (taken.returncode, "--replace" in taken.stderr) == (1, True)
    filled.command("restore", str(file), "--data-dir", str(folder), "--replace")
    assert list(folder.glob("panewall.sqlite3.before-*"))
    server = start_server(arguments=("--data-dir", str(folder)), environ={"PANEWALL_DATA_DIR": str(folder)})
    answer = httpx.get(
        f"{server.url}/api/v1/envs/owner/run/traces/0/data?win=w",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.json()["columns"]["y"] == [1, 2, 3]


def test_what_is_no_backup_is_refused(filled: Server, tmp_path: Path):
    file, empty = tmp_path / "wall.tar", tmp_path / "empty"
    filled.command("backup", str(file))
    again = filled.command("backup", str(file), check=False)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    whole = file.read_bytes()
    for name, data in {
        "text": b"hello",
        "cut": whole[: len(whole) // 2],
        "damaged": whole.replace(b"SQLite format 3", b"SQLite format 4"),
    }.items():
        bad = tmp_path / name
        bad.write_bytes(data)
        refused = filled.command("restore", str(bad), "--data-dir", str(empty), check=False)
        assert (refused.returncode, refused.stderr.startswith("Error: ")) == (1, True), (name, refused.stderr)
        assert not (empty / "panewall.sqlite3").exists()
