"""
The largest of each window
==========================

Max pooling keeps one value of four.
"""

from convscope import charts

charts.pooling_frames(
    [[1, 3, 2, 0], [4, 2, 1, 1], [0, 1, 5, 2], [2, 2, 1, 3]], (2, 2)
)
