"""The cast of the tests here, and caches that forget between them."""

import pytest
from django.core.cache import cache

from apps.accounts.principals import principal_cache
from tests.support.cast import admin_person, as_user, cast  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def forgetful_caches():
    """A rolled-back test must leave nothing for the next one: no principals, no count of failed sign-ins."""
    principal_cache.clear()
    cache.clear()
