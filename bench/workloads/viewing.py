"""What watching costs: a hundred viewers, at full speed and at a trainer's pace, and one that stops reading."""

import time
from typing import Any

from ..children import Child, child
from ..figures import rounded
from ..servers import Server
from ..trial import Trial

VIEWERS = 100
SETTLE_S = 0.5


def viewers(trial: Trial) -> None:
    """A hundred viewers of one env while one writer appends at full speed, each append acknowledged before the next; and, through the
    client, a steady thousand a second that nobody waits for."""
    for system in trial.systems:
        calls = trial.pick(500, 50) if system == "visdom" else trial.pick(4000, 300)
        kinds = ("http",) if system == "visdom" else trial.pick(("socket", "http", "client"), ("socket",))
        for kind in kinds:
            _watched(trial, system, kind, {"calls": calls, "per_s": None}, pace="full")
    if trial.has("panewall"):
        steady = {"calls": trial.pick(4000, 500), "per_s": 1000, "flush": False}
        _watched(trial, "panewall", "client", steady, pace="1000/s")


def viewers_paced(trial: Trial) -> None:
    """The same at 20 appends a second: how long from the call to the socket."""
    for system in trial.systems:
        for kind in ("http",) if system == "visdom" else ("socket", "client"):
            order = {"calls": trial.pick(200, 20), "per_s": 20, "flush": system == "visdom"}
            _watched(trial, system, kind, order, pace="20/s")


def _watched(trial: Trial, system: str, kind: str, order: dict[str, Any], *, pace: str) -> None:
    count = trial.pick(VIEWERS, 20)
    with (
        trial.server(system) as server,
        child(server, "sender", kind=kind, env="watched", size=1000) as sender,
        child(server, "farm", env="watched", count=count) as farm,
    ):
        cpu = server.cpu_s()
        sent, seen = _send_and_see(sender, farm, order)
        figures = {
            "appends_per_s": rounded(sent["sent"] / sent["took_s"]),
            "delivered_per_s": rounded(seen["delivered"] / sent["took_s"]),
            "p50_ms": rounded(seen["p50_s"], 1e3),
            "p99_ms": rounded(seen["p99_s"], 1e3),
            "max_ms": rounded(seen["max_s"], 1e3),
            "lost": seen["lost"],
            "lags": seen["lags"],
            "messages": seen["messages"],
            "server_cpu_ms": rounded((server.cpu_s() - cpu) / sent["sent"], 1e3),
        }
        trial.note(system, {"writer": kind, "viewers": count, "pace": pace}, figures)


def _send_and_see(sender: Child, farm: Child, order: dict[str, Any]) -> tuple[dict, dict]:
    farm.tell({"give_up_s": 15})
    sent = sender.ask(order)
    return sent, farm.ask({"sent": sent["sent"]})


def stalled(trial: Trial) -> None:
    """A viewer stops reading while a gigabyte is pushed into its env: what the server holds for it, and what the others wait.

    As much is pushed with nobody stalled, half of it before and half after; what is measured then is what the stalled one is
    compared with. The others' latency is that of a line at 20 appends a second, in the same env.
    """
    for system in trial.systems:
        if system == "visdom":
            kind, calm_mb, push_mb, piece = "http", 10, trial.pick(60, 10), 150_000
        else:
            kind, calm_mb, push_mb, piece = "socket", trial.pick(500, 20), trial.pick(1000, 40), 900_000
        with (
            trial.server(system) as server,
            child(server, "pusher", kind=kind, env="stalled", piece=piece) as pusher,
            child(server, "sender", kind=kind, env="stalled", size=100) as sender,
            child(server, "farm", env="stalled", count=2) as farm,
        ):
            order = {"seconds": trial.pick(75, 10)}
            _, before, usual_mb = _push_and_watch(server, pusher, sender, farm, {**order, "mb": calm_mb})
            with child(server, "staller", env="stalled"):
                pushed, seen, most_mb = _push_and_watch(
                    server, pusher, sender, farm, {**order, "mb": push_mb}
                )
            _, after, _ = _push_and_watch(server, pusher, sender, farm, {**order, "mb": calm_mb})
            calm = {name: (before[name] + after[name]) / 2 for name in ("p50_s", "p99_s")}
            figures = {
                "pushed_mb": rounded(pushed["pushed_mb"]),
                "mb_per_s": rounded(pushed["pushed_mb"] / pushed["took_s"]),
                "rss_growth_mb": rounded(most_mb - usual_mb),
                "rss_mb": rounded(most_mb),
                "others_p50_calm_ms": rounded(calm["p50_s"], 1e3),
                "others_p50_ms": rounded(seen["p50_s"], 1e3),
                "others_p99_calm_ms": rounded(calm["p99_s"], 1e3),
                "others_p99_ms": rounded(seen["p99_s"], 1e3),
                "others_lost": seen["lost"],
                "others_lags": seen["lags"],
            }
            trial.note(system, {"writer": kind}, figures)


def _push_and_watch(
    server: Server, pusher: Child, sender: Child, farm: Child, order: dict[str, Any]
) -> tuple[dict, dict, float]:
    """Push, while a line grows by 20 points a second: what was pushed, what the viewers saw of the line, the most memory in MB."""
    farm.tell({"give_up_s": 15})
    sender.tell({"calls": 10**9, "per_s": 20, "until_told": True, "flush": False})
    with server.watch_memory() as memory:
        pushed = pusher.ask(order)
        time.sleep(SETTLE_S)
    sender.tell({"calls": 1})
    sent = sender.hear()["sent"] + sender.hear()["sent"]
    return pushed, farm.ask({"sent": sent}), memory.most_mb
