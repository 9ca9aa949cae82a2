"""
One row as a picture
====================

A table has one row per image and one column per pixel. The names of the columns say where a pixel is.
"""

from convscope import charts, load_dataset

test = load_dataset("digits", split="test").table
print(test.frame.iloc[15, :6])
charts.image(test, 15)
