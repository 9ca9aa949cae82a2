"""What the page's playground does, in Python: its points, its first weights, its batches, and its networks as runs."""

from convscope.playground.points import POINT_SETS, Points, draw_points, take_points
from convscope.playground.random import SeededRandom
from convscope.playground.saving import save_network
from convscope.playground.weights import batches, draw_weights

__all__ = [
    "POINT_SETS",
    "Points",
    "SeededRandom",
    "batches",
    "draw_points",
    "draw_weights",
    "save_network",
    "take_points",
]
