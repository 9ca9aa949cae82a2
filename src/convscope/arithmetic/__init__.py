"""Every sum of a network, with NumPy and the standard library only; images are (height, width, channels)."""

from convscope.arithmetic.activations import ACTIVATIONS, activate, softmax
from convscope.arithmetic.convolution import convolve, convolve_1d, depthwise_convolve, separable_convolve, windows
from convscope.arithmetic.dense import dense
from convscope.arithmetic.digits import exact_sum_lines, format_number, shown_product
from convscope.arithmetic.normalization import fold_batch_normalization, scale_and_shift
from convscope.arithmetic.padding import pad, padding_amounts, zero_padding
from convscope.arithmetic.pooling import global_pool, pool
from convscope.arithmetic.pooling_steps import pooling_steps
from convscope.arithmetic.receptive_field import Geometry, ReceptiveField, receptive_field
from convscope.arithmetic.shapes import add, concatenate, flatten, reshape
from convscope.arithmetic.sizes import (
    Count,
    Size,
    count_batch_normalization,
    count_depthwise,
    count_parameters,
    count_separable,
    output_size,
)
from convscope.arithmetic.steps import convolution_steps, dense_steps, depthwise_steps

__all__ = [
    "ACTIVATIONS",
    "Count",
    "Geometry",
    "ReceptiveField",
    "Size",
    "activate",
    "add",
    "concatenate",
    "convolution_steps",
    "convolve",
    "convolve_1d",
    "count_batch_normalization",
    "count_depthwise",
    "count_parameters",
    "count_separable",
    "dense",
    "dense_steps",
    "depthwise_convolve",
    "depthwise_steps",
    "exact_sum_lines",
    "flatten",
    "fold_batch_normalization",
    "format_number",
    "global_pool",
    "output_size",
    "pad",
    "padding_amounts",
    "pool",
    "pooling_steps",
    "receptive_field",
    "reshape",
    "scale_and_shift",
    "separable_convolve",
    "shown_product",
    "softmax",
    "windows",
    "zero_padding",
]
