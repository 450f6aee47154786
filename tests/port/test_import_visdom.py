"""What visdom saved comes in: a folder that visdom 0.2.4 wrote (``visdom_home``), and folders of other ages and states."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from apps.accounts import services
from apps.accounts.models import Workspace
from apps.accounts.principals import Principal
from apps.envs.models import Env, PaneLayout, View
from apps.visdom.importer import import_folder
from apps.windows import figures
from apps.windows.models import Trace, Window
from apps.windows.objects import env_objects, window_object
from apps.windows.selectors import read_trace
from apps.windows.write import stop_committer, write
from tests.support.server import Server

HOME = Path(__file__).parent / "visdom_home"
RUN = "digits_run 1"
in_process = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


class Team:
    """A workspace, who manages it, and what they do there."""

    def __init__(self) -> None:
        self.ann = services.create_user(username="ann")
        self.workspace = services.create_team(name="team", manager=self.ann)

    def run(self, folder: Path, **more: Any) -> dict[str, Any]:
        report = import_folder(folder, user=self.ann, workspace=self.workspace, **more)
        return {env.file: asdict(env) for env in report.envs} | {"problems": report.problems}

    def send(self, *commands: dict) -> None:
        assert write(Principal.of_user(self.ann), list(commands)) == [None] * len(commands)

    def content(self, win: str, env: str = RUN) -> Any:
        window = Window.objects.living().get(env__name=env, env__workspace=self.workspace, key=win)
        return window_object(window)["content"]


@pytest.fixture
def team(transactional_db):
    yield Team()
    stop_committer()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return shutil.copytree(HOME, tmp_path / "visdom")


def without_passing(obj: dict) -> dict:
    return {k: v for k, v in obj.items() if k not in ("contentID", "version", "i", "store_history")}


def test_a_real_folder_comes_in_while_the_server_runs(server: Server, program: httpx.Client, watch):
    server.command("workspace", "create", "moved", "--manager", "owner")
    done = server.command("import-visdom", str(HOME), "--workspace", "moved", "--json")
    report = {env["file"]: env for env in json.loads(done.stdout)["envs"]}
    assert [len(report[name]["new"]) for name in (f"{RUN}.json", "main.json")] == [14, 1]
    page = watch(f"moved/{RUN}")
    assert {look["key"] for look in page.windows.values()} == set(report[f"{RUN}.json"]["new"])
    words = server.command("import-visdom", str(HOME), "--workspace", "moved").stdout
    assert "Nothing was changed: 15 windows are here as they are in the files." in words
    url = f"/api/v1/envs/moved/{quote(RUN)}/export"
    exported = program.get(url, params={"format": "visdom"}).json()
    assert list(exported["jsons"]) == report[f"{RUN}.json"]["new"]
    assert set(exported["reload"]) == {"loss", "gaps", "picture"}


@in_process
def test_every_window_is_as_the_file_says(team):
    saved = json.loads((HOME / f"{RUN}.json").read_text())["jsons"]
    report = team.run(HOME)[f"{RUN}.json"]
    assert (report["new"], report["failed"], report["problems"]) == (list(saved), {}, [])
    env = Env.objects.get(name=RUN)
    here = dict(env_objects(env))
    assert list(here) == list(saved)
    for key, obj in saved.items():
        if obj["type"] == "plot":  # in the words of today's plotly
            obj["content"]["data"] = [figures.upgrade_trace(trace) for trace in obj["content"]["data"]]
        assert without_passing(here[key]) == without_passing(obj), key


@in_process
def test_views_and_positions_come_along(team):
    assert team.run(HOME)[f"{RUN}.json"]["views"] == ["two on top"]
    view = View.objects.get(env__name=RUN, name="two on top").state
    assert view["layout"]["gaps"] == {"x": 0, "y": 0, "w": 5, "h": 8}
    assert view["layout"]["loss"] == {"x": 5, "y": 0, "w": 5, "h": 8}
    layout = PaneLayout.objects.get(env__name=RUN, user=team.ann).layout
    assert layout["loss"] == {"x": 0, "y": 0, "w": 5, "h": 8}
    assert layout["picture"]["y"] == 8


@in_process
def test_a_second_run_changes_nothing(team):
    team.run(HOME)
    before = list(Window.objects.order_by("pk").values())
    report = team.run(HOME)[f"{RUN}.json"]
    assert (report["new"], report["renewed"], len(report["equal"])) == ([], [], 14)
    assert list(Window.objects.order_by("pk").values()) == before


@in_process
def test_what_changed_here_since_is_left_until_it_is_asked_for(team):
    team.run(HOME)
    env = f"team/{RUN}"
    team.send(
        {"do": "text.append", "env": env, "win": "notes", "text": "mine"},
        {"do": "window.close", "env": env, "win": "pie"},
    )
    report = team.run(HOME)[f"{RUN}.json"]
    assert set(report["left"]) == {"notes", "pie"}
    assert team.content("notes") == "one<br>two<br>mine"
    report = team.run(HOME, overwrite=True)[f"{RUN}.json"]
    assert (report["new"], report["renewed"], report["left"]) == (["pie"], ["notes"], {})
    assert team.content("notes") == "one<br>two"


@in_process
def test_what_changed_in_the_folder_only_is_renewed(team, home):
    team.run(home)
    file = home / f"{RUN}.json"
    saved = json.loads(file.read_text())
    saved["jsons"]["notes"]["content"] = "one<br>two<br>three"
    file.write_text(json.dumps(saved))
    report = team.run(home)[f"{RUN}.json"]
    assert (report["renewed"], report["left"], len(report["equal"])) == (["notes"], {}, 13)
    assert team.content("notes") == "one<br>two<br>three"


@in_process
def test_a_window_that_was_here_before_is_left(team, home):
    team.send({"do": "text.append", "env": "team/main", "win": "greeting", "text": "my own"})
    report = team.run(home)["main.json"]
    assert report["left"] == {"greeting": "There is another window of this name."}
    assert team.content("greeting", "main") == "my own"


@in_process
def test_windows_of_older_servers_come_in(team, tmp_path):
    """No version, the word ``pane``, no type, NaN tokens, no title."""
    (tmp_path / "old.json").write_text(
        '{"jsons": {"a": {"command": "pane", "id": "a", "title": "A", "content":'
        ' {"data": [{"x": [0, 1, 2], "y": [NaN, 1.5, 2], "type": "scatter", "name": "t"}],'
        ' "layout": {"title": "A"}}}, "b": {"command": "pane", "type": "text", "title": null, "content": "x"}}}'
    )
    report = team.run(tmp_path)["old.json"]
    assert (report["new"], report["failed"], report["problems"]) == (["a", "b"], {}, [])
    points = read_trace(Trace.objects.get(window__key="a")).columns
    assert [str(points[name].tolist()) for name in "xy"] == ["[0.0, 1.0, 2.0]", "[nan, 1.5, 2.0]"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"jsons": {"a": {"id": "a", "ty', "is cut off"),
        ("hello", "is no JSON"),
        ("null", "“null”"),
        ("[]", "holds no env"),
        ('{"jsons": []}', "holds no env"),
        ('{"jsons": {"a": 3}}', "is no map"),
        ("", "is cut off"),
        ("[" * 100_000, ""),
        (b"\xff\xfe\x00", "is no text"),
    ],
)
@in_process
def test_a_broken_file_is_reported_and_the_others_come_in(team, home, content, words):
    data = content if isinstance(content, bytes) else content.encode()
    (home / "broken.json").write_bytes(data)
    report = team.run(home)
    [problem] = report["broken.json"]["problems"]
    assert words in problem
    assert len(report[f"{RUN}.json"]["new"]) == 14


@in_process
def test_a_window_that_is_none_is_skipped_by_name(team, tmp_path):
    windows = {
        "bad": {"type": "plot", "content": 3},
        "odd": {"type": "hologram", "content": {}},
        "good": {"content": "x"},
    }
    (tmp_path / "e.json").write_text(json.dumps({"jsons": windows}))
    report = team.run(tmp_path)["e.json"]
    assert (set(report["failed"]), report["new"]) == ({"bad", "odd"}, ["good"])


@in_process
def test_broken_views_are_reported(team, home):
    (home / "view" / "layouts.json").write_text("{")
    report = team.run(home)
    assert len(report["problems"]) == 1
    assert len(report[f"{RUN}.json"]["new"]) == 14


@pytest.mark.parametrize("name", ["a+b#c", "100%", "é 漢 😀", "<img src=x onerror=alert(1)>", "'quotes\""])
@in_process
def test_odd_names_of_envs_and_windows(team, tmp_path, name):
    (tmp_path / f"{name}.json").write_text(
        json.dumps({"jsons": {name + "/": {"type": "text", "content": name}}})
    )
    assert team.run(tmp_path)[f"{name}.json"]["new"] == [name + "/"]
    assert team.content(name + "/", name) == name


@in_process
def test_a_folder_without_envs_brings_nothing(team, tmp_path):
    assert team.run(tmp_path) == {"problems": []}


def test_a_folder_that_is_missing_is_named(server, tmp_path):
    missing = server.command("import-visdom", str(tmp_path / "no"), check=False)
    assert (missing.returncode, "exist" in missing.stderr) == (2, True)


@in_process
def test_who_may_not_write_there_brings_nothing_in(team, home):
    team.ann = services.create_user(username="vera")
    report = team.run(home)
    assert (
        "no env" in report["main.json"]["problems"][0] or "no workspace" in report["main.json"]["problems"][0]
    )
    assert not Workspace.objects.get(name="team").envs.exists()
