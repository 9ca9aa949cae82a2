"""Integrated gradients: what each pixel contributes to the score of a class, so that it adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.insights._asking import Asked, ask, scores_of, slopes_of

__all__ = ["IntegratedGradients", "integrated_gradients"]

Array = NDArray[Any]
FIRST_STEPS, STEPS_AT_ONCE = 32, 128


@dataclass(frozen=True)
class IntegratedGradients:
    """The contribution of each pixel to the score of a class.

    Parameters
    ----------
    label : str
    score, baseline_score : float
        Of the class, before the last activation, for the image and for the baseline.
    contributions : array of shape (height, width, channels)
        They add up to ``score - baseline_score``, but for the error.
    completeness_error : float
        By how much they miss it, as a fraction of it.
    n_steps : int
        Images between baseline and image at which the slope was taken.
    """

    label: str
    score: float
    baseline_score: float
    contributions: Array
    completeness_error: float
    n_steps: int

    @property
    def picture(self) -> Array:
        """The contributions added up over the channels: shape (height, width)."""
        return np.asarray(self.contributions.sum(axis=2))


def integrated_gradients(
    model: Any,
    image: ArrayLike,
    *,
    label: Any = None,
    baseline: ArrayLike = 0.0,
    tolerance: float = 0.01,
    most_steps: int = 4096,
) -> IntegratedGradients:
    """Add up the slopes of a class's score on the straight way from a baseline to the image.

    The steps are doubled until the contributions add up, or there would be too many.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    image : array of shape (height, width, channels) or (height, width), or one row of the table
    label : optional
        The class; the prediction if left out.
    baseline : number or array like the image
        What contributes nothing, in the intensities of the table: black if left out.
    tolerance : float
        The completeness error that is good enough.
    most_steps : int

    Returns
    -------
    found : IntegratedGradients

    Raises
    ------
    ShapeError
        The image does not fit the model.
    UsageError
        There is no such class.

    References
    ----------
    Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", arXiv:1703.01365, proposition 1.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> digits = load_dataset("digits")
    >>> classifier = ImageClassifier("mlp", epochs=1, random_state=0).fit(digits.data, digits.target)
    >>> found = integrated_gradients(classifier, digits.images[15])
    >>> found.contributions.shape, found.completeness_error < 0.01
    ((8, 8, 1), True)
    """
    asked = ask(model, image, label)
    begin = np.broadcast_to(np.asarray(baseline, np.float32) / np.float32(asked.scale), asked.pixels.shape)
    start, end = (float(score) for score in scores_of(asked, np.stack([begin, asked.pixels])))
    n_steps = FIRST_STEPS
    while True:
        contributions = (asked.pixels - begin) * _mean_slope(asked, begin, n_steps)
        missed = abs(float(contributions.sum(dtype=np.float64)) - (end - start))
        error = missed / max(abs(end - start), 1e-12) if missed else 0.0
        if error <= tolerance or n_steps >= most_steps:
            return IntegratedGradients(
                asked.label, end, start, contributions=contributions, completeness_error=error, n_steps=n_steps
            )
        n_steps *= 2


def _mean_slope(asked: Asked, begin: Array, n_steps: int) -> Array:
    """Average the slopes in the middles of equal steps, which is exact for straight pieces that end at their ends."""
    total = np.zeros(asked.pixels.shape, np.float64)
    shares = (np.arange(n_steps, dtype=np.float32) + np.float32(0.5)) / np.float32(n_steps)
    for first in range(0, n_steps, STEPS_AT_ONCE):
        some = shares[first : first + STEPS_AT_ONCE, None, None, None]
        between = begin + some * (asked.pixels - begin)
        slopes, _ = slopes_of(asked, between)
        total += slopes.reshape(between.shape).sum(axis=0, dtype=np.float64)
    return total / n_steps
