"""What the client's tests share: a Visdom that sends nothing, and senders that end with their test."""

from collections.abc import Callable, Iterator

import pytest

from panewall import Visdom
from panewall.address import resolve
from panewall.sender import Sender, close_all


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path, monkeypatch) -> None:
    """Each test's spool and credentials are its own, and no machine is told of unasked."""
    monkeypatch.setenv("PANEWALL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PANEWALL_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.setenv("PANEWALL_SYSTEM_METRICS", "off")
    monkeypatch.delenv("PANEWALL_TOKEN", raising=False)
    monkeypatch.delenv("PANEWALL_SERVER", raising=False)


@pytest.fixture(autouse=True)
def no_sender_left() -> Iterator[None]:
    """The process's shared senders end with the test that made them."""
    yield
    close_all(2.0)


@pytest.fixture
def vis() -> Visdom:
    """A client that returns its messages instead of sending them."""
    return Visdom(send=False)


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """What senders warn of in this test, each once. (Their thread cannot be caught by ``pytest.warns``.)"""
    texts: list[str] = []
    monkeypatch.setattr("panewall.sender.warnings.warn", lambda text, *more, **options: texts.append(text))
    return texts


@pytest.fixture
def make_sender() -> Iterator[Callable[..., Sender]]:
    """Makes senders of their own, not the process's shared one."""
    made: list[Sender] = []

    def make(url: str, token: str | None = None, **options) -> Sender:
        sender = Sender(resolve(url, token=token), **options)
        made.append(sender)
        return sender

    yield make
    for sender in made:
        sender.close(0.0)
