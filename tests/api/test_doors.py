"""Every door is closed: no address of the server, known today or added tomorrow, answers somebody without credentials."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLResolver, get_resolver

from tests.api.conftest import refused

# What nobody needs to be known for, and why.
OPEN = {
    "account_login": "the way in",
    "account_logout": "the way out, which asks a question first",
    "account_signup": "says that it is closed",
    "account_inactive": "tells somebody that their account is switched off",
    "sign-in": "a one-time link; an unknown one opens nothing",
    "admin:login": "the way in of the admin",
    "admin:logout": "the way out of the admin",
    "admin:jsi18n": "words of the admin's scripts",
}
SAMPLES = {
    "int": "1",
    "str": "x",
    "key": "x",
    "any_key": "x",
    "path": "x",
    "slug": "x",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


def addresses(patterns, prefix: str = "/", namespace: str = ""):
    """(name, an address that the pattern matches) of every pattern below."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, route, inner)
        else:
            yield f"{namespace}{pattern.name}", example(route)


def example(route: str) -> str:
    """A concrete address for a route of ``path`` or a simple ``re_path``."""
    filled = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], route)
    filled = re.sub(r"\(\?P<\w+>[^)]*\)|\[\\s\\S\][*+]|\(\?:[^)]*\)", "x", filled)
    return filled.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")


EVERY_ADDRESS = sorted({(name, address) for name, address in addresses(get_resolver().url_patterns)})


@pytest.fixture
def nobody() -> Client:
    """Somebody without credentials, whom no missing CSRF token keeps out either."""
    return Client()


@pytest.mark.parametrize(("name", "address"), [door for door in EVERY_ADDRESS if door[0] not in OPEN])
def test_nobody_gets_in(db, nobody, name, address):
    for method in ("get", "post", "put", "patch", "delete"):
        response = getattr(nobody, method)(address)
        if address.startswith("/api/v1/"):
            assert refused(response) == (401, "unauthorized")
        elif response.status_code == 302:
            assert response["Location"].startswith(("/accounts/login", "/admin/login"))
        else:
            assert response.status_code in (401, 403, 404, 405, 410)


def test_what_is_open_is_there_and_listed_for_a_reason():
    assert set(OPEN) <= {name for name, _ in EVERY_ADDRESS}


@pytest.mark.parametrize("address", ["/api/v1/me", "/api/v1/envs", "/api/v1/envs/team/run", "/api/docs"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer pw_00000000_" + "0" * 46},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "Token pw_x"},
        {"Authorization": "Basic b3duZXI6eA=="},
        {"Cookie": f"{settings.SESSION_COOKIE_NAME}=nonsense"},
        {"Cookie": "sessionid=x; user_password=x"},
    ],
    ids=lambda headers: " ".join(headers.values())[:30].encode("ascii", "replace").decode(),
)
def test_no_nonsense_opens_a_door(cast, nobody, address, headers):
    response = nobody.get(address, headers=headers)
    if address == "/api/docs":
        assert response.status_code in (302, 401)
    else:
        assert refused(response)[0] == 401


def test_a_switched_off_account_gets_in_by_no_door(api, browser_of, cast):
    program, browser = api(cast.owner), browser_of(cast.owner)
    assert program.get("/api/v1/me").status_code == browser.get("/api/v1/me").status_code == 200
    cast.owner.is_active = False
    cast.owner.save()
    assert refused(program.get("/api/v1/me"))[0] == 401
    assert refused(browser.get("/api/v1/me"))[0] == 401
