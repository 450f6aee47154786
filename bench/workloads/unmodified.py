"""visdom's own client, as PyPI has it, against both servers: one append at a time, each of them two requests.

Both servers are spoken to from visdom's own environment, so that the client costs the same. They take turns: a machine has better and
worse moments, and the client, which takes most of each call, feels them as much as a server does.
"""

import contextlib
from itertools import product

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
    rounds = trial.pick(10, 1)
    sizes = [1000, 10_000, 100_000][: trial.pick(3, 1)]
    with contextlib.ExitStack() as stack:
        servers = {system: stack.enter_context(trial.server(system)) for system in trial.systems}
        loads = {
            system: stack.enter_context(
                child(server, "appender", python=PYTHON, kind=KINDS[system], env="append", sizes=sizes)
            )
            for system, server in servers.items()
        }
        times: dict[tuple[str, int], list[float]] = {}
        cpu: dict[tuple[str, int], float] = {}
        for turn, size, system in product(range(-1, rounds), (EMPTY, *sizes), trial.systems):
            calls = plans[system][size] if turn >= 0 else min(5, plans[system][size])
            before = servers[system].cpu_s()
            answer = loads[system].ask({"win": f"w{size}" if size else f"turn{turn}", "calls": calls})[
                "times"
            ]
            if turn >= 0:
                times.setdefault((system, size), []).extend(answer)
                cpu[system, size] = cpu.get((system, size), 0.0) + servers[system].cpu_s() - before
        held = {system: load.ask(None) for system, load in loads.items()}
        for (system, size), taken in times.items():
            figures = {
                "calls_per_s": rounded(len(taken) / sum(taken)),
                "mean_ms": rounded(sum(taken) / len(taken), 1e3),
                **latencies(taken),
                "server_cpu_ms": rounded(cpu[system, size] / len(taken), 1e3),
                "all_there": all(held[system].values()),
            }
            trial.note(system, {"points": size}, figures)


def writers(trial: Trial) -> None:
    """Eight processes, each appending to a window of its own env that begins empty; a fresh window each round."""
    count, calls, rounds = 8, trial.pick(50, 20), trial.pick(10, 1)
    with contextlib.ExitStack() as stack:
        servers = {system: stack.enter_context(trial.server(system)) for system in trial.systems}
        loads = {
            system: [
                stack.enter_context(
                    child(server, "appender", python=PYTHON, kind=KINDS[system], env=f"writer{i}", sizes=[])
                )
                for i in range(count)
            ]
            for system, server in servers.items()
        }
        rates: dict[str, list[float]] = {system: [] for system in trial.systems}
        times: dict[str, list[float]] = {system: [] for system in trial.systems}
        for turn, system in product(range(-1, rounds), trial.systems):
            for load in loads[system]:
                load.tell({"win": f"turn{turn}", "calls": calls if turn >= 0 else 5})
            answers = [load.hear() for load in loads[system]]
            if turn < 0:
                continue
            span = max(a["ended"] for a in answers) - min(a["began"] for a in answers)
            rates[system].append(count * calls / span)
            times[system] += [t for a in answers for t in a["times"]]
        for system in trial.systems:
            figures = {"calls_per_s": rounded(percentile(rates[system], 50)), **latencies(times[system])}
            trial.note(system, {}, figures)
