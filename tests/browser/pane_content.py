"""Windows of each kind as programs send them, for the browser tests of panes."""

import io
import wave
from typing import Any

import numpy as np
from PIL import Image

from tests.browser import content

KARATE = (
    "1-2 1-3 2-3 1-4 2-4 3-4 1-5 1-6 1-7 5-7 6-7 1-8 2-8 3-8 4-8 1-9 3-9 3-10 1-11 5-11 6-11 1-12 1-13 4-13 1-14 2-14 "
    "3-14 4-14 6-17 7-17 1-18 2-18 1-20 2-20 1-22 2-22 24-26 25-26 3-28 24-28 25-28 3-29 24-30 27-30 2-31 9-31 1-32 "
    "25-32 26-32 29-32 3-33 9-33 15-33 16-33 19-33 21-33 23-33 24-33 30-33 31-33 32-33 9-34 10-34 14-34 15-34 16-34 "
    "19-34 20-34 21-34 23-34 24-34 27-34 28-34 29-34 30-34 31-34 32-34 33-34"
)


def put(env: str, win: str, kind: str, title: str = "", **fields: Any) -> dict[str, Any]:
    return {"do": "window.put", "env": env, "win": win, "kind": kind, "title": title or win, **fields}


def plot(env: str, win: str, *traces: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return put(env, win, "plot", traces=list(traces), **fields)


def noisy(env: str, win: str, kind: str = "scatter", n: int = 400, **fields: Any) -> dict[str, Any]:
    """Two noisy lines."""
    rng = np.random.default_rng(4)
    x = np.arange(n, dtype=float)
    return plot(
        env,
        win,
        *[
            {
                "type": kind,
                "mode": "lines",
                "name": name,
                "x": content.floats(x),
                "y": content.floats(np.exp(-x / at) + rng.normal(0, 0.06, n)),
            }
            for name, at in (("train", 90), ("validation", 160))
        ],
        **fields,
    )


def network(env: str, win: str, **fields: Any) -> dict[str, Any]:
    """Friendships in a karate club, and the two halves it fell into (Zachary, 1977)."""
    pairs = [tuple(int(end) - 1 for end in pair.split("-")) for pair in KARATE.split()]
    instructor = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21}
    return put(
        env,
        win,
        "network",
        content={
            "nodes": [
                {"name": n, "label": f"member {n + 1}", "club": 0 if n in instructor else 1}
                for n in range(34)
            ],
            "edges": [{"source": a, "target": b, "label": f"{a + 1}-{b + 1}"} for a, b in pairs],
        },
        **fields,
    )


def properties(env: str, win: str, **fields: Any) -> dict[str, Any]:
    return put(
        env,
        win,
        "properties",
        content={
            "items": [
                {"type": "text", "name": "Name of the run", "value": "baseline"},
                {"type": "number", "name": "Learning rate", "value": "0.01"},
                {"type": "select", "name": "Optimiser", "value": 1, "values": ["SGD", "Adam", "LAMB"]},
                {"type": "checkbox", "name": "Augment", "value": True},
                {"type": "button", "name": "Checkpoint", "value": "Save now"},
            ]
        },
        **fields,
    )


def cloud(env: str, win: str, n: int = 600, **fields: Any) -> dict[str, Any]:
    """Ten clouds of points."""
    rng = np.random.default_rng(1)
    points = []
    for i in range(n):
        group = i % 10
        angle = group * 2 * np.pi / 10
        x, y = rng.normal((0.7 * np.cos(angle), 0.7 * np.sin(angle)), 0.09)
        points.append(
            {
                "group": group,
                "name": f"Entity {i}",
                "label": f"digit {group}",
                "position": [float(x), float(y)],
                "idx": i,
            }
        )
    return put(env, win, "embeddings", content={"data": points}, **fields)


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def tone(seconds: float = 0.5) -> bytes:
    """A WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        t = np.arange(int(8000 * seconds))
        file.writeframes((np.sin(t / 4) * 8000).astype("<i2").tobytes())
    return out.getvalue()


def sample(env: str, win: str, data: bytes, step: int = 0, **fields: Any) -> dict[str, Any]:
    return {"do": "sample.put", "env": env, "win": win, "step": step, "index": 0, "image": data, **fields}


def history(env: str, win: str, steps: int, start: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Images of one window, one for each step, each a step's number of columns wide."""
    return [
        sample(
            env,
            win,
            content.png(content.gradient(20 + step, 30)),
            step,
            opts={"store_history": True},
            caption=f"Sample at step {step}",
            **fields,
        )
        for step in range(start, start + steps)
    ]
