"""Images of 256² through the client, each stored durably: how many a second, and what the 100th of a history costs. ``python -m bench.images``.

Beside the workloads, because other systems have no call that returns at once and no flush. Prints a line of JSON for each system:
``per_s`` of all that were logged in a row, then the time of single pushes, each stored before the next, at the beginning and at the end of
histories of 100. ``cpu_ms`` are what an image costs the server and the client, whatever else the machine does meanwhile.
"""

import argparse
import json
import pathlib
import statistics
import sys

from .children import child
from .figures import rounded
from .imaging import HISTORY
from .servers import Server
from .systems import SYSTEMS

ENDS = 10  # pushes at each end of a history that are compared


def main() -> int:
    asked = _parse()
    for name in asked.system or SYSTEMS:
        system = SYSTEMS[name]
        if not system.python.exists():
            print(f"{name} is not installed: bench/setup", file=sys.stderr)
            continue
        profile = pathlib.Path(asked.profile).absolute() if asked.profile else None
        if profile is not None:
            profile.mkdir(parents=True, exist_ok=True)
        with Server(system, profile=profile) as server:
            # visdom's server goes through a whole history at each push: a tenth of the images shows it.
            row = asked.images if name == "panewall" else max(HISTORY, asked.images // 10)
            print(json.dumps(measured(server, row=row, histories=asked.histories)), flush=True)
    return 0


def measured(server: Server, *, row: int, histories: int) -> dict[str, object]:
    with child(server, "imager", env="images") as imager:
        imager.ask({"row": 50})
        before = server.cpu_s()
        in_row = imager.ask({"row": row}, timeout_s=600)
        server_cpu_s = server.cpu_s() - before
        times = imager.ask({"histories": histories}, timeout_s=600)["times"]
    first = statistics.median(seconds for one in times for seconds in one[:ENDS])
    last = statistics.median(seconds for one in times for seconds in one[-ENDS:])
    return {
        "system": server.system.name,
        "images": row,
        "per_s": rounded(row / in_row["took_s"]),
        "call_ms": rounded(in_row["called_s"] / row, 1e3),
        "cpu_ms": {"server": rounded(server_cpu_s / row, 1e3), "client": rounded(in_row["cpu_s"] / row, 1e3)},
        "push_ms": {"first": rounded(first, 1e3), f"{HISTORY}th": rounded(last, 1e3)},
        "ratio": rounded(last / first),
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.images", description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=1000, help="logged in a row (default: 1000)")
    parser.add_argument("--histories", type=int, default=3, help=f"of {HISTORY} single pushes (default: 3)")
    parser.add_argument("--system", action="append", choices=list(SYSTEMS), help="one system alone")
    parser.add_argument(
        "--profile", metavar="FOLDER", help="the server runs under cProfile: no figures to quote"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
