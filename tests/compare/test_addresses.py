"""The addresses of comparisons, as Django answers them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from apps.accounts import services
from apps.accounts.models import Workspace
from apps.envs.models import Env

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(client):
    person = services.create_user(username="ann")
    client.force_login(person)
    return person


@pytest.fixture
def runs(ann) -> list[str]:
    names = ["b", "a", "x & <y>"]
    for name in names:
        Env.objects.create(workspace=Workspace.objects.get(owner=ann), name=name)
    return names


def names_in(address: str) -> list[str]:
    assert urlsplit(address).path == "/compare"
    return parse_qs(urlsplit(address).query)["env"]


def test_the_page_is_told_which_envs_in_which_order(client, runs):
    response = client.get("/compare", {"env": ["ann/b", "ann/a", "ann/b", "nobody/there"]})
    boot = response.context["boot"]
    assert boot["compare"] == ["ann/b", "ann/a", "nobody/there"]
    assert (boot["role"], boot["shared"]) == ("viewer", False)


def test_visdoms_address_leads_to_ours(client, runs):
    response = client.get("/compare/b+a+no such env")
    assert response.status_code == 302
    assert names_in(response["Location"]) == ["ann/b", "ann/a", "no such env"]


def test_odd_names_come_through(client, runs):
    from urllib.parse import quote

    response = client.get(f"/compare/{quote('x & <y>')}+ann/a")
    assert names_in(response["Location"]) == ["ann/x & <y>", "ann/a"]


def test_one_env_is_no_comparison(client, runs):
    assert client.get("/compare", {"env": "ann/b"})["Location"] == "/w/ann/env/b"
    assert client.get("/compare", {"env": "ann/nothing"}).status_code == 404
    assert client.get("/compare")["Location"] == "/"


@pytest.mark.parametrize("path", ["/compare", "/w/ann/runs"])
def test_too_many_envs_are_refused_in_words(client, runs, path):
    response = client.get(path, {"env": [f"ann/{n}" for n in range(101)]})
    assert response.status_code == 413
    said = response.content.decode()
    assert "At most 100 envs" in said
    assert ">413<" in said
    # It is no question of who may do what.
    assert "may not" not in said
    assert "Not allowed" not in said


def test_nobody_compares_without_signing_in(client):
    assert client.get("/compare", {"env": ["ann/a", "ann/b"]})["Location"].startswith("/accounts/login/")
    assert client.get("/compare/a+b")["Location"].startswith("/accounts/login/")
