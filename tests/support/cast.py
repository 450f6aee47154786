"""Who plays in the tests: an owner, members of their team by role, an admin, and a stranger who must not know.

from tests.support.cast import *  in a conftest.py makes the fixtures known below it.
"""

from dataclasses import dataclass

import pytest
from django.test import Client

from apps.accounts import services, tokens
from apps.accounts.models import User, Workspace
from apps.accounts.principals import Principal
from apps.envs.models import Env

PASSWORD = "walls of living glass"


@dataclass(frozen=True)
class Cast:
    """``owner`` manages ``team``, in which ``member`` is an editor and ``viewer`` a viewer; ``run`` is its env."""

    owner: User
    member: User
    viewer: User
    stranger: User
    team: Workspace
    run: Env


@pytest.fixture
def cast(db: None) -> Cast:
    owner, member, viewer, stranger = (
        services.create_user(username=name, password=PASSWORD, email=f"{name}@example.org")
        for name in ("olive", "mika", "vera", "sten")
    )
    team = services.create_team(name="team", manager=owner)
    services.add_member(workspace=team, user=member, role="editor")
    services.add_member(workspace=team, user=viewer, role="viewer")
    run = Env.objects.create(workspace=team, name="run_1")
    return Cast(owner, member, viewer, stranger, team, run)


@pytest.fixture
def admin_person(db: None) -> User:
    return services.create_user(username="root", password=PASSWORD, is_superuser=True)


@pytest.fixture
def as_user():
    """``as_user(person)``: a browser in which they are signed in; ``as_user(None)``: one where nobody is."""

    def open_browser(user: User | None) -> Client:
        browser = Client()
        if user is not None:
            browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return open_browser


def token_principal(user: User, **options) -> Principal:
    """A program with a token of ``user``."""
    token, _ = tokens.create_token(user=user, name="test", **options)
    return Principal.of_token(token)
