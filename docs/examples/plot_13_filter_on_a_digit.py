"""
The same filter on a digit
==========================

``convolve`` takes images and kernels with channels, as Keras does.
"""

import numpy as np

from convscope import charts, load_dataset
from convscope.arithmetic import convolve

image = load_dataset("digits", split="test").images[15].astype(float)
kernel = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])[:, :, None, None]
strength = np.abs(convolve(image, kernel, padding="same")[..., 0])
charts.image(image, name="a digit") | charts.image(
    255 * strength / strength.max(), name="upright edges"
)
