"""The queue of a server on its own: a task begins when it is asked for, not when somebody looks next."""

import threading
import time

import pytest
from kombu import Connection

from apps.jobs import transport
from apps.jobs.transport import SCHEME

POLL_S = 5.0


@pytest.fixture
def connection():
    with Connection(f"{SCHEME}://localhost/", transport_options={"polling_interval": POLL_S}) as made:
        yield made


def test_a_message_is_delivered_at_once(connection):
    queue, came = connection.SimpleQueue("tests.paint"), threading.Event()
    reader = connection.clone()
    waiting = reader.SimpleQueue("tests.paint")

    def wait() -> None:
        waiting.get(timeout=20).ack()
        came.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    began = time.monotonic()
    queue.put({"wall": 3})
    assert came.wait(POLL_S)
    assert time.monotonic() - began < POLL_S / 2
    thread.join()
    reader.release()


def test_who_waits_in_vain_is_told_in_time(connection):
    queue = connection.SimpleQueue("tests.nothing")
    began = time.monotonic()
    with pytest.raises(queue.Empty):
        queue.get(timeout=0.2)
    assert time.monotonic() - began < POLL_S / 2


def test_when_the_server_ends_nobody_waits_any_longer(connection):
    queue, told = connection.SimpleQueue("tests.nothing"), threading.Event()

    def wait() -> None:
        with pytest.raises(queue.Empty):
            queue.get(timeout=POLL_S)
        told.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    began = time.monotonic()
    with transport.nobody_waits():
        assert told.wait(POLL_S / 2)
        assert time.monotonic() - began < POLL_S / 2
    thread.join()
