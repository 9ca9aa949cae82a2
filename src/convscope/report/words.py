"""Sentences made from the numbers, true whatever the numbers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["data_name", "headline", "lead", "model_name"]

NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "digits": "digits"}
Row = Mapping[str, Any]


def data_name(data: str) -> str:
    """Name a data set as people write it."""
    return NAMES.get(data, data)


def model_name(model: str) -> str:
    """Name a model as people write it."""
    return model.upper() if model in ("mlp", "cnn") else model


def headline(rows: Mapping[tuple[str, str], Row]) -> str:
    """Name the finding: whether the CNN gains from the places of pixels, and loses without them."""
    better = _apart(rows["cnn", "original"], rows["mlp", "original"])
    loses = _apart(rows["cnn", "original"], rows["cnn", "shuffled"])
    return "A network that knows where pixels are" if better and loses else "Two networks, two orders of pixels"


def lead(rows: Mapping[tuple[str, str], Row]) -> str:
    """Tell in three sentences how both networks do before and after shuffling.

    Parameters
    ----------
    rows : mapping of (model, pixel order) to result row
        ``("mlp", "original")`` and so on; each with ``accuracy``, ``interval`` and ``n_parameters``.
    """
    cnn, cnn_shuffled = rows["cnn", "original"], rows["cnn", "shuffled"]
    mlp, mlp_shuffled = rows["mlp", "original"], rows["mlp", "shuffled"]
    than = "more than" if cnn["accuracy"] > mlp["accuracy"] else "no more than"
    size = _size(cnn["n_parameters"], mlp["n_parameters"])
    return (
        f"With the pixels in place the convolutional network reads {cnn['accuracy']:.4f} of the test images rightly, "
        f"{than} the plain one with its {mlp['accuracy']:.4f}, and it has {size} parameters. "
        f"Shuffle every image the same way, and it {_moves(cnn, cnn_shuffled)} {cnn_shuffled['accuracy']:.4f}. "
        f"The plain network has {mlp['accuracy']:.4f} before and {mlp_shuffled['accuracy']:.4f} after: "
        + (
            "it never knew which pixels are neighbours, so it does not notice."
            if not (_apart(mlp, mlp_shuffled) or _apart(mlp_shuffled, mlp))
            else "in this run a difference larger than the test images explain."
        )
    )


def _size(count: int, other: int) -> str:
    if count == other:
        return "as many"
    return "fewer" if count < other else "more"


def _moves(before: Row, after: Row) -> str:
    if _apart(before, after):
        return "falls to"
    return "rises to" if _apart(after, before) else "comes to"


def _apart(higher: Row, lower: Row) -> bool:
    """Say whether one accuracy is above another by more than both intervals allow."""
    return bool(higher["interval"][0] > lower["interval"][1])
