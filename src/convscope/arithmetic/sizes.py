"""How large an output is, and how many parameters a layer has, each with the sum that says why."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from convscope.errors import ShapeError

__all__ = [
    "Count",
    "Size",
    "count_batch_normalization",
    "count_depthwise",
    "count_parameters",
    "count_separable",
    "output_size",
]


@dataclass(frozen=True)
class Size:
    """One side of an output.

    Parameters
    ----------
    value : int
        In pixels.
    arithmetic : str
        The formula with the numbers filled in.

    Examples
    --------
    >>> output_size(28, 3, padding="same")
    Size(value=28, arithmetic='28, as before')
    """

    value: int
    arithmetic: str


@dataclass(frozen=True)
class Count:
    """A number of parameters.

    Parameters
    ----------
    value : int
    arithmetic : str
        The formula with the numbers filled in; the number itself is not repeated.

    Examples
    --------
    >>> Count(320, "(3·3·1 + 1)·32").value
    320
    """

    value: int
    arithmetic: str

    def __str__(self) -> str:
        return f"{self.arithmetic} = {self.value:,}"


def output_size(
    input_size: int,
    window_size: int,
    *,
    stride: int = 1,
    padding: str | tuple[int, int] = "valid",
    dilation_rate: int = 1,
) -> Size:
    """Count the places where a window can stand along one side.

    Parameters
    ----------
    input_size, window_size : int
        In pixels, at least 1.
    stride : int
        Pixels from one place to the next.
    padding : {"valid", "same"} or (int, int)
        Pixels added before and after.
    dilation_rate : int
        Distance between neighbours in the window.

    Returns
    -------
    size : Size

    Raises
    ------
    ShapeError
        The window does not fit, even with padding.

    References
    ----------
    Dumoulin and Visin 2016, arXiv:1603.07285, section 2.

    Examples
    --------
    >>> output_size(28, 3)
    Size(value=26, arithmetic='28 − 3 + 1 = 26')
    >>> output_size(11, 2, stride=2)
    Size(value=5, arithmetic='(11 − 2) / 2 + 1, rounded down = 5')
    """
    if padding == "same":
        value = -(-input_size // stride)
        return Size(
            value, f"{input_size} / {stride}, rounded up = {value}" if stride > 1 else f"{input_size}, as before"
        )
    before, after = (0, 0) if isinstance(padding, str) else padding
    reach = dilation_rate * (window_size - 1) + 1
    padded = input_size + before + after
    if padded < reach:
        raise ShapeError(
            "the window is larger than the image.",
            received=f"a window that reaches over {reach} pixels, {padded} pixels"
            + (" with padding" if before + after else ""),
            expected=f"a window of at most {padded} pixels",
            repair='use a smaller window, or padding="same"',
        )
    value = (padded - reach) // stride + 1
    shown = f"{input_size}" + (f" + {before} + {after}" if before + after else "")
    if stride == 1:
        return Size(value, f"{shown} − {reach} + 1 = {value}")
    rounded = ", rounded down" if (padded - reach) % stride else ""
    return Size(value, f"({shown} − {reach}) / {stride} + 1{rounded} = {value}")


def count_parameters(
    window: tuple[int, ...], in_channels: int, out_channels: int, *, bias: bool = True, groups: int = 1
) -> Count:
    """Count the weights of a convolution or, without a window, of a dense layer.

    Parameters
    ----------
    window : tuple of int
        (kernel_height, kernel_width), (kernel_length,), or () for a dense layer.
    in_channels, out_channels : int
    bias : bool
        One more parameter per output channel.
    groups : int
        Each kernel sees ``in_channels / groups`` channels.

    Returns
    -------
    count : Count

    Raises
    ------
    ShapeError
        The groups divide the channels unevenly.

    Examples
    --------
    >>> print(count_parameters((3, 3), 1, 32))
    (3·3·1 + 1)·32 = 320
    >>> count_parameters((), 1600, 10)
    Count(value=16010, arithmetic='(1,600 + 1)·10')
    """
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise ShapeError(
            f"{in_channels} channels and {out_channels} kernels cannot be divided into {groups} groups.",
            received=f"groups={groups}",
            expected="a number of groups that divides both",
        )
    factors = (*window, in_channels // groups)
    shown = "·".join(f"{factor:,}" for factor in factors)
    value = (prod(factors) + bias) * out_channels
    return Count(value, f"({shown} + 1)·{out_channels:,}" if bias else f"{shown}·{out_channels:,}")


def count_depthwise(window: tuple[int, ...], in_channels: int, multiplier: int = 1, *, bias: bool = True) -> Count:
    """Count the weights of a depthwise convolution: kernels on one channel each.

    Examples
    --------
    >>> print(count_depthwise((3, 3), 8, 2))
    (3·3·1 + 1)·16 = 160
    """
    return count_parameters(window, in_channels, in_channels * multiplier, bias=bias, groups=in_channels)


def count_separable(
    window: tuple[int, ...], in_channels: int, out_channels: int, multiplier: int = 1, *, bias: bool = True
) -> Count:
    """Count the weights of a depthwise convolution and of the mixing of channels that follows.

    Examples
    --------
    >>> print(count_separable((3, 3), 8, 16))
    3·3·1·8 + (8 + 1)·16 = 216
    """
    depthwise = count_depthwise(window, in_channels, multiplier, bias=False)
    pointwise = count_parameters((), in_channels * multiplier, out_channels, bias=bias)
    return Count(depthwise.value + pointwise.value, f"{depthwise.arithmetic} + {pointwise.arithmetic}")


def count_batch_normalization(n_channels: int, *, scale: bool = True, center: bool = True) -> Count:
    """Count gamma and beta, which are trained, and mean and variance, which are measured.

    Examples
    --------
    >>> print(count_batch_normalization(32))
    4·32 = 128
    """
    kinds = 2 + scale + center
    return Count(kinds * n_channels, f"{kinds}·{n_channels:,}")
