"""The first start of a server: who gets in, and by what."""

import json
import stat
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from apps.accounts import services, tokens
from apps.accounts.models import ApiToken, User
from apps.accounts.services.first_start import addresses_of, system_user
from apps.errors import NotFound

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:8097"


def config(owner: str = "", password: str = "") -> SimpleNamespace:
    return SimpleNamespace(owner=owner, owner_password=SecretStr(password))


@pytest.fixture
def credentials(tmp_path, monkeypatch):
    path = tmp_path / "home" / "credentials.json"
    monkeypatch.setenv("PANEWALL_CREDENTIALS", str(path))
    return path


def servers(credentials) -> dict:
    return json.loads(credentials.read_text())["servers"]


def test_the_owner_is_named_as_the_systems_user_and_gets_a_link():
    started = services.first_start(config())
    assert started is not None
    assert started.is_new
    user = User.objects.get()
    assert user.username == started.username == system_user()
    assert user.is_superuser
    assert user.is_staff
    assert started.sign_in_path is not None
    assert services.use_sign_in_link(started.sign_in_path.removeprefix("/sign-in/")) == user


def test_the_owner_and_the_password_can_be_set():
    started = services.first_start(config("ann", "walls"))
    assert started is not None
    assert (started.username, started.sign_in_path) == ("ann", None)
    assert User.objects.get().check_password("walls")


def test_a_link_that_was_never_used_is_replaced_at_the_next_start():
    first = services.first_start(config("ann"))
    second = services.first_start(config("ann"))
    assert first is not None
    assert second is not None
    assert (first.is_new, second.is_new) == (True, False)
    with pytest.raises(NotFound):
        services.peek_sign_in_link(first.sign_in_path.removeprefix("/sign-in/"))
    assert services.peek_sign_in_link(second.sign_in_path.removeprefix("/sign-in/")).username == "ann"
    assert User.objects.count() == 1


def test_once_the_owner_can_sign_in_nothing_is_printed():
    services.first_start(config("ann", "walls"))
    assert services.first_start(config("ann", "walls")) is None


@pytest.mark.parametrize(
    ("name", "expected"), [("DOMAIN\\ann b", "DOMAIN_ann_b"), ("..", "owner"), ("", "owner")]
)
def test_any_name_of_the_system_can_name_a_workspace(name, expected, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: name)
    assert system_user() == expected


def test_a_system_user_without_a_name_is_the_owner(monkeypatch):
    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert system_user() == "owner"


# -- The credentials file


def test_programs_of_this_machines_user_get_a_token(credentials):
    services.first_start(config("ann"))
    assert services.ensure_local_credentials(URL) == credentials
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    entries = servers(credentials)
    assert set(entries) == {"http://127.0.0.1:8097", "http://localhost:8097"}
    for entry in entries.values():
        assert entry["user"] == "ann"
        found = tokens.find_principal(entry["token"])
        assert (found.username, found.scope) == ("ann", "write")


def test_a_token_that_still_works_stays(credentials):
    services.first_start(config("ann"))
    services.ensure_local_credentials(URL)
    before = credentials.read_text()
    assert services.ensure_local_credentials(URL) is None
    assert credentials.read_text() == before
    assert ApiToken.objects.count() == 1


def test_a_token_that_was_revoked_or_is_of_another_server_is_replaced(credentials):
    services.first_start(config("ann"))
    services.ensure_local_credentials(URL)
    tokens.revoke_token(token=ApiToken.objects.get())
    services.ensure_local_credentials(URL)
    assert tokens.find_principal(servers(credentials)[URL]["token"]).username == "ann"


def test_other_servers_keep_their_entries(credentials):
    credentials.parent.mkdir()
    other = {"token": "pw_other", "user": "b"}
    credentials.write_text(json.dumps({"servers": {"https://wall.example.org": other}, "theme": "dark"}))
    services.first_start(config("ann"))
    services.ensure_local_credentials(URL)
    assert servers(credentials)["https://wall.example.org"] == other
    assert json.loads(credentials.read_text())["theme"] == "dark"


@pytest.mark.parametrize("content", ["{", "[]", '{"servers": 3}', ""])
def test_a_file_that_cannot_be_read_is_put_aside(credentials, content):
    credentials.parent.mkdir()
    credentials.write_text(content)
    services.first_start(config("ann"))
    services.ensure_local_credentials(URL)
    assert URL in servers(credentials)
    assert credentials.with_name("credentials.json.unreadable").read_text() == content


def test_without_an_owner_nothing_is_written(credentials):
    assert services.ensure_local_credentials(URL) is None
    assert not credentials.exists()


def test_a_server_below_a_path_and_one_of_another_name_have_their_own_addresses():
    assert addresses_of("http://localhost:1/wall/") == ["http://localhost:1/wall", "http://127.0.0.1:1/wall"]
    assert addresses_of("https://wall.example.org") == ["https://wall.example.org"]
