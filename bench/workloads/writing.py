"""What writing costs: one append at a time, many writers, runs, arrays, and a neighbour's haste."""

import contextlib
import time

from ..children import child
from ..figures import latencies, percentile, rounded
from ..servers import MB, Server
from ..systems import SYSTEMS
from ..trial import Trial

SETTLE_S = 0.5


def append(trial: Trial) -> None:
    """One acknowledged append at a time, to windows that hold a thousand to a million points.

    Windows take turns in rounds, so that what else the machine does falls on all of them alike.
    """
    plans = {
        "visdom": ({1000: 60, 10_000: 20, 100_000: 4, 1_000_000: 1}, trial.pick(3, 1)),
        "panewall": ({1000: 250, 10_000: 250, 100_000: 250, 1_000_000: 250}, trial.pick(6, 2)),
    }
    sizes = [1000, 10_000, 100_000, 1_000_000][: trial.pick(4, 2)]
    for system in trial.systems:
        plan, rounds = plans[system]
        for kind in trial.pick(SYSTEMS[system].writers, ("client",)):
            with (
                trial.server(system) as server,
                child(server, "appender", kind=kind, env="append", sizes=sizes) as load,
            ):
                times: dict[int, list[float]] = {size: [] for size in sizes}
                cpu = dict.fromkeys(sizes, 0.0)
                for size in sizes:
                    load.ask(
                        {"win": f"w{size}", "calls": min(50, plan[size] // 3)}
                        if plan[size] > 10
                        else {"win": f"w{size}", "calls": 0}
                    )
                for _ in range(rounds):
                    for size in sizes:
                        before = server.cpu_s()
                        times[size] += load.ask({"win": f"w{size}", "calls": plan[size]})["times"]
                        cpu[size] += server.cpu_s() - before
                held = load.ask(None)
                for size in sizes:
                    figures = {
                        "calls_per_s": rounded(len(times[size]) / sum(times[size])),
                        "mean_ms": rounded(sum(times[size]) / len(times[size]), 1e3),
                        **latencies(times[size]),
                        "server_cpu_ms": rounded(cpu[size] / len(times[size]), 1e3),
                        "all_there": held[f"w{size}"],
                    }
                    trial.note(system, {"writer": kind, "points": size}, figures)


def writers(trial: Trial) -> None:
    """Eight processes, each appending to a window of its own env that begins empty; a fresh window each round."""
    count, calls, rounds = 8, trial.pick(100, 30), trial.pick(5, 1)
    for system in trial.systems:
        variants: list[tuple[str, dict[str, str]]] = [("http", {})]
        if system == "panewall":
            variants = [
                (kind, {"server": server})
                for server in ("daphne", "uvicorn")
                for kind in trial.pick(("http", "socket", "client"), ("http",))
            ]
        for kind, options in variants:
            with trial.server(system, **options) as server, contextlib.ExitStack() as stack:
                loads = [
                    stack.enter_context(child(server, "appender", kind=kind, env=f"writer{i}", sizes=[]))
                    for i in range(count)
                ]
                rates, times = [], []
                for turn in range(-1, rounds):
                    for load in loads:
                        load.tell({"win": f"turn{turn}", "calls": calls if turn >= 0 else 5})
                    answers = [load.hear() for load in loads]
                    if turn < 0:
                        continue  # connections and envs are made here
                    span = max(a["ended"] for a in answers) - min(a["began"] for a in answers)
                    rates.append(count * calls / span)
                    times += [t for a in answers for t in a["times"]]
                figures = {"calls_per_s": rounded(percentile(rates, 50)), **latencies(times)}
                trial.note(system, {"writer": kind, **options}, figures)


def log(trial: Trial) -> None:
    """``run.log({"loss": x}, step=i)`` as fast as it returns, durable at the flush."""
    if not trial.has("panewall"):
        return
    calls = trial.pick(200_000, 20_000)
    with trial.server("panewall") as server, child(server, "logger", env="log", calls=calls) as load:
        cpu = server.cpu_s()
        answer = load.ask()
        figures = {
            "calls_per_s": rounded(calls / answer["took_s"]),
            "returned_per_s": rounded(calls / answer["called_s"]),
            "call_p50_us": rounded(answer["p50_us"]),
            "call_p99_us": rounded(answer["p99_us"]),
            "call_max_us": rounded(answer["max_us"]),
            "server_cpu_us": rounded((server.cpu_s() - cpu) / calls, 1e6),
            "all_there": answer["all_there"],
        }
        trial.note("panewall", {"calls": calls}, figures)


def arrays(trial: Trial) -> None:
    """Ten million points in arrays of 1000: how fast they are stored, and what memory the server takes for it.

    visdom gets a million, in windows of 1000 points, which is what it does best.
    """
    if trial.has("visdom"):
        count = trial.pick(1000, 100)
        with trial.server("visdom") as server:
            with (
                server.watch_memory() as memory,
                child(server, "windows", kind="http", env="arrays", count=count, points=1000) as load,
            ):
                took = load.ask()["took_s"]
                time.sleep(SETTLE_S)
            trial.note(
                "visdom",
                {"writer": "http", "points": count * 1000},
                _bulk_figures(count * 1000, took, memory.growth_mb),
            )
    if not trial.has("panewall"):
        return
    for kind, points in (
        ("client", trial.pick(10_000_000, 500_000)),
        ("socket", trial.pick(2_000_000, 100_000)),
    ):
        with (
            trial.server("panewall") as server,
            child(server, "batches", kind=kind, env="arrays", batch=1000) as load,
        ):
            with server.watch_memory() as memory:
                cpu = server.cpu_s()
                took = load.ask({"points": points})["took_s"]
                cpu = server.cpu_s() - cpu
            figures = _bulk_figures(points, took, memory.growth_mb)
            figures["server_cpu_us_per_1000"] = rounded(cpu / points * 1000, 1e6)
            trial.note("panewall", {"writer": kind, "points": points}, {**figures, **load.ask(None)})


def _bulk_figures(points: int, took_s: float, growth_mb: float) -> dict:
    return {
        "points_per_s": rounded(points / took_s),
        "rss_growth_mb": rounded(growth_mb),
        "bytes_per_point": rounded(growth_mb * MB / points),
    }


def neighbour(trial: Trial) -> None:
    """What a small env's append waits while another env with 50 000 points is written one append at a time at full speed."""
    size = trial.pick(50_000, 5_000)
    for system in trial.systems:
        for kind in (
            ("http",) if system == "visdom" else trial.pick(("http", "socket", "client"), ("client",))
        ):
            with trial.server(system) as server:
                _neighbour(trial, server, kind, size)


def _neighbour(trial: Trial, server: Server, kind: str, size: int) -> None:
    slow = server.system.name == "visdom"
    calls = trial.pick(100, 20) if slow else trial.pick(1000, 100)
    with (
        child(server, "appender", kind=kind, env="small", sizes=[]) as small,
        child(server, "appender", kind=kind, env="large", sizes=[size]) as large,
    ):
        small.ask({"win": "w", "calls": 20})
        alone = small.ask({"win": "w", "calls": calls})["times"]
        large.tell({"win": f"w{size}", "calls": 10**9, "until_told": True})
        time.sleep(SETTLE_S)
        beside = small.ask({"win": "w", "calls": trial.pick(30, 5) if slow else calls})["times"]
        large.tell(None)
        busy = large.hear()["times"]
    figures = {
        "alone_p50_ms": rounded(percentile(alone, 50), 1e3),
        "alone_p99_ms": rounded(percentile(alone, 99), 1e3),
        "beside_p50_ms": rounded(percentile(beside, 50), 1e3),
        "beside_p99_ms": rounded(percentile(beside, 99), 1e3),
        "p50_ratio": rounded((percentile(beside, 50) or 0) / (percentile(alone, 50) or 1)),
        "large_calls_per_s": rounded(len(busy) / sum(busy)),
    }
    trial.note(server.system.name, {"writer": kind, "points": size}, figures)
