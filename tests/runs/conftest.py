"""A team's runs, written as programs write them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from apps.accounts.models import User, Workspace
from apps.accounts.principals import Principal, principal_cache
from apps.accounts.services import add_member, create_team, create_user
from apps.runs.table import tables
from apps.windows.write import stop_committer, write


@dataclass
class Team:
    """``owner`` manages ``team``, ``viewer`` looks, ``stranger`` must not know; ``log`` writes to its envs."""

    owner: User
    viewer: User
    stranger: User
    workspace: Workspace

    def log(
        self, env: str, *, config: dict | None = None, tags: list[str] | None = None, **metrics: Any
    ) -> None:
        """Values of metrics at steps 0, 1, … or {step: value}; makes the env."""
        made: dict[str, Any] = {"do": "env.create", "env": f"team/{env}"}
        if config is not None:
            made["config"] = config
        if tags is not None:
            made["tags"] = tags
        commands = [made]
        if metrics:
            series = {
                name.replace("__", "/"): {
                    "step": list(values) if isinstance(values, dict) else list(range(len(values))),
                    "value": list(values.values()) if isinstance(values, dict) else list(values),
                }
                for name, values in metrics.items()
            }
            commands.append({"do": "metrics.log", "env": f"team/{env}", "series": series})
        self.do(*commands)

    def do(self, *commands: dict[str, Any]) -> None:
        outcomes = write(Principal.of_user(self.owner), list(commands))
        assert outcomes == [None] * len(commands), outcomes


@pytest.fixture
def team(transactional_db: None) -> Any:
    cache.clear()
    principal_cache.clear()
    tables.clear()
    owner, viewer, stranger = (
        create_user(username=name, password="a wall of windows") for name in ("owner", "viewer", "stranger")
    )
    workspace = create_team(name="team", manager=owner)
    add_member(workspace=workspace, user=viewer, role="viewer")
    yield Team(owner, viewer, stranger, workspace)
    stop_committer()
    tables.clear()


@pytest.fixture
def as_person() -> Callable[[User], APIClient]:
    def sign_in(user: User) -> APIClient:
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def query(team: Team, as_person: Callable[[User], APIClient]) -> Callable[..., dict]:
    """``query(sort="name", …)``: what the owner gets."""
    client = as_person(team.owner)

    def ask(**asked: Any) -> dict:
        answer = client.post("/api/v1/workspaces/team/runs/query", asked, format="json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask
