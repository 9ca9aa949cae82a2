"""The lab's worked examples: every step drawn from the arithmetic, and each result beside Keras'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from convscope import charts
from convscope.report.figures import figure, section

__all__ = ["worked_sections"]

Example = Mapping[str, Any]


def worked_sections(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Draw the steps of some examples, and list all of them beside what Keras gives.

    Parameters
    ----------
    examples : sequence of mappings
        ``name``, ``input``, ``kernel``, ``actual``, ``keras`` and ``max_abs_difference``, as the experiment
        ``the_lab`` finds them.
    """
    by_name = {example["name"]: example for example in examples}
    return [
        _frames(by_name["convolution strides (1,1)"], by_name["convolution strides (2,2)"]),
        _edges_and_channels(by_name["vertical edge before column 2"], by_name["two input channels"]),
        _pooling(by_name["max pooling default strides"]),
        _checked(examples),
    ]


def _frames(dense: Example, wide: Example) -> dict[str, Any]:
    return section(
        "How a convolution comes about",
        "The kernel stands on a window of the picture; numbers in the same place are multiplied, and the products "
        "added up: one number of the output. Then the window moves on. The kernel is not flipped.",
        [
            _slides(dense, (1, 1), "Strides of 1: every place", 3),
            _slides(wide, (2, 2), "Strides of 2: every other place", 2),
        ],
        layout="whole",
    )


def _slides(example: Example, strides: tuple[int, int], title: str, per_line: int) -> dict[str, Any]:
    chart, narrow = (
        charts.convolution_frames(example["input"], example["kernel"], strides=strides, frames_per_line=n_frames)
        for n_frames in (per_line, 1)
    )
    return figure(chart, narrow=narrow, title=title)


def _edges_and_channels(edge: Example, both: Example) -> dict[str, Any]:
    return section(
        "What a kernel finds, and how channels meet",
        "A kernel answers where the picture looks like it, and the answer moves when the picture does. Where the "
        "input has several channels, each has a kernel of its own, and the results are added up.",
        [
            figure(charts.edge_shift(np.asarray(edge["kernel"])), title="A vertical edge, at three places"),
            figure(
                charts.channels_sum(np.asarray(both["input"]), np.asarray(both["kernel"])),
                title="Two channels, one output",
            ),
        ],
    )


def _pooling(example: Example) -> dict[str, Any]:
    chart, narrow = (charts.pooling_frames(example["input"], frames_per_line=n_frames) for n_frames in (2, 1))
    return section("How pooling makes maps smaller", "", [figure(chart, narrow=narrow)], layout="whole")


def _checked(examples: Sequence[Example]) -> dict[str, Any]:
    shown = [
        {**example, "inputs": _planes(example["input"]), "kernels": _planes(example["kernel"])} for example in examples
    ]
    worst = max(example["max_abs_difference"] for example in examples)
    return section(
        "Worked by hand, checked in Keras",
        f"Each result is computed twice: term by term, and by the real Keras layer. Largest difference: {worst:g}.",
        [],
        examples=shown,
    )


def _planes(values: Any) -> list[Any]:
    """Split an array (height, width[, channels]) into one nested list per channel."""
    if values is None:
        return []
    array = np.atleast_3d(np.asarray(values))
    return [array[..., channel].tolist() for channel in range(array.shape[2])]
