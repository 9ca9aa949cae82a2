"""Writes what the NumPy engine does in one step of small networks, for the page's tests to compare with.

Each network is trained for some steps; then its weights, one batch and that batch's gradients are written down. Run it
by hand after a change of the engine: ``python tools/page_training.py``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope import models
from convscope.backend import keras
from convscope.engine.keras_loop import DROPOUT, epoch_order
from convscope.engine.logits import LogitsTrainer, compile_settings
from convscope.engine.network import Pass
from convscope.engine.optimizers import read_optimizer
from convscope.engine.own_seeds import own_seeds
from convscope.engine.trainer import read_loop
from convscope.page.exhibit import Exhibit
from convscope.training.recipes import make_plan

__all__ = ["FILE", "golden"]

FILE = Path(__file__).resolve().parents[1] / "frontend" / "tests" / "golden" / "training.json"
STEPS = (0, 1, 5, 10, 20, 50, 100)
ROWS = 6
L = keras.layers


def networks() -> Iterator[tuple[str, tuple[int, ...], Any, str]]:
    """Give each network's name, the shape of its input, the layers as a function, and its loss."""
    softmax = "sparse_categorical_crossentropy"

    def chain(*layers: Any) -> Any:
        def connect(x: Any) -> Any:
            for layer in layers:
                x = layer(x)
            return x

        return connect

    yield "convolution, pooling and ReLU as one step", (9, 10, 1), chain(
        L.Conv2D(5, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(11, 2), L.MaxPooling2D(), L.ReLU(), L.Flatten(),
        L.Dropout(0.3), L.Dense(4, activation="softmax"),
    ), softmax  # fmt: skip
    yield "strides and padding of two kinds", (8, 7, 3), chain(
        L.Conv2D(7, (3, 2), strides=(2, 1), padding="same", use_bias=False), L.LeakyReLU(),
        L.AveragePooling2D(3, strides=2, padding="same"), L.Flatten(), L.Dense(3, activation="softmax"),
    ), "categorical_crossentropy"  # fmt: skip
    yield "dilation, and pooling whose windows overlap", (11, 9, 2), chain(
        L.Conv2D(6, 3, dilation_rate=2, padding="same", activation="relu"), L.MaxPooling2D((3, 2), (1, 2), "same"),
        L.Conv2D(9, (1, 4), strides=(2, 3), activation="elu"), L.GlobalMaxPooling2D(), L.Dense(5, activation="relu"),
        L.Dense(3, activation="softmax"),
    ), softmax  # fmt: skip
    yield "batch normalization and depthwise kernels", (7, 7, 3), chain(
        L.Conv2D(5, 3, use_bias=False), L.BatchNormalization(), L.ReLU(),
        L.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh"), L.GlobalAveragePooling2D(),
        L.Dense(6, activation="tanh"), L.BatchNormalization(scale=False, momentum=0.9),
        L.Dense(3, activation="softmax"),
    ), softmax  # fmt: skip
    yield "branches that meet", (6, 6, 2), branches, softmax
    yield "steps of a sequence", (8, 6, 1), chain(
        L.Reshape((8, 6)), L.Conv1D(5, 3, activation="tanh", padding="causal"), L.LayerNormalization(), L.GRU(4),
        L.Dense(1, activation="sigmoid"),
    ), "binary_crossentropy"  # fmt: skip
    yield "groups, separable kernels and squared errors", (6, 6, 4), chain(
        L.Conv2D(6, 3, groups=2, activation="gelu"), L.SeparableConv2D(5, 2, activation="selu"), L.Dense(7),
        L.Flatten(), L.UnitNormalization(), L.Dense(3, activation="tanh"),
    ), "mse"  # fmt: skip


def branches(x: Any) -> Any:
    """Use one value three times, and one layer's weights once."""
    one = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    other = L.Conv2D(4, 3, padding="same", activation="swish")(one)
    both = L.Add()([one, other])
    joined = L.Concatenate()([both, L.Multiply()([one, other]), x])
    return L.Dense(3, activation="softmax")(L.Flatten()(L.MaxPooling2D(3)(joined)))


def golden() -> dict[str, Any]:
    """Gather everything that is written."""
    return {
        "states": [_state(number, *network) for number, network in enumerate(networks())],
        "words": np.random.default_rng((5, 2**40, 1)).integers(0, 2**32, 8, np.uint32).tolist(),
        "fractions": np.random.default_rng((1, 2, DROPOUT, 7, 3)).random(5, np.float32).astype(float).tolist(),
        "order": epoch_order(300, 2**31 - 5, 3).tolist(),
        "optimizers": [_moves(name, optimizer) for name, optimizer in _optimizers()],
        "plans": list(_plans()),
    }


def _state(number: int, name: str, shape: tuple[int, ...], connect: Any, loss: str) -> dict[str, Any]:
    """Train a network for some steps, each on one part of its own rows, and write down the next."""
    with own_seeds(number):
        inputs = keras.Input(shape)
        model = keras.Model(inputs, connect(inputs))
    smoothing = 0.1 if loss == "categorical_crossentropy" else 0.0
    model.compile("adam", keras.losses.CategoricalCrossentropy(label_smoothing=smoothing) if smoothing else loss)
    trainer = LogitsTrainer(model)
    loop = read_loop(trainer, compile_settings(model))
    loop.network.read()
    n_units = model.output_shape[-1]
    for step in range(STEPS[number] + 1):
        rng = np.random.default_rng((number, step))
        x = rng.standard_normal((ROWS, *shape)).astype(np.float32)
        classes = rng.integers(0, max(n_units, 2), ROWS)
        encoded = np.eye(n_units, dtype=np.float32)[classes] if n_units > 1 else classes[:, None].astype(np.float32)
        now = Pass(True, rng=np.random.default_rng((number, 0, DROPOUT, step, 0)))
        weights = [weight.copy() for weight in loop.network.weights]
        loop.network.write()
        targets = classes if loss.startswith("sparse") else encoded
        gradients, tally = loop.learn(x, targets, None, ROWS, now)
        if step < STEPS[number]:
            loop.optimizer.update(loop.network.weights, gradients, loop.network.trainable)
        loop.network.follow_moments(now)
    bundle = Exhibit(model, x, title=name).bundle(1, samples=8)
    return {
        "name": name,
        "step": STEPS[number],
        "bundle": b64encode(bundle).decode(),
        "loss": {"mse": "squared error", "binary_crossentropy": "binary crossentropy"}.get(loss, "crossentropy"),
        "smoothing": smoothing,
        "draw": [number, 0, DROPOUT, STEPS[number], 0],
        "x": _numbers(x),
        "targets": _numbers(classes if "categorical" in loss else encoded),
        "mean": tally.loss / ROWS,
        "weights": list(map(_numbers, weights)),
        "gradients": [None if one is None else _numbers(one) for one in gradients],
        "after": [_numbers(one) for one, old in zip(loop.network.weights, weights, strict=True) if (one != old).any()],
    }


def _optimizers() -> Iterator[tuple[dict[str, Any], Any]]:
    o = keras.optimizers
    sgd: dict[str, Any] = {"name": "sgd", "rate": 0.1, "momentum": 0, "nesterov": False, "weightDecay": 0}
    adam = {"name": "adam", "rate": 0.01, "beta1": 0.9, "beta2": 0.97, "epsilon": 1e-7, "weightDecay": 0}
    yield sgd, o.SGD(0.1)
    yield sgd | {"momentum": 0.9}, o.SGD(0.1, 0.9)
    yield sgd | {"momentum": 0.8, "nesterov": True, "weightDecay": 0.01}, o.SGD(0.1, 0.8, True, weight_decay=0.01)
    yield adam, o.Adam(0.01, 0.9, 0.97)
    yield adam | {"weightDecay": 0.004}, o.AdamW(0.01, 0.004, 0.9, 0.97)


def _moves(settings: dict[str, Any], optimizer: Any) -> dict[str, Any]:
    rng, ours = np.random.default_rng(1), read_optimizer(optimizer)
    weights, gradients = [rng.standard_normal((n, 7)).astype(np.float32) for n in (1, 4)]
    before = weights.copy()
    for gradient in gradients:
        ours.update([weights], [gradient[None]], [True])
    return {
        "settings": settings,
        "weights": _numbers(before),
        "gradients": _numbers(gradients),
        "after": _numbers(weights),
    }


def _plans() -> Iterator[dict[str, Any]]:
    built = {
        "cnn": models.cnn((28, 28, 1), 10),
        "mlp": models.mlp((8, 8, 1), 10),
        "linear": models.linear((8, 8, 1), 3),
    }
    for recipe in ("fast", "quick", "document"):
        for name, n_rows in (("cnn", 60_000), ("cnn", 700), ("mlp", 1_437), ("linear", 90)):
            plan = make_plan(recipe, built[name], n_rows, None, None)
            network = {"parameters": built[name].count_params(), "hasConvolutions": name == "cnn"}
            found = [plan.epochs, plan.batch_size, plan.label_smoothing, plan.n_rows]
            rates = [read_optimizer(plan.optimizer).rate(step) for step in (0, 20, 150)]
            yield {"recipe": recipe, "network": network, "rows": n_rows, "plan": found, "rates": rates}


def _numbers(array: NDArray[Any]) -> str:
    return b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
