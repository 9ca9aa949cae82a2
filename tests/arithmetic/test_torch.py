"""Arithmetic against PyTorch, where it is installed: strides and dilation at once, groups, explicit padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.arithmetic import convolve, pool

pytestmark = pytest.mark.backend

torch = pytest.importorskip("torch")
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


def channels_first(array):
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 0)))[None]


def channels_last(tensor):
    return np.moveaxis(tensor[0].numpy(), 0, -1)


@settings(deadline=None)
@given(
    st.integers(0, 2**16), pairs, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)), st.sampled_from([1, 2])
)
def test_convolution_equals_torch(seed, size, strides, dilation, around, groups):
    random = np.random.default_rng(seed)
    image, bias = random.normal(size=(8, 9, 4)), random.normal(size=6)
    kernels = random.normal(size=(*size, 4 // groups, 6))
    theirs = torch.nn.functional.conv2d(
        channels_first(image),
        torch.from_numpy(kernels.transpose(3, 2, 0, 1).copy()),
        torch.from_numpy(bias),
        stride=strides,
        padding=around,
        dilation=dilation,
        groups=groups,
    )
    padding = tuple((side, side) for side in around)
    ours = convolve(image, kernels, bias, strides=strides, padding=padding, dilation_rate=dilation, groups=groups)
    np.testing.assert_allclose(ours, channels_last(theirs), atol=1e-10)


@settings(deadline=None)
@given(st.integers(0, 2**16), pairs, pairs, st.booleans())
def test_pooling_equals_torch(seed, size, strides, padded):
    image = np.random.default_rng(seed).normal(size=(7, 6, 2))
    around = tuple(side // 2 if padded else 0 for side in size)
    padding = tuple((side, side) for side in around)
    tensor, place = channels_first(image), {"stride": strides, "padding": around}
    largest = torch.nn.functional.max_pool2d(tensor, size, **place)
    mean = torch.nn.functional.avg_pool2d(tensor, size, **place, count_include_pad=False)
    np.testing.assert_allclose(pool(image, size, strides=strides, padding=padding), channels_last(largest))
    ours = pool(image, size, strides=strides, padding=padding, kind="average")
    np.testing.assert_allclose(ours, channels_last(mean), atol=1e-12)
