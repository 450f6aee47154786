"""Several envs shown as one, through the live socket of a real server."""

import pytest

from tests.compare.conftest import line


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


@pytest.mark.parametrize("envs", [[], ["a"] * 17, "a", [1]])
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
