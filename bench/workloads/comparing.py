"""What comparing costs: the time and bytes until several envs have come as one, and the pace of a writer to one of them."""

import itertools
import statistics
from dataclasses import dataclass

from ..children import Child, child
from ..figures import rounded
from ..servers import Server
from ..trial import Trial

ENVS = ["alpha", "bravo", "charlie", "delta"]


def compare(trial: Trial) -> None:
    """Four envs of ten windows of 10 000 points, compared through the socket of a page; then one env is written to at full speed, with
    nobody looking and with a page that compares it, in turns."""
    windows, points = 10, trial.pick(10_000, 2000)
    for system in trial.systems:
        kind = "http" if system == "visdom" else "socket"
        sizes = {"envs": len(ENVS), "windows": windows, "points": points}
        with (
            trial.server(system) as server,
            child(server, "titled", kind=kind, envs=ENVS, count=windows, points=points),
            child(server, "comparer") as comparer,
        ):
            # Each order of the envs is a comparison of its own, which nobody has asked for yet.
            orders = [list(order) for order in itertools.permutations(ENVS)]
            comparer.ask({"envs": orders[0]})
            opened = [comparer.ask({"envs": order}) for order in orders[1 : trial.pick(16, 4)]]
            again = [comparer.ask({"envs": orders[1]}) for _ in range(trial.pick(9, 3))]
            figures = {
                "first_ms": rounded(statistics.median(o["took_s"] for o in opened), 1e3),
                "first_most_ms": rounded(max(o["took_s"] for o in opened), 1e3),
                "again_ms": rounded(statistics.median(o["took_s"] for o in again), 1e3),
                "bytes": opened[0]["bytes"],
                "windows": opened[0]["windows"],
                "points": opened[0]["points"],
            }
            trial.note(system, sizes, figures)
            if system == "panewall":
                with (
                    child(server, "appender", kind=kind, env=ENVS[0], sizes=[points]) as writer,
                    child(server, "onlooker", envs=ENVS) as page,
                ):
                    trial.note(system, {"writer": kind}, _paces(server, trial, writer, page, f"w{points}"))


def _paces(server: Server, trial: Trial, writer: Child, page: Child, win: str) -> dict[str, object]:
    """Calls a second with nobody looking and with a page that compares, in turns; and how much of the first is lost in the second.

    A machine is not as fast in one minute as in the next, so each turn with a page is held against the turns right before and after it.
    """
    calls, rounds = trial.pick(1500, 300), trial.pick(16, 2)
    writer.ask({"win": win, "calls": calls})
    page.ask({"open": True})
    page.ask({"close": True})
    alone, compared, messages = [_pace(server, writer, win, calls)], [], 0
    for _ in range(rounds):
        page.ask({"open": True})
        page.tell({"watch": True})
        compared.append(_pace(server, writer, win, calls))
        page.tell({"close": True})
        messages += page.hear()["messages"]
        page.hear()
        alone.append(_pace(server, writer, win, calls))
    lost = [
        1 - turn.rate / statistics.mean((before.rate, after.rate))
        for turn, before, after in zip(compared, alone, alone[1:], strict=False)
    ]
    return {
        "alone_per_s": rounded(statistics.median(turn.rate for turn in alone)),
        "compared_per_s": rounded(statistics.median(turn.rate for turn in compared)),
        "lost_percent": rounded(statistics.median(lost), 100),
        "alone_cpu_ms": rounded(statistics.median(turn.cpu_s for turn in alone), 1e3),
        "compared_cpu_ms": rounded(statistics.median(turn.cpu_s for turn in compared), 1e3),
        "updates_seen": messages,
    }


@dataclass(frozen=True, slots=True)
class _Turn:
    """Calls a second, and the server's CPU seconds for one."""

    rate: float
    cpu_s: float


def _pace(server: Server, writer: Child, win: str, calls: int) -> _Turn:
    before = server.cpu_s()
    answer = writer.ask({"win": win, "calls": calls})
    return _Turn(calls / (answer["ended"] - answer["began"]), (server.cpu_s() - before) / calls)
