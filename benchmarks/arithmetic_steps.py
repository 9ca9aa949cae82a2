"""All 2,230,272 products of the second convolution of the 28x28 CNN are written down in a few milliseconds.

121 places times 64 kernels times 3 * 3 * 32 terms, float32; medians of 15.
"""

import statistics

import numpy as np
from measure import absolute, report, timed

from convscope.arithmetic import convolution_steps, convolve

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.normal(size=(13, 13, 32)).astype(np.float32)
KERNELS = RANDOM.normal(size=(3, 3, 32, 64)).astype(np.float32)
BIAS = RANDOM.normal(size=64).astype(np.float32)


def milliseconds(work):
    return round(statistics.median(timed(work)["wall"] for _ in range(15)) * 1000, 2)


if __name__ == "__main__":
    n_products = convolution_steps(IMAGE, KERNELS, BIAS).products.size
    report(
        absolute(
            f"all {n_products:,} products of the second convolution, written down",
            milliseconds(lambda: convolution_steps(IMAGE, KERNELS, BIAS).products),
            "ms",
        ),
        absolute("all their sums", milliseconds(lambda: convolution_steps(IMAGE, KERNELS, BIAS).sums), "ms"),
        absolute("the maps alone", milliseconds(lambda: convolve(IMAGE, KERNELS, BIAS)), "ms"),
    )
