"""Grad-CAM: where a convolution sees what speaks for a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import zoom

from convscope.engine.graph import read_graph
from convscope.errors import UsageError, did_you_mean
from convscope.insights._asking import ask, slopes_of
from convscope.tracing.layers import slides

__all__ = ["GradCam", "grad_cam"]

Array = NDArray[Any]


@dataclass(frozen=True)
class GradCam:
    """Where a layer's maps speak for a class.

    Parameters
    ----------
    label : str
    layer : str
    weights : array of shape (channels,)
        How much the score rises with the mean of each channel's map.
    maps : array of shape (map_height, map_width)
        The channels added up by these weights, and what is below 0 set to 0.
    picture : array of shape (height, width)
        The same at the size of the image, stretched with straight lines between places.
    """

    label: str
    layer: str
    weights: Array
    maps: Array
    picture: Array


def grad_cam(model: Any, image: ArrayLike, *, layer: str | None = None, label: Any = None) -> GradCam:
    """Weigh a layer's maps by the mean slope of a class's score, and add up what speaks for it.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    image : array of shape (height, width, channels) or (height, width), or one row of the table
    layer : str, optional
        Any layer that gives maps, one in a model within by both names (``base/conv5``); the last convolution if left
        out.
    label : optional
        The class; the prediction if left out.

    Returns
    -------
    found : GradCam

    Raises
    ------
    ShapeError
        The image does not fit the model.
    UsageError
        There is no such class, or no such layer that gives maps.

    References
    ----------
    Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks", arXiv:1610.02391, equations 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> found = grad_cam(models.cnn((28, 28, 1), 10), np.ones((28, 28)), label=3)
    >>> found.layer, found.picture.shape
    ('conv2d_2', (28, 28))
    """
    asked = ask(model, image, label)
    name = _layer_with_maps(asked.network, layer)
    slopes, values = (part[0] for part in slopes_of(asked, asked.pixels[None], name))
    weights = slopes.mean(axis=(0, 1))
    maps = np.maximum(values @ weights, 0)
    height, width = asked.pixels.shape[:2]
    picture = zoom(maps, (height / maps.shape[0], width / maps.shape[1]), order=1, mode="nearest", grid_mode=True)
    return GradCam(asked.label, name, weights, maps, picture)


def _layer_with_maps(network: Any, wanted: str | None) -> str:
    """Find a layer that gives maps: the one that is wanted, or the last convolution."""
    graph = read_graph(network)
    speaking = set(graph.leading_to(graph.outputs[0]))  # a model within may give more than is used
    calls = [call for call in graph.calls if call in speaking and len(call.shape) == 3]
    names = [call.name for call in calls]
    last = next((call.name for call in reversed(calls) if slides(call)), None)
    if wanted is None and last is not None:
        return last
    found = [name for name in names if name == wanted] or [name for name in names if name.endswith(f"/{wanted}")]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        "the model has no convolution." if wanted is None else f"no layer named {wanted!r} gives maps.",
        expected=did_you_mean(str(wanted), names) if names else "a model with a convolution",
    )
