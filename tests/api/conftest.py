"""The cast of every REST test: who owns the wall, who shares it, and who must not know that it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from apps.accounts.guessing import Guesses
from apps.accounts.models import User, Workspace
from apps.accounts.principals import Principal
from apps.accounts.services import add_member, create_team, create_user
from apps.accounts.tokens import create_token
from apps.windows.write import stop_committer, write

HERE = Path(__file__).parent
ENV = "/api/v1/envs/team/run"


@dataclass
class Cast:
    """``owner`` manages the workspace ``team``, ``member`` edits in it, ``viewer`` looks, ``stranger`` is not in it."""

    owner: User
    member: User
    viewer: User
    stranger: User
    team: Workspace


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Content is written by the committer's thread and read on a second connection: such tests need both.

    The hook is told of every test there is; another folder's ``wall`` is another thing.
    """
    for item in items:
        if item.path.is_relative_to(HERE) and "wall" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))


@pytest.fixture(autouse=True)
def _fresh_counters(monkeypatch):
    cache.clear()
    monkeypatch.setattr(Guesses, "AT_ONCE", 10_000)  # all tests come from one address


def make_cast() -> Cast:
    owner, member, viewer, stranger = (
        create_user(username=name, password="a wall of windows")
        for name in ("owner", "member", "viewer", "stranger")
    )
    team = create_team(name="team", manager=owner)
    add_member(workspace=team, user=member, role="editor")
    add_member(workspace=team, user=viewer, role="viewer")
    team.envs.create(name="run", config={"lr": 0.1}, tags=["baseline"])
    return Cast(owner, member, viewer, stranger, team)


@pytest.fixture
def cast(db) -> Cast:
    """The cast and the env ``team/run``. For tests that change content ask for ``wall``."""
    return make_cast()


@pytest.fixture
def wall(transactional_db) -> Any:
    """The cast, and content in ``team/run``: a line of five points, a text. Written as programs write."""
    made = make_cast()
    put(
        made.owner,
        {
            "do": "trace.append",
            "win": "loss",
            "trace": "train",
            "x": [0, 1, 2, 3, 4],
            "y": [5, 4, None, 2, 1],
        },
    )
    put(made.owner, {"do": "window.update", "win": "loss", "title": "Loss"})
    put(made.owner, {"do": "text.append", "win": "notes", "text": "<b>hello</b>"})
    yield made
    stop_committer()


def put(user: User, *commands: dict, env: str = "team/run") -> None:
    """Write commands as ``user``; each must go in."""
    outcome = write(Principal.of_user(user), [{"env": env, **command} for command in commands])
    assert outcome == [None] * len(commands)


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """``api(user, scope=…, workspace=…)``: a program with a new token of that user. ``api(None)``: nobody."""

    def program(user: User | None, *, scope: str = "admin", workspace: Workspace | None = None) -> APIClient:
        client = APIClient()
        if user is not None:
            _, raw = create_token(user=user, name="test", scope=scope, workspace=workspace)
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
        return client

    return program


@pytest.fixture
def browser_of() -> Callable[[User], APIClient]:
    """``browser_of(user)``: a signed-in browser, which must show the CSRF token on writes."""

    def browser(user: User) -> APIClient:
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


def window_url(key: str, env: str = ENV) -> str:
    return f"{env}/windows/{quote(key, safe='')}"


def refused(response: Any) -> tuple[int, str]:
    """Status and code of a refusal, which must have the one shape."""
    body = response.json()
    assert set(body) == {"code", "detail", "fields"}, body
    assert isinstance(body["detail"], str)
    assert body["detail"]
    for reasons in body["fields"].values():
        assert isinstance(reasons, list)
        assert all(isinstance(reason, str) for reason in reasons)
    return response.status_code, body["code"]
