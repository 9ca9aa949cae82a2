"""
A layer in parts
================

A separable convolution taken apart: what its kernels find in each channel, and how it mixes the channels.
"""

import numpy as np

from convscope import charts, load_dataset, record_trace
from convscope.backend import keras
from convscope.tracing import explain, step

digits = load_dataset("digits")
keras.utils.set_random_seed(0)
layers = [
    keras.layers.Conv2D(3, 3),
    keras.layers.SeparableConv2D(4, 3, activation="relu", name="separable"),
]
model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
trace = record_trace(model, digits.images[15] / 16)
for part in ("each channel", "mixed"):
    print(explain(step(trace, "separable", 2, 1, 2, part=part)))

parts = {
    part.name: np.abs(part.values[..., 2])
    for part in trace.layer("separable").parts
}
scale = 255 / max(values.max() for values in parts.values())
charts.image(
    scale * parts["each channel"], name="each channel"
) | charts.image(scale * parts["mixed"], name="mixed")
