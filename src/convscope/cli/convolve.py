"""Convolve an image with a kernel, and write out every sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from convscope.arithmetic.digits import Line, decimals_needed, exact_sum_lines, format_number, shown_product
from convscope.arithmetic.sizes import output_size
from convscope.arithmetic.steps import ConvolutionStep, ConvolutionSteps, convolution_steps
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
    read_numbers,
    read_pair,
    sentence,
    size_sentence,
)
from convscope.errors import DataError

__all__ = ["convolve"]

MOST_DECIMALS = 6
MOST_TERMS = 27


def convolve(
    image: ImageOption,
    kernel: Annotated[
        str, typer.Option(help="The kernel as nested JSON lists: rows, columns, then input channels, then kernels.")
    ],
    strides: StridesOption = None,
    padding: PaddingOption = PaddingName.valid,
    dilation: Annotated[
        str | None, typer.Option(help="Distance between neighbouring cells of the kernel, in pixels.")
    ] = None,
    bias: Annotated[str | None, typer.Option(help="A number, or a JSON list with one number per kernel.")] = None,
    step: StepOption = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Slide a kernel over an image and write out every sum: window, products, bias.

    The kernel is not flipped, as in every neural network. Rows and columns are counted from 0, steps from 1.
    Cells in [brackets] lie in the window.
    """
    pixels, weights = read_image(image), read_numbers(kernel, "kernel")
    several = weights.ndim == 4
    steps = convolution_steps(
        pixels,
        weights[..., None] if weights.ndim == 3 else weights,
        None if bias is None else _read_bias(bias),
        strides=read_pair(strides, "--strides") or (1, 1),
        padding=padding.word,
        dilation_rate=read_pair(dilation, "--dilation") or (1, 1),
    )
    places = list(np.ndindex(steps.shape))
    if not np.isfinite(steps.sums).all():
        raise DataError("the sums are too large to show.", expected="smaller numbers")
    if json:
        wanted = [steps.at(*places[index]) for index in chosen_steps(len(places), step)]
        output = steps.sums if several else steps.sums[..., 0]
        records = [_record(one, flat=pixels.ndim == 2, several=several, biased=bias is not None) for one in wanted]
        print_json({"output": output.tolist(), "steps": records})
        return
    end = [*_output_lines(steps), *_sizes(pixels, steps)]
    print_walk(lambda index: _frame(pixels, steps, places, index), len(places), step, end)


def _read_bias(text: str) -> NDArray[np.float64]:
    """Read a number, or a list of numbers."""
    return read_numbers(f"[{text}]" if text.lstrip().startswith("[") else f"[[{text}]]", "bias").reshape(-1)


def _record(step: ConvolutionStep, *, flat: bool, several: bool, biased: bool) -> dict[str, Any]:
    """Make one step as JSON; the last axis is left out where the image has none."""
    return {
        "row": step.row,
        "column": step.column,
        **({"channel": step.channel} if several else {}),
        "window": (step.window[..., 0] if flat else step.window).tolist(),
        "products": (step.products[..., 0] if flat else step.products).tolist(),
        **({"bias": step.bias} if biased else {}),
        "sum": step.sum,
    }


def _frame(
    pixels: NDArray[np.float64], steps: ConvolutionSteps, places: Sequence[tuple[int, ...]], index: int
) -> Iterator[str]:
    step = steps.at(*places[index])
    kernel_name = f", kernel {step.channel}" if steps.shape[2] > 1 else ""
    yield f"step {index + 1} of {len(places)}: row {step.row}, column {step.column}{kernel_name}"
    (top, bottom), (left, right) = steps.padding
    padded = np.pad(pixels[..., None] if pixels.ndim == 2 else pixels, ((top, bottom), (left, right), (0, 0)))
    rows, columns = set((step.rows + top).tolist()), set((step.columns + left).tolist())
    filled = sum(place[2] == step.channel for place in places[: index + 1])
    name = "input, zeros around" if top + bottom + left + right else "input"
    for channel in step.in_channels:
        label = f" channel {channel}" if pixels.ndim == 3 else ""
        blocks = [
            (name + label, matrix_lines(padded[..., channel], lambda row, column: row in rows and column in columns)),
            ("kernel" + label, matrix_lines(step.kernel[..., channel])),
        ]
        if channel == step.in_channels[-1]:
            blocks.append(("output", matrix_lines(steps.sums[..., step.channel], filled=filled)))
        yield from beside(blocks)
    yield from _sum_lines(step, biased=bool(steps.bias.any()))


def _sum_lines(step: ConvolutionStep, *, biased: bool) -> Iterator[str]:
    """Write out factors, products and sum, so that what is shown adds up."""
    factors = list(zip(step.window.flat, step.kernel.flat, strict=True))
    bias = [("bias", step.bias)] if biased else []
    digits = decimals_needed([*step.products.flat, step.bias, step.sum])
    names = [
        (f"{_plain(pixel)} × {_plain(weight)}", shown_product([pixel, weight], digits, of_factors=MOST_DECIMALS))
        for pixel, weight in factors
    ]
    most = None if len(names) + len(bias) <= MOST_TERMS else MOST_TERMS
    *terms, total = exact_sum_lines([*names, *bias], step.sum, digits=digits, most=most)
    yield from sentence(" + ".join(line.name for line in terms))
    yield from sentence("= " + _joined(terms) + f" = {total.text}")


def _joined(terms: Sequence[Line]) -> str:
    """Write ``1 + 0 − 0.5``, a remainder with its name."""
    words: list[str] = []
    for line in terms:
        negative, size = line.text.startswith("−"), line.text.lstrip("+−")
        sign = "− " if negative else "+ "
        if not words:
            sign = "−" if negative else ""
        words.append(f"{sign}{size}" + (f" ({line.name})" if line.name.endswith(("rounding", "bias")) else ""))
    return " ".join(words)


def _plain(value: float) -> str:
    text = format_number(value, decimals_needed([value], MOST_DECIMALS))
    return f"({text})" if text.startswith("−") else text


def _output_lines(steps: ConvolutionSteps) -> Iterator[str]:
    for channel in range(steps.shape[2]):
        label = f"output of kernel {channel}" if steps.shape[2] > 1 else "output"
        yield from beside([(label, matrix_lines(steps.sums[..., channel]))])


def _sizes(pixels: NDArray[np.float64], steps: ConvolutionSteps) -> list[str]:
    sizes = [
        output_size(
            pixels.shape[axis],
            steps.kernels.shape[axis],
            stride=steps.strides[axis],
            padding=steps.padding[axis],
            dilation_rate=steps.dilation_rate[axis],
        ).arithmetic
        for axis in (0, 1)
    ]
    return size_sentence(*sizes)
