"""What does a neural network see? MLP and CNN on original and on shuffled pixels: one budget, the same seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from convscope.backend import backend_name
from convscope.errors import UsageError
from convscope.lab_data import ImageData, choose_images
from convscope.reading import Reading
from convscope.records import ExperimentResult
from convscope.runs.environment import package_versions
from convscope.tables import pixel_permutation, shuffle_pixels
from convscope.training import ImageClassifier, evaluate
from convscope.training.intervals import mean_interval

__all__ = ["run"]

MODELS = ("mlp", "cnn")
ORDERS = ("original", "shuffled")
MOST_PICTURES = 32

Array = NDArray[Any]


def run(
    data: str = "auto",
    *,
    n_seeds: int = 3,
    epochs: int = 5,
    batch_size: int = 64,
    recipe: str = "fast",
    limit: int | None = None,
    data_home: str | None = None,
    verbose: int = 0,
    say: Callable[[str], None] = lambda text: None,
    **reading: Unpack[Reading],
) -> ExperimentResult:
    """Train the four networks alike, and answer from their accuracies.

    Parameters
    ----------
    data : str
        A data set's name, a path to a pixel table, or ``"auto"``: the first of ``mnist``, ``mnist_5k`` and ``digits``
        that can be had.
    n_seeds : int
        At least 3: seeds 0, 1, ...; each is used for all four.
    epochs, batch_size : int
        The budget, the same for all four.
    recipe : {"fast", "quick", "document"}
    limit : int, optional
        Keep only the first so many training and test images.
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
        Findings ``networks`` (per model and pixel order: parameters, accuracies, their mean with a 95 % t-interval
        over the seeds, curves, seconds) and ``answer`` (sentences). Exhibit ``weights``: per network the first
        layer's weights of seed 0 as pictures, shape (height, width, n), and ``restored``: those of the shuffled MLP
        with each pixel's weight put back in its place.

    Raises
    ------
    UsageError
        Fewer than three seeds say little.

    Examples
    --------
    >>> from convscope import experiments
    >>> found = experiments.pixel_shuffle("digits", epochs=1, limit=60)
    >>> [(row["model"], row["pixel_order"]) for row in found.findings["networks"]]
    [('mlp', 'original'), ('mlp', 'shuffled'), ('cnn', 'original'), ('cnn', 'shuffled')]
    """
    if n_seeds < 3:
        raise UsageError("four networks are compared over three seeds or more.", received=f"n_seeds={n_seeds}")
    images = choose_images(data, data_home=data_home, progress=verbose > 0, reading=reading).limited(limit)
    budget = {"epochs": epochs, "batch_size": batch_size, "recipe": recipe, "verbose": verbose}
    trained = {
        (model, order): [_train(model, order, images, seed=seed, budget=budget, say=say) for seed in range(n_seeds)]
        for model in MODELS
        for order in ORDERS
    }
    return ExperimentResult(
        name="pixel_shuffle",
        settings={
            "data": images.name,
            "data_requested": data,
            "recipe": recipe,
            "n_seeds": n_seeds,
            "epochs": epochs,
            "batch_size": batch_size,
            "limit": limit,
            "n_train": len(images.train),
            "n_test": len(images.test),
            "backend": backend_name(),
            "versions": package_versions(),
            "date": date.today().isoformat(),
        },
        findings={
            "networks": [_summary(model, order, runs) for (model, order), runs in trained.items()],
            "answer": [{"sentence": sentence} for sentence in _answer(trained, n_seeds)],
        },
        exhibits={
            "weights": [_pictures(runs[0].classifier) for runs in trained.values()],
            "restored": _restored(trained["mlp", "shuffled"][0].classifier),
        },
        notes=images.notes,
    )


@dataclass(frozen=True)
class _Trained:
    """One network of one seed."""

    classifier: ImageClassifier
    accuracy: float


def _train(
    model: str, order: str, images: ImageData, seed: int, budget: dict[str, Any], say: Callable[[str], None]
) -> _Trained:
    say(f"training {model} on {order} pixels, seed {seed}")
    train, test = images.train, images.test
    if order == "shuffled":
        train, test = shuffle_pixels(train), shuffle_pixels(test)
    classifier = ImageClassifier(model, random_state=seed, **budget).fit(train)
    if classifier.interrupted_ == "Ctrl-C":
        raise KeyboardInterrupt
    return _Trained(classifier, evaluate(classifier, test).accuracy)


def _summary(model: str, order: str, runs: list[_Trained]) -> dict[str, Any]:
    accuracies = [one.accuracy for one in runs]
    mean, low, high = mean_interval(accuracies)
    return {
        "model": model,
        "pixel_order": order,
        "n_parameters": int(runs[0].classifier.model_.count_params()),
        "accuracies": accuracies,
        "mean": mean,
        "low": max(0.0, low),
        "high": min(1.0, high),
        "curves": [one.classifier.history_["accuracy"] for one in runs],
        "seconds": float(sum(sum(one.classifier.history_.seconds) for one in runs)),
    }


def _answer(trained: dict[tuple[str, str], list[_Trained]], n_seeds: int) -> list[str]:
    """Say what the differences, seed by seed, allow to say."""
    found = {key: np.array([one.accuracy for one in runs]) for key, runs in trained.items()}
    sentences, costs = [], {}
    for model in MODELS:
        lost, low, high = mean_interval((found[model, "original"] - found[model, "shuffled"]).tolist())
        costs[model] = "costs" if low > 0 else "gains" if high < 0 else "nothing sure"
        interval = f"95 % interval {low:.4f} to {high:.4f} over {n_seeds} seeds".replace("-", "−")
        said = {
            "costs": f"Shuffling the pixels costs the {model.upper()} {lost:.4f} of accuracy",
            "gains": f"Shuffling the pixels gains the {model.upper()} {-lost:.4f} of accuracy",
            "nothing sure": f"Shuffling the pixels makes no clear difference to the {model.upper()}",
        }[costs[model]]
        sentences.append(f"{said} ({interval}).")
    if costs == {"mlp": "nothing sure", "cnn": "costs"}:
        told = "An MLP sees a list of numbers, in whatever order; a CNN sees neighbours, and loses what they say."
    elif costs["cnn"] == "costs":
        told = "The CNN sees neighbours: it loses accuracy when they are torn apart."
    else:
        told = "In these runs the order of the pixels made no clear difference to the CNN; more rows may show one."
    return [*sentences, told]


def _first_weights(classifier: ImageClassifier) -> Array:
    return np.asarray(next(layer.get_weights()[0] for layer in classifier.model_.layers if layer.get_weights()))


def _pictures(classifier: ImageClassifier) -> Array:
    """Give each first-layer unit or kernel as a picture: the channels' mean, at most 32 of them."""
    weights = _first_weights(classifier)
    shaped = weights if weights.ndim == 4 else _as_images(weights, classifier)
    return np.asarray(shaped.mean(axis=2)[..., :MOST_PICTURES])


def _restored(classifier: ImageClassifier) -> Array:
    """Put the weight of each shuffled pixel back to where the pixel was."""
    weights = _first_weights(classifier)
    back = np.empty_like(weights)
    back[pixel_permutation(len(weights))] = weights
    return np.asarray(_as_images(back, classifier).mean(axis=2)[..., :MOST_PICTURES])


def _as_images(weights: Array, classifier: ImageClassifier) -> Array:
    assert classifier.image_shape_ is not None
    return weights.reshape(*classifier.image_shape_, -1)
