"""
Two channels, one sum
=====================

Each channel has its own kernel; the maps are added.
"""

import numpy as np

from convscope import charts

first, second = np.eye(4), np.fliplr(np.eye(4))
kernel = np.stack([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], axis=-1)
charts.channels_sum(np.stack([first, second], axis=-1), kernel)
