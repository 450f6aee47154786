"""Envs and windows as files over REST and on the command line, on a running server."""

import csv
import io
import json
import zipfile

import httpx
import pytest

from tests.port.conftest import line, send, show_picture
from tests.support.waiting import wait_for


def export(program: httpx.Client, env: str, **params: str) -> httpx.Response:
    return program.get(f"/api/v1/envs/owner/{env}/export", params=params)


def fill(program: httpx.Client, env: str) -> None:
    send(
        program,
        line(env, [1, None, 3], win="loss", make={"title": "Loss </script><script>alert(1)</script>"}),
        {"do": "text.append", "env": env, "win": "notes", "text": "<b>x</b>"},
        {
            "do": "window.put",
            "env": env,
            "win": "heat",
            "kind": "plot",
            "traces": [{"type": "heatmap", "x": ["a", "b"], "y": ["r"], "z": [[1, 2]]}],
        },
    )
    show_picture(program, env, "picture", "teal")


def window(program: httpx.Client, env: str, win: str, form: str) -> httpx.Response:
    return program.get(f"/api/v1/envs/owner/{env}/export", params={"win": win, "format": form})


def state(program: httpx.Client, job: int) -> str:
    return program.get(f"/api/v1/jobs/{job}").json()["state"]


def test_an_env_goes_out_and_comes_in_by_a_job(program, env):
    fill(program, env)
    answer = export(program, env)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    made = program.post(
        "/api/v1/workspaces/owner/imports", params={"name": f"{env}-copy"}, content=answer.content
    )
    assert made.status_code == 202
    wait_for(lambda: state(program, made.json()["job"]) == "done", what="the import")
    one, two = (export(program, name, format="visdom").json() for name in (env, f"{env}-copy"))
    assert one == two
    assert list(one["jsons"]) == ["loss", "notes", "heat", "picture"]


def test_a_bad_archive_fails_with_words_and_leaves_nothing(program, env):
    made = program.post("/api/v1/workspaces/owner/imports", params={"name": env}, content=b"hello")
    assert made.status_code == 202
    job = made.json()["job"]
    wait_for(lambda: state(program, job) == "failed", what="the import to fail")
    assert "no archive" in program.get(f"/api/v1/jobs/{job}").json()["detail"]
    assert program.get(f"/api/v1/envs/owner/{env}").status_code == 404


def test_who_may_not_sees_no_file_and_sends_none(server, program, env):
    fill(program, env)
    with server.client(scope="read") as reader:
        assert export(reader, env).status_code == 200
        assert reader.post("/api/v1/workspaces/owner/imports", content=b"x").status_code == 403
    assert httpx.get(f"{server.url}/api/v1/envs/owner/{env}/export").status_code == 401
    assert export(program, "no-such-env").status_code == 404
    assert export(program, env, format="tar").status_code == 400
    assert program.post("/api/v1/workspaces/nobody/imports", content=b"x").status_code == 404


def test_the_command_line_writes_and_reads_files(server, program, env, tmp_path):
    fill(program, env)
    file, visdom = tmp_path / "run.zip", tmp_path / "run.json"
    told = json.loads(server.command("export", f"owner/{env}", "--output", str(file), "--json").stdout)
    assert (told["bytes"], told["format"]) == (file.stat().st_size, "panewall")
    made = json.loads(server.command("import", str(file), "--name", f"{env}-b", "--json").stdout)
    assert made == {"env": f"owner/{env}-b", "windows": 4}
    server.command("export", f"{env}-b", "--output", str(visdom), "--format", "visdom")
    assert json.loads(visdom.read_text()) == export(program, env, format="visdom").json()


def test_the_command_line_refuses_in_one_line(server, program, env, tmp_path):
    fill(program, env)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"hello")
    for words in (
        ["import", str(bad)],
        ["export", "owner/none", "--output", str(tmp_path / "x")],
    ):
        done = server.command(*words, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"]


def test_a_plot_is_a_page_of_its_own(program, env):
    fill(program, env)
    answer = window(program, env, "loss", "html")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Plotly.newPlot" in answer.text
    assert "<script>alert(1)" not in answer.text
    assert 'src="http' not in answer.text


def test_a_window_as_json_and_as_a_table(program, env):
    fill(program, env)
    assert window(program, env, "notes", "json").json()["content"] == "<b>x</b>"
    table = list(csv.DictReader(io.StringIO(window(program, env, "loss", "csv").text)))
    assert [(row["trace"], row["x"], row["y"]) for row in table] == [
        ("t", "0.0", "1.0"),
        ("t", "1.0", ""),
        ("t", "2.0", "3.0"),
    ]
    heat = list(csv.DictReader(io.StringIO(window(program, env, "heat", "csv").text)))
    assert [(row["x"], row["y"], row["z"]) for row in heat] == [("a", "r", "1"), ("b", "r", "2")]


@pytest.mark.parametrize(("win", "form"), [("notes", "html"), ("picture", "html"), ("notes", "csv")])
def test_what_a_window_is_not_it_is_not_made_into(program, env, win, form):
    fill(program, env)
    answer = window(program, env, win, form)
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_kind")


def test_a_large_env_streams_while_it_is_made(server, program, env):
    """The first bytes come before the last window was read, and a reader who goes away ends the making."""
    send(program, *(line(env, list(range(20_000)), win=f"w{n}") for n in range(12)))
    with program.stream("GET", f"/api/v1/envs/owner/{env}/export") as answer:
        assert next(answer.iter_raw(1024))
    answer = export(program, env)
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert "Traceback" not in server.log
