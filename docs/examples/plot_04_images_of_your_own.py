"""
A table from arrays
===================

Arrays of images become a table; labels may be text.
"""

import numpy as np

from convscope import charts, images_to_table

random = np.random.default_rng(0)
images = random.integers(0, 60, (12, 8, 8), dtype=np.uint8)
images[:6, 3:5, :] += 180
images[6:, :, 3:5] += 180
table = images_to_table(images, ["level"] * 6 + ["upright"] * 6)
charts.image_grid(table, per_class=6)
