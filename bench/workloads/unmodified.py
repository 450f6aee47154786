"""visdom's own client, as PyPI has it, against both servers: one append at a time, each of them two requests.

Both servers are spoken to from visdom's own environment, so that the client costs the same.
"""

import contextlib

from ..children import child
from ..figures import latencies, percentile, rounded
from ..systems.visdom import PYTHON
from ..trial import Trial

#: What its writers are called by each system.
KINDS = {"visdom": "client", "panewall": "unmodified"}
EMPTY = 0


def unmodified(trial: Trial) -> None:
    """One writer, to windows that begin empty (a fresh one each round), and to windows of a thousand to 100 000 points."""
    plans = {
        "visdom": {EMPTY: 100, 1000: 60, 10_000: 20, 100_000: 4},
        "panewall": {EMPTY: 100, 1000: 100, 10_000: 100, 100_000: 100},
    }
    rounds = trial.pick(5, 1)
    sizes = [1000, 10_000, 100_000][: trial.pick(3, 1)]
    for system in trial.systems:
        plan = plans[system]
        with (
            trial.server(system) as server,
            child(server, "appender", python=PYTHON, kind=KINDS[system], env="append", sizes=sizes) as load,
        ):
            times: dict[int, list[float]] = {size: [] for size in (EMPTY, *sizes)}
            cpu = dict.fromkeys(times, 0.0)
            for turn in range(-1, rounds):
                for size in times:
                    calls = plan[size] if turn >= 0 else min(5, plan[size])
                    before = server.cpu_s()
                    win = f"w{size}" if size else f"turn{turn}"
                    answer = load.ask({"win": win, "calls": calls})["times"]
                    if turn >= 0:
                        times[size] += answer
                        cpu[size] += server.cpu_s() - before
            held = load.ask(None)
            for size, taken in times.items():
                figures = {
                    "calls_per_s": rounded(len(taken) / sum(taken)),
                    "mean_ms": rounded(sum(taken) / len(taken), 1e3),
                    **latencies(taken),
                    "server_cpu_ms": rounded(cpu[size] / len(taken), 1e3),
                    "all_there": all(held.values()),
                }
                trial.note(system, {"points": size}, figures)


def writers(trial: Trial) -> None:
    """Eight processes, each appending to a window of its own env that begins empty; a fresh window each round."""
    count, calls, rounds = 8, trial.pick(50, 20), trial.pick(5, 1)
    for system in trial.systems:
        with trial.server(system) as server, contextlib.ExitStack() as stack:
            loads = [
                stack.enter_context(
                    child(
                        server,
                        "appender",
                        python=PYTHON,
                        kind=KINDS[system],
                        env=f"writer{i}",
                        sizes=[],
                    )
                )
                for i in range(count)
            ]
            rates, times = [], []
            for turn in range(-1, rounds):
                for load in loads:
                    load.tell({"win": f"turn{turn}", "calls": calls if turn >= 0 else 5})
                answers = [load.hear() for load in loads]
                if turn < 0:
                    continue
                span = max(a["ended"] for a in answers) - min(a["began"] for a in answers)
                rates.append(count * calls / span)
                times += [t for a in answers for t in a["times"]]
            trial.note(system, {}, {"calls_per_s": rounded(percentile(rates, 50)), **latencies(times)})
