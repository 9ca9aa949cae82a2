"""Every sum of a network, with NumPy and the standard library only; images are (height, width, channels)."""

from convscope.arithmetic.convolution import convolve, windows
from convscope.arithmetic.padding import pad, padding_amounts
from convscope.arithmetic.pooling import pool
from convscope.arithmetic.sizes import Count, Size, count_parameters, output_size

__all__ = [
    "Count",
    "Size",
    "convolve",
    "count_parameters",
    "output_size",
    "pad",
    "padding_amounts",
    "pool",
    "windows",
]
