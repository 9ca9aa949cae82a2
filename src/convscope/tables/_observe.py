"""What a reader should know about a table that is not wrong, only unusual."""

from __future__ import annotations

import numpy as np

from convscope.tables.pixel_table import PixelTable

__all__ = ["observe"]

MOST_SHOWN = 12
SAMPLED = 16
BLOCK_BYTES = 4 << 20
"""Of images that are looked at together, so that it takes little memory."""


def observe(table: PixelTable) -> tuple[str, ...]:
    """Note labels that are not 0, 1, 2, ..., a single class, and images of one intensity.

    Parameters
    ----------
    table : PixelTable

    Returns
    -------
    notes : tuple of str
        Empty for an ordinary table.
    """
    notes = []
    if len(table.classes) == 1:
        notes.append(f"all rows have the same label, {table.class_names[0]}: there is nothing to distinguish")
    elif table.classes.dtype.kind == "i" and not np.array_equal(table.classes, np.arange(len(table.classes))):
        shown = ", ".join(table.class_names[:MOST_SHOWN]) + (", ..." if len(table.classes) > MOST_SHOWN else "")
        notes.append(f"labels {shown} are classes 0 to {len(table.classes) - 1}, in this order")
    n_constant = _count_constant(table)
    if n_constant:
        notes.append(f"{n_constant:,} images show one intensity and nothing else")
    return tuple(notes)


def _count_constant(table: PixelTable) -> int:
    if table.pixels.shape[1] < 2:
        return 0
    # Only images whose pixels here and there agree need a look at the others; corners alone agree in most.
    sample = table.pixels[:, :: max(1, table.pixels.shape[1] // SAMPLED)]
    rows = np.flatnonzero((sample == sample[:, :1]).all(axis=1))
    count = 0
    step = max(1, BLOCK_BYTES // table.pixels[:1].nbytes)
    for start in range(0, len(rows), step):
        block = table.pixels[rows[start : start + step]]
        count += int((block == block[:, :1]).all(axis=1).sum())
    return count
