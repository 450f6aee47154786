"""Runs what is measured beside the workloads (pictures, pins, tables, videos), and writes BESIDE.md. ``python -m bench.beside``.

These have no counterpart in visdom, or would take it hours. Each is a module of its own that prints lines of JSON; here they run one
after the other, in about six minutes, their lines go to ``results/beside-<date>.jsonl``, and the table holds them against the bars
the project has set itself.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import machine

HERE = pathlib.Path(__file__).parent
#: The modules, and what they are asked for. One film of the five stands for all.
MEASURES: dict[str, list[str]] = {
    "images": ["--system", "panewall"],
    "gallery": [],
    "runs": [],
    "thousand": [],
    "videos": ["--only", "46.avi"],
    "best": [],
}


@dataclass
class Row:
    measure: str
    figure: float
    unit: str
    bar: str
    is_met: bool | None = None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.beside", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(MEASURES), help="some of them, and no BESIDE.md")
    parser.add_argument(
        "--report", type=pathlib.Path, metavar="FILE", help="make BESIDE.md anew of its lines"
    )
    asked = parser.parse_args()
    path = asked.report or measured(asked.only or list(MEASURES), is_trial=bool(asked.only))
    text = page([json.loads(line) for line in path.read_text().splitlines()], path.name)
    if asked.only:
        print(text)
    else:
        (HERE / "BESIDE.md").write_text(text)
    return 0


def measured(names: list[str], *, is_trial: bool) -> pathlib.Path:
    """The file with the lines that each printed."""
    stamp = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    path = HERE / "results" / f"{'trial-' if is_trial else ''}beside-{stamp}.jsonl"
    with open(path, "w") as file:
        print(json.dumps({"measure": "about", **machine.about(["panewall"])}), file=file, flush=True)
        for name in names:
            print(f"{name} …", file=sys.stderr)
            run = subprocess.run(
                [sys.executable, "-m", f"bench.{name}", *MEASURES[name]],
                cwd=HERE.parent,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            for line in run.stdout.splitlines():
                print(json.dumps({"measure": name, **json.loads(line)}), file=file, flush=True)
    return path


def page(lines: list[dict[str, Any]], source: str) -> str:
    """BESIDE.md."""
    about, found = lines[0], {line["measure"]: line for line in lines[1:]}
    out = [
        "# Pictures, pins, tables and videos",
        "",
        f"Measured {about['date']} at commit {about['commit']}: {about['processor']}, {about['cores']} cores, "
        f"{about['memory_gib']} GiB, Python {about['python']}, {about['chromium']}. Load average before: {about['load_before']}. "
        f"Made by `python -m bench.beside`; every figure is in `results/{source}`, and `bench/README.md` says how each is taken.",
        "",
        "| measure | panewall | bar | met |",
        "| --- | --- | --- | --- |",
    ]
    for name, rows in ROWS.items():
        for row in rows(found[name]) if name in found else ():
            met = {True: "yes", False: "**no**", None: "–"}[row.is_met]
            out.append(f"| {row.measure} | {row.figure:,g} {row.unit} | {row.bar} | {met} |")
    return "\n".join([*out, ""])


def at_most(measure: str, figure: float, unit: str, bar: float) -> Row:
    return Row(measure, figure, unit, f"≤ {bar:,g} {unit}", figure <= bar)


def at_least(measure: str, figure: float, unit: str, bar: float) -> Row:
    return Row(measure, figure, unit, f"≥ {bar:,g} {unit}", figure >= bar)


def plain(measure: str, figure: float, unit: str) -> Row:
    return Row(measure, figure, unit, "")


def _images(found: dict[str, Any]) -> Iterator[Row]:
    yield at_least("256² images through the client, durable", found["per_s"], "images/s", 100)
    yield at_most("the 100th push of a history over the first", found["ratio"], "×", 1.1)


def _gallery(found: dict[str, Any]) -> Iterator[Row]:
    what = f"{found['envs']} envs × {found['steps']} steps in one card"
    yield at_most(f"{what}: first picture, warm", found["first_picture_ms"], "ms", 1000)
    yield at_most(
        "… cold: scripts, comparison and thumbnails all new", found["first_picture_cold_ms"], "ms", 1000
    )
    yield plain("… all on screen, warm", found["on_screen_ms"], "ms")
    yield plain("… all on screen, cold", found["on_screen_cold_ms"], "ms")
    yield at_most("… pictures asked for that are off screen", found["off_screen_requests"], "", 0)
    yield at_most("a step of the slider over loaded steps, the slowest", found["step_most_ms"], "ms", 50)
    yield plain("… the median", found["step_ms"], "ms")
    yield plain("… to steps that were not loaded", found["step_to_new_ms"], "ms")
    side = found["history_side"]
    yield at_most(
        f"opening a history of {found['steps']} images of {side}²: over the wire",
        found["history_mb"],
        "MB",
        3,
    )


def _runs(found: dict[str, Any]) -> Iterator[Row]:
    looks = found["looks"].values()
    what = f"a table of {found['envs']:,} envs"
    yield at_most(
        f"{what}: a sort or filter nobody asked for before, the slowest",
        max(look["anew_most_ms"] for look in looks),
        "ms",
        300,
    )
    yield at_most(
        "… the slowest first one of its kind after a start",
        max(look["first_ms"] for look in looks),
        "ms",
        300,
    )
    yield plain(
        "… a look in the moment of a start, while its columns are being loaded", found["at_once_ms"], "ms"
    )
    for speed, scroll in found.get("scroll", {}).items():
        yield at_least(f"… scrolled by {speed}", scroll["frames_a_second"], "frames/s", 59)


def _thousand(found: dict[str, Any]) -> Iterator[Row]:
    what = f"{found['windows']:,} windows in one env"
    yield at_most(f"{what}: usable", found["usable_ms"], "ms", 2000)
    yield at_most("… a filter, the slowest", max(found["filter_ms"].values()), "ms", 100)


def _videos(found: dict[str, Any]) -> Iterator[Row]:
    what = f"a minute of 720p ({found['mb']:g} MB)"
    yield at_most(
        f"{what}: from its last byte to the answer, the slowest", found["answer_ms"]["most"], "ms", 100
    )
    yield at_most("… until every browser plays it", found["playable_s"], "s", 60)


def _best(found: dict[str, Any]) -> Iterator[Row]:
    kinds = [kind for kind in found.values() if isinstance(kind, dict)]
    what = f"best steps of {found['runs']} runs of {found['points']:,} points"
    yield at_most(
        f"{what}: the slowest kind, median",
        max(kind["median_ms"] for kind in kinds),
        "ms",
        1000,
    )
    yield plain("… the slowest first time", max(kind["first_ms"] for kind in kinds), "ms")


ROWS = {
    "images": _images,
    "gallery": _gallery,
    "best": _best,
    "runs": _runs,
    "thousand": _thousand,
    "videos": _videos,
}


if __name__ == "__main__":
    sys.exit(main())
