"""Makes the table of bars out of the lines of a run."""

import json
import pathlib
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Number = float | None


class Lines:
    """What a run wrote. Of repeats the median counts."""

    def __init__(self, lines: Iterable[dict[str, Any]]) -> None:
        lines = list(lines)
        self.about = next((line for line in lines if line["workload"] == "about"), {}).get("figures", {})
        self.failures = [line for line in lines if "error" in line]
        self.measured = [line for line in lines if line["workload"] != "about" and "error" not in line]

    @classmethod
    def read(cls, path: pathlib.Path) -> "Lines":
        return cls(json.loads(line) for line in path.read_text().splitlines() if line)

    def get(self, figure: str, workload: str, system: str, **params: Any) -> Number:
        """One figure; None if it was not measured."""
        found = [
            line["figures"][figure]
            for line in self.measured
            if line["workload"] == workload
            and line["system"] == system
            and all(line["params"].get(name) == value for name, value in params.items())
            and line["figures"].get(figure) is not None
        ]
        return statistics.median(found) if found else None


@dataclass
class Row:
    """One line of the table. ``met`` is None where a side is missing."""

    measure: str
    visdom: str
    panewall: str
    ratio: str
    bar: str
    met: bool | None


def rows(lines: Lines) -> list[Row]:
    """Every measure that has a bar, in the order of the bars."""
    return [
        *_appends(lines),
        *_writers(lines),
        *_unmodified(lines),
        *_bulk(lines),
        *_viewers(lines),
        *_neighbour(lines),
        *_opening(lines),
        *_comparing(lines),
        *_lasting(lines),
    ]


def _appends(lines: Lines) -> list[Row]:
    out = []
    for size, times in ((1000, None), (10_000, 30), (100_000, 250), (1_000_000, None)):
        theirs = lines.get("calls_per_s", "append", "visdom", writer="client", points=size)
        ours = lines.get("calls_per_s", "append", "panewall", writer="client", points=size)
        name = f"one acknowledged append at a time through the client, {size:,} points already there"
        if times is None:
            out.append(_without_bar(name, theirs, ours, " calls/s"))
        else:
            out.append(_compared(name, theirs, ours, " calls/s", f"≥ {times} ×", _at_least(times)))
    costs = {}
    for system in ("visdom", "panewall"):
        small = lines.get("mean_ms", "append", system, writer="client", points=1000)
        large = lines.get("mean_ms", "append", system, writer="client", points=1_000_000)
        costs[system] = large / small if small and large else None
    name = "append cost at 1,000,000 points over cost at 1,000 (mean, through the client)"
    return [
        *out,
        _alone(name, costs["panewall"], " ×", "≤ 1.3 ×", _at_most(1.3), theirs=costs["visdom"]),
    ]


def _writers(lines: Lines) -> list[Row]:
    theirs = lines.get("calls_per_s", "writers", "visdom", writer="http")
    out = []
    for server, times in (("daphne", 1), ("uvicorn", 2)):
        ours = lines.get("calls_per_s", "writers", "panewall", writer="http", server=server)
        name = f"eight writers on empty windows, one acknowledged append at a time over HTTP, on {server}"
        out.append(_compared(name, theirs, ours, " calls/s", f"≥ {times} ×", _at_least(times)))
    return out


def _unmodified(lines: Lines) -> list[Row]:
    out = []
    name = "visdom's own client, one append at a time"
    for size, times in ((0, 1), (10_000, 10), (100_000, 90)):
        theirs, ours = (
            lines.get("calls_per_s", "unmodified", system, points=size) for system in ("visdom", "panewall")
        )
        what = f"{name}, {size:,} points already there" if size else f"{name}, to an empty window"
        out.append(_compared(what, theirs, ours, " calls/s", f"≥ {times} ×", _at_least(times)))
        name = "…"
    theirs, ours = (
        lines.get("calls_per_s", "unmodified-writers", system) for system in ("visdom", "panewall")
    )
    return [
        *out,
        _compared("… eight at once, to empty windows", theirs, ours, " calls/s", "≥ 1 ×", _at_least(1)),
    ]


def _bulk(lines: Lines) -> list[Row]:
    def log(figure: str) -> Number:
        return lines.get(figure, "log", "panewall")

    arrays = lines.get("points_per_s", "arrays", "panewall", writer="client")
    growth = lines.get("rss_growth_mb", "arrays", "panewall", writer="client")
    per_point = lines.get("bytes_per_point", "arrays", "visdom")
    memory = _alone(
        "server memory while 10 million points are appended: growth",
        growth,
        " MB",
        "< 100 MB",
        _below(100),
    )
    memory.visdom = _show(per_point, " bytes a point")
    return [
        _alone(
            "`run.log` of one number, durable at flush",
            log("calls_per_s"),
            " calls/s",
            "≥ 20,000",
            _at_least(20_000),
        ),
        _alone("… a call returns in (p50)", log("call_p50_us"), " µs", "≤ 30 µs", _at_most(30)),
        _alone("… a call returns in (p99)", log("call_p99_us"), " µs", "≤ 1 ms", _at_most(1000)),
        _alone(
            "arrays of 1,000 through the client, durable",
            arrays,
            " points/s",
            "≥ 400,000",
            _at_least(400_000),
        ),
        memory,
    ]


def _viewers(lines: Lines) -> list[Row]:
    def full(figure: str, system: str = "panewall", writer: str = "socket") -> Number:
        return lines.get(figure, "viewers", system, writer=writer, pace="full")

    def paced(system: str, writer: str) -> Number:
        return lines.get("p50_ms", "viewers-paced", system, writer=writer)

    held = full("appends_per_s")
    lost = full("lost")
    name = "100 viewers on one env, one acknowledged append at a time: appends/s held, every viewer ends with all points"
    speed = _compared(
        name, full("appends_per_s", "visdom", "http"), held, " /s", "≥ 1,000/s", lambda r: r > 0
    )
    if held is not None and lost is not None:
        speed.met = held >= 1000 and lost == 0
        speed.panewall += "" if lost == 0 else f", {lost:,.0f} lost"
    steady = lines.get("p99_ms", "viewers", "panewall", pace="1000/s")
    return [
        speed,
        _alone(
            "… from call to socket (p99)",
            full("p99_ms"),
            " ms",
            "≤ 120 ms",
            _at_most(120),
            theirs=full("p99_ms", "visdom", "http"),
        ),
        _alone(
            "… the same while the client sends 1,000/s and waits for none",
            steady,
            " ms",
            "≤ 120 ms",
            _at_most(120),
        ),
        _alone(
            "100 viewers, 20 appends/s: from call to socket (p50), acknowledged calls",
            paced("panewall", "socket"),
            " ms",
            "≤ 12 ms",
            _at_most(12),
            theirs=paced("visdom", "http"),
        ),
        _alone("… through the client", paced("panewall", "client"), " ms", "≤ 12 ms", _at_most(12)),
    ]


def _neighbour(lines: Lines) -> list[Row]:
    name = "a small env's append while another of 50,000 points is written one append at a time at full speed: p50 over idle"
    theirs = lines.get("p50_ratio", "neighbour", "visdom", writer="http")
    return [
        _alone(
            f"{name}, over HTTP",
            lines.get("p50_ratio", "neighbour", "panewall", writer="http"),
            " ×",
            "≤ 2 ×",
            _at_most(2),
            theirs=theirs,
        ),
        _alone(
            "… through the client",
            lines.get("p50_ratio", "neighbour", "panewall", writer="client"),
            " ×",
            "≤ 2 ×",
            _at_most(2),
        ),
    ]


def _opening(lines: Lines) -> list[Row]:
    def line(figure: str, system: str, where: str) -> Number:
        return lines.get(figure, "open-line", system, **{"in": where})

    def wide(figure: str, system: str) -> Number:
        return lines.get(figure, "open-env", system)

    frame, size = line("first_frame_ms", "panewall", "chromium"), line("bytes", "panewall", "chromium")
    opened = _alone(
        "open a line of 1,000,000 points, to the first full frame in Chromium with a warm cache",
        frame,
        " ms",
        "≤ 200 ms",
        _at_most(200),
    )
    opened.visdom = _show(line("open_ms", "visdom", "socket"), " ms to receive")
    return [
        opened,
        _alone(
            "… over the socket",
            _scaled(size, 1e-3),
            " kB",
            "≤ 300 kB",
            _at_most(300),
            theirs=_scaled(line("bytes", "visdom", "socket"), 1e-3),
        ),
        _no_more(
            "open an env of 100 windows of 1,000 points",
            wide("open_ms", "visdom"),
            wide("open_ms", "panewall"),
            " ms",
            "no slower",
        ),
        _no_more(
            "… over the socket",
            _scaled(wide("bytes", "visdom"), 1e-3),
            _scaled(wide("bytes", "panewall"), 1e-3),
            " kB",
            "no larger",
        ),
    ]


def _comparing(lines: Lines) -> list[Row]:
    def opened(figure: str, system: str) -> Number:
        return lines.get(figure, "compare", system, envs=4)

    what = "comparing 4 envs of 10 windows of 10 000 points"
    return [
        _alone(
            f"{what}: until all has come",
            opened("first_ms", "panewall"),
            " ms",
            "≤ 100 ms",
            _at_most(100),
            theirs=opened("first_ms", "visdom"),
        ),
        _alone(
            "… asked for again",
            opened("again_ms", "panewall"),
            " ms",
            "≤ 100 ms",
            _at_most(100),
            theirs=opened("again_ms", "visdom"),
        ),
        _alone(
            "… bytes",
            _scaled(opened("bytes", "panewall"), 1e-6),
            " MB",
            "≤ 2 MB",
            _at_most(2),
            theirs=_scaled(opened("bytes", "visdom"), 1e-6),
        ),
        _alone(
            "an env that is being compared: append rate lost",
            lines.get("lost_percent", "compare", "panewall", writer="socket"),
            " %",
            "< 5 %",
            _below(5),
        ),
    ]


def _lasting(lines: Lines) -> list[Row]:
    def stalled(figure: str, system: str = "panewall") -> Number:
        return lines.get(figure, "stalled", system)

    pushed = stalled("pushed_mb")
    growth = _alone(
        f"a viewer stops reading while {_show(pushed, ' MB')} are pushed: server memory",
        stalled("rss_growth_mb"),
        " MB",
        "< 20 MB",
        _below(20),
    )
    if stalled("rss_growth_mb", "visdom") is not None:
        growth.visdom = f"{_show(stalled('rss_growth_mb', 'visdom'), ' MB')} of {_show(stalled('pushed_mb', 'visdom'), ' MB')}"
    before, after = stalled("others_p50_calm_ms"), stalled("others_p50_ms")
    others = Row("… the others' call to socket (p50), without and with it", "–", "–", "–", "the same", None)
    if before and after:
        others.panewall, others.ratio = (
            f"{_show(before, '')} → {_show(after, ' ms')}",
            f"{after / before:.2f} ×",
        )
        others.met = (after <= 1.25 * before or after - before < 3) and stalled("others_lost") == 0
    survived = lines.get("survived", "kill", "panewall")
    acknowledged = next(
        (line["params"]["acknowledged"] for line in lines.measured if line["workload"] == "kill"), 0
    )
    return [
        growth,
        others,
        _alone(
            f"kill -9 after {acknowledged:,} acknowledged appends: survive",
            survived,
            "",
            "all",
            lambda v: v == acknowledged,
            theirs=lines.get("survived", "kill", "visdom"),
        ),
        _alone(
            "idle server: share of a core",
            lines.get("cpu_percent", "idle", "panewall"),
            " %",
            "< 2 %",
            _below(2),
            theirs=lines.get("cpu_percent", "idle", "visdom"),
        ),
        _alone(
            "idle server: memory",
            lines.get("rss_mb", "idle", "panewall"),
            " MB",
            "< 200 MB",
            _below(200),
            theirs=lines.get("rss_mb", "idle", "visdom"),
        ),
    ]


# --- rows


def _at_least(bound: float) -> Callable[[float], bool]:
    return lambda value: value >= bound


def _at_most(bound: float) -> Callable[[float], bool]:
    return lambda value: value <= bound


def _below(bound: float) -> Callable[[float], bool]:
    return lambda value: value < bound


def _compared(
    measure: str, theirs: Number, ours: Number, unit: str, bar: str, met: Callable[[float], bool]
) -> Row:
    """A rate; the bar is on its ratio."""
    ratio = ours / theirs if ours is not None and theirs else None
    return Row(
        measure,
        _show(theirs, unit),
        _show(ours, unit),
        _show(ratio, " ×"),
        bar,
        None if ratio is None else met(ratio),
    )


def _without_bar(measure: str, theirs: Number, ours: Number, unit: str) -> Row:
    row = _compared(measure, theirs, ours, unit, "", lambda _: True)
    row.met = None
    return row


def _alone(
    measure: str, ours: Number, unit: str, bar: str, met: Callable[[float], bool], *, theirs: Number = None
) -> Row:
    """The bar is on our own figure."""
    ratio = ours / theirs if ours is not None and theirs else None
    return Row(
        measure,
        _show(theirs, unit),
        _show(ours, unit),
        _show(ratio, " ×"),
        bar,
        None if ours is None else met(ours),
    )


def _no_more(measure: str, theirs: Number, ours: Number, unit: str, bar: str) -> Row:
    return _compared(measure, theirs, ours, unit, bar, _at_most(1))


def _scaled(value: Number, by: float) -> Number:
    return None if value is None else value * by


def _show(value: Number, unit: str) -> str:
    """Three digits are what such a figure is good for."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}{unit}"
    return f"{float(f'{value:.3g}'):g}{unit}"


# --- text


def table(lines: Lines) -> str:
    """The bars as Markdown; rows that were not measured are left out."""
    out = ["| measure | visdom | panewall | ratio | bar | met |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows(lines):
        if row.panewall != "–" or row.visdom != "–":
            met = {True: "yes", False: "**no**", None: "–"}[row.met]
            out.append(f"| {row.measure} | {row.visdom} | {row.panewall} | {row.ratio} | {row.bar} | {met} |")
    return "\n".join(out)


def all_figures(lines: Lines) -> str:
    """Everything measured, a list for each workload."""
    out = []
    for workload in dict.fromkeys(line["workload"] for line in lines.measured):
        out += [f"### {workload}", ""]
        for line in lines.measured:
            if line["workload"] == workload:
                params = ", ".join(f"{name} {value}" for name, value in line["params"].items())
                figures = ", ".join(f"{name} **{value}**" for name, value in line["figures"].items())
                out.append(f"- {line['system']} ({params}): {figures}")
        out.append("")
    return "\n".join(out)


def page(lines: Lines, *, source: str) -> str:
    """RESULTS.md."""
    about = lines.about
    versions = "; ".join(
        f"{system}: " + ", ".join(f"{name} {version}" for name, version in found.items())
        for system, found in about.get("versions", {}).items()
    )
    head = (
        f"Measured {about.get('date')} at commit {about.get('commit')}: {about.get('processor')}, {about.get('cores')} cores, "
        f"{about.get('memory_gib')} GiB, {about.get('system')}, Python {about.get('python')}, SQLite {about.get('sqlite')}, "
        f"{about.get('chromium')}. Load average before: {about.get('load_before')}. {versions}.\n\n"
        "Server, load and viewers share the machine. Panewall runs on daphne with its defaults (SQLite, `synchronous=FULL`) where no other "
        f"server is named; visdom has jsonpatch 1.33, its best. Raw lines: `{source}`. Made by `make bench`; "
        "`bench/README.md` says what each workload does."
    )
    failed = "".join(f"\n- **{line['workload']} failed**: {line['error']}" for line in lines.failures)
    return f"# Results\n\n{head}\n\n## The bars\n\n{table(lines)}\n{failed}\n\n## Every figure\n\n{all_figures(lines)}"
