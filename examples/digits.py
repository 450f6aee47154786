"""Train a small classifier on handwritten digits, and watch it on the wall.

    make demo                                   # in a checkout: starts a server first if none answers
    make demo ARGS="--seconds 300"
    python examples/digits.py                   # anywhere with panewall, scikit-learn and a running server

The data are the 1 797 digits of 8 × 8 pixels that scikit-learn carries (Alpaydin and Kaynak, "Optical Recognition of
Handwritten Digits", UCI Machine Learning Repository, 1998). The model is a network of one hidden layer in numpy. It would be done
in two seconds; it takes a pause after each batch, so that there is something to watch.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import panewall

BATCH = 32
HIDDEN = 48
BATCHES_PER_SECOND = 50
VALIDATE_EVERY = 50  # batches
SHOWN = 20  # misclassified digits


def main() -> int:
    arguments = parse_arguments()
    config = {
        "learning_rate": arguments.learning_rate,
        "batch": BATCH,
        "hidden": HIDDEN,
        "seed": arguments.seed,
    }
    try:
        run = panewall.init(env=arguments.env, config=config, tags=["demo", "digits"])
    except panewall.errors.PanewallError as error:
        print(f"digits: {error}", file=sys.stderr)
        return 1
    print(f"Training for {arguments.seconds:g} s. Watch it at {run.url}", flush=True)
    with run:
        accuracy = train(run, arguments)
    print(f"Validation accuracy {accuracy:.3f} after {run.step} batches. It stays at {run.url}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train a small classifier on handwritten digits, and watch it."
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long to train (default: 60)")
    parser.add_argument("--env", default=time.strftime("digits_%m%d-%H%M%S"), help="default: a new one")
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def train(run: panewall.Run, arguments: argparse.Namespace) -> float:
    """Train until the time is up; returns the last validation accuracy."""
    rng = np.random.default_rng(arguments.seed)
    x, y = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(x / 16, y, test_size=0.3, random_state=arguments.seed, stratify=y)
    network = Network.random(rng, sizes=(x.shape[1], HIDDEN, 10))
    wall = Wall(run)

    begin, step = time.monotonic(), 0
    while (elapsed := time.monotonic() - begin) < arguments.seconds or step == 0:
        step += 1
        rate = arguments.learning_rate * (1 + np.cos(np.pi * elapsed / arguments.seconds)) / 2
        chosen = rng.choice(len(x), BATCH, replace=False)
        loss, accuracy = network.learn(jittered(x[chosen], rng), y[chosen], rate)
        run.log({"train/loss": loss, "train/accuracy": accuracy}, step=step)
        if step % VALIDATE_EVERY == 1:
            wall.show(step, network.predict(x_val), x_val, y_val)
        time.sleep(max(0.0, begin + step / BATCHES_PER_SECOND - time.monotonic()))
    return wall.show(step, network.predict(x_val), x_val, y_val)


def jittered(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The images, each moved by up to a pixel, with some noise: no two batches are alike. Shape (n, 64)."""
    moved = np.stack(
        [np.roll(image, rng.integers(-1, 2, 2), axis=(0, 1)) for image in images.reshape(-1, 8, 8)]
    )
    return moved.reshape(len(images), -1) + rng.normal(0, 0.1, images.shape)


@dataclass
class Network:
    """One hidden layer of rectified units, then softmax; learns by gradient descent with momentum."""

    weights: list[np.ndarray]
    moving: list[np.ndarray]

    @classmethod
    def random(cls, rng: np.random.Generator, *, sizes: tuple[int, int, int]) -> "Network":
        inputs, hidden, classes = sizes
        weights = [
            rng.normal(0, np.sqrt(2 / inputs), (inputs, hidden)),
            np.zeros(hidden),
            rng.normal(0, np.sqrt(1 / hidden), (hidden, classes)),
            np.zeros(classes),
        ]
        return cls(weights, [np.zeros_like(w) for w in weights])

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities, shape (n, 10)."""
        return self._forward(x)[1]

    def learn(self, x: np.ndarray, y: np.ndarray, rate: float) -> tuple[float, float]:
        """One step on a batch; returns the loss and the accuracy before it."""
        hidden, probabilities = self._forward(x)
        rows = np.arange(len(y))
        loss = -np.log(probabilities[rows, y] + 1e-12).mean()
        accuracy = (probabilities.argmax(1) == y).mean()
        error = probabilities.copy()
        error[rows, y] -= 1
        error /= len(y)
        below = (error @ self.weights[2].T) * (hidden > 0)
        for gradient, moving, weight in zip(
            (x.T @ below, below.sum(0), hidden.T @ error, error.sum(0)),
            self.moving,
            self.weights,
            strict=True,
        ):
            moving *= 0.9
            moving -= rate * gradient
            weight += moving
        return float(loss), float(accuracy)

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = np.maximum(0, x @ self.weights[0] + self.weights[1])
        scores = hidden @ self.weights[2] + self.weights[3]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return hidden, scores / scores.sum(1, keepdims=True)


class Wall:
    """What the run shows besides the curves of its batches. Numbers and images go through the run, plots and text through Visdom."""

    def __init__(self, run: panewall.Run) -> None:
        self.run = run
        self.vis = panewall.Visdom(env=run.env)
        self.best = 0.0

    def show(self, step: int, probabilities: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        """Show how the model does on the validation set; returns its accuracy there."""
        predicted = probabilities.argmax(1)
        accuracy = float((predicted == y).mean())
        self.best = max(self.best, accuracy)
        self.run.log({"val/accuracy": accuracy}, step=step)
        matrix = np.zeros((10, 10), dtype=int)
        np.add.at(matrix, (y, predicted), 1)
        self.show_confusion(matrix)
        self.show_mistakes(step, probabilities, x, y)
        self.show_summary(step, accuracy, matrix)
        return accuracy

    def show_confusion(self, matrix: np.ndarray) -> None:
        digits = [str(digit) for digit in range(10)]
        axes = {
            "xaxis": {"title": "taken for", "type": "category"},
            "yaxis": {"title": "digit", "type": "category", "autorange": "reversed"},
        }
        self.vis.heatmap(
            matrix,
            win="confusion",
            opts={
                "title": "Confusion matrix",
                "columnnames": digits,
                "rownames": digits,
                "height": 484,
                "layoutopts": {"plotly": axes},
            },
        )

    def show_mistakes(self, step: int, probabilities: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
        """The digits the model is wrong about, the surest mistakes first. Once there are none, the last ones stay."""
        predicted, sureness = probabilities.argmax(1), probabilities.max(1)
        wrong = np.flatnonzero(predicted != y)
        wrong = wrong[np.argsort(-sureness[wrong])][:SHOWN]
        if not len(wrong):
            return
        images = [
            panewall.Image(x[i].reshape(8, 8), caption=f"{y[i]} taken for {predicted[i]}") for i in wrong
        ]
        self.run.log({"misclassified": images}, step=step)
        self.vis.update_window_opts("misclassified", {"title": "Misclassified digits", "height": 484})

    def show_summary(self, step: int, accuracy: float, matrix: np.ndarray) -> None:
        rows = "".join(
            f"<tr><td>{digit}<td>{matrix[digit].sum()}<td>{ratio(matrix[digit, digit], matrix[:, digit].sum())}"
            f"<td>{ratio(matrix[digit, digit], matrix[digit].sum())}"
            for digit in range(10)
        )
        self.vis.text(
            "<style>table { border-collapse: collapse; width: 100% } tr { border-bottom: 1px solid #8884 }"
            " td, th { padding: 4px 8px; text-align: right; font-variant-numeric: tabular-nums }</style>"
            f"<p>Validation accuracy <b>{accuracy:.3f}</b> after {step} batches; the best so far is {self.best:.3f}.</p>"
            f"<table><tr><th>digit<th>count<th>precision<th>recall{rows}</table>",
            win="summary",
            opts={"title": "Summary", "height": 484},
        )


def ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


if __name__ == "__main__":
    sys.exit(main())
