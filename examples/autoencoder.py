"""Train small autoencoders on handwritten digits, several at once, and compare what they make of them at their best steps.

    make autoencoder                                # in a checkout: starts a server first if none answers
    make autoencoder ARGS="--seconds 300"
    python examples/autoencoder.py                  # anywhere with panewall, scikit-learn and a running server

An autoencoder squeezes a picture into a few numbers, its code, and draws it again from them. Each run has another size of code or
another rate of learning, and is an env of its own. They learn from few digits on purpose: after a while they know those by heart and
get worse at others, so that a run's best step is not its last. The data are the 1 797 digits of 8 × 8 pixels that scikit-learn carries
(Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998); the model is numpy alone.
"""

import argparse
import itertools
import sys
import time
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

import panewall

SETTINGS = {
    "code2": {"code": 2, "learning_rate": 0.01},
    "code8": {"code": 8, "learning_rate": 0.01},
    "code24": {"code": 24, "learning_rate": 0.01},
    "code8-fast": {"code": 8, "learning_rate": 0.04},
}
HIDDEN = 64
BATCH = 32
TRAINED_ON = 120  # digits
SHOWN = 6
VALIDATE_EVERY = 20  # steps
LAYERS = ("encoder", "code", "decoder", "picture")


def main() -> int:
    arguments = parse_arguments()
    digits = Digits.load(arguments.seed)
    try:
        trainings = [Training.begin(name, arguments, digits) for name in SETTINGS]
    except panewall.errors.PanewallError as error:
        print(f"autoencoder: {error}", file=sys.stderr)
        return 1
    runs = [training.run for training in trainings]
    print(f"Training {len(runs)} autoencoders. Watch them at {panewall.compare(runs)}", flush=True)
    begin = time.monotonic()
    for step in range(1, arguments.steps + 1):
        for training in trainings:
            training.go_on(step)
        time.sleep(max(0.0, begin + arguments.seconds * step / arguments.steps - time.monotonic()))
    for training in trainings:
        training.end()
    best = panewall.pin_best_step(runs, "val/loss", tolerance=VALIDATE_EVERY)
    for training in trainings:
        print(f"{training.run.env}: lowest val/loss {training.best[0]:.5f} at step {training.best[1]}")
    print(f"Pinned at their best steps, side by side: {best}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train small autoencoders on handwritten digits, and compare them."
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="how long to take (default: 60); 0: no pauses"
    )
    parser.add_argument("--steps", type=int, default=1000, help="batches for each run (default: 1000)")
    parser.add_argument(
        "--name", default=time.strftime("autoencoder_%m%d-%H%M%S"), help="how the envs' names begin"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.steps < 1 or arguments.seconds < 0:
        parser.error("--steps is 1 or more, --seconds 0 or more")
    return arguments


@dataclass
class Digits:
    """Pictures as rows of 64 fractions of full ink."""

    train: np.ndarray
    validation: np.ndarray
    labels: np.ndarray  # of the validation's

    @classmethod
    def load(cls, seed: int) -> "Digits":
        pictures, labels = load_digits(return_X_y=True)
        order = np.random.default_rng(seed).permutation(len(pictures))
        pictures, labels = pictures[order] / 16, labels[order]
        return cls(pictures[:TRAINED_ON], pictures[TRAINED_ON:], labels[TRAINED_ON:])


@dataclass
class Training:
    """One network on its way, and the run that tells of it."""

    run: panewall.Run
    network: "Network"
    digits: Digits
    rng: np.random.Generator
    best: tuple[float, int] = (np.inf, 0)

    @classmethod
    def begin(cls, name: str, arguments: argparse.Namespace, digits: Digits) -> "Training":
        config = {
            **SETTINGS[name],
            "hidden": HIDDEN,
            "batch": BATCH,
            "trained_on": TRAINED_ON,
            "seed": arguments.seed,
        }
        run = panewall.init(env=f"{arguments.name}_{name}", config=config, tags=["autoencoder", "digits"])
        rng = np.random.default_rng(arguments.seed)
        sizes = (digits.train.shape[1], HIDDEN, config["code"], HIDDEN, digits.train.shape[1])
        return cls(run, Network.random(rng, sizes, rate=config["learning_rate"]), digits, rng)

    def go_on(self, step: int) -> None:
        """Learn from one batch; now and then, look how it does on digits it never saw."""
        chosen = self.rng.choice(TRAINED_ON, BATCH, replace=False)
        loss = self.network.learn(self.digits.train[chosen])
        self.run.log({"train/loss": loss}, step=step)
        if step % VALIDATE_EVERY == 0 or step == 1:
            self.show(step)

    def show(self, step: int) -> None:
        pictures, drawn = self.digits.validation, self.network.draw(self.digits.validation)
        errors = ((drawn - pictures) ** 2).mean(axis=1)
        loss = float(errors.mean())
        self.best = min(self.best, (loss, step))
        shown = [
            panewall.Image(
                side_by_side(pictures[i], drawn[i]),
                caption=f"{self.digits.labels[i]}, off by {errors[i]:.3f}",
            )
            for i in range(SHOWN)
        ]
        self.run.log({"val": {"loss": loss, "reconstructions": shown}}, step=step)
        self.run.log(
            {f"weights/{layer}": panewall.Histogram(w) for layer, w in self.network.named()}, step=step
        )

    def end(self) -> None:
        """Say how it went."""
        drawn = self.network.draw(self.digits.validation)
        errors = ((drawn - self.digits.validation) ** 2).mean(axis=1)
        rows = [[digit, float(errors[self.digits.labels == digit].mean())] for digit in range(10)]
        self.run.log(
            {"val/digits": panewall.Table(rows, columns=["digit", "mean error"])}, step=self.run.step
        )
        self.run.notes = f"Lowest validation loss {self.best[0]:.5f} at step {self.best[1]}."
        self.run.finish()


def side_by_side(picture: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The digit and what the network made of it, dark on light, 8 × 17 pixels."""
    both = np.full((8, 17), 0.5)
    both[:, :8], both[:, 9:] = 1 - picture.reshape(8, 8), 1 - drawn.reshape(8, 8)
    return both


@dataclass
class Network:
    """Four layers, hidden ones of tanh and the last one of fractions; learns with Adam.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.
    """

    weights: list[np.ndarray]
    offsets: list[np.ndarray]
    rate: float
    moments: list[tuple[np.ndarray, np.ndarray]]
    steps: int = 0

    @classmethod
    def random(cls, rng: np.random.Generator, sizes: tuple[int, ...], *, rate: float) -> "Network":
        pairs = list(itertools.pairwise(sizes))
        weights = [rng.normal(0, np.sqrt(1 / inputs), (inputs, outputs)) for inputs, outputs in pairs]
        offsets = [np.zeros(outputs) for _, outputs in pairs]
        moments = [(np.zeros_like(p), np.zeros_like(p)) for p in (*weights, *offsets)]
        return cls(weights, offsets, rate, moments)

    def named(self) -> list[tuple[str, np.ndarray]]:
        return list(zip(LAYERS, self.weights, strict=True))

    def draw(self, pictures: np.ndarray) -> np.ndarray:
        """What it makes of pictures, shape (n, 64)."""
        return self._layers(pictures)[-1]

    def learn(self, pictures: np.ndarray) -> float:
        """One step on a batch; returns the mean squared error before it."""
        layers = self._layers(pictures)
        off = layers[-1] - pictures
        slope = 2 * off / off.size * layers[-1] * (1 - layers[-1])
        by_weights, by_offsets = [], []
        for number in reversed(range(len(self.weights))):
            by_weights.insert(0, layers[number].T @ slope)
            by_offsets.insert(0, slope.sum(axis=0))
            if number:
                slope = slope @ self.weights[number].T * (1 - layers[number] ** 2)
        self._step([*by_weights, *by_offsets])
        return float((off**2).mean())

    def _layers(self, pictures: np.ndarray) -> list[np.ndarray]:
        layers = [pictures]
        for number, (weights, offset) in enumerate(zip(self.weights, self.offsets, strict=True)):
            sums = layers[-1] @ weights + offset
            is_last = number == len(self.weights) - 1
            layers.append(1 / (1 + np.exp(-np.clip(sums, -30, 30))) if is_last else np.tanh(sums))
        return layers

    def _step(self, gradients: list[np.ndarray]) -> None:
        self.steps += 1
        for parameter, gradient, (mean, square) in zip(
            (*self.weights, *self.offsets), gradients, self.moments, strict=True
        ):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            scale = np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8
            parameter -= self.rate * mean / (1 - 0.9**self.steps) / scale


if __name__ == "__main__":
    sys.exit(main())
