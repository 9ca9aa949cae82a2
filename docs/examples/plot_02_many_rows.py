"""
A few images of each class
==========================

Look at the data before a network does.
"""

from convscope import charts, load_dataset

charts.image_grid(load_dataset("digits").table, per_class=10)
