"""What do MLP and CNN make of shifted, flipped, rotated and shuffled images? Measured over several seeds.

Two questions. A trained model meets transformed images: which layers move along, which predictions stay? And a
model is trained on images whose pixels are all shuffled in the same way: what does that cost it?
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Unpack

import numpy as np

from convscope.backend import backend_name
from convscope.errors import UsageError
from convscope.insights.equivariance import TRANSFORMS, Equivariance, equivariance
from convscope.lab_data import ImageData, choose_images
from convscope.reading import Reading
from convscope.records import ExperimentResult
from convscope.runs.environment import package_versions
from convscope.tables import shuffle_pixels
from convscope.training import ImageClassifier, evaluate
from convscope.training.intervals import mean_interval

__all__ = ["run"]

MODELS = ("mlp", "cnn")
ORDERS = ("original", "shuffled")


def run(
    data: str = "auto",
    *,
    n_seeds: int = 3,
    recipe: str = "fast",
    limit: int | None = None,
    n_images: int = 200,
    data_home: str | None = None,
    verbose: int = 0,
    say: Callable[[str], None] = lambda text: None,
    **reading: Unpack[Reading],
) -> ExperimentResult:
    """Train MLP and CNN on original and on shuffled pixels, with several seeds, and measure their symmetry.

    Parameters
    ----------
    data : str
        A data set's name, a path to a pixel table, or ``"auto"``: the first of ``mnist``, ``mnist_5k`` and ``digits``
        that can be had.
    n_seeds : int
        At least 2: seeds 0, 1, ...
    recipe : {"fast", "quick", "document"}
    limit : int, optional
        Keep only the first so many training and test images.
    n_images : int
        Test images that are transformed.
    data_home : path, optional
    verbose : {0, 1}
        1 shows a progress bar per model on stderr.
    say : callable
        Told in one sentence what happens next.
    **reading
        How a table of the user's own is read, see `load_dataset`.

    Returns
    -------
    result : ExperimentResult
        Findings ``accuracy`` (per model, pixel order and seed), ``shuffling`` (per model: the accuracy lost by
        shuffling, with a 95 % interval over the seeds, and a sentence), ``predictions`` and ``layers`` (per model and
        transform, means and intervals over the seeds).

    Raises
    ------
    UsageError
        Fewer than two seeds have no interval.

    Examples
    --------
    >>> from convscope import experiments
    >>> found = experiments.equivariance("digits", n_seeds=2, limit=60, n_images=4)
    >>> [row["model"] for row in found.findings["shuffling"]]
    ['mlp', 'cnn']
    """
    if n_seeds < 2:
        raise UsageError("an interval needs at least two seeds.", received=f"n_seeds={n_seeds}", expected="2 or more")
    images = choose_images(data, data_home=data_home, progress=verbose > 0, reading=reading).limited(limit)
    accuracy: list[dict[str, Any]] = []
    measured: dict[str, list[Equivariance]] = {model: [] for model in MODELS}
    transforms = [name for name in TRANSFORMS if name != "rotate" or _square(images)]
    for seed in range(n_seeds):
        trained = {
            model: _train(model, images, seed, recipe=recipe, verbose=verbose, say=say, accuracy=accuracy)
            for model in MODELS
        }
        pictures = images.test.images[:n_images]
        cnn = equivariance(trained["cnn"], pictures, transforms=transforms)
        measured["cnn"].append(cnn)
        measured["mlp"].append(equivariance(trained["mlp"], pictures, transforms=transforms, shift=cnn.shift))
    return ExperimentResult(
        name="equivariance",
        settings={
            "data": images.name,
            "data_requested": data,
            "recipe": recipe,
            "n_seeds": n_seeds,
            "limit": limit,
            "n_train": len(images.train),
            "n_test": len(images.test),
            "n_images": measured["cnn"][0].n_images,
            "shift": list(measured["cnn"][0].shift),
            "backend": backend_name(),
            "versions": package_versions(),
            "date": date.today().isoformat(),
        },
        findings={
            "accuracy": accuracy,
            "shuffling": [_shuffling(model, accuracy, n_seeds) for model in MODELS],
            "predictions": [row for model in MODELS for row in _predictions(model, measured[model])],
            "layers": [row for model in MODELS for row in _layers(model, measured[model])],
        },
        notes=images.notes,
    )


def _square(images: ImageData) -> bool:
    height, width, _ = images.test.image_shape
    return height == width


def _train(
    model: str,
    images: ImageData,
    seed: int,
    recipe: str,
    verbose: int,
    say: Callable[[str], None],
    accuracy: list[dict[str, Any]],
) -> ImageClassifier:
    """Train on original and on shuffled pixels, note both accuracies, and give the first classifier."""
    classifiers = []
    for order in ORDERS:
        train, test = images.train, images.test
        if order == "shuffled":
            train, test = shuffle_pixels(train), shuffle_pixels(test)
        say(f"training {model} on {order} pixels, seed {seed}")
        classifier = ImageClassifier(model, recipe=recipe, random_state=seed, verbose=verbose).fit(train)
        if classifier.interrupted_ == "Ctrl-C":
            raise KeyboardInterrupt
        found = evaluate(classifier, test)
        accuracy.append({"model": model, "pixel_order": order, "seed": seed, "accuracy": found.accuracy})
        classifiers.append(classifier)
    return classifiers[0]


def _shuffling(model: str, accuracy: list[dict[str, Any]], n_seeds: int) -> dict[str, Any]:
    """Say what shuffling costs: original less shuffled accuracy, seed by seed."""
    found = {(row["pixel_order"], row["seed"]): row["accuracy"] for row in accuracy if row["model"] == model}
    lost, low, high = mean_interval([found["original", seed] - found["shuffled", seed] for seed in range(n_seeds)])
    words = f"from {low:.4f} to {high:.4f} over {n_seeds} seeds".replace("-", "−")
    size = f"{abs(lost):.4f}"
    if low > 0:
        sentence = f"Shuffling the pixels costs the {model.upper()} {size} accuracy ({words})."
    elif high < 0:
        sentence = f"Shuffling the pixels gains the {model.upper()} {size} accuracy ({words})."
    else:
        sentence = f"Shuffling the pixels makes no clear difference to the {model.upper()} ({words})."
    return {"model": model, "n_seeds": n_seeds, "lost": lost, "low": low, "high": high, "sentence": sentence}


def _predictions(model: str, measured: list[Equivariance]) -> list[dict[str, Any]]:
    rows = []
    for parts in zip(*(one.predictions for one in measured), strict=True):
        agreement, low, high = mean_interval([part["agreement"] for part in parts])
        change = float(np.mean([part["probability_change"] for part in parts]))
        rows.append(
            {
                "model": model,
                "transform": parts[0]["transform"],
                "agreement": agreement,
                "low": max(0.0, low),
                "high": min(1.0, high),
                "probability_change": change,
            }
        )
    return rows


def _layers(model: str, measured: list[Equivariance]) -> list[dict[str, Any]]:
    rows = []
    for parts in zip(*(one.layers for one in measured), strict=True):
        row = {"model": model, **{name: parts[0][name] for name in ("transform", "layer", "shape")}}
        for name in ("equivariance_error", "invariance_error"):
            known = parts[0][name] is not None
            row[name] = float(np.mean([part[name] for part in parts])) if known else None
        rows.append(row)
    return rows
