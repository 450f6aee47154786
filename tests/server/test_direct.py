"""The short way of small requests, without a server around it: what it does with time."""

import asyncio
import socket
import types

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web import http

from apps.windows.live.postbox import Reply
from panewall_server import direct, twisted_ends

BODY = b"{}"
HEAD = b"POST /api/v1/ingest HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n"
REQUEST = HEAD % len(BODY) + BODY


class Wire(StringTransport):
    """A transport that keeps what is written, at once and otherwise."""

    dataBuffer = _tempDataBuffer = b""
    connected = True

    def writeSomeData(self, data: bytes) -> int:  # noqa: N802  the name is Twisted's
        self.write(data)
        return len(data)

    def abortConnection(self) -> None:  # noqa: N802  the name is Twisted's
        self.disconnecting = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connect(clock: Clock, application) -> twisted_ends.Channel:
    channel = twisted_ends.Channel()
    channel.callLater = clock.callLater
    channel.factory = http.HTTPFactory(reactor=clock)
    channel.factory.server = types.SimpleNamespace(application=application)
    channel.timeOut = 60
    channel.makeConnection(Wire())
    return channel


async def answer(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.asyncio
async def test_an_answer_that_waits_for_nothing_is_there_at_once(clock: Clock):
    channel = connect(clock, answer)
    channel.dataReceived(REQUEST + REQUEST)
    assert channel.transport.value().count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.asyncio
async def test_an_answer_that_waits_comes_when_it_can_and_what_goes_wrong_is_said(clock: Clock):
    loop = asyncio.get_running_loop()
    first, second = loop.create_future(), loop.create_future()
    has_first, is_done = asyncio.Event(), asyncio.Event()

    async def wait(scope, receive, send) -> None:
        await first
        has_first.set()
        try:
            await second
        except ValueError:
            await answer(scope, receive, send)
        is_done.set()

    channel = connect(clock, wait)
    channel.dataReceived(REQUEST)
    first.set_result(None)
    await has_first.wait()
    assert channel.transport.value() == b""
    second.set_exception(ValueError())
    await is_done.wait()
    assert channel.transport.value().startswith(b"HTTP/1.1 200 OK")


@pytest.mark.asyncio
async def test_an_answer_to_a_write_goes_out_in_the_moment_its_outcome_is_told(clock: Clock):
    replies: list[Reply] = []

    async def write_twice(scope, receive, send) -> None:
        for _ in range(2):
            replies.append(Reply())
            assert await replies[-1] == "stored"
        await answer(scope, receive, send)

    channel = connect(clock, write_twice)
    channel.dataReceived(REQUEST + REQUEST)
    for stage in range(4):
        replies[stage].tell("stored")
        replies[stage].tell("told again, which changes nothing")
        assert channel.transport.value().count(b"HTTP/1.1 200 OK") == (stage + 1) // 2


@pytest.mark.asyncio
async def test_a_file_is_not_sent_on_top_of_what_nobody_reads(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    long: list[bytes] = []
    monkeypatch.setattr(twisted_ends.Channel, "go_long", lambda self, data: long.append(data))
    question = b"GET /f/1/assets/%b HTTP/1.1\r\nHost: here\r\n\r\n" % (b"a" * 64)
    channel = connect(clock, answer)
    channel.dataReceived(question)
    assert (channel.transport.value().count(b"200 OK"), long) == (1, [])
    channel.transport.dataBuffer = b"the end of the answer before"
    channel.dataReceived(question + question)
    assert (channel.transport.value().count(b"200 OK"), long) == (1, [question + question])


@pytest.mark.asyncio
async def test_a_question_that_the_application_leaves_alone_goes_the_long_way(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    long: list[bytes] = []
    monkeypatch.setattr(twisted_ends.Channel, "go_long", lambda self, data: long.append(data))
    looked = asyncio.get_running_loop().create_future()

    async def look(scope, receive, send) -> None:
        await looked

    question = b"GET /f/1/assets/%b HTTP/1.1\r\nHost: here\r\n\r\n" % (b"a" * 64)
    channel = connect(clock, look)
    channel.dataReceived(question)
    channel.dataReceived(REQUEST)  # comes meanwhile
    assert long == []
    looked.set_result(None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert long == [question + REQUEST]
    assert channel.transport.value() == b""


@pytest.mark.asyncio
async def test_an_outcome_is_heard_by_a_task_too(clock: Clock):
    reply = Reply()
    task = asyncio.ensure_future(wait_for(reply))
    await asyncio.sleep(0)
    reply.tell("stored")
    assert await task == "stored"
    gone = Reply()
    gone.cancel()
    gone.tell("to nobody")


@pytest.mark.asyncio
async def test_a_program_may_be_silent_for_an_epoch_and_not_for_ever(clock: Clock):
    channel = connect(clock, answer)
    channel.dataReceived(REQUEST)
    clock.advance(direct.IDLE_S - 1)
    channel.dataReceived(REQUEST)
    clock.advance(direct.IDLE_S - 1)
    assert not channel.transport.disconnecting
    clock.advance(2)
    assert channel.transport.disconnecting


@pytest.mark.asyncio
async def test_nobody_is_cut_off_while_an_answer_is_made(clock: Clock):
    channel = connect(clock, lambda scope, receive, send: forever())
    channel.dataReceived(REQUEST)
    clock.advance(61)
    clock.advance(direct.IDLE_S + 1)
    assert not channel.transport.disconnecting
    for task in list(direct._running):
        task.cancel()


@pytest.mark.asyncio
async def test_the_rest_of_a_body_is_not_waited_for_long(clock: Clock):
    channel = connect(clock, answer)
    channel.dataReceived(REQUEST)
    channel.dataReceived(REQUEST[:-1])
    clock.advance(direct.BODY_S + 1)
    assert channel.transport.disconnecting


@pytest.mark.asyncio
async def test_a_server_that_ends_gives_the_answer_it_owes_first():
    """On Uvicorn, whose connections are told that the server ends."""
    uvicorn = pytest.importorskip("uvicorn")
    from uvicorn.server import ServerState

    from panewall_server import uvicorn_ends

    loop = asyncio.get_running_loop()
    stored, sent = loop.create_future(), asyncio.Event()

    async def wait(scope, receive, send) -> None:
        await stored
        await answer(scope, receive, send)
        sent.set()

    connection = uvicorn_ends.Connection(uvicorn.Config(wait), ServerState(), {})
    here, there = socket.socketpair()
    with there:
        await loop.connect_accepted_socket(lambda: connection, here)
        there.setblocking(False)
        await loop.sock_sendall(there, REQUEST)
        await until(lambda: connection._short.is_answering)
        connection.shutdown()
        stored.set_result(None)
        await sent.wait()
        assert (await loop.sock_recv(there, 65536)).startswith(b"HTTP/1.1 200 OK")
        assert await loop.sock_recv(there, 65536) == b""


async def until(is_so) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0)


async def wait_for(reply: Reply) -> str:
    return await reply


async def forever() -> None:
    await asyncio.get_running_loop().create_future()
