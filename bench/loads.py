"""What the load-making processes do. See child.py for how they are spoken to."""

import select
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from .systems import SYSTEMS, Site, Viewer, Writer

Load = Generator[Any, Any, Any]


def walk(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A line like a training curve: float64 with all its decimals."""
    rng = np.random.default_rng(seed)
    x = np.arange(n, dtype=np.float64)
    return x, np.exp(-x / max(n, 1)) + 0.05 * rng.standard_normal(n)


def point(x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([x], dtype=np.float64), np.array([y], dtype=np.float64)


def writer_for(site: dict, kind: str, env: str) -> Writer:
    return SYSTEMS[site["system"]].writer(kind, Site(**site), env)


def viewer_for(site: dict, env: str) -> Viewer:
    viewer = SYSTEMS[site["system"]].viewer(Site(**site), env)
    viewer.load()
    return viewer


def told() -> bool:
    """Has another order come? For a load that goes on until then."""
    return bool(select.select([sys.stdin], [], [], 0)[0])


# --- writers


def appender(site: dict, kind: str, env: str, sizes: list[int]) -> Load:
    """Makes a window ``w<size>`` of each size. Each order {win, calls, until_told?} is answered after so many appends of one
    point, each acknowledged before the next."""
    writer = writer_for(site, kind, env)
    held: dict[str, int] = {}
    for size in sizes:
        win = f"w{size}"
        writer.create_line(win, *walk(size))
        writer.append_line(win, *point(size, 0.5))
        writer.flush()
        held[win] = size + 1
    order = yield {}
    while order:
        win, calls, times = order["win"], order["calls"], []
        at, began = held.get(win, 0), time.monotonic()
        before = time.perf_counter()
        for i in range(at, at + calls):
            writer.append_line(win, *point(i, 0.25 + i / 7))
            writer.flush()
            after = time.perf_counter()
            times.append(after - before)
            before = after
            if order.get("until_told") and told():
                break
        held[win] = at + len(times)
        order = yield {"times": times, "began": began, "ended": time.monotonic()}
    return {win: writer.count_points(win) == count for win, count in held.items()}


def logger(site: dict, env: str, calls: int) -> Load:
    """``run.log`` as fast as it returns, then one flush."""
    import panewall

    run = panewall.init(env=env, server=f"http://127.0.0.1:{site['port']}", token=site["token"])
    run.log({"loss": 1.0}, step=0)
    run.flush()
    yield {}
    clock, times = time.perf_counter_ns, []
    began = time.perf_counter()
    for i in range(1, calls + 1):
        value = 1 / i
        before = clock()
        run.log({"loss": value}, step=i)
        times.append(clock() - before)
    called = time.perf_counter() - began
    stored = run.flush(300)
    took = time.perf_counter() - began
    count = SYSTEMS["panewall"].writer("client", Site(**site), env).count_points("loss")
    times.sort()
    return {
        "took_s": took,
        "called_s": called,
        "p50_us": times[len(times) // 2] / 1e3,
        "p99_us": times[int(len(times) * 0.99)] / 1e3,
        "max_us": times[-1] / 1e3,
        "all_there": stored and count == calls + 1,
    }


def batches(site: dict, kind: str, env: str, batch: int) -> Load:
    """Each order {points} appends so many in arrays of ``batch``, then waits until all are stored."""
    writer = writer_for(site, kind, env)
    x, y = walk(batch)
    writer.append_line("w", x, y)
    writer.flush()
    held = batch
    order = yield {}
    while order:
        began = time.perf_counter()
        for _ in range(order["points"] // batch):
            writer.append_line("w", x + held, y)
            held += batch
        writer.flush()
        order = yield {"took_s": time.perf_counter() - began}
    return {"all_there": writer.count_points("w") == held}


def windows(site: dict, kind: str, env: str, count: int, points: int) -> Load:
    """Makes windows of one line each."""
    writer = writer_for(site, kind, env)
    yield {}
    began = time.perf_counter()
    for i in range(count):
        writer.create_line(f"w{i}", *walk(points, i))
    writer.flush()
    return {"took_s": time.perf_counter() - began}


def sender(site: dict, kind: str, env: str, size: int) -> Load:
    """Each order {calls, per_s?, flush?, until_told?} appends points whose y is the time of the call."""
    writer = writer_for(site, kind, env)
    writer.create_line("w", *walk(size))
    writer.flush()
    order, at = (yield {}), size
    while order:
        pause = 1 / order["per_s"] if order.get("per_s") else 0.0
        began = tick = time.perf_counter()
        for i in range(at, at + order["calls"]):
            if pause:
                tick += pause
                time.sleep(max(0.0, tick - time.perf_counter()))
            writer.append_line("w", *point(i, time.time()))
            if order.get("flush", True):
                writer.flush()
            if order.get("until_told") and told():
                break
        writer.flush()
        took, sent, at = time.perf_counter() - began, i + 1 - at, i + 1
        order = yield {"took_s": took, "sent": sent}
    return {}


def pusher(site: dict, kind: str, env: str, piece: int) -> Load:
    """Each order {mb, seconds} replaces the content of one window until that much is pushed or the time is over."""
    writer = writer_for(site, kind, env)
    pieces = [np.random.default_rng(i).bytes(piece) for i in range(4)]
    writer.put_bulk("bulk", pieces[0])
    writer.flush()
    order = yield {}
    while order:
        began, pushed = time.perf_counter(), 0
        while pushed < order["mb"] * 1e6 and time.perf_counter() - began < order["seconds"]:
            writer.put_bulk("bulk", pieces[pushed // piece % 4])
            pushed += piece
        writer.flush()
        order = yield {"pushed_mb": pushed / 1e6, "took_s": time.perf_counter() - began}
    return {}


# --- viewers


def opener(site: dict, env: str) -> Load:
    """Each order opens the env anew, as a page does."""
    order = yield {}
    while order:
        began = time.perf_counter()
        viewer = viewer_for(site, env)
        took = time.perf_counter() - began
        answer = {
            "took_s": took,
            "bytes": viewer.socket.bytes_in,
            "windows": viewer.windows,
            "points": viewer.points,
        }
        viewer.close()
        order = yield answer
    return {}


def staller(site: dict, env: str) -> Load:
    """A viewer that opens the env and reads nothing from then on."""
    viewer = viewer_for(site, env)
    yield {}
    viewer.close()
    return {}


def counter(site: dict, kind: str, env: str, win: str) -> Load:
    """How many points a server holds, one that has just come back from a crash, say."""
    writer = writer_for(site, kind, env)
    yield {}
    return {"points": writer.count_points(win)}


def warmer(site: dict) -> Load:
    """Uses every part of a server once."""
    SYSTEMS[site["system"]].warm(Site(**site))
    yield {}


def farm(site: dict, env: str, count: int) -> Load:
    """Many viewers of one env. An order {sent, give_up_s} says how many points were sent since the last answer; the answer comes
    when every viewer has them all, or when nothing has come for so long."""
    viewers = [viewer_for(site, env) for _ in range(count)]
    poller = select.epoll()
    by_number = {}
    for viewer in viewers:
        by_number[viewer.socket.fileno()] = viewer
        poller.register(viewer.socket.fileno(), select.EPOLLIN)
    poller.register(sys.stdin.fileno(), select.EPOLLIN)
    floor = time.time()
    order = yield {}
    while order:
        newest = dict.fromkeys(viewers, floor)
        got = dict.fromkeys(viewers, 0)
        delays: list[np.ndarray] = []
        messages, lags, wanted, last = 0, sum(v.lags for v in viewers), None, time.time()
        bytes_before = sum(v.socket.bytes_in for v in viewers)
        give_up_s = order.get("give_up_s", 15.0)
        while wanted is None or (min(got.values()) < wanted and time.time() - last < give_up_s):
            for number, _ in poller.poll(0.5):
                if number not in by_number:
                    import json

                    wanted, last = json.loads(sys.stdin.readline())["sent"], time.time()
                    continue
                viewer = by_number[number]
                for message in viewer.pump():
                    now = time.time()
                    messages += 1
                    marks = viewer.marks(message)
                    marks = marks[(marks > newest[viewer]) & (marks < now + 1)]
                    if len(marks):
                        newest[viewer] = marks[-1]
                        got[viewer] += len(marks)
                        delays.append(now - marks)
                        last = now
        all_delays = np.sort(np.concatenate(delays)) if delays else np.zeros(1)
        floor = max(newest.values())
        order = yield {
            "p50_s": float(all_delays[len(all_delays) // 2]),
            "p99_s": float(all_delays[int(len(all_delays) * 0.99)]),
            "max_s": float(all_delays[-1]),
            "delivered": sum(got.values()),
            "lost": wanted * count - sum(got.values()),
            "last": last,
            "messages": messages,
            "lags": sum(v.lags for v in viewers) - lags,
            "bytes": sum(v.socket.bytes_in for v in viewers) - bytes_before,
        }
    return {}


LOADS: dict[str, Callable[..., Load]] = {
    load.__name__: load
    for load in (appender, logger, batches, windows, sender, pusher, opener, staller, counter, warmer, farm)
}
