"""
A filter for edges
==================

What a kernel of your own answers to four edges: it speaks where the picture changes in its direction.
"""

from convscope import charts

charts.filter_answers([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
