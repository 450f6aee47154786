"""Emptying the tables after a test that committed.

Django truncates every table and then makes the content types and permissions anew, which takes longer than most tests.
Those never change here, so they stay, and the others' rows are deleted.
"""

from functools import cache

from django.db import DEFAULT_DB_ALIAS, connection, transaction

#: Made with the tables, and the same for every test.
KEPT = {"django_content_type", "auth_permission"}


def empty(*_: object) -> None:
    """In place of ``TransactionTestCase._fixture_teardown``."""
    statements = _statements(connection.vendor)
    with transaction.atomic(using=DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@cache
def _statements(vendor: str) -> list[str]:
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    if vendor == "postgresql":
        # One round trip, in any order: foreign keys are not looked at, and nothing that they lead to stays.
        deletes = "; ".join(f'DELETE FROM "{table}"' for table in tables)
        return [f"SET LOCAL session_replication_role = replica; {deletes}"]
    return ["PRAGMA defer_foreign_keys=ON", *(f'DELETE FROM "{table}"' for table in tables)]
