"""Several envs shown as one, through the live socket of a real server."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.compare.conftest import line
from tests.compare.page import ComparisonPage


def test_plots_of_the_same_title_become_one_with_numbered_names(send, compare, envs):
    first, second, *_ = envs  # the first one chosen is not the first of the alphabet
    send(line(first, [1, 2]), line(second, [3, 4], win="another key"))
    page = compare(first, second)
    assert page.lines("Loss") == {"0_train": [1, 2], "1_train": [3, 4]}
    assert page.legend == [(0, f"owner/{first}"), (1, f"owner/{second}")]
    assert page.env_id < 0


def test_each_env_is_there_once_under_its_own_number(send, compare, envs):
    send(*(line(env, [number]) for number, env in enumerate(envs)))
    page = compare(envs[2], envs[0], envs[2], envs[1])
    assert page.lines("Loss") == {"0_train": [2], "1_train": [0], "2_train": [1]}
    assert [name for _, name in page.legend] == [f"owner/{envs[i]}" for i in (2, 0, 1)]


def test_a_comparison_follows_its_envs(send, compare, envs):
    first, second, *_ = envs
    send(line(first, [1]), line(second, [2]))
    page = compare(first, second)
    send(line(first, [3]), line(second, [4]))
    page.until(lambda: page.lines("Loss") == {"0_train": [1, 3], "1_train": [2, 4]}, "both appends")
    assert page.full is False
    send({"do": "window.close", "env": second, "win": "w"}, line(second, [9], title="Other", win="o"))
    page.until(lambda: any(look["title"] == "Other" for look in page.windows.values()), "the new window")
    assert page.lines("Loss") == {"0_train": [1, 3]}
    assert page.lines("Other") == {"1_train": [9]}


def test_a_page_that_comes_back_gets_what_it_lacks_and_is_as_one_opened_now(send, compare, envs):
    first, second, *_ = envs
    send(line(first, list(range(2000))), line(second, list(range(2000))))
    page = compare(first, second)
    page.close()
    send(line(first, [7]), line(second, [8], title="Other", win="o"))
    page.open()
    assert page.full is False
    assert page._received < 60_000
    assert page.picture() == compare(first, second).picture()


def test_envs_that_are_not_there_are_left_out_and_named(send, compare, envs):
    send(line(envs[0], [1]))
    page = compare(envs[0], "no such env", "<img src=x onerror=alert(1)>")
    assert page.heard[-1]["left_out"] == ["no such env", "<img src=x onerror=alert(1)>"]
    assert page.lines("Loss") == {"0_train": [1]}


def test_nothing_to_compare_is_said(compare):
    page = compare("no such env", "nor this")
    assert page.gone["code"] == "not_found"


@pytest.mark.parametrize("envs", [[], ["a"] * 101, "a", [1]])
def test_what_is_no_list_of_envs_is_refused(server, token, envs):
    from tests.support.page import Page

    page = Page.__new__(Page)
    page.server, page.token, page.env_name, page.path = server, token, "", "/ws/live"
    page.subscribe = lambda: None  # type: ignore[method-assign]
    page._received = 0
    page.open()
    page._send({"t": "compare", "envs": envs})
    assert page._read()["t"] == "error"
    page.close()


def test_an_env_that_is_taken_away_is_left_out_at_once(server, send, compare, envs):
    """Its number goes to the next one; the others stay live."""
    server.command("user", "create", f"guest-{envs[0]}", "--json")
    workspace = f"team-{envs[0]}"
    server.command("workspace", "create", workspace, "--manager", "owner")
    server.command("workspace", "add-member", workspace, f"guest-{envs[0]}", "--role", "viewer")
    token = server.token(f"guest-{envs[0]}")
    mine = f"guest-{envs[0]}/own"
    with server.client(f"guest-{envs[0]}") as guest:
        answer = guest.post("/api/v1/ingest", json={"commands": [line("own", [5])]})
        assert answer.status_code == 200, answer.text
    send(line(f"{workspace}/run", [1]))
    page = compare(f"{workspace}/run", mine, token=token)
    assert page.lines("Loss") == {"0_train": [1], "1_train": [5]}
    server.command("workspace", "remove-member", workspace, f"guest-{envs[0]}")
    page.until(lambda: page.heard[-1].get("left_out") == [f"{workspace}/run"], "the one left out")
    assert page.lines("Loss") == {"0_train": [5]}
    assert page.legend == [(0, mine)]


def test_a_deleted_env_leaves_and_the_others_stay(send, compare, envs):
    first, second, *_ = envs
    send(line(first, [1]), line(second, [2]))
    page = compare(first, second)
    send({"do": "env.delete", "env": first})
    page.until(lambda: page.lines("Loss") == {"0_train": [2]}, "one env")
    send(line(second, [3]))
    page.until(lambda: page.lines("Loss") == {"0_train": [2, 3]}, "its append")


def test_an_env_that_has_another_name_stays_when_the_others_are_looked_for_again(send, compare, envs):
    first, second, third, _ = envs
    send(line(first, [1]), line(second, [2]), line(third, [3]))
    page = compare(first, second, third)
    send({"do": "env.rename", "env": second, "to": f"{second}-anew"})
    page.until(lambda: page.legend[1] == (1, f"owner/{second}-anew"), "its new name")
    send({"do": "env.delete", "env": first})
    page.until(lambda: page.heard[-1].get("left_out") == [first], "the one left out")
    assert page.lines("Loss") == {"0_train": [2], "1_train": [3]}
    send(line(f"{second}-anew", [4]))
    page.until(lambda: page.lines("Loss") == {"0_train": [2, 4], "1_train": [3]}, "its append")


def test_a_comparison_is_one_job_of_whoever_asked_first(send, compare, program, envs):
    send(line(envs[0], [1]), line(envs[1], [2]))
    page = compare(envs[0], envs[1])
    title = f"Comparison of owner/{envs[0]}, owner/{envs[1]}"

    def jobs() -> list[dict]:
        return [job for job in program.get("/api/v1/jobs").json()["results"] if job["title"] == title]

    [job] = jobs()
    assert (job["state"], job["progress"], job["attempts"]) == ("done", 1.0, 1)
    send(line(envs[0], [3]))
    page.until(lambda: page.lines("Loss")["0_train"] == [1, 3], "the append")
    assert [each["id"] for each in jobs()] == [job["id"]]


def test_two_pages_of_the_same_envs_share_one_comparison(send, compare, program, envs):
    send(line(envs[0], [1]), line(envs[1], [2]))
    one, other = compare(envs[0], envs[1]), compare(envs[0], envs[1])
    assert one.env_id == other.env_id
    send(line(envs[1], [3]))
    for page in (one, other):
        page.until(lambda page=page: page.lines("Loss")["1_train"] == [2, 3], "the append")


def test_a_read_only_server_compares_too(start_server, token):
    server = start_server()
    owner = server.token()
    with server.client() as program:
        program.post("/api/v1/ingest", json={"commands": [line("a", [1]), line("b", [2])]})
    server.stop()
    server.arguments = ("--readonly",)
    server.start()
    page = ComparisonPage(server, owner, "a", "b")
    assert page.lines("Loss") == {"0_train": [1], "1_train": [2]}
    page.close()
    server.stop()


def test_a_comparison_that_waits_can_be_cancelled_and_asked_for_again(start_server):
    """Nobody takes jobs on this server, so that there is time to cancel one."""

    class Impatient(ComparisonPage):
        subscribe = ComparisonPage.ask

    server = start_server(environ={"PANEWALL_WORKER": "none"})
    with server.client() as program:
        program.post("/api/v1/ingest", json={"commands": [line("a", [1]), line("b", [2])]})
        page = Impatient(server, server.token(), "a", "b")
        page.until(lambda: page.heard, "news of the job")
        assert page.heard[0]["state"] == "queued"
        cancelled = program.post(f"/api/v1/jobs/{page.heard[0]['job']}/cancel")
        assert cancelled.json()["state"] == "cancelled"
        page.until(lambda: page.gone, "the end")
        assert page.gone["code"] == "cancelled"
        page.gone = None
        page.ask()
        page.until(lambda: page.windows, "the comparison")
        assert page.lines("Loss") == {"0_train": [1], "1_train": [2]}
        page.close()

        # A worker that was killed half a minute ago is not waited for.
        page = Impatient(server, server.token(), "b", "a")
        page.until(lambda: page.heard, "news of the job")
        half_a_minute_ago = datetime.now(UTC) - timedelta(seconds=30)
        with closing(sqlite3.connect(server.data_dir / "panewall.sqlite3", timeout=10)) as database, database:
            killed = database.execute(
                "UPDATE jobs_job SET state = 'running', attempts = 1, heard_at = ? WHERE id = ? AND state = 'queued'",
                (str(half_a_minute_ago.replace(tzinfo=None)), page.heard[0]["job"]),
            )
            assert killed.rowcount == 1
        page.until(lambda: page.windows, "the comparison")
        assert page.lines("Loss") == {"0_train": [2], "1_train": [1]}
        page.close()


def test_texts_and_images_are_addressed_in_the_folder_of_their_env(
    send, compare, program, envs, server, token
):
    import httpx

    for env in envs[:2]:
        send(
            {
                "do": "window.put",
                "env": env,
                "win": "n",
                "kind": "text",
                "title": "Notes",
                "text": f"of {env}",
            }
        )
    page = compare(envs[0], envs[1])
    cells = page.named("Notes")["content"]["cells"]
    assert [cell["n"] for cell in cells] == [0, 1]
    for cell, env in zip(cells, envs, strict=False):
        address = page.windows[cell["window"]]["content"]["url"]
        shown = httpx.get(f"{server.url}/{address}", headers={"Authorization": f"Bearer {token}"})
        assert f"of {env}" in shown.text
    [window] = [cells[1]["window"]]
    page._send({"t": "want", "env": page.env_id, "req": 1, "windows": [window]})
    while (answer := page._read())["t"] != "data":
        pass
    assert answer["ops"][0][2]["content"]["url"].startswith("f/")
