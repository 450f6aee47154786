"""Runs the workloads and writes what they measured. See README.md."""

import argparse
import json
import pathlib
import sys
import time
import traceback

from . import machine, report
from .systems import SYSTEMS
from .trial import Trial
from .workloads import WORKLOADS

HERE = pathlib.Path(__file__).parent
RESULTS = HERE / "results"


def main() -> int:
    arguments = _parse()
    if arguments.report:
        source = arguments.report.resolve().relative_to(HERE)
        (HERE / "RESULTS.md").write_text(report.page(report.Lines.read(arguments.report), source=str(source)))
        return 0
    partial = arguments.quick or arguments.only or arguments.system or arguments.profile
    stamp = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    path = RESULTS / f"{'trial-' if partial else ''}{stamp}.jsonl"
    RESULTS.mkdir(exist_ok=True)
    systems = [arguments.system] if arguments.system else list(SYSTEMS)
    profile = RESULTS / f"trial-{stamp}-profiles" if arguments.profile else None
    began = time.monotonic()
    with open(path, "w") as file:

        def emit(line: dict) -> None:
            text = json.dumps(line)
            print(text, file=file, flush=True)
            if line["workload"] != "about":
                print(text, flush=True)

        emit({"workload": "about", "figures": machine.about(systems)})
        for _ in range(arguments.repeat):
            for name in arguments.only or WORKLOADS:
                _run(name, Trial(emit, systems, quick=arguments.quick, profile=profile, workload=name))
    lines = report.Lines.read(path)
    print(f"\n{report.table(lines)}\n\n{time.monotonic() - began:.0f} s; every figure is in {path}")
    if arguments.quick:
        print(
            "A quick run: its sizes are smaller than the measures say, and none of its figures is to be quoted."
        )
    if not partial:
        (HERE / "RESULTS.md").write_text(report.page(lines, source=str(path.relative_to(HERE))))
        print(f"The table is in {HERE / 'RESULTS.md'}")
    if profile is not None:
        print(f"Profiles are in {profile}; read one by: python -m pstats FILE")
    return 1 if lines.failures else 0


def _run(name: str, trial: Trial) -> None:
    """One workload. One that fails is noted, and the others go on."""
    began = time.monotonic()
    try:
        WORKLOADS[name](trial)
    except Exception as error:
        traceback.print_exc()
        trial.emit({"workload": name, "error": f"{type(error).__name__}: {error}".partition("\n")[0]})
    print(f"# {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Measure Panewall against visdom on this machine."
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to see that all works; no figures to quote"
    )
    parser.add_argument("--only", type=_names, metavar="NAME,…", help=f"some of: {', '.join(WORKLOADS)}")
    parser.add_argument("--system", choices=list(SYSTEMS), help="one system alone")
    parser.add_argument(
        "--repeat", type=int, default=1, help="passes over all workloads; the table shows medians"
    )
    parser.add_argument(
        "--profile", action="store_true", help="servers run under cProfile; slower, so no figures to quote"
    )
    parser.add_argument(
        "--report", type=pathlib.Path, metavar="FILE", help="make RESULTS.md anew from these lines"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in WORKLOADS]:
        raise argparse.ArgumentTypeError(
            f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}"
        )
    return names


sys.exit(main())
