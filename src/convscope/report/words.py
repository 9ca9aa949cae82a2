"""Sentences made from the numbers, true whatever the numbers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convscope.records import ExperimentResult

__all__ = ["data_name", "headline", "lead", "model_name", "origin", "rows_by_order", "shuffling_cost"]

NAMES = {"mnist": "MNIST", "mnist_5k": "MNIST 5k", "fashion_mnist": "Fashion-MNIST", "shapes": "Shapes"}
Row = Mapping[str, Any]


def data_name(data: str) -> str:
    """Name a data set as people write it."""
    return NAMES.get(data, data)


def model_name(model: str) -> str:
    """Name a model as people write it."""
    return model.upper() if model in ("mlp", "cnn") else model


def rows_by_order(result: ExperimentResult) -> dict[tuple[str, str], Row]:
    """Find the lab's four networks of its first table, by model and pixel order.

    Examples
    --------
    >>> from convscope import experiments
    >>> sorted(rows_by_order(experiments.the_lab("digits", limit=60)))
    [('cnn', 'original'), ('cnn', 'shuffled'), ('mlp', 'original'), ('mlp', 'shuffled')]
    """
    data = result.settings["data"]
    return {(row["model"], row["pixel_order"]): row for row in result.findings["images"] if row["data"] == data}


def headline(rows: Mapping[tuple[str, str], Row]) -> str:
    """Name the finding: whether the CNN gains from the places of pixels, and loses without them."""
    better = _apart(rows["cnn", "original"], rows["mlp", "original"])
    loses = _apart(rows["cnn", "original"], rows["cnn", "shuffled"])
    return "A network that knows where pixels are" if better and loses else "Two networks, two orders of pixels"


def lead(rows: Mapping[tuple[str, str], Row]) -> str:
    """Say how both networks do on unchanged pictures.

    Parameters
    ----------
    rows : mapping of (model, pixel order) to result row
        ``("mlp", "original")`` and so on; each with ``accuracy``, ``interval`` and ``n_parameters``.
    """
    cnn, mlp = rows["cnn", "original"], rows["mlp", "original"]
    than = "more than" if cnn["accuracy"] > mlp["accuracy"] else "no more than"
    size = _size(cnn["n_parameters"], mlp["n_parameters"])
    return (
        f"With the pixels in place the convolutional network reads {cnn['accuracy']:.4f} of the test images rightly, "
        f"{than} the plain one with its {mlp['accuracy']:.4f}, and it has {size} parameters."
    )


def shuffling_cost(rows: Mapping[tuple[str, str], Row]) -> str:
    """Answer what it costs each network when the pixels of every image are shuffled the same way.

    Parameters
    ----------
    rows : mapping
        As in `lead`; each row also with ``n_test``.

    Examples
    --------
    >>> from convscope import experiments
    >>> answer = shuffling_cost(rows_by_order(experiments.the_lab("digits", limit=60)))
    >>> answer.startswith("On 60 test images it cost the convolutional network ")
    True
    """
    cnn, mlp = ((rows[model, "original"], rows[model, "shuffled"]) for model in ("cnn", "mlp"))
    answer = (
        f"On {cnn[0]['n_test']:,} test images it cost the convolutional network {_cost(*cnn)} "
        f"and the plain one {_cost(*mlp)}."
    )
    if _differ(*mlp):
        return answer
    return f"{answer} The plain network never knew which pixels are neighbours, so it does not notice."


def origin(entry: Mapping[str, Any]) -> str:
    """Say of a data set how many images were used, who made them, and under which licence.

    Parameters
    ----------
    entry : mapping
        One of the finding ``origins``.
    """
    licence = f" Licence: {entry['licence']}." if entry["licence"] else ""
    return (
        f"{data_name(entry['data'])}: {entry['n_train']:,} images to train on, {entry['n_test']:,} to test. "
        f"Source: {entry['source']}.{licence}"
    )


def _size(count: int, other: int) -> str:
    if count == other:
        return "as many"
    return "fewer" if count < other else "more"


def _cost(before: Row, after: Row) -> str:
    """Say what was lost, between which accuracies, and whether chance would explain it."""
    lost = round(before["accuracy"], 4) - round(after["accuracy"], 4)
    what = f"{lost:.4f} in accuracy" if lost > 0 else "nothing"
    gained = f", a gain of {-lost:.4f}" if lost < 0 else ""
    change = f"{before['accuracy']:.4f} before, {after['accuracy']:.4f} after{gained}"
    return f"{what} ({change}: {'more' if _differ(before, after) else 'no more'} than chance explains)"


def _differ(one: Row, other: Row) -> bool:
    return _apart(one, other) or _apart(other, one)


def _apart(higher: Row, lower: Row) -> bool:
    """Say whether one accuracy is above another by more than both intervals allow."""
    return bool(higher["interval"][0] > lower["interval"][1])
