"""What lasts: acknowledged points through a crash, and what an idle server costs."""

import contextlib
import time

from ..children import child
from ..figures import rounded
from ..trial import Trial

CREATED = 10


def kill(trial: Trial) -> None:
    """kill -9 right after the last acknowledgement: how many points are there after the restart."""
    calls = trial.pick(1000, 100)
    for system in trial.systems:
        with trial.server(system) as server:
            with child(server, "appender", kind="http", env="crash", sizes=[CREATED]) as load:
                load.ask({"win": f"w{CREATED}", "calls": calls - 1})
                server.kill()
            server.start()
            with child(server, "counter", kind="http", env="crash", win=f"w{CREATED}") as reader:
                survived = reader.ask()["points"]
        trial.note(system, {"acknowledged": CREATED + calls}, {"survived": survived})


def idle(trial: Trial) -> None:
    """Servers that have done a bit of everything and then nothing for a minute: their memory, and their share of a core."""
    seconds = trial.pick(60, 5)
    with contextlib.ExitStack() as stack:
        servers = {}
        for system in trial.systems:
            servers[system] = stack.enter_context(trial.server(system))
            with child(servers[system], "warmer"):
                pass
        time.sleep(2)
        before = {system: server.cpu_s() for system, server in servers.items()}
        began = time.monotonic()
        time.sleep(seconds)
        for system, server in servers.items():
            share = (server.cpu_s() - before[system]) / (time.monotonic() - began)
            figures = {"cpu_percent": rounded(share, 100), "rss_mb": rounded(server.rss_mb())}
            trial.note(system, {"seconds": seconds}, figures)
