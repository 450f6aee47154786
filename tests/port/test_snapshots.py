"""An env can be kept as it is and come back to; going back is never a loss."""

import threading
from typing import Any

import httpx
import pytest

from tests.port.conftest import line, revision, send, show_picture


def url(env: str, *rest: object) -> str:
    return "/".join([f"/api/v1/envs/owner/{env}/snapshots", *map(str, rest)])


def save(program: httpx.Client, env: str, name: str = "before lunch") -> dict:
    answer = program.post(url(env), json={"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()


def restore(program: httpx.Client, env: str, snapshot: dict) -> dict:
    answer = program.post(url(env, snapshot["id"], "restore"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(page) -> Any:
    """What a page shows, by windows' keys: a copy has other ids."""
    keys = {number: look["key"] for number, look in page.windows.items()}
    windows = {}
    for number, look in page.windows.items():
        content = {k: v for k, v in (look["content"] or {}).items() if k != "url"}
        heads = [{k: h[k] for k in ("index", "name", "columns", "dates", "attrs")} for h in look["traces"]]
        data = [
            {k: str(v) for k, v in page.traces[h["id"]].items() if k not in ("gen", "monotone")}
            for h in look["traces"]
        ]
        rest = {k: look[k] for k in ("key", "kind", "title", "place", "opts", "layout")}
        windows[keys[number]] = {**rest, "content": content, "heads": heads, "data": data}
    return windows


def fill(program: httpx.Client, env: str) -> None:
    """Something of each kind, short and long."""
    send(
        program,
        line(env, list(range(5000)), win="long"),
        line(env, [1, None, 3], win="short", make={"title": "Loss", "opts": {"xlabel": "epoch"}}),
        {
            "do": "window.put",
            "env": env,
            "win": "bars",
            "kind": "plot",
            "traces": [{"type": "bar", "y": [1, 2]}],
        },
        {"do": "text.append", "env": env, "win": "notes", "text": "<b>one</b>"},
        {"do": "text.append", "env": env, "win": "notes", "text": "two"},
        {"do": "metrics.log", "env": env, "series": {"acc": {"step": [3, 1, 2], "value": [0.3, 0.1, 0.2]}}},
        {"do": "env.create", "env": env, "config": {"lr": 0.1}, "tags": ["first"]},
    )
    for step, colour in enumerate(["teal", "gold"]):
        show_picture(program, env, "pictures", colour, step=step, caption=colour)


def change(program: httpx.Client, env: str) -> None:
    send(
        program,
        line(env, [7, 8], win="long"),
        line(env, [9], win="new"),
        {"do": "window.close", "env": env, "win": "short"},
        {"do": "text.append", "env": env, "win": "notes", "text": "three"},
        {"do": "metrics.log", "env": env, "series": {"acc": {"step": [1], "value": [0.9]}}},
        {"do": "env.create", "env": env, "config": {"lr": 0.2}, "tags": ["second"]},
    )
    show_picture(program, env, "pictures", "navy", step=2)


def text(program: httpx.Client, env: str) -> str:
    return program.get(f"/api/v1/envs/owner/{env}/windows/notes").json()["content"]


def test_an_env_comes_back_as_it_was_and_the_way_back_is_kept(program, watch, env):
    fill(program, env)
    first = shown(watch(env).settle(revision(program, env)))
    kept = save(program, env)
    assert (kept["name"], kept["windows"], kept["automatic"]) == ("before lunch", 6, False)
    change(program, env)
    later = shown(watch(env).settle(revision(program, env)))
    assert later != first

    former = restore(program, env, kept)
    assert shown(watch(env).settle(revision(program, env))) == first
    assert text(program, env) == "<b>one</b><br>two"
    assert program.get(f"/api/v1/envs/owner/{env}").json()["config"] == {"lr": 0.1}

    restore(program, env, former)
    assert shown(watch(env).settle(revision(program, env))) == later
    assert text(program, env) == "<b>one</b><br>two<br>three"
    assert program.get(f"/api/v1/envs/owner/{env}").json()["tags"] == ["first", "second"]


def test_a_page_that_watches_sees_the_return_as_it_happens(program, watch, env):
    fill(program, env)
    kept = save(program, env)
    page = watch(env)
    change(program, env)
    restore(program, env, kept)
    page.settle(revision(program, env))
    assert page.picture() == watch(env).settle(revision(program, env)).picture()


def test_a_page_that_was_away_meanwhile_catches_up(program, watch, env):
    fill(program, env)
    kept = save(program, env)
    change(program, env)
    page = watch(env)
    page.close()
    restore(program, env, kept)
    page.open()
    page.settle(revision(program, env))
    assert page.picture() == watch(env).settle(revision(program, env)).picture()


def test_programs_go_on_where_the_snapshot_ended(program, watch, env):
    send(program, line(env, [0, 1, 2]))
    kept = save(program, env)
    send(program, line(env, [3, 4]))
    restore(program, env, kept)
    send(program, line(env, [30]), line(env, [1], win="another"))
    page = watch(env).settle(revision(program, env))
    assert sorted(t["columns"]["y"] for t in page.traces.values()) == [[0, 1, 2, 30], [1]]
    assert program.get(url(env)).json()["results"][-1]["id"] == kept["id"]
    restore(program, env, kept)
    page = watch(env).settle(revision(program, env))
    assert [t["columns"]["y"] for t in page.traces.values()] == [[0, 1, 2]]


def test_a_snapshot_shows_one_moment_while_a_program_goes_on_writing(program, env):
    """Two lines that always grow together have one length in every snapshot."""
    send(program, *(line(env, list(range(3000)), win=f"long {n}") for n in range(20)))
    stop, refused = threading.Event(), []

    def write() -> None:
        pair = [line(env, [1] * 40, win="a"), line(env, [1] * 40, win="z")]
        while not stop.is_set():
            refused.extend(program.post("/api/v1/ingest", json={"commands": pair}).json().get("e", []))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        kept = [save(program, env, f"no. {n}") for n in range(3)]
    finally:
        stop.set()
        writer.join()
    assert refused == []
    assert kept[-1]["windows"] == 22
    for snapshot in kept:
        restore(program, env, snapshot)
        counts = [
            program.get(f"/api/v1/envs/owner/{env}/windows/{win}").json()["traces"][0]["count"]
            for win in "az"
            if snapshot["windows"] == 22
        ]
        assert len(set(counts)) <= 1


def test_the_hidden_copies_are_no_envs(program, env):
    send(program, line(env, [1]))
    restore(program, env, save(program, env))
    for deleted in ("false", "true"):
        listed = program.get("/api/v1/envs", params={"search": env, "deleted": deleted}).json()["results"]
        assert len(listed) == (deleted == "false")
    assert program.post(f"/api/v1/envs/owner/{env}/restore", json={}).status_code == 404


def test_a_snapshot_without_a_name_is_called_by_date_and_time(program, env):
    send(program, line(env, [1]))
    assert save(program, env, "")["name"][:2] == "20"


def test_a_deleted_snapshot_is_gone(program, env):
    send(program, line(env, [1]))
    kept = save(program, env)
    assert program.delete(url(env, kept["id"])).status_code == 204
    assert program.get(url(env)).json()["count"] == 0
    assert program.post(url(env, kept["id"], "restore")).status_code == 404
    assert program.delete(url(env, kept["id"])).status_code == 404


def test_only_who_may_write_saves_and_returns(server, program, env):
    send(program, line(env, [1]))
    kept = save(program, env)
    with server.client(scope="read") as reader:
        assert reader.get(url(env)).json()["results"] == [kept]
        assert reader.post(url(env), json={}).status_code == 403
        assert reader.post(url(env, kept["id"], "restore")).status_code == 403
        assert reader.delete(url(env, kept["id"])).status_code == 403
    assert httpx.get(server.url + url(env)).status_code == 401


def test_another_envs_snapshot_cannot_be_returned_to(program, env):
    send(program, line(env, [1]), line(f"{env}-other", [2]))
    kept = save(program, env)
    assert program.post(url(f"{env}-other", kept["id"], "restore")).status_code == 404


def test_programs_cannot_send_the_command_behind_a_return(program, env):
    send(program, line(env, [1]))
    command = {"do": "env.exchange", "env": env, "staged_id": 1, "former": 2}
    answer = program.post("/api/v1/ingest", json={"commands": [command]})
    assert answer.json()["e"][0][1]["code"] == "unknown_command"


@pytest.mark.parametrize("body", [{"name": 3}, {"name": "x" * 201}, {"nam": "x"}])
def test_a_wrong_body_is_refused(program, env, body):
    send(program, line(env, [1]))
    assert program.post(url(env), json=body).status_code in (400, 413)


def test_by_name_there_are_so_many_and_automatic_ones_make_room(start_server):
    server = start_server(environ={"PANEWALL_LIMITS__ENV_SNAPSHOTS": "2"})
    with server.client() as program:
        send(program, line("run", [1]))
        first = save(program, "run", "a")
        save(program, "run", "b")
        refused = program.post(url("run"), json={"name": "c"})
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_snapshots")
        for _ in range(4):
            restore(program, "run", first)
        listed = program.get(url("run")).json()["results"]
        assert [s["automatic"] for s in listed] == [True, True, False, False]
