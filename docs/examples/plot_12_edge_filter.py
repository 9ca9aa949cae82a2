"""
A filter for edges
==================

How your own kernel responds to four edges: its answer is large where the picture changes in its direction.
"""

from convscope import charts

charts.filter_answers([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
