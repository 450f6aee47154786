"""A runs table of a hundred thousand envs: how long looks at it take, and how it scrolls in Chromium. ``python -m bench.runs``.

Beside the workloads, because visdom has nothing to compare with. Envs, their config and their summaries are written straight into the
database, as the background leaves them. Prints a line of JSON: milliseconds as a program sees them over HTTP, medians and the most;
for the scroll the time between frames. ``--database-url postgres://…`` measures on PostgreSQL, ``--no-browser`` leaves out the scroll.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

import httpx
from playwright.sync_api import CDPSession, sync_playwright

from .figures import rounded
from .servers import Server
from .systems import SYSTEMS
from .systems.panewall import OWNER, PASSWORD
from .workloads.opening import BROWSERS, FLAGS

TURNS = 9
LR, LOSS = "config:optim/lr", "metric:min:val/loss"
COLUMNS = [LR, LOSS, "metric:last:val/loss", "config:model"]
FILTER = {
    "all": [
        {
            "any": [
                {"column": LR, "op": ">", "value": 0.05},
                {"column": "tags", "op": "any_of", "value": ["tag3"]},
            ]
        },
        {"column": LOSS, "op": "<", "value": 0.5},
        {"column": "config:model", "op": "contains", "value": "net"},
    ]
}
LOOKS: dict[str, dict[str, Any]] = {
    "newest": {},
    "sort by metric": {"sort": {"column": LOSS, "descending": True}},
    "sort by config": {"sort": {"column": LR}},
    "sort by name": {"sort": {"column": "name"}},
    "filter": {"filter": FILTER},
    "filter and sort": {"filter": FILTER, "sort": {"column": LOSS}},
    "search": {"search": "run 77"},
    "group": {"group": ["status", "config:model"], "sort": {"column": LOSS}},
    "far down": {"sort": {"column": LOSS}, "offset": 90_000},
}

# Scrolls as fast as a hand on a wheel for some seconds, and notes when each frame was.
SCROLL = """async (px) => {
  const table = document.querySelector('[role="treegrid"]');
  const frames = [];
  const begun = performance.now();
  let before = begun;
  while (before - begun < 4000) {
    table.scrollTop += px;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  return frames.slice(2);
}"""


def main() -> int:
    options = argparse.ArgumentParser(prog="bench.runs", description=__doc__)
    options.add_argument("--envs", type=int, default=100_000)
    options.add_argument("--database-url", default="")
    options.add_argument("--no-browser", action="store_true")
    chosen = options.parse_args()
    if chosen.database_url:
        os.environ["PANEWALL_DATABASE_URL"] = chosen.database_url
    with Server(RunsSystem(chosen.database_url)) as server:
        fill(server, chosen.envs, chosen.database_url)
        # A first look is one after a start: of this server, nobody has looked at anything yet.
        server.stop()
        server.start()
        home = f"http://127.0.0.1:{server.site.port}"
        result: dict[str, Any] = {
            "envs": chosen.envs,
            "database": "postgres" if chosen.database_url else "sqlite",
        }
        with httpx.Client(base_url=home, headers={"Authorization": f"Bearer {server.site.token}"}) as client:
            result["at_once_ms"] = rounded(at_once(client))
            result |= looks(client, server)
        result["server_mb"] = rounded(server.rss_mb())
        executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        if executable is not None and not chosen.no_browser:
            result["scroll"] = scroll(server, executable, home)
    print(json.dumps(result))
    return 0


class RunsSystem(type(SYSTEMS["panewall"])):  # type: ignore[misc]  # made at run time
    """Panewall on a database of one's choice."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    def command(self, *arguments: Any, **options: Any) -> tuple[list[str], dict[str, str]]:
        argv, environ = super().command(*arguments, **options)
        more = {"PANEWALL_DATABASE_URL": self.database_url} if self.database_url else {}
        return argv, {**environ, **more}


def fill(server: Server, count: int, database_url: str) -> None:
    """Envs with a config and a metric each; one in seven has no loss."""
    os.environ["PANEWALL_DATA_DIR"] = str(server.folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "panewall_server.settings"
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from apps.accounts.models import User, Workspace
    from apps.envs.models import Env
    from apps.runs.models import Column, Known, Setting, Summary

    chance = random.Random(4)
    workspace, owner = Workspace.objects.get(name=OWNER), User.objects.get(username=OWNER)
    now = timezone.now()
    models = ["resnet", "unet", "vit", "mlp"]
    columns = {
        name: Column.objects.create(workspace=workspace, source=source, name=name)
        for source, name in (("config", "optim/lr"), ("config", "model"), ("metric", "val/loss"))
    }
    for first in range(0, count, 5000):
        with transaction.atomic():
            envs = [
                Env(
                    workspace=workspace,
                    name=f"run {i} {models[i % 4]}",
                    config={"optim": {"lr": 10 ** -(1 + i % 5)}, "model": models[i % 4]},
                    tags=[f"tag{i % 11}"],
                    status=("running", "finished", "failed")[i % 3] if i > count - 30 else "finished",
                    created_by=owner,
                    created_at=now - timedelta(minutes=count - i),
                    updated_at=now - timedelta(minutes=count - i),
                )
                for i in range(first, min(count, first + 5000))
            ]
            envs = Env.objects.bulk_create(envs)
            Known.objects.bulk_create([Known(env=env, workspace=workspace, revision=0) for env in envs])
            Setting.objects.bulk_create(
                [
                    Setting(column=columns["optim/lr"], env=env, number=env.config["optim"]["lr"])
                    for env in envs
                ]
                + [Setting(column=columns["model"], env=env, text=env.config["model"]) for env in envs]
            )
            values = [(env, "val/loss", chance.random()) for env in envs if env.pk % 7]
            Summary.objects.bulk_create(
                [
                    Summary(
                        column=columns[name], env=env, trace_id=env.pk, generation=1, points=100, count=100, mean=value,
                        last=value, last_step=99, low=value / 2, low_step=50, high=1.0, high_step=0,
                    )
                    for env, name, value in values
                ]
            )  # fmt: skip


def at_once(client: httpx.Client) -> float:
    """A look as soon as the server answers, which is still loading the table."""
    begun = time.perf_counter()
    answer = client.post(f"/api/v1/workspaces/{OWNER}/runs/query", json={"limit": 100}, timeout=60)
    assert answer.status_code == 200, answer.text
    return (time.perf_counter() - begun) * 1000


def looks(client: httpx.Client, server: Server) -> dict[str, Any]:
    """Each look: the first one, which loads what it needs, and the median and most of the others."""
    out: dict[str, Any] = {}
    for name, asked in LOOKS.items():
        took = []
        for turn in range(TURNS):
            # Another page each time, and now and then another order: what is remembered is part of it, and not all.
            body = {"columns": COLUMNS, "limit": 100, "offset": turn * 100} | asked
            begun = time.perf_counter()
            answer = client.post(f"/api/v1/workspaces/{OWNER}/runs/query", json=body, timeout=60)
            took.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.text
        anew, cpu = [], server.cpu_s()
        for turn in range(TURNS):
            body = (
                {"columns": COLUMNS, "limit": 100} | asked | {"search": f"{asked.get('search', '')} {turn}"}
            )
            begun = time.perf_counter()
            client.post(f"/api/v1/workspaces/{OWNER}/runs/query", json=body, timeout=60)
            anew.append((time.perf_counter() - begun) * 1000)
        out[name] = {
            "first_ms": rounded(took[0]),
            "again_ms": rounded(statistics.median(took[1:])),
            "anew_ms": rounded(statistics.median(anew)),
            "anew_most_ms": rounded(max(anew)),
            "anew_cpu_ms": rounded((server.cpu_s() - cpu) / TURNS * 1000),
        }
    return {"looks": out}


def scroll(server: Server, executable: str, home: str) -> dict[str, Any]:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            server.folder / "chromium",
            executable_path=executable,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
        )
        page = context.pages[0]
        page.goto(f"{home}/accounts/login/")
        page.fill("input[name=login]", OWNER)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{home}/")
        page.goto(f"{home}/w/{OWNER}/runs?env=", wait_until="networkidle")
        page.wait_for_selector("[data-run]")
        cdp = context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        out = {}
        for px in (60, 600, 6000):
            before = busy_s(cdp)
            frames = page.evaluate(SCROLL, px)
            busy = busy_s(cdp) - before
            out[f"{px} px a frame"] = {
                "frames_a_second": rounded(1000 / statistics.mean(frames)),
                "median_ms": rounded(statistics.median(frames)),
                "page_cpu_ms_a_frame": rounded(busy / len(frames) * 1000),
                "slowest_in_100_ms": rounded(statistics.quantiles(frames, n=100)[98]),
            }
        context.close()
    return out


def busy_s(cdp: CDPSession) -> float:
    """CPU of the page's thread so far: what a frame costs, on a machine that does other things, too."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


if __name__ == "__main__":
    sys.exit(main())
