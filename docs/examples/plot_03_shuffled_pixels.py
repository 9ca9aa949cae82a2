"""
The same numbers in another order
=================================

The pixels of all images are shuffled in the same way: nothing is lost, but nobody can read the images any more.
"""

from convscope import charts, load_dataset

test = load_dataset("digits", split="test").table
charts.image(test, 15) | charts.image(test, 15, pixel_order="shuffled")
