"""All 2,230,272 products of the second convolution of the 28x28 CNN are written down in a few milliseconds.

121 places times 64 kernels times 3 * 3 * 32 terms, float32; medians of 15.
"""

import statistics
import time

import numpy as np

from convscope.arithmetic import convolution_steps, convolve

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.normal(size=(13, 13, 32)).astype(np.float32)
KERNELS = RANDOM.normal(size=(3, 3, 32, 64)).astype(np.float32)
BIAS = RANDOM.normal(size=64).astype(np.float32)


def median_milliseconds(work):
    took = []
    for _ in range(15):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1000


if __name__ == "__main__":
    n_products = convolution_steps(IMAGE, KERNELS, BIAS).products.size
    products = median_milliseconds(lambda: convolution_steps(IMAGE, KERNELS, BIAS).products)
    sums = median_milliseconds(lambda: convolution_steps(IMAGE, KERNELS, BIAS).sums)
    maps = median_milliseconds(lambda: convolve(IMAGE, KERNELS, BIAS))
    print(f"{n_products:,} products {products:.1f} ms; all sums {sums:.1f} ms; convolve {maps:.1f} ms")
