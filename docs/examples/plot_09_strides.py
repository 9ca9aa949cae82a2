"""
A window that takes larger steps
================================

With strides (2, 2) and padding "same" the output has half the height and half the width.
"""

import numpy as np

from convscope import charts
from convscope.arithmetic import output_size

image, kernel = np.eye(5), np.ones((3, 3))
print(output_size(5, 3, stride=2, padding="same"))
charts.convolution_frames(image, kernel, strides=2, padding="same")
