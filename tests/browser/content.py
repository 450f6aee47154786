"""What a team has on its wall, for browser tests: curves, figures, pictures, words; long names and hostile ones."""

import io
from typing import Any

import httpx
import msgpack
import numpy as np
from PIL import Image, ImageDraw

HOSTILE = "<img src=x onerror=\"document.title='broken'\"> & <b>bold</b>"
LONG = "validation/segmentation/mean_intersection_over_union_of_all_classes_but_background_at_full_resolution"


def send(client: httpx.Client, *commands: dict[str, Any]) -> None:
    """Write commands, and insist that all of them went in."""
    answer = client.post(
        "/api/v1/ingest",
        content=msgpack.packb({"c": list(commands)}),
        headers={"Content-Type": "application/msgpack", "Accept": "application/msgpack"},
    )
    assert answer.status_code == 200, answer.text
    refused = msgpack.unpackb(answer.content).get("e")
    assert not refused, refused


def floats(values: Any) -> dict[str, Any]:
    return {"dtype": "f8", "bdata": np.asarray(values, "<f8").tobytes()}


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def digit(number: int, seed: int) -> Image.Image:
    """A small, noisy digit, as classifiers get them wrong."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", (14, 14))
    ImageDraw.Draw(image).text((4, 1), str(number), fill=255)
    noisy = np.asarray(image, float) + rng.normal(0, 36, (14, 14))
    return Image.fromarray(noisy.clip(0, 255).astype("uint8"))


def gradient(width: int, height: int) -> Image.Image:
    """Red grows by one with each column, green with each row: a pixel says where it is."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return Image.fromarray(np.stack([x % 256, y % 256, np.full_like(x, 64)], axis=-1).astype("uint8"))


def metrics(env: str, **series: Any) -> dict[str, Any]:
    return {
        "do": "metrics.log",
        "env": env,
        "series": {
            name.replace("__", "/"): {"step": floats(np.arange(len(values))), "value": floats(values)}
            for name, values in series.items()
        },
    }


def text(env: str, win: str, html: str, title: str = "") -> dict[str, Any]:
    return {"do": "window.put", "env": env, "win": win, "kind": "text", "title": title, "text": html}


def image(env: str, win: str, picture: Image.Image, **fields: Any) -> dict[str, Any]:
    return {"do": "sample.put", "env": env, "win": win, "step": 0, "index": 0, "image": png(picture)} | fields


def line(env: str, win: str, title: str, **traces: Any) -> dict[str, Any]:
    return {
        "do": "window.put",
        "env": env,
        "win": win,
        "kind": "plot",
        "title": title,
        "traces": [
            {"type": "scatter", "mode": "lines", "name": name, "x": floats(np.arange(len(y))), "y": floats(y)}
            for name, y in traces.items()
        ],
    }


def training_run(client: httpx.Client, env: str) -> None:
    """A run as a person would have it open for a day."""
    steps = np.arange(600)
    rng = np.random.default_rng(7)
    digits = rng.integers(0, 10, 12)
    table = np.maximum(0, np.round(rng.normal(1.2, 1.2, (10, 10)) + np.eye(10) * 42)).astype(int)
    send(
        client,
        {"do": "env.create", "env": env, "config": {"lr": 0.01}, "tags": ["digits", "baseline"]},
        metrics(
            env,
            train__loss=2.3 * np.exp(-steps / 110) + 0.05 + rng.normal(0, 0.04, 600),
            train__accuracy=1 - 0.9 * np.exp(-steps / 90) + rng.normal(0, 0.012, 600),
        ),
        {
            "do": "window.put",
            "env": env,
            "win": "confusion",
            "kind": "plot",
            "title": "Confusion matrix",
            "traces": [{"type": "heatmap", "z": table.tolist(), "colorscale": "Blues", "reversescale": True}],
            "layout": {"xaxis": {"title": {"text": "predicted"}}, "yaxis": {"title": {"text": "true"}}},
        },
        *[
            image(
                env,
                "misclassified",
                digit(int(number), index),
                index=index,
                step=600,
                title="Misclassified digits",
                caption=f"{number} as {(number + 3) % 10}",
            )
            for index, number in enumerate(digits)
        ],
        image(
            env, "samples", gradient(320, 200), step=600, title=LONG, caption="Validation sample 17 of 4096"
        ),
        text(
            env,
            "summary",
            "<h2>Epoch 12</h2><p>Validation accuracy is <b>0.971</b>, the best so far.</p>"
            "<table><tr><th align=left>class</th><th>precision</th><th>recall</th></tr>"
            + "".join(
                f"<tr><td>{k}</td><td>{0.99 - k / 200:.3f}</td><td>{0.95 + k / 250:.3f}</td></tr>"
                for k in range(10)
            )
            + "</table>",
            title="Summary",
        ),
        line(
            env,
            "schedule",
            "Learning rate",
            cosine=0.5 + 0.5 * np.cos(steps / 191),
            linear=1 - steps / 600,
            exponential=np.exp(-steps / 160),
        ),
        text(env, "hostile", "A title is only ever text.", title=HOSTILE),
        {"do": "window.put", "env": env, "win": "waiting", "kind": "plot", "title": "val/loss", "traces": []},
    )


def quiet_run(client: httpx.Client, env: str) -> None:
    """A run whose windows cost little to draw, for pictures of what lies over them."""
    steps = np.arange(80)
    send(
        client,
        metrics(env, train__loss=2.3 * np.exp(-steps / 20), train__accuracy=1 - 0.9 * np.exp(-steps / 15)),
        image(
            env, "samples", gradient(320, 200), step=600, title=LONG, caption="Validation sample 17 of 4096"
        ),
        text(env, "summary", "<h2>Epoch 12</h2><p>Validation accuracy is <b>0.971</b>, the best so far.</p>"),
        text(env, "hostile", "A title is only ever text.", title=HOSTILE),
    )


def crowd(client: httpx.Client, env: str, windows: int = 60) -> None:
    """Many small windows."""
    rng = np.random.default_rng(3)
    curves = {
        f"layer_{n:02}__grad_norm": np.abs(rng.normal(1, 0.2, 80)).cumsum() / 80 for n in range(windows)
    }
    send(client, metrics(env, **curves))
