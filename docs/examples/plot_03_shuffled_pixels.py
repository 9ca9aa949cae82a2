"""
The same numbers in another order
=================================

All images have their pixels shuffled alike: nothing is lost, and nobody can read them any more.
"""

from convscope import charts, load_dataset

test = load_dataset("digits", split="test").table
charts.image(test, 15) | charts.image(test, 15, pixel_order="shuffled")
