"""A flush that its caller carries out: whatever happens to the caller, what was logged arrives, once and in order."""

import contextlib
import os
import signal
import sys
import threading
import uuid

import pytest

import panewall
import panewall.inbox
import panewall.loan
import panewall.sender
from panewall.websocket import WebSocket
from tests.client.test_delivery import make_run, read_points, run_program
from tests.support.waiting import wait_for


@pytest.fixture
def env() -> str:
    return f"env-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def run(server, token, env, make_sender):
    """A run whose connection stands."""
    made = make_run(make_sender(server.url, token), env)
    made.log({"m": 0.0}, step=0)
    assert made.flush(20)
    return made


@contextlib.contextmanager
def halted(server):
    """The server answers nothing for a while."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def wait_for_loan(run):
    """Until the sender's thread sleeps, so that the next flush is its caller's."""
    wait_for(lambda: run.sender._loan is not None, what="the sender's thread to sleep", every_s=0.001)


@contextlib.contextmanager
def at_instruction(number, act, module=panewall.loan):
    """Do something before one of the instructions that this thread runs in a module, as the handler of a signal may."""
    left = number

    def trace(frame, event, argument):
        nonlocal left
        if frame.f_code.co_filename != module.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == 0:
                act()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def test_a_caller_who_flushes_sends_by_itself(server, env, run, monkeypatch):
    senders = []
    send = WebSocket.send
    monkeypatch.setattr(
        WebSocket, "send", lambda *args: (senders.append(threading.current_thread()), send(*args))
    )
    for step in range(1, 20):
        wait_for_loan(run)
        run.log({"m": float(step)}, step=step)
        assert run.flush(20)
    assert senders.count(threading.current_thread()) > 9  # the thread may come first now and then
    assert read_points(server, env, "m") == list(range(20))
    assert run.sender.stats["acknowledged"] == run.sender.stats["last"] == 20
    assert run.sender._inbox.nbytes == 0


@pytest.mark.parametrize("what", ["interrupt", "handle"])
def test_an_interrupt_at_any_instruction_loses_and_doubles_nothing(server, env, run, monkeypatch, what):
    """Ctrl-C, or a signal whose handler logs and flushes by itself, before each single instruction."""
    monkeypatch.setattr(panewall.loan, "LOST_S", 0.05)
    monkeypatch.setattr(panewall.sender, "BACKOFF_S", (0.001, 0.01))
    logged = [0.0]
    number = 0
    was_there = True

    def log():
        logged.append(float(len(logged)))
        run.log({"m": logged[-1]}, step=len(logged) - 1)

    def come():
        nonlocal was_there
        was_there = True
        if what == "interrupt":
            raise KeyboardInterrupt
        log()
        assert run.flush(20)
        log()

    while was_there:
        was_there = False
        number += 1 if what == "interrupt" else 2
        wait_for_loan(run)
        log()
        with contextlib.suppress(KeyboardInterrupt), at_instruction(number, come):
            run.flush(20)
        log()
        assert run.flush(20)
    assert number > 200
    assert read_points(server, env, "m") == logged
    assert run.sender.stats["queued"] == run.sender._inbox.nbytes == run.sender._memory == 0


def test_a_handler_that_plots_while_its_program_plots_holds_up_neither():
    inbox = panewall.inbox.Inbox()
    command = {"do": "window.put", "env": "e", "win": "w"}
    counts = []

    def plot_at_each_instruction():
        for number in range(1, 60):
            with at_instruction(number, lambda: inbox.put(command), panewall.inbox):
                inbox.put(command)
            counts.append(len(inbox.items))

    thread = threading.Thread(target=plot_at_each_instruction, daemon=True)
    thread.start()
    thread.join(10)
    assert len(counts) == 59, "It waits for itself."
    assert counts[0] == 2 and counts[-1] - counts[-2] == 1  # in the end there were no more instructions


def test_an_interrupt_in_the_middle_of_a_frame_loses_nothing(server, env, run, monkeypatch):
    push, caller = WebSocket._push, threading.current_thread()

    def half(connection):
        if threading.current_thread() is not caller:
            return push(connection)
        monkeypatch.setattr(WebSocket, "_push", push)
        connection._socket.send(connection._out.popleft()[:20])
        raise KeyboardInterrupt

    monkeypatch.setattr(WebSocket, "_push", half)
    step = 0
    with contextlib.suppress(KeyboardInterrupt):
        while True:  # until it was the caller who sent
            wait_for_loan(run)
            step += 1
            run.log({"m": float(step)}, step=step)
            run.flush(20)
    assert run.flush(5)
    assert read_points(server, env, "m") == list(range(step + 1))


def test_a_caller_who_is_lost_with_the_loan_does_not_keep_it(server, env, run, monkeypatch):
    """Interrupted where nothing can give it back: between taking it and the next instruction."""
    monkeypatch.setattr(panewall.loan, "LOST_S", 0.05)
    wait_for_loan(run)
    assert run.sender._loan._held.acquire(blocking=False)
    run.log({"m": 1.0}, step=1)
    assert run.flush(20)
    assert read_points(server, env, "m") == [0, 1]


def test_threads_that_flush_at_once_are_all_served(server, env, run):
    failed = []

    def work(name):
        for step in range(40):
            run.log({name: float(step)}, step=step)
            if not run.flush(20):
                failed.append((name, step))

    names = ["a", "b", "c"]
    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    for name in names:
        assert read_points(server, env, name) == list(range(40))


def test_a_server_that_takes_its_time_keeps_nobody_from_going_on(server, env, run):
    """A caller who gave up, one who waits for longer than callers do by themselves, one who comes meanwhile, and one who only logs."""
    wait_for_loan(run)
    answers = []

    def flush(value):
        run.log({"m": value}, step=int(value))
        answers.append(run.flush(30))

    with halted(server):
        run.log({"m": 1.0}, step=1)
        assert run.flush(0.1) is False  # left to the thread, in flight
        waiting = [threading.Thread(target=flush, args=(float(value),)) for value in (2, 3)]
        for thread in waiting:
            thread.start()
    for thread in waiting:
        thread.join()
    assert answers == [True, True]

    wait_for_loan(run)
    with halted(server):
        run.log({"m": 4.0}, step=4)
        caller = threading.Thread(target=lambda: answers.append(run.flush(30)))
        caller.start()
        wait_for(lambda: run.sender.stats["queued"] == 0, what="a caller to send")
        run.log({"m": 5.0}, step=5)
        run.log({"m": 6.0}, step=6)
        wait_for(lambda: run.sender._loan is None, what="the caller to leave it to the thread")
    caller.join()
    assert answers == [True, True, True]
    wait_for(lambda: len(read_points(server, env, "m")) == 7, what="what was logged meanwhile")
    assert read_points(server, env, "m") == list(range(7))
    assert run.sender.stats["connections"] == 1


def test_what_others_log_while_a_caller_waits_goes_out_after_it(server, env, run):
    wait_for_loan(run)
    with halted(server):
        run.log({"m": 1.0}, step=1)
        caller = threading.Thread(target=run.flush, args=(20,))
        caller.start()
        wait_for(lambda: run.sender.stats["queued"] == 0, what="a caller to send")
        run.log({"other": 1.0}, step=1)
    caller.join()
    wait_for(lambda: run.sender.stats["acknowledged"] == 3, what="what was logged meanwhile")
    assert read_points(server, env, "other") == [1]


@pytest.mark.slow
def test_a_server_that_is_killed_while_a_caller_waits_has_it_once(start_server, env, make_sender):
    server = start_server()
    run = make_run(make_sender(server.url, server.token()), env)
    run.log({"m": 0.0}, step=0)
    assert run.flush(20)
    answers = []
    for step in (1, 2):
        wait_for_loan(run)
        os.kill(server.pid, signal.SIGSTOP)
        run.log({"m": float(step)}, step=step)
        caller = threading.Thread(target=lambda: answers.append(run.flush(30)))
        caller.start()
        wait_for(lambda: run.sender.stats["queued"] == 0, what="a caller to send")
        server.kill()
        server.start()
        caller.join()
    assert answers == [True, True]
    assert read_points(server, env, "m") == [0, 1, 2]


FORKED = """
import os, threading, panewall
run = panewall.init({env!r})
run.log({{"parent": 0}}, step=0)
run.flush()
stop = threading.Event()
flushed = []

def train():
    while not stop.is_set():
        flushed.append(len(flushed) + 1)
        run.log({{"parent": flushed[-1]}}, step=flushed[-1])
        assert run.flush(20)

training = threading.Thread(target=train)
training.start()
children = []
for number in range(4):
    before = len(flushed)
    while len(flushed) < before + 5: pass
    child = os.fork()
    if not child:
        for step in range(20):
            run.log({{f"child{{number}}": step}}, step=step)
            if not run.flush(20):
                os._exit(1)
        os._exit(0)
    children.append(child)
assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0, 0]
stop.set()
training.join()
print(len(flushed))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_flushes(server, env):
    done = run_program(server, FORKED.format(env=env))
    assert read_points(server, env, "parent") == list(range(int(done.stdout) + 1))
    for number in range(4):
        assert read_points(server, env, f"child{number}") == list(range(20))
