"""The best steps of a hundred runs of a million points each, plain and with images. ``python -m bench.best``.

Beside the workloads, because visdom has nothing to compare with. Makes the runs in a fresh database (some minutes), asks as the page
does, over REST through Django's handlers, and prints a line of JSON: median milliseconds for each shape of metric. ``--runs`` and
``--points`` make it smaller, ``--profile`` says where the time goes.
"""

import argparse
import cProfile
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from typing import Any

import numpy as np

PICTURES = 100
TURNS = 5
#: Runs whose points are made; the others are copies of these.
DISTINCT = 4
ASKED = [("min", False), ("max", False), ("min", True), ("max", True)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.best", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=sorted(SHAPES), action="append", help="by default all three")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-best-") as folder:
        os.environ["PANEWALL_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "panewall_server.settings"
        measure(options)
    return 0


def measure(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from rest_framework.test import APIClient

    from apps.accounts.services import create_user
    from apps.accounts.tokens import create_token

    call_command("migrate", verbosity=0)
    owner = create_user(username="bench")
    _, token = create_token(user=owner, name="bench", scope="read")
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    figures: dict[str, Any] = {"runs": options.runs, "points": options.points, "pictures": PICTURES}
    for shape in options.shape or SHAPES:
        names = make_runs(owner, shape, options.runs, options.points)
        for mode, with_image in ASKED:
            asked = {"envs": names, "metric": "loss", "mode": mode, "with_image": with_image}
            times = [ask(client, asked) for _ in range(TURNS)]
            what = f"{shape} {mode}{' with image' if with_image else ''}"
            figures[what] = {
                "median_ms": round(statistics.median(wall for wall, _ in times), 1),
                "median_cpu_ms": round(statistics.median(cpu for _, cpu in times), 1),
                "first_ms": round(times[0][0], 1),
            }
            print(what, figures[what], file=sys.stderr)
            if options.profile:
                profile(client, asked)
    print(json.dumps(figures))
    connections.close_all()


def falling(rng: np.random.Generator, count: int) -> np.ndarray:
    """A loss as it is: noise on a decay."""
    return np.exp(-4 * np.arange(count) / count) + 0.05 * rng.normal(size=count)


def noise(rng: np.random.Generator, count: int) -> np.ndarray:
    """The extremes of all chunks are alike, so that bounds rule out little."""
    return rng.normal(size=count)


def spiked(rng: np.random.Generator, count: int) -> np.ndarray:
    """Lowest and highest always just beyond the reach of a picture: every chunk with one has to be looked into."""
    values = 0.01 * rng.normal(size=count)
    place = (np.arange(count) - count // PICTURES // 2) % (count // PICTURES)
    values[place == 25] = -10
    values[place == 26] = 10
    return values


SHAPES = {"falling": falling, "noise": noise, "spiked": spiked}


def make_runs(owner: Any, shape: str, runs: int, points: int) -> list[str]:
    """Envs with a metric as the store keeps it, and with samples whose files nobody will ask for."""
    from django.db import connection

    from apps.accounts.models import Workspace
    from apps.envs.models import Env
    from apps.jobs.gate import write_transaction
    from apps.media.models import Sample
    from apps.windows.models import Trace, Window
    from apps.windows.series import store
    from apps.windows.series.store import Series

    workspace = Workspace.objects.get(name=owner.username)
    apart = points // PICTURES
    names: list[str] = []
    made: list[Series] = []
    for number in range(runs):
        with write_transaction(), connection.cursor() as cursor:
            env = Env.objects.create(workspace=workspace, name=f"{shape} {number}")
            window = Window.objects.create(env=env, key="loss", title="loss", kind="metric")
            trace = Trace.objects.create(window=window, index=0, name="loss", mode="step", columns=["x", "y"])
            if number < DISTINCT:
                series = Series(trace.pk, ["x", "y"])
                y = SHAPES[shape](np.random.default_rng(number), points)
                store.append(series, {"x": np.arange(points, dtype="<f8"), "y": y})
                store.flush(cursor, series)
                made.append(series)
            else:
                copy(cursor, made[number % DISTINCT], trace)
            card = Window.objects.create(env=env, key="val/samples", kind="image", place=1)
            Sample.objects.bulk_create(
                Sample(window=card, step=step, index=0, asset_id="0" * 64)
                for step in range(apart // 2, points, apart)
            )
        names.append(env.full_name)
    return names


def copy(cursor: Any, series: Any, trace: Any) -> None:
    """The same points in another trace: quicker than to pack them again."""
    rest = "level, no, start, count, x_first, x_last, summary, data, buckets"
    cursor.execute(
        f"INSERT INTO windows_chunk (trace_id, {rest}) SELECT %s, {rest} FROM windows_chunk WHERE trace_id = %s",
        [trace.pk, series.id],
    )
    cursor.execute(
        "INSERT INTO windows_tail (trace_id, start, count, data)"
        " SELECT %s, start, count, data FROM windows_tail WHERE trace_id = %s",
        [trace.pk, series.id],
    )
    trace.sealed, trace.chunks, trace.monotone = series.sealed, series.chunks, series.monotone
    trace.save()


def ask(client: Any, asked: dict) -> tuple[float, float]:
    """Milliseconds by the clock, and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = client.post("/api/v1/best-step", asked, format="json")
    took = 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["pins"]) == len(asked["envs"]), answer.content[:500]
    return took


def profile(client: Any, asked: dict) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(ask, client, asked)
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(16)


if __name__ == "__main__":
    sys.exit(main())
