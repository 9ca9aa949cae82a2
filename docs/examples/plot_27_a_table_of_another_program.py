"""
A table of another program
==========================

Columns sorted as text, a label with a name of its own, parts in a column: what was decided is in the notes.
"""

import numpy as np
import pandas as pd

from convscope import charts, read_table

random = np.random.default_rng(0)
images = random.integers(0, 60, (12, 12, 12), dtype=np.uint8)
images[:6, 5:7, :] += 180
images[6:, :, 5:7] += 180
names = [f"pixel{number}" for number in range(144)]
frame = pd.DataFrame(images.reshape(12, -1), columns=names)[sorted(names)]
frame.insert(
    0,
    "Usage",
    ["Training"] * 4
    + ["PublicTest"] * 2
    + ["Training"] * 4
    + ["PublicTest"] * 2,
)
frame.insert(0, "emotion", ["level"] * 6 + ["upright"] * 6)
table = read_table(frame)
print(*table.notes, sep="\n")
charts.image_grid(table, per_class=6)
