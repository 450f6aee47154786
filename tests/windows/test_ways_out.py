"""How news leaves the committer's thread, and how frames leave a socket: in order, and nothing stops what comes after."""

import asyncio
import threading

from apps.windows.live.outbox import WRITE, Outbox
from apps.windows.live.postbox import Postbox, postbox


def test_what_threads_post_arrives_in_each_threads_order():
    async def collect() -> list[tuple[int, int]]:
        box, got, whole = postbox(asyncio.get_running_loop()), [], asyncio.Event()

        def hear(sender: int, number: int) -> None:
            got.append((sender, number))
            if len(got) == 4 * 500:
                whole.set()

        def send(sender: int) -> None:
            for number in range(500):
                box.post(hear, sender, number)

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
        for thread in threads:
            thread.start()
        await asyncio.wait_for(whole.wait(), 30)
        return got

    got = asyncio.run(collect())
    for sender in range(4):
        assert [number for who, number in got if who == sender] == list(range(500))


def test_a_burst_wakes_the_loop_once():
    class Loop:
        def __init__(self) -> None:
            self.woken = []

        def call_soon_threadsafe(self, call) -> None:
            self.woken.append(call)

    loop, got = Loop(), []
    box = Postbox(loop)
    for number in range(10):
        box.post(got.append, number)
    assert len(loop.woken) == 1
    loop.woken.pop()()
    assert got == list(range(10))
    box.post(got.append, 10)
    assert len(loop.woken) == 1


def test_a_message_that_fails_holds_up_no_other():
    async def collect() -> tuple[list[int], list[dict]]:
        loop, got, troubles, last = asyncio.get_running_loop(), [], [], asyncio.Event()
        loop.set_exception_handler(lambda _, trouble: troubles.append(trouble))
        box = postbox(loop)
        box.post(lambda: 1 / 0)
        box.post(got.append, 1)
        box.post(last.set)
        await asyncio.wait_for(last.wait(), 30)
        return got, troubles

    got, troubles = asyncio.run(collect())
    assert got == [1]
    assert isinstance(troubles[0]["exception"], ZeroDivisionError)


def test_frames_wait_their_turn_where_sending_may_wait():
    async def send_all() -> list[bytes]:
        sent: list[bytes] = []

        async def send(message: dict) -> None:
            await asyncio.sleep(0)
            sent.append(message["bytes"])

        outbox = Outbox({}, send)
        sender = asyncio.ensure_future(outbox.run())
        for number in range(20):
            outbox.put(bytes([number]))
        await asyncio.wait_for(outbox.drain(), 30)
        sender.cancel()
        return sent

    assert asyncio.run(send_all()) == [bytes([number]) for number in range(20)]


def test_frames_go_at_once_where_the_server_takes_them():
    async def send(message: dict) -> None:
        raise AssertionError("the server said it takes frames at once")

    async def put() -> list[bytes]:
        taken: list[bytes] = []
        outbox = Outbox({"extensions": {WRITE: taken.append}}, send)
        outbox.put(b"a")
        outbox.put(b"b")
        await outbox.drain()
        return taken

    assert asyncio.run(put()) == [b"a", b"b"]
