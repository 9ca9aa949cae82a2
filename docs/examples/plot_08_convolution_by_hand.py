"""
A convolution, step by step
===========================

The kernel slides over the image; at each place the products of window and kernel are added up.
"""

from convscope import charts

image = [[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]]
kernel = [[1, 0], [0, 1]]
charts.convolution_frames(image, kernel)
