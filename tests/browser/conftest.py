"""What browser tests expect comes within this time, on a machine that is busy with other tests, too; and what many of them begin with."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.events_told import Told

expect.set_options(timeout=20_000)


@pytest.fixture
def env(request: pytest.FixtureRequest) -> str:
    """A name of an env for this test alone."""
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
def sent(owner_page: Page) -> Told:
    """What the owner's page tells programs."""
    return Told(owner_page)
