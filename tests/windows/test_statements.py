"""The committer's own transaction is Django's: what is done in it stays or goes as a whole, and Django knows of it."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import Workspace
from apps.envs.models import Env
from apps.windows import statements
from apps.windows.statements import Writing
from tests.support.cast import Cast, cast  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = "UPDATE accounts_workspace SET style = %s"


def styles() -> set[str]:
    return set(Workspace.objects.values_list("style", flat=True))


def is_at_rest() -> bool:
    return connection.get_autocommit() and not connection.in_atomic_block and not connection.atomic_blocks


def test_what_is_written_either_way_stays_and_hooks_run_after_it(cast: Cast):  # noqa: F811
    told = []
    with Writing() as cursor:
        cursor.execute(INSERT, ["raw"])
        transaction.on_commit(lambda: told.append(is_at_rest()))
        with transaction.atomic():
            Env.objects.create(workspace=cast.team, name="made inside")
        assert told == []
    assert (told, styles()) == ([True], {"raw"})
    assert Env.objects.filter(name="made inside").exists()


@pytest.mark.parametrize("how", ["error", "rollback", "constraint"])
def test_what_fails_leaves_nothing_and_the_next_one_goes_in(cast: Cast, how: str):  # noqa: F811
    told = []

    def work() -> None:
        with Writing() as cursor:
            cursor.execute(INSERT, ["gone"])
            transaction.on_commit(lambda: told.append(1))
            if how == "error":
                raise ZeroDivisionError
            if how == "rollback":
                transaction.set_rollback(True)
            else:
                # Foreign keys are looked at when the transaction ends.
                Env.objects.create(workspace_id=10**9, name="of nobody")

    expected = {"error": ZeroDivisionError, "constraint": IntegrityError}.get(how)
    if expected is None:
        work()
    else:
        with pytest.raises(expected):
            work()
    assert (told, styles(), is_at_rest()) == ([], {""}, True)
    with Writing() as cursor:
        cursor.execute(INSERT, ["next"])
    assert (told, styles()) == ([], {"next"})


def test_a_question_that_was_not_read_to_its_end_holds_up_nothing(cast: Cast):  # noqa: F811
    with Writing() as cursor:
        cursor.execute("SELECT id FROM accounts_workspace")
        assert cursor.fetchone()
    with Writing() as cursor:
        cursor.execute(INSERT, ["later"])
    assert styles() == {"later"}


def test_inside_another_transaction_it_is_a_part_of_that(cast: Cast):  # noqa: F811
    with transaction.atomic():
        with Writing() as cursor:
            cursor.execute(INSERT, ["inside"])
        transaction.set_rollback(True)
    assert styles() == {""}


def test_where_no_cursor_can_be_made_nothing_is_left_open(cast: Cast, monkeypatch):  # noqa: F811
    def fail(db):
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(statements, "Statements", fail)
        with pytest.raises(ZeroDivisionError), Writing():
            pass
    assert is_at_rest()
    with Writing() as cursor:
        cursor.execute(INSERT, ["next"])
    assert styles() == {"next"}
