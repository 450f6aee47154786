"""What a training script does with pictures: the load of `bench.images`, in a process of its own on each system's Python."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from .systems.base import Site

SIZE = 256
HISTORY = 100


def pictures(size: int = SIZE, *, seed: int = 0) -> Iterator[np.ndarray]:
    """HxWx3 of uint8 without end, no two alike: coarse shapes under some noise, which PNG halves, as it does photographs."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (16, 8, 8, 3)).astype(np.uint8)
    shapes = coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)
    grain = rng.integers(0, 16, (16, size, size, 3)).astype(np.uint8)
    number = 0
    while True:
        made = shapes[number % 16] + np.roll(grain[(number // 16) % 16], number // 256, axis=0)
        made[0, :4, 0] = np.frombuffer(number.to_bytes(4, "little"), np.uint8)
        number += 1
        yield made


class Imager:
    """What a training script does with pictures, by the client of a system."""

    def __init__(self, site: Site, env: str) -> None:
        self.flushes = site.system == "panewall"
        if self.flushes:
            import panewall

            server = f"http://127.0.0.1:{site.port}"
            self._run = panewall.init(env, server=server, token=site.token, system_metrics=False)
            self._image = panewall.Image
            self.flush()
        else:
            from .systems.visdom import ClientWriter

            self._vis = ClientWriter(site, env)._vis

    def push(self, name: str, step: int, picture: np.ndarray) -> None:
        if self.flushes:
            self._run.log({name: self._image(picture, caption=f"step {step}")}, step=step)
        else:
            opts = {"store_history": True, "caption": f"step {step}"}
            if self._vis.image(picture.transpose(2, 0, 1), win=name, opts=opts) != name:
                raise RuntimeError("the server did not take an image")

    def flush(self) -> None:
        if self.flushes and not self._run.flush(300):
            raise RuntimeError("what was logged is not stored")


def imager(site: dict, env: str) -> Any:
    """Each order {row} logs so many in a row; {histories} fills so many of ``HISTORY`` pushes, each stored before the next."""
    wall, source = Imager(Site(**site), env), pictures()
    order = yield {}
    while order:
        began, cpu, called = time.perf_counter(), time.process_time(), 0.0
        times: list[list[float]] = []
        for step in range(order.get("row", 0)):
            picture, before = next(source), time.perf_counter()
            wall.push(f"row/{step % 4}", step // 4, picture)
            called += time.perf_counter() - before
        wall.flush()
        took = time.perf_counter() - began
        for number in range(order.get("histories", 0)):
            times.append([])
            for step in range(HISTORY):
                picture, before = next(source), time.perf_counter()
                wall.push(f"history/{number}", step, picture)
                wall.flush()
                times[-1].append(time.perf_counter() - before)
        order = yield {
            "took_s": took,
            "called_s": called,
            "cpu_s": time.process_time() - cpu,
            "times": times,
        }
    return {}


LOADS = {"imager": imager}
