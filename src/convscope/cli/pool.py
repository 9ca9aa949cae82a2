"""Pool an image, and write out every window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from convscope.arithmetic.digits import decimals_needed, exact_sum_lines, format_number
from convscope.arithmetic.pooling import Kind
from convscope.arithmetic.pooling_steps import PoolingStep, PoolingSteps, pooling_steps
from convscope.arithmetic.sizes import output_size
from convscope.cli._output import JsonFlag, QuietFlag, print_json
from convscope.cli._walk import (
    ImageOption,
    PaddingName,
    PaddingOption,
    StepOption,
    StridesOption,
    beside,
    chosen_steps,
    matrix_lines,
    print_walk,
    read_image,
    read_pair,
    sentence,
    size_sentence,
)

__all__ = ["pool"]


class KindName(StrEnum):
    """What is kept of a window."""

    max = "max"
    average = "average"


def pool(
    image: ImageOption,
    size: Annotated[str, typer.Option(help="Size of the window: 2, or 2,3 (down, right).")] = "2",
    strides: StridesOption = None,
    padding: PaddingOption = PaddingName.valid,
    kind: Annotated[KindName, typer.Option(help="Keep the largest value, or the mean.")] = KindName.max,
    step: StepOption = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Pool an image: keep the largest value, or the mean, of each window.

    Windows lie side by side unless --strides says otherwise. Rows and columns are counted from 0, steps from 1.
    Cells in [brackets] lie in the window; – marks padding, which is ignored (null in JSON).
    """
    pixels = read_image(image)
    keep: Kind = "max" if kind is KindName.max else "average"
    window = read_pair(size, "--size") or (2, 2)
    steps = pooling_steps(pixels, window, strides=read_pair(strides, "--strides"), padding=padding.word, kind=keep)
    places = list(np.ndindex(steps.shape))
    if json:
        wanted = [steps.at(*places[index]) for index in chosen_steps(len(places), step)]
        output = steps.values[..., 0] if pixels.ndim == 2 else steps.values
        print_json({"output": output.tolist(), "steps": [_record(one, pixels.ndim) for one in wanted]})
        return
    end = [*_output_lines(steps), *_sizes(pixels, steps)]
    print_walk(lambda index: _frame(pixels, steps, places, index), len(places), step, end)


def _record(step: PoolingStep, axes: int) -> dict[str, Any]:
    """Make one step as JSON; null stands where there is no image."""
    window = [[None if np.isnan(value) else value for value in line] for line in step.window.tolist()]
    return {
        "row": step.row,
        "column": step.column,
        **({"channel": step.channel} if axes == 3 else {}),
        "window": window,
        "value": step.value,
        "winner": None if step.winner is None else {"row": step.winner[0], "column": step.winner[1]},
    }


def _frame(
    pixels: NDArray[np.float64], steps: PoolingSteps, places: Sequence[tuple[int, ...]], index: int
) -> Iterator[str]:
    step = steps.at(*places[index])
    channel_name = f", channel {step.channel}" if pixels.ndim == 3 else ""
    yield f"step {index + 1} of {len(places)}: row {step.row}, column {step.column}{channel_name}"
    seen = pixels if pixels.ndim == 2 else pixels[..., step.channel]
    padded = np.pad(seen, steps.padding, constant_values=np.nan)
    rows = set((step.rows + steps.padding[0][0]).tolist())
    columns = set((step.columns + steps.padding[1][0]).tolist())
    filled = sum(place[2] == step.channel for place in places[: index + 1])
    yield from beside(
        [
            ("input", matrix_lines(padded, lambda row, column: row in rows and column in columns)),
            ("output", matrix_lines(steps.values[..., step.channel], filled=filled)),
        ]
    )
    yield from _words(step)


def _words(step: PoolingStep) -> Iterator[str]:
    real = step.window[step.inside]
    digits = decimals_needed([*real, step.value])
    if step.winner is not None:
        listed = ", ".join(format_number(value, digits) for value in real)
        where = f"row {step.winner[0]}, column {step.winner[1]} of the input"
        yield from sentence(f"largest of {listed} = {format_number(step.value, digits)}, from {where}")
        return
    *terms, total = exact_sum_lines([("", value) for value in real], float(real.sum()), digits=digits)
    shown = " ".join(
        ("− " if line.text[0] == "−" else "+ ") + line.text.lstrip("+−") + (f" ({line.name})" if line.name else "")
        for line in terms
    ).removeprefix("+ ")
    yield from sentence(f"mean: {shown} = {total.text}")
    mean = format_number(step.value, digits)
    exact = _decimal(total.text) == _decimal(mean) * len(real)
    yield from sentence(f"{total.text} / {len(real)} = {mean}" + ("" if exact else ", rounded"))


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def _output_lines(steps: PoolingSteps) -> Iterator[str]:
    for channel in range(steps.shape[2]):
        label = f"output of channel {channel}" if steps.shape[2] > 1 else "output"
        yield from beside([(label, matrix_lines(steps.values[..., channel]))])


def _sizes(pixels: NDArray[np.float64], steps: PoolingSteps) -> list[str]:
    sizes = [
        output_size(
            pixels.shape[axis],
            steps.windows.shape[2 + axis],
            stride=steps.strides[axis],
            padding=steps.padding[axis],
        ).arithmetic
        for axis in (0, 1)
    ]
    return size_sentence(*sizes)
